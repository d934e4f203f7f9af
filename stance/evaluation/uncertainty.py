"""What a model's card says of its own uncertainty, and whether that holds.

It is learned from quotes that the model had not learned from, and measured on others.
"""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from stance.core.types import STANCES
from stance.evaluation.bootstrap import mean_interval, units_of
from stance.models.calibration import risk_curve, thresholds
from stance.models.prediction_sets import fit_sets, members
from stance.models.speaker_pooling import fit_prior

MEASURED_LEVELS = (0.8, 0.9, 0.95)


@dataclasses.dataclass(frozen=True, slots=True)
class Coverage:
    """How often the prediction sets of one level held the label of a set of quotes.

    ``low`` and ``high`` bound the share (95% bootstrap, by ``unit``); ``size`` is the mean number
    of stances in a set, ``single`` the share of sets with one; ``per_stance`` are the shares
    covered among the quotes of each label.
    """

    name: str
    level: float
    covered: float
    low: float
    high: float
    size: float
    single: float
    per_stance: dict[str, float]
    n_quotes: int
    n_articles: int
    unit: str

    def row(self) -> dict[str, Any]:
        """Return one row of a table."""
        figures = {
            name: round(getattr(self, name), 4)
            for name in ("level", "covered", "low", "high", "size", "single")
        }
        per_stance = {
            stance: round(self.per_stance[stance], 4) if stance in self.per_stance else None
            for stance in STANCES
        }
        return {
            "set": self.name,
            **figures,
            **per_stance,
            "n_quotes": self.n_quotes,
            "n_articles": self.n_articles,
            "unit": self.unit,
        }

    def __str__(self) -> str:
        return (
            f"sets at {self.level:.0%} hold the label of {self.covered:.1%} "
            f"({self.low:.1%}-{self.high:.1%} by {self.unit}, n = {self.n_quotes} quotes in "
            f"{self.n_articles} articles), {self.size:.2f} stances a set, {self.single:.0%} of "
            "them one"
        )


def learn(table: pd.DataFrame, probabilities: np.ndarray) -> dict[str, Any]:
    """Return a card's entries on uncertainty, learned from calibrated probabilities.

    The quotes are ones that the model did not learn from, in the table's order.
    """
    truth = list(table["stance"])
    return {
        "abstention": thresholds(probabilities, truth),
        "risk_curve": risk_curve(probabilities, truth),
        "sets": fit_sets(probabilities, truth, list(table["article"])),
        "speakers": fit_prior(
            probabilities, truth, list(zip(table["article"], table["speaker"], strict=True))
        ).to_dict(),
    }


def coverage(
    name: str,
    table: pd.DataFrame,
    probabilities: np.ndarray,
    sets: dict[str, Any],
    level: float,
    *,
    seed: int = 0,
) -> Coverage:
    """Measure the prediction sets of one level on labelled quotes that the bounds do not come from.

    Parameters
    ----------
    table, probabilities
        The quotes, and their calibrated probabilities in the same order, shape (n_quotes, 5).
    sets
        The bounds, as `stance.models.prediction_sets.fit_sets` returns them.
    level
        Probability with which a set should hold the label.
    """
    inside = members(probabilities, sets, level)
    labels = np.array([STANCES.index(stance) for stance in table["stance"]])
    held = inside[np.arange(len(labels)), labels]
    units, unit = units_of(list(table["article"]))
    low, high = mean_interval(held.astype(float), units, seed=seed)
    per_stance = {
        stance: float(held[labels == k].mean())
        for k, stance in enumerate(STANCES)
        if (labels == k).any()
    }
    sizes = inside.sum(axis=1)
    return Coverage(
        name,
        level,
        float(held.mean()),
        low,
        high,
        float(sizes.mean()),
        float((sizes == 1).mean()),
        per_stance,
        len(table),
        table["article"].nunique(),
        unit,
    )
