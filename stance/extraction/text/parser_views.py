"""A paragraph as the parser should see it, with the way back to the article's offsets.

Whole quoted sentences shrink to a place-holder of three words, so that the parser sees the
narrator's sentence and not a page of speech; marks around a few words, Markdown links, bold stars,
datelines and doubled blanks are left out.
"""

import bisect
import dataclasses
import re
from array import array
from collections.abc import Iterator

from stance.core.types import Article, Span
from stance.extraction.text.paragraphs import DATELINE, Paragraph, split_paragraphs
from stance.extraction.text.quotation_marks import Quotation, find_quotations

HOLDER = "It is so"
LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\([^()\s]{0,500}\)")
SKIPPED = re.compile(r"\*{2,}|[\[\]]|[\u200b\u200e\u200f\ufeff\u00ad]")
# A quotation is a statement of its own where it begins after one of these …
BEGINS = re.compile(
    r"(?:^|[.!?…:;,”\"’)\]–—-]|\b(?:that|saying|said|says|say|"
    r"wrote|added|adding|replied|asked|declared|tweeted|stated))\s*$",
    re.I,
)
# … and ends with a stop, or where a stop or nothing follows.
ENDS = re.compile(r"[.,!?…;:–—-][’”'\")\]]?$")
SENTENCE_END = re.compile(r"(?<=[a-z][.!?])\s+(?=[A-Z])")
# “I rowed and the others” — Ild waved at the boats — “swam.”
GESTURE = r"\s*[–—]\s[^“”\".!?–—]{3,80}\s[–—]\s*"
GESTURE_BEFORE = re.compile(rf"\w[”\"]{GESTURE}$")
GESTURE_BEHIND = re.compile(rf"{GESTURE}[“\"][a-z]")
# A picture's caption that lost its line ends with a date: "in Lorn on May 14, 2012 The ferry …".
CAPTION_DATE = re.compile(
    r"(?<=[a-z] )(?:on|in) (?:January|February|March|April|May|June|July|August|September|October"
    r"|November|December) \d{1,2}, \d{4}(?= [A-Z][a-z])"
)
SPOKEN = re.compile(
    r"\b(?:sa(?:id|ys?|ying)|told|wrote|added|noted|replied|asked|argued|continued|"
    r"explained|warned|insisted|[a-z]{3,}ed)\b[^.]{0,30},\s*$"
)
INTERRUPTED = re.compile(r"[,?!…–—-][”\"’']\s[^“\"”.]{3,120},\s*$")
TITLE_WORD = re.compile(r"[A-Z0-9]|(?:of|the|and|for|in|a|an|to|on|at|with|or|by|de|la|vs)\b")
MIN_FULL_WORDS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Placeholder:
    """A place-holder: its stretch of the view and the quotation that it stands for.

    ``goes_on`` is true where the quotation begins with a small letter.
    """

    start: int
    end: int
    quotation: Quotation
    goes_on: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class View:
    """A paragraph for the parser.

    ``starts[i]`` and ``ends[i]`` are the article's offsets before and behind character ``i`` of
    ``text``; inside a place-holder they are those of the whole quotation.
    """

    text: str
    starts: "array[int]"
    ends: "array[int]"
    holders: tuple[Placeholder, ...]
    fragments: tuple[Quotation, ...]
    paragraph: Paragraph

    def holder_at(self, start: int) -> Placeholder | None:
        """Return the place-holder that covers character ``start`` of the view, if any."""
        at = bisect.bisect_right([holder.start for holder in self.holders], start) - 1
        return self.holders[at] if at >= 0 and start < self.holders[at].end else None


def build_view(text: str, paragraph: Paragraph) -> View:
    """Build the parser's view of one paragraph of ``text``."""
    quotations = find_quotations(text, paragraph.start, paragraph.end)
    full = [quotation for quotation in quotations if is_statement(text, quotation, paragraph)]
    chosen = set(full)
    fragments = tuple(quotation for quotation in quotations if quotation not in chosen)
    chars: list[str] = []
    starts, ends = array("i"), array("i")
    holders: list[Placeholder] = []

    def put(words: str, start: int, end: int) -> None:
        chars.extend(words)
        starts.extend([start] * len(words))
        ends.extend([end] * len(words))

    skipped = _skipped(text, paragraph, fragments)
    first = DATELINE.match(text, paragraph.start, paragraph.end)
    at = first.end() if first and first.end() < paragraph.end else paragraph.start
    opens = {quotation.open: quotation for quotation in full}
    dates = CAPTION_DATE.finditer(text, paragraph.start, paragraph.end)
    stops = {
        date.end()
        for date in dates
        if _ends_caption(text[max(at, date.start() - 400) : date.end()])
    }
    while at < paragraph.end:
        if at in opens:
            quotation = opens[at]
            if chars and chars[-1] not in " (":
                # "leader.“Not today.”": the blank is lost.
                put(" ", at, at)
            begin = len(chars) + 1
            for words in ('"', HOLDER, _stop(text, quotation, paragraph.end), '"'):
                put(words, quotation.start, quotation.end)
            goes_on = text[quotation.start : quotation.start + 1].islower()
            holders.append(Placeholder(begin - 1, len(chars), quotation, goes_on))
            at = max(quotation.close, at + 1)
            if at < paragraph.end and text[at].isalnum():
                put(" ", at, at)
            continue
        if at in skipped:
            at = skipped[at]
            continue
        char = text[at]
        if char.isspace():
            if chars and chars[-1] != " ":
                put(". " if at in stops else " ", at, at + 1)
        elif char.isprintable():
            if char == "." and text[max(at - 5, 0) : at].endswith((" on X", "via X")):
                # "posted on X.": the tokenizer takes "X." for an initial and misses the sentence's
                # end.
                put(" ", at, at)
            put(char, at, at + 1)
        at += 1
    return View("".join(chars), starts, ends, tuple(holders), fragments, paragraph)


def _ends_caption(before: str) -> bool:
    """Tell a date that ends a caption: its sentence has six words before the date's four."""
    return len(re.split(r"[.!?]\s", before)[-1].split()) >= 10


def _skipped(text: str, paragraph: Paragraph, fragments: tuple[Quotation, ...]) -> dict[int, int]:
    """Map each offset at which something is left out to where the text goes on."""
    skipped: dict[int, int] = {}
    for match in SKIPPED.finditer(text, paragraph.start, paragraph.end):
        skipped[match.start()] = match.end()
    for match in LINK.finditer(text, paragraph.start, paragraph.end):
        skipped[match.start()] = match.start(1)
        skipped[match.end(1)] = match.end()
    for quotation in fragments:
        skipped[quotation.open] = quotation.start
        if quotation.closed:
            skipped[quotation.end] = quotation.close
    return skipped


def is_statement(text: str, quotation: Quotation, paragraph: Paragraph) -> bool:
    """Tell a quoted statement from a scare quote, a title, a nickname or a few quoted words."""
    words = text[quotation.start : quotation.end].split()
    if not words:
        return False
    before = text[max(paragraph.start, quotation.open - 40) : quotation.open].replace("](#)", "")
    behind = text[quotation.close : min(paragraph.end, quotation.close + 40)].lstrip()
    begins = (
        bool(BEGINS.search(before))
        or not before.strip()
        # Behind a heading that lost its line: two sentences are more than a few quoted words.
        or _is_several_sentences(text[quotation.start : quotation.end])
    )
    stops = (
        bool(ENDS.search(text[max(quotation.start, quotation.end - 2) : quotation.end]))
        or not behind
        or behind[0] in ",.;"
        or bool(GESTURE_BEHIND.match(text, quotation.close, paragraph.end))
    )
    if not (begins and stops):
        return False
    narrated = text[max(paragraph.start, quotation.open - 160) : quotation.open]
    is_resumed = bool(
        INTERRUPTED.search(narrated) or SPOKEN.search(before) or GESTURE_BEFORE.search(narrated)
    )
    if words[0][0].islower() and before.rstrip().endswith(",") and not is_resumed:
        # '…, "and maybe we finish it", he said': a few words of a longer paraphrase.
        return False
    if len(words) < MIN_FULL_WORDS and not (not before.strip() or before.rstrip()[-1:] in ":,.?!"):
        return False
    is_title = (
        all(TITLE_WORD.match(word) for word in words)
        and len(words) > 1
        and not text[quotation.start : quotation.end].rstrip().endswith((".", "?", "!"))
    )
    # A list of quoted words after a comma is no statement: it begins small and is short.
    is_short = (
        words[0][0].islower()
        and len(words) <= 5
        and not re.search(r"\b(?:that|said|says|:)\s*$", before)
        and not is_resumed
    )
    return not (is_title or is_short)


def _is_several_sentences(words: str) -> bool:
    sentences = SENTENCE_END.split(words, maxsplit=2)[:2]
    return (
        len(sentences) > 1
        and words[0].isupper()
        and all(len(sentence.split()) >= MIN_FULL_WORDS for sentence in sentences)
    )


def _stop(text: str, quotation: Quotation, end: int) -> str:
    """Return the stop that a place-holder needs.

    A comma where the narrator's sentence goes on behind it.
    """
    behind = text[quotation.close : min(end, quotation.close + 160)].lstrip()
    last = text[quotation.end - 1] if quotation.end > quotation.start else ""
    if not behind:
        return "."
    if behind[0] in ".,;:":
        return ""
    if last in "?!…–—" and behind[0] not in '"“':
        # '"Why?" Baunov asked.': the words up to the next stop are short.
        return (
            ","
            if behind[0].islower() or len(re.split(r"[.!?]\s", behind)[0].split()) <= 14
            else "."
        )
    return "," if last in ",;-–—" or behind[0].islower() else "."


def cut_spans(text: str, view: View, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches of the article under ``view.text[start:end]``.

    They are cut where a blank line or another paragraph's piece begins.
    """
    if start >= end:
        return
    at = start
    for i in range(start, end):
        # What was left out inside a link's tail or at a line's end is no part of the words.
        if (
            i > start
            and view.starts[i] > view.ends[i - 1]
            and (
                "](" in text[view.ends[i - 1] : view.starts[i]]
                or "\n" in text[view.ends[i - 1] : view.starts[i]]
            )
        ):
            yield from _trimmed(text, view.starts[at], view.ends[i - 1])
            at = i
    yield from _trimmed(text, view.starts[at], view.ends[end - 1])


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and (text[start].isspace() or text[start] in ",;:–—-"):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:–—"):
        end -= 1
    if start < end:
        yield start, end


MAX_VIEW_CHARS = 4_000


def make_views(article: Article) -> list[View]:
    """Return the parser's views of an article's paragraphs.

    Overlong paragraphs are cut at a sentence's end.
    """
    views = []
    for paragraph in split_paragraphs(article.text):
        if paragraph.end - paragraph.start <= MAX_VIEW_CHARS:
            views.append(build_view(article.text, paragraph))
            continue
        for start, end in _portions(article.text, paragraph.start, paragraph.end):
            pieces = tuple(
                (max(low, start), min(high, end))
                for low, high in paragraph.pieces
                if low < end and high > start
            )
            if pieces:
                views.append(
                    build_view(article.text, dataclasses.replace(paragraph, pieces=pieces))
                )
    return views


def _portions(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut an overlong paragraph behind a sentence, or anywhere where there is none."""
    while end - start > MAX_VIEW_CHARS:
        limit = start + MAX_VIEW_CHARS
        cut = max(
            text.rfind(stop, start + MAX_VIEW_CHARS // 2, limit)
            for stop in (". ", ".” ", '." ', "? ", "! ")
        )
        cut = (
            text.find(" ", cut + 1, limit + 3)
            if cut > 0
            else max(text.rfind(" ", start + 1, limit), -1)
        )
        cut = cut if cut > start else limit
        yield start, cut
        start = cut
    if start < end:
        yield start, end
