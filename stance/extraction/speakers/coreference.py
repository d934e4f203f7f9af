"""Whom a name, a description or a pronoun means at a place in an article."""

import dataclasses
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.core.types import Span
from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.speakers.descriptions import (
    ONE,
    body_of,
    described_before,
    may_be_topic,
    office_holder,
    one_of_group,
    topic_of,
)
from stance.extraction.speakers.entities import Entity, EntityIndex, learn_gender
from stance.extraction.speakers.names import (
    appositions,
    author_of,
    clean_name,
    given_name,
    name_run_at,
    names_beside,
    offices_before,
    owner_of,
    role_text,
    title_gender,
)
from stance.extraction.speakers.pronouns import (
    HE,
    SHE,
    THEY,
    last_of,
    last_two,
    likelier,
    other_party,
    pronoun_pool,
)
from stance.extraction.text.word_lists import (
    BODY_NOUNS,
    NOT_PERSON,
    PERSON_NOUNS,
    PLACES,
    is_people_word,
)

if TYPE_CHECKING:
    from spacy.tokens import Token

REPLIES = frozenset("answer reply respond retort counter disagree object".split())
# So many people and bodies may still be meant by a pronoun or an office.
MEMORY = 150
FIRST_OR_SECOND = frozenset("i we you us me".split())
DEFINITE = frozenset("the this that his her its their".split())
NO_CONTENT = frozenset("the a an of for to in 's ’s former senior".split())
Answer = tuple[Entity | None, float]


class Coreference:
    """Whom the mentions of one article mean, asked for in the order of the text.

    Parameters
    ----------
    index
        Everybody the article names; an empty one by default.

    Attributes
    ----------
    recent
        Those spoken of lately, the last one at the end.
    latest
        The person, or the speaker, last spoken of.
    """

    def __init__(self, index: EntityIndex | None = None) -> None:
        self.index = EntityIndex() if index is None else index
        self.recent: dict[int, Entity] = {}
        self.latest: Entity | None = None
        # Whom "the former" and "the latter" mean: two joined by "and", else the last two named.
        self.pair: list[Entity] = []
        self.two: list[Entity] = []
        # Who has issued "the statement", "the letter".
        self.authors: dict[str, Entity] = {}
        # Where the last mention stands, and whom it meant.
        self._last: tuple[Span, Answer] | None = None

    def labelled(self, label: str, at: int, spoken: Sequence[Span]) -> Entity | None:
        """Return whom a transcript's label means.

        "MR. KIRBY" is whoever of that surname the article names, "EM" whoever has these initials,
        "A" whoever the narrator names: the words between ``spoken`` are the narrator's.
        """
        if label in ("Q", "A"):
            entity = self.index.first_outside(spoken) if label == "A" else None
            if entity is not None:
                self._touch(entity, at)
            return entity
        of_initials = self.index.of_initials(label)
        if of_initials is not None:
            self._touch(of_initials, at)
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
        self._touch(entity, at)
        self.latest = entity
        return entity

    def _touch(self, entity: Entity, at: int) -> None:
        """Note where somebody was spoken of.

        Only the last `MEMORY` are kept, so that long texts take no more time by the word.
        """
        entity.last = max(entity.last, at)
        self.recent.pop(id(entity), None)
        self.recent[id(entity)] = entity
        if len(self.recent) > MEMORY:
            del self.recent[next(iter(self.recent))]

    def see(self, mention: SourceMention, at: int) -> None:
        """Note that somebody is spoken of."""
        owner = owner_of(mention)
        answer = self._by_name(owner) if owner is not None else None
        if answer is not None and answer[0].person:
            # "Venn's speech began at noon. She said …"
            self._touch(answer[0], at)
            self.latest = answer[0]
            return
        self.resolve(mention, at, None)
        conjuncts = mention.head.conjuncts
        for conjunct in conjuncts:
            # "Noor and Dastan briefed the press": each of them was spoken of.
            person = self._conjunct(conjunct, mention)
            if person is not None:
                self._touch(person, mention.view.starts[conjunct.idx])
        if len(conjuncts) == 1 and conjuncts[0].i > mention.head.i:
            self.pair = [self._part(token, mention) for token in (mention.head, conjuncts[0])]

    def _part(self, token: "Token", mention: SourceMention) -> Entity:
        """Return whom one part of "the ministry and the union" means."""
        person = self._conjunct(token, mention)
        if person is not None:
            return person
        words = [t for t in token.doc[token.left_edge.i : token.i + 1] if t.pos_ != "DET"]
        name = token.doc[words[0].i : token.i + 1].text
        part = dataclasses.replace(mention, head=token, text=name)
        lemma, plural = token.lemma_.lower(), token.tag_ in ("NNS", "NNPS")
        return self.index.other(name) or self._new_other(
            part, name, lemma, [t.lower_ for t in words], plural=plural
        )

    def _conjunct(self, token: "Token", mention: SourceMention) -> Entity | None:
        """Return the person whom one part of "Noor and Dastan" names."""
        run = name_run_at(token.doc, token.i)
        if run is None or mention.view.holder_at(token.idx) is not None:
            return None
        words = token.doc[run[0] : run[1]].text.split()
        name = clean_name(words)
        return self.index.person(name) or (
            self.index.known(name, title_gender(words), offices_before(words, name))
            if name and name[-1].lower() not in PLACES | NOT_PERSON
            else None
        )

    def resolve(self, mention: SourceMention, at: int, speaker: Entity | None) -> Answer:
        """Return whom a mention means, and how sure that is.

        From now on they have been spoken of.
        """
        if self._last is not None and self._last[0] == mention.span:
            # "He called it a trap and said it would fail": one "he", two quotes.
            entity, confidence = self._last[1]
        else:
            entity, confidence = self._meant(mention, at, speaker)
            self._last = mention.span, (entity, confidence)
        if entity is not None:
            self._touch(entity, at)
            self.latest = entity if entity.person or speaker is not None else self.latest
        return entity, confidence

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
            return self._pronoun(mention, at, speaker)
        return self._by_name(mention) or self._by_description(mention, at, speaker)

    def _by_name(self, mention: SourceMention) -> tuple[Entity, float] | None:
        """Find whom a name in or beside a mention means."""
        doc, head = mention.head.doc, mention.head
        if any(child.dep_ == "conj" for child in head.children):
            return None
        if self._is_mistagged_name(head):
            entity = self.index.known([head.text])
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
            entity = self.index.person(name)
            if entity is None and place != head.i:
                entity = self._introduced(name, head)
            if entity is not None:
                if place != head.i:
                    entity.roles.add(head.lemma_.lower())
                    entity.words.update(t.lower_ for t in doc[mention.start : mention.end])
                    entity.role = entity.role or role_text(mention.text)
                self.two = []
                return self.index.with_longest_name(entity), 0.95
            if place == head.i and name and name[-1].lower() not in PLACES | NOT_PERSON:
                offices = offices_before(words, name)
                offices |= {noun.lemma_.lower() for noun in appositions(head)}
                entity = self.index.known(name, title_gender(words), offices)
                if entity is not None:
                    return entity, 0.9
        given = given_name(mention)
        introduced = self._introduced(given, head) if given else None
        return (introduced, 0.8) if introduced is not None else None

    def _introduced(self, name: Sequence[str], head: "Token") -> Entity | None:
        """Return whom a description introduces: "a pensioner, Petro", "his friend Ann"."""
        nobody = PLACES | NOT_PERSON | self.index.places
        is_person = is_people_word(head.lemma_.lower()) or head.lower_ == "one"
        if not is_person or not name or any(word.lower().strip(".") in nobody for word in name):
            return None
        entity = self.index.known(name) or self.index.enter(name)
        entity.roles.add(head.lemma_.lower())
        return entity

    def _is_mistagged_name(self, head: "Token") -> bool:
        """Tell a surname that the tagger takes for a noun: "Alder left the camp"."""
        if head.pos_ != "NOUN" or not head.text.istitle() or list(head.lefts):
            return False
        surnames = self.index.by_word.get(self.index.aliases.word(head.text), ())
        return any(
            entity.spelled[-1:] == (self.index.aliases.word(head.text),) for entity in surnames
        )

    def _by_description(
        self, mention: SourceMention, at: int, speaker: Entity | None = None
    ) -> tuple[Entity, float]:
        """Find whom a description means: the last one of that office, else somebody new."""
        head = mention.head
        words = [token.lower_ for token in head.doc[mention.start : mention.end]]
        if words[0] == "the" and words[1:] in (["former"], ["latter"]):
            self.two = self.two if words[1] == "latter" and self.two else last_two(self.index, at)
            two = self.pair or self.two
            if len(two) == 2:
                return two[words[1] == "latter"], 0.7
        lemma = head.lemma_.lower()
        definite = words[0] in DEFINITE or head.doc[mention.start].dep_ == "poss"
        content = set(words) - NO_CONTENT - {lemma, head.lower_}
        plural = head.tag_ in ("NNS", "NNPS") or any(c.dep_ == "conj" for c in head.children)
        if lemma == "head" and content & {"state", "government"}:
            # "the head of state" is the president, "the head of government" the prime minister.
            lemma = "president" if "state" in content else "premier"
            content -= {"state", "government"}
        one_of_many = not definite and words[0] in ("a", "an", "another", "one")
        is_common = head.pos_ == "NOUN" or head.is_lower or lemma == "pm"
        if not plural and not one_of_many and is_common:
            answer = self._known_by_description(mention, lemma, content, at, speaker)
            if answer is not None:
                return answer
        author = author_of(mention)
        if author is not None:
            answer = self._by_name(author) or self._by_description(author, at)
            self.authors[lemma] = answer[0]
            return answer
        member = one_of_group(mention, self._before(at))
        if member is not None:
            person = self.index.new_entity(member, person=True, roles={member}, named=False)
            self.index.add_other(person)
            return person, 0.6
        name = re.sub(r"^(?:[Tt]he|[Aa]n?|[Ss]ome) ", "", mention.text)
        entity = self.index.other(name)
        if entity is None and definite and content and not plural:
            entity = described_before(self.index, lemma, content)
        if entity is None:
            entity = self._new_other(mention, name, lemma, words, plural=plural)
        is_sure = not definite or lemma in BODY_NOUNS or head.pos_ == "PROPN"
        return entity, 0.85 if is_sure else 0.6

    def _known_by_description(
        self,
        mention: SourceMention,
        lemma: str,
        content: set[str],
        at: int,
        speaker: Entity | None,
    ) -> tuple[Entity, float] | None:
        """Return who of those met before holds an office, is such a body or was spoken of."""
        first = mention.head.doc[mention.start]
        definite = first.lower_ in DEFINITE or first.dep_ == "poss"
        if definite and not content and lemma in self.authors:
            return self.authors[lemma], 0.6
        before = self._before(at)
        holder = office_holder(self.index, lemma, content, before, at)
        if holder is not None:
            return holder, 0.7
        body = body_of(self.index, lemma, content, at) if first.lower_ == "the" else None
        if body is not None:
            return body, 0.8
        if definite and may_be_topic(mention, speaker, self.latest, content):
            topic = topic_of(lemma, self.latest, before, at)
            if topic is not None:
                return topic, 0.5
        return None

    def _new_other(
        self, mention: SourceMention, name: str, lemma: str, words: Sequence[str], *, plural: bool
    ) -> Entity:
        """Enter somebody whom the article has not named before."""
        person = is_people_word(lemma) or mention.head.lower_ in PERSON_NOUNS
        proper = mention.head.pos_ == "PROPN"
        cleaned = clean_name(name.split())
        nobody = PLACES | NOT_PERSON | self.index.places
        single = proper and not plural and cleaned[-1:] and name.split()[-1].lower() not in nobody
        has_title = proper and cleaned != name.split()
        # "Venn" is a person, "the Chamber" is none.
        alone = len(name.split()) == 1 and words[0] != "the"
        person = person or bool(single and (has_title or alone))
        if self.index.aliases.is_person(self.index.key(name)):
            # The tagger may not know the name; the table does.
            person, proper, plural = True, True, False
        entity = self.index.new_entity(
            name, person=person, roles={lemma}, words=set(words), plural=plural, named=proper
        )
        learn_gender(entity, words)
        self.index.add_other(entity)
        return entity

    def _before(self, at: int) -> list[Entity]:
        """Return those spoken of lately and before ``at``."""
        return [entity for entity in self.recent.values() if 0 <= entity.last < at]

    def _pronoun(self, mention: SourceMention, at: int, speaker: Entity | None) -> Answer:
        word = mention.head.lower_
        pool = pronoun_pool(mention, self._before(at))
        if pool is None:
            return self.index.new_entity(mention.text, person=True, named=False), 0.3
        if not pool and word in HE | SHE:
            unwanted = "f" if word in HE else "m"
            # Whom only a quotation names (``first`` is -1) is spoken of, and speaks not.
            named = [
                entity
                for entity in self.index.first_people()
                if entity.gender != unwanted and 0 <= entity.first < at
            ]
            return (max(named, key=lambda entity: entity.first), 0.3) if named else (None, 0.0)
        best = last_of(pool)
        if best is None:
            return None, 0.0
        if (
            speaker in pool
            and speaker is not None
            and not speaker.plural
            and word in HE | SHE
            and best.last <= speaker.last
        ):
            best = speaker
        best = likelier(best, pool, word)
        if best is speaker and mention.head.head.lemma_.lower() in REPLIES and word in HE | SHE:
            best = other_party(self.index, best, pool, word, at) or best
        if best.gender is None and word in HE | SHE:
            best.gender = "m" if word in HE else "f"
        rivals = sum(entity is not best and best.last - entity.last < 300 for entity in pool)
        return best, 0.75 if rivals == 0 else 0.6
