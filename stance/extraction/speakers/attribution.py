"""Who speaks: from the words that stand beside a quote to a name.

First all names of the article are gathered with their titles and appositions; then the subjects
and the mentions beside quotes are read in text order, so that "he", "the official" and "Kallas"
each find the person who was last spoken of in that way.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from stance.core.types import Article, Quote, Span
from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.speakers.aliases import Aliases
from stance.extraction.speakers.coreference import Coreference
from stance.extraction.speakers.entities import Entity
from stance.extraction.speakers.pronouns import HE, SHE
from stance.extraction.text.parser_views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# Who is no speaker of a quote: the narrator speaks of them, or a speaker does.
SEEN, HEARD_OF = -1, -2


def attribute_speakers(
    article: Article,
    quoted: Sequence[tuple[Quote, Any]],
    views: Sequence[View],
    docs: "Sequence[Doc]",
    coreference: Coreference | None = None,
) -> list[Quote]:
    """Name the speaker of each quote.

    Parameters
    ----------
    article
        The article.
    quoted
        The quotes in text order, each with the statement it was made from.
    views, docs
        The article's paragraphs as the parser saw them.
    coreference
        Who was met in earlier sections of a long article; nobody by default.

    Returns
    -------
    list of Quote
        The same quotes with ``speaker``, ``speaker_role`` and ``speaker_confidence``; ``speaker``
        stays None where nobody was found.
    """
    coreference = Coreference() if coreference is None else coreference
    coreference.index.learn(article, views, docs)
    named: dict[int, tuple[Entity | None, float]] = {}
    spoken = [span for quote, _ in quoted for span in quote.spans]
    speaker: Entity | None = None
    ends_at = -10_000
    for at, number, mention in _events(quoted, views, docs):
        if number < 0:
            if mention is not None:
                note = coreference.see if number == SEEN else coreference.see_author
                note(mention, at)
            continue
        quote, label = quoted[number][0], quoted[number][1].label
        if quote.parent is not None:
            # What is quoted inside a quote changes nothing for whom the narrator's "he" means
            # later.
            named[number] = coreference.inside(mention, label, at)
            continue
        if label is not None:
            entity, confidence = coreference.labelled(label[0], at, spoken), 0.9
        elif mention is None:
            latest = coreference.memory.latest
            entity = latest if latest is not None and latest.last > ends_at else speaker
            confidence = 0.6 if entity is speaker else 0.4
        else:
            entity, confidence = coreference.resolve(mention, at, speaker)
        named[number] = entity, confidence
        speaker = entity if entity is not None else speaker
        ends_at = max(at, quote.spans[-1][1])
    memory = coreference.memory
    named = {number: (memory.identity(entity), sure) for number, (entity, sure) in named.items()}
    _look_ahead(quoted, named)
    _settle_inner(quoted, named)
    return [
        _with_speaker(quote, *named[number], coreference.index.aliases)
        for number, (quote, _) in enumerate(quoted)
    ]


def _events(
    quoted: Sequence[tuple[Quote, Any]], views: Sequence[View], docs: "Sequence[Doc]"
) -> list[tuple[int, int, SourceMention | None]]:
    """Return in text order who is spoken of.

    (where, number of the quote or `SEEN` or `HEARD_OF`, the words that name somebody).
    """
    events: list[tuple[int, int, SourceMention | None]] = []
    heads: set[tuple[int, int]] = set()
    for number, (_, statement) in enumerate(quoted):
        mention: SourceMention | None = statement.mention
        if mention is not None:
            heads.add((id(mention.view), mention.head.i))
        events.append(
            (mention.span[0] if mention is not None else statement.spans[0][0], number, mention)
        )
    spoken = [span for quote, _ in quoted for span in quote.spans]
    subjects = _subjects(views, docs, heads, spoken)
    events += [(mention.span[0], kind, mention) for kind, mention in subjects]
    return sorted(events, key=lambda event: (event[0], event[1]))


def _look_ahead(
    quoted: Sequence[tuple[Quote, Any]], named: dict[int, tuple[Entity | None, float]]
) -> None:
    """Give a "he" before whom nobody was named to the next person who speaks.

    Extracts and columns often begin so.
    """
    coming: Entity | None = None
    for number in range(len(quoted) - 1, -1, -1):
        quote, statement = quoted[number]
        entity = named[number][0]
        if quote.parent is not None:
            continue
        word = statement.mention.head.lower_ if statement.mention is not None else ""
        if entity is not None:
            coming = entity if entity.person and entity.named and not entity.plural else None
        elif (
            word in HE | SHE
            and coming is not None
            and coming.gender in (None, "f" if word in SHE else "m")
        ):
            named[number] = coming, 0.3


def _settle_inner(
    quoted: Sequence[tuple[Quote, Any]], named: dict[int, tuple[Entity | None, float]]
) -> None:
    """Give what somebody quotes of themselves ("I told them: …") to the outer speaker.

    "he told me: …" is never theirs.
    """
    numbers = {quote.id: number for number, (quote, _) in enumerate(quoted)}
    for number, (quote, statement) in enumerate(quoted):
        if quote.parent is None or statement.mention is None:
            continue
        word, outer = statement.mention.head.lower_, named[numbers[quote.parent]][0]
        if word == "i":
            named[number] = outer, 0.6
        elif word in HE | SHE and named[number][0] is outer:
            named[number] = None, 0.0


def _with_speaker(
    quote: Quote, entity: Entity | None, confidence: float, aliases: Aliases
) -> Quote:
    if entity is None:
        return dataclasses.replace(quote, speaker_confidence=0.0)
    # "A senior official" of one article is not that of another: only a name has an id.
    speaker_id = (
        (aliases.id_of(entity.name) or None) if entity.named and not entity.plural else None
    )
    return dataclasses.replace(
        quote,
        speaker=entity.name,
        speaker_id=speaker_id,
        speaker_role=entity.role,
        speaker_confidence=round(confidence, 2),
    )


def _is_topic(token: "Token") -> bool:
    """Tell a subject, who did something, or for whom it is: "For Dora Venn, it is not enough"."""
    if token.dep_ in ("nsubj", "nsubjpass"):
        return True
    if token.dep_ == "pobj" and token.head.lower_ == "between":
        # "Talks between the union and the ministry went on."
        return bool(token.conjuncts)
    if token.dep_ != "pobj" or token.pos_ != "PROPN":
        return False
    # "The way out was described by Dora Venn."
    return token.head.dep_ == "agent" or (
        token.head.lower_ == "for" and token.head.i == token.sent.start
    )


def _subjects(
    views: Sequence[View],
    docs: "Sequence[Doc]",
    heads: set[tuple[int, int]],
    spoken: Sequence[Span],
) -> Iterator[tuple[int, SourceMention]]:
    """Yield the subjects of the narrator's sentences: whom a later "he" may mean.

    Each with `SEEN`, or with `HEARD_OF` where it stands in indirect speech.
    """
    inside = bytearray(max((end for _, end in spoken), default=0) + 1)
    for start, end in spoken:
        inside[start:end] = b"\1" * (end - start)
    for view, doc in zip(views, docs, strict=True):
        for token in doc:
            if (
                not _is_topic(token)
                or not (token.pos_ in ("NOUN", "PROPN") or token.lower_ in ("one", "another"))
                or (id(view), token.i) in heads
            ):
                continue
            at = view.starts[token.idx]
            mention = mention_of(token, view)
            if mention is not None:
                yield HEARD_OF if at < len(inside) and inside[at] else SEEN, mention
