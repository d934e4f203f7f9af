"""The folders in ``models/``: how to find one by name, and which one predicts by default.

The file ``models/champion.json`` names the promoted model, so that a first prediction need not wait
for MLflow. Where nothing was promoted, the released model in the package answers.
"""

import contextlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

from stance.core.errors import ModelError
from stance.core.files import write_whole
from stance.core.paths import RELEASED, STANDARD, display_path, home

FEWEST_OF_ID = 4
# A folder's name as `stance train` gives it: no path, and nothing hidden.
PLAIN_NAME = re.compile(r"[^\W_][\w-]{0,199}")
_UNFINISHED = ".unfinished"


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


_ANOTHER = (
    "promote another run (stance promote RUN), or delete models/champion.json to use the released "
    "model"
)


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
    folder = home() / "models" / champion["folder"]
    if not (folder / "card.json").is_file():
        raise ModelError(f"{display_path(folder)}: the champion's folder is gone; {_ANOTHER}")
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
    """Return what ``models/NAME.json`` points to; empty where there is no such file.

    Raises
    ------
    ModelError
        If the file is there and cannot be used.
    """
    path = home() / "models" / f"{name}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as fault:
        raise ModelError(f"{display_path(path)}: cannot be read ({fault}); {_ANOTHER}") from fault
    folder = found.get("folder") if isinstance(found, dict) else None
    if not isinstance(folder, str) or not PLAIN_NAME.fullmatch(folder):
        raise ModelError(
            f"{display_path(path)}: folder is {folder!r}, expected the name of a folder in "
            f"models/; {_ANOTHER}"
        )
    return {str(key): str(value) for key, value in found.items()}


def point(name: str, folder: Path, run_id: str) -> None:
    """Make ``models/NAME.json`` point to a model folder, so that prediction needs no MLflow."""
    write_whole(
        home() / "models" / f"{name}.json",
        json.dumps({"folder": folder.name, "run": run_id}) + "\n",
    )


def unfinished(run_id: str) -> Path:
    """Return the folder in which a run's model lies until the run has finished.

    No model is found there by its name.
    """
    return Path(home() / "models" / _UNFINISHED / run_id)


def unfinished_runs() -> list[str]:
    """Return the ids of the runs whose models lie in `unfinished`."""
    return [path.name for path in (home() / "models" / _UNFINISHED).glob("*")]


def keep_finished(run_id: str) -> None:
    """Move the model of a finished run to its place in ``models/``."""
    # Another process that opens the store may do the same at this moment.
    with contextlib.suppress(FileNotFoundError):
        for folder in list(unfinished(run_id).iterdir()):
            os.replace(folder, home() / "models" / folder.name)
        unfinished(run_id).rmdir()


def discard_unfinished(run_id: str) -> None:
    """Remove the model of a run that failed or was killed."""
    shutil.rmtree(unfinished(run_id), ignore_errors=True)
