"""Measure whether the words that an explanation names carry the prediction.

They are deleted, and in comparison as many words drawn by chance; the loss of probability is
compared. The measure is *comprehensiveness* of DeYoung et al. 2020 (ERASER, arXiv:1911.03429), next
to a baseline of random words.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.types import STANCES
from stance.evaluation.bootstrap import mean_interval, units_of
from stance.prediction.explanations import parts_of, without
from stance.prediction.model import Model

NUMBERS = (1, 2, 3, 5)
DRAWS = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Faithfulness:
    """What deleting some words costs the predicted stance's probability, on average over quotes.

    ``top`` and ``chance`` are the mean losses without the explanation's strongest words and
    without as many drawn by chance; ``low`` and ``high`` bound their difference (95% bootstrap,
    paired, by ``unit``); ``flips`` are the shares of quotes whose stance changes.
    """

    n_words: int
    top: float
    chance: float
    low: float
    high: float
    flips: tuple[float, float]
    n_quotes: int
    n_articles: int
    unit: str

    def __str__(self) -> str:
        words = counted(self.n_words, "word")
        return (
            f"without the strongest {words} the stance loses {self.top:.3f} of its probability, "
            f"without {words} drawn by chance {self.chance:.3f}; difference "
            f"{self.top - self.chance:+.3f} ({self.low:+.3f} to {self.high:+.3f} by {self.unit}, "
            f"n = {self.n_quotes} quotes in {self.n_articles} articles); "
            f"another stance in {self.flips[0]:.0%} against {self.flips[1]:.0%}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, rounded."""
        row = dataclasses.asdict(self)
        return (
            row
            | {name: round(row[name], 4) for name in ("top", "chance", "low", "high")}
            | {"flips": [round(one, 4) for one in self.flips]}
        )


def deletions(model: Model, row: Mapping[str, Any], rng: np.random.Generator) -> np.ndarray | None:
    """Return how much probability one quote loses without its strongest words.

    The array has shape (numbers of words, 2 for top and chance, 2 for lost probability and changed
    stance). It is None where the quote is too short. The probability is that of the predicted
    stance; "by chance" is the mean of `DRAWS` draws.
    """
    parts = parts_of(row)
    stance = next(model.predict_many([row])).stance
    if len(parts) <= max(NUMBERS) or stance is None:
        return None
    # The words that speak for the stance, the strongest first; those against it last.
    order = sorted(model.explain(row, n=len(parts), stance=stance), key=lambda one: -one.weight)
    places = {part.span: part for part in parts}
    strongest = [places[one.span] for one in order]
    sets = [strongest[:n] for n in NUMBERS]
    sets += [
        [parts[k] for k in rng.choice(len(parts), n, replace=False)]
        for n in NUMBERS
        for _ in range(DRAWS)
    ]
    probabilities = model.probabilities([row, *(without(row, one) for one in sets)])
    at = STANCES.index(stance)
    lost = np.stack(
        [probabilities[0, at] - probabilities[1:, at], probabilities[1:].argmax(axis=1) != at],
        axis=1,
    )
    chance = lost[len(NUMBERS) :].reshape(len(NUMBERS), DRAWS, 2).mean(axis=1)
    return np.stack([lost[: len(NUMBERS)], chance], axis=1)


def measure(
    model: Model, rows: Sequence[Mapping[str, Any]], *, seed: int = 0
) -> list[Faithfulness]:
    """Measure the explanations of quotes, for each number of deleted words.

    Rows have ``text``, ``cue`` and ``article``.

    Raises
    ------
    DataError
        If no quote is long enough.
    """
    rng = np.random.default_rng(seed)
    told = [
        (str(row["article"]), lost)
        for row in rows
        if (lost := deletions(model, row, rng)) is not None
    ]
    found = sorted(told, key=lambda one: one[0])
    if not found:
        raise DataError(
            f"no quote of more than {max(NUMBERS)} words among {len(rows)}; give more quotes"
        )
    articles = [article for article, _ in found]
    units, unit = units_of(articles)
    lost = np.stack([one for _, one in found])
    out = []
    for k, n in enumerate(NUMBERS):
        gap = lost[:, k, 0, 0] - lost[:, k, 1, 0]
        low, high = mean_interval(gap, units, seed=seed)
        (top, flips), (chance, flips_by_chance) = lost[:, k].mean(axis=0)
        out.append(
            Faithfulness(
                n,
                float(top),
                float(chance),
                low,
                high,
                (float(flips), float(flips_by_chance)),
                len(found),
                len(set(articles)),
                unit,
            )
        )
    return out
