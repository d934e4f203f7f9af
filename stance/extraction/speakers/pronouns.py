"""Whom a pronoun may mean, of those spoken of before it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.speakers.entities import Entity, EntityIndex
from stance.extraction.speakers.memory import Memory, last_of
from stance.extraction.speakers.named_mentions import by_name

if TYPE_CHECKING:
    from spacy.tokens import Token

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
    leader = mention_of(_leader(mention.head), mention.view) if word in THEY else None
    of_leader = by_name(leader, memory.index) if leader is not None else None
    if of_leader is not None:
        return of_leader[0], 0.5
    pool = pronoun_pool(mention, memory.before(at))
    if pool is None:
        return memory.index.new_entity(mention.text, person=True, named=False), 0.3
    if not pool and word in HE | SHE:
        return _only_met(memory.index, word, at)
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
    best = likelier(best, pool, word, mention.view.starts[0])
    if best is speaker and mention.head.head.lemma_.lower() in REPLIES and word in HE | SHE:
        best = other_party(memory.index, best, pool, word, at) or best
    if best.gender is None and word in HE | SHE:
        best.gender = "m" if word in HE else "f"
    rivals = sum(entity is not best and best.last - entity.last < 300 for entity in pool)
    return best, 0.75 if rivals == 0 else 0.6


def _only_met(index: EntityIndex, word: str, at: int) -> tuple[Entity | None, float]:
    """Return whom the narrator has named last, for a "he" before whom nobody did anything."""
    unwanted = "f" if word in HE else "m"
    # Whom only a quotation names (``first`` is -1) is only spoken of and does not speak.
    met = [
        entity
        for entity in index.first_people()
        if entity.gender != unwanted
        and 0 <= entity.first < at
        and entity.name.split()[-1].lower() not in index.places
    ]
    return (max(met, key=lambda entity: entity.first), 0.3) if met else (None, 0.0)


def _leader(they: "Token") -> "Token | None":
    """Return whom "they" stands for where one person did something with unnamed others.

    "Ild went with his colleagues to the port, where they declared …": of the people who spoke, Ild
    alone has a name.
    """
    clause = they.head
    if clause.dep_ not in ("relcl", "advcl"):
        return None
    verb = next((token for token in clause.ancestors if token.pos_ == "VERB"), None)
    children = list(verb.children) if verb is not None else []
    others = [c for w in children if w.lower_ == "with" for c in w.children if c.dep_ == "pobj"]
    leader = next((c for c in children if c.dep_ == "nsubj" and c.tag_ == "NNP"), None)
    together = any(other.tag_ == "NNS" for other in others)
    return leader if leader is not None and together and not leader.conjuncts else None


def learn_from_clause(entity: Entity, mention: SourceMention) -> None:
    """Learn that a new subject is a woman from "Mirel said she was late".

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


def likelier(best: Entity, pool: Sequence[Entity], word: str, paragraph: int) -> Entity:
    """Prefer whose first name fits the pronoun, of people spoken of just now.

    Whom a paragraph speaks of goes before those of earlier ones, which end at ``paragraph``.
    """
    if word not in HE | SHE or _fits(best, word):
        return best
    near = [entity for entity in pool if _fits(entity, word) and best.last - entity.last < NEAR]
    if best.last >= paragraph:
        near = [entity for entity in near if entity.last >= paragraph]
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
