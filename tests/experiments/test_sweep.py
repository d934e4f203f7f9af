"""Sweeps on a real store: many trials in one run.

A sweep is continued after a kill, and the same sweep runs on a Dask cluster.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys

import pytest
from conftest import make_project
from shell import cli

from stance.core.errors import ConfigError, DataError
from stance.experiments.config import read_experiment, with_values
from stance.experiments.sweep import run_sweep
from stance.experiments.trials import Trials, read_sweep
from stance.tracking import runs, store

SWEEP = """
name = "sweep-small"
question = "Does a sweep run from end to end, and go on?"
base = "experiments/default.toml"
trials = 8
folds = 2
[choices]
"member.0.classifier.C" = { low = 0.1, high = 10.0, log = true }
"member.0.features.words" = [[1, 1], [1, 2]]
"neutral_in_two" = [false, true]
"""


def silent(_):
    pass


def write(project, text=SWEEP):
    path = project / "experiments" / "sweeps" / "small.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def move_to(place, monkeypatch):
    """Let this process work in another project.

    MLflow keeps the address of the store in the environment.
    """
    monkeypatch.setenv("STANCE_HOME", str(place))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def stored():
    """The only sweep of the store: its run, and the rows of its table of trials."""
    mlflow = store.open_store()
    (run,) = [one for one in runs.all_runs(mlflow) if runs.kind_of(one) == "sweep"]
    table = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/trials.json")
    return run, [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]


def comparable(rows):
    """What must be the same wherever and however often a sweep ran: all but the time it took."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_many_trials_are_one_run_and_the_result_is_of_sets_that_no_trial_saw(project):
    found = run_sweep(write(project), say=silent)
    run, rows = stored()
    assert run.info.status == "FINISHED"
    assert [row["trial"] for row in rows] == list(range(8))
    assert found.inner == max(row["f1"] for row in rows)
    # What is logged as a set's score is that of the chosen setting on the set, beside the
    # unchanged experiment's; the best trial's has a name of its own.
    assert set(found.outer) == {"seeds"}
    metrics = run.data.metrics
    assert metrics["seeds_f1"] == round(found.outer["seeds"].chosen.five.value, 4)
    assert metrics["seeds_base_f1"] == round(found.outer["seeds"].base.five.value, 4)
    assert metrics["seeds_gain"] == pytest.approx(
        metrics["seeds_f1"] - metrics["seeds_base_f1"], abs=2e-4
    )
    assert metrics["inner_best"] == round(found.inner, 4)
    assert "cv_f1" not in metrics
    client = store.open_store().MlflowClient()
    assert {"trials.json", "trials.png", "outer.json", "chosen.json", "sweep.json"} <= {
        one.path for one in client.list_artifacts(run.info.run_id)
    }
    history = {
        one.step: one.value for one in client.get_metric_history(run.info.run_id, "trial_f1")
    }
    assert history == {row["trial"]: row["f1"] for row in rows}
    # Nothing that was kept could execute.
    assert not [
        path for path in project.rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")
    ]


def test_the_chosen_setting_is_measured_by_an_ordinary_fit(project):
    from stance.experiments.cross_validation import fit
    from stance.labels.dataset import load_sets
    from stance.training.classifiers import probabilities

    found = run_sweep(write(project), say=silent)
    sets = load_sets()
    chosen = with_values(read_experiment(project / "experiments" / "default.toml"), found.chosen)
    shares = probabilities(fit(chosen, sets["train"]), sets["seeds"])
    from stance.evaluation.scores import score_set

    again = score_set(
        "seeds", list(sets["seeds"]["stance"]), shares, list(sets["seeds"]["article"]), "neutral"
    )
    assert again.five.value == found.outer["seeds"].chosen.five.value


def test_validation_and_test_reports_are_never_learned_from(project, monkeypatch):
    import stance.experiments.sweep

    (project / "labels" / "splits.toml").write_text(
        'train = ["w1"]\nvalidation = []\ntest = []\n', encoding="utf-8"
    )
    from stance.labels.dataset import load_sets

    sets = load_sets()
    names = sorted(sets["train"]["article"].unique())
    sets |= {
        split: sets["train"][sets["train"]["article"].isin(part)].reset_index(drop=True)
        for split, part in (("validation", names[:3]), ("test", names[3:6]))
    }
    sets["train"] = sets["train"][sets["train"]["article"].isin(names[6:])].reset_index(drop=True)
    seen = set()
    real = stance.experiments.sweep.fit

    def watch(experiment, table):
        seen.update(table["article"])
        return real(experiment, table)

    monkeypatch.setattr(stance.experiments.sweep, "fit", watch)
    found = run_sweep(write(project), sets=sets, say=silent)
    assert seen == set(names[6:])
    assert set(found.outer) == {"validation", "test", "seeds"}


def test_a_killed_sweep_goes_on_and_ends_as_one_that_ran_through(project, tmp_path, monkeypatch):
    path = write(project)
    command = [sys.executable, "-u", "-m", "stance", "sweep", str(path)]
    process = subprocess.Popen(
        command, env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    for line in process.stdout:
        if "trial 2 of 8" in line:
            process.send_signal(signal.SIGKILL)
            break
    process.wait(timeout=30)
    assert process.returncode == -signal.SIGKILL
    went_on = cli("sweep", str(path))
    assert went_on.returncode == 0, went_on.stderr
    assert "going on with run sweep-small-" in went_on.stdout
    assert "trial 0 of 8" not in went_on.stdout
    run, rows = stored()  # one run, not two
    assert run.info.status == "FINISHED"
    assert [row["trial"] for row in rows] == list(range(8))
    client = store.open_store().MlflowClient()
    steps = [one.step for one in client.get_metric_history(run.info.run_id, "trial_f1")]
    assert sorted(steps) == list(range(8))

    # Elsewhere the same sweep runs through: the same settings, the same scores.
    other = make_project(tmp_path / "other")
    move_to(other, monkeypatch)
    run_sweep(write(other), say=silent)
    assert comparable(stored()[1]) == comparable(rows)


def test_a_trial_that_was_asked_for_and_not_done_is_done_under_its_number(project):
    sweep, _ = read_sweep(write(project))
    trials = Trials(sweep, project / "x.db")
    (first, values), (second, wanted) = trials.next(2)
    trials.tell(first, values, {"f1": 0.5, "coarse": 0.5, "sd": 0.1, "seconds": 1.0})
    # The process dies here; another one opens the database.
    again = Trials(sweep, project / "x.db")
    ((left, values),) = again.next(1)
    assert (left.number, values) == (second.number, wanted)
    again.tell(left, wanted, {"fault": "ValueError: too few"})
    assert list(again.table()["trial"]) == [0, 1]
    assert again.best()[1] == 0.5
    assert [trial.number for trial, _ in again.next(2)] == [2, 3]


def test_several_at_a_time_in_processes_score_as_one_after_another(project, tmp_path, monkeypatch):
    text = SWEEP.replace("folds = 2", 'folds = 2\nsampler = "random"')
    run_sweep(write(project, text), say=silent)
    alone = stored()[1]
    other = make_project(tmp_path / "other")
    move_to(other, monkeypatch)
    run_sweep(write(other, text), jobs=2, say=silent)
    assert comparable(stored()[1]) == comparable(alone)


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="the extra dask is not installed: pip install '.[dask]'",
)
def test_a_cluster_of_two_dask_workers_scores_the_same(project, tmp_path, monkeypatch):
    text = SWEEP.replace("folds = 2", 'folds = 2\nsampler = "random"').replace(
        "trials = 8", "trials = 4"
    )
    run_sweep(write(project, text), say=silent)
    alone = stored()[1]
    other = make_project(tmp_path / "other")
    move_to(other, monkeypatch)
    done = cli("sweep", str(write(other, text)), "--jobs", "2", "--backend", "dask")
    assert done.returncode == 0, done.stderr
    assert comparable(stored()[1]) == comparable(alone)


@pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="the extra dask is not installed",
)
def test_the_address_of_a_scheduler_is_taken_and_a_wrong_one_is_told(project):
    from dask.distributed import LocalCluster

    from stance.experiments.sweep import workers

    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        workers(cluster.scheduler_address, 1),
    ):
        import joblib

        assert joblib.Parallel()(joblib.delayed(len)(text) for text in ("a", "bc")) == [1, 2]
    with (
        pytest.raises(ConfigError, match=r"tcp//nowhere.*check the address"),
        workers("nonsense://tcp//nowhere", 1),
    ):
        pass


def test_without_dask_the_extra_is_named(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(
        ConfigError, match=r"not installed; --backend dask needs it: pip install '\.\[dask\]'"
    ):
        run_sweep(write(project), backend="dask", say=silent)


def test_a_small_grid_is_tried_once_whole(project):
    text = (
        SWEEP.replace("folds = 2", 'folds = 2\nsampler = "grid"')
        .replace("{ low = 0.1, high = 10.0, log = true }", "[0.5, 5.0]")
        .replace("trials = 8", "trials = 50")
    )
    run_sweep(write(project, text), say=silent)
    rows = stored()[1]
    assert len(rows) == 8
    assert (
        len(
            {
                (
                    row["member.0.classifier.C"],
                    row["member.0.features.words"],
                    row["neutral_in_two"],
                )
                for row in rows
            }
        )
        == 8
    )


def test_trials_that_cannot_be_fitted_are_told_and_a_sweep_of_nothing_else_fails(project):
    text = (
        SWEEP.replace("[[1, 1], [1, 2]]", "[[4, 5], [5, 5]]")
        + '"member.0.features.min_df" = [500, 600]\n'
    )
    said = []
    with pytest.raises(
        DataError,
        match=r"sweep-small: none of 8 trials could be fitted; the first said ValueError: ",
    ):
        run_sweep(write(project, text), say=said.append)
    assert "trial 0 of 8: could not be fitted: ValueError" in said[0]
    run, rows = stored()
    assert run.info.status == "FAILED"
    assert all(row["fault"] for row in rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("classifier.C", "classifier.D"),
            r"small\.toml:8: choices: member\.0\.classifier\.D: unknown key",
        ),
        (
            ("[[1, 1], [1, 2]]", "[[1, 1], [2, 1]]"),
            r"words is \[2, 1\], expected \[shortest, longest\]",
        ),
        (("low = 0.1", "low = 20.0"), r"low 20, high 10: expected low below high"),
        (("[false, true]", "[true]"), "neutral_in_two has 1 value, expected two or more"),
        (("folds = 2", 'folds = 2\nsampler = "grid"'), "is a range, and a grid takes lists"),
        (("default.toml", "nothing.toml"), r"nothing\.toml: cannot be read"),
        (("trials = 8", "trails = 8"), r"trails: unknown key; did you mean 'trials'\?"),
    ],
)
def test_a_faulty_sweep_says_where(project, change, message):
    with pytest.raises(ConfigError, match=message):
        read_sweep(write(project, SWEEP.replace(*change)))


def test_a_sweep_page_puts_the_result_before_the_flattering_score(project):
    run_sweep(write(project), say=silent)
    page = stored()[0].data.tags["mlflow.note.content"]
    assert page.index("seen by no trial") < page.index("the best of many and flatters")
    assert json.loads(json.dumps(page)).startswith("# sweep-small")
