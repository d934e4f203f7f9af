"""The command line: a table of its verbs.

Each verb reads its arguments, calls the library and prints. What a verb needs is imported when it
runs.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import stance
from stance.cli import (
    articles,
    benchmark,
    check,
    evaluate,
    labels,
    pages,
    predict,
    quotes,
    report,
    runs,
    serve,
    train,
    trends,
    weights,
)
from stance.cli.options import say_aside
from stance.cli.streams import mend_streams
from stance.core.errors import ConfigError, StanceError, install_hint

Verbs = dict[str, Callable[..., Any]]

# In the order in which --help lists them.
PANELS: dict[str, Verbs] = {
    "Articles and quotes": {
        "extract": articles.extract,
        "predict": predict.predict,
        "read": articles.read,
        "quotes": quotes.quotes,
        "trends": trends.trends,
        "report": report.report,
    },
    "Models": {
        "train": train.train,
        "sweep": train.sweep,
        "compare": runs.compare,
        "promote": runs.promote,
        "show": runs.show,
        "export": runs.export,
        "ui": runs.ui,
    },
    "For other programs": {"serve": serve.serve, "mcp": serve.mcp},
    "Files of this project": {"check": check.check},
}
# Each with what it is about and its verbs.
GROUPS: dict[str, tuple[str, Verbs]] = {
    "labels": (
        "Own labels: agree, suggest, import, export, learn, annotate.",
        {
            "agree": labels.agree,
            "suggest": labels.suggest,
            "import": labels.import_labels,
            "export": labels.export_labels,
            "learn": labels.learn,
            "annotate": labels.annotate,
        },
    ),
    "evaluate": (
        "Scores: labels, quotes, speakers, attributed, explanations.",
        {
            "labels": evaluate.labels,
            "quotes": evaluate.quotes,
            "speakers": evaluate.speakers,
            "attributed": evaluate.attributed,
            "explanations": evaluate.explanations,
        },
    ),
    "benchmark": (
        "Public stance corpora: import, run.",
        {"import": benchmark.import_corpus, "run": benchmark.run},
    ),
    "weights": (
        "The weights inside the package: cues, tagger, attributed.",
        {"cues": weights.cues, "tagger": weights.tagger, "attributed": weights.attributed},
    ),
    "pages": (
        "Pages of figures: leaderboard, labels, docs.",
        {"leaderboard": pages.leaderboard, "labels": pages.labels, "docs": pages.docs},
    ),
}
GROUPS_PANEL = "Groups (each lists its verbs with --help)"

# Which extra of the package brings what a verb may import.
EXTRAS = {
    "train": "filelock joblib matplotlib mlflow optuna pandas scipy sklearn sqlalchemy",
    "quotes": "datasketch dateparser lxml_html_clean spacy trafilatura",
    "report": "jinja2 markupsafe",
    "serve": "fastapi prometheus_client starlette uvicorn",
    "mcp": "mcp",
    "frames": "narwhals",
    "annotate": "openai",
    "tables": "backports pyarrow",
    "adapt": "torch transformers",
    "dask": "dask distributed",
}


class Panels(TyperGroup):
    """The top of the command line: verbs in panels, missing extras named."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the verbs under the names of their panels, a line each."""
        for panel in (*PANELS, GROUPS_PANEL):
            of_panel = {
                name: command
                for name in self.list_commands(ctx)
                if getattr(command := self.commands[name], "rich_help_panel", None) == panel
            }
            room = formatter.width - 6 - max(map(len, of_panel))
            with formatter.section(panel):
                formatter.write_dl(
                    [(name, each.get_short_help_str(room)) for name, each in of_panel.items()]
                )

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; where a package of an extra is missing, say which command installs it."""
        try:
            return super().invoke(ctx)
        except ImportError as fault:
            package = (fault.name or "").partition(".")[0]
            extra = next((name for name in EXTRAS if package in EXTRAS[name].split()), None)
            if extra is None:
                raise
            raise ConfigError(
                f"{package} is not installed; stance {ctx.invoked_subcommand} needs it: "
                f"{install_hint(extra)}"
            ) from fault


def _group(about: str, **settings: Any) -> typer.Typer:
    return typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None, **settings)


app = _group(
    "From news articles to quotes, their speakers, and each speaker's stance toward negotiations.",
    cls=Panels,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for _panel, _verbs in PANELS.items():
    for _name, _verb in _verbs.items():
        app.command(_name, rich_help_panel=_panel)(_verb)
for _name, (_about, _verbs) in GROUPS.items():
    _of_group = _group(_about)
    for _name_in_group, _verb in _verbs.items():
        _of_group.command(_name_in_group)(_verb)
    app.add_typer(_of_group, name=_name, rich_help_panel=GROUPS_PANEL)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"stance {stance.__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command line.

    A mistake of the user's is one message and exit code 1, without a traceback.
    """
    mend_streams()
    try:
        app()
    except StanceError as fault:
        say_aside(f"stance: {fault}")
        raise SystemExit(1) from None
    except BrokenPipeError:
        # The reader has gone (| head): nothing is left to say, also not while Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as fault:
        if fault.errno is None:
            raise
        say_aside(
            f"stance: {fault.filename or 'a file'}: {fault.strerror}; check its rights and the "
            "space on its disk, then repeat the command"
        )
        raise SystemExit(1) from None
