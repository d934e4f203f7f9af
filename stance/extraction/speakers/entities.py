"""Whom an article names: each person and body, with spellings, offices and gender."""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from stance.core.types import Article, Span
from stance.extraction.speakers.aliases import Aliases, load_aliases
from stance.extraction.speakers.names import (
    appositions,
    behind_words,
    clean_name,
    gender_of,
    name_runs,
    offices_before,
    role_text,
    title_gender,
)
from stance.extraction.text.parser_views import View
from stance.extraction.text.word_lists import (
    FEMALE_NOUNS,
    MALE_NOUNS,
    NAME_IN_QUOTE,
    NO_NAME,
    NOT_FIRST,
    NOT_PERSON,
    PERSON_NOUNS,
    PLACES,
    TITLES,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# How a rank or office is shortened before a name.
RANKS = {
    "gen": "general",
    "lt": "lieutenant",
    "col": "colonel",
    "maj": "major",
    "capt": "captain",
    "sen": "senator",
    "gov": "governor",
    "rep": "representative",
    "prof": "professor",
    "rev": "reverend",
}
WHERE = frozenset("in into near across inside outside".split())
# "al-Sayed", "Al Sayed" and "Sayed" are one surname.
ARTICLE = re.compile(r"^(?:al|el)(?:-(?=\w{3})|$)", re.I)
# No name begins with one of these words.
NOT_OPENING = frozenset("the i but and in if when as".split())
MAX_NAME_WORDS = 5
MAX_QUOTED_CHARS = 20_000
# Names that are looked through where a mention fits nobody who was spoken of lately.
MAX_PEOPLE = 500


@dataclasses.dataclass(slots=True)
class Entity:
    """Somebody in the article: a person by name, or whoever is only described.

    Attributes
    ----------
    name
        As the article writes it.
    spelled
        The words of the name as `Aliases` compares them.
    person
        A person, not a body.
    roles
        Lemmas of the offices told beside the name.
    words
        All words told beside the name, in lower case.
    role
        The first office, as it is shown.
    gender
        "m", "f", or "f?" where only the ending of the first name suggests it.
    plural
        Several people ("the officials").
    named
        Has a name, not only a description.
    last, first
        Where the article spoke of it last and first; -1 before that.
    """

    name: str
    spelled: tuple[str, ...]
    person: bool
    roles: set[str] = dataclasses.field(default_factory=set)
    words: set[str] = dataclasses.field(default_factory=set)
    role: str | None = None
    gender: str | None = None
    plural: bool = False
    named: bool = True
    last: int = -1
    first: int = -1


def learn_gender(entity: Entity, words: Iterable[str]) -> None:
    """Take a gender from titles and nouns; it replaces what was known before."""
    seen = set(words)
    if seen & {"mrs", "ms", "miss"} or seen & FEMALE_NOUNS:
        entity.gender = "f"
    elif "mr" in seen or seen & MALE_NOUNS:
        entity.gender = "m"


class EntityIndex:
    """Everybody whom one article names or describes.

    Parameters
    ----------
    aliases
        Spellings and other names; those of `load_aliases` by default.

    Attributes
    ----------
    people
        Persons with a full name, by the id of the name.
    by_word
        The same persons by each word of their names.
    others
        Bodies, and people who are only described, in the order they were met.
    by_name
        The same by the id of their name.
    places
        Words that stand behind "in", "near" …: names of places.
    """

    def __init__(self, aliases: Aliases | None = None) -> None:
        self.aliases = load_aliases() if aliases is None else aliases
        self.people: dict[str, Entity] = {}
        self.by_word: dict[str, list[Entity]] = {}
        self.others: list[Entity] = []
        self.by_name: dict[str, Entity] = {}
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
                self._learn_name(doc, run, view.starts[doc[run[0]].idx])
            for holder in view.holders:
                quoted = article.text[holder.quotation.start : holder.quotation.end]
                self._learn_quoted(quoted[:MAX_QUOTED_CHARS])

    def _learn_quoted(self, quoted: str) -> None:
        """Enter the full names inside a quotation, which the parser does not see."""
        for match in NAME_IN_QUOTE.finditer(quoted):
            words = match.group().split()
            while words and words[0].lower() in NO_NAME:
                words = words[1:]
            # "Because I can count": no name.
            if "I" not in words:
                self.add_person(clean_name(words))

    def _learn_name(self, doc: "Doc", run: tuple[int, int], at: int) -> None:
        """Enter the name of a run of proper nouns, with the offices told beside it."""
        start, end = run
        words = doc[start:end].text.split()
        name = clean_name(words)
        entity = self.add_person(name)
        if entity is None and len(name) == 1:
            # Whose title this is must be sure: "Mayor Moe" where two Moes are named.
            fits = self.fits(name, title_gender(words), offices_before(words, name))
            entity = fits[0] if len(fits) == 1 else None
        if entity is None:
            return
        entity.first = at if entity.first < 0 else entity.first
        head = doc[end - 1]
        low = max(min(head.left_edge.i, start), start - 8)
        _learn_before(entity, doc, low, behind_words(doc, start, len(words) - len(name)))
        if head.dep_ == "appos" and head.head.pos_ == "NOUN":
            # "His wife, Lotte Arn, agreed."
            learn_gender(entity, [head.head.lower_])
            if head.head.lemma_.lower() in PERSON_NOUNS:
                entity.roles.add(head.head.lemma_.lower())
        for apposition in appositions(head):
            _learn_apposition(entity, apposition)

    def add_person(self, words: Sequence[str]) -> Entity | None:
        """Enter a full name and return its person; None where the words are no person's name.

        A name that is known already keeps its person.
        """
        if not _is_full_name(words):
            return None
        if len(words) == 2 and ARTICLE.fullmatch(words[0]):
            # "Al Hadi" is Omar al-Hadi, where the article names him; else Al is a first name.
            fits = self.fits(words)
            if len(fits) == 1:
                return fits[0]
        return self.enter(words)

    def enter(self, words: Sequence[str]) -> Entity:
        """Enter a person by a name of any length, and return them."""
        name = " ".join(words)
        name_id = self.aliases.id_of(name) or name
        if name_id not in self.people:
            entity = self.new_entity(name, person=True, gender=gender_of(words))
            self.people[name_id] = entity
            for word in set(entity.spelled):
                self.by_word.setdefault(word, []).append(entity)
        return self.people[name_id]

    def new_entity(self, name: str, **known: Any) -> Entity:
        """Return somebody of this name who is in no list yet."""
        return Entity(name, self._spelled(name.split()), **known)

    def add_other(self, entity: Entity) -> None:
        """Enter a body, or somebody who is only described."""
        self.others.append(entity)
        self.by_name[self.key(entity.name)] = entity

    def key(self, name: str) -> str:
        """Return what a name is looked up by."""
        return self.aliases.id_of(name) or name

    def other(self, name: str) -> Entity | None:
        """Return the body or described person of this name."""
        return self.by_name.get(self.key(name))

    def _spelled(self, words: Iterable[str]) -> tuple[str, ...]:
        kept = [ARTICLE.sub("", word) for word in words]
        return tuple(self.aliases.word(word) for word in kept if word)

    def known(
        self, words: Sequence[str], gender: str | None = None, offices: Iterable[str] = ()
    ) -> Entity | None:
        """Return the person whom part of a name means: surname first, then any word.

        Parameters
        ----------
        words
            The part of the name, without titles.
        gender
            That of "Mr." or "Mrs." before the name: never somebody known to be of the other one.
        offices
            Offices told beside the name: whoever has one goes before those of the same surname.

        Returns
        -------
        Entity or None
            Where several fit, the one last spoken of.
        """
        # The longest form of a name is its full one; of two people with one surname the one last
        # spoken of is meant.
        fits = self.fits(words, gender, offices)
        return max(fits, key=lambda entity: (entity.last, len(entity.name)), default=None)

    def fits(
        self, words: Sequence[str], gender: str | None = None, offices: Iterable[str] = ()
    ) -> list[Entity]:
        """Return everybody whom part of a name may mean, as for `known`."""
        spelled = self._spelled(words)
        if not spelled:
            return []
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
        return [entity for entity in pool if entity.roles & set(offices)] or pool

    def person(self, name: Sequence[str]) -> Entity | None:
        """Return the person of a full name."""
        return self.people.get(self.aliases.id_of(" ".join(name)))

    def with_longest_name(self, entity: Entity) -> Entity:
        """Return whom the article also names in a longer form: "Edda Moe", "Ane Edda Moe"."""
        longer = (
            other
            for other in self.by_word.get(entity.spelled[-1], [])
            if other.name.endswith(" " + entity.name)
        )
        return next(longer, entity)

    def first_outside(self, spoken: Sequence[Span]) -> Entity | None:
        """Return the one person whom the narrator names; None where there are several or none."""
        outside = [
            entity
            for entity in self.people.values()
            if entity.first >= 0 and not any(low <= entity.first < high for low, high in spoken)
        ]
        return outside[0] if len(outside) == 1 else None

    def of_initials(self, label: str) -> Entity | None:
        """Return the one person with these initials: "EM", Edda Moe."""
        letters = label.replace(".", "")
        if not (letters.isupper() and 2 <= len(letters) <= 4):
            return None
        fits = [
            entity
            for entity in self.people.values()
            if "".join(word[0] for word in entity.name.split()) == letters
        ]
        return fits[0] if len(fits) == 1 else None

    def first_people(self) -> Iterable[Entity]:
        """Return the persons named first; not all, which keeps long texts linear."""
        return islice(self.people.values(), MAX_PEOPLE)


def _is_full_name(words: Sequence[str]) -> bool:
    """Tell a person's full name from an institution, a place or a stray capital."""
    if not 2 <= len(words) <= MAX_NAME_WORDS or words[-1].lower().strip(".") in NOT_PERSON:
        return False
    if any(word.lower() in NOT_PERSON for word in words[1:]) or words[-1].lower() in PLACES:
        return False
    return words[0].lower().strip(".") not in PLACES | NOT_FIRST | NOT_OPENING


def _learn_before(entity: Entity, doc: "Doc", start: int, end: int) -> None:
    """Take the offices and titles in front of a name."""
    before = doc[start:end]
    words = [token for token in before if token.is_alpha or "." in token.text]
    entity.roles.update(
        RANKS.get(token.lower_.strip("."), token.lemma_.lower())
        for token in words
        if token.lower_.strip(".") in TITLES or token.lemma_.lower() in PERSON_NOUNS
    )
    entity.words.update(token.lower_ for token in words)
    if words and entity.role is None and entity.roles:
        entity.role = role_text(before.text)
    learn_gender(entity, [token.lower_.strip(".") for token in words])


def _learn_apposition(entity: Entity, apposition: "Token") -> None:
    """Take the office in an apposition: "Venn, the envoy"."""
    phrase = list(apposition.subtree)
    entity.roles.add(apposition.lemma_.lower())
    entity.words.update(token.lower_ for token in phrase)
    learn_gender(entity, [apposition.lower_])
    if entity.role is not None:
        return
    ends = [
        number
        for number, token in enumerate(phrase)
        if token.dep_ in ("relcl", "acl")
        or token.tag_ in ("WP", "WDT", "WP$", "WRB")
        or token.text in ("(", ";")
    ]
    stop = min(ends, default=len(phrase))
    if stop:
        entity.role = role_text(apposition.doc[phrase[0].i : phrase[0].i + stop].text)
