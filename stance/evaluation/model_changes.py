"""What another model would answer to yesterday's rows: no labels are needed, and nothing is scored.

It says how much changes and where. Which of two models is better, only labels tell
(`stance.experiments.comparison`).
"""

import dataclasses
import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError
from stance.core.types import STANCES, Prediction, Row
from stance.prediction.rows import BATCH

if TYPE_CHECKING:
    from stance.prediction.model import Model

ABSTAINED = "abstained"
N_EXAMPLES = 10
MOST_SPEAKERS = 20_000  # so many are followed; memory stays bounded


@dataclasses.dataclass(frozen=True)
class ChangedQuote:
    """A quote whose label changes; ``moved`` is how far its probabilities move (0 to 1)."""

    id: str | None
    speaker: str | None
    text: str
    before: str
    after: str
    moved: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return dataclasses.asdict(self)


@dataclasses.dataclass
class ModelChanges:
    """The answers of two models to the same rows, side by side.

    ``pairs`` counts (label of the first, label of the second). ``drift`` is the mean of the
    second's scores minus the first's over the rows that both answered. ``speakers`` are those
    whose mean score moves most, as (name, quotes, mean of the first, mean of the second).
    """

    n_rows: int
    pairs: Counter[tuple[str, str]]
    drift: float
    speakers: list[tuple[str, int, float, float]]
    examples: list[ChangedQuote]

    @property
    def same(self) -> float:
        """The share of rows to which both models give the same label."""
        return sum(n for (before, after), n in self.pairs.items() if before == after) / self.n_rows

    def table(self) -> list[list[int]]:
        """Return the counts, the first model's labels down and the second's across."""
        labels = (*STANCES, ABSTAINED)
        return [[self.pairs[before, after] for after in labels] for before in labels]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        names = ("speaker", "n_quotes", "before", "after")
        return {
            "n_rows": self.n_rows,
            "same": self.same,
            "drift": self.drift,
            "labels": [*STANCES, ABSTAINED],
            "changes": self.table(),
            "speakers": [dict(zip(names, row, strict=True)) for row in self.speakers],
            "examples": [quote.to_dict() for quote in self.examples],
        }


def compare_models(
    first: "Model", second: "Model", rows: Iterable[Row], n_examples: int = N_EXAMPLES
) -> ModelChanges:
    """Let two models answer the same rows, a batch at a time, and count what changes.

    Raises
    ------
    DataError
        If there is no row.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    examples: list[tuple[float, int, ChangedQuote]] = []
    n_rows = n_both = 0
    drift = 0.0
    for row, before, after in _answers(first, second, rows):
        n_rows += 1
        labels = (before.stance or ABSTAINED, after.stance or ABSTAINED)
        pairs[labels] += 1
        if before.abstained or after.abstained:
            continue
        n_both += 1
        drift += after.score - before.score
        name = row.get("speaker")
        if name and (name in sums or len(sums) < MOST_SPEAKERS):
            for place, value in enumerate((1.0, before.score, after.score)):
                sums[name][place] += value
        if labels[0] != labels[1]:
            moved = _distance(before.probabilities, after.probabilities)
            changed = ChangedQuote(before.id, name, row["text"], *labels, round(moved, 4))
            # The number of the row decides between equal ones: the earlier stays.
            heapq.heappush(examples, (moved, -n_rows, changed))
            if len(examples) > n_examples:
                heapq.heappop(examples)
    if not n_rows:
        raise DataError("compare: no row to answer; give a table with at least one quote")
    return ModelChanges(
        n_rows,
        pairs,
        drift / n_both if n_both else 0.0,
        _most_moved(sums, n_examples),
        [changed for _, _, changed in sorted(examples, reverse=True, key=lambda each: each[:2])],
    )


def _answers(
    first: "Model", second: "Model", rows: Iterable[Row]
) -> Iterator[tuple[Row, Prediction, Prediction]]:
    stream = iter(rows)
    while batch := list(itertools.islice(stream, BATCH)):
        yield from zip(batch, first.predict_many(batch), second.predict_many(batch), strict=True)


def _distance(before: Mapping[str, float], after: Mapping[str, float]) -> float:
    """Return the total variation distance of two distributions."""
    return sum(abs(before[name] - after[name]) for name in STANCES) / 2


def _most_moved(
    sums: Mapping[str, list[float]], n_speakers: int
) -> list[tuple[str, int, float, float]]:
    means = [
        (name, int(n), round(before / n, 4), round(after / n, 4))
        for name, (n, before, after) in sums.items()
    ]
    # A single quote moves far more easily than the mean of many.
    weight = {name: abs(after - before) * n**0.5 for name, n, before, after in means}
    return sorted(means, key=lambda row: (-weight[row[0]], row[0]))[:n_speakers]
