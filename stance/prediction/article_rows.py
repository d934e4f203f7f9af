"""Read articles with their metadata from files, folders and streams, one at a time.

JSONL, CSV, TSV and Parquet files hold one article a row (also packed: ``.gz``, ``.zst``); a .txt,
.md or .html file is one article. Whatever cannot be read becomes a row with a ``fault``, so that
one bad row never ends the work of a night.
"""

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.types import Article
from stance.extraction.text.articles import MAX_CHARS, SUFFIXES, files_below, read_articles
from stance.extraction.text.language import ARTICLE_CHARS, foreign
from stance.extraction.text.titles import title_in
from stance.prediction.row_files import kind_of, open_rows
from stance.prediction.rows import Columns, plain

# What is known of an article beside its text, by the names that the table of quotes has for it.
METADATA = ("url", "outlet", "published", "language", "title")
# Names under which feeds bring the same.
OTHER_NAMES = {
    "published": ("date", "published_at", "pubDate"),
    "outlet": ("source", "publisher"),
    "url": ("link",),
    "language": ("lang",),
}
ONE_ARTICLE = tuple(suffix for suffix in SUFFIXES if suffix != ".jsonl")


@dataclasses.dataclass(frozen=True, slots=True)
class ArticleColumns:
    """Which fields of a row hold what; ``extra`` are passed on as they are."""

    text: str = "text"
    id: str = "id"
    extra: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class ArticleRow:
    """One article of a file, or why it cannot be read.

    ``number`` counts the rows of its source from 1.
    """

    source: str
    number: int
    article: Article
    fields: Mapping[str, Any]
    fault: str | None = None

    def content(self) -> bytes:
        """Return all that decides what becomes of the row, for a digest."""
        article = self.article
        row = [article.id, article.text, article.title, article.date, dict(self.fields), self.fault]
        return json.dumps(row, default=str).encode("ascii")


def find_article_files(given: Iterable[str]) -> list[str]:
    """Return the files to read; a folder stands for every article file below it, sorted by path.

    Raises
    ------
    DataError
        If a file is missing or of an unknown kind, or a folder holds no article.
    """
    files: list[str] = []
    for source in given:
        if source == "-":
            files.append(source)
        elif Path(source).is_dir():
            inside = files_below(Path(source), _is_articles)
            if not inside:
                raise DataError(f"{source}: no article in this folder; expected {_expected()}")
            files += inside
        elif not _is_articles(source):
            raise DataError(f"{source}: unknown kind of file; expected {_expected()}")
        elif not os.access(source, os.R_OK):
            raise DataError(f"{source}: no such file, or it may not be read; check the path")
        else:
            files.append(source)
    return files


def _expected() -> str:
    return f"{', '.join(ONE_ARTICLE)} or rows as .jsonl, .csv, .tsv, .parquet (also .gz, .zst)"


def _is_articles(name: str) -> bool:
    kind = kind_of(name)
    return Path(name).suffix.lower() in ONE_ARTICLE or (kind is not None and kind[0] != "lines")


def read_article_rows(
    files: Iterable[str], columns: ArticleColumns | None = None
) -> Iterator[ArticleRow]:
    """Yield the articles of all files in their order.

    Raises
    ------
    DataError
        If a table has no column of texts, or a packed file is damaged.
    """
    columns = columns or ArticleColumns()
    for source in files:
        if Path(source).suffix.lower() in ONE_ARTICLE:
            yield _one_article(source)
            continue
        wanted = Columns(text=columns.text, keep=True)
        # A stream of plain lines is no list of articles: each such line is then told as no JSON.
        with open_rows(source, wanted, plain="jsonl") as (rows, _):
            for number, row in enumerate(rows, 1):
                yield row_to_article(row, source, number, columns)


def _one_article(source: str) -> ArticleRow:
    try:
        (article,) = read_articles(source)
    except DataError as fault:
        return ArticleRow(source, 1, Article(Path(source).stem, ""), {}, str(fault))
    known = dataclasses.asdict(article) | {"title": article.title or title_in(article.text)}
    return row_to_article(known, source, 1, ArticleColumns())


def row_to_article(
    row: Mapping[str, Any], source: str, number: int, columns: ArticleColumns
) -> ArticleRow:
    """Return the article of a row, with a ``fault`` where there is none to be read."""
    given = row.get("_kept", row)
    fields = {name: _field(given, name) for name in METADATA}
    fields |= {name: given.get(name) for name in columns.extra}
    text = given.get(columns.text)
    named = _plain(given.get(columns.id)) or _plain(fields["url"])
    made_up = f"{'stdin' if source == '-' else Path(source).name}:{number}"
    article = Article(
        str(named or made_up),
        text if isinstance(text, str) else "",
        title=_text(fields["title"]),
        date=_text(fields["published"]),
        outlet=_text(fields["outlet"]),
    )
    return ArticleRow(source, number, article, fields, _fault(row, text, columns))


def _fault(row: Mapping[str, Any], text: Any, columns: ArticleColumns) -> str | None:
    if row.get("_fault"):
        return str(row["_fault"])
    if text is None:
        return f"no {columns.text}: the row has {', '.join(map(str, row.get('_kept', row)))[:200]}"
    if not isinstance(text, str):
        return f"{columns.text} is {type(text).__name__}, expected a string"
    if not text.strip():
        return "empty text"
    if len(text) > MAX_CHARS:
        return f"{len(text)} characters, at most {MAX_CHARS} an article"
    language = foreign(text[:ARTICLE_CHARS])
    return f"not English (looks like {language})" if language else None


def _field(given: Mapping[str, Any], name: str) -> Any:
    for known in (name, *OTHER_NAMES.get(name, ())):
        if (value := _plain(given.get(known))) is not None:
            return value
    return None


def _plain(value: Any) -> Any:
    """Return None for an empty cell, dates as ISO text, everything else as it is."""
    value = plain(value)
    if value is None or value == "" or value != value:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def check_extra(extra: Sequence[str], taken: Iterable[str]) -> None:
    """Refuse a column to pass on whose name the table of quotes has already.

    Raises
    ------
    DataError
        With the first such name.
    """
    if twice := sorted(set(extra) & set(taken)):
        raise DataError(
            f"--column {twice[0]}: the table of quotes has a column of this name; rename yours"
        )
