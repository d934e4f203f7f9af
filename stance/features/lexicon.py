"""What a quote's wording says about negotiations, as terms, by the word lists of lexicon.toml."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

# The lists of things that name the target, or lie near it.
TARGETS = ("talk", "deal", "peace", "truce")
NEGATORS = frozenset(
    (
        "not no never nothing nobody none neither nor cannot without hardly scarcely barely little "
        "lack lacks"
    ).split()
)
PERSONS = {
    "we": frozenset("we our us ours i my me".split()),
    "they": frozenset("they their them he his him she her it its".split()),
}
FUNCTION_WORDS = frozenset(
    (
        "the a an of to in on at by with from as and or that this these those is are was were be "
        "been being has have had do does did there"
    ).split()
)
NEAR = 6  # words between a frame and what it speaks of
NEGATION_REACH = 4
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*(?:'[^\W\d_]+)?|\d+(?:[.,]\d+)*|[?!,;:\"]")
_PLAIN_MARKS = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"'})


@cache
def word_lists() -> dict[str, dict[str, str]]:
    """Return the lists of each group (thing, frame, cue, speaker): group -> name -> phrases."""
    text = (files("stance.features") / "lexicon.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def patterns(group: str) -> dict[str, re.Pattern[str]]:
    """Return the lists of one group as patterns, name -> pattern.

    The patterns match words joined by single blanks.
    """
    return {name: _pattern(listed) for name, listed in word_lists()[group].items()}


def _pattern(listed: str) -> re.Pattern[str]:
    phrases = sorted(
        {" ".join(one.split()) for one in listed.split(",")}, key=lambda one: (-len(one), one)
    )
    return re.compile(
        r"(?<!\S)(?:"
        + "|".join(re.escape(one).replace(r"\*", r"\S*") for one in phrases)
        + r")(?!\S)"
    )


def words_of(text: str) -> list[str]:
    """Return the words, numbers and marks of a text as they are written.

    A possessive ``'s`` is dropped.
    """
    return [word.removesuffix("'s") for word in _WORD.findall(text.translate(_PLAIN_MARKS))]


def find_lists(words: Sequence[str], group: str) -> dict[str, list[int]]:
    """Return where the lists of a group match: name -> position of each match's first word."""
    joined = " ".join(words)
    starts: dict[int, int] = {}
    at = 0
    for number, word in enumerate(words):
        starts[at] = number
        at += len(word) + 1
    found = {
        name: [starts[one.start()] for one in pattern.finditer(joined)]
        for name, pattern in patterns(group).items()
    }
    return {name: places for name, places in found.items() if places}


def is_negated(words: Sequence[str], place: int) -> bool:
    """Tell whether a negator stands within a few words before, with no mark between."""
    for word in reversed(words[max(0, place - NEGATION_REACH) : place]):
        if not word[0].isalnum():
            return False
        if word in NEGATORS or word.endswith("n't"):
            return True
    return False


def frame_terms(row: Mapping[str, Any]) -> list[str]:
    """Return what a quote speaks of and how, as terms.

    Parameters
    ----------
    row
        Has ``text``; ``cue`` and ``context`` where known.

    Returns
    -------
    list of str
        ``talk`` (a thing), ``ready`` or ``not:ready`` (a frame), ``ready~talk`` (a frame near a
        thing of the target), ``we~ready`` (a person near a frame), ``cue:urge`` and
        ``cue:urge+talk`` (what the reporting verb does, and to what), ``on``/``off`` (is the
        target named at all?), ``before:talk`` (what the context speaks of), and the length.
    """
    words = [word.lower() for word in words_of(str(row["text"]))]
    things, frames = find_lists(words, "thing"), find_lists(words, "frame")
    terms = [*things]
    aims = {name: places for name, places in things.items() if name in TARGETS}
    for name, places in frames.items():
        for place in places:
            signed = f"not:{name}" if is_negated(words, place) else name
            terms.append(signed)
            terms.extend(
                f"{signed}~{aim}"
                for aim, at in aims.items()
                if any(abs(place - one) <= NEAR for one in at)
            )
            nearby = words[max(0, place - NEAR) : place]
            terms.extend(
                f"{person}~{signed}"
                for person, listed in PERSONS.items()
                if not listed.isdisjoint(nearby)
            )
    terms.extend(
        f"not:{aim}"
        for aim, places in aims.items()
        if any(is_negated(words, place) for place in places)
    )
    terms.extend(person for person, listed in PERSONS.items() if not listed.isdisjoint(words))
    named = "on" if {"talk", "deal"} & set(aims) else "near" if aims else "off"
    acts = cue_acts(row.get("cue"))
    terms.extend([named, *(f"{named}+{one}" for one in frames)])
    terms.extend(
        f"cue:{act}{rest}"
        for act in acts
        for rest in ("", f"+{named}", *(f"+{one}" for one in frames))
    )
    before = [word.lower() for word in words_of(str(row.get("context") or ""))]
    terms.extend(
        f"before:{name}" for name in (*find_lists(before, "thing"), *find_lists(before, "frame"))
    )
    terms.append(f"length:{min(len(words) // 8, 6)}")
    return terms


def cue_acts(cue: object) -> list[str]:
    """Return what the reporting verbs of a cue do.

    It is ``none`` where there is no cue, and ``other`` where no list knows the verb.
    """
    words = [word.lower() for word in words_of(str(cue or ""))]
    return list(find_lists(words, "cue")) or ["other" if words else "none"]


def speaker_terms(row: Mapping[str, Any]) -> list[str]:
    """Return what kind of speaker a quote has, as terms.

    The kind stands alone, with what the quote is about, and with what its reporting verb does.

    Parameters
    ----------
    row
        Has ``text``; ``speaker_role`` and ``speaker`` where known. Only the words of the
        ``speaker`` lists count (*president*, *analyst*, *source*). Of the speaker only words in
        lower case count (*a lawmaker*): a model must not learn from a name that somebody is always
        against.
    """
    described = [word for word in words_of(str(row.get("speaker") or "")) if word[0].islower()]
    kinds = list(
        find_lists(
            [*words_of(str(row.get("speaker_role") or "").lower()), ";", *described], "speaker"
        )
    ) or ["unknown"]
    things = find_lists([word.lower() for word in words_of(str(row["text"]))], "thing")
    named = "on" if {"talk", "deal"} & set(things) else "off"
    acts = cue_acts(row.get("cue"))
    return [
        term
        for kind in kinds
        for term in (kind, f"{kind}+{named}", *(f"{kind}+cue:{act}" for act in acts))
    ]


def masked_terms(row: Mapping[str, Any]) -> list[str]:
    """Return n-grams (1 to 3) of the cue and the quote without their particulars.

    Names become ``NAME``, numbers ``NUM``, and words of what is talked about become the name of
    their list in capitals. So what is learned about one conflict, place or word holds for another.
    Articles, prepositions and forms of *be* are left out. Names are recognised by their capital, so
    a name that begins the quote stays as it is.
    """
    text = [*_masked(str(row.get("cue") or "")), "::", *_masked(str(row["text"]))]
    triples = zip(text, text[1:], text[2:], strict=False)
    return [
        *text,
        *(" ".join(pair) for pair in pairwise(text)),
        *(" ".join(three) for three in triples),
    ]


def _masked(text: str) -> list[str]:
    written = words_of(text)
    words = [word.lower() for word in written]
    classes = {
        place: name.upper()
        for name, places in reversed(find_lists(words, "thing").items())
        for place in places
    }
    return list(_collapsed(written, words, classes))


def _collapsed(
    written: Sequence[str], words: Sequence[str], classes: Mapping[int, str]
) -> Iterator[str]:
    last = ""
    for number, (raw, word) in enumerate(zip(written, words, strict=True)):
        if word in FUNCTION_WORDS or raw == '"':
            continue
        if number in classes:
            mask = classes[number]
        elif raw[0].isdigit():
            mask = "NUM"
        elif raw[0].isupper() and number and raw != "I":
            mask = "NAME"
        else:
            mask = word
        if mask != last:  # a run of names is one name
            yield mask
        last = mask if mask.isupper() else ""
