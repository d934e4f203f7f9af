"""The whole way on a real sqlite store: train, track, compare, promote, load; and what a killed process leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import stance
from stance import tracking
from stance.comparison import compare_runs, losses
from stance.config import read_experiment
from stance.errors import ConfigError
from stance.experiment import load_predictions, run


def silent(line):
    """Take a line of progress and say nothing."""


@pytest.fixture
def outcomes(project):
    """Two runs of the small project's default experiment and one of another."""
    paths = [project / "experiments" / f"{name}.toml" for name in ("default", "other")]
    found = [run(read_experiment(path), default=path.stem == "default", say=silent) for path in paths]
    return [*found, run(read_experiment(paths[0]), default=True, say=silent)]


def test_the_small_project_runs_from_labels_to_a_promoted_model(project, outcomes):
    first, other, again = outcomes
    mlflow = tracking.open_store()
    client = mlflow.MlflowClient()
    logged = client.get_run(first.run_id)

    # The same experiment on the same data gives the same numbers.
    assert first.reports["cv"].metrics() == again.reports["cv"].metrics()
    assert logged.info.status == "FINISHED"
    assert logged.data.metrics["cv_f1"] == first.reports["cv"].metrics()["cv_f1"]
    assert [one.step for one in client.get_metric_history(first.run_id, "fold_f1")] == [1, 2]
    assert {"seed", "member.0.features.kind"} <= set(logged.data.params)
    assert {"commit", "question", "model_folder"} <= set(logged.data.tags)
    (data,) = logged.inputs.dataset_inputs
    assert data.dataset.digest == json.loads((first.folder / "card.json").read_text())["data"]["fingerprint"][:12]
    artifacts = {one.path for one in client.list_artifacts(first.run_id)}
    assert {"predictions.json", "errors.json", "slices.json", "experiment.json", "confusion_cv.png", "model_folder"} <= artifacts
    assert {"calibration.png", "risk_coverage.png", "slices_cv.png", "slices_seeds.png"} <= artifacts
    assert not [one for one in client.search_runs([logged.info.experiment_id]) if one.info.run_id not in {outcome.run_id for outcome in outcomes}]

    # Predicting uses the newest run of the default experiment until a champion is named.
    assert stance.load().label["version"] == again.run_id[:8]
    version, name = tracking.promote(other.run_name)
    assert (version, name) == ("2", other.run_name)
    assert stance.load().label == {"name": "other", "version": other.run_id[:8]}
    for source in ("models:/stance@champion", f"runs:/{other.run_id}", other.run_id[:8], str(other.folder)):
        assert stance.load(source).label["version"] == other.run_id[:8]

    # A further promotion is held up where the paired interval includes a loss, unless it is wanted all the same.
    assert losses(first.run_name) == []  # the same predictions: nothing is lost, and nothing is won

    # The logged model answers as the folder does, and holds no pickle.
    rows = [{"text": "We will come to the talks.", "cue": "said"}, {"text": None}]
    import pandas as pd

    columns = {**dict.fromkeys(("context", "speaker", "id")), **pd.DataFrame(rows)}
    served = mlflow.pyfunc.load_model("models:/stance@champion").predict(pd.DataFrame(columns))
    assert [json.loads(one) for one in served["prediction"]] == [one.to_dict() for one in stance.load().predict_many(rows)]
    assert not [path for path in (project / "mlruns").rglob("*") if path.suffix in (".pkl", ".pickle", ".joblib")]

    # Comparing goes quote by quote.
    names = compare_runs("default", "other")
    assert set(names[2]) == {"cv", "seeds"}
    assert names[2]["cv"]["five"].value == 0
    table = load_predictions(mlflow, logged)
    assert len(table) == sum(one.five.n_quotes for one in first.reports.values())

    # A model folder that was lost is fetched from the store.
    for path in other.folder.iterdir():
        path.unlink()
    other.folder.rmdir()
    assert stance.load("models:/stance@champion").label["version"] == other.run_id[:8]


def test_a_killed_run_does_not_stay_running(project):
    script = (
        "import time\nfrom stance import tracking\nm = tracking.open_store()\n"
        "with tracking.tracked_run(m, 'x', {}):\n    print('in', flush=True)\n    time.sleep(60)\n"
    )
    runs = []
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout.readline() == b"in\n"
        time.sleep(0.2)
        process.send_signal(number)
        process.wait(timeout=30)
        runs.append(process.returncode)
    assert runs == [128 + signal.SIGTERM, -signal.SIGKILL]
    client = tracking.open_store().MlflowClient()  # opening sweeps what SIGKILL left
    experiment = client.get_experiment_by_name(tracking.EXPERIMENT)
    assert {one.info.status for one in client.search_runs([experiment.experiment_id])} == {"KILLED"}


def test_a_run_that_fails_is_marked_failed_and_leaves_no_pointer(project, monkeypatch):
    monkeypatch.setattr("stance.experiment.save_model", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        run(read_experiment(project / "experiments" / "default.toml"), default=True, say=silent)
    client = tracking.open_store().MlflowClient()
    (found,) = client.search_runs([client.get_experiment_by_name(tracking.EXPERIMENT).experiment_id])
    assert found.info.status == "FAILED"
    assert tracking.pointer("latest") == {}


def test_an_unknown_run_is_told_with_the_known_ones(project):
    with pytest.raises(ConfigError, match=r"run 'nothing': not found; newest runs: none yet"):
        tracking.find_run(tracking.open_store(), "nothing")


def test_a_store_that_cannot_be_opened_is_one_sentence(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(ConfigError, match=r"MLflow store http://127\.0\.0\.1:9: .*unset it to use the project's own store"):
        tracking.open_store()


def test_without_folds_only_what_was_not_learned_from_is_measured(project):
    outcome = run(read_experiment(project / "experiments" / "other.toml", ["data.folds=0", "neutral_in_two=true"]), say=silent)
    assert set(outcome.reports) == {"seeds"}
    logged = tracking.open_store().MlflowClient().get_run(outcome.run_id)
    assert not {"cv_f1", "cv_sd"} & set(logged.data.metrics)
