"""Whom a pronoun may mean, of those spoken of before it."""

from collections.abc import Sequence

from stance.extraction.quotes.sources import SourceMention
from stance.extraction.speakers.entities import Entity, EntityIndex
from stance.extraction.speakers.memory import Memory, last_of

NEAR = 250
# Who answers was named at most so many characters before.
AROUND = 600
# So many bodies are looked through for "the latter" and "the ministry".
LATELY = 150
REPLIES = frozenset("answer reply respond retort counter disagree object".split())
HE, SHE, THEY = frozenset(["he", "him"]), frozenset(["she", "her"]), frozenset(["they", "them"])


def by_pronoun(
    mention: SourceMention, at: int, speaker: Entity | None, memory: Memory
) -> tuple[Entity | None, float]:
    """Return whom a pronoun means, and how sure that is."""
    word = mention.head.lower_
    pool = pronoun_pool(mention, memory.before(at))
    if pool is None:
        return memory.index.new_entity(mention.text, person=True, named=False), 0.3
    if not pool and word in HE | SHE:
        unwanted = "f" if word in HE else "m"
        # Whom only a quotation names (``first`` is -1) is spoken of, and speaks not.
        named = [
            entity
            for entity in memory.index.first_people()
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
        best = other_party(memory.index, best, pool, word, at) or best
    if best.gender is None and word in HE | SHE:
        best.gender = "m" if word in HE else "f"
    rivals = sum(entity is not best and best.last - entity.last < 300 for entity in pool)
    return best, 0.75 if rivals == 0 else 0.6


def learn_from_clause(entity: Entity, mention: SourceMention) -> None:
    """Learn that a new subject is a woman from "Niva said she was late".

    Where the clause of somebody named just now has a "she", she is most likely the same.
    """
    if mention.head.dep_ != "nsubj" or not entity.person or entity.gender is not None:
        return
    clauses = (child for child in mention.head.head.children if child.dep_ == "ccomp")
    if any(c.dep_ == "nsubj" and c.lower_ in SHE for clause in clauses for c in clause.children):
        entity.gender = "f?"


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
