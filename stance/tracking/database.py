"""The store's database: made whole or not at all, and looked at before MLflow opens it.

MLflow tries ten times to open a database that cannot be opened. That takes minutes, in which it
says nothing. So each fault that is likely is found here first and told at once.
"""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

from stance.core.errors import ConfigError

DATABASES = ("sqlite", "postgresql", "mysql", "mssql")


def database_uri(path: Path) -> str:
    """Return the address of a sqlite file; a path may hold % and ?, which mean more in addresses.

    Nothing else is escaped: MLflow makes a folder of the escaped name (see
    `drop_misread_folder`).
    """
    return f"sqlite:///{path}".replace("%", "%25").replace("?", "%3F")


def prepare(uri: str, experiment: str, artifacts: str) -> None:
    """Make a sqlite database that is missing; look at a database that is there.

    Parameters
    ----------
    experiment
        The name of the experiment that a new database begins with.
    artifacts
        Where its runs keep their files.

    Raises
    ------
    ConfigError
        If the database cannot be opened, is damaged, or is none of MLflow's.
    """
    if uri.partition(":")[0].partition("+")[0] not in DATABASES:
        return
    import sqlalchemy

    try:
        address = sqlalchemy.make_url(uri)
        if not address.drivername.startswith("sqlite"):
            sqlalchemy.create_engine(address).connect().close()
        elif address.database and address.database != ":memory:":
            _prepare_file(Path(address.database), experiment, artifacts)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, OSError, ValueError) as fault:
        raise unreachable(uri, fault) from fault


def unreachable(uri: str, fault: BaseException) -> ConfigError:
    """Return the error that says why a store does not open, in its first line."""
    said = str(fault).strip().splitlines() or [type(fault).__name__]
    return ConfigError(
        f"MLflow store {uri}: {said[0]}; check MLFLOW_TRACKING_URI, or unset it to use the "
        "project's own store"
    )


def _prepare_file(path: Path, experiment: str, artifacts: str) -> None:
    if path.is_file() and path.stat().st_size:
        _look(path)
    else:
        _make(path, experiment, artifacts)


def _make(path: Path, experiment: str, artifacts: str) -> None:
    """Make an empty store beside its place and move it there when it is whole.

    A process may be killed while MLflow writes its fifty tables; a store with some of them never
    opens again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    rest = [beside.with_name(beside.name + end) for end in ("", "-journal", "-wal", "-shm")]
    for left in rest:
        left.unlink(missing_ok=True)
    try:
        beside.touch()  # says at once where nothing can be written
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        untyped: Any = SqlAlchemyStore
        store = untyped(database_uri(beside), artifacts)
        store.create_experiment(experiment, artifact_location=artifacts)
        store.engine.dispose()
        os.replace(beside, path)
    finally:
        for left in rest:
            left.unlink(missing_ok=True)
        drop_misread_folder(database_uri(beside))


def _look(path: Path) -> None:
    """Check that a file is a whole sqlite database with MLflow's tables."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as database:
            (sound,) = database.execute("PRAGMA quick_check(1)").fetchone()
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            whole = "alembic_version" in tables and database.execute(
                "SELECT count(*) FROM alembic_version"
            ).fetchone() != (0,)
    except sqlite3.OperationalError as fault:  # locked, or not to be read: not damaged
        raise ConfigError(
            f"{path}: cannot be opened ({fault}); end what uses it, or check its rights and the "
            "space on its disk"
        ) from fault
    except sqlite3.DatabaseError as fault:
        sound = str(fault)
    if sound != "ok":
        raise ConfigError(
            f"{path}: damaged ({sound}); put a backup in its place, or move it away and an empty "
            "store is made (models/ stays as it is)"
        )
    if not whole:
        raise ConfigError(
            f"{path}: no whole MLflow store; a process was killed while it made it, or another "
            "program wrote it; delete it, and an empty store is made"
        )


def drop_misread_folder(uri: str) -> None:
    """Remove the empty folder that MLflow makes where an address holds escaped characters.

    It takes the address for a path and makes the folder in it.
    """
    if uri.startswith("sqlite:///") and "%" in uri:
        with contextlib.suppress(OSError):  # not empty, or not there
            os.removedirs(Path(uri.removeprefix("sqlite:///")).parent)
