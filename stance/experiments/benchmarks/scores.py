"""The scores of the corpora's official protocols."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from stance.evaluation.bootstrap import bounds, draw_sums
from stance.evaluation.scores import class_f1, confusion_by_article
from stance.experiments.benchmarks.corpora import COARSE_STANCES

Scorer = Callable[[np.ndarray], np.ndarray]
VOTE = "vote"


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One score of one model, next to the majority baseline.

    It has its 95% bootstrap interval (by text) and the numbers it rests on.
    """

    where: str
    model: str
    score: str
    value: float
    low: float
    high: float
    majority: float
    n_rows: int
    n_texts: int


SCORES: dict[str, Scorer] = {
    "F_avg": lambda tables: class_f1(tables)[..., :2].mean(axis=-1),
    "macro-F1": lambda tables: class_f1(tables).mean(axis=-1),
    "F1 pro": lambda tables: class_f1(tables)[..., 0],
    "F1 con": lambda tables: class_f1(tables)[..., 1],
    "F1 none": lambda tables: class_f1(tables)[..., 2],
}
SCORES["pro/con mean"] = SCORES["F_avg"]
HEADLINE = {"semeval2016": "F_avg", "desmog": "macro-F1", "vast": "macro-F1"}
ALL_SCORES = {
    "semeval2016": ["F_avg"],
    "desmog": ["macro-F1"],
    "vast": ["macro-F1", "F1 pro", "F1 con", "pro/con mean", "F1 none"],
}


def figure(
    where: str,
    model: str,
    score: str,
    table: pd.DataFrame,
    answers: Sequence[Sequence[str]],
    majority: str,
    seed: int = 0,
) -> Figure:
    """Score the answers for a table.

    Several repetitions are scored one by one, and their mean is the value.
    """
    texts = list(table["article"])
    truth = list(table["stance"])
    # Shape (n_texts, n_repeats, 3, 3).
    counts = np.stack(
        [confusion_by_article(truth, given, texts, COARSE_STANCES) for given in answers], axis=1
    )
    base = confusion_by_article(truth, [majority] * len(truth), texts, COARSE_STANCES).sum(axis=0)
    scorer = SCORES[score]
    low, high = bounds(scorer(draw_sums(counts, seed=seed)).mean(axis=-1))
    return Figure(
        where,
        model,
        score,
        float(scorer(counts.sum(axis=0)).mean()),
        low,
        high,
        float(scorer(base)),
        len(table),
        len(counts),
    )
