"""Readings as tables in a terminal: who speaks, the stance, a bar from oppose to support, and the quotes it rests on."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.readings import Reading, SpeakerStance
from stance.records import Prediction, Quote

# Beside the colour always stands the name: colours are for the eye that can tell them.
STYLES = {"support": "green", "conditional": "blue", "skeptical": "yellow", "oppose": "red", "neutral": "bright_black", None: "dim"}
WIDTH = 21
MAX_QUOTE = 150


def show_readings(readings: Iterable[Reading]) -> None:
    """Print a table per article, as wide as the terminal; 140 columns where the output goes elsewhere."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    for reading in readings:
        console.print(table_of(reading))
        console.print(Text(_summary(reading), style="dim"))


def table_of(reading: Reading) -> Table:
    """Return the table of one article, a row per speaker."""
    table = Table(title=Text(reading.article, style="bold"), title_justify="left", show_lines=True, expand=True)
    table.add_column("speaker", max_width=26, overflow="fold")
    table.add_column("stance", no_wrap=True)
    table.add_column(Text("oppose    0   support", justify="left"), no_wrap=True, width=WIDTH)
    table.add_column("quotes", ratio=1, overflow="fold")
    for one in reading.speakers:
        table.add_row(_who(one), _what(one), _where(one), Text("\n").join(_quote(*pair, reading.labels.get(pair[0].id)) for pair in one.quotes))
    return table


def _who(one: SpeakerStance) -> Text:
    return Text(one.speaker or "(nobody found)").append(f"\n{one.role}" if one.role else "", style="dim")


def _what(one: SpeakerStance) -> Text:
    if one.stance is None:
        return Text("abstained", style=STYLES[None])
    return Text(one.stance, style=STYLES[one.stance]).append(f" {one.probabilities[one.stance]:.0%}", style="default")


def _where(one: SpeakerStance) -> Text:
    n_quotes = f"{len(one.quotes)} quote{'s' if len(one.quotes) != 1 else ''}"
    if one.stance is None:
        return Text(f"no score\n{n_quotes}", style="dim")
    return bar(one.low, one.score, one.high, STYLES[one.stance]).append(f"\n{one.score:+.2f}, {n_quotes}\n{one.low:+.2f} to {one.high:+.2f}", style="dim")


def bar(low: float, score: float, high: float, style: str, width: int = WIDTH) -> Text:
    """Return a line from -1 to +1 of ``width`` characters: ━ from ``low`` to ``high``, ● at the score, a cross at 0."""
    places = [round((value + 1) / 2 * (width - 1)) for value in (low, score, high)]
    text = Text()
    for place in range(width):
        inside = places[0] <= place <= places[2]
        sign = "●" if place == places[1] else ("╋" if inside else "┼") if place == width // 2 else "━" if inside else "─"
        text.append(sign, style=style if inside else "dim")
    return text


def _quote(quote: Quote, prediction: Prediction, judged: str | None) -> Text:
    words = " ".join(quote.shown_text.split())
    cut = words if len(words) <= MAX_QUOTE else words[: MAX_QUOTE - 1].rsplit(" ", 1)[0] + " …"
    label = prediction.stance or f"abstained ({(prediction.reason or '').split(';')[0]})"
    text = Text(label, style=STYLES[prediction.stance]).append(f" {cut}", style="default")
    if judged is not None:
        text.append("\n  your label: ", style="dim").append(judged, style=STYLES[judged])
    for held in prediction.attributed or ():
        text.append("\n  says of ", style="dim").append(held.holder).append(": ", style="dim")
        text.append(f"{held.stance} ({held.probability:.0%})", style=STYLES[held.stance])
    return text


def _summary(reading: Reading) -> str:
    found = [prediction for one in reading.speakers for _, prediction in one.quotes]
    named = sum(one.speaker is not None for one in reading.speakers)
    abstained = sum(one.abstained for one in found)
    model = "{name} {version}".format(**reading.model)
    return f"{len(found)} quotes, {named} speakers" + (f", {abstained} abstained" if abstained else "") + f"; model {model}\n"
