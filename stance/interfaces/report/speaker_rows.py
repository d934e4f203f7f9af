"""The rows of the page's table of speakers, and their scores over time."""

import dataclasses
import datetime
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from stance.core.formatting import counted
from stance.core.types import Article
from stance.extraction.text.dates import day_of
from stance.interfaces.report import timeline
from stance.interfaces.report.marked_text import ABSTAINED, NOBODY, Placed, signed
from stance.models.speaker_pooling import Prior
from stance.prediction.reading import SpeakerStance, speaker_stance

MAX_TIMELINES = 12
# Speakers of one quote and unnamed ones are folded away, unless hardly any other would be left.
FEWEST_SHOWN = 3
_ISO = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")


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
        return sum(placed.prediction.abstained for placed in self.quotes)

    @property
    def articles(self) -> list[int]:
        """The articles that quote the speaker."""
        return sorted({placed.article for placed in self.quotes})

    @property
    def minor(self) -> bool:
        """True for a speaker of a single quote, and for one without a name."""
        return len(self.quotes) == 1 or self.quotes[0].quote.speaker_id is None

    @property
    def pale(self) -> bool:
        """True where the speaker's stance is less probable than most are."""
        stance = self.pooled.stance
        return stance is not None and timeline.is_pale(self.pooled.probabilities[stance])


def gather_rows(placed: Sequence[Sequence[Placed]], prior: Prior) -> list[SpeakerRow]:
    """Return a row per speaker, those with most quotes first, quotes of nobody last.

    Quotes with the same ``speaker_id`` are one speaker in all articles, however each article
    spells the name. Speakers without id ("a senior official") are told apart by their name, and
    are one speaker in their own article only.
    """
    groups: dict[tuple[str, int], list[Placed]] = defaultdict(list)
    for each in itertools.chain.from_iterable(placed):
        speaker_id, name = each.quote.speaker_id, each.quote.speaker or ""
        shared = speaker_id or not name
        groups[speaker_id or name, -1 if shared else each.article].append(each)
    rows = [
        SpeakerRow(_stance_of(_name_of(quotes), quotes, prior), tuple(quotes))
        for quotes in groups.values()
    ]
    return sorted(rows, key=lambda row: (row.pooled.speaker is None, -len(row.quotes), row.name))


def folds(rows: Sequence[SpeakerRow]) -> bool:
    """Tell whether the minor speakers are folded away."""
    n_major = sum(not row.minor for row in rows)
    return FEWEST_SHOWN <= n_major < len(rows)


def _name_of(quotes: Sequence[Placed]) -> str | None:
    """Return the commonest of a speaker's names; of equally common ones the longest."""
    names = Counter(placed.quote.speaker for placed in quotes if placed.quote.speaker)
    return max(names, key=lambda name: (names[name], len(name)), default=None)


def _stance_of(name: str | None, quotes: Sequence[Placed], prior: Prior) -> SpeakerStance:
    return speaker_stance(name, [(placed.quote, placed.prediction) for placed in quotes], prior)


def date_of(article: Article) -> datetime.date | None:
    """Return the article's day: its date, else the first YYYY-MM-DD in its id (the file's name).

    It is None where neither has one that is understood.
    """
    if (day := day_of(article.date)) is not None:
        return day
    return day_of(match.group()) if (match := _ISO.search(article.id)) else None


def timelines(
    articles: Sequence[Article], speakers: Sequence[SpeakerRow], prior: Prior
) -> Iterator[tuple[int, SpeakerRow, tuple[timeline.Chart, timeline.Chart]]]:
    """Yield (row, speaker, charts) for the most quoted speakers with two days or more.

    A chart shows the mean score per article, by the day of the article. The first of both is for
    a wide screen, the second for a phone.
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
        between = (min(known), max(known))
        wide = timeline.chart_of(points, between)
        yield number, row, (wide, timeline.chart_of(points, between, timeline.NARROW))


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
