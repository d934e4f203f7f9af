"""Articles with their labelled quotes, read and checked."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from stance.core.errors import DataError, gather
from stance.core.files import read_rows, read_text
from stance.core.paths import home
from stance.core.types import Article, Quote

Labelled = tuple[Article, tuple[Quote, ...]]
Read = TypeVar("Read")
Given = TypeVar("Given")


def read_report(row: Mapping[str, Any], place: str, root: Path) -> Labelled:
    """Read one article and its quotes.

    The text stands in the row, or in the file that ``source`` names.

    Raises
    ------
    DataError
        If the text is missing or a quote is not its text cut at its spans.
    """
    text = row.get("text")
    if text is None and isinstance(row.get("source"), str):
        text = read_text(root / row["source"])
    if not isinstance(text, str) or not isinstance(row.get("id"), str):
        raise DataError(
            f"{place}: expected an id and a text (or a source file), found the fields "
            f"{', '.join(sorted(row))}"
        )
    fields = {field.name for field in dataclasses.fields(Article)} - {"text"}
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in row.items()
        if key in fields
    }
    article = Article(text=text, **values)
    try:
        quotes = tuple(Quote.from_dict(quote, article) for quote in row.get("quotes", ()))
    except DataError as fault:
        raise DataError(f"{place}: {fault}") from fault
    return article, quotes


def read_reports(path: Path, root: Path | None = None) -> list[Labelled]:
    """Read a file of labelled articles, JSONL.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    folder = root or home()
    return read_each(read_rows(path), lambda row, at: read_report(row, at, folder))


def read_each(
    rows: Iterable[tuple[str, Given]], read_one: Callable[[Given, str], Read]
) -> list[Read]:
    """Read (place, row) pairs one by one and return what came of them.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    found: list[Read] = []
    faults: list[str] = []
    for place, row in rows:
        try:
            found.append(read_one(row, place))
        except DataError as fault:
            faults.append(str(fault))
    gather(faults, DataError)
    return found


def report_files(folder: Path, *, own: bool = True) -> list[Path]:
    """Return the files with labelled articles.

    These are the reports, the seeds, and with ``own`` the user's own articles.
    """
    users = sorted((folder / "own").glob("*.jsonl")) if own else []
    return [*sorted((folder / "reports").glob("*.jsonl")), folder / "seeds.jsonl", *users]


def read_all_reports(folder: Path, *, own: bool = True) -> list[Labelled]:
    """Read the files of `report_files`: quotes as they were found, before any correction."""
    return [
        one for path in report_files(folder, own=own) for one in read_reports(path, folder.parent)
    ]
