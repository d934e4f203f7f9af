"""Write predictions to a file, a batch at a time: JSONL, CSV, Parquet, or a table to look at."""

import contextlib
import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, Protocol, cast

from stance.core.errors import DataError
from stance.core.formatting import json_line
from stance.core.safe_text import printable, safe_cell
from stance.core.types import STANCES
from stance.prediction.compression import load_pyarrow

FORMATS = ("jsonl", "csv", "parquet", "table")
ROW_GROUP = 20_000


class RowWriter(Protocol):
    """Takes answers in the JSON form of `Prediction`, a batch at a time."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write a batch, whole rows only."""
        ...

    def close(self) -> None:
        """Write what is still held; the file underneath stays open."""
        ...


class JsonWriter:
    """JSONL: the whole answer."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one line a row."""
        self._out.write("".join(map(json_line, rows)).encode("utf-8"))
        self._out.flush()

    def close(self) -> None:
        """Do nothing: no row is held back."""


FLAT = (
    "id",
    "stance",
    "score",
    "coarse",
    "abstained",
    "reason",
    "note",
    *(f"p_{stance}" for stance in STANCES),
    "model",
    "version",
)


def flat(
    row: Mapping[str, Any], extra: Sequence[str] = (), kept: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return an answer as one flat record for CSV and Parquet.

    ``extra`` are columns that were asked for: explanation, prediction_set, attributed; ``kept``
    says under which name each column of the input comes first.
    """
    record: dict[str, Any] = {
        name: _cell(row.get("input", {}).get(column)) for column, name in (kept or {}).items()
    }
    record |= {name: row.get(name) for name in FLAT[:7]}
    record |= {f"p_{stance}": row["probabilities"][stance] for stance in STANCES}
    record |= {"model": row["model"].get("name"), "version": row["model"].get("version")}
    shown = {"explanation": shown_terms, "prediction_set": shown_set, "attributed": shown_held}
    return record | {name: shown[name](row) for name in extra}


def _cell(value: Any) -> Any:
    return (
        json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, dict | list)
        else value
    )


def kept_names(columns: Iterable[str], extra: Sequence[str] = ()) -> dict[str, str]:
    """Return input column -> its name in the output.

    It is the column's own name, or ``input_NAME`` where the predictions have a column of that name.

    Raises
    ------
    DataError
        If that name is there as well.
    """
    columns = list(dict.fromkeys(columns))
    taken = {*FLAT, *extra}
    names = {column: f"input_{column}" if column in taken else column for column in columns}
    twice = [
        column
        for column, name in names.items()
        if name != column and (name in columns or name in taken)
    ]
    if twice:
        raise DataError(
            f"--keep-columns: {twice[0]!r} would come out as {names[twice[0]]!r}, which is there "
            "already; rename one"
        )
    return names


def shown_set(row: Mapping[str, Any]) -> str:
    """Return a prediction set as words divided by blanks."""
    return " ".join(row.get("prediction_set", ()))


def shown_terms(row: Mapping[str, Any]) -> str:
    """Return the terms that spoke for an answer, for a person."""
    return "; ".join(f"{one['term']} {one['weight']:+.2f}" for one in row.get("explanation", ()))


def shown_held(row: Mapping[str, Any]) -> str:
    """Return the stances that a quote ascribes to others, for a person."""
    return "; ".join(f"{one['holder']}: {one['stance']}" for one in row.get("attributed", ()))


class CsvWriter:
    """CSV with a header: one column a field."""

    def __init__(
        self, out: IO[bytes], extra: Sequence[str] = (), kept: Iterable[str] | None = None
    ) -> None:
        self._out = out
        self._extra = tuple(extra)
        self._kept = kept_names(kept or (), extra)
        self._names = [*self._kept.values(), *FLAT, *extra]
        self._started = False
        self._shown = out.isatty()

    def _cell(self, value: Any) -> Any:
        """Return a cell that neither a spreadsheet computes nor a terminal obeys."""
        cell = safe_cell(value)
        return printable(cell) if self._shown and isinstance(cell, str) else cell

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write a batch of records."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        if not self._started:
            writer.writerow(map(self._cell, self._names))
            self._started = True
        for row in rows:
            record = flat(row, self._extra, self._kept)
            writer.writerow([self._cell(record.get(name)) for name in self._names])
        self._out.write(text.getvalue().encode("utf-8", "backslashreplace"))
        self._out.flush()

    def close(self) -> None:
        """Write the header if no row came."""
        if not self._started:
            self.write([])


class ParquetWriter:
    """Parquet with typed columns, one row group for every `ROW_GROUP` rows."""

    def __init__(
        self, out: IO[bytes], extra: Sequence[str] = (), kept: Iterable[str] | None = None
    ) -> None:
        pa, parquet = load_pyarrow("--format parquet")
        kinds = {
            "abstained": pa.bool_(),
            "score": pa.float64(),
            **{f"p_{stance}": pa.float64() for stance in STANCES},
        }
        self._kept = kept_names(kept or (), extra)
        self._names = [*self._kept.values(), *FLAT, *extra]
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in self._names])
        self._table = pa.Table
        self._writer = parquet.ParquetWriter(out, self._schema)
        self._extra = tuple(extra)
        self._held: list[dict[str, Any]] = []

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Hold rows until a row group is full."""
        texts = set(self._kept.values())
        for row in rows:
            record = flat(row, self._extra, self._kept)
            # Kept columns are text: what a column holds is known only at the end.
            self._held.append(
                {
                    name: _clean(str(value) if name in texts and value is not None else value)
                    for name, value in record.items()
                }
            )
        if len(self._held) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(self._table.from_pylist(self._held, schema=self._schema))
        self._held = []

    def close(self) -> None:
        """Write the last row group and the footer, without which Parquet cannot be read."""
        if self._held:
            self._flush()
        self._writer.close()


def _clean(value: Any) -> Any:
    return (
        value.encode("utf-8", "backslashreplace").decode("utf-8")
        if isinstance(value, str)
        else value
    )


class TableWriter:
    """A table for people, a page a batch."""

    def __init__(
        # a person sees the id
        self,
        out: IO[bytes],
        extra: Sequence[str] = (),
        kept: Iterable[str] | None = None,  # noqa: ARG002 - a person sees the id
    ) -> None:
        from rich.console import Console

        wide = sys.stdout.isatty()
        self._console = Console(
            file=io.TextIOWrapper(out, encoding="utf-8", errors="replace", write_through=True),
            width=None if wide else 120,
        )
        self._extra = tuple(extra)
        self._started = False

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Print a batch."""
        from rich.markup import escape
        from rich.table import Table

        table = Table(box=None, show_header=not self._started, pad_edge=False)
        for name, width in (("id", 20), ("stance", 11), ("sure", 5), ("score", 5)):
            table.add_column(name, width=width, no_wrap=True)
        if "prediction_set" in self._extra:
            table.add_column("one of", width=24)
        table.add_column("because" if "explanation" in self._extra else "reason")
        for row in rows:
            sure = max(row["probabilities"].values())
            why = row.get("reason") or row.get("note") or shown_terms(row)
            one_of = [shown_set(row)] if "prediction_set" in self._extra else []
            table.add_row(
                escape(printable(str(row["id"] or ""))),
                row["stance"] or "-",
                f"{sure:.2f}",
                f"{row['score']:+.2f}",
                *one_of,
                escape(printable(why)),
            )
        if rows:
            self._console.print(table)
            self._started = True

    def close(self) -> None:
        """Detach from the stream without closing it."""
        with contextlib.suppress(ValueError):
            cast(io.TextIOWrapper, self._console.file).detach()


def writer_for(
    kind: str, out: IO[bytes], extra: Sequence[str] = (), kept: Iterable[str] | None = None
) -> RowWriter:
    """Return the writer of a format, one of `FORMATS`.

    JSONL has every field anyway, the others the columns ``extra`` and ``kept`` where asked for.
    """
    if kind == "jsonl":
        return JsonWriter(out)
    writers: dict[str, type[CsvWriter | ParquetWriter | TableWriter]] = {
        "csv": CsvWriter,
        "parquet": ParquetWriter,
        "table": TableWriter,
    }
    return writers[kind](out, extra, kept)


def read_answers(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Read back answers that `JsonWriter` wrote."""
    return (json.loads(line) for line in lines)
