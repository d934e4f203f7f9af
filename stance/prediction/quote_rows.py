"""Read a table that `stance quotes` wrote: rows with their types, whatever the file's format."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.safe_text import cell_text
from stance.core.types import STANCES
from stance.prediction.quote_table import AFTER, BEFORE
from stance.prediction.row_files import MISSING, kind_of, open_rows
from stance.prediction.rows import Columns
from stance.prediction.table_files import FORMATS

NEEDED = ("article", "text", "stance", "abstained", *(f"p_{stance}" for stance in STANCES))
_KINDS = BEFORE | AFTER


def is_quote_table(source: str) -> bool:
    """Tell a table of quotes from a file of articles: it has the columns of a stance."""
    kind, _ = kind_of(source) or ("", "")
    if kind not in FORMATS or not Path(source).is_file():
        return False
    with open_rows(source, Columns(keep=True)) as (rows, _):
        first = next(iter(rows), {})
    return NEEDED[-1] in first.get("_kept", ())


def read_quote_rows(source: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table of quotes (``-``: standard input), one at a time.

    Raises
    ------
    DataError
        If the file cannot be read, or is no table of quotes.
    """
    with open_rows(source, Columns(keep=True)) as (rows, _):
        for number, row in enumerate(rows, 1):
            if "_fault" in row:
                raise DataError(f"{row['_fault']}; write the table anew with stance quotes")
            yield _typed(row["_kept"], f"{source}: row {number}")


def _typed(given: Mapping[str, Any], place: str) -> dict[str, Any]:
    if missing := [name for name in NEEDED if name not in given]:
        raise DataError(
            f"{place}: no {', '.join(missing)}; expected a table that stance quotes wrote"
        )
    if isinstance(given[NEEDED[-1]], str):  # only CSV has figures as text; it is for spreadsheets
        given = {
            name: cell_text(value) if isinstance(value, str) else value
            for name, value in given.items()
        }
    try:
        return {name: _value(value, _KINDS.get(name, "text")) for name, value in given.items()}
    except (TypeError, ValueError) as fault:
        raise DataError(f"{place}: {fault}; write the table anew with stance quotes") from fault


def _value(value: Any, kind: str) -> Any:
    if value is None or value in ("", MISSING):
        return None
    if kind == "number":
        return float(value)
    if kind == "whole":
        return int(value)
    if kind == "yes/no" and isinstance(value, str):
        if value.upper() not in ("TRUE", "FALSE"):
            raise ValueError(f"{value!r} is neither TRUE nor FALSE")
        return value.upper() == "TRUE"
    return value


def counts(row: Mapping[str, Any]) -> bool:
    """Tell whether a row counts, so that no statement counts twice.

    Rows of wire copies, and of headlines, captions and links (``optional``), do not.
    """
    return not row.get("copy_of") and not row.get("optional")
