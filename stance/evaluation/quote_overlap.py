"""How well quotes are found: the overlap measure by which extractors are compared.

Only the letters and digits that a quote covers are compared, so marks, blanks and a leading "that"
make no difference. One labelled quote pairs with at most one found quote, the best overlap first.
Optional labelled quotes are neutral: to miss one is no miss, and a quote found on one is no false
alarm.
"""

import dataclasses
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.types import FORMS, Quote
from stance.evaluation.bootstrap import FEWEST_ARTICLES, ratio_interval

TITLES = frozenset(
    """
    mr mrs ms dr sir prof professor president senator sen rep gov governor minister prime former
    the a an u.s us
    """.split()
)
PRONOUNS = frozenset("he she they i we you it him her them who his their".split())
THAT = re.compile(r"[\W_]*that\b\W*", re.I)
KINDS = ("exact", "overlap", "loose", "exact_speaker", "overlap_speaker", "loose_speaker")
LOOSE = 0.5
# All letters, up to rounding errors.
EXACT = 0.999


@dataclasses.dataclass(slots=True)
class Counts:
    """What a comparison has counted; those of several articles add up (see `total`).

    ``right`` counts by kind of agreement, ``by_form`` the same by the labelled quote's form.
    ``letters`` holds letters and digits: shared, found, labelled. ``cue`` and ``form`` hold, over
    pairs that meet at all: right, and how many there were to be right about.
    """

    gold: int = 0
    found: int = 0
    right: Counter[str] = dataclasses.field(default_factory=Counter)
    by_form: dict[str, Counter[str]] = dataclasses.field(default_factory=dict)
    letters: tuple[int, int, int] = (0, 0, 0)
    cue: tuple[int, int] = (0, 0)
    form: tuple[int, int] = (0, 0)
    errors: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def scores(self) -> dict[str, tuple[float, float, float]]:
        """Return precision, recall and F1 of each kind of agreement.

        "char" stands for the letters that are covered.
        """
        found = {kind: prf(self.right[kind], self.found, self.gold) for kind in KINDS}
        return {**found, "char": prf(*self.letters)}

    def recall(self, form: str, kind: str) -> float:
        """Return the share of the labelled quotes of one form that were found.

        ``kind`` is the kind of agreement that counts as found.
        """
        one = self.by_form[form]
        return one[kind] / one["gold"]


def total(counts: Iterable[Counts]) -> Counts:
    """Return the sum of the counts of several articles."""
    whole = Counts()
    for one in counts:
        whole.gold += one.gold
        whole.found += one.found
        whole.right += one.right
        for form, right in one.by_form.items():
            whole.by_form[form] = whole.by_form.get(form, Counter()) + right
        whole.letters = tuple(map(sum, zip(whole.letters, one.letters, strict=True)))  # type: ignore[assignment]
        whole.cue = whole.cue[0] + one.cue[0], whole.cue[1] + one.cue[1]
        whole.form = whole.form[0] + one.form[0], whole.form[1] + one.form[1]
        whole.errors += one.errors
    return whole


def interval(counts: Sequence[Counts], kind: str, *, seed: int = 0) -> tuple[float, float] | None:
    """Return the 95% bootstrap interval of an F1, articles drawn with replacement.

    It is None where there are too few articles for an interval to mean anything.
    """
    if len(counts) < FEWEST_ARTICLES:
        return None
    right, whole = np.array([(2.0 * one.right[kind], one.found + one.gold) for one in counts]).T
    return ratio_interval(right, whole, np.arange(len(counts)), seed=seed)


def prf(right: int, found: int, gold: int) -> tuple[float, float, float]:
    """Return precision, recall and F1; nothing found or nothing there counts as 0."""
    precision, recall = (right / found if found else 0.0), (right / gold if gold else 0.0)
    return (
        precision,
        recall,
        2 * precision * recall / (precision + recall) if precision + recall else 0.0,
    )


def name_words(name: str | None) -> list[str]:
    """Return a name's words, small and without accents."""
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z0-9]+", plain.replace("'s", " "))


def same_speaker(gold: str | None, found: str | None) -> bool:
    """Tell whether two names mean the same speaker: same surname, or one name inside the other.

    A pronoun is never a name.
    """
    if not gold or not found:
        return not gold and not found
    first, second = name_words(gold), name_words(found)
    if first == second:
        return True
    short, long = (
        [word for word in first if word not in TITLES],
        [word for word in second if word not in TITLES],
    )
    if not short or not long or set(long) <= PRONOUNS or set(short) <= PRONOUNS:
        return False
    if set(short) <= set(long) or set(long) <= set(short):
        return True
    return short[-1] == long[-1] and len(short[-1]) > 2


def letters(text: str, quote: Quote) -> frozenset[int]:
    """Return the offsets of a quote's letters and digits, a leading "that" left out."""
    covered = [
        at
        for start, end in quote.spans
        for at in range(max(0, start), min(end, len(text)))
        if text[at].isalnum()
    ]
    start, end = quote.spans[0]
    that = THAT.match(text[start:end])
    if that:
        rest = [at for at in covered if at >= start + that.end()]
        covered = rest or covered
    return frozenset(covered)


def same_mention(gold: Quote, found: Quote) -> bool:
    """Tell whether a speaker's mention was found: the spans touch, or the names are the same.

    For corpora that resolve no pronouns.
    """
    if gold.speaker is None:
        return found.speaker is None
    ours, theirs = found.speaker_span, gold.speaker_span
    if ours is not None and theirs is not None and ours[0] < theirs[1] and theirs[0] < ours[1]:
        return True
    if not found.speaker:
        return False
    words = name_words(gold.speaker)
    return words == name_words(found.speaker) or (
        not set(words) <= PRONOUNS and same_speaker(gold.speaker, found.speaker)
    )


SPEAKERS: dict[str, Callable[[Quote, Quote], bool]] = {
    "name": lambda gold, found: same_speaker(gold.speaker, found.speaker),
    "mention": same_mention,
}


def compare(
    text: str,
    gold: Sequence[Quote],
    found: Sequence[Quote],
    *,
    iou: float = 0.8,
    speaker: str = "name",
    kinds: Collection[str] = FORMS,
) -> Counts:
    """Compare one article's labelled and found quotes.

    Parameters
    ----------
    text
        The article's text.
    gold, found
        Labelled and found quotes.
    iou
        Least intersection over union that counts as the same quote.
    speaker
        ``name``: the resolved names must be the same; ``mention``: the words beside the quote.
    kinds
        The forms that are measured: labelled quotes of others are taken as optional, and found
        ones of others are no false alarms.
    """
    core = [
        (cover, quote)
        for quote in gold
        if (cover := letters(text, quote)) and not quote.optional and quote.form in kinds
    ]
    neutral = [
        cover
        for quote in gold
        if (cover := letters(text, quote)) and (quote.optional or quote.form not in kinds)
    ]
    ours = [(cover, quote) for quote in found if (cover := letters(text, quote))]
    pairs = _paired([cover for cover, _ in core], [cover for cover, _ in ours])
    met = {j for j, overlap in pairs.values() if overlap >= LOOSE}
    counted = [
        j
        for j, (cover, quote) in enumerate(ours)
        if j in met or (quote.form in kinds and not _on_neutral(cover, neutral))
    ]
    counts = Counts(gold=len(core), found=len(counted))
    counts.letters = _letters_shared(
        [cover for cover, _ in core], [ours[j][0] for j in counted], neutral
    )
    for i, (_, quote) in enumerate(core):
        j, overlap = pairs.get(i, (None, 0.0))
        _count(
            counts, quote, ours[j][1] if j is not None else None, overlap, iou, SPEAKERS[speaker]
        )
    counts.errors += [_error("false alarm", None, ours[j][1]) for j in counted if j not in met]
    return counts


def _letters_shared(
    gold: Iterable[frozenset[int]],
    found: Iterable[frozenset[int]],
    neutral: Iterable[frozenset[int]],
) -> tuple[int, int, int]:
    wanted: frozenset[int] = frozenset().union(*gold)
    free = frozenset().union(*neutral) - wanted
    covered = frozenset().union(*found) - free
    return len(wanted & covered), len(covered), len(wanted)


def _paired(
    gold: Sequence[frozenset[int]], found: Sequence[frozenset[int]]
) -> dict[int, tuple[int, float]]:
    """Return gold -> (found, overlap), the best overlap first."""
    overlaps = [
        (len(a & b) / len(a | b), i, j)
        for i, a in enumerate(gold)
        for j, b in enumerate(found)
        if not a.isdisjoint(b)
    ]
    pairs: dict[int, tuple[int, float]] = {}
    used: set[int] = set()
    for overlap, i, j in sorted(overlaps, key=lambda row: (-row[0], row[1], row[2])):
        if i not in pairs and j not in used:
            pairs[i] = (j, overlap)
            used.add(j)
    return pairs


def _on_neutral(cover: frozenset[int], neutral: Iterable[frozenset[int]]) -> bool:
    return any(len(cover & other) >= LOOSE * min(len(cover), len(other)) for other in neutral)


def _count(
    counts: Counts,
    gold: Quote,
    found: Quote | None,
    overlap: float,
    iou: float,
    same: Callable[[Quote, Quote], bool],
) -> None:
    is_met = found is not None and overlap >= LOOSE
    is_same = found is not None and is_met and same(gold, found)
    agreed = {"exact": overlap >= EXACT, "overlap": overlap >= iou, "loose": overlap >= LOOSE}
    agreed |= {f"{kind}_speaker": value and is_same for kind, value in agreed.items()}
    counts.right.update(kind for kind, value in agreed.items() if value)
    form = counts.by_form.setdefault(gold.form, Counter())
    form["gold"] += 1
    form.update(kind for kind, value in agreed.items() if value)
    if found is not None and is_met:
        has_cue = bool(gold.cue and set(name_words(gold.cue)) & set(name_words(found.cue)))
        counts.cue = counts.cue[0] + has_cue, counts.cue[1] + (gold.cue is not None)
        counts.form = counts.form[0] + (gold.form == found.form), counts.form[1] + 1
    if not agreed["overlap_speaker"]:
        counts.errors.append(
            _error(
                "miss" if not is_met else "span" if not agreed["overlap"] else "speaker",
                gold,
                found,
            )
        )


def _error(kind: str, gold: Quote | None, found: Quote | None) -> dict[str, Any]:
    one = gold or found
    return {
        "kind": kind,
        "article": one.article if one else None,
        "form": one.form if one else None,
        "gold": gold.text if gold else None,
        "found": found.text if found else None,
        "gold_speaker": gold.speaker if gold else None,
        "found_speaker": found.speaker if found else None,
        "cue": one.cue if one else None,
    }


def score_quotes(
    texts: Mapping[str, str],
    gold: Mapping[str, Sequence[Quote]],
    found: Mapping[str, Sequence[Quote]],
    *,
    iou: float = 0.8,
    speaker: str = "name",
    kinds: Collection[str] = FORMS,
) -> list[Counts]:
    """Compare labelled and found quotes article by article; the options are those of `compare`.

    Parameters
    ----------
    texts
        Article id -> text.
    gold, found
        Article id -> quotes. Articles that nothing was found in may be missing from ``found``.
    """
    return [
        compare(
            texts[article], quotes, found.get(article, ()), iou=iou, speaker=speaker, kinds=kinds
        )
        for article, quotes in gold.items()
    ]
