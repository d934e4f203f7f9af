"""Words in quotation marks inside a longer paraphrase, and the cue to which they belong."""

from bisect import bisect_left
from typing import TYPE_CHECKING

from stance.core.types import Span
from stance.extraction.quotes.cues import is_reporting
from stance.extraction.text.parser_views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# What may stand between a content and quoted words that go on with it.
MAX_BETWEEN = 4
FINITE = frozenset(["VBD", "VBZ", "VBP", "MD"])


def in_quoted_words(token: "Token", view: View) -> bool:
    """Tell whether a word lies inside quoted words that are no statement of their own."""
    at = view.starts[token.idx]
    return any(quotation.start <= at < quotation.end for quotation in view.fragments)


def before_other_deeds(cue: "Token", ranges: list[Span], view: View) -> None:
    """End a content behind quoted words where the speaker does something else.

    'said it was “a bad joke” and urged patience'.
    """
    doc = cue.doc
    for number, (start, end) in enumerate(ranges):
        for _, last in quoted_tokens(doc, view, start):
            at = last + (last < end and doc[last].text == ",")
            if at + 1 < end and doc[at].lower_ in ("and", "but") and _is_deed(doc[at + 1], cue):
                ranges[number] = start, last
                break


def _is_deed(verb: "Token", cue: "Token") -> bool:
    """Tell a verb of speaking in the tense of the cue, without a subject of its own."""
    own = any(c.dep_ in ("nsubj", "nsubjpass", "aux", "auxpass") for c in verb.children)
    return is_reporting(verb) and verb.tag_ == cue.tag_ in ("VBD", "VBZ") and not own


def quoted_tokens(doc: "Doc", view: View, behind: int) -> list[Span]:
    """Return the token stretches of the quoted words behind a token."""
    starts = [view.starts[token.idx] for token in doc]
    stretches = (
        (max(behind, bisect_left(starts, quotation.start)), bisect_left(starts, quotation.end))
        for quotation in view.fragments
    )
    return [(low, high) for low, high in stretches if low < high]


def goes_on(doc: "Doc", between: range) -> bool:
    """Tell whether nothing of the narrator's stands between a content and quoted words."""
    words = [doc[i] for i in between if doc[i].pos_ != "PUNCT"]
    if any(doc[i].text in ".;:?!" for i in between) or len(words) > MAX_BETWEEN:
        return False
    return not any(
        token.tag_ in FINITE or token.pos_ == "CCONJ" or token.tag_ in ("WP", "WDT", "VBG")
        for token in words
    )
