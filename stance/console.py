"""What every verb prints: JSON lines on stdout for programs, words on stderr for people."""

from collections.abc import Mapping
from typing import Any

import typer


def show_json(row: Mapping[str, Any]) -> None:
    """Print one JSON line on stdout, its figures as they are shown (see `stance.records.shown_figures`)."""
    from stance.records import shown_figures
    from stance.writers import json_line

    typer.echo(json_line(shown_figures(row)), nl=False)


def say_aside(line: str) -> None:
    """Print one line on stderr."""
    typer.echo(line, err=True)
