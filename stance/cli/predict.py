"""The verb predict. Nothing heavy is imported before it runs."""

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import stance
from stance.cli.articles import threshold_of
from stance.cli.options import AbstainAt, ModelName, Risk, say_aside, show_json
from stance.core.errors import DataError

if TYPE_CHECKING:
    from stance.core.types import Row
    from stance.prediction.model import Model
    from stance.prediction.rows import Columns, Options

    Rows = tuple[
        Iterable[Row], Callable[[int], None]
    ]  # the rows, and a function that is told how many are answered

ARTICLES = (".md", ".html", ".htm")
PARAGRAPH_CHARS = 300
HINT_CHARS = 20_000
FEWEST_BLANK, FEWEST_WRAPPED = 2, 6  # lines


def predict(
    source: Annotated[
        str,
        typer.Argument(
            metavar="[TEXT|FILE|-]",
            help="One quote; a .jsonl, .csv, .tsv, .parquet or .txt file (also .gz, .zst); - for "
            "standard input.",
        ),
    ],
    model: ModelName = None,
    cue: Annotated[
        str | None, typer.Option(help="With TEXT: the reporting verb, such as said.")
    ] = None,
    context: Annotated[str | None, typer.Option(help="With TEXT: the sentence before.")] = None,
    text_column: Annotated[str, typer.Option(help="The column that holds the quote.")] = "text",
    id_column: Annotated[
        str | None,
        typer.Option(help="The column that is returned as id; by default the number of the row."),
    ] = None,
    cue_column: Annotated[
        str | None, typer.Option(help="The column with the reporting verb.")
    ] = None,
    context_column: Annotated[
        str | None, typer.Option(help="The column with the sentence before.")
    ] = None,
    keep_columns: Annotated[
        bool,
        typer.Option(
            "--keep-columns",
            help="Also return all columns of the input, before the answer; in JSONL under input.",
        ),
    ] = False,
    format: Annotated[
        str | None,
        typer.Option(
            help="jsonl, csv, parquet or table; by default what --out ends with, else jsonl."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The file to write; it appears when it is complete. After an interruption the "
            "same command continues."
        ),
    ] = None,
    abstain_at: AbstainAt = 0.0,
    risk: Risk = None,
    sets: Annotated[
        float | None,
        typer.Option(
            min=0.5,
            max=0.99,
            help="Add the set of stances that contains the right one with this probability.",
        ),
    ] = None,
    attributed: Annotated[
        bool,
        typer.Option(
            "--attributed",
            help="Add the stances that the quote attributes to others: who, and which.",
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Add the words that speak for or against the predicted stance."
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 1 if a row could not be judged.")
    ] = False,
    progress: Annotated[
        bool | None, typer.Option(help="A progress bar on stderr; by default only in a terminal.")
    ] = None,
) -> None:
    """Predict the stance of one quote, or of every row of a file.

    There is one answer per row, in the same order.

    Example: stance predict "We are ready to sit down with them." --cue said
    """
    from stance.prediction.row_sources import is_rows
    from stance.prediction.rows import Columns

    _check_asked(source, format, out)
    loaded = stance.load(model)
    is_file = is_rows(source)
    if keep_columns and not is_file:
        raise typer.BadParameter(
            "one quote has no columns; give a file of rows", param_hint="--keep-columns"
        )
    _hint_at_read(source)
    from stance.prediction.rows import EXPLAINED, Options

    options = Options(
        threshold_of(loaded, abstain_at, risk),
        EXPLAINED if explain else 0,
        sets,
        attributed,
        keep_columns,
    )
    row = {"text": source, "cue": cue, "context": context}
    if not is_file and out is None and format in (None, "jsonl"):
        _predict_one(loaded, row, options, strict=strict)
        return
    columns = Columns(text_column, id_column, cue_column, context_column, keep=keep_columns)
    rows = (
        _opened(source, columns, progress) if is_file else contextlib.nullcontext(([row], _unseen))
    )
    _predict_rows(
        loaded, rows, options, format, out, source=source if is_file else "-", strict=strict
    )


def _check_asked(source: str, format: str | None, out: Path | None) -> None:
    """Refuse at once, before a model is loaded, what could not be read or written."""
    from stance.prediction.answer_files import FORMATS
    from stance.prediction.row_sources import WORKBOOKS, is_other_file

    if format not in (None, *FORMATS):
        raise typer.BadParameter(
            f"{format!r} is none of {', '.join(FORMATS)}", param_hint="--format"
        )
    if format == "parquet" and out is None and sys.stdout.isatty():
        raise typer.BadParameter(
            "Parquet is not for a terminal; give --out FILE", param_hint="--format"
        )
    if Path(source).suffix.lower() in ARTICLES and is_other_file(source):
        raise DataError(
            f"{source}: looks like an article; expected rows or one quote per line; stance read "
            f"{source} finds its quotes and their speakers"
        )
    if is_other_file(source):
        workbook = (
            "save the workbook as CSV (in Excel: CSV UTF-8)"
            if Path(source).suffix.lower() in WORKBOOKS
            else "save a workbook as CSV"
        )
        raise DataError(
            f"{source}: unknown kind of file; expected .jsonl, .csv, .tsv, .parquet or .txt (also "
            f".gz, .zst); {workbook}"
        )


@contextlib.contextmanager
def _opened(source: str, columns: "Columns", progress: bool | None) -> "Iterator[Rows]":
    """Open a file of rows, with a bar that shows how far the answers are."""
    from stance.cli.progress import watched_rows
    from stance.prediction.row_files import numbered, open_rows

    with (
        open_rows(source, columns) as (rows, position),
        watched_rows(position, wanted=progress) as seen,
    ):
        yield numbered(rows), seen


def _unseen(_: int) -> None:
    """Take the number of rows answered where no bar shows it."""


def _predict_rows(
    loaded: "Model",
    opened: "contextlib.AbstractContextManager[Rows]",
    options: "Options",
    format: str | None,
    out: Path | None,
    *,
    source: str,
    strict: bool,
) -> None:
    from stance.prediction.batch import predict_stream, predict_to_file

    with opened as (rows, seen):
        try:
            if out is None:
                summary = predict_stream(
                    loaded, rows, sys.stdout.buffer, format or "jsonl", options, seen=seen
                )
            else:
                summary = predict_to_file(
                    loaded, rows, out, format, options, source=source, seen=seen
                )
        except KeyboardInterrupt:
            say_aside(
                f"interrupted; every line is whole{', repeat the command to go on' if out else ''}"
            )
            raise typer.Exit(130) from None
    if summary.n_rows != 1 or summary.n_abstained or out:
        say_aside(str(summary))
    if strict and summary.reasons:
        raise typer.Exit(1)


def _hint_at_read(source: str) -> None:
    """Say where a text file looks like an article and not like one quote per line.

    Each paragraph would be judged as if one person had said it.
    """
    path = Path(source)
    if path.suffix.lower() != ".txt" or not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        text = file.read(HINT_CHARS)
    if looks_like_article(text):
        say_aside(
            f"{source}: every line is judged as one quote; if this is an article, stance read "
            f"{source} finds its quotes and their speakers"
        )


def looks_like_article(text: str) -> bool:
    """Tell an article from one quote per line.

    It has a long paragraph, or blank lines between paragraphs, or lines that end in the middle of
    a sentence.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    full = [line for line in lines if line]
    n_open = sum(line[-1].isalnum() or line[-1] == "," for line in full)
    return (
        max(map(len, full), default=0) > PARAGRAPH_CHARS
        or len(lines) - len(full) >= FEWEST_BLANK
        or (len(full) >= FEWEST_WRAPPED and n_open > len(full) / 2)
    )


def _predict_one(loaded: "Model", row: "Row", options: "Options", *, strict: bool) -> None:
    """Print the answer for one quote as one line.

    This is the commonest call from a shell, so it loads no tables and no progress bar.
    """
    (answer,) = loaded.answer_rows([row], options)
    show_json(answer)
    if answer["abstained"]:
        say_aside("1 row, 1 abstained")
        if strict and not answer["reason"].startswith("unsure"):
            raise typer.Exit(1)
