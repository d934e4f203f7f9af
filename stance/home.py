"""Where the project's files lie, and how a file tells that it is still the same."""

import hashlib
import os
import tomllib
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """Return the project folder: ``STANCE_HOME`` where it is set, else the checkout this package runs from, else the current folder."""
    given = os.environ.get("STANCE_HOME")
    if given:
        return Path(given).expanduser().resolve()
    return _CHECKOUT if (_CHECKOUT / "labels").is_dir() else Path.cwd()


def shown(path: Path) -> str:
    """Return a path as people read it: relative to the project where it lies inside."""
    try:
        return str(path.resolve().relative_to(home()))
    except ValueError:
        return str(path)


def experiment_of(name: str) -> str:
    """Return the name of the experiment in ``experiments/NAME.toml``; ``name`` itself where there is no such file."""
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        return name
    try:
        found = tomllib.loads((home() / "experiments" / f"{name}.toml").read_text(encoding="utf-8")).get("name", name)
    except (OSError, ValueError):
        return name
    return str(found)


def sha256(path: Path) -> str:
    """Return the checksum of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
