"""The leaderboard against the store it is written from."""

import contextlib
import json
import re

import pytest
from shell import cli

from stance.core.errors import DataError
from stance.experiments.config import read_experiment
from stance.experiments.leaderboard import FIGURES, read_board
from stance.experiments.leaderboard_files import to_json, to_markdown, write_board
from stance.experiments.run import run
from stance.labels.dataset import load_sets
from stance.tracking import runs, store


def silent(_):
    pass


@pytest.fixture
def trained(project):
    """Three runs in a real store.

    They are another experiment, the default one, and the default one with a changed setting.
    """
    paths = {name: project / "experiments" / f"{name}.toml" for name in ("default", "other")}
    outcomes = {
        "other": run(read_experiment(paths["other"]), say=silent),
        "default": run(read_experiment(paths["default"]), say=silent),
    }
    changed = ["member.0.classifier.C=0.01"]
    outcomes["changed"] = run(
        read_experiment(paths["default"], changed), settings=changed, say=silent
    )
    return outcomes


def fail_one(mlflow, name="broken"):
    with contextlib.suppress(RuntimeError), runs.tracked_run(mlflow, name, {"kind": "train"}):
        mlflow.log_params({"experiment": "default"})
        raise RuntimeError("disk full")


def change_a_label(project, split):
    """Give the first quote of the training reports, or of the seeds, another stance."""
    mark = "w1_" if split == "train" else "cbc-news"
    for path in sorted((project / "labels" / "judgments").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        known = [
            row
            for row in rows
            if mark in row["quote"] or (split == "train" and row["quote"].startswith("w01"))
        ]
        if known:
            name = known[0]["quote"]
            break
    for path in sorted((project / "labels" / "judgments").glob("*.jsonl")):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for row in rows:
            if row["quote"] == name:
                row.update(
                    stance="oppose" if row["stance"] != "oppose" else "support", on_target=True
                )
        path.write_text(
            "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
        )


def test_every_figure_is_the_stores_own_and_the_newest_run_of_an_experiment_counts(
    trained, project
):
    again = run(read_experiment(project / "experiments" / "other.toml"), say=silent)
    board = read_board()
    client = store.open_store().MlflowClient()
    assert not board.older
    assert {one.run_id for one in board.entries} == {
        again.run_id,
        trained["default"].run_id,
        trained["changed"].run_id,
    }
    assert {one.name for one in board.entries} == {
        "default",
        "default (member.0.classifier.C=0.01)",
        "other",
    }
    for one in board.entries:
        logged = client.get_run(one.run_id).data.metrics
        assert set(one.sets) == {"cv", "seeds"}
        for name, figures in one.sets.items():
            assert figures == {key: logged.get(f"{name}_{short}") for key, short in FIGURES.items()}
            assert figures["f1_low"] <= figures["f1"] <= figures["f1_high"]
            assert figures["coarse_low"] <= figures["coarse"] <= figures["coarse_high"]
    scores = [one.sets["cv"]["f1"] for one in board.entries]
    assert scores == sorted(scores, reverse=True)


def test_the_files_say_what_the_board_says(trained, project):
    board = read_board()
    page, data = write_board(board)
    assert (page, data) == (
        project / "experiments" / "leaderboard.md",
        project / "experiments" / "leaderboard.json",
    )
    assert page.read_text(encoding="utf-8") == to_markdown(board)
    assert (
        json.loads(data.read_text(encoding="utf-8"))["entries"][0]["sets"] == board.entries[0].sets
    )
    best = board.entries[0]
    text = page.read_text(encoding="utf-8")
    cv = best.sets["cv"]
    cells = [
        f"{cv['f1']:.2f} ({cv['f1_low']:.2f}-{cv['f1_high']:.2f})",
        f"{cv['coarse']:.2f} ({cv['coarse_low']:.2f}-{cv['coarse_high']:.2f})",
    ]
    assert f"| {best.name} | {' | '.join(cells)} | {cv['majority']:.2f} |" in text
    assert f"| {cv['n_quotes']:.0f} | {cv['n_articles']:.0f} |" in text
    # Written from the same runs, the file comes out the same.
    assert to_json(read_board()) == to_json(board)
    with pytest.raises(
        DataError, match=r"board\.xls: unknown kind of file; expected one of \.md, \.json"
    ):
        write_board(board, project / "board.xls")


@pytest.mark.parametrize("split", ["train", "seeds"])
def test_runs_on_labels_that_changed_stand_apart_and_say_so(project, split):
    first = run(read_experiment(project / "experiments" / "other.toml"), say=silent)
    change_a_label(project, split)
    run(read_experiment(project / "experiments" / "default.toml"), say=silent)
    board = read_board()
    assert [one.experiment for one in board.entries] == ["default"]
    (older,) = board.older
    assert older.run_id == first.run_id
    assert older.other_labels[0].startswith(
        "learned from other labels" if split == "train" else "seeds: other labels"
    )
    page = to_markdown(board)
    compared, apart = page.split("## On other labels")
    assert first.run_name not in compared
    shown = " ".join(cli("compare").stdout.split())
    assert "on other labels: not to be compared with the others" in shown
    assert first.run_name in apart


def test_a_run_that_did_not_record_its_labels_is_not_mixed_in(trained):
    client = store.open_store().MlflowClient()
    client.delete_tag(trained["other"].run_id, "labels")
    client.delete_tag(trained["other"].run_id, "kind")
    (older,) = read_board().older
    assert (older.experiment, older.other_labels) == ("other", ("seeds: labels not recorded",))


def test_runs_that_failed_or_were_killed_are_counted_and_their_elders_kept(trained):
    mlflow = store.open_store()
    fail_one(mlflow)
    board = read_board()
    assert board.unfinished == {"FAILED": ["broken"]}
    assert trained["default"].run_id in {one.run_id for one in board.entries}
    assert "Left out, failed: broken." in to_markdown(board)


def test_a_store_without_a_finished_run_says_what_to_do(project):
    with pytest.raises(DataError, match=r"no training run has finished; make train makes one"):
        read_board()
    fail_one(store.open_store())
    with pytest.raises(
        DataError, match=r"no training run has finished \(1 failed, were killed or still run\)"
    ):
        read_board()


def test_benchmarks_stand_in_a_part_of_their_own_with_their_majority(trained):
    mlflow = store.open_store()
    figure = {
        "where": "test",
        "model": "vote",
        "score": "F_avg",
        "value": 0.7,
        "low": 0.6,
        "high": 0.8,
        "majority": 0.4,
        "n_rows": 9,
        "n_texts": 9,
    }
    import pandas as pd

    with runs.tracked_run(mlflow, "benchmark-small", {"kind": "benchmark"}):
        mlflow.log_params({"experiment": "benchmark-small", "corpus": "semeval2016"})
        mlflow.log_table(pd.DataFrame([figure]), "figures.json")
    board = read_board()
    assert board.benchmarks == {"benchmark-small": [figure]}
    assert "| test | vote | F_avg | 0.700 (0.600-0.800) | 0.400 | 9 | 9 |" in to_markdown(board)


def test_compare_without_runs_prints_the_leaderboard_and_with_one_asks_for_two(trained):
    done = cli("compare")
    assert done.returncode == 0, done.stderr
    assert re.search(r"other\s+│\s+0\.\d\d / 0\.\d\d", done.stdout)
    assert "majority baseline" in done.stdout
    found = json.loads(cli("compare", "--json").stdout)
    assert found["entries"] == json.loads(to_json(read_board()))["entries"]
    alone = cli("compare", "default")
    assert alone.returncode == 2
    assert "expected two to compare, or none for the leaderboard" in alone.stderr


def test_a_set_that_is_not_on_this_machine_is_compared_with_what_the_newest_run_recorded(trained):
    # The development set of a run may lie on another machine: then the newest run says which
    # labels are meant.
    given = {name: part for name, part in load_sets().items() if name != "seeds"}
    assert not read_board(given).older
