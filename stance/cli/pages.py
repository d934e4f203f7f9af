"""Verbs that write pages of figures: leaderboard, labels-card, how-good.

Nothing heavy is imported before a verb runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from stance.core.paths import display_path, home


def labels_card() -> None:
    """Write the figures of labels/README.md anew: counts, agreement, splits.

    Example: stance labels-card
    """
    from stance.labels.card import write_card

    typer.echo(f"{display_path(write_card(home() / 'labels'))} is up to date")


def how_good(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]", help="By default the newest run of the default experiment."
        ),
    ] = "vote",
    out: Annotated[
        Path | None,
        typer.Option(
            help="A folder for the pages; by default docs/ itself, whose figures are replaced."
        ),
    ] = None,
) -> None:
    """Write the figures of docs/how-good.md and docs/limits.md anew.

    From a run and the newest measures of the extraction.

    Example: stance how-good vote --out mine
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
    """Write the leaderboard.

    The newest run of every experiment, all sets, beside the majority baseline.

    Example: stance leaderboard
    """
    from stance.cli.runs import show_board
    from stance.experiments.leaderboard import read_board
    from stance.experiments.leaderboard_files import write_board

    board = read_board()
    show_board(board)
    typer.echo("written: " + ", ".join(display_path(path) for path in write_board(board, out)))
