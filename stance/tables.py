"""Rows to predict, from any file people have, one at a time. What becomes of them is written by `stance.writers`.

Kinds are told by suffix (``.jsonl .csv .tsv .parquet .txt``, each also ``.gz`` and ``.zst``), on standard input by the first bytes.
A row that cannot be read becomes a row ``{"_fault": why}``, so that it is answered in its place.
"""

import contextlib
import csv
import dataclasses
import difflib
import gzip
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

from stance.errors import DataError

Row = Mapping[str, Any]
KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".txt": "lines"}
PACKED = (".gz", ".zst")
FIELDS = ("text", "id", "cue", "context", "speaker")
_KNOWN = frozenset(FIELDS)
MAX_FIELD = 10_000_000
PEEK = 1 << 16
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclasses.dataclass(frozen=True, slots=True)
class Columns:
    """Which of a file's columns hold what; the text's must be there, the others where the file has them or they were asked for."""

    text: str = "text"
    id: str | None = None
    cue: str | None = None
    context: str | None = None
    speaker: str | None = None
    keep: bool = False  # also hand on every column as it came, under "_kept"

    def found_in(self, names: Sequence[str], where: str, *, in_memory: bool = False) -> dict[str, str]:
        """Return field -> column for the columns that are there; the fault names the shell's options, of a table ``in_memory`` Python's argument.

        Raises
        ------
        DataError
            If the text's column or one that was asked for by name is missing or there twice.
        """
        mapping = {}
        for field in FIELDS:
            asked = getattr(self, field)
            name = asked or field
            if names.count(name) > 1:
                raise DataError(f"{where}: column {name!r} is there twice; rename one")
            if name in names:
                mapping[field] = name
            elif asked:
                raise DataError(
                    f"{where}: columns are {', '.join(names) or '(none)'}; expected a column {name}{_near(name, names)}{_hint(field, name, in_memory)}"
                )
        return mapping

    def read_from(self, row: Row, mapping: Mapping[str, str]) -> Row:
        """Return the fields of a file's row, and the whole row as it came where it is kept."""
        found = {field: row[name] for field, name in mapping.items()}
        return {**found, "_kept": dict(row)} if self.keep else found


def _near(name: str, names: Sequence[str]) -> str:
    lowered = {one.strip().lower(): one for one in reversed(names)}
    near = difflib.get_close_matches(name.strip().lower(), lowered, n=1)
    return f", did you mean {lowered[near[0]]}?" if near else ""


def _hint(field: str, name: str, in_memory: bool) -> str:
    option = f"columns=stance.Columns({field}=…)" if in_memory else f"--{field}-column"
    if field == "text" and name == "text":
        return f" (and id, speaker, cue, context where known); name another one with {option}"
    return f"; check {option}"


def misnamed(row: Row) -> str | None:
    """Return what is wrong with the names of a row's fields, else None; fields beside the known ones are the caller's own.

    >>> misnamed({"text": "We are ready.", "Cue": "said"})
    'unknown field Cue; expected cue'
    >>> misnamed({"txt": "We are ready.", "id": 1})
    'no text: the row has txt, id; expected text (and id, cue, context, speaker where known)'
    """
    for name in row.keys() - _KNOWN:
        field = name.strip().lower() if isinstance(name, str) else ""
        if field in _KNOWN and field not in row:
            return f"unknown field {name}; expected {field}"
    if "text" in row or not row:
        return None
    found = ", ".join(str(name) for name in row if not str(name).startswith("_")) or "nothing else"
    return f"no text: the row has {found[:200]}; expected text (and {', '.join(FIELDS[1:])} where known)"


def kind_of(name: str) -> tuple[str, str] | None:
    """Return (kind, packing) of a file name: ("csv", ".gz"); None where it is no file of rows."""
    suffixes = [one.lower() for one in Path(name).suffixes[-2:]] if len(name) < 1000 else []
    packing = suffixes.pop() if suffixes and suffixes[-1] in PACKED else ""
    kind = KINDS.get(suffixes[-1]) if suffixes else None
    return (kind, packing) if kind else None


@contextlib.contextmanager
def open_rows(source: str, columns: Columns | None = None) -> Iterator[tuple[Iterator[Row], "Position"]]:
    """Open a file of rows (``-``: standard input) and yield its rows, lazily, and how far the reading is.

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
                raise DataError(f"{source}: {_why(fault)}; check the path, or give the quote itself in quotation marks") from fault
            where, size = source, Path(source).stat().st_size
        position = Position(raw, size)
        data = stack.enter_context(_unpacked(io.BufferedReader(cast(Any, position), PEEK), where))
        with _damage_told(where):
            rows = _rows(data, where, kind, columns, stack)
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
        piece = self._raw.read1(len(buffer)) if hasattr(self._raw, "read1") else self._raw.read(len(buffer))
        buffer[: len(piece)] = piece
        self.read_bytes += len(piece)
        return len(piece)


@contextlib.contextmanager
def _unpacked(data: io.BufferedReader, where: str) -> Iterator[io.BufferedReader]:
    """Undo gzip or zstd, told by the first bytes whatever the name says."""
    start = data.peek(4)[:4]
    if start[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=data) as unpacked:
            yield io.BufferedReader(cast(Any, unpacked), PEEK)
    elif start == b"\x28\xb5\x2f\xfd":
        with load_zstd(where).ZstdFile(data) as unpacked:
            yield io.BufferedReader(unpacked, PEEK)
    else:
        yield data


def load_zstd(where: str) -> Any:
    """Return the module that packs and unpacks zstd; ``where`` is what needs it, for the fault.

    Raises
    ------
    DataError
        If it is not installed.
    """
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            import backports.zstd as zstd
    except ImportError as fault:
        raise DataError(f"{where}: zstd needs the package backports.zstd; install stance[tables]") from fault
    return zstd


@contextlib.contextmanager
def _damage_told(where: str) -> Iterator[None]:
    """Say in words what a broken packing does while it is read."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile) as fault:
        raise DataError(f"{where}: the packed file is damaged or cut off ({fault}); the rows before are answered") from fault
    except Exception as fault:
        if type(fault).__name__ not in ("ZstdError", "ArrowInvalid", "error"):
            raise
        raise DataError(f"{where}: cannot be read on ({fault}); the rows before are answered") from fault


def _told(rows: Iterator[Row], where: str) -> Iterator[Row]:
    with _damage_told(where):
        yield from rows


def _rows(data: io.BufferedReader, where: str, kind: str, columns: Columns, stack: contextlib.ExitStack) -> Iterator[Row]:
    start = data.peek(PEEK)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{where}: is UTF-16; convert it first (iconv -f UTF-16 -t UTF-8)")
    if start[:4] == b"PAR1" or kind == "parquet":
        return _parquet_rows(data, where, columns, stack)
    # Bytes that are no UTF-8 come through as marks, so that only their own row is refused.
    lines = io.TextIOWrapper(data, encoding="utf-8-sig", errors="surrogateescape", newline="")
    kind = kind or _guessed(start, columns)
    if kind == "jsonl":
        return json_rows(lines, where, columns)
    if kind in ("csv", "tsv"):
        return csv_rows(lines, where, columns, "\t" if kind == "tsv" else None)
    return _line_rows(lines, where, columns)


def _line_rows(lines: TextIO, where: str, columns: Columns) -> Iterator[Row]:
    for number, line in _numbered(lines):
        fault = _NOT_UTF8.search(line)
        yield {"_fault": _utf8_fault(f"{where}:{number}")} if fault else columns.read_from({"text": line.strip()}, {"text": "text"})


def numbered(rows: Iterable[Row]) -> Iterator[Row]:
    """Give rows their number (from 1) as id where the file names none; as soon as one row has an id, none is made up for another."""
    named = False
    for number, row in enumerate(rows, 1):
        named = named or "id" in row
        yield row if named else {**row, "id": str(number)}


def _guessed(start: bytes, columns: Columns) -> str:
    """JSONL where it begins with an object, CSV or TSV where the first line has the text's column, else one quote a line."""
    text = start.decode("utf-8", "replace").lstrip("\ufeff \r\n")
    if text.startswith("{"):
        return "jsonl"
    names = [name.strip().strip('"') for name in re.split("[,;\t]", text.split("\n", 1)[0])]
    return "csv" if columns.text in names else "lines"


def _numbered(lines: TextIO) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _utf8_fault(place: str) -> str:
    return f"{place}: not UTF-8; convert it (iconv -f CP1252 -t UTF-8)"


def json_rows(lines: TextIO, where: str, columns: Columns) -> Iterator[Row]:
    """Read JSONL rows, lazily: objects, or strings that are texts."""
    renamed = {field: getattr(columns, field) or field for field in FIELDS}
    same = all(field == name for field, name in renamed.items())
    for number, line in _numbered(lines):
        place = f"{where}:{number}"
        row = given = _json_row(line, place)
        if not same and "_fault" not in row:
            # An id that was not asked for and is not there stays away, so that the row's number takes its place.
            row = {field: row.get(name) for field, name in renamed.items() if name in row or field != "id" or columns.id}
            row = row if renamed["text"] in given else {"_fault": f"{place}: no {renamed['text']!r}"}
        yield {**row, "_kept": given} if columns.keep and "_fault" not in given else row


def _json_row(line: str, place: str) -> Row:
    if _NOT_UTF8.search(line):
        return {"_fault": _utf8_fault(place)}
    try:
        row = json.loads(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as fault:
        return {"_fault": f"{place}: not JSON ({fault})"}
    if isinstance(row, dict):
        row.pop("_fault", None)  # ours to say
        return row
    return {"text": row} if isinstance(row, str) else {"_fault": f"{place}: a {type(row).__name__}, expected an object with text"}


def csv_rows(lines: TextIO, where: str, columns: Columns, delimiter: str | None = None) -> Iterator[Row]:
    """Read CSV rows, lazily; the delimiter is the one of comma, semicolon and tab that sets the text's column apart, else the one with most columns.

    Raises
    ------
    DataError
        If a column is missing.
    """
    csv.field_size_limit(MAX_FIELD)
    header = lines.readline()
    headers = {one: next(csv.reader([header], delimiter=one), []) for one in (delimiter or ",;\t")}
    # Where none sets the text's column apart, the one that parts most: the message then names the columns as people see them.
    delimiter = max(headers, key=lambda one: (columns.text in headers[one], len(headers[one])))
    names = headers[delimiter]
    mapping = columns.found_in(names, where)
    if columns.keep and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{where}: column {twice!r} is there twice and cannot be kept; rename one")
    return _csv_rows(csv.reader(lines, delimiter=delimiter, strict=True), where, names, columns, mapping)


def _csv_rows(reader: Any, where: str, names: Sequence[str], columns: Columns, mapping: Mapping[str, str]) -> Iterator[Row]:
    n_names = len(names)
    at = {field: names.index(name) for field, name in mapping.items()}
    while True:
        line = reader.line_num + 2
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            yield {"_fault": f"{where}:{line}: {fault}; a quotation mark inside a field is doubled, a field with a delimiter is quoted"}
            continue
        if not row:
            continue
        if len(row) > n_names:
            yield {"_fault": f"{where}:{line}: {len(row)} fields, the header has {n_names}; a text with a delimiter must be quoted"}
        elif any(_NOT_UTF8.search(field) for field in row):
            yield {"_fault": _utf8_fault(f"{where}:{line}")}
        else:
            found = {field: row[place] if place < len(row) else None for field, place in at.items()}
            yield {**found, "_kept": dict(zip(names, row, strict=False))} if columns.keep else found


def _parquet_rows(data: io.BufferedReader, where: str, columns: Columns, stack: contextlib.ExitStack) -> Iterator[Row]:
    parquet = load_pyarrow(where)[1]
    if where == "stdin" or not where.endswith(".parquet"):
        whole = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it; Parquet is read from its end
        while piece := data.read(1 << 20):
            whole.write(piece)
        whole.seek(0)
        source: Any = whole
    else:
        source = where
    try:
        file = stack.enter_context(parquet.ParquetFile(source))
        mapping = columns.found_in(file.schema_arrow.names, where)
        batches = file.iter_batches(batch_size=1024, columns=None if columns.keep else list(mapping.values()))
    except (OSError, ValueError) as fault:
        raise DataError(f"{where}: no readable Parquet file ({str(fault).splitlines()[0]}); write it anew, or as CSV") from fault
    return (columns.read_from(row, mapping) for batch in batches for row in batch.to_pylist())


def load_pyarrow(where: str) -> tuple[Any, Any]:
    """Return pyarrow and its module for Parquet; ``where`` is what needs them, for the fault.

    Raises
    ------
    DataError
        If it is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as fault:
        raise DataError(f"{where}: Parquet needs the package pyarrow; install stance[tables]") from fault
    return pyarrow, parquet
