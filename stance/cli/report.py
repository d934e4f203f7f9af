"""The verb report: one HTML page. Nothing heavy is imported before it runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import stance
from stance.cli.articles import readings_of, threshold_of
from stance.cli.options import AbstainAt, ModelName, Risk, say_aside
from stance.core.formatting import counted

if TYPE_CHECKING:
    from stance.prediction.reading import Reading


def report(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="ARTICLE…|FOLDER|ROWS",
            help="Articles, or folders of them: .txt, .md, .html, .jsonl; or a table that stance "
            "quotes wrote.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    model: ModelName = None,
    abstain_at: AbstainAt = 0.0,
    risk: Risk = None,
) -> None:
    """Write one HTML page about articles or a table of quotes.

    It needs no network. It shows a timeline, the speakers on a stance axis, the articles with
    their quotes marked, and a table to filter.

    Example: stance report seeds/moscow-times-2025-05-13.txt --out report.html
    """
    from stance.interfaces.report.page import write_report
    from stance.prediction.quote_rows import is_quote_table

    tables = [source for source in sources if is_quote_table(source)]
    if tables:
        _check_tables(sources, tables, abstain_at, risk)
        size, readings = _of_tables(tables, model, out)
    else:
        loaded = stance.load(model)
        read = list(readings_of(loaded, sources, threshold_of(loaded, abstain_at, risk)))
        size = write_report(read, loaded.card, out)
        readings = [reading for _, reading in read]
    n_quotes = sum(len(speaker.quotes) for reading in readings for speaker in reading.speakers)
    typer.echo(
        f"{out}: {counted(len(readings), 'article')}, {counted(n_quotes, 'quote')}, "
        f"{size / 1000:.0f} kB"
    )


def _check_tables(
    sources: list[str], tables: list[str], abstain_at: float, risk: float | None
) -> None:
    if len(tables) < len(sources):
        raise typer.BadParameter("give articles or tables of quotes, not both")
    if abstain_at or risk is not None:
        raise typer.BadParameter(
            "the rows of a table are answered already; --abstain-at and --risk are for articles"
        )


def _of_tables(tables: list[str], model: str | None, out: Path) -> "tuple[int, list[Reading]]":
    from stance.interfaces.report.from_rows import readings_of_rows
    from stance.interfaces.report.page import write_report
    from stance.models.folder import read_card
    from stance.models.speaker_pooling import Prior
    from stance.prediction.quote_rows import read_quote_rows
    from stance.tracking.resolve import resolve

    card = read_card(resolve(model))
    rows = (row for table in tables for row in read_quote_rows(table))
    readings = list(readings_of_rows(rows, Prior.of_card(card)))
    known = {"name": card["name"], "version": card["version"]}
    others = {tuple(reading.model.values()) for _, reading in readings if reading.model != known}
    if others:
        say_aside(
            f"the rows are answers of {', '.join(' '.join(label) for label in sorted(others))}, "
            f"the page describes {card['name']} {card['version']}; name the rows' model with "
            "--model"
        )
    size = write_report(readings, card, out, excerpts=True)
    return size, [reading for _, reading in readings]
