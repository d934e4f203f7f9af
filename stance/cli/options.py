"""What verbs have in common.

These are options that several verbs take, JSON lines on stdout for programs, and messages on stderr
for people.
"""

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from stance.core.safe_text import printable

Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="ARTICLE…|FOLDER", help="Articles, or folders of them: .txt, .md, .html, .jsonl."
    ),
]
ModelName = Annotated[
    str | None, typer.Option(help="A model folder, a run, champion, or models:/stance@champion.")
]
AbstainAt = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Abstain where the most likely stance has a lower probability."
    ),
]
RunName = Annotated[
    str, typer.Argument(help="A run: its name, the beginning of its id, or its experiment.")
]
Risk = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Abstain so often that at most this share of answers is wrong in cross-validation, "
        "such as 0.1.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="Change a setting, such as member.0.classifier.C=3.0; may be repeated."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for programs, one object per line.")
]
HolderThreshold = Annotated[
    float | None,
    typer.Option(
        min=0.01,
        max=1.0,
        help="Least probability of a holder; by default the one with the best F1 in "
        "cross-validation.",
    ),
]


def show_json(row: Mapping[str, Any]) -> None:
    """Print one JSON line on stdout.

    Its figures are rounded (see `stance.core.formatting.shown_figures`). Where stdout is not
    UTF-8, the line has escapes, which every reader of JSON undoes.
    """
    from stance.core.formatting import json_line, shown_figures

    encoding = (sys.stdout.encoding or "utf-8").lower().replace("_", "-")
    typer.echo(json_line(shown_figures(row), escaped=encoding not in ("utf-8", "utf8")), nl=False)


def say_aside(line: str) -> None:
    """Print one line on stderr; a terminal shows what is in it and obeys nothing."""
    typer.echo(printable(line), err=True)
