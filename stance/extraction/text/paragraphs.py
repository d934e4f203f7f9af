"""Cut an article into paragraphs: running text, headlines, captions and links."""

import dataclasses
import re

BODY, HEADLINE, CAPTION, LINK, FOOTER = "body", "headline", "caption", "link", "footer"

# A line, without the ">" or "|" of a block quote.
LINE = re.compile(r"(?:[ \t]*[>|](?=[ \t>|“\"‘])[ \t]*)*([^\n\r\x0b\x0c\x85\u2028\u2029]+)")
ENDS_SENTENCE = re.compile(r"[.?!…:;]['\"”’»\)\]\*]*\s*$|[\"”»]\s*$")
UNFINISHED = re.compile(r"[\w,–—-]\s*$")
CREDIT = re.compile(
    r"\((?:[^()]{2,60}/)?[^()]{0,60}(?:Reuters|AFP|Getty Images|\bAP\b|"
    r"Associated Press|EPA|TASS|Novosti|Sputnik|Anadolu|Shutterstock|"
    r"Photo[^()]{0,40}|Press Service)[^()]{0,40}\)\s*$"
    r"|(?:Photo|Image|Credit|Photograph)s?(?: by)?:? [^.]{2,60}$"
    r"|\*\*[^*]{2,60}/[^*]{2,40}\*\*\s*$"
)
CAPTION_START = re.compile(
    r"(?:In this (?:photo|image|picture)|(?:FILE|File)(?: photo| -|:)"
    r"|A (?:file )?(?:photo|picture) )"
)
RELATED = re.compile(
    r"\s*\W{0,3}(?:Related(?: article| story| stories)?|Read (?:more|also)|READ (?:MORE|ALSO)|"
    r"WATCH|Watch|LISTEN|See also|More on this|"
    r"Recommended|CLICK HERE|Advertisement|Sign up|Subscribe|Original url)\b\s*[:|]?"
)
FOOTER_START = re.compile(
    r"(?:ABOUT THE AUTHOR|About the author|With files from|Reporting by|"
    r"Additional reporting|\(?Editing by|Copyright|©|<https?://)",
    re.I,
)
# "ANKARA, March 11 - ", "MOSCOW, May 21. /TASS/.", "BRUSSELS (Reuters) — ": no part of what
# anybody says.
DATELINE = re.compile(
    r"\s*[A-ZÀ-Þ][A-ZÀ-Þ.'’ /-]{2,40}(?:,? ?\([^)]{2,30}\))?"
    r"(?:, [A-Z][a-z]+\.?(?: \d{1,2})?(?:,? \d{4})?|, \d{1,2} [A-Z][a-z]+)?"
    r"(?: ?\([^)]{2,30}\))?(?:\. /[^/]{2,30}/\.? |\s?(?:--|[–—-]) )"
)
MAX_HEADLINE_WORDS = 16
MIN_ALT_WORDS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: its stretches of the article's text, and its zone.

    It has several stretches where blank lines break a sentence.
    """

    pieces: tuple[tuple[int, int], ...]
    zone: str

    @property
    def start(self) -> int:
        """Where the paragraph begins."""
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        """Where the paragraph ends."""
        return self.pieces[-1][1]


def split_paragraphs(text: str) -> list[Paragraph]:
    """Cut a text at its line breaks and name the zone of each paragraph.

    A line that breaks off within a sentence is read on in the next one that begins with a small
    letter.
    """
    lines = [match.span(1) for match in LINE.finditer(text) if not match[1].isspace()]
    joined: list[list[tuple[int, int]]] = []
    for start, end in lines:
        if joined and _goes_on(text, joined[-1], start, end):
            joined[-1].append((start, end))
        else:
            joined.append([(start, end)])
    paragraphs: list[Paragraph] = []
    footer = False
    for number, pieces in enumerate(joined):
        start, end = pieces[0][0], pieces[-1][1]
        # Only near the end: "Copyright law …" may open any paragraph.
        footer = footer or (
            number > 0 and start > 0.6 * len(text) and bool(FOOTER_START.match(text, start, end))
        )
        zone = FOOTER if footer else _zone(text, start, end, single=len(joined) == 1)
        paragraphs.append(Paragraph(tuple(pieces), zone))
    return _with_alt_texts(text, paragraphs)


def _goes_on(text: str, before: list[tuple[int, int]], start: int, end: int) -> bool:
    last = text[max(before[-1][0], before[-1][1] - 80) : before[-1][1]]
    first = text[start : min(end, start + 40)].lstrip()
    return bool(first) and first[0].islower() and bool(UNFINISHED.search(last)) and len(before) < 50


def _zone(text: str, start: int, end: int, *, single: bool) -> str:
    head, tail = text[start : min(end, start + 200)], text[max(start, end - 200) : end]
    if RELATED.match(head):
        return LINK
    if CREDIT.search(tail) or CAPTION_START.match(head):
        return CAPTION
    if single or ENDS_SENTENCE.search(tail) or end - start > 160:
        return BODY
    return (
        HEADLINE
        if len(head.split()) <= MAX_HEADLINE_WORDS and not re.search(r"[.?!][\"”]? ", head)
        else BODY
    )


def _with_alt_texts(text: str, paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Mark a picture's alternative text too: it says almost the same as the caption behind it."""
    out = list(paragraphs)
    for at in range(1, len(out)):
        if out[at].zone == CAPTION and out[at - 1].zone != CAPTION:
            words = [
                set(re.findall(r"\w+", text[p.start : min(p.end, p.start + 1500)].lower()))
                for p in (out[at - 1], out[at])
            ]
            if len(words[0]) >= MIN_ALT_WORDS and len(words[0] & words[1]) >= 0.6 * len(words[0]):
                out[at - 1] = dataclasses.replace(out[at - 1], zone=CAPTION)
    return out
