"""Registered models: logged, promoted to champion, downloaded."""

import contextlib
import shutil
from pathlib import Path
from typing import Any

from stance.core.errors import ModelError
from stance.core.paths import display_path, home
from stance.tracking.model_folders import point
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


def promote(name: str) -> tuple[str, str]:
    """Move the alias ``champion`` to a run's registered model.

    `stance.experiments.promotion.losses` says whether it should be moved.

    Returns
    -------
    version, run name

    Raises
    ------
    ConfigError
        If there is no such run.
    ModelError
        If it logged no model.
    """
    mlflow = open_store()
    run = find_run(mlflow, name)
    client = mlflow.MlflowClient()
    versions = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    if not versions:
        raise ModelError(f"run {run.info.run_name}: logged no model; train the experiment again")
    folder: Path = home() / "models" / run.data.tags.get("model_folder", "?")
    if not (folder / "card.json").is_file():
        folder = download_model(f"runs:/{run.info.run_id}")
    client.set_registered_model_alias(REGISTERED, "champion", versions[0].version)
    point("champion", folder, run.info.run_id)
    return str(versions[0].version), str(run.info.run_name)


def download_model(uri: str) -> Path:
    """Fetch the model folder behind ``runs:/ID`` or ``models:/NAME@alias`` into ``models/``.

    Raises
    ------
    ModelError
        If there is no such model.
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
        run = client.get_run(run_id)
        folder: Path = home() / "models" / run.data.tags.get("model_folder", run_id)
        if not (folder / "card.json").is_file():
            found = Path(
                mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="model_folder")
            )
            shutil.copytree(found, folder, dirs_exist_ok=True)
    except mlflow.exceptions.MlflowException as fault:
        raise ModelError(
            f"{uri}: {str(fault).splitlines()[0]}; stance ui shows the runs, "
            f"{display_path(home() / 'models')} has the folders"
        ) from fault
    return folder
