"""Files of text, TOML and JSONL: what is wrong with one is told in a sentence that names it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stance.errors import DataError
from stance.home import shown
from stance.records import read_jsonl


def read_text(path: Path) -> str:
    """Return a file's text; UTF-8 (with or without mark), else what its byte-order mark says.

    Raises
    ------
    DataError
        If the file cannot be read or is not text in these encodings.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise DataError(f"{path}: cannot be read ({fault.strerror}); check the path") from fault
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as fault:
        raise DataError(f"{path}: byte {fault.start} is not {encoding}; save the file as UTF-8 (iconv -f CP1252 -t UTF-8 {path.name})") from fault


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds.

    Raises
    ------
    DataError
        If it cannot be read or is not TOML.
    """
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as fault:
        raise DataError(f"{shown(path)}: not TOML ({fault}); mend that line") from fault


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, object) per line of a JSONL file, as `stance.records.read_jsonl` does.

    Raises
    ------
    DataError
        If the file cannot be read, or at the first line that is not a JSON object.
    """
    # Not splitlines(): U+2028 and U+0085 may stand inside a JSON string.
    return read_jsonl(read_text(path).split("\n"), shown(path))
