"""Standard input, output and error that are closed, or that cannot show every character."""

import contextlib
import io
import os
import sys
from typing import Any

from stance.core.errors import DataError


class _ClosedStream(io.RawIOBase):
    """What stands in for a closed stream: its first use says so.

    Later ones do nothing, so that Python can shut down.
    """

    def __init__(self, told: str) -> None:
        self._told = told
        self._used = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ARG002 - nothing comes
        """Say that the stream is closed."""
        self._tell()
        return 0

    def write(self, data: Any) -> int:
        """Say that the stream is closed."""
        self._tell()
        return len(data)

    def _tell(self) -> None:
        if not self._used:
            self._used = True
            raise DataError(self._told)


def mend_streams() -> None:
    """Make the three streams usable, whatever this process was started with.

    A closed one is told when it is used. Characters that the output's encoding lacks become
    question marks (JSON is written with escapes instead, see `stance.cli.options.show_json`).
    """
    # What is opened next must not take the place of a closed stream.
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
    if sys.stdin is None:
        told = "standard input is closed; give a file, or pipe the text in"
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_ClosedStream(told)), encoding="utf-8")
    if sys.stdout is None:
        told = "standard output is closed, so nobody would see the answers; send it to a file"
        raw = _ClosedStream(told)
        sys.stdout = io.TextIOWrapper(
            io.BufferedWriter(raw), encoding="utf-8", errors="replace", write_through=True
        )
    elif isinstance(sys.stdout, io.TextIOWrapper):
        with contextlib.suppress(ValueError):
            sys.stdout.reconfigure(errors="replace")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(
            io.FileIO(os.open(os.devnull, os.O_WRONLY), "w"), encoding="utf-8", errors="replace"
        )
