"""The verbs of benchmark, on public corpora: import, run.

Nothing heavy is imported before a verb runs.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.options import Settings
from stance.cli.tables import NARROW, console, to_table
from stance.core.paths import display_path

if TYPE_CHECKING:
    from stance.experiments.benchmarks.protocols import BenchmarkScores


def import_corpus(
    corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast", help="Which corpus.")],
    file: Annotated[Path, typer.Argument(help="Your own copy of the corpus.")],
) -> None:
    """Check a public stance corpus and store it in data/, which Git ignores.

    Example: stance benchmark import semeval2016 semeval2016.csv
    """
    from stance.experiments.benchmarks.corpora import describe, store

    path, table = store(corpus, file)
    for line in [f"{corpus}: {display_path(path)}", *describe(table)]:
        typer.echo(line)


def run(
    corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast", help="Which corpus.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="The corpus; by default what stance benchmark import stored."
        ),
    ] = None,
    experiment: Annotated[
        Path | None,
        typer.Option(help="The experiment; by default experiments/benchmarks/CORPUS.toml."),
    ] = None,
    settings: Settings = None,
) -> None:
    """Measure features and classifiers on a public stance corpus.

    The corpus's official protocol is used; the result is a tracked run.

    Example: stance benchmark run semeval2016
    """
    from stance.experiments.benchmarks.protocols import run_benchmark

    show_benchmark(run_benchmark(corpus, file, experiment, settings, say=typer.echo))


def show_benchmark(scores: "BenchmarkScores") -> None:
    """Print the scores of a benchmark next to the majority baseline."""
    rows = [
        (
            figure.where,
            figure.model,
            figure.score,
            f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})",
            f"{figure.majority:.3f}",
            figure.n_rows,
            figure.n_texts,
        )
        for figure in scores.figures
    ]
    head = ("measured on", "model", "score", "value", "majority", "rows", "texts")
    title = f"{scores.run_name}: scores with their 95% bootstrap interval, by text"
    console(NARROW).print(to_table(head, rows, words=head[:3], title=title))
