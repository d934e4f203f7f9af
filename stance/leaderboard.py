"""The leaderboard: the newest run of every experiment as the tracking store has it, in a file that nobody writes by hand.

Runs are compared only where they were measured on the same labels. Every run keeps the checksums of the labels it learned from and was measured on; one
whose labels are not those of today stands in a part of its own.
"""

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from stance import tracking
from stance.calibration import STATED_RISK
from stance.config import Experiment
from stance.dataset import digests, fingerprint
from stance.errors import DataError
from stance.evaluate import SETS
from stance.experiment import load_sets, training_table
from stance.home import home
from stance.markdown import table
from stance.records import write_whole

if TYPE_CHECKING:
    import pandas as pd

FILE = "experiments/leaderboard.md"
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
    """The newest finished run of one experiment (with the settings that ``--set`` changed), and its figures by set.

    ``other_labels`` says what it was trained or measured on that is not as it is today; empty where it may be compared.
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
    """All that the leaderboard says. ``unfinished`` counts runs by their status; ``benchmarks`` has the figures of the newest run per benchmark."""

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
    mlflow = tracking.open_store()
    runs = list(tracking.all_runs(mlflow))
    finished = [run for run in runs if run.info.status == "FINISHED"]
    newest = _newest(run for run in finished if tracking.kind_of(run) == "train")
    if not newest:
        failed = len(runs) - len(finished)
        rest = f" ({failed} failed, were killed or still run)" if failed else ""
        raise DataError(f"{tracking.tracking_uri()}: no training run has finished{rest}; make train makes one")
    sets = sets if sets is not None else load_sets()
    today = {**_first_digests(newest), **digests(sets)}
    entries = [_entry(mlflow, run, sets, today) for run in newest]
    entries.sort(key=_rank)
    unfinished: dict[str, list[str]] = {}
    for run in runs:
        if run.info.status != "FINISHED":
            unfinished.setdefault(run.info.status, []).append(str(run.info.run_name))
    measured = _newest(run for run in finished if tracking.kind_of(run) == "benchmark")
    benchmarks = {str(run.info.run_name): tracking.logged_rows(mlflow, run, "figures.json") for run in measured}
    return Board([one for one in entries if not one.other_labels], [one for one in entries if one.other_labels], benchmarks, unfinished)


def _newest(runs: Iterable[Any]) -> list[Any]:
    """Keep the first run of every experiment and its settings; runs come newest first."""
    kept: dict[tuple[str, str], Any] = {}
    for run in runs:
        kept.setdefault((run.data.params.get("experiment", run.info.run_name), run.data.tags.get("settings", "")), run)
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


def _entry(mlflow: Any, run: Any, sets: "dict[str, pd.DataFrame]", today: Mapping[str, str]) -> Entry:
    metrics = run.data.metrics
    names = [key.removesuffix("_f1") for key in metrics if key.endswith("_f1") and f"{key}_low" in metrics]
    measured = {name: {figure: metrics.get(f"{name}_{short}") for figure, short in FIGURES.items()} for name in sorted(names, key=_set_order)}
    trained_on = next((one.dataset.digest for one in run.inputs.dataset_inputs), "")
    seconds = {name: metrics[f"{name}_s"] for name in ("encode", "cv", "fit") if f"{name}_s" in metrics}
    named = str(run.data.params.get("experiment", run.info.run_name)), run.data.tags.get("settings", ""), str(run.info.run_name), str(run.info.run_id)
    other = tuple(_other_labels(mlflow, run, trained_on, [name for name in measured if name != "cv"], sets, today))
    return Entry(*named, int(metrics.get("train_n", 0)), trained_on, seconds, measured, other)


def _other_labels(mlflow: Any, run: Any, trained_on: str, measured: Sequence[str], sets: "dict[str, pd.DataFrame]", today: Mapping[str, str]) -> Iterator[str]:
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
    """Return the checksum of what the run would learn from today; None where its settings cannot be read."""
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


def to_markdown(board: Board) -> str:
    """Return the leaderboard as a page."""
    lines = ["# Leaderboard", "", "<!-- Written by `stance leaderboard` from the tracking store; changes by hand are lost. -->", ""]
    lines += [
        "The newest finished run of every experiment, the best in cross-validation first. Five-label / coarse macro-F1; the majority baseline answers the",
        "commonest label. Answered: the share of quotes that is answered where abstention was set, on predictions out of fold, to at most",
        f"{STATED_RISK:.0%} wrong answers, and in brackets the share of these answers that is wrong. Intervals: 95% bootstrap, by article (by quote below 10).",
        "",
    ]
    if board.entries:
        lines += _part(board.entries)
    else:
        lines += ["No run stands on the labels of today; `make train` makes one.", ""]
    if board.older:
        lines += ["## On other labels", "", "Not to be compared with the runs above, nor with each other unless their labels are the same.", ""]
        lines += _table(["run", "differs in", *SETS], [older_row(one) for one in board.older])
    for name, figures in board.benchmarks.items():
        lines += [f"## Benchmark {name}", ""]
        columns = ["measured on", "model", "score", "value", "majority", "rows", "texts"]
        lines += _table(columns, [_benchmark_row(one) for one in figures])
    for status, names in board.unfinished.items():
        lines += [f"Left out, {status.lower()}: {', '.join(names)}.", ""]
    return "\n".join(lines).rstrip() + "\n"


def _part(entries: list[Entry]) -> list[str]:
    used = [name for name in SETS if any(name in one.sets for one in entries)]
    head = ["experiment", *used, "learned from", "seconds (encode + cv + fit)", "run"]
    lines = _table(head, [_summary_row(one, used) for one in entries])
    for name in used:
        lines += [f"## {SETS[name][0].capitalize()}: {SETS[name][1]}", ""]
        columns = ["experiment", "macro-F1", "coarse", "majority", "calibration error", "answered", "surest half right", "quotes", "articles"]
        lines += _table(columns, [[one.name, *_figures(one.sets[name])] for one in entries if name in one.sets])
    return lines


def _summary_row(entry: Entry, used: Sequence[str]) -> list[str]:
    seconds = f"{sum(entry.seconds.values()):.0f} ({' + '.join(f'{value:.0f}' for value in entry.seconds.values())})"
    return [entry.name, *(pair(entry.sets.get(name)) for name in used), f"{entry.train_n} quotes", seconds, entry.run]


def older_row(entry: Entry) -> list[str]:
    """Return the row of a run that stands on other labels: what it is, what differs, its scores on every set."""
    return [f"{entry.name}: {entry.run}", "; ".join(entry.other_labels), *(pair(entry.sets.get(name)) for name in SETS)]


def _benchmark_row(row: Mapping[str, Any]) -> list[str]:
    value = f"{row['value']:.3f} ({row['low']:.3f}-{row['high']:.3f})"
    return [row["where"], row["model"], row["score"], value, f"{row['majority']:.3f}", str(row["n_rows"]), str(row["n_texts"])]


def pair(figures: Mapping[str, float | None] | None) -> str:
    """Return the five-label and the coarse score of a set, a dash where it was not measured."""
    return f"{number(figures['f1'])} / {number(figures['coarse'])}" if figures else "–"


def _figures(found: Mapping[str, float | None]) -> list[str]:
    wrong = "" if found["wrong_of_covered"] is None or not found["coverage"] else f" ({found['wrong_of_covered']:.0%} wrong)"
    covered = "–" if found["coverage"] is None else f"{found['coverage']:.0%}{wrong}"
    scores = [f"{number(found[name])} ({number(found[f'{name}_low'])}-{number(found[f'{name}_high'])})" for name in ("f1", "coarse")]
    half = found["surest_half_right"]
    counts = ["–" if found[name] is None else f"{found[name]:.0f}" for name in ("n_quotes", "n_articles")]
    return [*scores, number(found["majority"]), number(found["calibration_error"]), covered, "–" if half is None else f"{half:.0%}", *counts]


def number(value: float | None) -> str:
    """Return a score with two places, a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [table(head, rows), ""]


def to_json(board: Board) -> str:
    """Return the leaderboard as JSON: ``entries``, ``older``, ``benchmarks``, ``unfinished``."""
    return json.dumps(dataclasses.asdict(board), indent=1, ensure_ascii=False) + "\n"


def to_csv(board: Board) -> str:
    """Return the leaderboard as CSV: a row per experiment and set, ``other_labels`` empty where rows may be compared."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["experiment", "settings", "run", "train_n", "set", *FIGURES, "other_labels"])
    for one in [*board.entries, *board.older]:
        for name, figures in one.sets.items():
            known = (one.experiment, one.settings, one.run, one.train_n, name)
            writer.writerow([*known, *(figures[key] for key in FIGURES), "; ".join(one.other_labels)])
    return out.getvalue()


def write_board(board: Board, path: Path | None = None) -> list[Path]:
    """Write the leaderboard; without a path ``experiments/leaderboard.md`` and, for programs, the same name with ``.json``.

    Raises
    ------
    DataError
        If the file's kind is unknown.
    """
    kinds = {".md": to_markdown, ".json": to_json, ".csv": to_csv}
    paths = [path] if path else [home() / FILE, (home() / FILE).with_suffix(".json")]
    for one in paths:
        if one.suffix not in kinds:
            raise DataError(f"{one}: unknown kind of file; expected one of {', '.join(kinds)}")
        write_whole(one, kinds[one.suffix](board))
    return paths
