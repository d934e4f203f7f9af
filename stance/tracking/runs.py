"""Runs: start them, end them whatever happens, find them by name, read their tables."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from stance.core.errors import ConfigError, DataError
from stance.core.paths import home
from stance.tracking.database import unreachable
from stance.tracking.model_folders import pointer
from stance.tracking.store import EXPERIMENT, tracking_uri

if TYPE_CHECKING:
    import pandas as pd


@contextlib.contextmanager
def tracked_run(
    mlflow: Any, name: str, tags: dict[str, str], *, run_id: str | None = None
) -> Iterator[Any]:
    """Run a block as one MLflow run that never stays RUNNING.

    SIGTERM ends it as KILLED. A run that SIGKILL ended is marked KILLED when the store is next
    opened. With ``run_id`` an earlier run is continued, under the name it has.
    """
    tags = {**tags, "pid": str(os.getpid()), "host": socket.gethostname()}

    # The signature is what the signal asks for.
    def killed(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        mlflow.end_run("KILLED")
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, killed)
    try:
        with mlflow.start_run(run_id=run_id, run_name=None if run_id else name, tags=tags) as run:
            yield run
    except mlflow.exceptions.MlflowException as fault:
        raise unreachable(tracking_uri(), fault) from fault
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def start_run(
    mlflow: Any,
    kind: str,
    name: str,
    question: str,
    tags: Mapping[str, str] | None = None,
    *,
    run_id: str | None = None,
) -> Iterator[Any]:
    """Run a block as a run of this kind, named by its name and the time, tagged with its question.

    Parameters
    ----------
    kind
        See `kind_of`.
    tags
        Further ones.
    run_id
        See `tracked_run`.
    """
    common = {"kind": kind, "question": question, "commit": commit()}
    note = {"mlflow.note.content": question}  # what the store's page shows at the head of a run
    named = f"{name}-{time.strftime('%m%d-%H%M%S')}"
    with tracked_run(mlflow, named, {**common, **note, **(tags or {})}, run_id=run_id) as run:
        yield run


def commit() -> str:
    """Return the project's commit, with "-dirty" where files differ from it."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=home(),
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "no git"


def find_run(mlflow: Any, name: str) -> Any:
    """Return the run whose id begins so, else the newest finished one of this name or experiment.

    An experiment is known by its name or by the name of its file.

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
    names = dict.fromkeys(
        (name, experiment_of(name))
    )  # the file default.toml holds the experiment vote
    named = [
        run
        for one in names
        for run in finished
        if one in (run.info.run_name, run.data.params.get("experiment"))
    ]
    if not exact and not named:
        known = ", ".join(dict.fromkeys(str(run.info.run_name) for run in runs[:8])) or "none yet"
        raise ConfigError(
            f"run {name!r}: not found; newest runs: {known}; give a run's name, the beginning of "
            "its id, or its experiment"
        )
    return (exact or named)[0]


def newest_beside(mlflow: Any, experiment: str) -> str | None:
    """Return the experiment of the newest trained model of another experiment.

    It is None where there is no other.
    """
    for run in all_runs(mlflow):
        name = run.data.params.get("experiment")
        if (
            run.info.status == "FINISHED"
            and kind_of(run) == "train"
            and name not in (None, experiment)
        ):
            return str(name)
    return None


def all_runs(mlflow: Any) -> Iterator[Any]:
    """Yield every run of the project, the newest first."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    token = None
    while True:
        page = client.search_runs(
            [experiment.experiment_id],
            order_by=["attributes.start_time DESC"],
            max_results=500,
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return


def logged_rows(mlflow: Any, run: Any, artifact: str) -> list[dict[str, Any]]:
    """Return the rows of a table that a run logged under this name.

    MLflow raises an exception of its own where the run logged none.
    """
    stored = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/{artifact}")
    return [dict(zip(stored["columns"], row, strict=True)) for row in stored["data"]]


def kind_of(run: Any) -> str:
    """Return what a run is: train, benchmark, curve, quotes or sweep.

    Older runs have no tag for it; for them it follows from what they logged.
    """
    tagged = run.data.tags.get("kind")
    if tagged:
        return str(tagged)
    params, metrics = run.data.params, run.data.metrics
    return (
        "benchmark"
        if "corpus" in params
        else "quotes"
        if "gold" in params
        else "train"
        if "train_n" in metrics
        else "curve"
    )


# The file in which each kind of run keeps its answers.
ARTIFACTS = {"train": "predictions.json", "benchmark": "answers.json"}


def load_predictions(mlflow: Any, run: Any) -> "pd.DataFrame":
    """Return the table of predictions that a run logged.

    Raises
    ------
    DataError
        If the run logged none.
    """
    # Here, so that a first prediction, which may ask for a run by its name, does not wait for it.
    import pandas as pd

    artifact = ARTIFACTS.get(kind_of(run), "predictions.json")
    try:
        with tempfile.TemporaryDirectory() as place:
            path = mlflow.artifacts.download_artifacts(
                run_id=run.info.run_id, artifact_path=artifact, dst_path=place
            )
            stored = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, mlflow.exceptions.MlflowException) as fault:
        raise DataError(
            f"run {run.info.run_name}: has no {artifact} ({type(fault).__name__}); compare runs "
            "of stance train or stance benchmark, or train it again"
        ) from fault
    return pd.DataFrame(stored["data"], columns=stored["columns"])


def experiment_of(name: str) -> str:
    """Return the name of the experiment in ``experiments/NAME.toml``.

    Where there is no such file, it is ``name`` itself.
    """
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        return name
    try:
        found = tomllib.loads(
            (home() / "experiments" / f"{name}.toml").read_text(encoding="utf-8")
        ).get("name", name)
    except (OSError, ValueError):
        return name
    return str(found)
