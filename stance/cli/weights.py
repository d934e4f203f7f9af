"""Verbs that train the weights which come with the package.

Nothing heavy is imported before a verb runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from stance.cli.options import say_aside
from stance.core.paths import display_path


def train_cues(
    gold: Annotated[
        list[Path],
        typer.Argument(
            metavar="GOLD.jsonl…",
            help="Labelled articles to learn from: labels/reports/w01.jsonl …",
        ),
    ],
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Keep the weights, in stance/extraction/quotes/cue_weights.json."
        ),
    ] = False,
) -> None:
    """Train the weights by which finding quotes tells whether a verb reports speech.

    Measure them with evaluate-quotes on articles they did not learn from.

    Example: stance train-cues labels/reports/w0*.jsonl labels/reports/w1[0-4].jsonl
    """
    from stance.core.files import write_whole
    from stance.evaluation.extraction import read_gold
    from stance.extraction.quotes.cues import load_cues, weights_path
    from stance.extraction.text.parser import load_nlp
    from stance.training.cue_weights import train_cues as train

    labelled = [one for path in gold for one in read_gold(path)]
    model, used = train(labelled, nlp=load_nlp()), load_cues()
    moved = [
        abs(model.weights.get(name, 0.0) - used.weights.get(name, 0.0))
        for name in {*model.weights, *used.weights}
    ]
    typer.echo(
        f"{len(labelled)} articles, {sum(len(quotes) for _, quotes in labelled)} quotes: "
        f"{len(model.weights)} weights"
    )
    typer.echo(
        f"beside the weights in use: {sum(one > 0.1 for one in moved)} differ by more than 0.1, "
        f"the most by {max(moved):.3f}"
    )
    if write:
        write_whole(weights_path(), model.to_json())
        say_aside(
            f"{display_path(weights_path())} written; measure it: stance evaluate-quotes "
            "labels/seeds.jsonl"
        )
