"""A speaker's scores over time as coordinates; the page's template draws them as SVG."""

import dataclasses
import datetime
from collections.abc import Sequence

# The drawing in its own units; the page scales it to its width.
WIDTH, HEIGHT = 960, 140
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 8, 24
MOST_TICKS = 7
# Outlines of marks around their own centre, about 10 units wide. A stance has a shape as well as a
# colour, for readers who cannot tell the colours apart.
SHAPES = {
    "support": "M0-6 5.5 4.5H-5.5Z",
    "conditional": "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z",
    "neutral": "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z",
    "skeptical": "M-5.5-3-3-5.5 0-2.5 3-5.5 5.5-3 2.5 0 5.5 3 3 5.5 0 2.5-3 5.5-5.5 3-2.5 0Z",
    "oppose": "M0 6 5.5-4.5H-5.5Z",
    "unclear": "M0-6 6 0 0 6-6 0ZM0-3-3 0 0 3 3 0Z",
    "abstained": "M-5-1H5V1H-5Z",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    """One article's mean score with its bounds, its link and its caption.

    ``mark`` is a key of `SHAPES`.
    """

    day: datetime.date
    score: float
    low: float
    high: float
    mark: str
    link: str
    label: str


@dataclasses.dataclass(frozen=True, slots=True)
class Scale:
    """Where the days from ``first`` to ``last``, and the scores, are in the drawing."""

    first: datetime.date
    last: datetime.date

    def x(self, day: datetime.date) -> float:
        """Return the distance of a day from the left."""
        n_days = (self.last - self.first).days
        margin = max(0.03 * n_days, 1)
        part = ((day - self.first).days + margin) / (n_days + 2 * margin)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)

    @staticmethod
    def y(score: float) -> float:
        """Return the distance of a score (-1 to +1) from the top."""
        part = (1.1 - score) / 2.2
        return round(TOP + part * (HEIGHT - TOP - BOTTOM), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return position and name of the days on the axis, evenly spread."""
        n_days = (self.last - self.first).days
        n_steps = min(MOST_TICKS - 1, n_days)
        days = [
            self.first + datetime.timedelta(days=round(step * n_days / max(n_steps, 1)))
            for step in range(n_steps + 1)
        ]
        several_years = self.first.year != self.last.year
        return [
            (self.x(day), f"{day.day} {day:%b %Y}" if several_years else f"{day.day} {day:%b}")
            for day in days
        ]


@dataclasses.dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws: ``marks`` are (x, y of the score, of low, of high, point)."""

    marks: list[tuple[float, float, float, float, Point]]
    ticks: list[tuple[float, str]]


def chart_of(points: Sequence[Point], between: tuple[datetime.date, datetime.date]) -> Chart:
    """Return one row of a timeline; all rows of a page share the days ``between``."""
    scale = Scale(*between)
    marks = [
        (
            scale.x(point.day),
            scale.y(point.score),
            scale.y(point.low),
            scale.y(point.high),
            point,
        )
        for point in points
    ]
    return Chart(marks, scale.ticks())
