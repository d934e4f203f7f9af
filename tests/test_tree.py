"""The tree as a whole: the README's table, tests beside their modules, true examples."""

import ast
import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest
from conftest import ROOT

PACKAGES = sorted(path.parent.name for path in (ROOT / "stance").glob("*/__init__.py"))
FILES = sorted(path for path in (ROOT / "stance").rglob("*.py") if not path.name.startswith("__"))


def dotted(path: Path) -> str:
    """Return the name under which a module is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


MOST_LINES = 400
NAMES = {dotted(path) for path in FILES}
WITH_EXAMPLES = [dotted(path) for path in FILES if ">>> " in path.read_text(encoding="utf-8")]


def test_the_readmes_table_names_every_package_once_in_the_readers_order():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| package | duty |")[2].partition("\n\n")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == PACKAGES


def test_every_package_says_what_it_is_for_and_imports_nothing():
    for path in sorted((ROOT / "stance").glob("*/**/__init__.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path
        assert len(ast.literal_eval(body[0].value)) > 20, path


def test_every_test_file_lies_where_its_module_lies():
    for path in sorted((ROOT / "tests").glob("*/**/test_*.py")):
        place = path.relative_to(ROOT / "tests")
        module = ROOT / "stance" / place.parent / place.name.removeprefix("test_")
        assert module.is_file(), f"{path}: no module {module}"


def test_every_folder_of_modules_has_tests():
    for folder in sorted({path.parent.relative_to(ROOT / "stance") for path in FILES}):
        assert list((ROOT / "tests" / folder).glob("test_*.py")), folder


def test_no_file_is_longer_than_a_sitting_and_half_of_them_are_short():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[-1] <= MOST_LINES
    assert lengths[len(lengths) // 2] < 180


def test_no_two_classes_have_the_same_name():
    names = [
        node.name
        for path in FILES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_what_docstrings_refer_to_is_there():
    missing = []
    for path in FILES:
        for reference in re.findall(r"`(stance(?:\.\w+)+)`", path.read_text(encoding="utf-8")):
            missing += [] if is_there(reference) else [f"{path.name}: {reference}"]
    assert missing == []


def is_there(reference: str) -> bool:
    """Tell whether a dotted name is a module, or something in one."""
    parts = reference.split(".")
    for end in range(len(parts), 0, -1):
        try:
            thing = import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            thing = getattr(thing, name, None)
        return thing is not None
    return False


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_print_what_they_say(name):
    result = doctest.testmod(import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_dir_shows_what_the_package_offers_and_nothing_of_how_it_is_fetched():
    import stance

    assert set(stance.__all__) <= set(dir(stance))
    assert not {"Any", "TYPE_CHECKING", "import_module"} & set(dir(stance))
    assert all(hasattr(stance, name) for name in dir(stance))
