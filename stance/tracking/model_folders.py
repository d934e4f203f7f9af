"""The folders in ``models/``: how to find one by name, and which one predicts by default.

The file ``models/champion.json`` names the promoted model, so that a first prediction need not wait
for MLflow. Where nothing was promoted, the released model in the package answers.
"""

import json
from pathlib import Path
from typing import NamedTuple

from stance.core.errors import ModelError
from stance.core.files import write_whole
from stance.core.paths import RELEASED, STANDARD, display_path, home

FEWEST_OF_ID = 4


def folders_named(name: str) -> list[Path]:
    """Return the model folders of an experiment, or of a run by its id or the beginning of it.

    A folder whose name only begins in the same way belongs to another experiment.
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
    """Return, in words, which models can be named."""
    names = sorted(path.parent.name for path in (home() / "models").glob("*/card.json"))
    names = [*released_names(), *names]
    return f"there are {', '.join(names[:8])}{' …' if len(names) > 8 else ''}"


def released_names() -> list[str]:
    """Return the models that come with the package, the one that is used by default first."""
    names = (path.parent.name for path in RELEASED.glob("*/card.json"))
    return sorted(names, key=lambda name: (name != STANDARD, name))


class InUse(NamedTuple):
    """The model that predicts where none is named.

    ``why`` is champion or released; ``run`` is the id of the run that made it, None for the
    released one.
    """

    why: str
    folder: Path
    run: str | None

    def __str__(self) -> str:
        which = "the champion" if self.why == "champion" else "the released model"
        return f"{self.folder.name}, {which}"


def in_use() -> InUse:
    """Return the champion, or the released model where nothing was promoted.

    A pointer in the folder of models is read, not the tracking store: a first prediction must
    not wait for MLflow.

    Raises
    ------
    ModelError
        If the champion is named but its folder is gone: another model must not answer in its
        place unnoticed.
    """
    champion = pointer("champion")
    if not champion:
        return InUse("released", RELEASED / STANDARD, None)
    folder = home() / "models" / Path(champion.get("folder", "")).name
    if not (folder / "card.json").is_file():
        raise ModelError(
            f"{display_path(folder)}: the champion's folder is gone; promote another run (stance "
            f"promote RUN), or delete {display_path(home() / 'models' / 'champion.json')} to use "
            "the released model"
        )
    return InUse("champion", folder, champion.get("run"))


def champion_folder() -> Path:
    """Return the champion's folder.

    Raises
    ------
    ModelError
        If nothing was promoted, or its folder is gone.
    """
    used = in_use()
    if used.why != "champion":
        raise ModelError(
            f"{display_path(home() / 'models')}: no champion yet; choose one (stance promote RUN), "
            "or name a run or a model folder"
        )
    return used.folder


def pointer(name: str) -> dict[str, str]:
    """Return what ``models/NAME.json`` points to; empty where there is none."""
    try:
        found = json.loads((home() / "models" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def point(name: str, folder: Path, run_id: str) -> None:
    """Make ``models/NAME.json`` point to a model folder, so that prediction needs no MLflow."""
    write_whole(
        home() / "models" / f"{name}.json",
        json.dumps({"folder": folder.name, "run": run_id}) + "\n",
    )
