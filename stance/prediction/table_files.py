"""Write a table whose columns have types: JSONL, CSV (as R and pandas read it), Parquet.

A type is one of ``text``, ``whole``, ``number``, ``yes/no`` and ``day``.
"""

import csv
import io
import itertools
import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from stance.core.errors import DataError
from stance.core.formatting import json_line
from stance.core.safe_text import safe_cell
from stance.prediction.compression import load_pyarrow
from stance.prediction.row_files import MISSING, kind_of

FORMATS = ("jsonl", "csv", "parquet")
BATCH = 5_000


def format_of(name: str) -> tuple[str, str]:
    """Return (format, packing) of the file to write, as its name says.

    Raises
    ------
    DataError
        If no table is written to such a name.
    """
    kind, packing = kind_of(name) or ("", "")
    if kind not in FORMATS or (kind == "parquet" and packing):
        raise DataError(
            f"{name}: unknown kind of file; expected .jsonl or .csv (also .gz or .zst behind it) "
            "or .parquet"
        )
    return kind, packing


def write_table(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], out: IO[bytes], kind: str
) -> None:
    """Write rows to an open stream, a batch at a time."""
    stream = iter(rows)
    batches = iter(lambda: list(itertools.islice(stream, BATCH)), [])
    if kind == "jsonl":
        for batch in batches:
            out.write("".join(map(json_line, batch)).encode("utf-8"))
    elif kind == "csv":
        _write_csv(batches, columns, out)
    else:
        _write_parquet(batches, columns, out)


def _write_csv(
    batches: Iterable[list[Mapping[str, Any]]], columns: Mapping[str, str], out: IO[bytes]
) -> None:
    _write_lines([list(columns)], out)
    for batch in batches:
        _write_lines(([_csv_cell(row.get(name)) for name in columns] for row in batch), out)


def _write_lines(lines: Iterable[list[Any]], out: IO[bytes]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    out.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _csv_cell(value: Any) -> Any:
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return str(value).upper()  # R reads TRUE and FALSE as logical, pandas as bool
    return safe_cell(_plain(value))


def _plain(value: Any) -> Any:
    """Return lists and objects as JSON, and text without half characters."""
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _write_parquet(
    batches: Iterable[list[Mapping[str, Any]]], columns: Mapping[str, str], out: IO[bytes]
) -> None:
    pa, parquet = load_pyarrow("a table as .parquet")
    kinds = {
        "text": pa.string(),
        "whole": pa.int64(),
        "number": pa.float64(),
        "yes/no": pa.bool_(),
        "day": pa.date32(),
    }
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    texts = {name for name, kind in columns.items() if kind == "text"}
    with parquet.ParquetWriter(out, schema) as writer:
        for batch in batches:
            cells = [
                {name: typed_cell(row.get(name), name in texts) for name in columns}
                for row in batch
            ]
            writer.write_table(pa.Table.from_pylist(cells, schema=schema))


def typed_cell(value: Any, is_text: bool) -> Any:
    """Return a value as a column with a type holds it: as text whatever a column of texts gets."""
    value = _plain(value)
    return str(value) if is_text and value is not None and not isinstance(value, str) else value
