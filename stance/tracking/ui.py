"""The MLflow page of the project's store.

It is a server on 127.0.0.1, with a link that opens it at the runs.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from stance.core.errors import ConfigError
from stance.core.paths import home
from stance.tracking.database import drop_misread_folder
from stance.tracking.store import EXPERIMENT, VIEW_KEY, open_store, tracking_uri


def ui_path(mlflow: Any) -> str:
    """Return the path of the runs table with its metric columns, to follow the server's address."""
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    view = f"workflowType=machine_learning&viewStateShareKey={VIEW_KEY}"
    return f"/#/experiments/{experiment.experiment_id}/runs?{view}"


@contextlib.contextmanager
def ui_server(port: int, timeout_s: float = 90) -> Iterator[str]:
    """Start a lean tracking server on 127.0.0.1 and yield the link to the runs once it answers.

    Raises
    ------
    ConfigError
        If the port is taken or the server does not answer in time.
    """
    mlflow = open_store()
    link = f"http://127.0.0.1:{port}{ui_path(mlflow)}"
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as fault:
            raise ConfigError(
                f"port {port} on 127.0.0.1: {fault.strerror}; give another one (make ui PORT=5051)"
            ) from fault
    # One worker and no job runner: 2 processes and 0.5 GB instead of 15 and 2.7.
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--workers",
        "1",
        "--backend-store-uri",
        tracking_uri(),
    ]
    command += ["--default-artifact-root", (home() / "mlruns").as_uri()]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, timeout_s)
        drop_misread_folder(tracking_uri())
        yield link
    finally:
        _stop(server)


def _wait_for(address: str, server: "subprocess.Popen[bytes]", timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if server.poll() is not None:
            said = (
                (server.stderr.read() if server.stderr else b"")
                .decode(errors="replace")
                .strip()
                .splitlines()
            )
            raise ConfigError(
                f"the MLflow server ended with code {server.returncode}: "
                f"{said[-1] if said else 'no message'}; mlflow server --help tells its options"
            )
        # our own address
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.3)
    raise ConfigError(
        f"the MLflow server did not answer at {address} within {timeout_s:.0f} s; try again, the "
        "machine may be busy"
    )


def _stop(server: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)
            return
