"""Read rows to predict from files of many kinds, one row at a time.

`stance.prediction.answer_files` writes the answers. The suffix tells the kind of a file (``.jsonl
.csv .tsv .parquet .txt``, each also ``.gz`` and ``.zst``), on standard input the first bytes do. A
row that cannot be read becomes a row ``{"_fault": why}``, so that it is answered in its place.
"""

import contextlib
import csv
import gzip
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from stance.core.errors import DataError
from stance.core.files import named_delimiter
from stance.core.types import Row
from stance.prediction.compression import (
    PACKED,
    PEEK,
    BoundedLines,
    load_pyarrow,
    open_unpacked,
)
from stance.prediction.rows import FIELDS, Columns

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".txt": "lines",
}
DAMAGE = ("ZstdError", "ArrowInvalid", "ArrowNotImplementedError", "error")
MAX_FIELD = 10_000_000
MAX_LINE = 3 * MAX_FIELD
MISSING = "NA"  # what R takes for missing in a CSV column of any type; pandas does too
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


def kind_of(name: str) -> tuple[str, str] | None:
    """Return (kind, packing) of a file name: ("csv", ".gz"); None where it is no file of rows."""
    suffixes = [one.lower() for one in Path(name).suffixes[-2:]] if len(name) < 1000 else []
    packing = suffixes.pop() if suffixes and suffixes[-1] in PACKED else ""
    kind = KINDS.get(suffixes[-1]) if suffixes else None
    return (kind, packing) if kind else None


@contextlib.contextmanager
def open_rows(
    source: str, columns: Columns | None = None, *, plain: str = "lines"
) -> Iterator[tuple[Iterator[Row], "Position"]]:
    """Open a file of rows (``-``: standard input), read lazily.

    The reading position comes with the rows. ``plain`` is the kind of a stream that shows none:
    by default one text a line.

    Raises
    ------
    DataError
        If there is no such file, it is not what its name says, or a column is missing.
    """
    columns = columns or Columns()
    with contextlib.ExitStack() as stack:
        if source == "-":
            raw: BinaryIO = sys.stdin.buffer
            where, kind, size = "stdin", "", None
        else:
            kind, _ = kind_of(source) or ("lines", "")
            try:
                raw = stack.enter_context(Path(source).open("rb"))
            except OSError as fault:
                raise DataError(
                    f"{source}: {_why(fault)}; check the path, or give the quote itself in "
                    "quotation marks"
                ) from fault
            where, size = source, Path(source).stat().st_size
        position = Position(raw, size)
        data = stack.enter_context(
            open_unpacked(io.BufferedReader(cast(Any, position), PEEK), where)
        )
        with _damage_told(where):
            rows = _rows(data, where, kind, columns, stack, plain)
        yield _told(rows, where), position


def _why(fault: OSError) -> str:
    return "no such file" if isinstance(fault, FileNotFoundError) else str(fault.strerror).lower()


class Position(io.RawIOBase):
    """A raw file that knows how many bytes were read, for the progress bar."""

    def __init__(self, raw: BinaryIO, size: int | None) -> None:
        self._raw = raw
        self.size = size
        self.read_bytes = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer; what a pipe has now is enough."""
        piece = (
            self._raw.read1(len(buffer))
            if hasattr(self._raw, "read1")
            else self._raw.read(len(buffer))
        )
        buffer[: len(piece)] = piece
        self.read_bytes += len(piece)
        return len(piece)


@contextlib.contextmanager
def _damage_told(where: str) -> Iterator[None]:
    """Say in words what a damaged compressed file does while it is read."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile) as fault:
        raise DataError(
            f"{where}: the packed file is damaged or cut off ({fault}); the rows before are "
            "answered"
        ) from fault
    except Exception as fault:
        # pyarrow tells damage as an OSError, or as one of its own.
        if not isinstance(fault, OSError | EOFError) and type(fault).__name__ not in DAMAGE:
            raise
        raise DataError(
            f"{where}: cannot be read on ({fault}); the rows before are answered"
        ) from fault


def _told(rows: Iterator[Row], where: str) -> Iterator[Row]:
    with _damage_told(where):
        yield from rows


def _rows(
    data: io.BufferedReader,
    where: str,
    kind: str,
    columns: Columns,
    stack: contextlib.ExitStack,
    plain: str,
) -> Iterator[Row]:
    start = data.peek(PEEK)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{where}: is UTF-16; convert it first (iconv -f UTF-16 -t UTF-8)")
    if start[:4] == b"PAR1" or kind == "parquet":
        return _parquet_rows(data, where, columns, stack)
    # Bytes that are no UTF-8 come through as marks, so that only their own row is refused.
    text = io.TextIOWrapper(data, encoding="utf-8-sig", errors="surrogateescape", newline="")
    lines = cast(TextIO, BoundedLines(text, MAX_LINE))
    kind = kind or _guessed(start, columns) or plain
    if kind == "jsonl":
        return json_rows(lines, where, columns)
    if kind in ("csv", "tsv"):
        return csv_rows(lines, where, columns, "\t" if kind == "tsv" else None)
    return _line_rows(lines, where, columns)


def _line_rows(lines: TextIO, where: str, columns: Columns) -> Iterator[Row]:
    for _, line, fault in _numbered(lines, where):
        yield (
            {"_fault": fault}
            if fault
            else columns.read_from({"text": line.strip()}, {"text": "text"})
        )


def numbered(rows: Iterable[Row]) -> Iterator[Row]:
    """Give rows their number (from 1) as id where the file has no ids.

    As soon as one row has an id, none is made up for another.
    """
    named = False
    for number, row in enumerate(rows, 1):
        named = named or "id" in row
        yield row if named else {**row, "id": str(number)}


def _guessed(start: bytes, columns: Columns) -> str:
    """Tell the kind of rows by the first line.

    It is JSONL where it begins with an object, CSV or TSV where it has the text's column, else
    nothing tells.
    """
    text = start.decode("utf-8", "replace").lstrip("\ufeff \r\n")
    head, _, rest = text.partition("\n")
    if named_delimiter(head):
        text = rest
    if text.startswith("{"):
        return "jsonl"
    names = [name.strip().strip('"') for name in re.split("[,;\t]", text.split("\n", 1)[0])]
    return "csv" if columns.text in names else ""


def _numbered(lines: TextIO, where: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield the place of each line that is not blank, the line, and why it cannot be read."""
    number = 0
    while True:
        number += 1
        place = f"{where}:{number}"
        try:
            line = next(lines)
        except StopIteration:
            return
        except csv.Error as fault:
            yield place, "", f"{place}: {fault}"
            continue
        if line.strip():
            yield place, line, _utf8_fault(place) if _NOT_UTF8.search(line) else None


def _utf8_fault(place: str) -> str:
    return f"{place}: not UTF-8; convert it (iconv -f CP1252 -t UTF-8)"


def json_rows(lines: TextIO, where: str, columns: Columns) -> Iterator[Row]:
    """Read JSONL rows, lazily: objects, or strings that are texts."""
    renamed = {field: getattr(columns, field) or field for field in FIELDS}
    same = all(field == name for field, name in renamed.items())
    for place, line, fault in _numbered(lines, where):
        row = given = {"_fault": fault} if fault else _json_row(line, place)
        if not same and "_fault" not in row:
            # An id that was not asked for and is not there stays away, so that the row's number
            # takes its place.
            row = {
                field: row.get(name)
                for field, name in renamed.items()
                if name in row or field != "id" or columns.id
            }
            row = (
                row if renamed["text"] in given else {"_fault": f"{place}: no {renamed['text']!r}"}
            )
        yield {**row, "_kept": given} if columns.keep and "_fault" not in given else row


def _json_row(line: str, place: str) -> Row:
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as fault:
        return {"_fault": f"{place}: not JSON ({fault})"}
    if isinstance(row, dict):
        row.pop("_fault", None)  # only this module may say so
        return row
    return (
        {"text": row}
        if isinstance(row, str)
        else {"_fault": f"{place}: a {type(row).__name__}, expected an object with text"}
    )


def csv_rows(
    lines: TextIO, where: str, columns: Columns, delimiter: str | None = None
) -> Iterator[Row]:
    """Read CSV rows, lazily.

    The delimiter is the one of comma, semicolon and tab that gives the text a column of its own,
    else the one with most columns.

    Raises
    ------
    DataError
        If a column is missing.
    """
    csv.field_size_limit(MAX_FIELD)
    try:
        header = lines.readline()
        before = 1  # lines before the first row
        if named := named_delimiter(header):
            header, delimiter, before = lines.readline(), named, 2
        headers = {
            each: next(csv.reader([header], delimiter=each), []) for each in (delimiter or ",;\t")
        }
    except (csv.Error, TypeError) as fault:
        raise DataError(f"{where}: its header cannot be read ({fault}); write it anew") from fault
    # Where none sets the text's column apart, the one that parts most: the message then names the
    # columns as people see them.
    delimiter = max(headers, key=lambda one: (columns.text in headers[one], len(headers[one])))
    names = headers[delimiter]
    mapping = columns.found_in(names, where)
    if columns.keep and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{where}: column {twice!r} is there twice and cannot be kept; rename one")
    return _csv_rows(
        csv.reader(lines, delimiter=delimiter, strict=True), where, names, columns, mapping, before
    )


def _csv_rows(
    reader: Any,
    where: str,
    names: Sequence[str],
    columns: Columns,
    mapping: Mapping[str, str],
    before: int,
) -> Iterator[Row]:
    n_names = len(names)
    at = {field: names.index(name) for field, name in mapping.items()}
    while True:
        line = reader.line_num + before + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield {
                "_fault": f"{where}:{line}: {fault}; a quotation mark inside a field is doubled, "
                "a field with a delimiter is quoted"
            }
            continue
        if not row:
            continue
        if len(row) > n_names:
            yield {
                "_fault": f"{where}:{line}: {len(row)} fields, the header has {n_names}; a text "
                "with a delimiter must be quoted"
            }
        elif any(_NOT_UTF8.search(field) for field in row):
            yield {"_fault": _utf8_fault(f"{where}:{line}")}
        else:
            found = {
                field: _csv_field(field, row[place]) if place < len(row) else None
                for field, place in at.items()
            }
            yield {**found, "_kept": dict(zip(names, row, strict=False))} if columns.keep else found


def _csv_field(field: str, cell: str) -> str | None:
    """Return None for a missing value, so that "NA" is nobody's name; a text stays as it is."""
    return None if field != "text" and cell in ("", MISSING) else cell


def _parquet_rows(
    data: io.BufferedReader, where: str, columns: Columns, stack: contextlib.ExitStack
) -> Iterator[Row]:
    parquet = load_pyarrow(where)[1]
    if where == "stdin" or not where.endswith(".parquet"):
        # the stack closes it; Parquet is read from its end
        # the stack closes it; Parquet is read from its end
        whole = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        while piece := data.read(1 << 20):
            whole.write(piece)
        whole.seek(0)
        source: Any = whole
    else:
        source = where
    try:
        file = stack.enter_context(parquet.ParquetFile(source))
        mapping = columns.found_in(file.schema_arrow.names, where)
        batches = file.iter_batches(
            batch_size=1024, columns=None if columns.keep else list(mapping.values())
        )
    except (OSError, ValueError) as fault:
        raise DataError(
            f"{where}: no readable Parquet file ({str(fault).splitlines()[0]}); write it anew, or "
            "as CSV"
        ) from fault
    return (columns.read_from(row, mapping) for batch in batches for row in batch.to_pylist())
