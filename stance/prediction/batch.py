"""Predict many rows from a file to a file.

It takes constant memory, stops at whole lines, and continues where it stopped.
"""

import contextlib
import dataclasses
import itertools
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import IO, Any

from stance.core.errors import DataError
from stance.core.formatting import counted, json_line, shown_figures
from stance.core.part_files import PartFile, only_writer, refuse_existing
from stance.core.types import Row
from stance.prediction.answer_files import FORMATS, kept_names, read_answers, writer_for
from stance.prediction.compression import load_pyarrow, load_zstd, packed
from stance.prediction.model import Model
from stance.prediction.row_files import kind_of
from stance.prediction.rows import BATCH, Options

Answers = list[dict[str, Any]]


@dataclasses.dataclass
class Summary:
    """The counts of a run.

    They are the rows answered (with those of an earlier, interrupted run) and why some were not
    judged.
    """

    n_rows: int = 0
    n_resumed: int = 0
    n_unsure: int = 0
    reasons: Counter[str] = dataclasses.field(default_factory=Counter)

    @property
    def n_abstained(self) -> int:
        """Rows without a stance, bad ones and unsure ones."""
        return self.reasons.total() + self.n_unsure

    def count(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Count a batch of answers."""
        for answer in answers:
            self.n_rows += 1
            if answer["abstained"]:
                reason = str(answer["reason"])
                if reason.startswith("unsure"):
                    self.n_unsure += 1
                else:
                    self.reasons[_kind_of_fault(reason)] += 1

    def __str__(self) -> str:
        parts = [f"{count} {reason}" for reason, count in self.reasons.most_common(5)]
        parts += [f"{self.n_unsure} unsure"] if self.n_unsure else []
        resumed = f", {self.n_resumed} of them from the run before" if self.n_resumed else ""
        return f"{counted(self.n_rows, 'row')}{resumed}, {self.n_abstained} abstained" + (
            f" ({', '.join(parts)})" if parts else ""
        )


def _kind_of_fault(reason: str) -> str:
    for kind in (
        "not JSON",
        "not UTF-8",
        "not English",
        "expected an object",
        "no text",
        "unknown field",
    ):
        if kind in reason:
            return kind
    return reason if len(reason) < 40 and ":" not in reason else "not readable"


class Interruptible:
    """Within its block, Ctrl-C and SIGTERM wait until a batch is written.

    Between batches they take effect at once.
    """

    def __init__(self) -> None:
        self._writing = False
        self._pending = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interruptible":
        for number in (signal.SIGINT, signal.SIGTERM):
            # not in the main thread: signals never come here
            with contextlib.suppress(ValueError):
                self._before[number] = signal.signal(number, self._strike)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    # the signal's signature
    # the signal's signature
    def _strike(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002
        if self._writing:
            self._pending = True
        else:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """Let a block finish whatever signal comes."""
        self._writing = True
        try:
            yield
        finally:
            self._writing = False
        if self._pending:
            raise KeyboardInterrupt


def answers(model: Model, rows: Iterable[Row], options: Options) -> Iterator[Answers]:
    """Yield the answers of the rows in their order, a batch at a time.

    Their figures are rounded (see `stance.core.formatting.shown_figures`).
    """
    rows = iter(rows)
    while batch := list(itertools.islice(rows, BATCH)):
        found = [shown_figures(answer) for answer in model.answer_rows(batch, options)]
        if options.keep_columns:
            for row, answer in zip(batch, found, strict=True):
                answer["input"] = row.get("_kept", {})
        yield found


def _extra(options: Options) -> tuple[str, ...]:
    """Return the columns that were asked for in addition to the usual ones."""
    return (
        ("prediction_set",) * (options.sets is not None)
        + ("attributed",) * options.attributed
        + ("explanation",) * bool(options.explain)
    )


def predict_stream(
    model: Model,
    rows: Iterable[Row],
    out: IO[bytes],
    kind: str,
    options: Options | None = None,
    *,
    seen: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Answer rows on an open stream.

    Parameters
    ----------
    kind
        The format, one of `stance.prediction.answer_files.FORMATS`.
    seen
        Is told after each batch how many rows are answered.

    Raises
    ------
    DataError
        If kept columns cannot be given back in this format (see `Options`).
    """
    options = options or Options()
    summary = Summary()
    rows = iter(rows)
    columns: dict[str, None] = {}
    if options.keep_columns and kind in ("csv", "parquet"):
        # Their columns are fixed by the first batch; a JSONL file may bring new ones later.
        first = list(itertools.islice(rows, BATCH))
        columns = dict.fromkeys(name for row in first for name in row.get("_kept", {}))
        rows = itertools.chain(first, _with_columns(rows, columns))
    writer = writer_for(kind, out, _extra(options), columns)
    with Interruptible() as stop:
        try:
            for found in answers(model, rows, options):
                with stop.whole():
                    writer.write(found)
                summary.count(found)
                seen(summary.n_rows)
        finally:
            with stop.whole():
                writer.close()
                out.flush()
    return summary


def _with_columns(rows: Iterable[Row], columns: Mapping[str, None]) -> Iterator[Row]:
    for row in rows:
        new = [name for name in row.get("_kept", {}) if name not in columns]
        if new:
            raise DataError(
                f"column {new[0]!r} comes up after the first {BATCH} rows; give --out FILE, which "
                "has room for it, or --format jsonl"
            )
        yield row


def predict_to_file(
    model: Model,
    rows: Iterable[Row],
    out: Path,
    kind: str | None,
    options: Options | None = None,
    *,
    source: str,
    seen: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Answer rows into a file that appears when it is whole.

    Until then the answers are written line by line to ``OUT.part``. The same call continues after
    the last batch that lies there whole.

    Parameters
    ----------
    kind
        The format, one of `stance.prediction.answer_files.FORMATS`; None: the one that the file's
        name says.
    source
        Where the rows come from, a file or ``-``: only the same one is continued.
    seen
        Is told after each batch how many rows are answered.

    Raises
    ------
    DataError
        If ``out`` exists, its kind is unknown, another process writes it, or ``OUT.part`` belongs
        to other rows, another model or other options.
    """
    options = options or Options()
    refuse_existing(out)
    kind, packing = _out_kind(out, kind)
    job = {"source": _name_of(source), "model": model.label, **dataclasses.asdict(options)}
    with only_writer(out):
        with PartFile(out, job) as part:
            summary = _counted(part)
            left = part.left_of(rows, source)
            with Interruptible() as stop:
                while batch := list(itertools.islice(left, BATCH)):
                    if options.keep_columns and kind != "jsonl":
                        kept_names(batch[0].get("_kept", {}), _extra(options))
                    (found,) = answers(model, batch, options)
                    with stop.whole():
                        part.add(batch, "".join(map(json_line, found)).encode())
                    summary.count(found)
                    seen(summary.n_rows)
        _finish(part.path, out, kind, packing, options)
        part.remove()
    return summary


def _counted(part: PartFile) -> Summary:
    """Count the answers of an interrupted run."""
    summary = Summary()
    with part.path.open("rb") as lines:
        summary.count(read_answers(lines))
    summary.n_resumed = summary.n_rows
    return summary


def _out_kind(out: Path, kind: str | None) -> tuple[str, str]:
    """Return the format and the packing of a file to write; what writes them must be installed."""
    named, packing = kind_of(out.name) or (None, "")
    kind = kind or named
    if kind not in FORMATS or (kind == "parquet" and packing):
        raise DataError(
            f"{out}: unknown kind of file; expected .jsonl or .csv (also .gz or .zst behind it) "
            f"or .parquet, or --format {'|'.join(FORMATS)}"
        )
    if kind == "parquet":
        load_pyarrow(str(out))
    if packing == ".zst":
        load_zstd(str(out))
    return kind, packing


def _name_of(source: str) -> str:
    return source if source == "-" else str(Path(source).resolve())


def _kept_columns(part: Path) -> dict[str, None]:
    columns: dict[str, None] = {}
    with part.open("rb") as lines:
        for row in read_answers(lines):
            columns |= dict.fromkeys(row["input"])
    return columns


def _finish(part: Path, out: Path, kind: str, packing: str, options: Options) -> None:
    if kind == "jsonl" and not packing:
        os.replace(part, out)
        return
    columns = _kept_columns(part) if options.keep_columns else {}
    beside = out.with_name(f".{out.name}.tmp")
    try:
        with part.open("rb") as lines, beside.open("wb") as file, packed(file, packing) as stream:
            writer = writer_for(kind, stream, _extra(options), columns)
            rows = read_answers(lines)
            while batch := list(itertools.islice(rows, BATCH)):
                writer.write(batch)
            writer.close()
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)
