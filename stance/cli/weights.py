"""The verbs of weights, which train what comes with the package: cues, tagger, attributed.

Nothing is written without --write. Nothing heavy is imported before a verb runs.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from stance.cli.options import HolderThreshold, RunName, say_aside
from stance.core.paths import display_path

Write = Annotated[
    bool, typer.Option("--write", help="Replace the weights in the package by the new ones.")
]


def cues(
    gold: Annotated[
        list[Path],
        typer.Argument(
            metavar="GOLD.jsonl…",
            help="Labelled articles to learn from, such as labels/reports/w01.jsonl.",
        ),
    ],
    write: Write = False,
) -> None:
    """Train the weights that decide whether a verb reports speech.

    Measure them with stance evaluate quotes on articles that they did not learn from.

    Example: stance weights cues labels/reports/w0*.jsonl labels/reports/w1[0-4].jsonl
    """
    from stance.evaluation.extraction import read_gold
    from stance.extraction.quotes.cues import load_cues, weights_path
    from stance.extraction.text.parser import load_nlp
    from stance.training.cue_weights import train_cues

    labelled = [article for path in gold for article in read_gold(path)]
    model = train_cues(labelled, nlp=load_nlp())
    typer.echo(
        f"{len(labelled)} articles, {sum(len(quotes) for _, quotes in labelled)} quotes: "
        f"{len(model.weights)} weights"
    )
    typer.echo(_differences(model.weights, load_cues().weights))
    if write:
        _replace(weights_path(), model.to_json(), "stance evaluate quotes labels/seeds.jsonl")


def tagger(
    gold: Annotated[
        list[Path],
        typer.Argument(metavar="GOLD.jsonl…", help="Labelled articles to learn from."),
    ],
    runs: Annotated[int, typer.Option(help="Trainings that are averaged.", min=1)] = 2,
    seed: Annotated[int, typer.Option(help="Of the first training.")] = 13,
    write: Write = False,
) -> None:
    """Train the tagger that corrects where quotes begin and end (needs PyTorch; an hour).

    An interrupted training continues.

    Example: stance weights tagger labels/reports/w0*.jsonl labels/reports/w1[0-3].jsonl
    """
    from stance.extraction.text.tagger import weights_paths
    from stance.labels.labelled_articles import read_reports
    from stance.training.tagger import TaggerSettings, train_tagger

    labelled = [article for path in gold for article in read_reports(path)]
    settings = TaggerSettings(runs=runs, seed=seed, say=typer.echo)
    card, adapter = train_tagger(labelled, settings)
    typer.echo(f"{card['n_articles']} articles, {card['n_quotes']} quotes")
    if write:
        from stance.core.files import write_whole

        path, path_of_card = weights_paths()
        write_whole(path, adapter)
        write_whole(path_of_card, json.dumps(card, indent=1) + "\n")
        say_aside(f"{display_path(path)} written")


def attributed(
    run: RunName,
    threshold: HolderThreshold = None,
    write: Write = False,
) -> None:
    """Train the weights that find stances which quotes attribute to others.

    They learn from the training reports and from the run's cross-validated predictions of them.

    Example: stance weights attributed frozen
    """
    from stance.evaluation.attributed_stances import read_judged
    from stance.models.attributed_stances.model import load_attributed, weights_path
    from stance.training.attributed_stances import train

    name, sets = read_judged(run)
    model = train(sets["cv"], threshold)
    new, used = (
        {
            f"{part} {term} {k}": float(weight)
            for part, scorer in parts.items()
            for term, weights in scorer.weights.items()
            for k, weight in enumerate(weights)
        }
        for parts in (model.parts, load_attributed().parts)
    )
    typer.echo(f"{name}: {len(new)} weights, threshold {model.threshold:g}")
    typer.echo(_differences(new, used))
    if write:
        _replace(weights_path(), model.to_json(), f"stance evaluate attributed {run}")


def _differences(new: Mapping[str, float], used: Mapping[str, float]) -> str:
    """Return in one line how much new weights differ from those in use."""
    moved = [abs(new.get(name, 0.0) - used.get(name, 0.0)) for name in {*new, *used}]
    return (
        f"compared with the weights in use: {sum(change > 0.1 for change in moved)} differ by "
        f"more than 0.1, the largest difference is {max(moved):.3f}"
    )


def _replace(path: Path, weights: str, measure: str) -> None:
    from stance.core.files import write_whole

    write_whole(path, weights)
    say_aside(f"{display_path(path)} written; measure it: {measure}")
