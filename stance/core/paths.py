"""Where the project's files lie, and how a path is shown."""

import os
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]
RELEASED = Path(__file__).resolve().parents[1] / "models" / "released"  # comes with the package
STANDARD = "standard"  # the released model that predicts where none is named


def home() -> Path:
    """Return the project folder.

    It is ``STANCE_HOME`` where that is set, else the checkout this package runs from, else the
    current folder.
    """
    given = os.environ.get("STANCE_HOME")
    if given:
        return Path(given).expanduser().resolve()
    return _CHECKOUT if (_CHECKOUT / "labels").is_dir() else Path.cwd()


def display_path(path: Path) -> str:
    """Return a path as people read it: relative to the project where it lies inside."""
    try:
        return str(path.resolve().relative_to(home()))
    except ValueError:
        return str(path)


def cache_folder() -> Path:
    """Return the folder of files that can be made again: vectors, networks, checkpoints.

    It is ``STANCE_CACHE`` where that is set, else ``.cache`` of the project, else the user's own
    cache.
    """
    given = os.environ.get("STANCE_CACHE")
    if given:
        return Path(given).expanduser().resolve()
    if os.environ.get("STANCE_HOME") or (_CHECKOUT / "labels").is_dir():
        return home() / ".cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stance"
