"""The text of an article with its quotes marked."""

import dataclasses
import itertools
import re
from collections import deque
from collections.abc import Sequence

from markupsafe import Markup, escape

from stance.core.types import Article, Prediction, Quote
from stance.interfaces.report.timeline import is_pale
from stance.prediction.reading import Reading

NOBODY = "(nobody found)"
ABSTAINED = "abstained"
_BREAK = re.compile(r"\n\s*\n")


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """A quote with its prediction and its place on the page: which article, which number in it."""

    article: int
    number: int
    quote: Quote
    prediction: Prediction

    @property
    def anchor(self) -> str:
        """The id of its mark."""
        return f"q{self.article}-{self.number}"

    @property
    def label(self) -> str:
        """The stance as the page names it."""
        return self.prediction.stance or ABSTAINED

    @property
    def pale(self) -> bool:
        """True where its stance is less probable than most are."""
        stance = self.prediction.stance
        return stance is not None and is_pale(self.prediction.probabilities[stance])


def signed(value: float) -> str:
    """Return a score as people write it: +0.25, −0.50, 0.00."""
    return f"{value:+.2f}".replace("-", "−") if round(value, 2) else "0.00"


def place_quotes(number: int, reading: Reading) -> list[Placed]:
    """Return the quotes of one article in the order of the text, numbered from 0."""
    pairs = [pair for speaker in reading.speakers for pair in speaker.quotes]
    pairs.sort(key=lambda pair: (pair[0].spans[0], pair[0].id))
    return [Placed(number, k, quote, prediction) for k, (quote, prediction) in enumerate(pairs)]


def mark_up(article: Article, placed: Sequence[Placed], rows: Sequence[int]) -> Markup:
    """Return the article's text in paragraphs with its quotes marked.

    Quotes may hold others, cross each other or go on in the next paragraph: the text is cut
    wherever a span or a paragraph begins or ends, and between two cuts the same marks are open.
    Without labels and notes the text of the result is the article's, character by character.
    """
    breaks = [found.span() for found in _BREAK.finditer(article.text)]
    spans = [
        (start, -end, number) for number, one in enumerate(placed) for start, end in one.quote.spans
    ]
    cuts = sorted(
        {
            0,
            len(article.text),
            *itertools.chain.from_iterable(breaks),
            *(k for start, end, _ in spans for k in (start, -end)),
        }
    )
    starts = {start for start, _ in breaks}
    coming = deque(sorted(spans))
    active = list[tuple[int, int, int]]()
    out, opened, seen = [Markup("<p>")], list[int](), set[int]()
    for start, end in itertools.pairwise(cuts):
        active = [span for span in active if end <= -span[1]]
        while coming and coming[0][0] == start:
            active.append(coming.popleft())
        between = start in starts
        wanted = [] if between else [number for _, _, number in active]
        kept = sum(
            1
            for _ in itertools.takewhile(
                lambda pair: pair[0] == pair[1], zip(opened, wanted, strict=False)
            )
        )
        out.extend(Markup("</mark>") for _ in opened[kept:])
        for number in wanted[kept:]:
            out.append(_mark(placed[number], rows[number], first=number not in seen))
            seen.add(number)
        opened = wanted
        # escaped on this line
        # escaped on this line
        text = Markup(escape(article.text[start:end]).replace("\r", Markup("&#13;")))  # noqa: S704
        out.append(Markup("</p>{}<p>").format(text) if between else text)
    out.extend(Markup("</mark>") for _ in opened)
    return Markup("").join([*out, Markup("</p>")])


def _mark(one: Placed, row: int, *, first: bool) -> Markup:
    name, found = one.quote.speaker or NOBODY, one.prediction
    # What follows a semicolon are figures about the threshold: they stand in the table of quotes.
    said = (found.reason or "").split(";")[0] if found.abstained else signed(found.score)
    if not first:
        return Markup('<mark class="{}" data-of="{}">').format(one.label, one.anchor)
    note = Markup('<a class="n" href="#s{}">{} <small>{}</small></a><b class="{}">{}</b>').format(
        row, name, said, "l pale" if one.pale else "l", one.label
    )
    return Markup('<mark class="{}" id="{}">{}').format(one.label, one.anchor, note)
