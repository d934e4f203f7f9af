"""Read and write gzip and zstd files, and load what Parquet needs."""

import contextlib
import csv
import gzip
import io
import sys
from collections.abc import Iterator
from typing import IO, Any, Self, TextIO, cast

from stance.core.errors import DataError, install_hint

PACKED = (".gz", ".zst")
PEEK = 1 << 16


@contextlib.contextmanager
def open_unpacked(data: io.BufferedReader, where: str) -> Iterator[io.BufferedReader]:
    """Undo gzip or zstd; the first bytes tell which, whatever the file's name is."""
    start = data.peek(4)[:4]
    if start[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=data) as unpacked:
            yield io.BufferedReader(cast(Any, unpacked), PEEK)
    elif start == b"\x28\xb5\x2f\xfd":
        with load_zstd(where).ZstdFile(data) as unpacked:
            yield io.BufferedReader(unpacked, PEEK)
    else:
        yield data


class BoundedLines:
    """The lines of a stream, of which none takes more room than it should.

    A small packed file may hold one line of many gigabytes. Reading such a line raises a
    ``csv.Error``; the next call goes on behind it.
    """

    def __init__(self, lines: TextIO, most: int) -> None:
        self._lines = lines
        self._most = most

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if line := self.readline():
            return line
        raise StopIteration

    def readline(self) -> str:
        """Return the next line, or nothing at the end."""
        line = self._lines.readline(self._most)
        if len(line) < self._most or line.endswith(("\n", "\r")):
            return line
        while (rest := self._lines.readline(self._most)) and not rest.endswith(("\n", "\r")):
            pass
        raise csv.Error(f"a line of more than {self._most} characters")


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
        raise DataError(
            f"{where}: zstd needs the package backports.zstd; {install_hint('tables')}"
        ) from fault
    return zstd


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
        raise DataError(
            f"{where}: Parquet needs the package pyarrow; {install_hint('tables')}"
        ) from fault
    return pyarrow, parquet


@contextlib.contextmanager
def packed(out: IO[bytes], packing: str) -> Iterator[IO[bytes]]:
    """Write through gzip or zstd where the file's name has that ending."""
    if packing == ".gz":
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packer:
            yield cast(IO[bytes], packer)
    elif packing == ".zst":
        with load_zstd("--out").ZstdFile(out, "wb") as packer:
            yield packer
    else:
        yield out
