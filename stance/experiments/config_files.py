"""Read TOML files into checked settings; a fault is reported with its line."""

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from stance.core.errors import ConfigError, DataError
from stance.core.files import read_text
from stance.core.formatting import counted
from stance.core.paths import display_path

Shape = TypeVar("Shape", bound=BaseModel)


class Strict(BaseModel):
    """The base of every table of a configuration file.

    It converts nothing, allows no unknown key, and cannot be changed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def read_checked(path: Path, shape: type[Shape], settings: list[str] | None = None) -> Shape:
    """Read a TOML file into any checked shape; as `read_experiment`.

    Raises
    ------
    ConfigError
        With every fault and its line, all at once.
    """
    try:
        text = read_text(path)
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        line = re.search(r"at line (\d+)", str(fault))
        raise ConfigError(
            f"{display_path(path)}{':' + line[1] if line else ''}: not TOML: {fault}"
        ) from fault
    except DataError as fault:
        raise ConfigError(str(fault)) from fault
    for setting in settings or []:
        _set(raw, setting)
    try:
        return shape.model_validate(raw)
    except ValidationError as fault:
        lines = [
            f"  {display_path(path)}:{line_of(text, _path(one['loc']))}: {place_of(one['loc'])}: "
            f"{words_of(one)}"
            for one in fault.errors()
        ]
        raise ConfigError(
            f"{display_path(path)}: {counted(len(lines), 'fault')}\n" + "\n".join(lines)
        ) from fault


def line_of(text: str, path: Sequence[int | str]) -> int:
    r"""Return the line of a TOML text on which the setting at a path stands.

    Without such a line it is that of the nearest table that should hold the setting, else 1.

    >>> text = 'name = "x"\n[[member]]\nfeatures = { kind = "tfidf" }'
    >>> line_of(text, ["member", 0, "features", "chars"])
    3
    """
    found: dict[tuple[int | str, ...], int] = {(): 1}
    tables: Counter[tuple[int | str, ...]] = Counter()
    at: tuple[int | str, ...] = ()
    quoted = False
    for number, line in enumerate(text.split("\n"), 1):
        inside, quoted = quoted, quoted ^ (len(re.findall("\"\"\"|'''", line)) % 2 == 1)
        header, key = (
            re.match(r"\s*(\[\[?)([^\[\]]+)\]", line),
            re.match(r"""\s*((?:"[^"]*"|'[^']*'|[\w.-])+)\s*=""", line),
        )
        if inside:
            continue
        if header:
            at = _keys(header[2])
            if header[1] == "[[":
                tables[at] += 1
                at = (*at, tables[at] - 1)
            found.setdefault(at, number)
        elif key:
            found.setdefault((*at, *_keys(key[1])), number)
    return next(
        found[tuple(path[:end])] for end in range(len(path), -1, -1) if tuple(path[:end]) in found
    )


def _keys(dotted: str) -> tuple[int | str, ...]:
    """Split a TOML key at its dots, except inside quotation marks."""
    return tuple(
        part.strip().strip("\"'")
        for part in re.findall(r"""\s*(?:"[^"]*"|'[^']*'|[^.])+""", dotted)
    )


def _set(raw: dict[str, Any], setting: str) -> None:
    path, sign, value = setting.partition("=")
    if not sign or not all(path.strip().split(".")):
        raise ConfigError(
            f"--set {setting!r}: expected key.path=value, for example member.0.classifier.C=3.0"
        )
    try:
        parsed = tomllib.loads(f"value = {value.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()  # a bare word is text
    put_in(raw, path.strip(), parsed, f"--set {setting!r}")


def put_in(raw: dict[str, Any], path: str, value: Any, asked: str) -> None:
    """Put a value at a path; a fault quotes ``asked``."""
    keys = path.split(".")
    at: Any = raw
    try:
        for key in keys[:-1]:
            at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
        if isinstance(at, list):
            at[int(keys[-1])] = value
        else:
            at[keys[-1]] = value
    except (IndexError, ValueError, AttributeError, TypeError) as fault:
        raise ConfigError(
            f"{asked}: there is no {path!r} in this experiment; name a setting as its file does, "
            "for example member.0.classifier.C"
        ) from fault


def _path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the place of a fault as a person wrote it.

    Pydantic adds the chosen kind of a union to it.
    """
    return tuple(
        part
        for k, part in enumerate(loc)
        if not (
            (k and loc[k - 1] in ("features", "classifier")) or (k > 1 and loc[k - 2] == "choices")
        )
    )


def place_of(loc: tuple[int | str, ...]) -> str:
    """Return the place of a fault in its file, its keys joined by dots."""
    return ".".join(map(str, _path(loc))) or "file"


def words_of(error: Any) -> str:
    """Return what pydantic found wrong, in plain words."""
    if error["type"] == "extra_forbidden":
        known = sorted({name for model in Strict.__subclasses__() for name in model.model_fields})
        near = difflib.get_close_matches(str(error["loc"][-1]), known, 1)
        return "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    if error["type"] == "missing":
        return "missing"
    message = str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    return message if isinstance(given, dict | list) else f"{message}, got {given!r}"
