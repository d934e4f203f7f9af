"""Whom a name, a description or a pronoun means at a place in an article."""

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.core.types import Span
from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.speakers.descriptions import ONE, by_description, new_other
from stance.extraction.speakers.entities import Entity, EntityIndex
from stance.extraction.speakers.identification import Unnamed, identify
from stance.extraction.speakers.memory import Memory
from stance.extraction.speakers.named_mentions import by_name, named_part
from stance.extraction.speakers.names import clean_name, owner_of
from stance.extraction.speakers.pronouns import HE, SHE, THEY, by_pronoun, learn_from_clause
from stance.extraction.speakers.texts import ANY_TEXT, issued_texts

if TYPE_CHECKING:
    from spacy.tokens import Token

FIRST_OR_SECOND = frozenset("i we you us me".split())
Answer = tuple[Entity | None, float]


class Coreference:
    """Whom the mentions of one article mean, asked for in the order of the text.

    Parameters
    ----------
    index
        Everybody the article names; an empty one by default.

    Attributes
    ----------
    memory
        Who has been spoken of so far.
    """

    def __init__(self, index: EntityIndex | None = None) -> None:
        self.index = EntityIndex() if index is None else index
        self.memory = Memory(self.index)
        # Where the last mention stands, and whom it meant.
        self._last: tuple[Span, Answer] | None = None
        # Who spoke last without a name.
        self._unnamed: Unnamed | None = None

    def labelled(self, label: str, at: int, spoken: Sequence[Span]) -> Entity | None:
        """Return whom a transcript's label means.

        "MR. KIRBY" is whoever of that surname the article names, "EM" whoever has these initials,
        "A" whoever the narrator names: the words between ``spoken`` are the narrator's.
        """
        if label in ("Q", "A"):
            entity = self.index.first_outside(spoken) if label == "A" else None
            if entity is not None:
                self.memory.touch(entity, at)
            return entity
        of_initials = self.index.of_initials(label)
        if of_initials is not None:
            self.memory.touch(of_initials, at)
            return of_initials
        words = clean_name([word.strip(".") for word in label.split()]) or label.split()
        entity = self.index.known(words)
        if entity is None:
            name = " ".join(
                word.capitalize() if word.isupper() and len(word) > 2 else word for word in words
            )
            entity = self.index.add_person(name.split()) or self.index.other(name)
            if entity is None:
                entity = self.index.new_entity(name, person=True)
                self.index.add_other(entity)
        self.memory.touch(entity, at)
        self.memory.latest = entity
        return entity

    def see(self, mention: SourceMention, at: int) -> None:
        """Note that somebody is spoken of."""
        owner = owner_of(mention)
        person = self._owner(owner) if owner is not None else None
        if person is not None:
            # "Venn's speech began at noon. She said …"
            self.memory.touch(person, at)
            self.memory.latest = person
            return
        self.resolve(mention, at, None, speaks=False)
        conjuncts = mention.head.conjuncts
        for conjunct in conjuncts:
            # "Noor and Dastan briefed the press": each of them was spoken of.
            person = named_part(conjunct, mention, self.index)
            if person is not None:
                self.memory.touch(person, mention.view.starts[conjunct.idx])
        if len(conjuncts) == 1 and conjuncts[0].i > mention.head.i:
            self.memory.pair = [
                self._part(token, mention) for token in (mention.head, conjuncts[0])
            ]

    def _owner(self, owner: SourceMention) -> Entity | None:
        """Return the person who owns a thing, by full name, surname or the name used so far."""
        named = by_name(owner, self.index)
        name = " ".join(clean_name(owner.text.split()))
        entity = named[0] if named is not None else self.index.other(name)
        return entity if entity is not None and entity.person else None

    def _part(self, token: "Token", mention: SourceMention) -> Entity:
        """Return whom one part of "the ministry and the union" means."""
        person = named_part(token, mention, self.index)
        if person is not None:
            return person
        words = [t for t in token.doc[token.left_edge.i : token.i + 1] if t.pos_ != "DET"]
        name = token.doc[words[0].i : token.i + 1].text
        part = dataclasses.replace(mention, head=token, text=name)
        lemma, plural = token.lemma_.lower(), token.tag_ in ("NNS", "NNPS")
        return self.index.other(name) or new_other(
            self.index, part, name, lemma, [t.lower_ for t in words], plural=plural
        )

    def resolve(
        self, mention: SourceMention, at: int, speaker: Entity | None, *, speaks: bool = True
    ) -> Answer:
        """Return whom a mention means, and how sure that is.

        From now on they have been spoken of.

        Parameters
        ----------
        mention
            The words that name somebody.
        at
            Where they stand.
        speaker
            Whose quote was the last one.
        speaks
            Whether the words stand beside a quote.
        """
        if self._last is not None and self._last[0] == mention.span:
            # "He called it a trap and said it would fail": one "he", two quotes.
            entity, confidence = self._last[1]
        else:
            entity, confidence = self._meant(mention, at, speaker)
            entity = self.memory.identity(entity)
            if entity is not None and speaks:
                self._identify(entity, mention, at, speaker)
            self._last = mention.span, (entity, confidence)
        if entity is not None:
            if entity.last < 0:
                learn_from_clause(entity, mention)
            self._learn_texts(entity, mention)
            self.memory.touch(entity, at)
            if entity.person or speaks:
                self.memory.latest = entity
        return entity, confidence

    def _identify(
        self, entity: Entity, mention: SourceMention, at: int, speaker: Entity | None
    ) -> None:
        """Note an unnamed speaker, and that the one before is named now."""
        unnamed = self._unnamed
        goes_on = unnamed is not None and speaker is unnamed.entity is self.memory.latest
        if unnamed is not None and goes_on and unnamed.is_named_by(entity, mention, at):
            identify(unnamed.entity, entity)
            self.memory.forget(unnamed.entity, entity)
        if entity.person and not entity.named and not entity.plural:
            if entity.last < 0:
                self._unnamed = Unnamed(entity, mention, is_first=speaker is None)
        else:
            self._unnamed = None

    def _learn_texts(self, entity: Entity, mention: SourceMention) -> None:
        for text in issued_texts(mention):
            authors = self.memory.authors
            # "The document" is nobody's once two have issued something.
            is_shared = text in ANY_TEXT and authors.get(text, entity) is not entity
            authors[text] = None if is_shared else entity

    def see_author(self, mention: SourceMention, at: int) -> None:
        """Note who issued a statement, inside indirect speech: the rest is the speaker's."""
        entity = self._meant(mention, at, None)[0] if any(issued_texts(mention)) else None
        if entity is not None:
            self._learn_texts(entity, mention)

    def inside(
        self, mention: SourceMention | None, label: tuple[str, Span] | None, at: int
    ) -> Answer:
        """Return who is quoted inside a quote, where the words around it say so."""
        if label is not None:
            entity = self.index.known(clean_name(label[0].split()))
            return entity, 0.6 if entity is not None else 0.0
        if mention is None or mention.head.lower_ in FIRST_OR_SECOND:
            return None, 0.0
        entity, confidence = self._meant(mention, at, None)
        return entity, round(0.8 * confidence, 2)

    def _meant(self, mention: SourceMention, at: int, speaker: Entity | None) -> Answer:
        head = mention.head
        if head.tag_ in ("WP", "WDT") and head.head.dep_ == "relcl":
            antecedent = mention_of(head.head.head, mention.view)
            if antecedent is not None and antecedent.head.pos_ in ("NOUN", "PROPN"):
                return self._meant(antecedent, at, speaker)
        is_pronoun = head.pos_ == "PRON" and head.lower_ not in ONE
        if is_pronoun or head.lower_ in HE | SHE | THEY or head.tag_ == "PRP$":
            return by_pronoun(mention, at, speaker, self.memory)
        named = by_name(mention, self.index)
        if named is not None:
            self.memory.two = []
            return named
        return by_description(mention, at, speaker, self.memory)
