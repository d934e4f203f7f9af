"""Who an unnamed speaker turns out to be: "A general said … General Ild told reporters …"."""

import re

from stance.extraction.quotes.sources import SourceMention
from stance.extraction.speakers.descriptions import is_definite
from stance.extraction.speakers.entities import Entity
from stance.extraction.speakers.offices import SINGLE_OFFICES, contradicts, has_office
from stance.extraction.speakers.pronouns import AROUND

ANONYMOUS = re.compile(
    r"\banonym|\bunnamed\b|\b(?:not|to) be (?:named|identified)\b|\bnot authori[sz]ed\b"
    r"|\b(?:his|her|their) name\b"
)
# The next speaker is somebody else.
CONTRAST = frozenset("but however meanwhile yet another while separately".split())


class Unnamed:
    """A speaker who is only described, and may be named in the next sentences.

    Parameters
    ----------
    entity
        The speaker.
    mention
        The words that describe them.
    is_first
        Nobody spoke before: an article's first sentence often keeps the name for the second.
    """

    def __init__(self, entity: Entity, mention: SourceMention, *, is_first: bool) -> None:
        self.entity = entity
        self._lemma = mention.head.lemma_.lower()
        self._words = {token.lower_ for token in mention.head.doc[mention.start : mention.end]}
        # "The foreign minister" is one person, "a general" one of many.
        is_one = is_definite(mention) or is_first
        # "The driver said … Olga Brandt told the court …" may well be two.
        self._is_only_holder = is_definite(mention) and self._lemma in SINGLE_OFFICES
        self._may_be_named = is_one and not ANONYMOUS.search(mention.head.sent.text)

    def is_named_by(self, person: Entity, mention: SourceMention, at: int) -> bool:
        """Tell whether a person who is named for the first time is this speaker.

        So it is where the name comes with an office that is also the speaker's, or without a
        description behind an office that one person holds ("the foreign minister"), and where
        gender, nation and ministry agree.
        """
        entity = self.entity
        if not self._may_be_named or not person.person or not person.named or person.plural:
            return False
        is_new = person.last < 0 and not 0 <= person.first <= entity.last
        agrees = not contradicts(person, self._words) and not _other_gender(person, entity)
        if not (is_new and agrees and at - entity.last < AROUND) or _contrasts(mention):
            return False
        if has_office(person, self._lemma):
            return True
        return self._is_only_holder and not (person.roles or _is_described(mention))


def identify(entity: Entity, person: Entity) -> None:
    """Let a person be known for all that was told of the unnamed speaker."""
    person.roles |= entity.roles
    person.words |= entity.words
    person.role = person.role or entity.role or entity.name
    person.gender = person.gender or entity.gender


def _other_gender(person: Entity, entity: Entity) -> bool:
    return {person.gender, entity.gender} == {"m", "f"}


def _contrasts(mention: SourceMention) -> bool:
    """Tell whether a sentence sets its speaker against the one before: "But Ild said …"."""
    return any(token.lower_ in CONTRAST for token in mention.head.sent)


def _is_described(mention: SourceMention) -> bool:
    """Tell a name with more beside it: "Ild of the Lorn bank", "Ild, 34,", "Ild, who fishes,"."""
    head = mention.head
    if any(child.dep_ in ("appos", "prep", "relcl", "acl", "amod") for child in head.children):
        return True
    follows = head.doc[head.i + 1 : head.i + 2]
    return follows.text == "," and head.head.i > head.i
