"""Speech that is labelled instead of reported.

``Name: "…"``, ``"…" - Name``, and the turns of a transcript.
"""

import re
from collections.abc import Sequence

from stance.core.types import Span
from stance.extraction.text.parser_views import View

NAME = r"[A-Z][\w.'’-]*(?: (?:[A-Z][\w.'’-]*|of|the|for|de|al|bin|van|von)){0,6}"
LABEL = re.compile(rf"[\s*_]*(?P<name>{NAME})(?: \([^()\n]{{1,60}}\))?[*_]*:[*_]*\s+(?=[\"“„«‘])")
SIGNED = re.compile(rf"\s*(?:–|—|--|-)\s*(?P<name>{NAME})(?:,[^.\n]{{0,80}})?\.?\s*$")
# "MR. KIRBY:", "THE PRESIDENT:", "Q    Will you …", "SECRETARY OF STATE RUBIO (via video):"
TURN = re.compile(
    r"[\s*_]*(?:(?P<name>[A-Z][A-Z.'’\- ]{1,50}[A-Z])(?: ?\([^()\n]{1,60}\))?:"
    r"|(?P<question>Q)(?:\s{2,}|:\s| (?=[A-Z])))[*_]*\s*"
)
MIN_TURNS = 3
MIN_SHARE = 0.15


def label_before(text: str, start: int, quotation: int) -> tuple[str, Span] | None:
    """Return the name in ``Name: "…"``.

    The label opens the paragraph at ``start``, the quotation stands at ``quotation``.
    """
    match = LABEL.match(text, start, quotation + 1)
    if match is None or match.end() != quotation:
        return None
    return match["name"], match.span("name")


def signature_behind(text: str, quotation_end: int, end: int) -> tuple[str, Span] | None:
    """Return the name in ``"…" - Name`` where it closes the paragraph that ends at ``end``."""
    match = SIGNED.match(text, quotation_end, end)
    return (match["name"], match.span("name")) if match else None


def _opens_line(text: str, start: int) -> bool:
    return not text[max(0, start - 200) : start].rpartition("\n")[2].strip()


def find_turns(text: str, views: Sequence[View]) -> list[tuple[str, Span, list[Span]]]:
    """Return the turns of a transcript as (name, where it stands, what is said).

    Nothing where the text is none.

    A text is a transcript if at least three of its paragraphs, and 15% of them, open with a label
    in capitals or a questioner's "Q". A paragraph without a label goes on with the turn before it.
    """
    opened = [
        (
            view,
            TURN.match(text, view.paragraph.start, view.paragraph.end)
            if _opens_line(text, view.paragraph.start)
            else None,
        )
        for view in views
    ]
    labelled = sum(match is not None for _, match in opened)
    if labelled < MIN_TURNS or labelled < MIN_SHARE * len(views):
        return []
    turns: list[tuple[str, Span, list[Span]]] = []
    for view, match in opened:
        start, end = (match.end() if match else view.paragraph.start), view.paragraph.end
        while end > start and text[end - 1].isspace():
            end -= 1
        if match is not None:
            group = "name" if match["name"] else "question"
            turns.append((match[group], match.span(group), []))
        if turns and start < end:
            turns[-1][2].append((start, end))
    return [turn for turn in turns if turn[2]]
