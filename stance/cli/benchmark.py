"""Verbs of public corpora: import, benchmark. Nothing heavy is imported before a verb runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.options import Settings
from stance.cli.tables import NARROW, console, to_table
from stance.core.paths import display_path

if TYPE_CHECKING:
    from stance.experiments.benchmarks.protocols import BenchmarkScores


def import_corpus(
    corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast")], file: Path
) -> None:
    """Check a public stance corpus and put it where benchmarks look for it (data/, not in Git).

    Example: stance import semeval2016 semeval2016.csv
    """
    from stance.experiments.benchmarks.corpora import describe, store

    path, table = store(corpus, file)
    for line in [f"{corpus}: {display_path(path)}", *describe(table)]:
        typer.echo(line)


def benchmark(
    corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast")],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="The corpus; by default the one that stance import stored."
        ),
    ] = None,
    experiment: Annotated[
        Path | None, typer.Option(help="By default experiments/benchmarks/CORPUS.toml.")
    ] = None,
    settings: Settings = None,
) -> None:
    """Measure features and classifiers on a public stance corpus by its official protocol.

    Tracked as a run.

    Example: stance benchmark semeval2016
    """
    from stance.experiments.benchmarks.protocols import run_benchmark

    found = run_benchmark(corpus, file, experiment, settings, say=typer.echo)

    show_benchmark(found)


def show_benchmark(found: "BenchmarkScores") -> None:
    """Print the scores of a benchmark beside the majority baseline."""
    rows = [
        (
            one.where,
            one.model,
            one.score,
            f"{one.value:.3f} ({one.low:.3f}-{one.high:.3f})",
            f"{one.majority:.3f}",
            one.n_rows,
            one.n_texts,
        )
        for one in found.figures
    ]
    head = ("measured on", "model", "score", "value", "majority", "rows", "texts")
    title = f"{found.run_name}: scores with their 95% bootstrap interval, by text"
    console(NARROW).print(to_table(head, rows, words=head[:3], title=title))
