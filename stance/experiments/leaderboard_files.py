"""The leaderboard as Markdown and JSON."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.files import write_whole
from stance.core.formatting import table
from stance.core.paths import home
from stance.experiments.leaderboard import Board, Entry
from stance.labels.splits import SETS
from stance.models.calibration import STATED_RISK

FILE = "experiments/leaderboard.md"


def to_markdown(board: Board) -> str:
    """Return the leaderboard as a page."""
    lines = [
        "# Leaderboard",
        "",
        "<!-- Written by `stance pages leaderboard` from the tracking store; changes by hand are "
        "lost. -->",
        "",
    ]
    lines += [
        "The newest finished run of every experiment, the best in cross-validation first. "
        "Five-label / coarse macro-F1; the majority baseline answers the",
        "commonest label. Answered: the share of quotes that is answered where abstention was "
        "set, on predictions out of fold, to at most",
        f"{STATED_RISK:.0%} wrong answers, and in brackets the share of these answers that is "
        "wrong. Intervals: 95% bootstrap, by article (by quote below 10).",
        "",
    ]
    if board.entries:
        lines += _part(board.entries)
    else:
        lines += ["No run stands on the labels of today; `make train` makes one.", ""]
    if board.older:
        lines += [
            "## On other labels",
            "",
            "Not to be compared with the runs above, nor with each other unless their labels are "
            "the same.",
            "",
        ]
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
        columns = [
            "experiment",
            "macro-F1",
            "coarse",
            "majority",
            "calibration error",
            "answered",
            "surest half right",
            "quotes",
            "articles",
        ]
        lines += _table(
            columns, [[one.name, *_figures(one.sets[name])] for one in entries if name in one.sets]
        )
    return lines


def _summary_row(entry: Entry, used: Sequence[str]) -> list[str]:
    seconds = (
        f"{sum(entry.seconds.values()):.0f} "
        f"({' + '.join(f'{value:.0f}' for value in entry.seconds.values())})"
    )
    return [
        entry.name,
        *(pair(entry.sets.get(name)) for name in used),
        f"{entry.train_n} quotes",
        seconds,
        entry.run,
    ]


def older_row(entry: Entry) -> list[str]:
    """Return the row of a run with other labels.

    It says what the run is, what differs, and its scores on every set.
    """
    return [
        f"{entry.name}: {entry.run}",
        "; ".join(entry.other_labels),
        *(pair(entry.sets.get(name)) for name in SETS),
    ]


def _benchmark_row(row: Mapping[str, Any]) -> list[str]:
    value = f"{row['value']:.3f} ({row['low']:.3f}-{row['high']:.3f})"
    return [
        row["where"],
        row["model"],
        row["score"],
        value,
        f"{row['majority']:.3f}",
        str(row["n_rows"]),
        str(row["n_texts"]),
    ]


def pair(figures: Mapping[str, float | None] | None) -> str:
    """Return the five-label and the coarse score of a set, or a dash where it was not measured."""
    return f"{number(figures['f1'])} / {number(figures['coarse'])}" if figures else "–"


def _figures(found: Mapping[str, float | None]) -> list[str]:
    wrong = (
        ""
        if found["wrong_of_covered"] is None or not found["coverage"]
        else f" ({found['wrong_of_covered']:.0%} wrong)"
    )
    covered = "–" if found["coverage"] is None else f"{found['coverage']:.0%}{wrong}"
    scores = [
        f"{number(found[name])} ({number(found[f'{name}_low'])}-{number(found[f'{name}_high'])})"
        for name in ("f1", "coarse")
    ]
    half = found["surest_half_right"]
    counts = [
        "–" if found[name] is None else f"{found[name]:.0f}" for name in ("n_quotes", "n_articles")
    ]
    return [
        *scores,
        number(found["majority"]),
        number(found["calibration_error"]),
        covered,
        "–" if half is None else f"{half:.0%}",
        *counts,
    ]


def number(value: float | None) -> str:
    """Return a score with two places, or a dash where there is none."""
    return "–" if value is None else f"{value:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [table(head, rows), ""]


def to_json(board: Board) -> str:
    """Return the leaderboard as JSON: ``entries``, ``older``, ``benchmarks``, ``unfinished``."""
    return json.dumps(dataclasses.asdict(board), indent=1, ensure_ascii=False) + "\n"


def write_board(board: Board, path: Path | None = None) -> list[Path]:
    """Write the leaderboard.

    Without a path it is written to ``experiments/leaderboard.md`` and, for programs, to
    ``experiments/leaderboard.json``.

    Raises
    ------
    DataError
        If the file's kind is unknown.
    """
    kinds = {".md": to_markdown, ".json": to_json}
    paths = [path] if path else [home() / FILE, (home() / FILE).with_suffix(".json")]
    for one in paths:
        if one.suffix not in kinds:
            raise DataError(f"{one}: unknown kind of file; expected one of {', '.join(kinds)}")
        write_whole(one, kinds[one.suffix](board))
    return paths
