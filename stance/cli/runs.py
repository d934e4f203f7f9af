"""Verbs of runs and their models: compare, promote, show, export, ui.

Nothing heavy is imported before a verb runs.
"""

import contextlib
import dataclasses
import json
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import stance
from stance.cli.options import RunName, say_aside, show_json
from stance.cli.tables import WIDE, console, say, set_name, to_table
from stance.core.errors import DataError
from stance.core.safe_text import printable

if TYPE_CHECKING:
    from stance.evaluation.scores import Difference
    from stance.experiments.leaderboard import Board, Entry


def compare(
    first: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN",
            help="The run to compare with, or annotator:NAME; without runs the leaderboard is "
            "printed.",
        ),
    ] = None,
    second: Annotated[
        str | None, typer.Argument(metavar="RUN", help="The run whose gain is shown.")
    ] = None,
    rows: Annotated[
        str | None,
        typer.Argument(
            metavar="ROWS]",
            help="A file of quotes, such as a table of stance quotes: then both are models, and "
            "their answers to it are compared, without labels.",
        ),
    ] = None,
    errors: Annotated[
        bool,
        typer.Option(
            "--errors",
            help="Show the answers of both, quote by quote, where one of them is wrong.",
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print JSON for programs; with --errors one line per quote."),
    ] = False,
) -> None:
    """Compare two runs, or print the leaderboard.

    It prints the second's score minus the first's, with an interval and p-value, paired by
    article. annotator:NAME takes an annotator's judgments as if they were a model's.
    With ROWS it prints how often the answers of two models differ, and where.

    Example: stance compare ngrams frozen
    """
    if first is None:
        from stance.experiments.leaderboard import read_board
        from stance.experiments.leaderboard_files import to_json

        board = read_board()
        if as_json:
            typer.echo(to_json(board), nl=False)
        else:
            show_board(board)
        return
    if second is None:
        raise typer.BadParameter(
            "one run is given; expected two to compare, or none for the leaderboard"
        )
    if rows is not None:
        from stance.cli.model_changes import show_changes

        show_changes(first, second, rows, as_json=as_json)
        return
    if errors:
        _show_errors(first, second, as_json=as_json)
        return
    from stance.experiments.comparison import compare_runs, data_differences

    name, other, differences = compare_runs(first, second)
    differing = data_differences(first, second)
    if as_json:
        show_json(
            {
                "first": name,
                "second": other,
                "data": differing,
                "sets": {
                    part: {key: dataclasses.asdict(score) for key, score in scores.items()}
                    for part, scores in differences.items()
                },
            }
        )
        return

    show_differences(name, other, differences)
    if differing:
        say_aside(
            f"the two learned from different data ({'; '.join(differing)}), so the data may cause "
            "part of the difference"
        )


def _show_errors(first: str, second: str, *, as_json: bool) -> None:
    from stance.experiments.comparison import compare_errors

    name, other, table = compare_errors(first, second)
    rows: list[dict[str, Any]] = [
        {str(key): value for key, value in row.items()}
        for row in table.astype(object).where(table.notna(), None).to_dict("records")
    ]
    if as_json:
        for row in rows:
            show_json(row)
        return

    show_errors(name, other, rows)


def promote(
    run: RunName,
    force: Annotated[
        bool, typer.Option("--force", help="Promote even if the new model may be worse.")
    ] = False,
) -> None:
    """Make a run's model the champion, which predict uses by default.

    Refused if the new model may be worse than the one that predict uses now. MLflow calls the
    champion models:/stance@champion.

    Example: stance promote frozen
    """
    from stance.experiments.promotion import against_in_use, losses
    from stance.tracking.model_folders import in_use
    from stance.tracking.registry import promote as move

    worse = [] if force else losses(against_in_use(run))
    if worse:
        raise DataError(
            f"{run} is not promoted: it may be worse than {in_use()}, which predict uses now "
            "(macro-F1 difference, 95% interval, paired) on\n  "
            + "\n  ".join(worse)
            + f"\nto promote it anyway: .venv/bin/stance promote {run} --force"
        )
    version, name = move(run, check=stance.load)
    typer.echo(f"champion is now version {version}, run {name}")


def export(
    source: Annotated[
        str, typer.Argument(metavar="RUN|champion", help="The run whose model is written.")
    ],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder to write.")],
) -> None:
    """Write a model as a folder that predicts anywhere.

    It holds JSON and npz files with checksums, and no code.

    Example: stance export champion model/
    """
    from stance.prediction.export import export_model

    written = export_model(source, folder)
    size = sum(path.stat().st_size for path in written)
    typer.echo(
        f"{folder}: {len(written)} files, {size / 1e6:.1f} MB; use it with stance predict --model "
        f"{folder}, or stance.load"
    )


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the page.")] = 5000,
    stop_after_s: Annotated[
        float, typer.Option(help="Stop after so many seconds; 0: at Ctrl-C.", min=0)
    ] = 0,
) -> None:
    """Start the MLflow page on 127.0.0.1 and print a link to the runs.

    Example: stance ui --port 5051
    """
    from stance.tracking.ui import ui_server

    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    say_aside("starting the MLflow server …")
    with ui_server(port) as link, contextlib.suppress(KeyboardInterrupt):
        typer.echo(link)
        say_aside(
            "Nothing is sent anywhere: MLflow's usage data is switched off here, also where a "
            "notice of its pages says that it is collected."
        )
        say_aside("Ctrl-C ends it.")
        done.wait(stop_after_s or None)


def show(
    model: Annotated[
        str | None,
        typer.Argument(help="A model folder, a run, champion, or models:/stance@champion."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole card as JSON, for programs.")
    ] = False,
) -> None:
    """Show a model's card: what it was trained on and what it scores.

    MLflow shows the same text for the registered version.

    Example: stance show
    """
    loaded = stance.load(model)
    if as_json:
        typer.echo(printable(json.dumps(loaded.card, indent=2, ensure_ascii=False)))
        return
    from stance.models.card import describe_card

    typer.echo(printable(describe_card(loaded.card)), nl=False)


MOST_SHOWN = 40


def show_differences(
    first: str, second: str, differences: "Mapping[str, Mapping[str, Difference]]"
) -> None:
    """Print by how much the second run differs from the first, set by set."""
    say(f"{second} minus {first}: difference with its 95% bootstrap interval")
    for name, scores in differences.items():
        say(f"  {set_name(name)}")
        for key, difference in scores.items():
            say(f"    {key:7s} {difference}")


def show_errors(first: str, second: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the quotes that two runs answered differently where one of them was wrong.

    It also says how often each was right.
    """
    differ = [row for row in rows if row["first"] != row["second"]]
    head = ("quote", "label", first, second, "words")
    keys = ("quote", "stance", "first", "second", "text")
    console(WIDE).print(
        to_table(head, [[row[key] for key in keys] for row in differ[:MOST_SHOWN]], words=head)
    )
    right = {
        which: sum(row["right"] == which for row in rows)
        for which in ("first", "second", "neither")
    }
    say(
        f"only {first} right: {right['first']}, only {second} right: {right['second']}, both "
        f"wrong: {right['neither']}"
    )
    if len(differ) > MOST_SHOWN:
        say(f"{len(differ) - MOST_SHOWN} more answered differently; --json gives all of them")


def show_board(board: "Board") -> None:
    """Print the leaderboard: what may be compared, then what may not."""
    from stance.experiments.leaderboard_files import number, older_row, pair
    from stance.labels.splits import SETS
    from stance.models.calibration import STATED_RISK

    place = console(WIDE)
    if board.entries:
        used = [name for name in SETS if any(name in entry.sets for entry in board.entries)]
        rows = []
        for entry in board.entries:
            last = next((entry.sets[name] for name in ("test", "cv") if name in entry.sets), {})
            covered = last.get("coverage")
            figures = (
                number(last.get("calibration_error")),
                "–" if covered is None else f"{covered:.0%}",
                f"{sum(entry.seconds.values()):.0f}",
            )
            rows.append((entry.name, *(pair(entry.sets.get(name)) for name in used), *figures))
        head = (
            "experiment",
            *used,
            "calibration error",
            f"answered at {STATED_RISK:.0%} wrong",
            "seconds",
        )
        table = to_table(
            head,
            rows,
            words=("experiment",),
            title="five-label / coarse macro-F1, the best in cross-validation first",
        )
        table.add_section()
        table.add_row(
            "majority baseline",
            *(number(_first(board.entries, name, "majority")) for name in used),
            "",
            "",
            "",
        )
        table.add_row(
            "quotes",
            *(f"{_first(board.entries, name, 'n_quotes') or 0:.0f}" for name in used),
            "",
            "",
            "",
        )
        place.print(table)
    if board.older:
        head = ("run", "differs in", *SETS)
        place.print(
            to_table(
                head,
                map(older_row, board.older),
                words=head[:2],
                title="on other labels: not to be compared with the others",
            )
        )
    for name, measured in board.benchmarks.items():
        say(f"benchmark {name}: {_headline(measured)}", dim=True)
    for status, names in board.unfinished.items():
        say(f"left out, {status.lower()}: {len(names)}", dim=True)


def _first(entries: "Iterable[Entry]", name: str, figure: str) -> float | None:
    return next((entry.sets[name][figure] for entry in entries if name in entry.sets), None)


def _headline(figures: Sequence[Mapping[str, Any]]) -> str:
    held = [
        row
        for row in figures
        if row["model"] == "vote"
        and ":" not in row["where"]
        and not row["where"].startswith("train")
    ]
    return "; ".join(
        f"{row['where']} {row['score']} {row['value']:.3f} (majority {row['majority']:.3f}, n = "
        f"{row['n_rows']})"
        for row in held
    )
