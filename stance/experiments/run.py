"""One experiment as a tracked run: it trains and saves a model, and logs its card and results."""

import dataclasses
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stance.core.formatting import counted
from stance.core.paths import home
from stance.evaluation import plots
from stance.evaluation.scores import SetScores
from stance.evaluation.slices import sliced
from stance.evaluation.uncertainty import Coverage
from stance.experiments.config import Experiment
from stance.experiments.cross_validation import Say, Trained, train
from stance.features.feature_sets import to_rows
from stance.labels import dataset
from stance.labels.dataset import load_sets
from stance.models.calibration import STATED_RISK, answered
from stance.models.card import describe_card
from stance.tracking import registry, runs, store
from stance.tracking.model_folders import keep_finished, unfinished
from stance.training.saving import save_model

PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers", "safetensors")


@dataclasses.dataclass(frozen=True, slots=True)
class RunResult:
    """The result of one experiment."""

    run_id: str
    run_name: str
    folder: Path
    reports: dict[str, SetScores]
    seconds: dict[str, float]
    coverage: list[Coverage]


def card(experiment: Experiment, trained: Trained, run_id: str) -> dict[str, Any]:
    """Return what is known of a trained model, for its card."""
    scores = {
        name: {
            "macro_f1": round(one.five.value, 4),
            "interval": [round(one.five.low, 4), round(one.five.high, 4)],
            "coarse_macro_f1": round(one.coarse.value, 4),
            "majority_macro_f1": round(one.majority, 4),
            "n_quotes": one.five.n_quotes,
            "n_articles": one.five.n_articles,
            "calibration_error": round(one.calibration_error, 4),
        }
        for name, one in trained.reports.items()
    }
    data = {
        "fingerprint": dataset.fingerprint(trained.train),
        "n_quotes": len(trained.train),
        "n_reports": int(trained.train["article"].nunique()),
        "counts": dataset.counts(trained.train),
    }
    if own := own_quotes(trained.train):
        data["own"] = own
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {
        "name": experiment.name,
        "version": run_id[:8],
        "question": experiment.question,
        "experiment": experiment.model_dump(),
        "data": data,
        "scores": scores,
        "temperature": trained.temperature,
        **trained.uncertainty,
        "coverage": [one.row() for one in trained.coverage],
        "versions": versions,
    }


def own_quotes(table: pd.DataFrame) -> list[str]:
    """Return which quotes of the user's own articles stand in a table."""
    return sorted(table.loc[table["origin"] == "own", "quote"])


def run(
    experiment: Experiment,
    *,
    sets: dict[str, pd.DataFrame] | None = None,
    settings: Sequence[str] = (),
    say: Say = print,
) -> RunResult:
    """Run one experiment into the tracking store.

    Parameters
    ----------
    experiment
        Checked configuration.
    sets
        Tables by split; read from ``labels/`` when None.
    settings
        What was changed of the experiment's file, ``key.path=value``; runs with different ones are
        never taken for the same experiment.
    say
        Takes lines of progress.
    """
    sets = sets if sets is not None else load_sets()
    mlflow = store.open_store()
    measured = dataset.measured_sets(sets, experiment.data.train)
    tags = {"settings": ", ".join(settings), "labels": json.dumps(dataset.digests(measured))}
    with runs.start_run(mlflow, "train", experiment.name, experiment.question, tags) as started:
        trained = train(experiment, sets, say)
        if (
            "split" in trained.train
            and (own := trained.train[trained.train["split"] == "own"]).size
        ):
            say(
                f"  learned from {counted(len(own), 'label')} of your own, in "
                f"{counted(own['article'].nunique(), 'article')}"
            )
        run_id = started.info.run_id
        whole = card(experiment, trained, run_id)
        folder = unfinished(run_id) / f"{experiment.name}-{run_id[:8]}"
        save_model(trained.pipeline, folder, whole)
        _log(mlflow, experiment, trained, folder, whole)
    keep_finished(run_id)
    return RunResult(
        run_id,
        str(started.info.run_name),
        home() / "models" / folder.name,
        trained.reports,
        trained.seconds,
        trained.coverage,
    )


def _log(
    mlflow: Any, experiment: Experiment, trained: Trained, folder: Path, whole: dict[str, Any]
) -> None:
    params = {
        "experiment": experiment.name,
        "seed": experiment.seed,
        **_flat(experiment.model_dump(exclude={"name", "question", "seed"})),
    }
    mlflow.log_params({key: str(value) for key, value in params.items()})
    mlflow.log_dict(experiment.model_dump(), "experiment.json")
    table = trained.train
    data = mlflow.data.from_pandas(
        table[["quote", "text", "cue", "stance"]],
        name="reports",
        digest=whole["data"]["fingerprint"][:12],
    )
    mlflow.log_input(data, context="training")
    metrics = {
        key: value for one in trained.reports.values() for key, value in one.metrics().items()
    }
    metrics |= _answered(trained)
    metrics |= {
        f"{one.name}_in{one.level * 100:g}": round(one.covered, 4) for one in trained.coverage
    }
    metrics |= {f"{key}_s": round(value, 2) for key, value in trained.seconds.items()}
    spread = [one.five.value for one in trained.folds]
    metrics |= {"train_n": float(len(table))} | (
        {"cv_sd": round(float(np.std(spread, ddof=1)), 4)} if spread else {}
    )
    mlflow.log_metrics(metrics)
    whole_f1 = (
        [float(np.mean(part)) for part in np.array_split(spread, experiment.data.repeats)]
        if spread
        else []
    )
    for step, value in enumerate(whole_f1 if experiment.data.repeats > 1 else [], 1):
        mlflow.log_metric("draw_f1", round(value, 4), step=step)
    for step, value in enumerate(spread, 1):
        mlflow.log_metric("fold_f1", round(value, 4), step=step)
    _log_tables(mlflow, trained)
    slices = sliced(trained.predictions)
    mlflow.log_table(slices, "slices.json")
    _log_figures(mlflow, trained, slices)
    mlflow.log_artifacts(str(folder), "model_folder")
    mlflow.set_tag("model_folder", folder.name)
    example = to_rows(table[["text", "cue"]].head(2).fillna(""))
    requirements = [
        "stance-toward-talks",
        *(f"{name}=={number}" for name, number in whole["versions"].items() if name != "python"),
    ]
    described = describe_card(whole)
    mlflow.set_tag("mlflow.note.content", described)
    code = Path(
        str(files("stance.interfaces") / "mlflow_model.py")
    )  # MLflow runs the file itself; importing it would load a model
    registry.log_model(mlflow, folder, code, example, requirements, described)


def _answered(trained: Trained) -> dict[str, float]:
    """Return for each set how much is answered, and how much of that is wrong.

    The abstention threshold is the one of `STATED_RISK` on out-of-fold predictions.
    """
    # Where no threshold kept the risk, nothing is answered.
    at = next(
        (
            row["abstain_at"]
            for row in trained.uncertainty.get("abstention", [])
            if row["risk"] == STATED_RISK
        ),
        np.inf,
    )
    out: dict[str, float] = {}
    for name, part in trained.predictions.groupby("set") if trained.uncertainty else []:
        coverage, risk = answered(
            part["confidence"].to_numpy(), (part["stance"] == part["predicted"]).to_numpy(), at
        )
        out |= {f"{name}_cov": round(coverage, 4), f"{name}_risk": round(risk, 4)}
    return out


def _flat(given: dict[str, Any] | list[Any], prefix: str = "") -> dict[str, Any]:
    pairs = (
        given.items()
        if isinstance(given, dict)
        else ((str(k), value) for k, value in enumerate(given))
    )
    out: dict[str, Any] = {}
    for key, value in pairs:
        nested = isinstance(value, dict) or (
            isinstance(value, list) and any(isinstance(one, dict) for one in value)
        )
        out |= _flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return out


def _log_tables(mlflow: Any, trained: Trained) -> None:
    predictions = trained.predictions
    mlflow.log_table(predictions, "predictions.json")
    wrong = predictions[predictions["stance"] != predictions["predicted"]].sort_values(
        "confidence", ascending=False
    )
    mlflow.log_table(
        wrong[
            [
                "quote",
                "set",
                "stance",
                "predicted",
                "confidence",
                "form",
                "on_target",
                "speaker",
                "cue",
                "text",
            ]
        ],
        "errors.json",
    )
    if trained.coverage:
        mlflow.log_table(pd.DataFrame([one.row() for one in trained.coverage]), "sets.json")


def _log_figures(mlflow: Any, trained: Trained, slices: pd.DataFrame) -> None:
    for name, one in trained.reports.items():
        mlflow.log_figure(plots.confusion(one), f"confusion_{name}.png")
    mlflow.log_figure(plots.risk_and_coverage(trained.predictions), "risk_coverage.png")
    mlflow.log_figure(plots.reliability(trained.predictions), "calibration.png")
    for group, part in slices.groupby("set"):
        mlflow.log_figure(plots.by_slice(part, str(group)), f"slices_{group}.png")
