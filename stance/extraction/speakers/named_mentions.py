"""Whom a name in or beside a mention means: "Venn", "the mayor, Dora Venn,"."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.extraction.quotes.sources import SourceMention
from stance.extraction.speakers.entities import Entity, EntityIndex
from stance.extraction.speakers.names import (
    appositions,
    clean_name,
    given_name,
    name_run_at,
    names_beside,
    offices_before,
    role_text,
    title_gender,
)
from stance.extraction.text.word_lists import NOT_PERSON, PLACES, is_people_word

if TYPE_CHECKING:
    from spacy.tokens import Token


def by_name(mention: SourceMention, index: EntityIndex) -> tuple[Entity, float] | None:
    """Find whom a name in or beside a mention means."""
    doc, head = mention.head.doc, mention.head
    if any(child.dep_ == "conj" for child in head.children):
        return None
    if _is_mistagged_name(head, index):
        entity = index.known([head.text])
        return (entity, 0.9) if entity is not None else None
    near = [head.i] if head.pos_ == "PROPN" else []
    near += [child.i for child in appositions(head) if child.pos_ == "PROPN"]
    is_described = head.pos_ == "NOUN" or head.lower_ in ("one", "another")
    near += list(names_beside(mention)) if is_described else []
    for place in near:
        run = name_run_at(doc, place)
        if run is None:
            continue
        words = doc[run[0] : run[1]].text.split()
        name = clean_name(words)
        entity = index.person(name)
        if entity is None and place != head.i:
            entity = _introduced(name, head, index)
        if entity is not None:
            if place != head.i:
                entity.roles.add(head.lemma_.lower())
                entity.words.update(t.lower_ for t in doc[mention.start : mention.end])
                entity.role = entity.role or role_text(mention.text)
            return index.with_longest_name(entity), 0.95
        if place == head.i and name and name[-1].lower() not in PLACES | NOT_PERSON:
            offices = offices_before(words, name)
            offices |= {noun.lemma_.lower() for noun in appositions(head)}
            entity = index.known(name, title_gender(words), offices)
            if entity is not None:
                return entity, 0.9
    given = given_name(mention)
    introduced = _introduced(given, head, index) if given else None
    return (introduced, 0.8) if introduced is not None else None


def named_part(token: "Token", mention: SourceMention, index: EntityIndex) -> Entity | None:
    """Return the person whom one part of "Noor and Dastan" names."""
    run = name_run_at(token.doc, token.i)
    if run is None or mention.view.holder_at(token.idx) is not None:
        return None
    words = token.doc[run[0] : run[1]].text.split()
    name = clean_name(words)
    return index.person(name) or (
        index.known(name, title_gender(words), offices_before(words, name))
        if name and name[-1].lower() not in PLACES | NOT_PERSON
        else None
    )


def _introduced(name: Sequence[str], head: "Token", index: EntityIndex) -> Entity | None:
    """Return whom a description introduces: "a pensioner, Petro", "his friend Ann"."""
    nobody = PLACES | NOT_PERSON | index.places
    is_person = is_people_word(head.lemma_.lower()) or head.lower_ == "one"
    if not is_person or not name or any(word.lower().strip(".") in nobody for word in name):
        return None
    entity = index.known(name) or index.enter(name)
    entity.roles.add(head.lemma_.lower())
    return entity


def _is_mistagged_name(head: "Token", index: EntityIndex) -> bool:
    """Tell a surname that the tagger takes for a noun: "Alder left the camp"."""
    if head.pos_ != "NOUN" or not head.text.istitle() or list(head.lefts):
        return False
    surnames = index.by_word.get(index.aliases.word(head.text), ())
    return any(entity.spelled[-1:] == (index.aliases.word(head.text),) for entity in surnames)
