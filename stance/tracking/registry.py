"""Registered models: logged, promoted to champion, downloaded."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stance.core.errors import ModelError
from stance.core.paths import display_path, home
from stance.tracking.model_folders import PLAIN_NAME, point, unfinished
from stance.tracking.runs import find_run
from stance.tracking.store import open_store

REGISTERED = "stance"
MAX_DESCRIPTION = 5000  # characters that MLflow's database keeps


def log_model(
    mlflow: Any,
    folder: Path,
    code: Path,
    example: list[dict[str, Any]],
    requirements: list[str],
    description: str,
) -> str:
    """Log a model folder as a pyfunc (code and data files, no pickle) and register it.

    The number of the new version is returned.

    Parameters
    ----------
    code
        The file that MLflow runs around the folder.
    example
        Rows that the model answers, shown with it.
    requirements
        Packages with their versions, which the model needs where it is served.
    description
        Markdown for the registered version; cut at `MAX_DESCRIPTION` characters.
    """
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    untyped: Any = AnyType()  # type: ignore[no-untyped-call]
    # Any type besides the text: pandas reads numbered ids of a CSV file as integers and an empty
    # column as floats, and MLflow would refuse them.
    inputs = Schema(
        [
            ColSpec("string", "text"),
            *(
                ColSpec(untyped, name, required=False)
                for name in ("cue", "context", "speaker", "id")
            ),
        ]
    )
    outputs = Schema(
        [
            ColSpec("string", "stance"),
            ColSpec("double", "score"),
            ColSpec("boolean", "abstained"),
            ColSpec("string", "prediction"),
        ]
    )
    asked = ParamSchema([ParamSpec("abstain_at", "double", 0.0), ParamSpec("sets", "double", 0.0)])
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(code),
        artifacts={"model": str(folder)},
        signature=ModelSignature(inputs, outputs, asked),
        input_example=pd.DataFrame(example),
        pip_requirements=requirements,
    )
    # Registered by hand: the fluent call prints to stderr in the middle of our own lines.
    client = mlflow.MlflowClient()
    with contextlib.suppress(mlflow.exceptions.MlflowException):  # it exists already
        client.create_registered_model(
            REGISTERED, description="Stance toward negotiations of attributed quotes"
        )
    run_id = mlflow.active_run().info.run_id
    description = description[:MAX_DESCRIPTION]
    made = client.create_model_version(
        REGISTERED,
        logged.model_uri,
        run_id,
        description=description,
        model_id=logged.model_id,
        await_creation_for=0,
    )
    return str(made.version)


def promote(name: str, check: Callable[[Path], object] = lambda _: None) -> tuple[str, str]:
    """Move the alias ``champion`` to a run's registered model.

    `stance.experiments.promotion.losses` says whether it should be moved.

    Parameters
    ----------
    check
        Is called with the model's folder first and raises where the model cannot be used.

    Returns
    -------
    version, run name

    Raises
    ------
    ConfigError
        If there is no such run.
    ModelError
        If it logged no model, or has not finished.
    """
    mlflow = open_store()
    run = find_run(mlflow, name)
    client = mlflow.MlflowClient()
    versions = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    if not versions:
        raise ModelError(f"run {run.info.run_name}: logged no model; train the experiment again")
    folder = _fetched(mlflow, run)
    check(folder)
    client.set_registered_model_alias(REGISTERED, "champion", versions[0].version)
    point("champion", folder, run.info.run_id)
    return str(versions[0].version), str(run.info.run_name)


def download_model(uri: str) -> Path:
    """Fetch the model folder behind ``runs:/ID`` or ``models:/NAME@alias`` into ``models/``.

    Raises
    ------
    ModelError
        If there is no such model, its run has not finished, or its files are no model folder.
    """
    mlflow = open_store()
    client = mlflow.MlflowClient()
    try:
        if uri.startswith("models:"):
            name, _, alias = uri.removeprefix("models:/").partition("@")
            name, _, number = name.partition("/")
            version = (
                client.get_model_version_by_alias(name, alias)
                if alias
                else client.get_model_version(name, number)
            )
            run_id = version.run_id
        else:
            run_id = uri.removeprefix("runs:/").split("/")[0]
        return _fetched(mlflow, client.get_run(run_id))
    except (mlflow.exceptions.MlflowException, OSError) as fault:
        raise ModelError(
            f"{uri}: {str(fault).splitlines()[0]}; stance ui shows the runs, "
            f"{display_path(home() / 'models')} has the folders"
        ) from fault


def _fetched(mlflow: Any, run: Any) -> Path:
    """Return the folder of a finished run's model; it is downloaded where it is missing."""
    name = str(run.info.run_name)
    if run.info.status != "FINISHED":
        raise ModelError(
            f"run {name}: {run.info.status.lower()}, so its model may be half written; train the "
            "experiment again, or name another run"
        )
    folder = _folder_of(run)
    if (folder / "card.json").is_file():
        return folder
    if folder.exists() or folder.is_symlink():
        raise ModelError(
            f"{display_path(folder)}: exists, but has no card.json, so it is no whole model; move "
            "it away, and the model is fetched from the store"
        )
    place = unfinished(f"download-{os.getpid()}")
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as beside:
        given = mlflow.artifacts.download_artifacts(
            run_id=run.info.run_id, artifact_path="model_folder", dst_path=beside
        )
        strange = [
            path.name for path in Path(given).iterdir() if path.is_symlink() or not path.is_file()
        ]
        if strange or not (Path(given) / "card.json").is_file():
            raise ModelError(
                f"run {name}: what it logged is no model folder "
                f"({f'{strange[0]} is no plain file' if strange else 'no card.json'}); train the "
                "experiment again"
            )
        Path(given).rename(folder)
    return folder


def _folder_of(run: Any) -> Path:
    """Return the place in ``models/`` that a run names for its model.

    Whoever can write to the store can write this tag. So it must be a plain name that ends in the
    run's own id: no other place can be written, and no other run's folder taken for this one's.
    """
    name, short = run.data.tags.get("model_folder", run.info.run_id), run.info.run_id[:8]
    if not PLAIN_NAME.fullmatch(name) or not (
        name == run.info.run_id or name.endswith(f"-{short}")
    ):
        raise ModelError(
            f"run {run.info.run_name}: its tag model_folder is {name!r}; expected the name of a "
            f"folder that ends in -{short}; somebody may have changed the tag, train the "
            "experiment again"
        )
    return Path(home() / "models" / name)
