"""Who may hold a stance that a quote ascribes: those it names, and those its article speaks of.

"They do not want peace" names nobody: who "they" are stands in the sentences before, or it is the
one that the whole article speaks of. So the *candidates* of a quote are its own mentions (names,
groups such as "the government") and the names in the sentences before and in the article that the
quote leaves out.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from stance.core.types import Span
from stance.extraction.text.word_lists import TITLES
from stance.models.attributed_stances.mentions import (
    LONGEST_NAME,
    HolderMention,
    find_mentions,
    is_named,
    stems,
    telling,
)

MOST_ABSENT = 8
ARTICLES_KEPT = 16
# Where a name stands: before a verb of saying, behind a preposition of place, at the start of a
# sentence (where any word has a capital).
_SAYS = re.compile(
    r"(?:,[^,.]{0,80},)?\s+(?:\w+ly\s+)?"
    r"(?:said|says|told|added|adds|wrote|writes|asked|argued|argues|explained|claimed|warned"
    r"|believes|noted|complained|stressed|recalled)\b"
)
_IN = re.compile(
    r"\b(?:in|at|near|outside|around|from|to|via|between|across|over)\s+(?:the\s+)?$", re.I
)
_START = re.compile(r"(?:^|[.!?:;“”\"\n]\s*[“\"‘']?|[–—-]\s)$")
# Stems that many names share: they do not tell who it is while another one does.
_COMMON = {word[:5] for word in TITLES} | {
    word[:5]
    for word in """
    ministry committee council union department office parliament senate republic federation north
    south east west northern southern eastern western central new united people international
    institute university centre center school gulf bank lake mount saint agency news front movement
    state house spokesman spokeswoman army forces
    """.split()
}
_POINTING = frozenset("the this that these those our their".split())


@dataclasses.dataclass
class Known:
    """Somebody a text speaks of.

    It holds all names that share a telling stem, or a group without a name, and how the text speaks
    of the person or group. ``rank`` counts from the one most spoken of. ``place``, ``says`` and
    ``starts`` are the shares of the mentions behind a preposition of place, before a verb of
    saying, and at the start of a sentence. ``lead`` says whether the text begins with a mention,
    ``person`` whether there is a first name.
    """

    key: str
    texts: Counter[str]
    places: list[Span]
    rank: int = 0
    place: float = 0.0
    says: float = 0.0
    starts: float = 0.0
    lead: bool = False
    person: bool = False

    @property
    def named(self) -> bool:
        """Tell whether this is somebody with a name, not "the rebels"."""
        return not self.key.startswith("~")

    @property
    def name(self) -> str:
        """The commonest spelling; for a person with the first name where the text has it."""
        top = self.texts.most_common(1)[0][0]
        full = [
            text
            for text in self.texts
            if text.endswith(f" {top}") and text[0].isupper() and len(text.split()) <= 3
        ]
        return max(full, key=lambda text: self.texts[text], default=top)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the names, in small letters."""
        return frozenset(word.lower() for text in self.texts for word in text.split())

    def has_word(self, word: str) -> bool:
        """Tell whether one of the names has this word: "Mosaran government" has "government"."""
        return word in self.words


@lru_cache(maxsize=ARTICLES_KEPT)
def known_in(text: str) -> dict[str, Known]:
    """Return whom a text speaks of, by key, the most mentioned first."""
    mentions = find_mentions(text)
    times: Counter[str] = Counter()
    for one in mentions:
        times.update({stem: len(one.places) for stem in _telling_of(one)})
    found: dict[str, Known] = {}
    for one in mentions:
        told = _telling_of(one)
        if told:
            # Of two that are met as often the first: whose letters come first in the alphabet must
            # not count.
            _meet(found, max(told, key=lambda stem: times[stem]), one)
    for one in mentions:
        # "the rebels" are somebody, "people" is nobody in particular.
        if one.kind == "group" and not is_named(one) and " " in one.text:
            _meet(found, group_key(one.text), one)
    ordered = sorted(found.values(), key=lambda one: (-len(one.places), min(one.places)))
    for rank, known in enumerate(ordered):
        _describe(known, text, rank)
    return {known.key: known for known in ordered}


def known_near(text: str, around: Mapping[str, Known]) -> dict[str, Known]:
    """Return whom a part of a text speaks of, by the keys and in the order of the whole text."""
    found: dict[str, Known] = {}
    for one in find_mentions(text):
        key = key_of(one, around)
        if key:
            _meet(found, key, one)
    for key, known in found.items():
        _describe(known, text, around[key].rank)
    return dict(sorted(found.items(), key=lambda pair: pair[1].rank))


def _telling_of(mention: HolderMention) -> list[str]:
    """Return the stems by which a name may be known.

    It is None where all words of the name are titles or offices, or where it is as long as a
    headline.
    """
    if not is_named(mention) or len(mention.text.split()) > LONGEST_NAME:
        return []
    return [stem for stem in telling(mention.text) if stem not in _COMMON]


def _meet(found: dict[str, Known], key: str, mention: HolderMention) -> None:
    known = found.setdefault(key, Known(key, Counter(), []))
    known.texts[mention.text] += len(mention.places)
    known.places += mention.places


def _describe(known: Known, text: str, rank: int) -> None:
    known.places.sort()
    n = len(known.places)
    known.rank = rank
    before = [text[max(0, start - 20) : start] for start, _ in known.places]
    known.place = sum(bool(_IN.search(one)) for one in before) / n
    known.starts = sum(bool(_START.search(one)) for one in before) / n
    known.says = sum(bool(_SAYS.match(text, end)) for _, end in known.places) / n
    known.lead = known.places[0][0] < 0.15 * len(text)
    known.person = any(_is_person(name.split(), known.key) for name in known.texts)


def _is_person(words: Sequence[str], key: str) -> bool:
    return (
        len(words) >= 2
        and words[0].lower() != "the"
        and words[-1].lower()[:5] == key
        and all(word[0].isupper() for word in words)
    )


def group_key(text: str) -> str:
    """Return the key of a group without a name: its words without determiners."""
    return "~" + " ".join(word for word in text.lower().split() if word not in _POINTING)


def key_of(mention: HolderMention, around: Mapping[str, Known]) -> str | None:
    """Return the key under which a text knows a mention; None where it does not know it."""
    if not is_named(mention):
        key = group_key(mention.text)
        return key if key in around else None
    return min(
        (stem for stem in telling(mention.text) if stem in around),
        key=lambda stem: around[stem].rank,
        default=None,
    )


@dataclasses.dataclass(frozen=True)
class HolderCandidate:
    """Somebody who may be the holder.

    ``name`` is the name to be shown, ``mention`` the quote's own mention (None where the quote
    leaves the holder out), followed by what the article and what the context know. ``number``
    counts the mentioned candidates and the left-out ones separately, ``number_of`` counts all
    together.
    """

    name: str
    mention: HolderMention | None
    known: Known | None
    near: Known | None
    number: int
    number_of: int

    @property
    def kind(self) -> str:
        """``name``, ``group`` or ``pair`` by how the quote mentions the holder, else ``absent``."""
        return self.mention.kind if self.mention else "absent"

    @property
    def named(self) -> bool:
        """Tell whether the candidate has a name."""
        return is_named(self.mention) if self.mention else bool(self.known and self.known.named)

    @cached_property
    def stems(self) -> set[str]:
        """The stems of all words that tell who it is."""
        return stems(self.name) | ({self.known.key} if self.known and self.known.named else set())


def candidates_of(
    row: Mapping[str, Any], mentions: Sequence[HolderMention]
) -> list[HolderCandidate]:
    """Return who may hold a stance that a quote ascribes.

    First come the quote's mentions except pronouns, in text order, then others of the context and
    the article.

    Parameters
    ----------
    row
        Has ``text``; ``context`` where known, and ``_article`` (the whole text) where there is
        one.
    """
    context = str(row.get("context") or "")
    around = known_in(str(row.get("_article") or "") or f"{context} {row['text']}")
    near = known_near(context, around)
    found: list[HolderCandidate] = []
    met: set[str] = set()
    for mention in mentions:
        key = key_of(mention, around)
        if mention.kind == "pronoun" or key in met:
            continue
        known = around.get(key or "")
        met.update([key] if key else [])
        name = (
            known.name if known and known.person and mention.text in known.texts else mention.text
        )
        found.append(
            HolderCandidate(name, mention, known, near.get(key or ""), len(found), len(found))
        )
    left = [key for key in near if key not in met]
    left += [key for key in around if key not in met and key not in near][
        : max(0, MOST_ABSENT - len(left))
    ]
    return found + [
        HolderCandidate(around[key].name, None, around[key], near.get(key), k, len(found) + k)
        for k, key in enumerate(left)
    ]
