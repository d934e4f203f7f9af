"""The bootstrap: what is drawn with replacement, and the bounds of the scores of the draws.

It is the percentile bootstrap of Efron and Tibshirani 1993. Quotes of one article are alike, so
whole articles are drawn. Needs numpy only.
"""

from collections.abc import Hashable, Sequence

import numpy as np

N_RESAMPLES = 2000
# Below this number of articles drawing articles says nothing (two of them can be drawn in three
# ways): single rows are drawn instead.
FEWEST_ARTICLES = 10


def drawn_unit(n_articles: int, single: str = "quote") -> str:
    """Return what is drawn: whole articles, or below `FEWEST_ARTICLES` of them ``single`` rows."""
    return "article" if n_articles >= FEWEST_ARTICLES else single


def units_of(articles: Sequence[Hashable], single: str = "quote") -> tuple[np.ndarray, str]:
    """Return each row's unit, shape (n_rows,), and what a unit is (see `drawn_unit`).

    Units are numbered from 0 in the order in which they come.
    """
    numbers = {name: k for k, name in enumerate(dict.fromkeys(articles))}
    unit = drawn_unit(len(numbers), single)
    return np.array([numbers[name] for name in articles]) if unit == "article" else np.arange(
        len(articles)
    ), unit


def resample(n_units: int, rng: np.random.Generator, n: int = N_RESAMPLES) -> np.ndarray:
    """Return how often each unit is drawn in each sample, shape (n, n_units)."""
    return np.asarray(rng.multinomial(n_units, np.full(n_units, 1 / n_units), size=n))


def draw_sums(units: np.ndarray, *, seed: int = 0, n: int = N_RESAMPLES) -> np.ndarray:
    """Return what the units drawn in each sample add up to, shape (n_units, …) -> (n, …).

    One seed draws the same units of any two arrays alike.
    """
    drawn = resample(len(units), np.random.default_rng(seed), n)
    return np.asarray((drawn @ units.reshape(len(units), -1)).reshape(n, *units.shape[1:]))


def bounds(scores: np.ndarray, share: float = 0.95) -> tuple[float, float]:
    """Return the bounds that hold the middle ``share`` of the scores, shape (n,)."""
    low, high = np.quantile(scores, [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def ratio_interval(
    above: np.ndarray, below: np.ndarray, units: np.ndarray, *, seed: int = 0
) -> tuple[float, float]:
    """Return the 95% interval of sum(above) / sum(below), whole units drawn.

    Parameters
    ----------
    above, below
        One number a row, shape (n_rows,); a sum below 1 counts as 1.
    units
        Each row's unit, as `units_of` numbers them.
    """
    sums = draw_sums(
        np.stack([np.bincount(units, above), np.bincount(units, below)], axis=1), seed=seed
    )
    return bounds(sums[:, 0] / np.maximum(sums[:, 1], 1))


def mean_interval(values: np.ndarray, units: np.ndarray, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95% interval of the mean of values, shape (n_rows,), whole units drawn."""
    return ratio_interval(values, np.ones(len(values)), units, seed=seed)
