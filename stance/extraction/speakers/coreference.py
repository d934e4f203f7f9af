"""Everybody in one article, and whom a name, a description or a pronoun means at a place in it."""

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from stance.core.types import Article, Span
from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.speakers.aliases import Aliases, load_aliases
from stance.extraction.speakers.entities import MEMORY, WHERE, Entity, learn_gender
from stance.extraction.speakers.names import (
    appositions,
    author_of,
    behind_words,
    clean_name,
    gender_of,
    name_runs,
    names_beside,
    role_text,
    title_gender,
)
from stance.extraction.text.parser_views import View
from stance.extraction.text.word_lists import (
    BODY_NOUNS,
    ISSUED,
    NAME_IN_QUOTE,
    NO_NAME,
    NOT_FIRST,
    NOT_PERSON,
    PERSON_NOUNS,
    PLACES,
    SYNONYMS,
    TITLES,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc

NEAR = 250
HE, SHE, THEY = frozenset(["he", "him"]), frozenset(["she", "her"]), frozenset(["they", "them"])
FIRST_OR_SECOND = frozenset("i we you us me".split())


class Cast:
    """Everybody in one article, and whom a mention means at a place in it.

    People and others are found by their name's id, so by any spelling.
    """

    def __init__(self, aliases: Aliases | None = None) -> None:
        self.aliases = load_aliases() if aliases is None else aliases
        self.people: dict[str, Entity] = {}
        self.by_word: dict[str, list[Entity]] = {}
        self.others: list[Entity] = []
        self.by_name: dict[str, Entity] = {}
        self.recent: dict[int, Entity] = {}
        self.latest: Entity | None = None
        self.places: set[str] = set()

    def learn(self, article: Article, views: Sequence[View], docs: "Sequence[Doc]") -> None:
        """Gather the names in these paragraphs, with their titles and appositions."""
        for view, doc in zip(views, docs, strict=True):
            self.places.update(
                token.lower_
                for token in doc
                if token.pos_ == "PROPN" and token.dep_ == "pobj" and token.head.lower_ in WHERE
            )
            for run in name_runs(doc):
                self._learn(doc, run, view.starts[doc[run[0]].idx])
            for holder in view.holders:
                quoted = article.text[holder.quotation.start : holder.quotation.end]
                for match in NAME_IN_QUOTE.finditer(quoted[:20_000]):
                    words = match.group().split()
                    while words and words[0].lower() in NO_NAME:
                        words = words[1:]
                    # "Because I can count": no name.
                    if "I" not in words:
                        self._add(clean_name(words))

    def _add(self, words: Sequence[str]) -> Entity | None:
        """Enter a full name.

        A longer form of a known name replaces nothing, a shorter one adds nothing.
        """
        if (
            len(words) < 2
            or len(words) > 5
            or words[-1].lower().strip(".") in NOT_PERSON
            or any(word.lower() in NOT_PERSON for word in words[1:])
        ):
            return None
        first = words[0].lower().strip(".")
        if (
            first in PLACES | NOT_FIRST
            or words[-1].lower() in PLACES
            or first in ("the", "i", "but", "and", "in", "if", "when", "as")
        ):
            return None
        name = " ".join(words)
        number = self.aliases.id_of(name)
        if number not in self.people:
            entity = self._entity(name, person=True, gender=gender_of(words[0]))
            self.people[number] = entity
            for word in set(entity.spelled):
                self.by_word.setdefault(word, []).append(entity)
        return self.people[number]

    def _entity(self, name: str, **known: Any) -> Entity:
        return Entity(name, self._spelled(name.split()), **known)

    def _spelled(self, words: Iterable[str]) -> tuple[str, ...]:
        return tuple(self.aliases.word(word) for word in words)

    def _learn(self, doc: "Doc", run: tuple[int, int], at: int) -> None:
        """Enter the name of a run of proper nouns.

        With its office and what the apposition says.
        """
        start, end = run
        words = doc[start:end].text.split()
        name = clean_name(words)
        entity = self._add(name)
        if entity is None:
            entity = self._known(name, title_gender(words)) if len(name) == 1 else None
        if entity is None:
            return
        entity.first = at if entity.first < 0 else entity.first
        head = doc[end - 1]
        before = doc[
            max(min(head.left_edge.i, start), start - 8) : behind_words(
                doc, start, len(words) - len(name)
            )
        ]
        texts = [token for token in before if token.is_alpha or "." in token.text]
        entity.roles.update(
            token.lemma_.lower()
            for token in texts
            if token.lower_ in TITLES or token.lemma_.lower() in PERSON_NOUNS
        )
        entity.words.update(token.lower_ for token in texts)
        if texts and entity.role is None and entity.roles:
            entity.role = role_text(before.text)
        learn_gender(entity, [token.lower_.strip(".") for token in texts])
        if head.dep_ == "appos" and head.head.pos_ == "NOUN":
            # "His wife, Lotte Arn, agreed."
            learn_gender(entity, [head.head.lower_])
        for apposition in appositions(head):
            phrase = list(apposition.subtree)
            entity.roles.add(apposition.lemma_.lower())
            entity.words.update(token.lower_ for token in phrase)
            learn_gender(entity, [apposition.lower_])
            if entity.role is None:
                ends = [
                    i
                    for i, t in enumerate(phrase)
                    if t.dep_ in ("relcl", "acl")
                    or t.tag_ in ("WP", "WDT", "WP$", "WRB")
                    or t.text in ("(", ";")
                ]
                stop = min(ends, default=len(phrase))
                entity.role = (
                    role_text(doc[phrase[0].i : phrase[0].i + stop].text) if stop else None
                )

    def _known(self, words: Sequence[str], gender: str | None = None) -> Entity | None:
        """Return the person whom part of a name means: surname first, then any word.

        The last one spoken of where several fit.

        With ``gender``, that of "Mr." or "Mrs." before the name, never somebody who is known to be
        of the other one.
        """
        spelled = self._spelled(words)
        if not spelled:
            return None
        other = {"m": "f", "f": "m"}.get(gender or "")
        fits = [
            entity
            for entity in self.by_word.get(spelled[-1], [])
            if set(spelled) <= set(entity.spelled) and (other is None or entity.gender != other)
        ]
        surnames = [entity for entity in fits if entity.spelled[-1] == spelled[-1]]
        pool = surnames or fits
        # "Mrs. Arn" is she who is known for a woman, before one of whom nothing is known.
        pool = [entity for entity in pool if gender is not None and entity.gender == gender] or pool
        if not pool:
            return None
        # The longest form of a name is its full one; of two people with one surname the one last
        # spoken of is meant.
        return max(pool, key=lambda entity: (entity.last, len(entity.name)))

    def labelled(self, label: str, at: int) -> Entity | None:
        """Return who a transcript's label means: "MR.

        KIRBY" is whoever of that surname the article names.
        """
        if label == "Q":
            return None
        words = clean_name([word.strip(".") for word in label.split()]) or label.split()
        entity = self._known(words)
        if entity is None:
            name = " ".join(
                word.capitalize() if word.isupper() and len(word) > 2 else word for word in words
            )
            entity = self._add(name.split()) or self.by_name.get(self._key(name))
            if entity is None:
                entity = self._entity(name, person=True)
                self._enter(entity)
        self._touch(entity, at)
        self.latest = entity
        return entity

    def _enter(self, entity: Entity) -> None:
        self.others.append(entity)
        self.by_name[self._key(entity.name)] = entity

    def _key(self, name: str) -> str:
        return self.aliases.id_of(name) or name

    def _touch(self, entity: Entity, at: int) -> None:
        """Note where somebody was spoken of.

        Only the last `MEMORY` can be meant by a pronoun or an office, which keeps long texts
        linear.
        """
        entity.last = max(entity.last, at)
        self.recent.pop(id(entity), None)
        self.recent[id(entity)] = entity
        if len(self.recent) > MEMORY:
            del self.recent[next(iter(self.recent))]

    def see(self, mention: SourceMention, at: int) -> None:
        """Note that somebody is spoken of."""
        owner = next(
            (
                child
                for child in mention.head.children
                if child.dep_ == "poss" and child.pos_ == "PROPN"
            ),
            None,
        )
        whose = (
            mention_of(owner, mention.view)
            if mention.head.lemma_.lower() not in PERSON_NOUNS
            else None
        )
        known = self._named(whose) if whose is not None else None
        if known is not None and known[0].person:
            # "Venn's speech began at noon. She said …"
            self._touch(known[0], at)
            self.latest = known[0]
            return
        self.resolve(mention, at, None)

    def resolve(
        self, mention: SourceMention, at: int, speaker: Entity | None
    ) -> tuple[Entity | None, float]:
        """Return whom a mention means, and how sure that is.

        From now on they have been spoken of.
        """
        entity, confidence = self._meant(mention, at, speaker)
        if entity is not None:
            self._touch(entity, at)
            self.latest = entity if entity.person or speaker is not None else self.latest
        return entity, confidence

    def inside(
        self, mention: SourceMention | None, label: tuple[str, Span] | None, at: int
    ) -> tuple[Entity | None, float]:
        """Return who is quoted inside a quote.

        Where the words around the inner quotation say so.
        """
        if label is not None:
            entity = self._known(clean_name(label[0].split()))
            return entity, 0.6 if entity is not None else 0.0
        if mention is None or mention.head.lower_ in FIRST_OR_SECOND:
            return None, 0.0
        entity, confidence = self._meant(mention, at, None)
        return entity, round(0.8 * confidence, 2)

    def _meant(
        self, mention: SourceMention, at: int, speaker: Entity | None
    ) -> tuple[Entity | None, float]:
        head = mention.head
        if head.tag_ in ("WP", "WDT") and head.head.dep_ == "relcl":
            antecedent = mention_of(head.head.head, mention.view)
            if antecedent is not None and antecedent.head.pos_ in ("NOUN", "PROPN"):
                return self._meant(antecedent, at, speaker)
        if head.pos_ == "PRON" or head.lower_ in HE | SHE | THEY or head.tag_ == "PRP$":
            return self._pronoun(mention, at, speaker)
        return self._named(mention) or self._described(mention, at)

    def _named(self, mention: SourceMention) -> tuple[Entity, float] | None:
        doc, head = mention.head.doc, mention.head
        if any(child.dep_ == "conj" for child in head.children):
            return None
        near = [head.i] if head.pos_ == "PROPN" else []
        near += [child.i for child in appositions(head) if child.pos_ == "PROPN"]
        near += list(names_beside(mention)) if head.pos_ == "NOUN" else []
        for at in near:
            run = next((run for run in name_runs(doc) if run[0] <= at < run[1]), None)
            if run is None:
                continue
            words = doc[run[0] : run[1]].text.split()
            name = clean_name(words)
            entity = self.people.get(self.aliases.id_of(" ".join(name)))
            if entity is not None and at != head.i:
                entity.roles.add(head.lemma_.lower())
                entity.words.update(token.lower_ for token in doc[mention.start : mention.end])
                entity.role = entity.role or role_text(mention.text)
            if entity is not None:
                longer = [
                    e
                    for e in self.by_word.get(name[-1].lower(), [])
                    if e.name.endswith(" " + entity.name)
                ]
                return (longer[0] if longer else entity), 0.95
            entity = (
                self._known(name, title_gender(words))
                if name and name[-1].lower() not in PLACES | NOT_PERSON
                else None
            )
            if entity is not None and at == head.i:
                return entity, 0.9
        return None

    def _described(self, mention: SourceMention, at: int) -> tuple[Entity, float]:
        """Find whom a description means.

        The last one with that office, else a new somebody of that description.
        """
        head = mention.head
        words = [token.lower_ for token in head.doc[mention.start : mention.end]]
        lemma = head.lemma_.lower()
        definite = (
            words[0] in ("the", "this", "that", "his", "her", "its", "their")
            or head.doc[mention.start].dep_ == "poss"
        )
        content = {
            word
            for word in words
            if word
            not in (
                "the",
                "a",
                "an",
                "of",
                "for",
                "to",
                "in",
                lemma,
                head.lower_,
                "'s",
                "’s",
                "former",
                "senior",
            )
        }
        plural = head.tag_ in ("NNS", "NNPS") or any(
            child.dep_ == "conj" for child in head.children
        )
        if lemma == "head" and content & {"state", "government"}:
            # "the head of state" is the president, "the head of government" the prime minister.
            lemma, content = (
                ("president" if "state" in content else "premier"),
                content - {"state", "government"},
            )
        if (
            not plural
            and (head.pos_ == "NOUN" or lemma == "pm")
            and (definite or words[0] not in ("a", "an", "another", "one"))
        ):
            best = self._by_office(lemma, content, at)
            if best is not None:
                return best, 0.7
            topic = (
                self._topic(lemma, definite, at) if not content or lemma in PERSON_NOUNS else None
            )
            if topic is not None:
                return topic, 0.5
        author = author_of(mention)
        if author is not None:
            return self._named(author) or self._described(author, at)
        name = re.sub(r"^(?:[Tt]he|[Aa]n?|[Ss]ome) ", "", mention.text)
        same = self.by_name.get(self._key(name))
        if same is None:
            subset = [
                e
                for e in self.others[-MEMORY:]
                if definite and content and content <= e.words and lemma in e.roles
            ]
            same = subset[-1] if subset and not plural else None
        if same is None:
            person = lemma in PERSON_NOUNS or head.lower_ in PERSON_NOUNS
            proper = head.pos_ == "PROPN"
            single = (
                proper
                and not plural
                and clean_name(name.split())[-1:]
                and name.split()[-1].lower() not in PLACES | NOT_PERSON | self.places
            )
            title = proper and clean_name(name.split()) != name.split()
            person = person or bool(title and single) or bool(single and len(name.split()) == 1)
            if self.aliases.is_person(self._key(name)):
                # The tagger may not know the name; the table does.
                person, proper, plural = True, True, False
            same = self._entity(
                name, person=person, roles={lemma}, words=set(words), plural=plural, named=proper
            )
            learn_gender(same, words)
            self._enter(same)
        return same, 0.85 if not definite or lemma in BODY_NOUNS or head.pos_ == "PROPN" else 0.6

    def _topic(self, lemma: str, definite: bool, at: int) -> Entity | None:
        """Return whom "the Hungarian prime minister" or "the group" means.

        Where nobody was given that office: who was just spoken of.
        """
        latest = self.latest
        if definite and lemma in ISSUED:
            issuers = [
                entity
                for entity in self.recent.values()
                if entity.named and not entity.plural and 0 <= entity.last < at
            ]
            return max(issuers, key=lambda entity: entity.last, default=None)
        if not definite or latest is None or not 0 <= latest.last < at:
            return None
        if lemma in PERSON_NOUNS:
            unknown = (
                latest.person
                and latest.named
                and not latest.plural
                and not (latest.roles & PERSON_NOUNS)
            )
            return latest if unknown else None
        if lemma in BODY_NOUNS and lemma not in (
            "ministry",
            "government",
            "military",
            "army",
            "police",
            "side",
            "sides",
            "court",
            "delegation",
        ):
            bodies = [
                entity
                for entity in self.recent.values()
                if not entity.person and entity.named and 0 <= entity.last < at
            ]
            return max(bodies, key=lambda entity: entity.last, default=None)
        return None

    def _by_office(self, lemma: str, content: set[str], at: int) -> Entity | None:
        wanted = {lemma, *SYNONYMS.get(lemma, "").split()}
        pool = [
            entity
            for entity in self.recent.values()
            if entity.person
            and not entity.plural
            and entity.roles & wanted
            and 0 <= entity.last < at
        ]
        exact = [entity for entity in pool if lemma in entity.roles and not entity.named] or [
            entity for entity in pool if lemma in entity.roles
        ]
        fitting = [entity for entity in pool if content and _shares(content, entity)]
        if content:
            unseen = [
                e
                for e in islice(self.people.values(), 500)
                if e.roles & wanted and _shares(content, e)
            ]
            return max(fitting or unseen, key=lambda entity: entity.last, default=None)
        return (
            max(exact or pool, key=lambda entity: entity.last, default=None)
            if not exact
            else max(pool, key=lambda e: (e.last, lemma in e.roles))
        )

    def _pronoun(
        self, mention: SourceMention, at: int, speaker: Entity | None
    ) -> tuple[Entity | None, float]:
        word = mention.head.lower_
        everyone = [entity for entity in self.recent.values() if 0 <= entity.last < at]
        if mention.head.tag_ in ("WP", "WDT") or word in ("who", "which", "that"):
            pool = everyone
        elif word in HE or word == "his":
            pool = [
                entity
                for entity in everyone
                if entity.person and not entity.plural and entity.gender != "f"
            ]
        elif word in SHE:
            pool = [
                entity
                for entity in everyone
                if entity.person and not entity.plural and entity.gender != "m"
            ]
        elif word in THEY or word == "their":
            pool = [entity for entity in everyone if entity.plural] or [
                entity for entity in everyone if not entity.person
            ]
        elif word in ("it", "its"):
            pool = [entity for entity in everyone if not entity.person]
        else:
            return self._entity(mention.text, person=True, named=False), 0.3
        if not pool and word in HE | SHE:
            unwanted = "f" if word in HE else "m"
            # Whom only a quotation names (``first`` is -1) is spoken of, and speaks not.
            pool = [
                entity
                for entity in islice(self.people.values(), 500)
                if entity.gender != unwanted and 0 <= entity.first < at
            ]
            return (max(pool, key=lambda entity: entity.first), 0.3) if pool else (None, 0.0)
        if not pool:
            return None, 0.0
        best = max(pool, key=lambda entity: entity.last)
        if (
            speaker in pool
            and speaker is not None
            and not speaker.plural
            and word in HE | SHE
            and best.last <= speaker.last
        ):
            best = speaker
        best = _likelier(best, pool, word)
        if word in HE and best.gender is None:
            best.gender = "m"
        elif word in SHE and best.gender is None:
            best.gender = "f"
        rivals = sum(entity is not best and best.last - entity.last < 300 for entity in pool)
        return best, 0.75 if rivals == 0 else 0.6


def _likelier(best: Entity, pool: Sequence[Entity], word: str) -> Entity:
    """Prefer the one whose first name fits the pronoun.

    Where two people were spoken of just now.
    """
    if word not in HE | SHE or _fits(best, word):
        return best
    near = [entity for entity in pool if _fits(entity, word) and best.last - entity.last < NEAR]
    return max(near, key=lambda entity: entity.last, default=best)


def _fits(entity: Entity, word: str) -> bool:
    return (entity.gender or "")[:1] == "f" if word in SHE else entity.gender != "f?"


def _shares(content: set[str], entity: Entity) -> bool:
    """Tell whether a description and a person share a telling word.

    "Russian" is shared with "Russia" and "Russia's".
    """
    theirs = {word[:5] for word in entity.words if len(word) > 1}
    return any(word[:5] in theirs for word in content if len(word) > 1)
