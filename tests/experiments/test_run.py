"""The whole way on a real sqlite store: train, track, compare, promote, load.

The last tests look at what a killed process leaves behind.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

import stance
from stance.core.errors import ConfigError, ModelError
from stance.core.paths import RELEASED, STANDARD
from stance.experiments.comparison import compare_runs
from stance.experiments.config import read_experiment
from stance.experiments.promotion import against_in_use, losses
from stance.experiments.run import run
from stance.tracking import registry, store
from stance.tracking.model_folders import point, pointer
from stance.tracking.runs import find_run, load_predictions


def silent(line):
    """Take a line of progress and say nothing."""


@pytest.fixture
def outcomes(project):
    """Two runs of the small project's default experiment and one of another."""
    paths = [project / "experiments" / f"{name}.toml" for name in ("default", "other")]
    found = [run(read_experiment(path), say=silent) for path in paths]
    return [*found, run(read_experiment(paths[0]), say=silent)]


def test_the_small_project_runs_from_labels_to_a_promoted_model(project, outcomes):
    first, other, again = outcomes
    mlflow = store.open_store()
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
    assert (
        data.dataset.digest
        == json.loads((first.folder / "card.json").read_text())["data"]["fingerprint"][:12]
    )
    artifacts = {one.path for one in client.list_artifacts(first.run_id)}
    assert {
        "predictions.json",
        "errors.json",
        "slices.json",
        "experiment.json",
        "confusion_cv.png",
        "model_folder",
    } <= artifacts
    assert {
        "calibration.png",
        "risk_coverage.png",
        "slices_cv.png",
        "slices_seeds.png",
    } <= artifacts
    assert not [
        one
        for one in client.search_runs([logged.info.experiment_id])
        if one.info.run_id not in {outcome.run_id for outcome in outcomes}
    ]

    # Predicting uses the released model until a champion is named.
    assert stance.load().label["name"] == STANDARD
    version, name = registry.promote(other.run_name)
    assert (version, name) == ("2", other.run_name)
    assert stance.load().label == {"name": "other", "version": other.run_id[:8]}
    for source in (
        "models:/stance@champion",
        f"runs:/{other.run_id}",
        other.run_id[:8],
        str(other.folder),
    ):
        assert stance.load(source).label["version"] == other.run_id[:8]

    # A further promotion is held up where the paired interval includes a loss, unless it is wanted
    # all the same.
    # the same predictions: nothing is lost, and nothing is won
    assert losses(against_in_use(first.run_name)) == []

    # The logged model answers as the folder does, and holds no pickle.
    rows = [{"text": "We will come to the talks.", "cue": "said"}, {"text": None}]
    import pandas as pd

    columns = {**dict.fromkeys(("context", "speaker", "id")), **pd.DataFrame(rows)}
    served = mlflow.pyfunc.load_model("models:/stance@champion").predict(pd.DataFrame(columns))
    assert [json.loads(one) for one in served["prediction"]] == [
        one.to_dict() for one in stance.load().predict_many(rows)
    ]
    assert not [
        path
        for path in (project / "mlruns").rglob("*")
        if path.suffix in (".pkl", ".pickle", ".joblib")
    ]

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
        "import time\nfrom stance.tracking import runs, store\nm = store.open_store()\n"
        "with runs.tracked_run(m, 'x', {}):\n    print('in', flush=True)\n    time.sleep(60)\n"
    )
    runs = []
    for number in (signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout.readline() == b"in\n"
        time.sleep(0.2)
        process.send_signal(number)
        process.wait(timeout=30)
        runs.append(process.returncode)
    assert runs == [128 + signal.SIGTERM, -signal.SIGKILL]
    client = store.open_store().MlflowClient()  # opening sweeps what SIGKILL left
    experiment = client.get_experiment_by_name(store.EXPERIMENT)
    assert {one.info.status for one in client.search_runs([experiment.experiment_id])} == {"KILLED"}


def test_a_run_that_fails_is_marked_failed_and_leaves_no_pointer(project, monkeypatch):
    monkeypatch.setattr(
        "stance.experiments.run.save_model", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(OSError, match="disk full"):
        run(read_experiment(project / "experiments" / "default.toml"), say=silent)
    client = store.open_store().MlflowClient()
    (found,) = client.search_runs([client.get_experiment_by_name(store.EXPERIMENT).experiment_id])
    assert found.info.status == "FAILED"
    assert not (project / "models" / "champion.json").exists()


def test_an_unknown_run_is_told_with_the_known_ones(project):
    with pytest.raises(ConfigError, match=r"run 'nothing': not found; newest runs: none yet"):
        find_run(store.open_store(), "nothing")


def test_a_store_that_cannot_be_opened_is_one_sentence(project, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(
        ConfigError,
        match=r"MLflow store http://127\.0\.0\.1:9: .*unset it to use the project's own store",
    ):
        store.open_store()


def test_without_folds_only_what_was_not_learned_from_is_measured(project):
    outcome = run(
        read_experiment(
            project / "experiments" / "other.toml", ["data.folds=0", "neutral_in_two=true"]
        ),
        say=silent,
    )
    assert set(outcome.reports) == {"seeds"}
    logged = store.open_store().MlflowClient().get_run(outcome.run_id)
    assert not {"cv_f1", "cv_sd"} & set(logged.data.metrics)


def test_without_a_champion_the_released_model_answers_whatever_was_trained(project):
    first = run(read_experiment(project / "experiments" / "default.toml"), say=silent)
    assert stance.load().folder == RELEASED / STANDARD
    assert stance.load("standard").folder == RELEASED / STANDARD
    again = run(read_experiment(project / "experiments" / "other.toml"), say=silent)
    assert stance.load("default").folder == first.folder
    # A run is found by its experiment, its name and its id; what only resembles a name is another
    # experiment's.
    for name in ("other", again.run_name, again.run_id[:6], again.folder.name):
        assert stance.load(name).folder.name == again.folder.name
    with pytest.raises(ModelError, match="oth: neither a model folder nor a run"):
        stance.load("oth")


def test_a_champion_whose_folder_is_gone_is_not_replaced_unnoticed(project):
    point("champion", project / "models" / "gone-1234", "1234")
    with pytest.raises(ModelError, match=r"gone-1234: the champion's folder is gone; promote"):
        stance.load()


def test_an_experiment_is_also_found_by_the_name_of_its_file(project):
    path = project / "experiments" / "default.toml"
    path.write_text(path.read_text().replace('name = "default"', 'name = "soft"'))
    made = run(read_experiment(path), say=silent)
    assert made.folder.name.startswith("soft-")
    assert stance.load("default").folder == made.folder
    assert find_run(store.open_store(), "default").info.run_id == made.run_id


def test_a_promotion_is_held_up_by_a_loss_against_the_champion(project):
    from typer.testing import CliRunner

    from stance.cli.app import app

    good = run(
        read_experiment(project / "experiments" / "default.toml", ["member.0.classifier.C=50.0"]),
        say=silent,
    )
    chance = '[[member]]\nfeatures = { kind = "none" }\nclassifier = { kind = "majority" }\n'
    (project / "experiments" / "chance.toml").write_text(
        f'name = "chance"\nquestion = "What does guessing give?"\n[data]\nfolds = 2\n{chance}'
    )
    worse = run(read_experiment(project / "experiments" / "chance.toml"), say=silent)
    assert CliRunner().invoke(app, ["promote", good.run_name, "--force"]).exit_code == 0
    held = CliRunner().invoke(app, ["promote", worse.run_name])
    message = str(held.exception)
    assert message.startswith(f"{worse.run_name} is not promoted: it may be worse than ")
    assert f"{good.folder.name}, the champion, which predict uses now" in message
    assert re.findall(
        r"^  ([a-z ]+): worse by 0\.\d+, it may lose up to 0\.\d+", message, flags=re.MULTILINE
    ) == ["training reports"]
    assert f"stance promote {worse.run_name} --force" in message
    assert pointer("champion")["run"] == good.run_id
    assert CliRunner().invoke(app, ["promote", worse.run_name, "--force"]).exit_code == 0
    assert stance.load().folder == worse.folder
    assert losses(against_in_use(good.run_name)) == []


def test_training_ends_with_hints_at_runs_that_exist_and_the_model_that_predict_uses(project):
    from typer.testing import CliRunner

    from stance.cli.app import app

    first = CliRunner().invoke(app, ["train"]).stdout
    assert "make train EXPERIMENT=experiments/ngrams.toml" in first
    assert first.index("make train EXPERIMENT") < first.index("make compare RUNS='ngrams default'")
    assert "\npredict uses standard, the released model.\n" in first
    assert "  this run minus that model, seed articles: " in first
    second = CliRunner().invoke(app, ["train", str(project / "experiments" / "other.toml")]).stdout
    assert "make train EXPERIMENT" not in second
    assert "make compare RUNS='default other'" in second
    assert "\npredict uses standard, the released model.\n" in second
    assert second.splitlines()[-1].startswith("This run's model answers where it is named")
    assert compare_runs("default", "other")[2]
