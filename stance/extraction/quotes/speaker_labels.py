"""Quotations whose speaker is named by a label or a signature instead of a verb.

``Name: "…"``, ``Name, 41, baker: "…"``, ``"…" - Name``, ``"…" (Name, mayor)``.
"""

import re

from stance.core.types import Span
from stance.extraction.quotes.transcripts import NAME, STAMP
from stance.extraction.text.word_lists import NO_NAME

OPENER = '["“„«‘]'
# Words that lead up to a name: "And this from Ole Brack", "In the words of …", "X again".
LEAD = (
    r"(?:(?:And|But|Or|Then|Also)?,? ?(?:this |these words |a word )?[Ff]rom (?:the desk of )?"
    r"|(?:And |Or,? |But )?[Ii]n the words of )?"
)
BACK = r"(?:,? (?:again|once more|later|too|also))?"
# ", 41", ", the pilot", ", 58, baker", " (41)"
# A clause with a verb of the narrator's is no label ("On Monday, she said: …").
ABOUT = (
    r"(?:,? ?\([^()\n]{1,60}\))?(?:, (?![^:\n]*\b(?:he|she|they|it|we|I|who|said|says|told|wrote"
    r"|[a-z]{2,}ed|asks|tells|puts?)\b)[^:\n“”\"]{1,80})?"
)
LABEL = re.compile(
    rf"[\s*_–—•-]*{STAMP}{LEAD}[*_]*(?P<name>{NAME}){BACK}{ABOUT}[*_]*:[*_]*\s+(?={OPENER})"
)
HEADING = re.compile(rf"[\s*_–—•-]*{LEAD}[*_]*(?P<name>{NAME}){BACK}{ABOUT}[:.]?[*_]*\s*$")
SIGNED = re.compile(
    rf"\s*(?:(?:–|—|--|-|―|~)\s*|[(\[](?=[^()\[\]\n]*[)\]]\s*$))[*_]*(?P<name>{NAME})[*_]*"
    r"(?: \(@?[^()\n]{1,40}\))?(?:,[^.\n]{0,80})?"
    r"(?: [A-Z][a-z]+ \d{1,2},? \d{4})?[)\]]?\.?[*_]*\s*$"
)
# "That was Edda Moe's only sentence.", "That was Ole Brack's."
CREDITED = re.compile(
    rf"\s*(?:That|This|Those|These|So) (?:was|is|were|are|went|goes) (?P<name>{NAME}?)['’]s?\b"
    r"[^.\n]{0,60}\."
)


def label_before(text: str, start: int, quotation: int) -> tuple[str, Span] | None:
    """Return the name in ``Name: "…"``.

    The label opens the paragraph at ``start``, the quotation stands at ``quotation``.
    """
    match = LABEL.match(text, start, quotation + 1)
    return _named(match) if match is not None and match.end() == quotation else None


def _named(match: re.Match[str] | None) -> tuple[str, Span] | None:
    """Return the name of a match, and where it stands; None for "But", "On Monday"."""
    if match is None or match["name"].lower().split()[0] in NO_NAME:
        return None
    return match["name"], match.span("name")


def heading_above(text: str, start: int) -> tuple[str, Span] | None:
    """Return the name in the line above the paragraph at ``start``.

    Only where a colon, a lead ("From") or a role in the line right above says that it names who
    speaks.
    """
    above = text[max(0, start - 300) : start].rstrip()
    low = start - len(text[max(0, start - 300) : start]) + above.rfind("\n") + 1
    line_end = low + len(above) - (above.rfind("\n") + 1)
    match = HEADING.match(text, low, line_end)
    if match is None or line_end <= low:
        return None
    line = text[low:line_end].rstrip("*_ ")
    led = match.start("name") - low > 3
    is_next_line = text[line_end:start].count("\n") <= 1
    has_role = ", " in text[match.end("name") : line_end]
    signed = line.endswith(":") or led or (is_next_line and has_role)
    return _named(match) if signed else None


def signature_behind(text: str, quotation_end: int, end: int) -> tuple[str, Span] | None:
    """Return the name in ``"…" - Name`` where it closes the paragraph that ends at ``end``."""
    return _named(SIGNED.match(text, quotation_end, end))


def signature_below(text: str, end: int) -> tuple[str, Span] | None:
    """Return the name in a line "— Name" below the paragraph that ends at ``end``."""
    line = re.compile(r"\s*\n[ \t>|]*(?=(?:–|—|--|-|―) ?[^\W\d_])([^\n]{3,160})").match(text, end)
    return signature_behind(text, line.start(1), line.end(1)) if line else None


def credit_behind(text: str, quotation_end: int, end: int) -> tuple[str, Span] | None:
    """Return the name in ``"…" That was Edda Moe's only sentence``."""
    return _named(CREDITED.match(text, quotation_end, end))


POST = re.compile(
    rf"(?:\A|\n)[ \t]*(?P<name>{NAME})[ \t]*\n[ \t]*@\w+[^\n]*\n"
    rf"(?P<words>(?:[^\n]+\n)+?)[ \t]*\d{{1,2}}[:.]\d{{2}}[^\n]*\d{{4}}"
)


def post_of(text: str, start: int, end: int) -> tuple[str, Span] | None:
    """Return who wrote the paragraph, where all of it is a post or a block quote.

    ``> words`` and a signature below it, words above ``— Name (@handle)``, or words between a
    name with its handle and the time of the post.
    """
    signed = signature_below(text, end)
    if signed is not None:
        line = text[signed[1][1] : signed[1][1] + 60].partition("\n")[0]
        opening = text[max(0, start - 4) : start].rpartition("\n")[2]
        return signed if ">" in opening or "(@" in line else None
    for match in POST.finditer(text, max(0, start - 400), end + 120):
        if match.start("words") <= start and end <= match.end("words"):
            return _named(match)
    return None
