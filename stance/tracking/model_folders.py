"""The folders in ``models/``: found by name, and the one in use where none is named.

Two files beside the model folders, ``champion.json`` and ``latest.json``, point to those in use,
so that a first prediction need not wait for MLflow.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from stance.core.errors import ModelError
from stance.core.files import write_whole
from stance.core.paths import display_path, home

FEWEST_OF_ID = 4


def folders_named(name: str) -> list[Path]:
    """Return the model folders of an experiment, or of a run by its id or the beginning of it.

    A folder whose name only resembles it belongs to another experiment.
    """
    found = []
    for card in (home() / "models").glob("*/card.json"):
        experiment, _, version = card.parent.name.rpartition("-")
        begins = len(name) >= FEWEST_OF_ID and (
            version.startswith(name[: len(version)])
            or (card.parent.name.startswith(name) and name.startswith(f"{experiment}-"))
        )
        if name in (card.parent.name, experiment) or begins:
            found.append(card.parent)
    return found


def known_folders() -> str:
    """Return in words which model folders there are, or how to get one."""
    known = sorted(path.parent.name for path in (home() / "models").glob("*/card.json"))
    return (
        f"there are {', '.join(known[:8])}{' …' if len(known) > 8 else ''}"
        if known
        else "there is none; train one (make train)"
    )


class InUse(NamedTuple):
    """The model that predicts where none is named.

    ``why`` is champion or latest, ``run`` the id of the run that made it, where it is known.
    """

    why: str
    folder: Path
    run: str | None

    def __str__(self) -> str:
        newest = "the newest run of the default experiment"
        return f"{self.folder.name}, {'the champion' if self.why == 'champion' else newest}"


def in_use(pointers: Sequence[str] = ("champion", "latest")) -> InUse | None:
    """Return the champion, else the newest run of the default experiment, else None.

    Pointers beside the model folders are read, not the tracking store: a first prediction must not
    wait for MLflow.
    """
    for name in pointers:
        found = pointer(name)
        folder = home() / "models" / found.get("folder", "")
        if found and (folder / "card.json").is_file():
            return InUse(name, folder, found.get("run"))
    return None


def default_model(pointers: Sequence[str] = ("champion", "latest")) -> Path:
    """Return the folder of the champion, else of the default experiment's newest finished run.

    A run of another experiment never takes over by itself.

    Raises
    ------
    ModelError
        If there is no such model; the message says how to get one.
    """
    found = in_use(pointers)
    if found:
        return found.folder
    models = display_path(home() / "models")
    if "latest" not in pointers:
        raise ModelError(
            f"{models}: no champion yet; choose one (stance promote RUN), or name a run or a "
            "model folder"
        )
    if any((home() / "models").glob("*/card.json")):
        raise ModelError(
            f"{models}: no champion, and no run of the default experiment; run make train first, "
            f"or name another with --model: {known_folders()}"
        )
    raise ModelError(f"{models}: no trained model; run make train first, or name a model folder")


def pointer(name: str) -> dict[str, str]:
    """Return what ``models/NAME.json`` points to; empty where there is none."""
    try:
        found = json.loads((home() / "models" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def point(name: str, folder: Path, run_id: str) -> None:
    """Let ``models/NAME.json`` point to a model folder, so that prediction needs no MLflow."""
    write_whole(
        home() / "models" / f"{name}.json",
        json.dumps({"folder": folder.name, "run": run_id}) + "\n",
    )
