"""How well speakers' stances follow from their quotes, next to simpler ways of pooling.

It is measured on labelled reports, with the predictions of a tracked run.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from stance.core.errors import DataError
from stance.core.types import STANCE_VALUES, STANCES
from stance.evaluation.bootstrap import bounds, mean_interval, units_of
from stance.models.speaker_pooling import INTERVAL, Pooled, Prior, count, fit_prior, majority, pool
from stance.tracking import runs, store
from stance.tracking.runs import load_predictions

Way = Callable[[np.ndarray], Pooled]
FIGURES = ("accuracy", "brier", "log_score", "covered", "width")
# The least probability in a log score: a way that names only one stance gives the others 0.
LEAST = 0.01
_VALUES = np.array(STANCE_VALUES)
_NORMAL = 1.645  # 90% of a normal distribution lie within so many deviations


@dataclasses.dataclass(frozen=True, slots=True)
class SpeakerScores:
    """How well one way of pooling gives the speakers' stances of a set.

    ``figures`` are means over speakers: accuracy (where stances tie, the share of the right one),
    Brier score (0 to 2, small is good), log score (natural, large is good), share of intervals that
    hold the mean score of the labels, and their width. ``bounds`` are their 95% bootstrap intervals
    by ``unit``. ``gain`` and ``gain_bounds`` say by how much the Brier score of the hierarchical
    model is smaller, paired.
    """

    name: str
    way: str
    least_quotes: int
    figures: dict[str, float]
    bounds: dict[str, tuple[float, float]]
    gain: float
    gain_bounds: tuple[float, float]
    n_speakers: int
    n_articles: int
    unit: str

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, rounded."""
        row = dataclasses.asdict(self)
        row["figures"] = {name: round(value, 4) for name, value in self.figures.items()}
        row["bounds"] = {
            name: [round(one, 4) for one in pair] for name, pair in self.bounds.items()
        }
        return row | {
            "gain": round(self.gain, 4),
            "gain_bounds": [round(one, 4) for one in self.gain_bounds],
        }


def mean_of(probabilities: np.ndarray) -> Pooled:
    """Return the mean of the quotes' probabilities.

    The interval is the pooled deviation divided by the square root of the number of quotes.
    """
    mean = probabilities.mean(axis=0)
    score = float(mean @ _VALUES)
    variance = probabilities @ _VALUES**2 - (probabilities @ _VALUES) ** 2
    error = _NORMAL * float(np.sqrt(max(0.0, variance.mean()) / len(probabilities)))
    return Pooled(mean, score, max(-1.0, score - error), min(1.0, score + error))


def independent_of(probabilities: np.ndarray) -> Pooled:
    """Return what labels drawn from each quote's own probabilities add up to.

    The speaker's other quotes tell nothing about a quote here.
    """
    rng = np.random.default_rng(0)
    labels = (np.cumsum(probabilities, axis=1) > rng.random((4000, len(probabilities), 1))).argmax(
        axis=2
    )
    scores = _VALUES[labels].mean(axis=1)
    return Pooled(
        majority(count(labels)).mean(axis=0), float(scores.mean()), *bounds(scores, INTERVAL)
    )


def vote_of(probabilities: np.ndarray) -> Pooled:
    """Return the majority of the quotes' likeliest stances, as if it were certain."""
    labels = probabilities.argmax(axis=1)
    score = float(_VALUES[labels].mean())
    return Pooled(majority(count(labels[None]))[0], score, score, score)


def speakers_of(table: pd.DataFrame) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return (article, probabilities, labels as numbers) for each speaker of an article.

    Quotes without a speaker stay out.
    """
    columns = [f"p_{stance}" for stance in STANCES]
    found = []
    for (article, _), part in table.groupby(["article", "speaker"], sort=False):
        found.append(
            (
                str(article),
                part[columns].to_numpy(dtype=float),
                np.array([STANCES.index(one) for one in part["stance"]]),
            )
        )
    return found


def measure(
    name: str, table: pd.DataFrame, prior: Prior, *, least_quotes: int = 1, seed: int = 0
) -> list[SpeakerScores]:
    """Measure all ways on one set's predictions; the speaker's stance is `majority` of the labels.

    The list is empty where no speaker has enough quotes.

    Parameters
    ----------
    table
        A row a quote: columns ``article, speaker, stance`` and ``p_STANCE`` for each stance.
    least_quotes
        Speakers with fewer quotes stay out.
    """
    speakers = [one for one in speakers_of(table) if len(one[2]) >= least_quotes]
    if not speakers:
        return []
    ways: dict[str, Way] = {
        "hierarchical": lambda probabilities: pool(probabilities, prior),
        "independent": independent_of,
        "mean": mean_of,
        "vote": vote_of,
    }
    articles = [article for article, _, _ in speakers]
    units, unit = units_of(articles, "speaker")
    scored = {
        way: np.array(
            [_scored(tell(probabilities), labels) for _, probabilities, labels in speakers]
        )
        for way, tell in ways.items()
    }
    out = []
    for way, values in scored.items():
        figures = dict(zip(FIGURES, values.mean(axis=0).tolist(), strict=True))
        bounds = {
            figure: mean_interval(values[:, k], units, seed=seed)
            for k, figure in enumerate(FIGURES)
        }
        gain = values[:, 1] - scored["hierarchical"][:, 1]
        out.append(
            SpeakerScores(
                name,
                way,
                least_quotes,
                figures,
                bounds,
                float(gain.mean()),
                mean_interval(gain, units, seed=seed),
                len(speakers),
                len(set(articles)),
                unit,
            )
        )
    return out


def _scored(told: Pooled, labels: np.ndarray) -> list[float]:
    gold = majority(count(labels[None]))[0]
    mean = float(_VALUES[labels].mean())
    right = gold[int(told.probabilities.argmax())]
    brier = float(((told.probabilities - gold) ** 2).sum())
    held = told.low - 1e-9 <= mean <= told.high + 1e-9
    return [
        float(right),
        brier,
        float(np.log(max(told.probabilities @ gold, LEAST))),
        float(held),
        told.high - told.low,
    ]


def evaluate_speakers(run: str) -> tuple[str, Prior, list[SpeakerScores]]:
    """Fit the prior on a run's out-of-fold predictions and measure on its other sets.

    Returns
    -------
    run's name, prior, one entry for each set, least number of quotes and way

    Raises
    ------
    DataError
        If the run was not cross-validated.
    """
    mlflow = store.open_store()
    found = runs.find_run(mlflow, run)
    table = load_predictions(mlflow, found)
    learned = table[table["set"] == "cv"]
    if learned.empty:
        raise DataError(
            f"run {found.info.run_name}: has no out-of-fold predictions to fit on; train it with "
            "data.folds of 2 or more"
        )
    probabilities = learned[[f"p_{stance}" for stance in STANCES]].to_numpy(dtype=float)
    prior = fit_prior(
        probabilities,
        list(learned["stance"]),
        list(zip(learned["article"], learned["speaker"], strict=True)),
    )
    told = [
        one
        for name, part in table[table["set"] != "cv"].groupby("set", sort=False)
        for least in (1, 2)
        for one in measure(str(name), part, prior, least_quotes=least)
    ]
    return str(found.info.run_name), prior, told
