"""Progress bars on stderr while articles or rows are read, and messages beside them.

Where stderr is not a terminal, only the messages are printed.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stance.core.safe_text import printable

if TYPE_CHECKING:
    from rich.progress import Progress


class Watch:
    """Shows how many articles of a stream are done, and prints messages."""

    def __init__(self, bar: "Progress | None" = None) -> None:
        self._bar = bar

    def done(self, n_articles: int, n_quotes: int) -> None:
        """Tell how far the stream has come."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=n_articles, quotes=n_quotes)

    def say(self, line: str) -> None:
        """Print one line on stderr, above the bar where there is one."""
        line = printable(line)
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            sys.stderr.write(line + "\n")


@contextlib.contextmanager
def watched(n_articles: int | None, *, wanted: bool | None = None) -> Iterator[Watch]:
    """Show a bar on stderr while the block runs.

    Parameters
    ----------
    n_articles
        None where nobody can know it beforehand.
    wanted
        None: only where stderr is a terminal.
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield Watch()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[quotes]} quotes"),
        TimeElapsedColumn(),
    )
    # Output that goes to the same screen is printed above the bar; output to a file or pipe must
    # not pass through it.
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
        redirect_stderr=False,
    ) as bar:
        bar.add_task("articles", total=n_articles, quotes=0)
        yield Watch(bar)


@contextlib.contextmanager
def watched_rows(position: Any, *, wanted: bool | None) -> Iterator[Callable[[int], None]]:
    """Show on stderr how far the reading of a file of rows is while the block runs.

    What is yielded takes the number of rows answered.

    Parameters
    ----------
    position
        Has ``size`` and ``read_bytes``, as `stance.prediction.row_files.Position`.
    wanted
        None: only where stderr is a terminal.
    """
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    parts = (
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *parts, console=Console(stderr=True), transient=True, refresh_per_second=4
    ) as bar:
        task = bar.add_task("", total=position.size, rows=0)
        yield lambda n_rows: bar.update(task, completed=position.read_bytes, rows=n_rows)
