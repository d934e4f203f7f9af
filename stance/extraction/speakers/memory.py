"""Who has been spoken of so far in an article, and what was learnt about them by the way."""

from collections.abc import Iterable

from stance.extraction.speakers.entities import Entity, EntityIndex

# So many people and bodies may still be meant by a pronoun or an office.
MAX_RECENT = 150


class Memory:
    """Who has been spoken of so far in one article.

    Parameters
    ----------
    index
        Everybody the article names.

    Attributes
    ----------
    recent
        Those spoken of lately, the last one at the end.
    latest
        The person, or the speaker, last spoken of.
    pair, two
        Whom "the former" and "the latter" mean: two joined by "and", else the last two named.
    authors
        Who has issued "the statement", "the letter", by these nouns.
    """

    def __init__(self, index: EntityIndex) -> None:
        self.index = index
        self.recent: dict[int, Entity] = {}
        self.latest: Entity | None = None
        self.pair: list[Entity] = []
        self.two: list[Entity] = []
        self.authors: dict[str, Entity | None] = {}
        self._identities: dict[int, Entity] = {}

    def touch(self, entity: Entity, at: int) -> None:
        """Note where somebody was spoken of.

        Only the last `MAX_RECENT` are kept, so that long texts take no more time by the word.
        """
        entity.last = max(entity.last, at)
        self.recent.pop(id(entity), None)
        self.recent[id(entity)] = entity
        if len(self.recent) > MAX_RECENT:
            del self.recent[next(iter(self.recent))]

    def forget(self, entity: Entity, identity: Entity) -> None:
        """Note who somebody unnamed is, and speak of them as that person from now on."""
        self._identities[id(entity)] = identity
        self.recent.pop(id(entity), None)

    def identity(self, entity: Entity | None) -> Entity | None:
        """Return who somebody turned out to be, or the same entity."""
        return self._identities.get(id(entity), entity)

    def before(self, at: int) -> list[Entity]:
        """Return those spoken of lately and before ``at``."""
        return [entity for entity in self.recent.values() if 0 <= entity.last < at]


def last_of(entities: Iterable[Entity]) -> Entity | None:
    """Return the one last spoken of."""
    return max(entities, key=lambda entity: entity.last, default=None)
