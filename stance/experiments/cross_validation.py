"""Train an experiment, cross-validate it by article, measure it on sets it did not learn from."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from stance.core.errors import DataError
from stance.core.types import STANCES
from stance.evaluation import scores
from stance.evaluation.uncertainty import MEASURED_LEVELS, Coverage, coverage, learn
from stance.experiments.config import Experiment
from stance.features.feature_sets import to_rows
from stance.features.row_text import view_of
from stance.features.sentence_encoder import encode_cached
from stance.features.tfidf import shared_counts
from stance.labels import dataset
from stance.models.calibration import fit_temperature, temper
from stance.training.classifiers import build_pipeline, probabilities

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Trained:
    """A fitted pipeline with everything measured on it.

    ``predictions`` has one row a measured quote.

    ``uncertainty`` is what the card says of it (`stance.evaluation.uncertainty.learn`), empty
    where nothing could be learned on.
    """

    pipeline: Any
    train: pd.DataFrame
    reports: dict[str, scores.SetScores]
    folds: list[scores.SetScores]
    predictions: pd.DataFrame
    seconds: dict[str, float]
    temperature: float
    uncertainty: dict[str, Any]
    coverage: list[Coverage]


def training_table(experiment: Experiment, sets: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows that the experiment learns from.

    With ``max_reports`` it is a sample of whole reports, drawn by the experiment's seed.

    Raises
    ------
    DataError
        If a split that it names has no labelled quote.
    """
    # Own articles are learned from once there are any, and a small project may have no validation
    # reports.
    wanted = [
        name for name in experiment.data.train if name in sets or name not in ("own", "validation")
    ]
    missing = [name for name in wanted if name not in sets]
    if missing:
        raise DataError(
            f"labels: no quotes in the split {missing[0]!r}; expected reports of a batch that "
            "labels/splits.toml gives to it, or statements in labels/contrasts for contrasts"
        )
    table = pd.concat([sets[name] for name in wanted], ignore_index=True)
    n_most = experiment.data.max_reports
    if n_most:
        names = np.random.default_rng(experiment.seed).permutation(
            sorted(table["article"].unique())
        )[:n_most]
        table = table[table["article"].isin(set(names))].reset_index(drop=True)
    return (
        table.assign(stance=table["first_stance"]) if experiment.data.labels == "first" else table
    )


def fit(experiment: Experiment, table: pd.DataFrame) -> Any:
    """Return the experiment's pipeline, fitted on the table."""
    members = [member.build_options() for member in experiment.member]
    pipeline = build_pipeline(members, neutral_in_two=experiment.neutral_in_two)
    return pipeline.fit(table, table["stance"])


def warm_encoders(experiment: Experiment, tables: list[pd.DataFrame]) -> None:
    """Encode all texts at once, so that the folds find their vectors in the cache."""
    for member in experiment.member:
        if member.features.kind == "encoder":
            texts = [
                view_of(row, member.features.view) for table in tables for row in to_rows(table)
            ]
            encode_cached(texts, member.features.model)


def temperature_of(
    calibrate: str | None, raw: Mapping[str, tuple[pd.DataFrame, np.ndarray]], on: str | None
) -> float:
    """Return the temperature that an experiment's setting asks for; 1 where nothing is tempered.

    Parameters
    ----------
    raw
        Table and probabilities of each set that was not learned from.
    on
        The set that decides where the setting names none.
    """
    # Invented reports are easier than news: what they make sure of is too sure there. So a model
    # can be tempered by the real articles instead.
    decides = calibrate if calibrate in raw else on
    if decides is None or calibrate == "none":
        return 1.0
    table, probabilities_of = raw[decides]
    temperature = fit_temperature(probabilities_of, list(table["stance"]))
    # A few real quotes may warn, and not make a model surer.
    return temperature if decides == on else max(1.0, temperature)


@shared_counts()
def train(experiment: Experiment, sets: dict[str, pd.DataFrame], say: Say = print) -> Trained:
    """Cross-validate by article, fit on all training rows, and measure on the other sets.

    With 0 folds there is no cross-validation.
    """
    start = time.perf_counter()
    table = training_table(experiment, sets)
    measured = dataset.measured_sets(sets, experiment.data.train)
    warm_encoders(experiment, [table, *measured.values()])
    seconds = {"encode": time.perf_counter() - start}
    majority = str(table["stance"].mode()[0])
    folded = table[dataset.is_measured(table)].reset_index(drop=True)

    start = time.perf_counter()
    draws, folds = cross_validate(experiment, table, majority, say)
    seconds["cv"] = time.perf_counter() - start

    start = time.perf_counter()
    pipeline = fit(experiment, table)
    seconds["fit"] = time.perf_counter() - start
    raw = {
        **({"cv": (folded, draws[0])} if draws else {}),
        **{name: (part, probabilities(pipeline, part)) for name, part in measured.items()},
    }
    # Calibrated on predictions of rows that were not learned from: out of fold, else the
    # validation reports.
    on = next((name for name in ("cv", "validation") if name in raw), None)
    temperature = temperature_of(experiment.data.calibrate, raw, on)
    found = {
        name: (part, temper(predicted, temperature)) for name, (part, predicted) in raw.items()
    }
    uncertainty = learn(*found[on]) if on else {}
    held = [
        coverage(name, *one, uncertainty["sets"], level)
        for name, one in found.items()
        if on and name != on
        for level in MEASURED_LEVELS
    ]
    reports = {
        name: report_on(name, part, predicted, majority, experiment.seed)
        for name, (part, predicted) in found.items()
    }
    if len(draws) > 1:
        tables = [confusion(folded, predicted) for predicted in draws]
        reports["cv"] = scores.repeated(reports["cv"], tables, seed=experiment.seed)
    predictions = pd.concat(
        [prediction_rows(name, part, predicted) for name, (part, predicted) in found.items()],
        ignore_index=True,
    )
    return Trained(
        pipeline, table, reports, folds, predictions, seconds, temperature, uncertainty, held
    )


def cross_validate(
    experiment: Experiment, table: pd.DataFrame, majority: str, say: Say
) -> tuple[list[np.ndarray], list[scores.SetScores]]:
    """Predict every row by models that saw no quote of its article.

    The folds are drawn as often as the experiment's ``repeats`` says. Contrasts are never
    predicted.

    Returns
    -------
    draws, folds
        Probabilities out of fold, shape (n_quotes, 5), per draw of the folds; a report per fold.
        Both empty with 0 folds.
    """
    draws: list[np.ndarray] = []
    folds: list[scores.SetScores] = []
    for repeat in range(experiment.data.repeats if experiment.data.folds else 0):
        draws.append(np.zeros((len(table), len(STANCES))))
        of = f" of draw {repeat + 1}" if experiment.data.repeats > 1 else ""
        for number, (learned, left_out) in enumerate(
            dataset.folds_to_measure(table, experiment.data.folds, experiment.seed + repeat), 1
        ):
            part = table.iloc[left_out]
            predicted = probabilities(fit(experiment, table.iloc[learned]), part)
            draws[-1][left_out] = predicted
            folds.append(report_on("fold", part, predicted, majority, experiment.seed))
            say(
                f"  fold {number} of {experiment.data.folds}{of}: macro-F1 "
                f"{folds[-1].five.value:.3f} (n = {len(part)})"
            )
    measured = dataset.is_measured(table)
    return [draw[measured] for draw in draws], folds


def report_on(
    name: str, table: pd.DataFrame, predicted: np.ndarray, majority: str, seed: int
) -> scores.SetScores:
    """Score the probabilities of a labelled table's quotes, shape (n_quotes, 5).

    See `stance.evaluation.scores.score_set`.
    """
    return scores.score_set(
        name, list(table["stance"]), predicted, list(table["article"]), majority, seed=seed
    )


def confusion(table: pd.DataFrame, predicted: np.ndarray) -> np.ndarray:
    """Return the confusion tables of a labelled table's articles, shape (n_articles, 5, 5).

    The answer to a quote is its likeliest stance.
    """
    return scores.confusion_by_article(
        list(table["stance"]), scores.likeliest(predicted), list(table["article"])
    )


def prediction_rows(name: str, table: pd.DataFrame, predicted: np.ndarray) -> pd.DataFrame:
    """Return what a run logs of each quote of a set: its labels, answer and probabilities."""
    # The quote comes first: the store's page lines tables of several runs up by their first
    # column.
    rows = table[
        [
            "quote",
            "article",
            "conflict",
            "origin",
            "form",
            "on_target",
            "speaker",
            "speaker_role",
            "cue",
            "text",
            "stance",
        ]
    ].copy()
    rows.insert(1, "set", name)
    rows["predicted"] = scores.likeliest(predicted)
    rows["confidence"] = predicted.max(axis=1).round(4)
    for k, stance in enumerate(STANCES):
        rows[f"p_{stance}"] = predicted[:, k].round(6)
    return rows
