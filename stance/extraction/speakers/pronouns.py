"""Whom a pronoun may mean, of those spoken of before it."""

from collections.abc import Iterable, Sequence

from stance.extraction.quotes.sources import SourceMention
from stance.extraction.speakers.entities import Entity, EntityIndex

NEAR = 250
# Who answers was named at most so many characters before.
AROUND = 600
# So many bodies are looked through for "the latter" and "the ministry".
LATELY = 150
HE, SHE, THEY = frozenset(["he", "him"]), frozenset(["she", "her"]), frozenset(["they", "them"])


def pronoun_pool(mention: SourceMention, before: Sequence[Entity]) -> list[Entity] | None:
    """Return those whom a pronoun may mean; None for one that means nobody named ("I").

    Parameters
    ----------
    mention
        The pronoun.
    before
        Those spoken of before it.
    """
    word = mention.head.lower_
    if mention.head.tag_ in ("WP", "WDT") or word in ("who", "which", "that"):
        return list(before)
    if word in HE | SHE or word == "his":
        unwanted = "m" if word in SHE else "f"
        return [e for e in before if e.person and not e.plural and e.gender != unwanted]
    if word in THEY or word == "their":
        return [e for e in before if e.plural] or [e for e in before if not e.person]
    if word in ("it", "its"):
        return [entity for entity in before if not entity.person]
    return None


def last_of(entities: Iterable[Entity]) -> Entity | None:
    """Return the one last spoken of."""
    return max(entities, key=lambda entity: entity.last, default=None)


def likelier(best: Entity, pool: Sequence[Entity], word: str) -> Entity:
    """Prefer whose first name fits the pronoun, of people spoken of just now."""
    if word not in HE | SHE or _fits(best, word):
        return best
    near = [entity for entity in pool if _fits(entity, word) and best.last - entity.last < NEAR]
    return last_of(near) or best


def _fits(entity: Entity, word: str) -> bool:
    return (entity.gender or "")[:1] == "f" if word in SHE else entity.gender != "f?"


def other_party(
    index: EntityIndex, speaker: Entity, pool: Sequence[Entity], word: str, at: int
) -> Entity | None:
    """Return who answers a speaker: the one other person near by whom "she" may mean.

    Only where nothing tells whether the speaker is a man or a woman.
    """
    if speaker.gender in ("m", "f"):
        return None
    unwanted = "m" if word in SHE else "f"
    met = [e for e in index.first_people() if 0 <= e.first < at and e.gender != unwanted]
    others = {
        id(entity): entity
        for entity in (*pool, *met)
        if entity.named and entity is not speaker and at - max(entity.last, entity.first) < AROUND
    }
    return next(iter(others.values())) if len(others) == 1 else None


def last_two(index: EntityIndex, at: int) -> list[Entity]:
    """Return the last two who were named: "the former" and "the latter"."""
    others = (entity for entity in index.others[-LATELY:] if entity.named and not entity.plural)
    named = {max(entity.first, entity.last): entity for entity in (*index.first_people(), *others)}
    return [named[place] for place in sorted(named) if 0 <= place < at][-2:]
