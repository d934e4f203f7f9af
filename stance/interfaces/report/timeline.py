"""A speaker's scores over time as coordinates, which the page's template draws as SVG.

Also how stances look: colours, shapes and pale badges.
"""

import dataclasses
import datetime
from collections.abc import Sequence

# The drawing in its own units; the page scales it to its width.
WIDTH, HEIGHT = 960, 140
NARROW = 370  # on a phone
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 8, 24
TICK_ROOM = 120  # for the name of a day
# A stance below this probability has a pale badge.
PALE_BELOW = 0.6
# On light and on dark paper. The light ones are those of labels/codebook.toml.
COLORS = {
    "support": ("#1a7f4b", "#4cc38a"),
    "conditional": ("#5b8fd6", "#8db4ee"),
    "skeptical": ("#c77d0a", "#f0a94a"),
    "oppose": ("#b3261e", "#ff8a80"),
    "neutral": ("#6b7280", "#a1a8b3"),
}
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
    width: int = WIDTH

    def x(self, day: datetime.date) -> float:
        """Return the distance of a day from the left."""
        n_days = (self.last - self.first).days
        margin = max(0.03 * n_days, 1)
        part = ((day - self.first).days + margin) / (n_days + 2 * margin)
        return round(LEFT + part * (self.width - LEFT - RIGHT), 1)

    @staticmethod
    def y(score: float) -> float:
        """Return the distance of a score (-1 to +1) from the top."""
        part = (1.1 - score) / 2.2
        return round(TOP + part * (HEIGHT - TOP - BOTTOM), 1)

    def ticks(self) -> list[tuple[float, str]]:
        """Return position and name of the days on the axis, evenly spread."""
        n_days = (self.last - self.first).days
        n_steps = min(self.width // TICK_ROOM - 2, n_days)
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

    width: int
    marks: list[tuple[float, float, float, float, Point]]
    ticks: list[tuple[float, str]]


def chart_of(
    points: Sequence[Point], between: tuple[datetime.date, datetime.date], width: int = WIDTH
) -> Chart:
    """Return one row of a timeline; all rows of a page share the days ``between``."""
    scale = Scale(*between, width)
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
    return Chart(width, marks, scale.ticks())


def is_pale(probability: float) -> bool:
    """Tell whether a stance of this probability is shown pale."""
    return probability < PALE_BELOW
