"""The results of a sweep, how the tracking store keeps them, and their page."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from stance.core import formatting
from stance.evaluation import plots
from stance.evaluation.scores import Difference, SetScores
from stance.experiments.config import Experiment
from stance.experiments.trials import Sweep, Trials
from stance.labels import dataset


@dataclasses.dataclass(frozen=True, slots=True)
class Outer:
    """The scores of the chosen setting and of the unchanged experiment on a set that no trial saw.

    Their paired difference is there too.
    """

    chosen: SetScores
    base: SetScores
    difference: Difference


@dataclasses.dataclass(frozen=True, slots=True)
class SweepResult:
    """The result of a sweep.

    ``inner`` is the cross-validated score of the chosen setting. It is the best of many, so it is
    too high.
    """

    run_name: str
    run_id: str
    chosen: dict[str, Any]
    inner: float
    outer: dict[str, Outer]
    trials: pd.DataFrame


def log_settings(mlflow: Any, sweep: Sweep, base: Experiment, table: pd.DataFrame) -> None:
    """Log what is tried, and on which labels."""
    params = {
        "experiment": sweep.name,
        "base": sweep.base,
        "sampler": sweep.sampler,
        "trials": sweep.trials,
        "folds": sweep.folds,
        "seed": sweep.seed,
    }
    params |= {
        f"choice {key}": str(value if isinstance(value, list) else value.model_dump())
        for key, value in sweep.choices.items()
    }
    mlflow.log_params(params)
    mlflow.log_dict({"sweep": sweep.model_dump(), "base": base.model_dump()}, "sweep.json")
    mlflow.set_tag("labels", json.dumps({"train": dataset.fingerprint(table)[:12]}))


def log_trials(mlflow: Any, trials: Trials, logged: set[int]) -> None:
    """Log the trials that are not logged yet, a step each, and the table and figure again."""
    table = trials.table()
    new = (
        [row for row in table.to_dict("records") if row["trial"] not in logged]
        if len(table)
        else []
    )
    if not new:
        return
    for row in new:
        if pd.notna(row["f1"]):  # a trial that could not be fitted has no score
            mlflow.log_metric("trial_f1", row["f1"], step=row["trial"])
        logged.add(row["trial"])
    _put_table(mlflow, table, "trials.json")
    mlflow.log_figure(plots.trials(table, list(trials.sweep.choices)), "trials.png")


def _put_table(mlflow: Any, table: pd.DataFrame, name: str) -> None:
    """Log a table whole: MLflow would append to one that is there."""
    run_id = mlflow.active_run().info.run_id
    if name in {one.path for one in mlflow.MlflowClient().list_artifacts(run_id)}:
        plain = table.astype(object).where(table.notna(), None)
        mlflow.log_dict({"columns": list(table.columns), "data": plain.to_numpy().tolist()}, name)
    else:
        mlflow.log_table(table, name)


def log_outcome(mlflow: Any, sweep: Sweep, found: SweepResult, chosen: Experiment) -> None:
    """Log the scores on the sets that no trial saw, and the chosen experiment."""
    rows = []
    metrics = {"inner_best": round(found.inner, 4), "trials_n": float(len(found.trials))}
    for name, one in found.outer.items():
        metrics |= one.chosen.metrics() | {f"{name}_base_f1": round(one.base.five.value, 4)}
        gain = one.difference
        paired = {
            "gain": gain.value,
            "gain_low": gain.low,
            "gain_high": gain.high,
            "gain_p": gain.p,
        }
        metrics |= {f"{name}_{key}": round(value, 4) for key, value in paired.items()}
        for which, report in (("chosen", one.chosen), ("unchanged", one.base)):
            scores = {
                "f1": report.five.value,
                "low": report.five.low,
                "high": report.five.high,
                "coarse": report.coarse.value,
                "majority": report.majority,
            }
            counts = {"n_quotes": report.five.n_quotes, "n_articles": report.five.n_articles}
            rows.append(
                {
                    "set": name,
                    "setting": which,
                    **{key: round(value, 4) for key, value in scores.items()},
                    **counts,
                }
            )
    mlflow.log_metrics(metrics)
    _put_table(mlflow, pd.DataFrame(rows), "outer.json")
    mlflow.log_dict(chosen.model_dump(), "chosen.json")
    mlflow.set_tag("mlflow.note.content", to_markdown(sweep, found))


def to_markdown(sweep: Sweep, found: SweepResult) -> str:
    """Return the results of a sweep as a page.

    First comes the result on sets that no trial saw, then the chosen setting.
    """
    head = ["measured on (seen by no trial)", "chosen", "unchanged", "difference", "majority"]
    rows = [
        [
            name,
            str(one.chosen.five),
            str(one.base.five),
            str(one.difference),
            f"{one.chosen.majority:.2f}",
        ]
        for name, one in found.outer.items()
    ]
    chosen = (
        f"Chosen among {len(found.trials)} trials by {sweep.folds} folds over training reports: "
        f"{readable(found.chosen)}."
    )
    warning = (
        f"Its cross-validated macro-F1 there, {found.inner:.3f}, is the best of many and "
        "flatters; the table is the result."
    )
    return (
        "\n\n".join(
            [f"# {sweep.name}", sweep.question, formatting.table(head, rows), chosen, warning]
        )
        + "\n"
    )


def readable(values: Mapping[str, Any]) -> str:
    """Return settings as a person writes them: ``path=value``."""
    return ", ".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        for key, value in values.items()
    )
