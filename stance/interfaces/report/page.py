"""A page for a person to read.

It shows articles with their quotes marked, the speakers on a stance axis, and links every figure to
its quotes. The page is one file and needs no network: style, script, charts and data are inside,
and its content policy forbids the rest. Where the script does not run, articles, speakers and
charts can still be read.
"""

import base64
import dataclasses
import datetime
import hashlib
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

import stance
from stance.core.errors import ConfigError, DataError
from stance.core.files import write_whole
from stance.core.formatting import counted
from stance.core.types import STANCES, Article
from stance.interfaces.report import timeline
from stance.interfaces.report.marked_text import (
    ABSTAINED,
    NOBODY,
    Placed,
    mark_up,
    place_quotes,
    signed,
)
from stance.labels.splits import SETS, set_words
from stance.models.speaker_pooling import Prior
from stance.prediction.reading import Reading, SpeakerStance, speaker_stance

# On light and on dark paper. The light ones are those of labels/codebook.toml.
COLORS = {
    "support": ("#1a7f4b", "#4cc38a"),
    "conditional": ("#5b8fd6", "#8db4ee"),
    "skeptical": ("#c77d0a", "#f0a94a"),
    "oppose": ("#b3261e", "#ff8a80"),
    "neutral": ("#6b7280", "#a1a8b3"),
}
# Above this number of articles each is folded to its heading, so that the page opens quickly and
# can be leafed through.
OPEN_ARTICLES = 5
MAX_TIMELINES = 12
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


@dataclasses.dataclass(frozen=True, slots=True)
class SpeakerRow:
    """One row of the axis: a speaker over all articles, with every quote it rests on."""

    pooled: SpeakerStance
    quotes: tuple[Placed, ...]

    @property
    def name(self) -> str:
        """The name as the page shows it."""
        return self.pooled.speaker or NOBODY

    @property
    def n_abstained(self) -> int:
        """How many of the quotes the model abstained from; they count in no mean."""
        return sum(one.prediction.abstained for one in self.quotes)

    @property
    def articles(self) -> list[int]:
        """The articles that quote the speaker."""
        return sorted({one.article for one in self.quotes})


def write_report(
    readings: Iterable[tuple[Article, Reading]], card: Mapping[str, Any], out: Path
) -> int:
    """Write the page to ``out``, whole or not at all, and return its size in bytes.

    Raises
    ------
    ConfigError
        If ``out`` is a folder.
    DataError
        If there is no article.
    """
    if out.is_dir():
        raise ConfigError(
            f"{out}: is a folder; expected the name of a file, such as {out / 'report.html'}"
        )
    data = render(list(readings), card).encode("utf-8")
    write_whole(out, data)
    return len(data)


def render(readings: Sequence[tuple[Article, Reading]], card: Mapping[str, Any]) -> str:
    """Return the page as text; everything that comes from articles or the card is escaped.

    Raises
    ------
    DataError
        If there is no article.
    """
    if not readings:
        raise DataError("report: no article to show; give at least one file or folder")
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stance.interfaces.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"signed": signed, "share": share}
    page = environment.get_template("report.html.j2").render(_page(readings, card))
    # No file can hold these as UTF-8, and an HTML parser would replace them too; one for one, so
    # that offsets stay.
    return _UNPRINTABLE.sub("�", page)


def share(value: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.0f}%"


def _page(readings: Sequence[tuple[Article, Reading]], card: Mapping[str, Any]) -> dict[str, Any]:
    articles = [article for article, _ in readings]
    placed = [place_quotes(number, reading) for number, (_, reading) in enumerate(readings)]
    prior = Prior.of_card(card)
    speakers = gather_rows(placed, prior)
    row_of = {one.anchor: number for number, row in enumerate(speakers) for one in row.quotes}
    everything = list(itertools.chain.from_iterable(placed))
    style, script = _asset("report.css"), _asset("report.js")
    return {
        "title": str(articles[0].title or articles[0].id)
        if len(articles) == 1
        else f"{len(articles)} articles",
        "articles": [
            _article(article, ones, row_of, speakers)
            for article, ones in zip(articles, placed, strict=True)
        ],
        "speakers": speakers,
        "counts": Counter(one.label for one in everything),
        "labels": (*STANCES, ABSTAINED),
        "n_quotes": len(everything),
        "attributed": [
            (one, row_of[one.anchor], held)
            for one in everything
            for held in one.prediction.attributed or ()
        ],
        "timelines": list(timelines(articles, speakers, prior)),
        "drawing": timeline,
        "n_undated": sum(date_of(article) is None for article in articles),
        "titles": [str(article.title or article.id) for article in articles],
        "open": len(articles) <= OPEN_ARTICLES,
        "card": card,
        "set_names": {name: ", ".join(set_words(name)) for name in (*SETS, "own")},
        "model": readings[0][1].model,
        "made": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": stance.__version__,
        "data": _data(articles, speakers, everything, row_of),
        "style": Markup(style),  # noqa: S704 - the package's own file
        "script": Markup(script),  # noqa: S704
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "several": len(articles) > 1,
    }


def _asset(name: str) -> str:
    text = files("stance.interfaces.report").joinpath("templates", name).read_text(encoding="utf-8")
    if name == "report.css":
        for scheme in (0, 1):
            text = text.replace(
                f"/* colors {scheme} */",
                " ".join(f"--{key}: {pair[scheme]};" for key, pair in COLORS.items()),
            )
    return text


def gather_rows(placed: Sequence[Sequence[Placed]], prior: Prior) -> list[SpeakerRow]:
    """Return a row per speaker, those with most quotes first, quotes of nobody last.

    Quotes with the same ``speaker_id`` are one speaker in all articles, however each article
    spells the name. Speakers without id ("a senior official") are told apart by their name, and
    are one speaker in their own article only.
    """
    groups: dict[tuple[str, int], list[Placed]] = defaultdict(list)
    for one in itertools.chain.from_iterable(placed):
        speaker_id, name = one.quote.speaker_id, one.quote.speaker or ""
        shared = speaker_id or not name
        groups[speaker_id or name, -1 if shared else one.article].append(one)
    rows = [
        SpeakerRow(_stance_of(_name_of(quotes), quotes, prior), tuple(quotes))
        for quotes in groups.values()
    ]
    return sorted(rows, key=lambda row: (row.pooled.speaker is None, -len(row.quotes), row.name))


def _name_of(quotes: Sequence[Placed]) -> str | None:
    """Return the commonest of a speaker's names; of equally common ones the longest."""
    names = Counter(placed.quote.speaker for placed in quotes if placed.quote.speaker)
    return max(names, key=lambda name: (names[name], len(name)), default=None)


def _stance_of(name: str | None, quotes: Sequence[Placed], prior: Prior) -> SpeakerStance:
    return speaker_stance(name, [(placed.quote, placed.prediction) for placed in quotes], prior)


def date_of(article: Article) -> datetime.date | None:
    """Return the article's day: its date, else the first YYYY-MM-DD in its id (the file's name).

    It is None where neither has one.
    """
    for text in (str(article.date or ""), article.id):
        if match := re.search(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)", text):
            try:
                return datetime.date.fromisoformat(match.group())
            except ValueError:
                continue
    return None


def _article(
    article: Article,
    placed: Sequence[Placed],
    row_of: Mapping[str, int],
    speakers: Sequence[SpeakerRow],
) -> dict[str, Any]:
    rows = [row_of[one.anchor] for one in placed]
    return {
        "title": str(article.title or article.id),
        "id": article.id,
        "date": str(article.date or date_of(article) or ""),
        "outlet": str(article.outlet or ""),
        "n_quotes": len(placed),
        "n_speakers": len({row for row in rows if speakers[row].pooled.speaker is not None}),
        "body": mark_up(article, placed, rows),
    }


def timelines(
    articles: Sequence[Article], speakers: Sequence[SpeakerRow], prior: Prior
) -> Iterator[tuple[int, SpeakerRow, timeline.Chart]]:
    """Yield (row, speaker, chart) for the most quoted speakers with two days or more.

    A chart shows the mean score per article, by the day of the article.
    """
    days = [date_of(article) for article in articles]
    chosen = [
        (number, row)
        for number, row in enumerate(speakers)
        if row.pooled.speaker is not None
        and len({days[placed.article] for placed in row.quotes} - {None}) > 1
    ]
    known = [day for day in days if day is not None]
    for number, row in chosen[:MAX_TIMELINES]:
        points = list(_points(row, days, prior))
        yield number, row, timeline.chart_of(points, (min(known), max(known)))


def _points(
    row: SpeakerRow, days: Sequence[datetime.date | None], prior: Prior
) -> Iterator[timeline.Point]:
    for article, group in itertools.groupby(row.quotes, key=lambda placed: placed.article):
        quotes, day = list(group), days[article]
        if day is None:
            continue
        pooled = _stance_of(row.pooled.speaker, quotes, prior)
        mark = pooled.shown_stance or ABSTAINED
        label = f"{day}: {mark} {signed(pooled.score)}, {counted(len(quotes), 'quote')}"
        yield timeline.Point(
            day, pooled.score, pooled.low, pooled.high, mark, f"#{quotes[0].anchor}", label
        )


def _data(
    articles: Sequence[Article],
    speakers: Sequence[SpeakerRow],
    everything: Sequence[Placed],
    row_of: Mapping[str, int],
) -> dict[str, Any]:
    """Return the data of the script's table.

    The script takes the words of the quotes from the articles on the page.
    """
    rows = []
    for placed in everything:
        prediction = placed.prediction
        rows.append(
            [
                placed.article,
                placed.number,
                row_of[placed.anchor],
                (*STANCES, None).index(prediction.stance),
                prediction.reason if prediction.abstained else round(prediction.score, 3),
                list(itertools.chain(*placed.quote.spans)),
            ]
        )
    return {
        "labels": [*STANCES, ABSTAINED],
        "speakers": [row.name for row in speakers],
        "articles": [str(article.title or article.id) for article in articles],
        "dates": [str(date_of(article) or "") for article in articles],
        "quotes": rows,
    }
