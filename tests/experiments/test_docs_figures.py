import json

import pytest
from shell import cli
from sklearn.metrics import f1_score

from stance.core.errors import DataError
from stance.experiments.docs_figures import MARK, PAGES, SOURCE, collect, filled, write_figures


def test_the_pages_figures_are_those_of_the_file_they_were_written_from(root):
    found = json.loads((root / "docs" / SOURCE).read_text(encoding="utf-8"))
    for name in PAGES:
        text = (root / "docs" / name).read_text(encoding="utf-8")
        assert filled(text, found, name) == text, "run: stance pages docs"


def test_no_table_of_figures_stands_outside_the_marks(root):
    for name in PAGES:
        assert "\n|" not in MARK.sub("", (root / "docs" / name).read_text(encoding="utf-8")), name


def test_a_runs_figures_are_gathered_and_written(project, root, monkeypatch):
    (project / "docs").mkdir()
    for name in PAGES:
        (project / "docs" / name).write_text(
            (root / "docs" / name).read_text(encoding="utf-8"), encoding="utf-8"
        )
    assert cli("train", str(project / "experiments" / "default.toml")).returncode == 0
    assert cli("evaluate", "quotes", str(project / "labels" / "seeds.jsonl")).returncode == 0
    done = cli("pages", "docs", "default")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "docs/figures.json written",
        "docs/how-good.md written",
        "docs/limits.md written",
    ]
    found = json.loads((project / "docs" / SOURCE).read_text(encoding="utf-8"))
    assert set(found["sets"]) == {"cv", "seeds"}
    assert [one["data"] for one in found["extraction"]] == ["labels/seeds.jsonl"]

    # The same, from the run's predictions by scikit-learn.
    from stance.tracking import runs, store
    from stance.tracking.runs import load_predictions

    mlflow = store.open_store()
    rows = load_predictions(mlflow, runs.find_run(mlflow, "default"))
    for name, part in rows.groupby("set"):
        by_class = f1_score(
            part["stance"], part["predicted"], average=None, labels=list(found["classes"][name])
        )
        assert [one["f1"] for one in found["classes"][name].values()] == pytest.approx(
            by_class, abs=1e-4
        )
        assert sum(one["n"] for one in found["calibration"][name]) == len(part)
        right = (part["stance"] == part["predicted"]).sum()
        assert sum(one["n"] * one["right"] for one in found["calibration"][name]) == pytest.approx(
            right, abs=0.1
        )
    # Where the store has no measure of the extraction, the figures that were there stay; pages go
    # elsewhere where that is asked for.
    monkeypatch.setattr("stance.experiments.docs_figures._extraction", lambda _: [])
    again = write_figures("default", project / "mine")
    assert [path.parent.name for path in again] == ["mine"] * 3
    assert json.loads((project / "mine" / SOURCE).read_text(encoding="utf-8")) == found
    text = (project / "docs" / "how-good.md").read_text(encoding="utf-8")
    assert text == (project / "mine" / "how-good.md").read_text(encoding="utf-8")
    assert f"Run `{found['run']}`" in text
    assert "text" not in json.dumps(found["slices"])  # counts and scores only

    with pytest.raises(DataError, match=r"has no predictions\.json|logged no card"):
        collect("quotes-seeds")


@pytest.mark.parametrize("text", ["no mark", "<!-- figures: secrets -->\n<!-- end of figures -->"])
def test_a_page_without_its_marks_is_told(text):
    with pytest.raises(DataError, match=r"limits\.md: figures .*; expected <!-- figures: NAME -->"):
        filled(text, {}, "limits.md")


def test_a_slice_is_shown_with_its_interval_where_the_run_has_one_and_in_the_order_of_the_sets():
    row = {"slice": "speaker", "value": "mediator", "n": 30, "accuracy": 0.7, "f1": 0.651}
    slices = [
        {"set": "seeds", **row, "low": 0.5, "high": 0.8},
        {"set": "cv", **row},
        {"set": "elsewhere", **row},
    ]
    text = "<!-- figures: speaker -->\n<!-- end of figures -->"
    shown = filled(text, {"sets": {"cv": {}, "seeds": {}}, "slices": slices}, "x.md").splitlines()
    assert shown[4:6] == [
        "| training reports | mediator | 30 | 30% | 0.65 |",
        "| seed articles | mediator | 30 | 30% | 0.65 (0.50-0.80) |",
    ]
    assert "This run logged no slice by speaker with 20 quotes or more." in filled(
        text, {"sets": {"cv": {}}, "slices": []}, "x.md"
    )
