"""The leaderboard: the newest run of every experiment in the tracking store.

It is a file that nobody writes by hand. Runs are compared only where they were measured on the same
labels. Every run keeps the checksums of the labels that it learned from and was measured on. A run
whose labels are not those of today is listed in a separate part.
"""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from stance.core.errors import DataError
from stance.experiments.config import Experiment
from stance.experiments.cross_validation import training_table
from stance.labels.dataset import digests, fingerprint, load_sets
from stance.labels.splits import SETS
from stance.tracking import store
from stance.tracking.runs import all_runs, kind_of, logged_rows

if TYPE_CHECKING:
    import pandas as pd

# How a metric of a run is called in the leaderboard; one that a run did not log is None.
FIGURES = {
    "f1": "f1",
    "f1_low": "f1_low",
    "f1_high": "f1_high",
    "coarse": "coarse",
    "coarse_low": "coarse_low",
    "coarse_high": "coarse_high",
    "majority": "base",
    "calibration_error": "ece",
    "coverage": "cov",
    "wrong_of_covered": "risk",
    "surest_half_right": "half",
    "n_quotes": "n",
    "n_articles": "articles",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """The newest finished run of one experiment, with its figures by set.

    Changes of settings with ``--set`` make another experiment. ``other_labels`` says which of its
    training or measured labels differ from those of today; it is empty where the run may be
    compared.
    """

    experiment: str
    settings: str
    run: str
    run_id: str
    train_n: int
    fingerprint: str
    seconds: dict[str, float]
    sets: dict[str, dict[str, float | None]]
    other_labels: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the experiment, with its changed settings."""
        return f"{self.experiment} ({self.settings})" if self.settings else self.experiment


@dataclasses.dataclass(frozen=True, slots=True)
class Board:
    """All that the leaderboard says. ``unfinished`` counts runs by their status.

    ``benchmarks`` has the figures of the newest run per benchmark.
    """

    entries: list[Entry]
    older: list[Entry]
    benchmarks: dict[str, list[dict[str, Any]]]
    unfinished: dict[str, list[str]]


def read_board(sets: "dict[str, pd.DataFrame] | None" = None) -> Board:
    """Read the leaderboard from the tracking store.

    Parameters
    ----------
    sets
        The labelled tables of today, by split; read from ``labels/`` when None.

    Raises
    ------
    DataError
        If no training run has finished.
    """
    mlflow = store.open_store()
    runs = list(all_runs(mlflow))
    finished = [run for run in runs if run.info.status == "FINISHED"]
    newest = _newest(run for run in finished if kind_of(run) == "train")
    if not newest:
        failed = len(runs) - len(finished)
        rest = f" ({failed} failed, were killed or still run)" if failed else ""
        raise DataError(
            f"{store.tracking_uri()}: no training run has finished{rest}; make train makes one"
        )
    sets = sets if sets is not None else load_sets()
    today = {**_first_digests(newest), **digests(sets)}
    entries = [_entry(mlflow, run, sets, today) for run in newest]
    entries.sort(key=_rank)
    unfinished: dict[str, list[str]] = {}
    for run in runs:
        if run.info.status != "FINISHED":
            unfinished.setdefault(run.info.status, []).append(str(run.info.run_name))
    measured = _newest(run for run in finished if kind_of(run) == "benchmark")
    benchmarks = {
        str(run.info.run_name): logged_rows(mlflow, run, "figures.json") for run in measured
    }
    return Board(
        [one for one in entries if not one.other_labels],
        [one for one in entries if one.other_labels],
        benchmarks,
        unfinished,
    )


def _newest(runs: Iterable[Any]) -> list[Any]:
    """Keep the first run of every experiment and its settings; runs come newest first."""
    kept: dict[tuple[str, str], Any] = {}
    for run in runs:
        kept.setdefault(
            (
                run.data.params.get("experiment", run.info.run_name),
                run.data.tags.get("settings", ""),
            ),
            run,
        )
    return list(kept.values())


def _first_digests(runs: Iterable[Any]) -> dict[str, str]:
    """Return the newest run's checksum of every set, for sets that are not on this machine."""
    found: dict[str, str] = {}
    for run in runs:
        for name, digest in _measured_on(run).items():
            found.setdefault(name, digest)
    return found


def _measured_on(run: Any) -> dict[str, str]:
    return dict(json.loads(run.data.tags.get("labels", "{}")))


def _entry(
    mlflow: Any, run: Any, sets: "dict[str, pd.DataFrame]", today: Mapping[str, str]
) -> Entry:
    metrics = run.data.metrics
    names = [
        key.removesuffix("_f1")
        for key in metrics
        if key.endswith("_f1") and f"{key}_low" in metrics
    ]
    measured = {
        name: {figure: metrics.get(f"{name}_{short}") for figure, short in FIGURES.items()}
        for name in sorted(names, key=_set_order)
    }
    trained_on = next((one.dataset.digest for one in run.inputs.dataset_inputs), "")
    seconds = {
        name: metrics[f"{name}_s"] for name in ("encode", "cv", "fit") if f"{name}_s" in metrics
    }
    named = (
        str(run.data.params.get("experiment", run.info.run_name)),
        run.data.tags.get("settings", ""),
        str(run.info.run_name),
        str(run.info.run_id),
    )
    other = tuple(
        _other_labels(
            mlflow, run, trained_on, [name for name in measured if name != "cv"], sets, today
        )
    )
    return Entry(*named, int(metrics.get("train_n", 0)), trained_on, seconds, measured, other)


def _other_labels(
    mlflow: Any,
    run: Any,
    trained_on: str,
    measured: Sequence[str],
    sets: "dict[str, pd.DataFrame]",
    today: Mapping[str, str],
) -> Iterator[str]:
    expected = _expected(mlflow, run, sets)
    if expected is None:
        yield "its settings cannot be read by this version"
    elif expected != trained_on:
        yield f"learned from other labels ({trained_on or 'not recorded'})"
    known = _measured_on(run)
    for name in measured:
        if name not in known:
            yield f"{name}: labels not recorded"
        elif known[name] != today[name]:
            yield f"{name}: other labels ({known[name]})"


def _expected(mlflow: Any, run: Any, sets: "dict[str, pd.DataFrame]") -> str | None:
    """Return the checksum of what the run would learn from today.

    It is None where the run's settings cannot be read.
    """
    try:
        raw = mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/experiment.json")
        return fingerprint(training_table(Experiment.model_validate(raw), sets))[:12]
    except (ValidationError, DataError, mlflow.exceptions.MlflowException):
        return None


def _set_order(name: str) -> int:
    return list(SETS).index(name) if name in SETS else len(SETS)


def _rank(entry: Entry) -> tuple[float, str]:
    for name in ("cv", "validation", "test"):
        value = entry.sets.get(name, {}).get("f1")
        if value is not None:
            return (-value, entry.name)
    return (0.0, entry.name)
