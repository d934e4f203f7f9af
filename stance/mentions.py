"""The words beside a quote that name its speaker: the noun phrase, what stands next to it, the office it tells."""

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stance.cues import PERSON_NOUNS, TEXT_NOUNS
from stance.names import PARTICLES, is_name
from stance.records import Span
from stance.views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

COURTESY = frozenset("mr mrs ms miss dr sir prof madam lord lady dame".split())


@dataclasses.dataclass(frozen=True, slots=True)
class Mention:
    """The words that name a speaker beside a quote."""

    text: str
    span: Span
    head: "Token"
    start: int
    end: int
    view: View


def mention_of(head: "Token | None", view: View) -> Mention | None:
    """Return the noun phrase around a speaker's head word, without what only describes it further."""
    if head is None or view.holder_at(head.idx) is not None:
        return None
    doc = head.doc
    start, end = head.left_edge.i, head.i + 1
    for at in range(head.i + 1, head.right_edge.i + 1):
        token = doc[at]
        if (
            token.text in (",", "(", "–", "—", "-", ";", ":", '"')
            or token.tag_ in ("WP", "WDT", "WP$")
            or (token.dep_ in ("relcl", "acl") and token.head == head)
        ):
            break
        end = at + 1
    while end + 1 < len(doc) and doc[end].text == "-" and not doc[end - 1].whitespace_ and not doc[end].whitespace_:
        end += 2
    for at in range(head.i - 1, start - 1, -1):
        if doc[at].text in (",", ";", ":", '"', "–", "—") and not _is_listed(doc, at):
            start = at + 1
            break
    while start < head.i and doc[start].pos_ in ("PUNCT", "CCONJ", "ADV", "SPACE", "SCONJ"):
        start += 1
    low, high = view.starts[doc[start].idx], view.ends[doc[end - 1].idx + len(doc[end - 1]) - 1]
    return Mention(doc[start:end].text, (low, high), head, start, end, view)


def _is_listed(doc: "Doc", at: int) -> bool:
    return doc[at].text == "," and doc[at - 1].pos_ == "ADJ" and doc[at + 1].pos_ == "ADJ" if 0 < at < len(doc) - 1 else False


def names_beside(mention: Mention) -> Iterator[int]:
    """Yield where a name stands next to a description: "the bishop, Tobias Landa, said", "Tobias Landa, the bishop, said"."""
    doc = mention.head.doc
    if mention.end < len(doc) and mention.head.lemma_.lower() in PERSON_NOUNS and is_name(doc[mention.end]):
        # "its chair Edda Moe said", where the parser has not joined office and name
        yield mention.end
    if mention.end + 2 < len(doc) and doc[mention.end].text == "," and (is_name(doc[mention.end + 1]) or doc[mention.end + 1].text[:1].isupper()):
        stop = next((i for i in range(mention.end + 1, min(mention.end + 8, len(doc))) if doc[i].text in (",", ".")), None)
        if stop is not None and all(
            any(char.isupper() for char in doc[i].text) or doc[i].lower_ in PARTICLES or not doc[i - 1].whitespace_ for i in range(mention.end + 1, stop)
        ):
            yield stop - 1
    if mention.start >= 2 and doc[mention.start - 1].text == "," and is_name(doc[mention.start - 2]):
        yield mention.start - 2


def author_of(mention: Mention) -> Mention | None:
    """Return who stands behind a text that "says" something: "a statement from the Foreign Ministry"."""
    if mention.head.lemma_.lower() not in TEXT_NOUNS:
        return None
    for child in mention.head.children:
        if child.dep_ == "prep" and child.lower_ in ("from", "by"):
            author = next((c for c in child.children if c.dep_ == "pobj"), None)
            return mention_of(author, mention.view)
        if child.dep_ == "poss" and child.pos_ in ("NOUN", "PROPN"):
            return mention_of(child, mention.view)
    return None


def appositions(head: "Token") -> Iterator["Token"]:
    """Yield the nouns that say what somebody is: "Venn, the envoy"."""
    for child in head.children:
        if child.dep_ == "appos" and child.pos_ in ("NOUN", "PROPN"):
            yield child


def behind_words(doc: "Doc", start: int, n_words: int) -> int:
    """Return the token behind the first ``n_words`` words from ``start``; a word may have several tokens ("vice-president")."""
    at = start
    while n_words > 0 and at < len(doc):
        n_words -= bool(doc[at].whitespace_)
        at += 1
    return at


def role_text(words: str) -> str | None:
    """Return an office as it is shown, without article and stops; None for a mere "Mr"."""
    text = re.sub(r"^(?:the|a|an) ", "", words.strip(" ,;:-–—"), flags=re.I)
    return text[:120] if text and text.lower().strip(".") not in COURTESY else None
