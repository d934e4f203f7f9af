"""Whoever an article names, with what is known of them: spellings, offices, gender."""

import dataclasses
from collections.abc import Iterable

from stance.extraction.text.word_lists import FEMALE_NOUNS, MALE_NOUNS

WHERE = frozenset("in into near across inside outside".split())
MEMORY = 150


@dataclasses.dataclass(slots=True)
class Entity:
    """Somebody in the article: a person by name, or whoever is only described.

    ``spelled`` are the name's words as `Aliases` compares them.
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
    """Take a gender from titles and nouns; what was known before is overruled."""
    seen = set(words)
    if seen & {"mrs", "ms", "miss"} or seen & FEMALE_NOUNS:
        entity.gender = "f"
    elif "mr" in seen or seen & MALE_NOUNS:
        entity.gender = "m"
