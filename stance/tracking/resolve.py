"""Find the model folder that a name means.

The name may be a folder, a run, an experiment, the champion, or an address of MLflow. The store is
opened only where no folder matches.
"""

import re
from pathlib import Path

from stance.core.errors import ModelError
from stance.core.paths import RELEASED, display_path, home
from stance.tracking.model_folders import (
    champion_folder,
    folders_named,
    in_use,
    known_folders,
    released_names,
)
from stance.tracking.runs import experiment_of

_RUN_NAME = re.compile(r"-\d{4}-\d{6}$")


def resolve(source: str | None) -> Path:
    """Return the folder that ``source`` means now, as `stance.load` takes it.

    Raises
    ------
    ModelError
        If it is neither a folder nor a run that is known.
    """
    if source is None:
        return in_use().folder
    if source.startswith(("models:", "runs:")):
        from stance.tracking.registry import download_model

        return download_model(source)
    if Path(source).is_dir():
        return Path(source)
    if source == "champion":
        return champion_folder()
    if source in released_names():
        return RELEASED / source
    runs = folders_named(source) or folders_named(experiment_of(source))
    if runs:
        return max(runs, key=lambda path: (path / "card.json").stat().st_mtime)
    if _RUN_NAME.search(source):
        from stance.tracking.registry import download_model
        from stance.tracking.runs import find_run
        from stance.tracking.store import open_store

        return download_model(f"runs:/{find_run(open_store(), source).info.run_id}")
    raise ModelError(
        f"{source}: neither a model folder nor a run in {display_path(home() / 'models')}; "
        f"{known_folders()}"
    )
