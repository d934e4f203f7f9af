"""The verb trends: speakers over time. Nothing heavy is imported before it runs."""

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.options import ModelName, say_aside

if TYPE_CHECKING:
    from collections import Counter

    from stance.models.speaker_pooling import Prior


def trends(
    rows: Annotated[
        str,
        typer.Argument(
            metavar="ROWS|-", help="A table that stance quotes wrote; - for standard input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="The table to write: .csv, .parquet or .jsonl; by default CSV on stdout."
        ),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="The figure to write: .svg, .pdf or .png.")
    ] = None,
    by: Annotated[str, typer.Option(help="day, week, month or year.")] = "week",
    speaker: Annotated[
        list[str] | None,
        typer.Option(help="Only this speaker, by name or speaker_id; may be repeated."),
    ] = None,
    panels: Annotated[
        int, typer.Option(min=1, max=50, help="How many speakers the figure shows.")
    ] = 8,
    model: ModelName = None,
) -> None:
    """Show speakers over time, as a table and a figure.

    The table has one row per speaker and period, with an interval. Wire copies, headlines and
    unnamed speakers are left out and counted.

    Example: stance trends quotes.parquet --out trends.csv --figure trends.svg
    """
    from stance.core.files import write_whole
    from stance.core.safe_text import printable
    from stance.interfaces.trend_figure import draw_trends, kind_of_figure
    from stance.prediction.compression import packed
    from stance.prediction.quote_rows import read_quote_rows
    from stance.prediction.table_files import format_of, write_table
    from stance.prediction.trends import COLUMNS, Trends, check_period

    check_period(by)
    kind, packing = format_of(out.name) if out else ("csv", "")
    figure_kind = kind_of_figure(figure) if figure else ""
    found = Trends(read_quote_rows(rows), by, speaker or ())
    table = found.table(_prior(found.models, model))
    content = io.BytesIO()
    with packed(content, packing) as stream:
        write_table(table, COLUMNS, stream, kind)
    if out is not None:
        write_whole(out, content.getvalue())
    elif sys.stdout.isatty():
        # Names come from articles: a terminal shows them and does not obey them.
        sys.stdout.write(printable(content.getvalue().decode("utf-8")))
    else:
        sys.stdout.buffer.write(content.getvalue())
    if figure:
        write_whole(figure, draw_trends(table, figure_kind, panels))
    say_aside(f"{len({row['speaker_id'] for row in table})} speakers, {found.counts}")


def _prior(models: "Counter[tuple[str, str]]", model: str | None) -> "Prior":
    """Return what is known of speakers before they are heard, from the card of the rows' model."""
    from stance.models.folder import read_card
    from stance.models.speaker_pooling import Prior
    from stance.tracking.resolve import resolve

    card = read_card(resolve(model))
    others = [" ".join(label) for label in models if label != (card["name"], card["version"])]
    if others:
        say_aside(
            f"the rows are answers of {', '.join(others)}, and speakers are pooled with the "
            f"settings of {card['name']} {card['version']}; name the rows' model with --model"
        )
    return Prior.of_card(card)
