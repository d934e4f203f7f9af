"""Verbs that take articles: extract, read.

Nothing heavy is imported before a verb runs.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

import stance
from stance.cli.options import AbstainAt, AsJson, ModelName, Risk, Sources, say_aside, show_json
from stance.cli.tables import READING_WIDTH, STYLES, WIDTH, bar, console
from stance.core.formatting import ATTRIBUTED_FROM, counted
from stance.core.paths import home
from stance.core.types import Prediction, Quote

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from stance.core.types import Article
    from stance.prediction.model import Model
    from stance.prediction.reading import Reading, SpeakerStance


def extract(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="[ARTICLE…|FOLDER|-]",
            help="Articles, or folders of them: .txt, .md, .html, .jsonl; - for standard input.",
        ),
    ],
) -> None:
    """Find the quotes of articles and their speakers.

    The output is JSONL, one quote per line.

    Example: stance extract seeds/*.txt > quotes.jsonl
    """
    from stance.cli.progress import watched
    from stance.extraction.pipeline import extract_each
    from stance.extraction.quotes.interviews import transcript_note
    from stance.extraction.text.articles import count_articles, find_sources, read_all
    from stance.extraction.text.language import article_note
    from stance.prediction.rows import row_of

    n_articles = n_quotes = n_without = n_empty = 0
    files = find_sources(sources)
    with watched(count_articles(files)) as watch:
        for article, quotes in extract_each(read_all(files, watch.say)):
            n_empty += not article.text.strip()
            n_articles, n_quotes = n_articles + 1, n_quotes + len(quotes)
            n_without += sum(quote.speaker is None for quote in quotes)
            for quote in quotes:
                show_json(row_of(article, quote))
            if note := article_note(article.text) or transcript_note(article.text):
                watch.say(f"{article.id}: {counted(len(quotes), 'quote')}; {note}")
            watch.done(n_articles, n_quotes)
    say_aside(
        f"{counted(n_articles, 'article')}{f' ({n_empty} empty)' if n_empty else ''}, "
        f"{counted(n_quotes, 'quote')}, {n_without} without speaker"
    )


def read(
    sources: Sources,
    model: ModelName = None,
    abstain_at: AbstainAt = 0.0,
    risk: Risk = None,
    as_json: AsJson = False,
) -> None:
    """Show each speaker's stance, how sure it is, and its quotes.

    Example: stance read seeds/moscow-times-2025-05-13.txt
    """
    loaded = stance.load(model)
    threshold = threshold_of(loaded, abstain_at, risk)
    readings = (reading for _, reading in readings_of(loaded, sources, threshold))
    if as_json:
        for reading in readings:
            show_json(reading.to_dict())
    else:
        show_readings(readings)


def threshold_of(loaded: "Model", abstain_at: float, risk: float | None) -> float:
    """Return the probability below which to abstain, given as such or as a risk."""
    if risk is not None and abstain_at:
        raise typer.BadParameter("give --risk or --abstain-at, not both", param_hint="--risk")
    return abstain_at if risk is None else loaded.threshold_for(risk)


def readings_of(
    loaded: "Model", sources: list[str], abstain_at: float
) -> "Iterator[tuple[Article, Reading]]":
    """Yield the articles of all sources, each read, with a person's labels where there are any."""
    from stance.extraction.pipeline import extract as extract_all
    from stance.extraction.text.articles import read_all
    from stance.labels.own_articles import person_labels

    articles = list(read_all(sources, say_aside))
    judged = person_labels(home() / "labels")
    for article, quotes in zip(articles, extract_all(articles), strict=True):
        labels = {
            quote.id: judged[article.text, quote.spans]
            for quote in quotes
            if (article.text, quote.spans) in judged
        }
        yield (
            article,
            dataclasses.replace(
                loaded.read_quotes(article, quotes, abstain_at=abstain_at), labels=labels
            ),
        )


MAX_QUOTE = 150
# On the test reports half of the speakers below this confidence are wrong, a fifth at it, and one
# in two hundred from 0.9 on.
SURE_SPEAKER = 0.55
LEGEND = (
    "A speaker's stance with its probability (“unclear” where another is nearly as likely); then "
    "the expected score of the quotes from -1 (oppose) to +1 (support), and the range that holds "
    "it with 90%. "
    "“says of”: a stance that the quote ascribes to somebody else, from "
    f"{ATTRIBUTED_FROM:.0%} on (all of them: --json)."
)


def show_readings(readings: "Iterable[Reading]") -> None:
    """Print a table for each article, as wide as the terminal.

    Where the output goes to a file or pipe, it is 140 columns wide.
    """
    from rich.text import Text

    place = console(READING_WIDTH)
    for reading in readings:
        place.print(table_of(reading))
        place.print(Text(_summary(reading), style="dim"))
    place.print(Text(LEGEND, style="dim"))


def table_of(reading: "Reading") -> "Table":
    """Return the table of an article's speakers, one row per speaker."""
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(reading.article, style="bold"),
        title_justify="left",
        show_lines=True,
        expand=True,
    )
    table.add_column("speaker", max_width=26, overflow="fold")
    table.add_column("stance", no_wrap=True)
    table.add_column(Text("oppose    0   support", justify="left"), no_wrap=True, width=WIDTH)
    table.add_column("quotes", ratio=1, overflow="fold")
    for speaker in reading.speakers:
        table.add_row(
            _who(speaker),
            _what(speaker),
            _where(speaker),
            Text("\n").join(
                _quote(*pair, reading.labels.get(pair[0].id)) for pair in speaker.quotes
            ),
        )
    return table


def _who(speaker: "SpeakerStance") -> "Text":
    from rich.text import Text

    return Text(speaker.speaker or "(nobody found)").append(
        f"\n{speaker.role}" if speaker.role else "", style="dim"
    )


def _what(speaker: "SpeakerStance") -> "Text":
    from rich.text import Text

    if speaker.stance is None:
        return Text("abstained", style=STYLES[None])
    likeliest = f"{speaker.probabilities[speaker.stance]:.0%}"
    if speaker.unclear:
        return Text("unclear", style=STYLES[None]).append(f"\n{speaker.stance} {likeliest}")
    name = Text(speaker.stance, style=STYLES[speaker.stance])
    return name.append(f" {likeliest}", style="default")


def _where(speaker: "SpeakerStance") -> "Text":
    from rich.text import Text

    n_quotes = counted(len(speaker.quotes), "quote")
    if speaker.stance is None:
        return Text(f"no score\n{n_quotes}", style="dim")
    return bar(speaker.low, speaker.score, speaker.high, STYLES[speaker.stance]).append(
        f"\n{speaker.score:+.2f}, {n_quotes}\n{speaker.low:+.2f} to {speaker.high:+.2f}",
        style="dim",
    )


def _quote(quote: Quote, prediction: Prediction, judged: str | None) -> "Text":
    from rich.text import Text

    words = " ".join(quote.shown_text.split())
    cut = words if len(words) <= MAX_QUOTE else words[: MAX_QUOTE - 1].rsplit(" ", 1)[0] + " …"
    label = prediction.stance or f"abstained ({(prediction.reason or '').split(';')[0]})"
    text = Text(label, style=STYLES[prediction.stance]).append(f" {cut}", style="default")
    if (
        quote.speaker is not None
        and quote.speaker_confidence is not None
        and quote.speaker_confidence < SURE_SPEAKER
    ):
        text.append("  (speaker unsure)", style="dim")
    if judged is not None:
        text.append("\n  your label: ", style="dim").append(judged, style=STYLES[judged])
    for attributed in prediction.attributed or ():
        if attributed.probability < ATTRIBUTED_FROM:
            continue
        text.append("\n  says of ", style="dim").append(attributed.holder).append(": ", style="dim")
        text.append(
            f"{attributed.stance} ({attributed.probability:.0%})", style=STYLES[attributed.stance]
        )
    return text


def _summary(reading: "Reading") -> str:
    predictions = [prediction for speaker in reading.speakers for _, prediction in speaker.quotes]
    named = sum(speaker.speaker is not None for speaker in reading.speakers)
    abstained = sum(prediction.abstained for prediction in predictions)
    model = "{name} {version}".format(**reading.model)
    return (
        f"{counted(len(predictions), 'quote')}, {counted(named, 'speaker')}"
        + (f", {abstained} abstained" if abstained else "")
        + f"; model {model}\n"
    )
