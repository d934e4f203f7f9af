"""The command line: a table of its verbs. Each reads its arguments, calls the library and prints.

What a verb needs is imported when it runs.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import stance
from stance.cli import (
    articles,
    benchmark,
    check,
    evaluate,
    labels,
    pages,
    predict,
    runs,
    serve,
    train,
    weights,
)
from stance.cli.options import say_aside
from stance.core.errors import StanceError

# In the order in which --help lists them.
VERBS: dict[str, Callable[..., Any]] = {
    "extract": articles.extract,
    "predict": predict.predict,
    "read": articles.read,
    "report": articles.report,
    "train": train.train,
    "sweep": train.sweep,
    "train-cues": weights.train_cues,
    "evaluate-quotes": evaluate.evaluate_quotes,
    "evaluate-speakers": evaluate.evaluate_speakers,
    "evaluate-attributed": evaluate.evaluate_attributed,
    "evaluate-explanations": evaluate.evaluate_explanations,
    "leaderboard": pages.leaderboard,
    "compare": runs.compare,
    "promote": runs.promote,
    "export": runs.export,
    "ui": runs.ui,
    "serve": serve.serve,
    "mcp": serve.mcp,
    "check": check.check,
    "agree": labels.agree,
    "suggest": labels.suggest,
    "export-labels": labels.export_labels,
    "import-labels": labels.import_labels,
    "labels-card": pages.labels_card,
    "how-good": pages.how_good,
    "import": benchmark.import_corpus,
    "benchmark": benchmark.benchmark,
    "show": runs.show,
}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From news articles to attributed quotes, their speakers, and each speaker's stance "
    "toward negotiations.",
)


for _name, _verb in VERBS.items():
    app.command(_name)(_verb)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"stance {stance.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line.

    A fault of the user's is one message and exit code 1, without a traceback.
    """
    try:
        app()
    except StanceError as fault:
        say_aside(f"stance: {fault}")
        raise SystemExit(1) from None
    except BrokenPipeError:
        # The reader has gone (| head): nothing is left to say, also not while Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
