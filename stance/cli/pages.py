"""The verbs of pages, which write figures: leaderboard, labels, docs.

Nothing heavy is imported before a verb runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from stance.core.paths import display_path, home


def labels() -> None:
    """Rewrite the figures of labels/README.md: counts, agreement, splits.

    Example: stance pages labels
    """
    from stance.labels.card import write_card

    typer.echo(f"{display_path(write_card(home() / 'labels'))} is up to date")


def docs(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]", help="The run; by default the newest one of the default experiment."
        ),
    ] = "frozen",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write copies to this folder; by default the pages in docs/ are changed."
        ),
    ] = None,
) -> None:
    """Rewrite the figures of docs/how-good.md and docs/limits.md.

    They come from a run and from the newest runs of stance evaluate quotes.

    Example: stance pages docs frozen --out mine
    """
    from stance.experiments.docs_figures import write_figures

    for path in write_figures(run, out):
        typer.echo(f"{display_path(path)} written")


def leaderboard(
    out: Annotated[
        Path | None,
        typer.Option(help="A .md or .json file; by default experiments/leaderboard.md and .json."),
    ] = None,
) -> None:
    """Write the leaderboard to a file.

    It lists the newest run of every experiment on every set, and the majority baseline.

    Example: stance pages leaderboard
    """
    from stance.cli.runs import show_board
    from stance.experiments.leaderboard import read_board
    from stance.experiments.leaderboard_files import write_board

    board = read_board()
    show_board(board)
    typer.echo("written: " + ", ".join(display_path(path) for path in write_board(board, out)))
