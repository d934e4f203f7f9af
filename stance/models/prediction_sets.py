"""Prediction sets: the stances that a quote may well have.

The right stance is among them with the probability that was asked for.

This is class-conditional conformal prediction (Vovk et al. 2005): each stance has its own bound, so
that a rare stance is covered as well as a common one. The bounds come from quotes that the model
did not learn from. Quotes of one report are alike, so the reports, not the quotes, are
exchangeable. Each report therefore has the same weight whatever its number of quotes, and the
weight of one report is reserved for the new one (hierarchical conformal prediction: Dunn, Wasserman
& Ramdas 2022, doi:10.1080/01621459.2022.2060112; Lee, Barber & Willett 2023, arXiv:2306.06342).
That holds for a quote of a report drawn at random. So that it also holds over all quotes, the
bounds are computed a second time with every quote weighing alike, and the wider of both sets is
used. Using the bounds needs numpy only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.types import STANCES

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99)
LOWEST, HIGHEST = LEVELS[0], LEVELS[-1]


def fit_sets(
    probabilities: np.ndarray, truth: Sequence[str], articles: Sequence[str]
) -> dict[str, Any]:
    """Return the bounds of prediction sets, as a model's card keeps them.

    Parameters
    ----------
    probabilities
        Calibrated out-of-fold probabilities, shape (n_quotes, 5), columns in the codebook's order.
    truth, articles
        Each quote's label and its report.

    Returns
    -------
    dict
        ``least``: per stance, the probability from which it belongs to the set, one number for
        each of ``levels``; 0 where there were too few reports to promise anything: then it always
        belongs.
    """
    labels, groups = np.array(truth), np.array(articles)
    least = {}
    for column, stance in enumerate(STANCES):
        chosen = labels == stance
        bounds = [widest(probabilities[chosen, column], groups[chosen], level) for level in LEVELS]
        # Rounded down: a set may be too large by a hair, never too small.
        least[stance] = [float(np.floor(one * 1e6) / 1e6) for one in bounds]
    return {
        "levels": list(LEVELS),
        "least": least,
        "n_quotes": len(labels),
        "n_reports": len(set(articles)),
    }


def widest(given: np.ndarray, groups: np.ndarray, level: float) -> float:
    """Return the smaller of two bounds: with equal weight per report, and per quote."""
    return min(bound(given, groups, level), bound(given, np.arange(len(given)), level))


def bound(given: np.ndarray, groups: np.ndarray, level: float) -> float:
    """Return the largest probability that the true stance of a new report reaches.

    It reaches it with probability ``level``, judging by the probabilities of the true stances so
    far. Every group weighs ``1 / (n_groups + 1)``; the missing weight is the new group's own.
    """
    names, members, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    weights = 1 / sizes[members] / (len(names) + 1)
    order = np.argsort(-given, kind="stable")
    reached = np.flatnonzero(np.cumsum(weights[order]) >= level - 1e-9)
    return float(given[order[reached[0]]]) if len(reached) else 0.0


def members(probabilities: np.ndarray, sets: Mapping[str, Any], level: float) -> np.ndarray:
    """Return which stances belong to each row's set, shape (n_rows, 5); the likeliest always does.

    Between the levels that the card keeps, the next higher one holds.
    """
    at = next(k for k, kept in enumerate(sets["levels"]) if kept >= level - 1e-9)
    least = np.array([sets["least"][stance][at] for stance in STANCES])
    inside = probabilities >= least
    inside[np.arange(len(probabilities)), probabilities.argmax(axis=1)] = True
    return np.asarray(inside)


def names(inside: Sequence[bool]) -> tuple[str, ...]:
    """Return the stances of one row of `members`."""
    return tuple(stance for stance, belongs in zip(STANCES, inside, strict=True) if belongs)


def check_bounds(card: Mapping[str, Any]) -> None:
    """Check the bounds that a card brings, where it brings any.

    Raises
    ------
    ValueError
        If they are not what `fit_sets` returns.
    """
    sets = card.get("sets")
    if sets is None:
        return
    levels = sets["levels"]
    if (
        levels != sorted(levels)
        or not levels
        or max(levels) < HIGHEST
        or any(len(sets["least"][stance]) != len(levels) for stance in STANCES)
        or not all(0 <= bound <= 1 for stance in STANCES for bound in sets["least"][stance])
    ):
        raise ValueError(f"sets: expected a bound for each of {list(LEVELS)} and each stance")
