"""Processes that are killed at any moment leave the old or the new, and nothing in between.

`make test` kills twenty; `make nightly` two hundred. STANCE_KILL_SEED draws other moments.
"""

import csv
import json
import os
import shutil

import pytest
from conftest import make_project
from killing import TRIES, finish, kill_after, moments, start, timed

import stance
from stance.labels.consensus import read_labels
from stance.labels.judgments import read_annotators
from stance.labels.own_articles import own_judgments
from stance.tracking import registry, store
from stance.tracking.model_folders import in_use, pointer
from stance.tracking.runs import all_runs

# How many of the tries each verb gets: a training takes a hundred times as long as an import.
OF_EACH = {
    verb: max(1, TRIES * percent // 100)
    for verb, percent in {"train": 10, "promote": 20, "predict": 35, "import": 35}.items()
}
pytestmark = pytest.mark.timeout(600 + 60 * TRIES)


@pytest.fixture
def run(project, tmp_path):
    """Return the environment of the small project and a file for what is printed."""
    kept = {name: os.environ[name] for name in ("STANCE_HOME", "STANCE_CACHE", "STANCE_DEV")}
    return tmp_path / "printed.txt", kept


def checked_store(project):
    """Open the store and return its runs; no model that can be named is of an unfinished run."""
    runs = {run.info.run_id[:8]: run.info.status for run in all_runs(store.open_store())}
    assert "RUNNING" not in runs.values()
    for card in (project / "models").glob("*/card.json"):
        stance.load(card.parent)
        assert runs[card.parent.name[-8:]] == "FINISHED", card
    assert not list((project / "models" / ".unfinished").glob("*"))
    return runs


def test_a_killed_training_leaves_no_model_and_no_run_that_seems_to_go_on(project, run):
    assert finish(start(["train"], *run)) == 0
    registry.promote("default")  # else each training asks the released model as well
    whole = timed(["train"], *run)
    before = in_use()
    n_killed = 0
    for moment in moments(whole, OF_EACH["train"], "train"):
        killed = kill_after(start(["train"], *run), moment)
        n_killed += killed
        runs = checked_store(project)
        assert in_use() == before
    assert finish(start(["train"], *run)) == 0
    finished = list(checked_store(project).values()).count("FINISHED")
    assert finished >= 2
    assert len(list((project / "models").glob("*/card.json"))) == finished
    assert len(runs) >= n_killed / 2  # some are killed before their run begins


def test_a_killed_promotion_leaves_the_old_or_the_new_champion(project, run):
    names = ("default", "other")
    for name in names:
        assert finish(start(["train", project / "experiments" / f"{name}.toml"], *run)) == 0
    folders = {path.parent.name for path in (project / "models").glob("*/card.json")}
    whole = timed(["promote", names[0], "--force"], *run)
    for number, moment in enumerate(moments(whole, OF_EACH["promote"], "promote")):
        kill_after(start(["promote", names[(number + 1) % 2], "--force"], *run), moment)
        assert pointer("champion")["folder"] in folders
        assert stance.load().folder.name in folders
        checked_store(project)
    assert finish(start(["promote", names[1], "--force"], *run)) == 0
    client = store.open_store().MlflowClient()
    promoted = client.get_model_version_by_alias(registry.REGISTERED, "champion")
    assert pointer("champion")["run"] == promoted.run_id


def test_a_killed_prediction_goes_on_and_gives_the_same_file(many, ngrams, run, tmp_path):
    out = tmp_path / "answers.jsonl"
    verb = ["predict", many, "--model", ngrams, "--out", out]
    whole = timed(verb, *run)
    expected = out.read_bytes()
    out.unlink()
    for moment in moments(whole, OF_EACH["predict"], "predict"):
        if not kill_after(start(verb, *run), moment):
            assert out.read_bytes() == expected
            out.unlink()
        assert not out.exists()
    assert finish(start(verb, *run)) == 0, run[0].read_text()
    assert out.read_bytes() == expected
    assert [path.name for path in tmp_path.glob("answers*")] == ["answers.jsonl"]


@pytest.fixture
def filled(project, tmp_path):
    """Return a function that writes a filled-in table of everything that is labelled."""
    reports, labels = read_labels(project / "labels")
    quotes = [quote for _, quotes in reports for quote in quotes if quote.id in labels]

    def write(name):
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["quote", "text", "stance", "on_target"])
            rows.writerows([quote.id, quote.text, "oppose", "yes"] for quote in quotes)
        return path

    return write, len(quotes)


def test_a_killed_import_adds_all_judgments_or_none(project, run, filled, tmp_path):
    write, n_quotes = filled
    path, labels = write("anna.csv"), project / "labels"
    kept = tmp_path / "labels-before"
    shutil.copytree(labels, kept)
    verb = ["labels", "import", path, "--annotator", "anna"]
    whole = timed(verb, *run)
    expected = (labels / "judgments" / "own.jsonl").read_bytes()
    for moment in moments(whole, OF_EACH["import"], "import"):
        shutil.rmtree(labels)
        shutil.copytree(kept, labels)
        kill_after(start(verb, *run), moment)
        judged = own_judgments(labels)
        assert len(judged) in (0, n_quotes)
        assert not judged or "anna" in read_annotators(labels)
        read_labels(labels)
        assert finish(start(verb, *run)) == 0, run[0].read_text()
        assert (labels / "judgments" / "own.jsonl").read_bytes() == expected


def test_two_imports_at_once_lose_nothing_that_was_said_to_be_added(project, run, filled, tmp_path):
    write, n_quotes = filled
    printed, environment = run
    verbs = [
        ["labels", "import", write(f"{name}.csv"), "--annotator", name]
        for name in ("anna", "ben", "cleo")
    ]
    started = [
        start(verb, printed.with_name(f"{n}.txt"), environment) for n, verb in enumerate(verbs)
    ]
    codes = [finish(process) for process in started]
    added = [verb[-1] for verb, code in zip(verbs, codes, strict=True) if code == 0]
    judged = own_judgments(project / "labels")
    assert {one.annotator for one in judged} == set(added)
    assert len(judged) == len(added) * n_quotes
    assert added
    for number, code in enumerate(codes):
        if code:
            assert printed.with_name(f"{number}.txt").read_text().startswith("stance: ")


def test_two_trainings_at_once_in_a_new_project_both_finish(tmp_path, run):
    place = make_project(tmp_path / "fresh")
    printed, environment = run
    environment = {**environment, "STANCE_HOME": str(place)}
    started = [start(["train"], printed.with_name(f"{n}.txt"), environment) for n in range(2)]
    assert [finish(process) for process in started] == [0, 0], [
        printed.with_name(f"{n}.txt").read_text() for n in range(2)
    ]
    cards = [json.loads(path.read_text()) for path in (place / "models").glob("*/card.json")]
    assert len({card["version"] for card in cards}) == 2
