"""The MLflow store of the project: one place that opens it, starts and ends runs, and registers models.

Only this module imports MLflow, and only inside functions. What it works around is written where it does so.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from stance.chosen import point, pointer
from stance.errors import ConfigError, ModelError
from stance.home import experiment_of, home, shown

EXPERIMENT = "stance"
REGISTERED = "stance"
VIEW_KEY = "stance-runs"
MAX_DESCRIPTION = 5000  # characters that MLflow's database keeps
VIEW_METRICS = (
    *(f"{name}_{score}" for name in ("cv", "test", "dev", "seeds") for score in ("f1", "coarse")),
    *("test_ece", "test_cov", "cv_s", "fit_s", "train_n", "test_n"),
)
# At the head of the page: what the columns of the runs table are.
LEGEND = """Each run answers one question of `experiments/`. Columns: a set (`cv` training reports, cross-validated by report; `test` reports by other authors;
`dev` and `seeds` real news, not trained on) and a figure: `f1` five-label macro-F1, `coarse` favor / against / none, `ece` expected calibration error, `cov`
share answered where at most 10% were to be wrong, `base` the majority baseline, `n` quotes; `cv_s`, `fit_s` seconds.
`stance compare` prints the same as a leaderboard."""


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI where it is set, else the sqlite store of the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def open_store() -> Any:
    """Return the mlflow module, set to the project's store with its experiment made.

    The first touch of an empty sqlite store is not safe for two processes at once, so it happens under a file lock.

    Raises
    ------
    ConfigError
        If the store cannot be opened.
    """
    # Before the import: the client looks at them while it is loaded. A dead server must not block for minutes.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import logging

    import mlflow
    from filelock import FileLock

    for noisy in ("alembic", "mlflow.store.db.utils", "mlflow.pyfunc", "mlflow.models.model"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    uri = tracking_uri()
    mlflow.set_tracking_uri(uri)
    home().mkdir(parents=True, exist_ok=True)
    with FileLock(home() / ".store.lock", timeout=120):
        try:
            if mlflow.get_experiment_by_name(EXPERIMENT) is None:
                place = (home() / "mlruns").as_uri() if uri.startswith("sqlite:") else None
                mlflow.create_experiment(EXPERIMENT, artifact_location=place)
            mlflow.set_experiment(EXPERIMENT)
        except mlflow.exceptions.MlflowException as fault:
            raise ConfigError(
                f"MLflow store {uri}: {str(fault).splitlines()[0]}; check MLFLOW_TRACKING_URI, or unset it to use the project's own store"
            ) from fault
        _share_view(mlflow)
        _sweep(mlflow)
    return mlflow


@contextlib.contextmanager
def tracked_run(mlflow: Any, name: str, tags: dict[str, str], *, run_id: str | None = None) -> Iterator[Any]:
    """Run a block as one MLflow run that never stays RUNNING: SIGTERM ends it as KILLED, and a SIGKILL is swept at the next start.

    With ``run_id`` an earlier run is gone on with, under the name it has.
    """
    tags = {**tags, "pid": str(os.getpid()), "host": socket.gethostname()}

    def killed(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signal's signature
        mlflow.end_run("KILLED")
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, killed)
    try:
        with mlflow.start_run(run_id=run_id, run_name=None if run_id else name, tags=tags) as run:
            yield run
    finally:
        signal.signal(signal.SIGTERM, before)


def commit() -> str:
    """Return the commit that the project stands at, "-dirty" where files differ from it."""
    found = subprocess.run(["git", "describe", "--always", "--dirty", "--exclude=*"], cwd=home(), capture_output=True, text=True, check=False)
    return found.stdout.strip() or "no git"


def _sweep(mlflow: Any) -> None:
    """End the runs that a killed process of this machine left RUNNING."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    for run in client.search_runs([experiment.experiment_id], "attributes.status = 'RUNNING'", max_results=100):
        pid, host = run.data.tags.get("pid", ""), run.data.tags.get("host")
        if host == socket.gethostname() and pid.isdigit() and not _alive(int(pid)):
            client.set_terminated(run.info.run_id, "KILLED")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _share_view(mlflow: Any) -> None:
    """Store the runs table that `make ui` opens: without it a new browser shows an empty page of traces and no metrics."""
    columns = ["attributes.`Models`", *(f"metrics.`{name}`" for name in VIEW_METRICS), "params.`experiment`"]
    view = {
        "searchFilter": "",
        "orderByKey": "metrics.`cv_f1`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "modelVersionFilter": "All Runs",
        "datasetsFilter": [],
        "selectedColumns": columns,
        "runsExpanded": {},
        "runsPinned": [],
        "runsHidden": [],
        "runsHiddenMode": "FIRST_10_RUNS",
        "viewMaximized": True,
        "runListHidden": False,
        "isAccordionReordered": False,
        "groupBy": "",
        "groupsExpanded": {},
        "autoRefreshEnabled": True,
    }
    mlflow.set_experiment_tag(f"mlflow.sharedViewState.{VIEW_KEY}", json.dumps(view))
    mlflow.set_experiment_tag("mlflow.experimentKind", "custom_model_development")
    mlflow.set_experiment_tag("mlflow.note.content", LEGEND)


def find_run(mlflow: Any, name: str) -> Any:
    """Return the run with this id, this beginning of an id, or the newest finished run of this name or experiment (by its name or its file's).

    Raises
    ------
    ConfigError
        If there is none.
    """
    runs = list(all_runs(mlflow))
    if name == "champion":
        name = pointer("champion").get("run", name)
    exact = [run for run in runs if len(name) >= 6 and run.info.run_id.startswith(name)]
    finished = [run for run in runs if run.info.status == "FINISHED"]
    names = dict.fromkeys((name, experiment_of(name)))  # the file default.toml holds the experiment vote
    named = [run for one in names for run in finished if one in (run.info.run_name, run.data.params.get("experiment"))]
    if not exact and not named:
        known = ", ".join(dict.fromkeys(str(run.info.run_name) for run in runs[:8])) or "none yet"
        raise ConfigError(f"run {name!r}: not found; newest runs: {known}; give a run's name, the beginning of its id, or its experiment")
    return (exact or named)[0]


def newest_beside(mlflow: Any, experiment: str) -> str | None:
    """Return another experiment than this one of which a model was trained, the last one; None where there is none."""
    for run in all_runs(mlflow):
        name = run.data.params.get("experiment")
        if run.info.status == "FINISHED" and kind_of(run) == "train" and name not in (None, experiment):
            return str(name)
    return None


def all_runs(mlflow: Any) -> Iterator[Any]:
    """Yield every run of the project, the newest first."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    token = None
    while True:
        page = client.search_runs([experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=500, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def logged_rows(mlflow: Any, run: Any, artifact: str) -> list[dict[str, Any]]:
    """Return the rows of a table that a run logged under this name; MLflow's exception where it logged none."""
    stored = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/{artifact}")
    return [dict(zip(stored["columns"], row, strict=True)) for row in stored["data"]]


def kind_of(run: Any) -> str:
    """Return what a run is: train, benchmark, curve, quotes or sweep; told from what it logged where it was tracked before runs were tagged so."""
    tagged = run.data.tags.get("kind")
    if tagged:
        return str(tagged)
    params, metrics = run.data.params, run.data.metrics
    return "benchmark" if "corpus" in params else "quotes" if "gold" in params else "train" if "train_n" in metrics else "curve"


def log_model(mlflow: Any, folder: Path, example: list[dict[str, Any]], requirements: list[str], description: str) -> str:
    """Log a model folder as a pyfunc (code and data files, no pickle), register it and return its version.

    Parameters
    ----------
    example
        Rows that the model answers, shown beside it.
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
    # Any type beside the text: pandas reads numbered ids of a CSV file as integers and an empty column as floats, and MLflow would refuse them.
    inputs = Schema([ColSpec("string", "text"), *(ColSpec(untyped, name, required=False) for name in ("cue", "context", "speaker", "id"))])
    outputs = Schema([ColSpec("string", "stance"), ColSpec("double", "score"), ColSpec("boolean", "abstained"), ColSpec("string", "prediction")])
    asked = ParamSchema([ParamSpec("abstain_at", "double", 0.0), ParamSpec("sets", "double", 0.0)])
    logged = mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__).parent / "pyfunc_model.py"),
        artifacts={"model": str(folder)},
        signature=ModelSignature(inputs, outputs, asked),
        input_example=pd.DataFrame(example),
        pip_requirements=requirements,
    )
    # Registered by hand: the fluent call prints to stderr in the middle of our own lines.
    client = mlflow.MlflowClient()
    with contextlib.suppress(mlflow.exceptions.MlflowException):  # it exists already
        client.create_registered_model(REGISTERED, description="Stance toward negotiations of attributed quotes")
    run_id = mlflow.active_run().info.run_id
    description = description[:MAX_DESCRIPTION]
    made = client.create_model_version(REGISTERED, logged.model_uri, run_id, description=description, model_id=logged.model_id, await_creation_for=0)
    return str(made.version)


def promote(name: str) -> tuple[str, str]:
    """Move the alias ``champion`` to a run's registered model; whether it should is `stance.comparison.losses`'s to say.

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
    """Fetch the model folder behind ``runs:/ID`` or ``models:/NAME@alias`` into ``models/`` and return it.

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
            version = client.get_model_version_by_alias(name, alias) if alias else client.get_model_version(name, number)
            run_id = version.run_id
        else:
            run_id = uri.removeprefix("runs:/").split("/")[0]
        run = client.get_run(run_id)
        folder: Path = home() / "models" / run.data.tags.get("model_folder", run_id)
        if not (folder / "card.json").is_file():
            found = Path(mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="model_folder"))
            shutil.copytree(found, folder, dirs_exist_ok=True)
    except mlflow.exceptions.MlflowException as fault:
        raise ModelError(f"{uri}: {str(fault).splitlines()[0]}; stance ui shows the runs, {shown(home() / 'models')} has the folders") from fault
    return folder
