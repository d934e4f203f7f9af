"""Speakers over time: what each speaker's quotes of a day, week, month or year say together."""

import dataclasses
import datetime
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.types import STANCES
from stance.extraction.text.dates import day_of
from stance.models.speaker_pooling import DEFAULT, Prior, pool
from stance.prediction.quote_rows import counts
from stance.prediction.quote_table import probabilities_of

PERIODS = ("day", "week", "month", "year")
COLUMNS = {
    "speaker_id": "text",
    "speaker": "text",
    "period": "day",
    "n_quotes": "whole",
    "n_articles": "whole",
    "stance": "text",
    "unclear": "yes/no",
    "score": "number",
    "low": "number",
    "high": "number",
    **{f"p_{stance}": "number" for stance in STANCES},
}


def period_of(day: datetime.date, by: str) -> datetime.date:
    """Return the first day of the period that a day lies in; weeks begin on Monday."""
    if by == "week":
        return day - datetime.timedelta(days=day.weekday())
    if by == "day":
        return day
    return day.replace(day=1) if by == "month" else day.replace(month=1, day=1)


@dataclasses.dataclass
class TrendCounts:
    """What was counted, and what was left out and why."""

    n_quotes: int = 0
    n_uncounted: int = 0
    n_unnamed: int = 0
    n_abstained: int = 0
    n_undated: int = 0

    def __str__(self) -> str:
        left_out = (
            (self.n_uncounted, "of wire copies, headlines and captions"),
            (self.n_unnamed, "of unnamed speakers"),
            (self.n_abstained, "without a stance"),
            (self.n_undated, "without a date that is understood"),
        )
        told = ", ".join(f"{n} {words}" for n, words in left_out if n)
        return counted(self.n_quotes, "quote") + (f"; left out: {told}" if told else "")


@dataclasses.dataclass
class _Group:
    probabilities: "array[float]" = dataclasses.field(default_factory=lambda: array("d"))
    articles: set[str] = dataclasses.field(default_factory=set)


class Trends:
    """Gathers rows of quotes and gives the table of speakers over time.

    Parameters
    ----------
    rows
        As `stance.prediction.quote_rows.read_quote_rows` yields them; read once.
    by
        One of `PERIODS`.
    speakers
        Names or ids of speakers; by default all that have a ``speaker_id``.
    """

    def __init__(
        self, rows: Iterable[Mapping[str, Any]], by: str = "week", speakers: Sequence[str] = ()
    ) -> None:
        self.counts = TrendCounts()
        self.models: Counter[tuple[str, str]] = Counter()
        self._names: dict[str, Counter[str]] = defaultdict(Counter)
        self._groups: dict[tuple[str, datetime.date], _Group] = defaultdict(_Group)
        self._wanted = {name.casefold() for name in speakers}
        for row in rows:
            self._add(row, by)

    def _add(self, row: Mapping[str, Any], by: str) -> None:
        speaker_id, name = row.get("speaker_id"), row.get("speaker")
        if not counts(row):
            self.counts.n_uncounted += 1
            return
        if not speaker_id or not name:
            self.counts.n_unnamed += 1
            return
        if self._wanted and not {speaker_id.casefold(), name.casefold()} & self._wanted:
            return
        day = day_of(row.get("published"))
        if row["abstained"] or day is None:
            self.counts.n_abstained += row["abstained"]
            self.counts.n_undated += not row["abstained"]
            return
        self.counts.n_quotes += 1
        self.models[str(row.get("model")), str(row.get("version"))] += 1
        self._names[speaker_id][name] += 1
        group = self._groups[speaker_id, period_of(day, by)]
        group.probabilities.extend(probabilities_of(row))
        group.articles.add(row["article"])

    def speakers(self) -> list[str]:
        """Return the ids of all speakers, those with most quotes first."""
        return sorted(self._names, key=lambda key: (-self._names[key].total(), key))

    def table(self, prior: Prior = DEFAULT) -> list[dict[str, Any]]:
        """Return one row for each speaker and period with a quote, the most quoted speaker first.

        ``prior`` is the one of the model's card (`stance.models.speaker_pooling`).
        """
        rank = {speaker: number for number, speaker in enumerate(self.speakers())}
        keys = sorted(self._groups, key=lambda key: (rank[key[0]], key[1]))
        return [self._row(key, prior) for key in keys]

    def _row(self, key: tuple[str, datetime.date], prior: Prior) -> dict[str, Any]:
        speaker_id, period = key
        group, names = self._groups[key], self._names[speaker_id]
        probabilities = np.array(group.probabilities).reshape(-1, len(STANCES))
        pooled = pool(probabilities, prior)
        row = {
            "speaker_id": speaker_id,
            "speaker": max(names, key=lambda name: (names[name], len(name))),
            "period": period,
            "n_quotes": len(probabilities),
            "n_articles": len(group.articles),
            "stance": STANCES[int(pooled.probabilities.argmax())],
            "unclear": pooled.unclear,
            "score": round(pooled.score, 4),
            "low": round(pooled.low, 4),
            "high": round(pooled.high, 4),
        }
        values = pooled.probabilities.tolist()
        return row | {
            f"p_{name}": round(value, 4) for name, value in zip(STANCES, values, strict=True)
        }


def check_period(by: str) -> None:
    """Refuse an unknown period.

    Raises
    ------
    DataError
        With the known ones.
    """
    if by not in PERIODS:
        raise DataError(f"--by {by}: unknown period; expected one of {', '.join(PERIODS)}")
