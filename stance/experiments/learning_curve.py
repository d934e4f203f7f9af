"""Learning curves: how much more reports, and better labels, improve the scores."""

import pandas as pd

from stance.core.errors import ConfigError
from stance.evaluation import plots
from stance.experiments.config import Data, Experiment
from stance.experiments.cross_validation import (
    Say,
    fit,
    report_on,
    training_table,
    warm_encoders,
)
from stance.features.tfidf import shared_counts
from stance.labels.dataset import load_sets
from stance.tracking import runs, store
from stance.training.classifiers import probabilities

MEASURED = ("test", "seeds")


def steps(experiment: Experiment) -> list[tuple[str, Experiment]]:
    """Return the (name, experiment) pairs that a curve fits.

    They are each member alone and the vote, for each number of reports and kind of labels.

    Raises
    ------
    ConfigError
        If the experiment has no curve.
    """
    if experiment.curve is None:
        raise ConfigError(f"{experiment.name}: has no [curve]; expected reports = [26, 52, …]")
    alone = [(member.features.kind, [member]) for member in experiment.member]
    models = [*alone, ("vote", list(experiment.member))] if len(alone) > 1 else alone
    found = []
    for labels in experiment.curve.labels:
        for n_reports in experiment.curve.reports:
            data = Data(
                **{**experiment.data.model_dump(), "max_reports": n_reports, "labels": labels}
            )
            found += [
                (name, experiment.model_copy(update={"data": data, "member": members}))
                for name, members in models
            ]
    return found


@shared_counts()
def measure(
    experiment: Experiment, sets: dict[str, pd.DataFrame], say: Say = print
) -> pd.DataFrame:
    """Fit every step of a curve and score it on test reports and seeds, where they are.

    Returns
    -------
    DataFrame
        Columns ``model, labels, n_reports, n_quotes, set, f1, low, high, coarse, neutral_recall,
        base``.
    """
    measured = {name: sets[name] for name in MEASURED if name in sets}
    warm_encoders(experiment, [training_table(experiment, sets), *measured.values()])
    rows = []
    for name, step in steps(experiment):
        table = training_table(step, sets)
        n_reports = int(table["article"].nunique())
        pipeline = fit(step, table)
        majority = str(table["stance"].mode()[0])
        for where, part in measured.items():
            one = report_on(where, part, probabilities(pipeline, part), majority, step.seed)
            known = {
                "model": name,
                "labels": step.data.labels,
                "n_reports": n_reports,
                "n_quotes": len(table),
                "set": where,
            }
            scores = {
                "f1": one.five.value,
                "low": one.five.low,
                "high": one.five.high,
                "coarse": one.coarse.value,
                "neutral_recall": one.recall.get("neutral", 0.0),
            }
            rows.append(
                {
                    **known,
                    **{key: round(value, 4) for key, value in scores.items()},
                    "base": round(one.majority, 4),
                }
            )
        last = ", ".join(f"{row['set']} {row['f1']:.3f}" for row in rows[-len(measured) :])
        say(f"  {name:8s} {step.data.labels:6s} {n_reports:4d} reports  {last}")
    return pd.DataFrame(rows)


def run_curve(
    experiment: Experiment,
    *,
    sets: dict[str, pd.DataFrame] | None = None,
    say: Say = print,
) -> pd.DataFrame:
    """Measure a curve as one tracked run: the scores as steps, a table and a figure a set."""
    sets = sets if sets is not None else load_sets()
    mlflow = store.open_store()
    with runs.start_run(mlflow, "curve", experiment.name, experiment.question):
        mlflow.log_params({"experiment": experiment.name, "seed": str(experiment.seed)})
        mlflow.log_dict(experiment.model_dump(), "experiment.json")
        table = measure(experiment, sets, say)
        mlflow.log_table(table, "curve.json")
        for row in table.to_dict("records"):
            suffix = "" if row["labels"] == "agreed" else "_first"
            mlflow.log_metric(
                f"{row['set']}_{row['model']}{suffix}", row["f1"], step=row["n_reports"]
            )
        for name in table["set"].unique():
            figure = plots.learning_curve(table[table["set"] == name], str(name))
            mlflow.log_figure(figure, f"curve_{name}.png")
    return table
