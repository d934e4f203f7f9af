"""Tables and bars for a terminal, as several verbs use them."""

import functools
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from stance.core.safe_text import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from stance.evaluation.scores import Score


# Beside the colour always stands the name: colours are for the eye that can tell them.
STYLES = {
    "support": "green",
    "conditional": "blue",
    "skeptical": "yellow",
    "oppose": "red",
    "neutral": "bright_black",
    None: "dim",
}
WIDTH = 21
# Where the output goes to a file or pipe, tables are so many characters wide.
READING_WIDTH, WIDE, NARROW = 140, 150, 120


def console(width: int) -> "Console":
    """Return a console as wide as the terminal, on which text is only shown, never obeyed.

    Where the output goes to a file or pipe, it has ``width`` columns.
    """
    return _showing()(width=None if sys.stdout.isatty() else width)


@functools.cache
def _showing() -> "type[Console]":
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Showing(Console):
        """Replaces control characters in what is shown; those of colours come from rich itself."""

        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                text = printable(segment.text)
                same = segment.control or text == segment.text
                yield segment if same else Segment(text, segment.style)

    return Showing


def to_table(
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    words: Collection[str] = (),
    title: str | None = None,
) -> "Table":
    """Return a table whose cells are shown as they are, never read as markup.

    Parameters
    ----------
    head
        The names of the columns.
    words
        Those of them that hold words and stand left; figures stand right.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=None if title is None else Text(title), title_justify="left")
    for name in head:
        table.add_column(Text(name), justify="left" if name in words else "right")
    for row in rows:
        table.add_row(*(Text("" if cell is None else " ".join(str(cell).split())) for cell in row))
    return table


def say(line: str, *, dim: bool = False) -> None:
    """Print one line as it is, however long."""
    from rich.text import Text

    text = Text(line, style="dim" if dim else "")
    _showing()(soft_wrap=True, highlight=False).print(text)


def bar(low: float, score: float, high: float, style: str, width: int = WIDTH) -> "Text":
    """Return a line of ``width`` characters from -1 (oppose) to +1 (support).

    ━ runs from ``low`` to ``high``, ● stands at the score, and a cross at 0.
    """
    from rich.text import Text

    places = [round((value + 1) / 2 * (width - 1)) for value in (low, score, high)]
    text = Text()
    for place in range(width):
        inside = places[0] <= place <= places[2]
        sign = (
            "●"
            if place == places[1]
            else ("╋" if inside else "┼")
            if place == width // 2
            else "━"
            if inside
            else "─"
        )
        text.append(sign, style=style if inside else "dim")
    return text


def interval_of(score: "Score") -> str:
    """Return a score and its interval, as a cell of a table."""
    return f"{score.value:.2f} ({score.low:.2f}-{score.high:.2f})"


def set_name(name: str) -> str:
    """Return what people call a set; its own name where it is none that is known."""
    from stance.labels.splits import set_words

    return set_words(name)[0]
