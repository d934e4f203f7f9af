"""The logged model in MLflow's own programs.

`mlflow models predict` reads files, and `mlflow models serve` is a real server.
"""

import contextlib
import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import ROOT

ROWS = [
    {"id": "1", "text": "We are ready to sit down with them on Monday.", "cue": "said"},
    {
        "id": "2",
        "text": "There is, “frankly”, nothing\nto discuss; the talks are a show.",
        "cue": "argued",
    },
    {"id": "3", "text": "", "cue": "said"},
    {"id": "4", "text": "Мы готовы к переговорам без предварительных условий.", "cue": "said"},
]
COMMAND = [sys.executable, "-m", "mlflow", "models"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def logged(model_folder, tmp_path_factory):
    """The model as a run logs it, as a folder of MLflow's."""
    from stance.tracking import registry, store

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STANCE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        mlflow = store.open_store()
        with mlflow.start_run():
            registry.log_model(
                mlflow,
                model_folder,
                ROOT / "stance" / "interfaces" / "mlflow_model.py",
                [{"text": "x", "cue": "said", "context": "", "speaker": "", "id": "1"}],
                ["stance"],
                "test",
            )
        uri = mlflow.MlflowClient().get_model_version(registry.REGISTERED, "1").source
        yield Path(mlflow.artifacts.download_artifacts(uri))


@pytest.fixture(scope="module")
def programs(logged, tmp_path_factory):
    """Three of MLflow's programs, started together because each takes long to import.

    Two of them work on files, one is a server.
    """
    place = tmp_path_factory.mktemp("programs")
    with (place / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "text", "cue"])
        writer.writeheader()
        writer.writerows(ROWS)
    (place / "rows.json").write_text(json.dumps({"dataframe_records": ROWS}), encoding="utf-8")
    shared = ["-m", str(logged), "--env-manager", "local"]
    # Where only the logged folder is: no project, no store, no address.
    env = {
        **os.environ,
        "STANCE_HOME": str(place),
        "MLFLOW_TRACKING_URI": f"sqlite:///{place}/none.db",
    }
    env["PATH"] = (
        f"{Path(sys.executable).parent}:{env['PATH']}"  # mlflow starts uvicorn by its name
    )
    port = free_port()
    commands = {
        kind: [
            *COMMAND,
            "predict",
            *shared,
            "-t",
            kind,
            "-i",
            f"rows.{kind}",
            "-o",
            f"answers-{kind}.json",
        ]
        for kind in ("csv", "json")
    }
    commands["serve"] = [*COMMAND, "serve", *shared, "--port", str(port), "--workers", "1"]
    started = {}
    try:
        for name, command in commands.items():
            with (place / f"{name}.log").open("wb") as log:
                started[name] = subprocess.Popen(
                    command, cwd=place, env=env, stdout=log, stderr=log, start_new_session=True
                )
        yield place, port, started
    finally:
        for process in started.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def expected(model):
    return [one.to_dict() for one in model.predict_many(ROWS)]


def strict_json(text):
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def told(answer):
    """The whole predictions in an answer of MLflow's.

    They stand next to the columns that repeat a part of them.
    """
    rows = answer["predictions"]
    found = [json.loads(row["prediction"]) for row in rows]
    assert [(row["stance"], row["score"], row["abstained"]) for row in rows] == [
        (one["stance"], one["score"], one["abstained"]) for one in found
    ]
    return found


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_mlflow_models_predict_answers_a_file_as_predict_does(programs, expected, kind):
    place, _, started = programs
    assert started[kind].wait(timeout=120) == 0, (place / f"{kind}.log").read_text()
    found = told(strict_json((place / f"answers-{kind}.json").read_text(encoding="utf-8")))
    assert [one["id"] for one in found] == ["1", "2", "3", "4"]
    assert found[:2] == expected[:2]
    assert [(one["abstained"], one["stance"]) for one in found[2:]] == [(True, None)] * 2
    assert found[3] == expected[3]


def test_mlflow_models_serve_answers_as_predict_does(programs, expected):
    place, port, started = programs
    for _ in range(600):
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5),
        ):
            break
        assert started["serve"].poll() is None, (place / "serve.log").read_text()
        time.sleep(0.2)
    body = json.dumps({"dataframe_records": ROWS}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert told(strict_json(answer.read())) == expected
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", b"{", {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=60)


def test_the_logged_model_holds_no_pickle(logged):
    names = {path.suffix for path in logged.rglob("*") if path.is_file()}
    assert not names & {".pkl", ".pickle", ".joblib", ".cloudpickle"}
    # A pickle of protocol 2 or newer begins with the byte 0x80 and its number.
    assert not [
        path for path in logged.rglob("*") if path.is_file() and path.read_bytes()[:1] == b"\x80"
    ]
    assert "pkl" not in (logged / "MLmodel").read_text(encoding="utf-8")
