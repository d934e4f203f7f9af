"""Whether an office, or another description, may be that of a person one knows something of."""

from collections.abc import Iterable

from stance.extraction.speakers.entities import Entity
from stance.extraction.text.nations import nations_in
from stance.extraction.text.word_lists import PERSON_NOUNS, SYNONYMS

# What the holder of any office may be called besides.
GENERAL = frozenset(
    "politician mp lawmaker veteran man woman father mother author businessman businesswoman "
    "billionaire figure".split()
)
MEN, WOMEN = (
    frozenset("man father businessman".split()),
    frozenset("woman mother businesswoman".split()),
)
# Held by one person of a country, a city or a body at a time.
SINGLE_OFFICES = frozenset(
    "minister president premier chancellor king queen pope mayor governor ambassador "
    "secretary speaker chairman chairwoman commander".split()
)
# Whose ministry it is: nobody has two of these at once.
PORTFOLIOS = frozenset(
    "prime foreign defence defense interior home finance justice economy trade energy health "
    "education transport agriculture culture environment labour labor".split()
)


def has_office(entity: Entity, lemma: str) -> bool:
    """Tell whether an office, or one that means the same, was told beside a name."""
    return bool(entity.roles & {lemma, *SYNONYMS.get(lemma, "").split()})


def contradicts(entity: Entity, words: Iterable[str]) -> bool:
    """Tell whether words name another nation or another ministry than those told of a person."""
    told = set(words)
    pairs = (
        (nations_in(told), nations_in(entity.words)),
        (told & PORTFOLIOS, entity.words & PORTFOLIOS),
    )
    return any(ours and theirs and not ours & theirs for ours, theirs in pairs)


def may_be_called(entity: Entity | None, lemma: str, words: Iterable[str]) -> bool:
    """Tell whether a description may mean a person of whom no such office was told.

    It may where no office is known of them, or where the description fits holders of any office
    ("the former MP"), and where neither nation nor ministry speaks against it.
    """
    if entity is None or not entity.person or not entity.named or entity.plural:
        return False
    if entity.gender in ("f" if lemma in MEN else None, "m" if lemma in WOMEN else None) and (
        entity.gender is not None
    ):
        return False
    is_free = lemma in GENERAL or not entity.roles & PERSON_NOUNS
    return is_free and not contradicts(entity, words)
