"""Whom a description may mean: "the ministry", "the Hungarian prime minister", "the minister"."""

from collections.abc import Sequence

from stance.extraction.quotes.sources import SourceMention
from stance.extraction.speakers.entities import Entity, EntityIndex
from stance.extraction.speakers.pronouns import LATELY, last_of
from stance.extraction.text.word_lists import (
    BODY_NOUNS,
    COMPANY_WORDS,
    ISSUED,
    PERSON_NOUNS,
    SYNONYMS,
    is_people_word,
)

# An article may speak of several of these at once: "the court" need not be the last body named.
UNSURE_BODIES = frozenset("ministry government military army police side court delegation".split())


def may_be_topic(
    mention: SourceMention, speaker: Entity | None, latest: Entity | None, content: set[str]
) -> bool:
    """Tell whether a description may mean whoever was just spoken of.

    "The minister of transport" tells enough to be somebody new, unless the last speaker goes on
    to speak; "the minister of a member state" and "they heard the minister of transport" always
    do.
    """
    if not content:
        return True
    if mention.head.lemma_.lower() not in PERSON_NOUNS:
        return False
    words = {token.lower_ for token in mention.head.doc[mention.head.i + 1 : mention.end]}
    if "of" not in words:
        return True
    is_certain = not {"a", "an", "another", "one"} & words
    return is_certain and mention.head.dep_ == "nsubj" and speaker is latest is not None


def topic_of(lemma: str, latest: Entity | None, before: Sequence[Entity], at: int) -> Entity | None:
    """Return who was just spoken of, for an office that nobody was given.

    "the Hungarian prime minister", "the group".

    Parameters
    ----------
    lemma
        The head noun of the description.
    latest
        Who was last spoken of.
    before
        Those spoken of lately.
    at
        Where the description stands.
    """
    if lemma in ISSUED:
        return last_of(e for e in before if e.named and not e.plural)
    if latest is None or not 0 <= latest.last < at:
        return None
    if lemma in PERSON_NOUNS:
        may_hold = latest.person and latest.named and not latest.plural
        return latest if may_hold and not latest.roles & PERSON_NOUNS else None
    if lemma in BODY_NOUNS and lemma not in UNSURE_BODIES:
        return last_of(e for e in before if not e.person and e.named)
    return None


def described_before(index: EntityIndex, lemma: str, content: set[str]) -> Entity | None:
    """Return whom the article described before with these words and more."""
    fits = [
        entity
        for entity in index.others[-LATELY:]
        if content <= entity.words and lemma in entity.roles
    ]
    return fits[-1] if fits else None


def body_of(index: EntityIndex, lemma: str, content: set[str], at: int) -> Entity | None:
    """Return the last body of that kind: "the ministry" after the Foreign Ministry."""
    fits = []
    for entity in index.others[-LATELY:]:
        is_kind = lemma in entity.roles or (
            lemma in ("company", "firm") and entity.named and entity.words & COMPANY_WORDS
        )
        is_body = not entity.person and not entity.plural and 0 <= entity.last < at
        if is_kind and is_body and content <= entity.words:
            fits.append(entity)
    return last_of(fits)


def office_holder(
    index: EntityIndex, lemma: str, content: set[str], before: Sequence[Entity], at: int
) -> Entity | None:
    """Return the last person of an office, and of the words beside it if there are any."""
    wanted = {lemma, *SYNONYMS.get(lemma, "").split()}
    pool = [e for e in before if e.person and not e.plural and e.roles & wanted]
    if content:
        fitting = [entity for entity in pool if _shares(content, entity)]
        unseen = (e for e in index.first_people() if e.roles & wanted)
        return last_of(fitting or (e for e in unseen if _shares(content, e)))
    if pool:
        return max(pool, key=lambda entity: (entity.last, lemma in entity.roles))
    # Whom the narrator has only met as an object: "The minister met Judge Serr."
    if lemma in BODY_NOUNS - PERSON_NOUNS:
        return None
    met = [e for e in index.first_people() if lemma in e.roles and 0 <= e.first < at]
    return max(met, key=lambda entity: entity.first, default=None)


def _shares(content: set[str], entity: Entity) -> bool:
    """Tell whether a description and a person share a telling word.

    "Russian" is shared with "Russia" and "Russia's".
    """
    theirs = {word[:5] for word in entity.words if len(word) > 1}
    return any(word[:5] in theirs for word in content if len(word) > 1)


# "one of them", "another", "a third", "the other"
ONE = frozenset("one another third fourth other second".split())


def one_of_group(mention: SourceMention, before: Sequence[Entity]) -> str | None:
    """Return what one of several people is: "diplomat" for "one of the diplomats", "another".

    None where nothing tells of which people.
    """
    head = mention.head
    if head.lower_ not in ONE or head.pos_ in ("PROPN", "VERB"):
        return None
    of = next((c for c in head.children if c.dep_ == "prep" and c.lower_ == "of"), None)
    group = next((c for c in of.children if c.dep_ == "pobj"), None) if of is not None else None
    if group is not None and group.tag_ == "NNS":
        lemma = group.lemma_.lower()
        return lemma if is_people_word(lemma) else None
    if group is not None and group.lower_ not in ("them", "these", "those"):
        return None
    people = last_of(
        e for e in before if not e.named and any(is_people_word(role) for role in e.roles)
    )
    if people is None or (group is not None and not people.plural):
        return None
    return next(role for role in sorted(people.roles) if is_people_word(role))
