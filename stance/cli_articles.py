"""Verbs that take articles and quotes: extract, predict, read, report. Nothing heavy is imported before a verb runs."""

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import stance
from stance.console import AbstainAt, AsJson, ModelName, Risk, Sources, say_aside, show_json
from stance.errors import DataError
from stance.home import home
from stance.records import counted

if TYPE_CHECKING:
    from stance.predict import Model, Options, Row
    from stance.readings import Reading
    from stance.records import Article
    from stance.tables import Columns

    Rows = tuple[Iterable[Row], Callable[[int], None]]  # rows, and what is told how many of them are answered

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
NO_ROWS = (*WORKBOOKS, ".json", ".md", ".html", ".htm", ".pdf", ".docx", ".doc", ".odt", ".rtf", ".zip", ".sav", ".dta", ".rds", ".feather", ".arrow")
PARAGRAPH_CHARS = 300
HINT_CHARS = 20_000


def extract(
    sources: Annotated[
        list[str], typer.Argument(metavar="[ARTICLE…|FOLDER|-]", help="Articles, or folders of them: .txt, .md, .html, .jsonl; - for standard input.")
    ],
) -> None:
    """Take every attributed quote of the articles, with its speaker: JSONL, one quote a line.

    Example: stance extract seeds/*.txt > quotes.jsonl
    """
    from stance.articles import count_articles, find_sources, read_all
    from stance.languages import article_note
    from stance.progress import watched
    from stance.quotes import extract_each

    n_articles = n_quotes = n_without = n_empty = 0
    files = find_sources(sources)
    with watched(count_articles(files)) as watch:
        for article, quotes in extract_each(read_all(files, watch.say)):
            n_empty += not article.text.strip()
            n_articles, n_quotes = n_articles + 1, n_quotes + len(quotes)
            n_without += sum(quote.speaker is None for quote in quotes)
            for quote in quotes:
                show_json(quote.to_dict())
            if note := article_note(article.text):
                watch.say(f"{article.id}: {counted(len(quotes), 'quote')}; {note}")
            watch.done(n_articles, n_quotes)
    say_aside(f"{counted(n_articles, 'article')}{f' ({n_empty} empty)' if n_empty else ''}, {counted(n_quotes, 'quote')}, {n_without} without speaker")


def predict(
    source: Annotated[
        str, typer.Argument(metavar="[TEXT|FILE|-]", help="One quote; a .jsonl, .csv, .tsv, .parquet or .txt file (also .gz, .zst); - for stdin.")
    ],
    model: ModelName = None,
    cue: Annotated[str | None, typer.Option(help="With TEXT: the reporting verb.")] = None,
    context: Annotated[str | None, typer.Option(help="With TEXT: the sentence before.")] = None,
    text_column: Annotated[str, typer.Option(help="The column that holds the quote.")] = "text",
    id_column: Annotated[str | None, typer.Option(help="The column that comes back as id; without any, the number of the row.")] = None,
    cue_column: Annotated[str | None, typer.Option(help="The column with the reporting verb.")] = None,
    context_column: Annotated[str | None, typer.Option(help="The column with the sentence before.")] = None,
    keep_columns: Annotated[
        bool, typer.Option("--keep-columns", help="Also give back all columns of the input, before the answer; in JSONL under input.")
    ] = False,
    format: Annotated[str | None, typer.Option(help="jsonl, csv, parquet or table; by default the kind of --out, else jsonl.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file that appears when whole; repeat the command to go on after an interruption.")] = None,
    abstain_at: AbstainAt = 0.0,
    risk: Risk = None,
    sets: Annotated[float | None, typer.Option(min=0.5, max=0.99, help="Add the set of stances that holds the right one with this probability.")] = None,
    attributed: Annotated[bool, typer.Option("--attributed", help="Add the stances that the quote ascribes to others: who, and which.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Add the words that carried the stance or spoke against it.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 where a row could not be judged.")] = False,
    progress: Annotated[bool | None, typer.Option(help="A progress bar on stderr; by default where a person looks.")] = None,
) -> None:
    """Predict the stance of quotes: one answer an input row, in the same order.

    Example: stance predict "We are ready to sit down with them." --cue said
    """
    from stance.tables import Columns

    _check_asked(source, format, out)
    loaded = stance.load(model)
    is_file = _is_rows(source)
    if keep_columns and not is_file:
        raise typer.BadParameter("one quote has no columns; give a file of rows", param_hint="--keep-columns")
    _hint_at_read(source)
    from stance.predict import EXPLAINED, Options

    options = Options(_threshold(loaded, abstain_at, risk), EXPLAINED if explain else 0, sets, attributed, keep_columns)
    row = {"text": source, "cue": cue, "context": context}
    if not is_file and out is None and format in (None, "jsonl"):
        _predict_one(loaded, row, options, strict=strict)
        return
    columns = Columns(text_column, id_column, cue_column, context_column, keep=keep_columns)
    rows = _opened(source, columns, progress) if is_file else contextlib.nullcontext(([row], _unseen))
    _predict_rows(loaded, rows, options, format, out, source=source if is_file else "-", strict=strict)


def _check_asked(source: str, format: str | None, out: Path | None) -> None:
    """Refuse at once, before a model is loaded, what could not be read or written."""
    from stance.writers import FORMATS

    if format not in (None, *FORMATS):
        raise typer.BadParameter(f"{format!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if format == "parquet" and out is None and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not for a terminal; give --out FILE", param_hint="--format")
    if _is_other_file(source):
        workbook = "save the workbook as CSV (in Excel: CSV UTF-8)" if Path(source).suffix.lower() in WORKBOOKS else "save a workbook as CSV"
        raise DataError(f"{source}: unknown kind of file; expected .jsonl, .csv, .tsv, .parquet or .txt (also .gz, .zst); {workbook}")


def _is_rows(source: str) -> bool:
    """Tell a file of rows, or standard input, from a quote: a quote may end like a file's name."""
    from stance.tables import kind_of

    return source == "-" or (kind_of(source) is not None and (not any(map(str.isspace, source.strip())) or Path(source).is_file()))


@contextlib.contextmanager
def _opened(source: str, columns: "Columns", progress: bool | None) -> "Iterator[Rows]":
    """Open a file of rows, with a bar that shows how far the answers are."""
    from stance.progress import watched_rows
    from stance.tables import numbered, open_rows

    with open_rows(source, columns) as (rows, position), watched_rows(position, wanted=progress) as seen:
        yield numbered(rows), seen


def _unseen(_: int) -> None:
    """Take the number of rows answered where no bar shows it."""


def _predict_rows(
    loaded: "Model", opened: "contextlib.AbstractContextManager[Rows]", options: "Options", format: str | None, out: Path | None, *, source: str, strict: bool
) -> None:
    from stance.bulk import predict_stream, predict_to_file

    with opened as (rows, seen):
        try:
            if out is None:
                summary = predict_stream(loaded, rows, sys.stdout.buffer, format or "jsonl", options, seen=seen)
            else:
                summary = predict_to_file(loaded, rows, out, format, options, source=source, seen=seen)
        except KeyboardInterrupt:
            say_aside(f"interrupted; every line is whole{', repeat the command to go on' if out else ''}")
            raise typer.Exit(130) from None
    if summary.n_rows != 1 or summary.n_abstained or out:
        say_aside(str(summary))
    if strict and summary.reasons:
        raise typer.Exit(1)


def _is_other_file(source: str) -> bool:
    """Whether a source is a file of a kind that is not read: its name must not be judged as if it were a quote."""
    from stance.tables import kind_of

    if source == "-" or not source.strip() or "\n" in source or len(source) > 255 or kind_of(source):
        return False
    return (Path(source).suffix.lower() in NO_ROWS and not any(map(str.isspace, source))) or Path(source).exists()


def _hint_at_read(source: str) -> None:
    """Say where a text file looks like an article, not like a quote a line: its paragraphs would each be judged as if one person had said them."""
    path = Path(source)
    if path.suffix.lower() != ".txt" or not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = [line for line in file.read(HINT_CHARS).splitlines() if line.strip()]
    if lines and max(map(len, lines)) > PARAGRAPH_CHARS:
        say_aside(f"{source}: every line is judged as one quote; if this is an article, stance read {source} finds its quotes and their speakers")


def _predict_one(loaded: "Model", row: "Row", options: "Options", *, strict: bool) -> None:
    """One quote, one line: what a shell asks for most, so it loads no tables and no progress bar."""
    (answer,) = loaded.answer_rows([row], options)
    show_json(answer)
    if answer["abstained"]:
        say_aside("1 row, 1 abstained")
        if strict and not answer["reason"].startswith("unsure"):
            raise typer.Exit(1)


def read(
    sources: Sources,
    model: ModelName = None,
    abstain_at: AbstainAt = 0.0,
    risk: Risk = None,
    as_json: AsJson = False,
) -> None:
    """Read articles: each speaker's stance, its uncertainty, and the quotes it rests on.

    Example: stance read seeds/moscow-times-2025-05-13.txt
    """
    from stance.terminal import show_readings

    loaded = stance.load(model)
    found = (reading for _, reading in _readings(loaded, sources, _threshold(loaded, abstain_at, risk)))
    if as_json:
        for reading in found:
            show_json(reading.to_dict())
    else:
        show_readings(found)


def _threshold(loaded: "Model", abstain_at: float, risk: float | None) -> float:
    """Return below which probability to abstain, given as such or as a risk."""
    if risk is not None and abstain_at:
        raise typer.BadParameter("give --risk or --abstain-at, not both", param_hint="--risk")
    return abstain_at if risk is None else loaded.threshold_for(risk)


def _readings(loaded: "Model", sources: list[str], abstain_at: float) -> "Iterator[tuple[Article, Reading]]":

    from stance.articles import read_all
    from stance.own import person_labels
    from stance.quotes import extract as extract_all

    articles = list(read_all(sources, say_aside))
    judged = person_labels(home() / "labels")
    for article, quotes in zip(articles, extract_all(articles), strict=True):
        labels = {quote.id: judged[article.text, quote.spans] for quote in quotes if (article.text, quote.spans) in judged}
        yield article, dataclasses.replace(loaded.read_quotes(article, quotes, abstain_at=abstain_at), labels=labels)


def report(
    sources: Sources,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    model: ModelName = None,
    abstain_at: AbstainAt = 0.0,
    risk: Risk = None,
) -> None:
    """Write one page to look at, without any network: articles with their quotes marked, speakers on a stance axis, a timeline, a table to filter.

    Example: stance report seeds/moscow-times-2025-05-13.txt --out report.html
    """
    from stance.report import write_report

    loaded = stance.load(model)
    found = list(_readings(loaded, sources, _threshold(loaded, abstain_at, risk)))
    size = write_report(found, loaded.card, out)
    n_quotes = sum(len(one.quotes) for _, reading in found for one in reading.speakers)
    typer.echo(f"{out}: {counted(len(found), 'article')}, {counted(n_quotes, 'quote')}, {size / 1000:.0f} kB")
