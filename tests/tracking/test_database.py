"""Stores that MLflow cannot open are told at once, and a new one is made whole or not at all."""

import resource
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stance.core.errors import ConfigError
from stance.tracking import store
from stance.tracking.database import database_uri, drop_misread_folder, prepare

# MLflow alone would try for a hundred seconds.
SECONDS = 60


@pytest.fixture
def prepared(tmp_path):
    """Prepare a database in a folder as `open_store` does."""

    def run(name="mlflow.db", uri=None):
        uri = uri or database_uri(tmp_path / name)
        prepare(uri, "stance", (tmp_path / "mlruns").as_uri())
        return tmp_path / name

    return run


def tables(path):
    database = sqlite3.connect(path)
    found = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    database.close()
    return found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"garbage", r"damaged \(file is not a database\); put a backup in its place, or move it"),
        (b"SQLite format 3\0" + b"\xff" * 9000, r"mlflow\.db: damaged \("),
    ],
)
def test_a_damaged_database_is_told_at_once(prepared, tmp_path, content, message):
    (tmp_path / "mlflow.db").write_bytes(content)
    began = time.monotonic()
    with pytest.raises(ConfigError, match=message):
        prepared()
    assert time.monotonic() - began < SECONDS
    assert (tmp_path / "mlflow.db").read_bytes() == content


def test_a_store_that_was_killed_while_it_was_made_is_to_be_deleted(prepared, tmp_path):
    half = sqlite3.connect(tmp_path / "mlflow.db")
    half.execute("CREATE TABLE experiments (id INTEGER)")
    half.commit()
    half.close()
    with pytest.raises(ConfigError, match=r"no whole MLflow store; a process was.*delete it"):
        prepared()


def test_a_new_store_appears_whole_and_leaves_nothing_beside_it(prepared, tmp_path):
    (tmp_path / ".mlflow.db.new").write_bytes(b"left by a killed process")
    (tmp_path / "mlflow.db").touch()  # as one that was killed before its first table
    path = prepared()
    assert {"alembic_version", "experiments", "registered_models"} <= tables(path)
    assert sqlite3.connect(path).execute(
        "SELECT count(*) FROM experiments WHERE name = 'stance'"
    ).fetchone() == (1,)
    assert [one.name for one in tmp_path.iterdir()] == ["mlflow.db"]
    prepared()  # and is taken as it is the next time


def test_a_kill_at_any_moment_of_a_new_store_leaves_it_whole_or_absent(tmp_path):
    """The process is killed at the moment that it moves the store: the last before it is whole."""
    script = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom stance.tracking import database\n"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "database.prepare(database.database_uri(Path(sys.argv[1])), 'stance', 'file:///x')\n"
    )
    path = tmp_path / "mlflow.db"
    done = subprocess.run([sys.executable, "-c", script, path], timeout=300, capture_output=True)
    assert done.returncode == -9, done.stderr
    assert not path.exists()
    prepare(database_uri(path), "stance", "file:///x")
    assert [one.name for one in tmp_path.iterdir()] == ["mlflow.db"]


def test_a_full_disk_is_one_message(tmp_path):
    script = (
        "import sys\nfrom pathlib import Path\nfrom stance.tracking import database\n"
        "database.prepare(database.database_uri(Path(sys.argv[1])), 'stance', 'file:///x')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "mlflow.db"],
        timeout=300,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert "ConfigError: MLflow store sqlite:///" in done.stderr.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "uri", ["mysql+nothing://x/y", "sqlite:////proc/no/mlflow.db", "postgresql://[::1"]
)
def test_an_address_that_cannot_be_opened_is_told_within_seconds(prepared, uri):
    began = time.monotonic()
    with pytest.raises(ConfigError, match="MLflow store"):
        prepared(uri=uri)
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("name", ["my%20project", "50% done #1 ü?x", "plain"])
def test_a_folder_of_any_name_holds_its_own_store_and_nothing_is_made_beside_it(
    tmp_path, monkeypatch, name
):
    home = tmp_path / name
    monkeypatch.setenv("STANCE_HOME", str(home))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    mlflow = store.open_store()
    with mlflow.start_run() as run:
        mlflow.log_dict({"kept": True}, "x.json")
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/x.json") == {"kept": True}
    assert [one.name for one in tmp_path.iterdir()] == [name]
    assert {one.name for one in home.iterdir()} == {"mlflow.db", "mlruns", ".store.lock"}


def test_only_empty_folders_are_removed_where_an_address_was_misread(tmp_path):
    (tmp_path / "a%25b").mkdir()
    (tmp_path / "a%25b" / "kept").touch()
    drop_misread_folder(f"sqlite:///{tmp_path}/a%25b/mlflow.db")
    assert (tmp_path / "a%25b" / "kept").exists()


class NoMlflow(BaseHTTPRequestHandler):
    """A web server that answers everything, and is no MLflow."""

    def _answer(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    do_GET = do_POST = _answer

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def website():
    server = ThreadingHTTPServer(("127.0.0.1", 0), NoMlflow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9", "ftp://x/y", "/nowhere/at/all", "website"])
def test_a_tracking_uri_that_is_no_store_is_one_sentence(project, monkeypatch, website, uri):
    uri = website if uri == "website" else uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(
        ConfigError, match=rf"MLflow store {uri}: .*unset it to use the project's own store"
    ):
        store.open_store()


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), OSError(30, "RO")])
def test_a_project_folder_that_cannot_be_written_is_told(project, monkeypatch, fault):
    def refuse(*_, **__):
        raise fault

    monkeypatch.setattr("pathlib.Path.touch", refuse)
    with pytest.raises(ConfigError, match=r"cannot be written \(.*name another .* STANCE_HOME"):
        store.open_store()
