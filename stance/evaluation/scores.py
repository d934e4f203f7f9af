"""Scores with their n and their interval, from confusion tables kept per article."""

import dataclasses
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from stance.core.types import COARSE, STANCES
from stance.evaluation.bootstrap import bounds, draw_sums, drawn_unit

Scorer = Callable[[np.ndarray], np.ndarray]
COARSE_NAMES = ("favor", "against", "none")
_TO_COARSE = np.array([COARSE_NAMES.index(COARSE[stance]) for stance in STANCES])


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """A score with its bootstrap interval (95%) and the numbers it rests on.

    ``unit`` is what was drawn with replacement: article or quote.
    """

    value: float
    low: float
    high: float
    n_quotes: int
    n_articles: int
    unit: str

    def __str__(self) -> str:
        return (
            f"{self.value:.2f} ({self.low:.2f}-{self.high:.2f} by {self.unit}, n = "
            f"{self.n_quotes} quotes in {self.n_articles} articles)"
        )


def likeliest(probabilities: np.ndarray, labels: Sequence[str] = STANCES) -> list[str]:
    """Return the likeliest label of each row of probabilities.

    The probabilities have shape (n_rows, n_labels), with columns in the order of ``labels``.
    """
    return [labels[k] for k in probabilities.argmax(axis=1)]


def confusion_by_article(
    truth: Sequence[str],
    predicted: Sequence[str],
    articles: Sequence[Hashable],
    labels: Sequence[str] = STANCES,
) -> np.ndarray:
    """Return one confusion table for each article, shape (n_articles, n_labels, n_labels).

    Rows are the truth and columns the predictions, in the order of ``labels``.
    """
    names = {name: k for k, name in enumerate(dict.fromkeys(articles))}
    tables = np.zeros((len(names), len(labels), len(labels)), dtype=np.int64)
    rows = [labels.index(label) for label in truth]
    columns = [labels.index(label) for label in predicted]
    np.add.at(tables, ([names[article] for article in articles], rows, columns), 1)
    return tables


def to_coarse(tables: np.ndarray) -> np.ndarray:
    """Return confusion tables of the three coarse labels from those of the five."""
    onto = np.eye(len(COARSE_NAMES), dtype=np.int64)[_TO_COARSE]
    return np.asarray(np.einsum("...ij,ik,jl->...kl", tables, onto, onto))


def macro_f1(tables: np.ndarray) -> np.ndarray:
    """Return the macro-F1 of confusion tables, shape (..., k, k) -> (...).

    A label that is neither true nor predicted anywhere is left out of the mean, as in
    scikit-learn.
    """
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    total = tables.sum(axis=-1) + tables.sum(axis=-2)
    used = total > 0
    f1 = np.where(used, 2 * hits / np.maximum(total, 1), 0.0)
    return np.asarray(f1.sum(axis=-1) / np.maximum(used.sum(axis=-1), 1))


def class_f1(tables: np.ndarray) -> np.ndarray:
    """Return the F1 of each class of confusion tables, shape (..., k, k) -> (..., k).

    Rows are the truth and columns the answers. It is 0 for a class that occurs in neither.
    """
    hits = np.diagonal(tables, axis1=-2, axis2=-1)
    return np.asarray(2 * hits / np.maximum(tables.sum(axis=-1) + tables.sum(axis=-2), 1))


def score(tables: np.ndarray, *, seed: int = 0) -> Score:
    """Return the macro-F1 of confusion tables kept per article, with its bootstrap interval.

    Articles are drawn, or quotes where articles are few.

    Tables of shape (n_articles, n_draws, k, k), of a cross-validation that was drawn several
    times, score as the mean over the draws.
    """
    draws = tables if tables.ndim == 4 else tables[:, None]
    first, unit = drawn_tables(draws[:, 0])
    units = draws if unit == "article" else first[:, None]
    low, high = bounds(macro_f1(draw_sums(units, seed=seed)).mean(axis=-1))
    value = float(macro_f1(draws.sum(axis=0)).mean())
    return Score(value, low, high, int(draws[:, 0].sum()), len(draws), unit)


def by_quote(tables: np.ndarray) -> np.ndarray:
    """Return one confusion table a quote, shape (n_quotes, k, k), from tables of any grouping."""
    k = tables.shape[-1]
    cells = np.repeat(np.arange(k * k), tables.sum(axis=0).ravel())
    return np.asarray(np.eye(k * k, dtype=np.int64)[cells].reshape(-1, k, k))


def drawn_tables(tables: np.ndarray) -> tuple[np.ndarray, str]:
    """Return the confusion tables that a bootstrap draws from those of articles, and its unit.

    See `stance.evaluation.bootstrap.drawn_unit`.
    """
    unit = drawn_unit(len(tables))
    return (tables if unit == "article" else by_quote(tables)), unit


def paired_tables(
    truth: Sequence[str], answers: Sequence[Sequence[str]], articles: Sequence[str]
) -> tuple[list[np.ndarray], str]:
    """Return each system's confusion tables of the same units in the same order, and the unit.

    `compare` takes them.

    Parameters
    ----------
    truth
        The labels.
    answers
        Per system its answers to the same quotes.
    articles
        Each quote's article.
    """
    unit = drawn_unit(len(set(articles)))
    groups: Sequence[Hashable] = articles if unit == "article" else range(len(truth))
    return [confusion_by_article(truth, one, groups) for one in answers], unit


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """How much better the second of two systems is.

    It is a difference in macro-F1 (or another score) with its 95% interval and two-sided p-value,
    paired by ``unit``.
    """

    value: float
    low: float
    high: float
    p: float
    n_quotes: int
    unit: str

    def __str__(self) -> str:
        p = f"p = {self.p:.3f}" if self.p >= 0.001 else "p < 0.001"
        return (
            f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f}, {p}, n = {self.n_quotes} "
            f"quotes, paired by {self.unit})"
        )


def compare(
    first: np.ndarray,
    second: np.ndarray,
    *,
    unit: str = "article",
    seed: int = 0,
    scorer: Scorer = macro_f1,
) -> Difference:
    """Return the paired difference of two systems, second minus first.

    It is a difference in macro-F1, or in another score of confusion tables.

    Parameters
    ----------
    first, second
        Confusion tables of the same articles (or quotes, as ``unit`` says) in the same order,
        shape (n_units, k, k).

    Notes
    -----
    The p-value is the share of bootstrap differences on the other side of zero, doubled
    (percentile bootstrap).
    """
    if first.shape != second.shape:
        raise ValueError(
            f"tables of the same {unit}s expected, got shapes {first.shape} and {second.shape}"
        )
    spread = scorer(draw_sums(second, seed=seed)) - scorer(draw_sums(first, seed=seed))
    low, high = bounds(spread)
    value = float(scorer(second.sum(axis=0)) - scorer(first.sum(axis=0)))
    p = min(1.0, 2 * (1 + min((spread <= 0).sum(), (spread >= 0).sum())) / (len(spread) + 1))
    return Difference(value, low, high, float(p), int(first.sum()), unit)


def calibration_error(probabilities: np.ndarray, right: np.ndarray, n_bins: int = 10) -> float:
    """Return the expected calibration error.

    It is the mean gap between confidence and accuracy over bins of equal width, weighted by their
    share of the quotes.

    Source: Naeini et al. 2015, doi:10.1609/aaai.v29i1.9602.
    """
    bins = confidence_bins(probabilities.max(axis=1), right, n_bins)
    return float(sum(abs(sure - hit) * n / len(right) for sure, hit, n in bins))


def confidence_bins(
    confidence: np.ndarray, right: np.ndarray, n_bins: int = 10
) -> list[tuple[float, float, int]]:
    """Return (mean confidence, share right, n) of each bin of equal width that has a quote."""
    at = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    return [
        (float(confidence[at == k].mean()), float(right[at == k].mean()), int((at == k).sum()))
        for k in np.unique(at)
    ]


def surest_half(confidence: np.ndarray, right: np.ndarray) -> float:
    """Return the accuracy on the half of the rows (rounded up) with the highest confidence."""
    order = np.argsort(-confidence, kind="stable")[: (len(confidence) + 1) // 2]
    return float(right[order].mean())


@dataclasses.dataclass(frozen=True, slots=True)
class SetScores:
    """The scores of one model on one set.

    ``five`` and ``coarse`` are the macro-F1 over the five labels and over the coarse three,
    ``majority`` is the macro-F1 of always answering the commonest label. ``accuracy``,
    ``calibration_error`` (0: perfect) and ``surest_half`` (accuracy on the half with the highest
    confidence) are between 0 and 1. ``recall`` has the labels that occur in the set. ``tables`` are
    the confusion tables by article, shape (n_articles, 5, 5).
    """

    name: str
    five: Score
    coarse: Score
    majority: float
    accuracy: float
    calibration_error: float
    surest_half: float
    recall: dict[str, float]
    tables: np.ndarray

    def metrics(self) -> dict[str, float]:
        """Return the figures under short names, as a run logs them."""
        short = {
            "f1": self.five.value,
            "f1_low": self.five.low,
            "f1_high": self.five.high,
            "coarse": self.coarse.value,
        }
        short |= {
            "coarse_low": self.coarse.low,
            "coarse_high": self.coarse.high,
            "half": self.surest_half,
            "articles": float(self.five.n_articles),
        }
        short |= {
            "acc": self.accuracy,
            "ece": self.calibration_error,
            "base": self.majority,
            "n": float(self.five.n_quotes),
        }
        short |= {f"rec_{stance[:4]}": value for stance, value in self.recall.items()}
        return {f"{self.name}_{key}": round(float(value), 4) for key, value in short.items()}


def score_set(
    name: str,
    truth: Sequence[str],
    probabilities: np.ndarray,
    articles: Sequence[str],
    majority: str,
    *,
    seed: int = 0,
) -> SetScores:
    """Score probabilities against the truth, shape (n_quotes, 5) in the codebook's order.

    ``majority`` is the label that the majority baseline answers (the commonest in training).

    Parameters
    ----------
    name
        The set's name, as in `SETS`; metrics begin with it.
    truth, articles
        Each quote's label and article.
    seed
        Of the bootstrap.
    """
    predicted = likeliest(probabilities)
    tables = confusion_by_article(truth, predicted, articles)
    whole = tables.sum(axis=0)
    right = np.array([a == b for a, b in zip(truth, predicted, strict=True)])
    baseline = confusion_by_article(truth, [majority] * len(truth), articles).sum(axis=0)
    recall = {
        stance: float(whole[k, k] / whole[k].sum())
        for k, stance in enumerate(STANCES)
        if whole[k].sum()
    }
    return SetScores(
        name,
        score(tables, seed=seed),
        score(to_coarse(tables), seed=seed),
        float(macro_f1(baseline)),
        float(right.mean()),
        calibration_error(probabilities, right),
        surest_half(probabilities.max(axis=1), right),
        recall,
        tables,
    )


def repeated(first: SetScores, tables: Sequence[np.ndarray], *, seed: int = 0) -> SetScores:
    """Return the report of a cross-validation that was drawn several times.

    The scores are means over the draws; everything else is that of the first draw.

    Parameters
    ----------
    first
        The report of the first draw.
    tables
        Confusion tables per article of every draw, in the same order of articles.
    """
    draws = np.stack(tables, axis=1)
    return dataclasses.replace(
        first, five=score(draws, seed=seed), coarse=score(to_coarse(draws), seed=seed)
    )
