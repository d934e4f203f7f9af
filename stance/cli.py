"""The command line: a table of its verbs. Each reads its arguments, calls the library and prints; what a verb needs is imported when it runs."""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

import stance
from stance import cli_articles, cli_labels, cli_measures, cli_runs, cli_servers
from stance.console import say_aside
from stance.errors import StanceError

# In the order in which --help lists them.
VERBS: dict[str, Callable[..., Any]] = {
    "extract": cli_articles.extract,
    "predict": cli_articles.predict,
    "read": cli_articles.read,
    "report": cli_articles.report,
    "train": cli_runs.train,
    "sweep": cli_runs.sweep,
    "train-cues": cli_measures.train_cues,
    "evaluate-quotes": cli_measures.evaluate_quotes,
    "evaluate-speakers": cli_measures.evaluate_speakers,
    "evaluate-attributed": cli_measures.evaluate_attributed,
    "evaluate-explanations": cli_measures.evaluate_explanations,
    "leaderboard": cli_runs.leaderboard,
    "compare": cli_runs.compare,
    "promote": cli_runs.promote,
    "export": cli_runs.export,
    "ui": cli_runs.ui,
    "serve": cli_servers.serve,
    "mcp": cli_servers.mcp,
    "check": cli_labels.check,
    "agree": cli_labels.agree,
    "suggest": cli_labels.suggest,
    "export-labels": cli_labels.export_labels,
    "import-labels": cli_labels.import_labels,
    "labels-card": cli_labels.labels_card,
    "how-good": cli_measures.how_good,
    "import": cli_runs.import_corpus,
    "benchmark": cli_runs.benchmark,
    "show": cli_runs.show,
}

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From news articles to attributed quotes, their speakers, and each speaker's stance toward negotiations.",
)
for _name, _verb in VERBS.items():
    app.command(_name)(_verb)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if version:
        typer.echo(f"stance {stance.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line; a fault of the user's is one message and exit code 1, without a traceback."""
    try:
        app()
    except StanceError as fault:
        say_aside(f"stance: {fault}")
        raise SystemExit(1) from None
    except BrokenPipeError:
        # The reader has gone (| head): nothing is left to say, also not while Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
