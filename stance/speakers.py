"""Who speaks: from the words that stand beside a quote to a name."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.records import Article, Quote, Span
from stance.views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token


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
        if token.text in (",", "(", "–", "—", ";", ":") or token.dep_ in ("relcl", "acl", "appos") and token.pos_ in ("VERB", "AUX") or token.tag_ in ("WP", "WDT"):
            break
        end = at + 1
    while start < head.i and doc[start].pos_ in ("PUNCT", "CCONJ", "ADV", "SPACE"):
        start += 1
    low, high = view.starts[doc[start].idx], view.ends[doc[end - 1].idx + len(doc[end - 1]) - 1]
    return Mention(doc[start:end].text, (low, high), head, start, end, view)


def attribute_speakers(article: Article, found: Sequence[tuple[Quote, object]], views: Sequence[View], docs: "Sequence[Doc]") -> list[Quote]:
    """Name the speaker of each quote."""
    return [dataclasses.replace(quote, speaker=quote.speaker_mention) for quote, _ in found]
