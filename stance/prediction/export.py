"""Copy a model's folder elsewhere: whole, checked, and only what prediction reads."""

import json
import shutil
import tempfile
from pathlib import Path

from stance.core.errors import ModelError
from stance.core.files import write_whole
from stance.models.folder import CARD, checked_bytes, read_card
from stance.prediction.model import load


def export_model(source: str | Path, folder: Path) -> list[Path]:
    """Copy a trained model to ``folder``.

    The folder then is all that `stance.load` needs on another machine.

    Parameters
    ----------
    source
        What `stance.load` takes: ``champion``, a run, a model folder, ``runs:/ID`` or
        ``models:/stance@champion``.
    folder
        A folder that does not exist or is empty. It appears whole or not at all.

    Returns
    -------
    list of Path
        The files written, the card last.

    Raises
    ------
    ModelError
        If there is no such model, it is damaged, or ``folder`` holds something already.
    """
    source_folder = load(source).folder
    card = read_card(source_folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(
            f"{folder}: holds something already; name a new folder, nothing is overwritten"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    names = sorted(card["files"])
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name in names:
            # The very bytes that were checked, never a second look at a file that may be a link.
            write_whole(beside / name, checked_bytes(source_folder / name, card["files"]))
        write_whole(beside / CARD, json.dumps(card, indent=2, ensure_ascii=False) + "\n")
        load(beside)  # reads every checksum again, now on the copy
        beside.chmod(0o755)
        beside.replace(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return [folder / name for name in (*names, CARD)]
