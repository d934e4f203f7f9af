"""The tree as a whole: each module has its line in the README, its place in the import rules and its tests; examples in docstrings are true."""

import doctest
import re
import tomllib
from collections import Counter
from importlib import import_module

import pytest
from conftest import ROOT

MODULES = sorted(path.stem for path in (ROOT / "stance").glob("*.py") if not path.stem.startswith("__"))
# Modules without a test file of their name, and the file that tests them: parts of one way are tested by what comes out at its end.
TESTED_BY = {
    "quotes": ["candidates", "contents", "edges", "parsing", "statements", "subjects"],
    "speakers": ["cast", "mentions", "names"],
    "cli": ["cli_articles", "cli_labels", "cli_measures", "cli_runs", "cli_servers", "console", "progress"],
    "portable": ["model", "ngrams"],
    "linear": ["classifiers", "features", "links"],
    "benchmark": ["pairs"],
    "attributed": ["attributed_scores", "attributed_terms", "attributed_training", "holders"],
    "why": ["faithful"],
    "slices": ["figures"],
    "tracking": ["ui"],
    "pooling": ["speaker_runs"],
    "report": ["timeline"],
    "predict": ["readings"],
    "experiment": ["chosen"],
    "sweep": ["trials"],
    "sets": ["uncertainty"],
    "leaderboard": ["markdown"],
    "serve": ["serve_bodies", "serve_gate"],
}
WITH_EXAMPLES = [name for name in MODULES if ">>> " in (ROOT / "stance" / f"{name}.py").read_text(encoding="utf-8")]


def test_every_module_stands_in_the_readmes_table_once():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.partition("| module | duty |")[2].partition("\n\n")[0]
    named = Counter(name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else ""))
    assert sorted(named) == MODULES
    assert max(named.values()) == 1


def test_every_module_has_one_place_in_the_import_rules():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = Counter(name.strip().removeprefix("stance.") for layer in rules for name in layer.split("|"))
    # What the layers do not name, the tool does not look at.
    assert sorted(placed) == MODULES
    assert max(placed.values()) == 1


def test_every_module_has_tests_of_its_name_or_a_home_among_them():
    files = {path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")}
    homes = {name: file for file, names in TESTED_BY.items() for name in names}
    assert sorted({name for name in MODULES if name not in files} ^ set(homes)) == []
    assert set(homes.values()) <= files


def test_what_docstrings_refer_to_is_there():
    missing = []
    for path in sorted((ROOT / "stance").glob("*.py")):
        for dotted in re.findall(r"`(stance(?:\.\w+)+)`", path.read_text(encoding="utf-8")):
            _, module, *names = dotted.split(".")
            thing = import_module(f"stance.{module}") if module in MODULES else getattr(import_module("stance"), module, None)
            for name in names:
                thing = getattr(thing, name, None)
            missing += [f"{path.name}: {dotted}"] * (thing is None)
    assert missing == []


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_in_docstrings_print_what_they_say(name):
    found = doctest.testmod(import_module(f"stance.{name}"))
    assert found.attempted > 0
    assert found.failed == 0


def test_dir_shows_what_the_package_offers_and_nothing_of_how_it_is_fetched():
    import stance

    assert set(stance.__all__) <= set(dir(stance))
    assert not {"Any", "TYPE_CHECKING", "import_module"} & set(dir(stance))
    assert all(hasattr(stance, name) for name in dir(stance))
