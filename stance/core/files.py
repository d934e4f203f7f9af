"""Read and write text, TOML and JSONL files; checksums; files written whole or not at all.

Where a file is faulty, the message names it and says what is wrong.
"""

import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.paths import display_path
from stance.core.safe_text import parse_json, whole_characters


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
        raise DataError(
            f"{path}: byte {fault.start} is not {encoding}; save the file as UTF-8 (iconv -f "
            f"CP1252 -t UTF-8 {path.name})"
        ) from fault


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
        raise DataError(f"{display_path(path)}: not TOML ({fault}); mend that line") from fault


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, object) per line of a JSONL file, as `stance.core.files.read_jsonl` does.

    Raises
    ------
    DataError
        If the file cannot be read, or at the first line that is not a JSON object.
    """
    # Not splitlines(): U+2028 and U+0085 may stand inside a JSON string.
    return read_jsonl(read_text(path).split("\n"), display_path(path))


def read_jsonl(lines: Iterable[str], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (place, object) per line that is not blank; the place is ``where:line``.

    Raises
    ------
    DataError
        At the first line that is not a JSON object.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{where}:{number}"
        yield place, json_object(line, place)


def json_object(line: str, place: str) -> dict[str, Any]:
    """Return the object of one line of a JSONL file.

    Raises
    ------
    DataError
        If it is no JSON object.
    """
    try:
        row = parse_json(line.lstrip("\ufeff"))
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{place}: not JSON ({fault}); expected one object a line") from fault
    if not isinstance(row, dict):
        raise DataError(f"{place}: expected a JSON object, found {type(row).__name__}")
    return row


_SEPARATOR_LINE = re.compile('\ufeff?"?sep=(.)"?[\r\n]*', re.IGNORECASE)


def named_delimiter(line: str) -> str | None:
    """Return the delimiter that Excel's own first line of a CSV file names, else None.

    >>> named_delimiter("sep=;"), named_delimiter("id;text")
    (';', None)
    """
    match = _SEPARATOR_LINE.fullmatch(line)
    return match[1] if match else None


def to_jsonl(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows as JSONL, readable (no escapes beyond what JSON asks for)."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_whole(path: Path, content: str | bytes) -> None:
    """Write ``path`` so that a reader finds the old file or the new one, never half of one.

    The content is written to a temporary file next to it, which is then renamed. Text is written
    as UTF-8, which cannot hold half a character: each becomes U+FFFD.
    """
    data = whole_characters(content).encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def sha256(path: Path) -> str:
    """Return the checksum of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
