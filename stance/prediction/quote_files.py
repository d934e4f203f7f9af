"""Articles to a table of quotes: in memory row by row, or into a file that may be continued."""

import dataclasses
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.part_files import only_writer, refuse_existing
from stance.core.types import Article
from stance.prediction.article_rows import (
    ArticleColumns,
    ArticleRow,
    check_extra,
    read_article_rows,
    row_to_article,
)
from stance.prediction.batch import Interruptible
from stance.prediction.compression import PACKED, packed
from stance.prediction.dataframes import is_frame, plain_rows
from stance.prediction.quote_chunks import REPEATED, Chunk, chunks_of
from stance.prediction.quote_journal import Ends, Journal
from stance.prediction.quote_pool import answer_chunks
from stance.prediction.quote_table import columns_of
from stance.prediction.table_files import format_of, write_table
from stance.prediction.wire_copies import WireCopies

if TYPE_CHECKING:
    from stance.prediction.model import Model


@dataclasses.dataclass
class QuoteSummary:
    """The counts of a run, with those of an interrupted run that it continued."""

    n_articles: int = 0
    n_resumed: int = 0
    n_copies: int = 0
    n_quotes: int = 0
    reasons: Counter[str] = dataclasses.field(default_factory=Counter)

    def count(self, chunk: Chunk, n_quotes: int) -> None:
        """Count a chunk that is written."""
        self.n_articles += chunk.n_articles
        self.n_copies += chunk.n_copies
        self.n_quotes += n_quotes

    def __str__(self) -> str:
        resumed = f" ({self.n_resumed} of them from the run before)" if self.n_resumed else ""
        copies = f"{self.n_copies} wire {'copy' if self.n_copies == 1 else 'copies'}"
        told = ", ".join(f"{count} {reason}" for reason, count in self.reasons.most_common(5))
        return (
            f"{counted(self.n_articles, 'article')}{resumed}, "
            f"{counted(self.n_quotes, 'quote')}, {copies}"
            + (f"; {counted(self.reasons.total(), 'remark')} ({told})" if told else "")
        )


def quotes(
    articles: Iterable[Mapping[str, Any] | Article] | Any,
    model: "Model | str | Path | None" = None,
    *,
    columns: Sequence[str] = (),
    jobs: int = 1,
    copies: bool = True,
    skipped: Callable[[dict[str, Any]], None] = lambda _: None,
) -> Iterator[dict[str, Any]]:
    """Yield one row for each quote of many articles, in their order, in constant memory.

    Parameters
    ----------
    articles
        Rows ``{"id"?, "text", "url"?, "outlet"?, "published"?, "language"?, "title"?}``, read as
        they are needed; a table (pandas, polars, Arrow) with such columns; or `stance.Article`.
    model
        A loaded model, or what `stance.load` takes.
    columns
        Fields of the articles to pass on beside these.
    jobs
        Processes at work. With more than one, a script needs ``if __name__ == "__main__":``.
    copies
        Mark near copies of earlier articles in ``copy_of`` (see `stance.prediction.wire_copies`).
    skipped
        Is told of each article that was not read, and of each repeated id, with the reason.

    Raises
    ------
    DataError
        If ``articles`` is one text or one article, or one of them is neither a row nor an
        `Article`.
    """
    from stance.prediction.model import Model, load

    if isinstance(articles, str | bytes | Mapping | Article):
        raise DataError(
            f"quotes was given one {type(articles).__name__}; expected a list of articles: "
            'quotes([{"text": "the text"}])'
        )
    check_extra(columns, columns_of())
    loaded = model if isinstance(model, Model) else load(model)
    rows = _article_rows(articles, ArticleColumns(extra=tuple(columns)))
    chunks = chunks_of(rows, WireCopies() if copies else None)
    for chunk, answered in answer_chunks(loaded, chunks, jobs):
        for row in chunk.aside + answered.aside:
            skipped(row)
        yield from answered.rows


def _article_rows(articles: Any, columns: ArticleColumns) -> Iterator[ArticleRow]:
    rows = plain_rows(articles) if is_frame(articles) else articles
    for number, row in enumerate(rows, 1):
        given = dataclasses.asdict(row) if isinstance(row, Article) else row
        if not isinstance(given, Mapping):
            raise DataError(
                f"article {number} is a {type(given).__name__}; expected a row with its text: "
                '{"text": "the text"}'
            )
        yield row_to_article(given, "articles", number, columns)


def quotes_to_file(
    model: "Model",
    files: Sequence[str],
    out: Path,
    *,
    columns: ArticleColumns | None = None,
    jobs: int = 1,
    copies: bool = True,
    seen: Callable[[int, int], None] = lambda *_: None,
) -> QuoteSummary:
    """Write one row for each quote of all files' articles; the same call continues a broken run.

    The file appears when it is whole. Until then its rows, and a journal of them, lie beside it
    (see `stance.prediction.quote_journal`). What was not read is told in `skipped_file`.

    Parameters
    ----------
    files
        As `stance.prediction.article_rows.find_article_files` gives them; ``-``: standard input.
    out
        Its name says the format: .jsonl, .csv (also .gz, .zst) or .parquet.
    seen
        Is told after each chunk how many articles and quotes are done.

    Raises
    ------
    DataError
        If ``out`` exists, its kind is unknown, or another run left its files beside it.
    """
    from stance.extraction.text.tagger import tagger_version

    columns = columns or ArticleColumns()
    kind, packing = format_of(out.name)
    table = columns_of(columns.extra)
    check_extra(columns.extra, columns_of())
    asked = {**dataclasses.asdict(columns), "copies": copies}
    summary = QuoteSummary()
    with only_writer(out):
        refuse_existing(out)  # inside: another process may just have finished it
        journal = Journal(out, {"model": model.label, "tagger": tagger_version(), **asked})

        def written(chunk: Chunk, ends: Ends) -> None:
            summary.n_resumed += chunk.n_articles
            summary.count(chunk, ends.n_rows)
            seen(summary.n_articles, summary.n_quotes)

        chunks = chunks_of(read_article_rows(files, columns), WireCopies() if copies else None)
        with journal, Interruptible() as stop:
            for chunk, answered in answer_chunks(model, journal.fresh(chunks, written), jobs):
                with stop.whole():
                    journal.write(chunk, answered)
                summary.count(chunk, len(answered.rows))
                seen(summary.n_articles, summary.n_quotes)
        summary.reasons = _keep_skipped(journal.skipped, out)
        _finish(journal, out, kind, packing, table)
    return summary


def skipped_file(out: Path) -> Path:
    """Return where is told what was not read.

    Only the endings of the format go, so that each day's table has a file of its own.

    >>> skipped_file(Path("day/quotes.2026-11-29.csv.gz")).name
    'quotes.2026-11-29.skipped.jsonl'
    """
    unpacked = out.with_suffix("") if out.suffix.lower() in PACKED else out
    return out.with_name(unpacked.stem + ".skipped.jsonl")


def _keep_skipped(part: Path, out: Path) -> Counter[str]:
    """Copy what was not read beside the table, where there is any, and count its reasons."""
    reasons: Counter[str] = Counter()
    with part.open("rb") as lines:
        for line in lines:
            reasons[_kind_of_reason(json.loads(line)["reason"])] += 1
    if reasons:
        beside = out.with_name(f".{out.name}.skipped.tmp")
        shutil.copyfile(part, beside)
        os.replace(beside, skipped_file(out))
    return reasons


def _kind_of_reason(reason: str) -> str:
    kinds = ("not English", REPEATED, "not JSON", "not UTF-8", "empty text", "no text")
    return next((kind for kind in kinds if kind in reason), "not readable")


def _finish(journal: Journal, out: Path, kind: str, packing: str, table: Mapping[str, str]) -> None:
    beside = out.with_name(f".{out.name}.tmp")
    try:
        with (
            journal.part.open("rb") as lines,
            beside.open("wb") as file,
            packed(file, packing) as stream,
        ):
            write_table(map(json.loads, lines), table, stream, kind)
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)
    journal.remove()
