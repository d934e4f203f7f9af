"""The wheel, far from the repository: it holds every file of the package and answers."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions, requires

import pytest
from conftest import ROOT
from packaging.requirements import Requirement

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The wheel, built from a copy and unpacked where nothing else lies."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "stance", source / "stance", ignore=shutil.ignore_patterns("*.pyc"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", "-q", "-w", place, source],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


@pytest.fixture
def outside(unpacked, tmp_path):
    """Return a function that runs ``stance`` of the wheel in an empty folder."""

    def run(*arguments, timeout=300):
        environment = {key: value for key, value in os.environ.items() if key != "STANCE_HOME"}
        return subprocess.run(
            [sys.executable, "-m", "stance", *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(unpacked)},
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run


def test_the_wheel_holds_every_file_of_the_package_and_no_other(unpacked):
    def under(folder):
        return {
            str(path.relative_to(folder))
            for path in (folder / "stance").rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }

    assert under(unpacked) == under(ROOT)
    (about,) = unpacked.glob("*.dist-info")
    assert about.name.startswith("stance_toward_talks-")
    assert {"LICENSE", "NOTICE"} <= {path.name for path in about.rglob("*")}


def test_the_released_model_answers_outside_the_repository(outside, tmp_path):
    done = outside("predict", "We are ready for talks.", "--cue", "said")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["stance"], answer["model"]["name"]) == ("support", "standard")
    assert list(tmp_path.iterdir()) == []


def test_what_needs_a_project_folder_says_how_to_name_one(outside):
    done = outside("train")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "STANCE_HOME" in done.stderr.splitlines()[-1]


def needed_by_core():
    """Return the names of the distributions that the package needs without extras."""
    waiting, found = list(PROJECT["dependencies"]), set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = requirement.name.lower().replace("_", "-").replace(".", "-")
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        waiting += requires(name) or []
    return found


def modules_of_extras():
    """Return the top modules that an installation without extras lacks."""
    core, of_core, others = needed_by_core(), set(), set()
    for each in distributions():
        name = each.metadata["Name"].lower().replace("_", "-").replace(".", "-")
        tops = {
            file.parts[0].removesuffix(".py")
            for file in each.files or ()
            if file.suffix == ".py" and not file.parts[0].startswith((".", "_"))
        }
        (of_core if name in core else others).update(tops)
    return others - of_core - {"stance", "tests"}


# Each with what it takes to get to its imports.
WORDS = {
    "extract": "article.txt",
    "read": "article.txt --model MODEL",
    "report": "article.txt --out page.html --model MODEL",
    "predict": "hello --model MODEL",
    "compare": "",
    "promote": "nothing",
    "show": "MODEL",
    "export": "MODEL written",
    "sweep": "ROOT/experiments/sweeps/ngrams.toml",
    "train": "",
    "ui": "--stop-after-s 0.1",
    "serve": "--model MODEL --port 0",
    "mcp": "--model MODEL",
    "check": "",
    "labels agree": "",
    "labels suggest": "article.txt --out tasks.csv --model MODEL",
    "labels import": "tasks.csv --annotator anna",
    "labels export": "tasks.csv",
    "evaluate quotes": "ROOT/labels/seeds.jsonl",
    "evaluate speakers": "nothing",
    "evaluate attributed": "nothing",
    "evaluate explanations": "--model MODEL",
    "benchmark import": "semeval2016 nowhere",
    "benchmark run": "nothing.toml",
    "weights cues": "ROOT/labels/seeds.jsonl",
    "weights attributed": "nothing",
    "pages leaderboard": "",
    "pages labels": "",
    "pages docs": "",
}
SCRIPT = """
import sys, json, traceback
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LACKING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
LACKING = set(json.loads(sys.argv[1]))
for name in [name for name in sys.modules if name.partition(".")[0] in LACKING]:
    del sys.modules[name]
sys.meta_path.insert(0, Absent())
from typer.testing import CliRunner
from stance.cli.app import app
from stance.core.errors import StanceError
for verb, words in json.loads(sys.argv[2]).items():
    done = CliRunner().invoke(app, [*verb.split(), *words])
    fault = done.exception
    if isinstance(fault, StanceError):
        print(json.dumps([verb, str(fault)]), flush=True)
    elif fault is None or isinstance(fault, SystemExit):
        print(json.dumps([verb, f"exit {done.exit_code}"]), flush=True)
    else:
        print(json.dumps([verb, "".join(traceback.format_exception(fault))]), flush=True)
"""


def test_every_verb_of_an_installation_without_extras_works_or_names_the_extra(
    project, ngrams, tmp_path
):
    from shell import verbs

    words = dict.fromkeys(set(verbs()) - set(WORDS), "") | WORDS
    places = {"MODEL": str(ngrams), "ROOT": str(ROOT)}
    (tmp_path / "article.txt").write_text("“We are ready,” said Mara Lindqvist.")
    (tmp_path / "tasks.csv").write_text("quote,stance\n")
    arguments = {
        verb: [
            word.replace("ROOT", places["ROOT"]).replace("MODEL", places["MODEL"])
            for word in line.split()
        ]
        for verb, line in words.items()
    }
    lacking = sorted(modules_of_extras())
    assert {"sklearn", "mlflow", "pandas", "spacy", "fastapi", "jinja2"} <= set(lacking)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(lacking), json.dumps(arguments)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=400,
    )
    said = dict(map(json.loads, done.stdout.splitlines()))
    assert set(said) == set(words), done.stderr
    assert {verb: message for verb, message in said.items() if "Traceback" in message} == {}
    # These need nothing beyond the core.
    for verb in ("predict", "show", "export"):
        assert said[verb] == "exit 0", (verb, said[verb])
    named = {verb for verb, message in said.items() if "pip install '.[" in message}
    assert named >= {
        "extract",
        "read",
        "report",
        "train",
        "sweep",
        "compare",
        "promote",
        "ui",
        "serve",
        "mcp",
        "labels agree",
        "evaluate quotes",
        "pages leaderboard",
    }, "\n".join(f"{verb}: {message}" for verb, message in said.items())
