"""The MLflow store of the project.

It is opened under a lock, its page is set up, and the runs of killed processes are ended. MLflow is
imported only inside functions. Each workaround is explained where it stands.
"""

import json
import os
import socket
from typing import Any

from stance.core.errors import ConfigError
from stance.core.paths import home
from stance.tracking.database import database_uri, drop_misread_folder, prepare, unreachable
from stance.tracking.model_folders import discard_unfinished, keep_finished, unfinished_runs

EXPERIMENT = "stance"
VIEW_KEY = "stance-runs"
VIEW_METRICS = (
    *(f"{name}_{score}" for name in ("cv", "test", "seeds") for score in ("f1", "coarse")),
    *("test_ece", "test_cov", "cv_s", "fit_s", "train_n", "test_n"),
)
# The text at the head of the page: what the columns of the runs table mean.
LEGEND = (
    "Each run answers one question of `experiments/`. Columns: a set (`cv` training reports, "
    "cross-validated by report; `test` reports by other authors; `seeds` real news, not trained "
    "on) and a figure: `f1` five-label macro-F1, `coarse` favor / against / none, `ece` expected "
    "calibration error, `cov` share answered where at most 10% were to be wrong, `base` the "
    "majority baseline, `n` quotes; `cv_s`, `fit_s` seconds.\n"
    "`stance compare` prints the same as a leaderboard."
)


def tracking_uri() -> str:
    """Return MLFLOW_TRACKING_URI where it is set, else the sqlite store of the project."""
    return os.environ.get("MLFLOW_TRACKING_URI") or database_uri(home() / "mlflow.db")


def open_store() -> Any:
    """Return the mlflow module, set to the project's store with its experiment made.

    The first touch of an empty sqlite store is not safe for two processes at once, so it happens
    under a file lock.

    Raises
    ------
    ConfigError
        If the store cannot be opened.
    """
    # Before the import: the client looks at them while it is loaded. A dead server must not block
    # for minutes.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    _lock_folder()
    import logging

    import mlflow
    from filelock import FileLock, Timeout

    for noisy in ("alembic", "mlflow.store.db.utils", "mlflow.pyfunc", "mlflow.models.model"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    uri = tracking_uri()
    lock = home() / ".store.lock"
    try:
        with FileLock(lock, timeout=120):
            _open(mlflow, uri)
    except Timeout as fault:
        raise ConfigError(
            f"{lock}: another process has held it for two minutes; if it still runs, wait "
            "for it, else delete this file"
        ) from fault
    return mlflow


def _lock_folder() -> None:
    """Make the project's folder and the file of its lock.

    Raises
    ------
    ConfigError
        If nothing can be written there.
    """
    try:
        home().mkdir(parents=True, exist_ok=True)
        (home() / ".store.lock").touch()
    except OSError as fault:
        raise ConfigError(
            f"{home()}: cannot be written ({fault.strerror}), and runs are kept there; name "
            "another project folder with STANCE_HOME"
        ) from fault


def _open(mlflow: Any, uri: str) -> None:
    import sqlalchemy

    artifacts = (home() / "mlruns").as_uri()
    prepare(uri, EXPERIMENT, artifacts)
    mlflow.set_tracking_uri(uri)
    try:
        if mlflow.get_experiment_by_name(EXPERIMENT) is None:
            place = artifacts if uri.startswith("sqlite:") else None
            mlflow.create_experiment(EXPERIMENT, artifact_location=place)
        mlflow.set_experiment(EXPERIMENT)
        _share_view(mlflow)
        _sweep(mlflow)
    except (
        mlflow.exceptions.MlflowException,
        sqlalchemy.exc.SQLAlchemyError,
        OSError,
        ValueError,
    ) as fault:
        # ValueError: what answers is no MLflow server
        raise unreachable(uri, fault) from fault
    finally:
        drop_misread_folder(uri)


def _sweep(mlflow: Any) -> None:
    """End the runs that a killed process of this machine left RUNNING.

    The model folders of ended runs are moved to their place or removed.
    """
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    for run in client.search_runs(
        [experiment.experiment_id], "attributes.status = 'RUNNING'", max_results=100
    ):
        pid, host = run.data.tags.get("pid", ""), run.data.tags.get("host")
        if host == socket.gethostname() and pid.isdigit() and not _alive(int(pid)):
            client.set_terminated(run.info.run_id, "KILLED")
    for run_id in unfinished_runs():
        kind, _, maker = run_id.partition("-")
        if kind == "download":
            if not _alive(int(maker)):
                discard_unfinished(run_id)
            continue
        try:
            status = client.get_run(run_id).info.status
        except mlflow.exceptions.MlflowException:
            continue  # a run of another store
        if status == "FINISHED":
            keep_finished(run_id)
        elif status != "RUNNING":
            discard_unfinished(run_id)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _share_view(mlflow: Any) -> None:
    """Store the runs table that `make ui` opens.

    Without it a new browser shows an empty page of traces and no metrics.
    """
    columns = [
        "attributes.`Models`",
        *(f"metrics.`{name}`" for name in VIEW_METRICS),
        "params.`experiment`",
    ]
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
