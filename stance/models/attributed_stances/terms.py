"""Terms for the model of attributed stances.

There are terms of the quote, of a mention in it, and of a candidate holder. Names never become
terms: what is learned about one conflict must hold for another.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from stance.features.lexicon import (
    find_lists,
    frame_terms,
    is_negated,
    masked_terms,
    speaker_terms,
    words_of,
)
from stance.models.attributed_stances.holders import HolderCandidate
from stance.models.attributed_stances.mentions import (
    NO_NAME,
    PRONOUNS,
    HolderMention,
    is_named,
    stems,
)

AFTER, BEFORE = 9, 4
N_NUMBERS = 10
_END = re.compile(r"[.!?;]")
_SENTENCE = re.compile(r"[.!?][”\"’']?\s+(?=[A-Z“\"])")
_OPEN = re.compile(r"[^.!?”\"’]\s*$")
_EXPERTS = frozenset({"expert", "press", "past"})
_PARTIES = frozenset({"head", "minister", "spoken", "diplomat", "law", "arms", "rebel"})
# A quote that begins with a verb has its subject before it: "Drevan, he said, | is stalling".
_VERBS = frozenset(
    "is was has had were are have will would not could cannot did does wants wanted".split()
)
_VERB_LIKE = re.compile(r"\w+(?:ed|(?<!hi)(?<!it)(?<!thi)(?<!s)(?<!ou)s)$")
NOBODY = "nopro"


def numbers_of(probabilities: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the probabilities of the quote's own stance as numbers for the linear models.

    Their shape is (`N_NUMBERS`,).
    """
    given = np.asarray(probabilities, dtype=float)
    return np.concatenate([np.log(given + 1e-4), 3 * given])


def quote_terms(row: Mapping[str, Any], mentions: Sequence[HolderMention]) -> list[str]:
    """Return terms that tell whether a quote ascribes a stance to anybody.

    They are its masked n-grams, its frames, the kind of speaker, and the words near its mentions.
    """
    text = str(row["text"])
    by = {
        f"{one.kind[0]}:{term}"
        for one in mentions
        for place in one.places
        for term in near(text, place, one.kind)
        if not term.startswith(("a:", "b:"))
    }
    row = _unnamed(row, mentions)
    return sorted(
        {*masked_terms(row), *frame_terms(row), *(f"s:{term}" for term in speaker_terms(row)), *by}
    )


def _unnamed(row: Mapping[str, Any], mentions: Sequence[HolderMention]) -> Mapping[str, Any]:
    """Return the row with a stand-in for a name that begins the quote.

    `masked_terms` recognises names by their capital, and the first word always has one.
    """
    text = str(row["text"])
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    begins = bool(mentions) and mentions[0].span[0] == 0 and is_named(mentions[0])
    return (
        {**row, "text": "Name" + text[len(first) :]}
        if begins and first.lower() not in NO_NAME
        else row
    )


def near(text: str, place: tuple[int, int], kind: str) -> Iterator[str]:
    """Yield the terms of one place: the words before and after it, and the frames that follow."""
    start, end = place
    stop = _END.search(text, end)
    after = _masked(text[end : stop.start() if stop else len(text)])[:AFTER]
    before = _masked(text[:start])[-BEFORE:]
    yield "first" if not before else "inside"
    yield f"b1:{before[-1] if before else ''}"
    yield f"a1:{after[0] if after else ''}"
    yield f"a12:{' '.join(after[:2])}"
    yield f"a23:{' '.join(after[1:3])}"
    yield f"b21:{' '.join(before[-2:])}"
    yield from (f"a:{word}" for word in after)
    yield from (f"b:{word}" for word in before)
    for group in ("frame", "thing"):
        for name, places in find_lists(after, group).items():
            signed = {f"{'not:' if is_negated(after, at) else ''}{name}" for at in places}
            yield from (f"f:{one}" for one in signed)
            yield from (f"{kind}+f:{one}" for one in signed)
            if min(places) < 4:
                yield from (f"f3:{one}" for one in signed)
    yield from (f"bf:{name}" for name in find_lists(before, "frame"))


def _masked(text: str) -> list[str]:
    """Return the words of a text in small letters, names as NAME."""
    return [
        "NAME" if word[0].isupper() and word.lower() not in NO_NAME else word.lower()
        for word in words_of(text)
    ]


def holder_terms(
    row: Mapping[str, Any], mentions: Sequence[HolderMention], candidates: Sequence[HolderCandidate]
) -> list[list[str]]:
    """Return the terms of each candidate: what speaks for it or against it as the holder."""
    scene = _Scene(row, mentions, candidates)
    return [
        sorted(
            {
                *_kind_terms(scene, one),
                *_article_terms(scene, one),
                *_near_terms(scene, one),
                *_own_terms(scene, one),
            }
        )
        for one in candidates
    ]


class _Scene:
    """What the candidates of one quote have in common."""

    def __init__(
        self,
        row: Mapping[str, Any],
        mentions: Sequence[HolderMention],
        candidates: Sequence[HolderCandidate],
    ) -> None:
        self.text, self.context = str(row["text"]), str(row.get("context") or "")
        self.own = stems(f"{row.get('speaker') or ''} {row.get('speaker_role') or ''}")
        words = [word.lower() for word in words_of(self.text)]
        self.we = "we" if {"we", "us", "our", "i"} & set(words) else "nowe"
        self.speaker = _kind_of_speaker(row)
        self.n_named = sum(one.mention is not None for one in candidates)
        # Heads of groups without name: whoever has that head in the article may be meant.
        self.heads = {
            one.mention.head
            for one in candidates
            if one.mention and one.kind == "group" and not is_named(one.mention)
        }
        said = {
            f"pro:{PRONOUNS.get(one.text.lower(), one.text.lower())}"
            for one in mentions
            if one.kind == "pronoun"
        }
        said |= {"pro:pair"} if any(one.kind == "pair" for one in mentions) else set()
        self.stand_ins = sorted(said | {f"g:{head}" for head in self.heads}) or [NOBODY]
        cuts = [match.end() for match in _SENTENCE.finditer(self.context)]
        self.last = cuts[-1] if cuts else 0
        places = [start for one in candidates if one.near for start, _ in one.near.places]
        self.nearest = max(places, default=-1)
        self.subject = min((start for start in places if start >= self.last), default=-1)
        self.elided = (
            self.text[:1].islower()
            and bool(words)
            and (words[0] in _VERBS or bool(_VERB_LIKE.match(words[0])))
        )
        self.open = bool(_OPEN.search(self.context))
        self.asked = self.context.rstrip().endswith("?")
        known = sorted(
            (one for one in candidates if one.known),
            key=lambda one: one.known.rank if one.known else 0,
        )
        likely = [
            one.number_of
            for one in known
            if one.known and not self.is_own(one) and one.known.place < 0.5 and one.known.says < 0.3
        ]
        self.likely = {at: rank for rank, at in enumerate(likely)}
        absent = [one.known for one in candidates if one.mention is None and one.known]
        self.namesakes = {
            head: sum(known.has_word(head) for known in absent) for head in self.heads
        }

    def is_own(self, one: HolderCandidate) -> bool:
        """Tell whether a candidate is the speaker or on the speaker's side.

        The words of the name decide.
        """
        return bool(self.own & one.stems)


def _kind_of_speaker(row: Mapping[str, Any]) -> str:
    described = " ".join(
        word for word in words_of(str(row.get("speaker") or "")) if word[0].islower()
    )
    kinds = set(
        find_lists(
            [word.lower() for word in words_of(f"{row.get('speaker_role') or ''} ; {described}")],
            "speaker",
        )
    )
    return "expert" if kinds & _EXPERTS else "party" if kinds & _PARTIES else "unk"


def _bin(value: float, steps: Iterable[float]) -> int:
    return sum(value >= step for step in steps)


def _kind_terms(scene: _Scene, one: HolderCandidate) -> Iterator[str]:
    kind, own = one.kind, scene.is_own(one)
    yield from (
        kind,
        f"{kind}&own{own}",
        f"{kind}&{scene.we}",
        f"{kind}&n{min(scene.n_named, 3)}",
        f"{kind}&own{own}&{scene.speaker}",
    )
    yield from (f"{kind}&{said}" for said in scene.stand_ins)
    if kind == "absent" and not scene.n_named:
        yield "absent&onlyabsent"


def _article_terms(scene: _Scene, one: HolderCandidate) -> Iterator[str]:
    """The article's terms for a candidate: how often, where and how it names the candidate."""
    kind, known = one.kind, one.known
    if known is None:
        yield f"{kind}&unknown"
        return
    place, says = known.place, known.says
    yield f"{kind}&likely{_bin(scene.likely.get(one.number_of, 9), (1, 2, 3, 5))}"
    yield f"{kind}&rank{_bin(known.rank, (1, 2, 3, 5, 8))}"
    yield f"{kind}&n{_bin(len(known.places), (2, 3, 5, 8, 12))}c"
    yield f"{kind}&place{_bin(place, (0.01, 0.3, 0.6, 0.9))}"
    yield f"{kind}&says{_bin(says, (0.01, 0.2, 0.5))}"
    yield from (
        f"{kind}&starts{_bin(known.starts, (0.3, 0.99))}",
        f"{kind}&lead{known.lead}",
        f"{kind}&person{known.person}",
    )
    yield from (f"{kind}&person{known.person}&{said}" for said in scene.stand_ins)
    yield f"{kind}&person{known.person}&says{says > 0.2}&lead{known.lead}"
    yield f"{kind}&place{place > 0.5}&rank{_bin(known.rank, (1, 3, 6))}"
    if kind == "absent":
        if not known.named:
            yield f"ahead:{known.key.split()[-1].strip('~')}"
        for head in sorted(scene.heads):
            yield f"absent&headmatch{known.has_word(head)}"
            yield f"absent&headmatch{known.has_word(head)}&{head}"


def _near_terms(scene: _Scene, one: HolderCandidate) -> Iterator[str]:
    """The terms for a candidate from the sentences before the quote."""
    kind, known, own = one.kind, one.near, scene.is_own(one)
    if known is None:
        yield f"{kind}&far"
        return
    starts = [start for start, _ in known.places]
    last, subject = starts[-1] >= scene.last, scene.subject in starts
    yield from (
        f"{kind}&near",
        f"{kind}&last{last}",
        f"{kind}&near&place{known.place > 0.5}&last{last}",
        f"{kind}&nearest{starts[-1] == scene.nearest}",
    )
    yield from (f"{kind}&nearsays{known.says > 0}&last{last}", f"{kind}&unn{not known.named}&near")
    yield f"{kind}&subj{subject}&el{scene.elided}&open{scene.open}&own{own}"
    yield f"{kind}&subj{subject}&quest{scene.asked}&last{last}"
    yield from (
        f"{kind}&subj{subject}&{said}&own{own}&open{scene.open}" for said in scene.stand_ins
    )
    if kind == "absent":
        yield from (f"absent&last{last}&{said}&own{own}" for said in scene.stand_ins)
        yield from (
            f"c{term}"
            for term in near(scene.context, known.places[-1], "name")
            if term.startswith(("f:", "f3:", "a1:", "b1:"))
        )


def _own_terms(scene: _Scene, one: HolderCandidate) -> Iterator[str]:
    """The terms for a candidate from the quote itself.

    A candidate that the quote leaves out only has its rank.
    """
    mention = one.mention
    if mention is None:
        yield f"anum{min(one.number, 5)}"
        return
    yield f"head:{mention.head if mention.kind == 'group' else mention.kind}"
    yield f"num{min(one.number, 3)}:{mention.kind}"
    yield from (
        f"m:{term}" for place in mention.places for term in near(scene.text, place, mention.kind)
    )
    if mention.kind == "group" and not is_named(mention):
        same = min(scene.namesakes[mention.head], 2)
        yield from (f"ambig{same}", f"ambig{same}:{mention.head}")
