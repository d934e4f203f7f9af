"""Several quotes of one speaker into one stance, with its uncertainty.

Each speaker of an article leans in some way: five probabilities of the stances, drawn from a
Dirichlet distribution that all speakers have in common. Each quote's label is drawn from them. The
classifier saw the quote's words: its probabilities, divided by how frequent the labels are in
training, say how well the words go with each label (Bayes' rule). So quotes of one speaker inform
each other. A single unsure quote is held to what speakers usually say; many quotes speak for
themselves.

What is wanted depends only on how many quotes have each stance. Up to `MOST_EXACT` quotes, every
such count is weighed, which is exact. For more quotes, labels and leanings are drawn by turns
(Gibbs sampling), and the counts are those of the draws.

Sources: Dirichlet-multinomial with fitted parameters, Minka 2000, "Estimating a Dirichlet
distribution"; labels behind noisy readings, Dawid & Skene 1979, doi:10.2307/2346806; Gibbs
sampling, Gelfand & Smith 1990, doi:10.1080/01621459.1990.10476213. Pooling needs numpy only.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from stance.core.types import STANCE_VALUES, STANCES

INTERVAL = 0.9
MOST_EXACT = 12
CHAINS, BURNED, KEPT = 800, 10, 20
TRUSTS = (0.55, 0.7, 0.85, 1.0)
MOST_FITTED = 250
# Where the likeliest of the five stances leads the second by less than this, the speaker's stance
# is called unclear: the two are nearly as likely, and naming one as the speaker's would say more
# than is known.
UNCLEAR_MARGIN = 0.15
LARGEST = 1e4  # of what a card may bring; fitted numbers are below 150
_NEUTRAL = STANCES.index("neutral")


@dataclasses.dataclass(frozen=True, slots=True)
class Prior:
    """What is known before a speaker is heard, in the codebook's order of stances.

    Parameters
    ----------
    alpha
        The Dirichlet distribution of speakers' leanings: its sum says how alike the quotes of one
        speaker are (small: very).
    base
        How frequent each label is in training, which the classifier's probabilities hold already.
    trust
        Exponent of each quote's evidence; below 1 where the classifier errs alike on quotes of one
        speaker.
    """

    alpha: tuple[float, ...]
    base: tuple[float, ...]
    trust: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, as a card keeps it."""
        return {"alpha": list(self.alpha), "base": list(self.base), "trust": self.trust}

    @classmethod
    def of_card(cls, card: Mapping[str, Any]) -> "Prior":
        """Return the prior that a model's card brings, else `DEFAULT`.

        Raises
        ------
        ValueError
            If the card's entry is not what `to_dict` returns.
        """
        row = card.get("speakers")
        if row is None:
            return DEFAULT
        prior = cls(
            tuple(map(float, row["alpha"])), tuple(map(float, row["base"])), float(row["trust"])
        )
        numbers = (*prior.alpha, *prior.base, prior.trust)
        if {len(prior.alpha), len(prior.base)} != {len(STANCES)} or not all(
            0 < number <= LARGEST for number in numbers
        ):
            raise ValueError(
                f"speakers: expected a number above 0 for each of {', '.join(STANCES)} in alpha "
                "and base, and a trust above 0"
            )
        return prior


# Fitted on the training reports by stance train experiments/default.toml; for models whose card
# has none.
DEFAULT = Prior((0.799, 0.405, 0.638, 0.334, 1.678), (0.208, 0.101, 0.171, 0.091, 0.429), 1.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Pooled:
    """One speaker's quotes together.

    ``probabilities`` are those of the speaker's stance (see `majority`), shape (5,);
    ``score`` is the expected mean score of the quotes' labels, and with probability `INTERVAL`
    that mean lies from ``low`` to ``high``.
    """

    probabilities: np.ndarray
    score: float
    low: float
    high: float

    @property
    def unclear(self) -> bool:
        """True where two stances are nearly as likely (see `is_unclear`)."""
        return is_unclear(self.probabilities)


def is_unclear(probabilities: Sequence[float] | np.ndarray) -> bool:
    """Tell whether the likeliest stance leads the second by less than `UNCLEAR_MARGIN`."""
    second, likeliest = np.sort(np.asarray(probabilities))[-2:]
    return bool(likeliest - second < UNCLEAR_MARGIN)


def majority(counts: np.ndarray) -> np.ndarray:
    """Return the speaker's stance for labels, shape (n, 5) -> (n, 5).

    It is the commonest label other than neutral, or neutral where all are. Equally common labels
    share the place.
    """
    taken = np.where(np.arange(len(STANCES)) == _NEUTRAL, 0, counts)
    most = (taken == taken.max(axis=1, keepdims=True)) & (taken > 0)
    most[:, _NEUTRAL] = ~most.any(axis=1)
    return np.asarray(most / most.sum(axis=1, keepdims=True))


def count(labels: np.ndarray) -> np.ndarray:
    """Return how often each stance occurs in each row of labels (numbers from 0).

    The shape goes from (n, n_quotes) to (n, 5).
    """
    return np.stack([(labels == k).sum(axis=1) for k in range(len(STANCES))], axis=1)


def posterior(probabilities: np.ndarray, prior: Prior) -> tuple[np.ndarray, np.ndarray]:
    """Return what the labels of one speaker's quotes may add up to.

    Parameters
    ----------
    probabilities
        The classifier's calibrated probabilities, shape (n_quotes, 5), columns in the codebook's
        order.

    Returns
    -------
    counts, shape (n_counts, 5)
        How many of the quotes have each stance; rows sum to n_quotes.
    weights, shape (n_counts,)
        How probable each row is; they sum to 1.
    """
    if len(probabilities) > MOST_EXACT:
        labels = draw_labels(probabilities, prior)
        return count(labels), np.full(len(labels), 1 / len(labels))
    fits = _evidence(probabilities, prior)
    counts = _counts(len(fits))
    logs = np.log(_ways(fits)) + sum(
        _log_rising(alpha, len(fits))[counts[:, k]] for k, alpha in enumerate(prior.alpha)
    )
    weights = np.exp(logs - logs.max())
    return counts, weights / weights.sum()


def _evidence(probabilities: np.ndarray, prior: Prior) -> np.ndarray:
    """Return how well each quote's words fit each label, up to a factor for each quote.

    The shape is (n_quotes, 5), and no value is 0.
    """
    return np.asarray((probabilities / np.array(prior.base)) ** prior.trust + 1e-12)


@lru_cache(maxsize=MOST_EXACT + 1)
def _counts(n: int) -> np.ndarray:
    four = np.argwhere(np.indices((n + 1,) * 4).sum(axis=0) <= n)
    return np.column_stack([four, n - four.sum(axis=1)])


def _ways(fits: np.ndarray) -> np.ndarray:
    """Sum, for each row of `_counts`, the products of ``fits`` over all labels that add up to it.

    These are the coefficients of a product of linear forms.
    """
    n = len(fits)
    grid = np.zeros((n + 1,) * 4)
    grid[0, 0, 0, 0] = 1.0
    for done, row in enumerate(fits / fits.max(axis=1, keepdims=True)):
        before = grid[(slice(0, done + 1),) * 4].copy()
        grid[(slice(0, done + 1),) * 4] *= row[4]
        for axis in range(4):
            grid[
                tuple(slice(1, done + 2) if k == axis else slice(0, done + 1) for k in range(4))
            ] += row[axis] * before
    return np.asarray(grid[tuple(_counts(n)[:, :4].T)])


def _log_rising(alpha: float, n: int) -> np.ndarray:
    """Return the logarithm of alpha (alpha + 1) ... (alpha + c - 1) for c from 0 to n.

    It is the probability of c labels under a Dirichlet distribution, up to a factor.
    """
    return np.array([math.lgamma(alpha + c) - math.lgamma(alpha) for c in range(n + 1)])


def draw_labels(
    probabilities: np.ndarray, prior: Prior, *, chains: int = CHAINS, seed: int = 0
) -> np.ndarray:
    """Return labels of one speaker's quotes, drawn from the model.

    Their shape is (chains * KEPT, n_quotes); ``probabilities`` as for `posterior`.
    """
    rng = np.random.default_rng(seed)
    fits = _evidence(probabilities, prior)
    labels = _draw(np.broadcast_to(probabilities, (chains, *probabilities.shape)), rng)
    kept = []
    for sweep in range(BURNED + KEPT):
        lean = rng.standard_gamma(np.array(prior.alpha) + count(labels)) + 1e-300
        labels = _draw(fits * lean[:, None, :], rng)
        if sweep >= BURNED:
            kept.append(labels)
    return np.concatenate(kept)


def _draw(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    sums = np.cumsum(weights, axis=2)
    return np.asarray((sums > rng.random((*sums.shape[:2], 1)) * sums[:, :, -1:]).argmax(axis=2))


def pool(probabilities: np.ndarray, prior: Prior = DEFAULT) -> Pooled:
    """Gather one speaker's quotes, at least one; the same quotes always come to the same."""
    counts, weights = posterior(probabilities, prior)
    scores = counts @ STANCE_VALUES / len(probabilities)
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    low, high = scores[order[np.minimum(places, len(order) - 1)]]
    score = float(weights @ scores)
    # Where nearly all counts agree the expected score may lie beyond the bounds by a hair; an
    # interval that does not hold it puzzles readers.
    return Pooled(
        weights @ majority(counts), score, min(float(low), score), max(float(high), score)
    )


def fit_prior(probabilities: np.ndarray, truth: Sequence[str], speakers: Sequence[Any]) -> Prior:
    """Return the prior under which the labels of training speakers are likeliest.

    The trust is the one of `TRUSTS` that predicts their stances best.

    Parameters
    ----------
    probabilities
        Out-of-fold probabilities, shape (n_quotes, 5).
    truth, speakers
        Each quote's label and whose it is: a speaker of one article.
    """
    from scipy.optimize import minimize
    from scipy.special import gammaln

    labels = np.array([STANCES.index(stance) for stance in truth])
    groups: dict[Any, list[int]] = {}
    for place, speaker in enumerate(speakers):
        groups.setdefault(speaker, []).append(place)
    counts = np.stack(
        [np.bincount(labels[places], minlength=len(STANCES)) for places in groups.values()]
    )
    sizes = counts.sum(axis=1)

    def surprise(logs: np.ndarray) -> float:
        alpha = np.exp(logs)
        return float(
            -(
                gammaln(alpha.sum())
                - gammaln(alpha.sum() + sizes)
                + (gammaln(alpha + counts) - gammaln(alpha)).sum(axis=1)
            ).sum()
        )

    # Bounded: with one quote a speaker nothing tells how alike a speaker's quotes are.
    fit = minimize(
        surprise, np.zeros(len(STANCES)), method="L-BFGS-B", bounds=[(-5.0, 5.0)] * len(STANCES)
    )
    alpha = tuple(round(float(value), 4) for value in np.exp(fit.x))
    base = tuple(
        round(float(value), 4)
        for value in (np.bincount(labels, minlength=len(STANCES)) + 1)
        / (len(labels) + len(STANCES))
    )
    several = [np.array(places) for places in groups.values() if len(places) > 1]
    chosen = [several[k] for k in np.random.default_rng(0).permutation(len(several))[:MOST_FITTED]]

    def foretold(trust: float) -> float:
        prior = Prior(alpha, base, trust)
        pairs = (
            (
                pool(probabilities[places], prior).probabilities,
                majority(count(labels[None, places]))[0],
            )
            for places in chosen
        )
        return sum(float(np.log(max(given @ gold, 1e-3))) for given, gold in pairs)

    return Prior(alpha, base, max(TRUSTS, key=foretold) if chosen else 1.0)
