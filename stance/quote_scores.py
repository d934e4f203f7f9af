"""How well quotes are found: the overlap measure by which extractors are compared.

Compared are the letters and digits that a quote covers, so that marks, blanks and a leading "that" are free. One labelled quote pairs with at most one
found quote, the best overlap first. Optional labelled quotes are neutral: neither a miss, nor is what lies on them a false alarm.
"""

import collections
import dataclasses
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from stance.records import Quote

TITLES = frozenset("mr mrs ms dr sir prof professor president senator sen rep gov governor minister prime former the a an u.s us".split())
PRONOUNS = frozenset("he she they i we you it him her them who his their".split())
THAT = re.compile(r"[\W_]*that\b\W*", re.I)
KINDS = ("exact", "overlap", "loose", "exact_speaker", "overlap_speaker", "loose_speaker")
LOOSE = 0.5


@dataclasses.dataclass(slots=True)
class Counts:
    """What a comparison has counted so far; several articles add up."""

    gold: int = 0
    found: int = 0
    right: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    by_form: dict[str, collections.Counter[str]] = dataclasses.field(default_factory=dict)
    errors: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def scores(self) -> dict[str, tuple[float, float, float]]:
        """Return precision, recall and F1 of each kind of agreement."""
        return {kind: prf(self.right[kind], self.found, self.gold) for kind in KINDS}


def prf(right: int, found: int, gold: int) -> tuple[float, float, float]:
    """Return precision, recall and F1; nothing found or nothing there counts as 0."""
    precision, recall = (right / found if found else 0.0), (right / gold if gold else 0.0)
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def words_of(name: str | None) -> list[str]:
    """Return a name's words, small and without accents."""
    plain = unicodedata.normalize("NFKD", name or "").encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z0-9]+", plain.replace("'s", " "))


def same_speaker(gold: str | None, found: str | None) -> bool:
    """Tell whether two names mean the same speaker: same surname, or one name inside the other; a pronoun is never a name."""
    if not gold or not found:
        return not gold and not found
    first, second = words_of(gold), words_of(found)
    if first == second:
        return True
    short, long = [word for word in first if word not in TITLES], [word for word in second if word not in TITLES]
    if not short or not long or set(long) <= PRONOUNS or set(short) <= PRONOUNS:
        return False
    if set(short) <= set(long) or set(long) <= set(short):
        return True
    return short[-1] == long[-1] and len(short[-1]) > 2


def letters(text: str, quote: Quote) -> frozenset[int]:
    """Return the offsets of a quote's letters and digits, a leading "that" left out."""
    covered = [at for start, end in quote.spans for at in range(max(0, start), min(end, len(text))) if text[at].isalnum()]
    start, end = quote.spans[0]
    that = THAT.match(text[start:end])
    if that:
        rest = [at for at in covered if at >= start + that.end()]
        covered = rest or covered
    return frozenset(covered)


def compare(text: str, gold: Sequence[Quote], found: Sequence[Quote], counts: Counts, *, iou: float = 0.8) -> None:
    """Add the comparison of one article's quotes to ``counts``.

    Parameters
    ----------
    text
        The article's text.
    gold, found
        Labelled and found quotes.
    counts
        What was counted before; grows in place.
    iou
        Least intersection over union that counts as the same quote.
    """
    core = [(cover, quote) for quote in gold if (cover := letters(text, quote)) and not quote.optional]
    neutral = [cover for quote in gold if (cover := letters(text, quote)) and quote.optional]
    ours = [(cover, quote) for quote in found if (cover := letters(text, quote))]
    pairs = _paired([cover for cover, _ in core], [cover for cover, _ in ours])
    taken = dict(pairs.values())
    counted = [j for j, (cover, _) in enumerate(ours) if taken.get(j, 0.0) >= LOOSE or not _on_neutral(cover, neutral)]
    counts.gold += len(core)
    counts.found += len(counted)
    for i, (_, quote) in enumerate(core):
        j, overlap = pairs.get(i, (None, 0.0))
        _count(counts, quote, ours[j][1] if j is not None else None, overlap, iou)
    for j in counted:
        if taken.get(j, 0.0) < LOOSE:
            quote = ours[j][1]
            counts.errors.append({"kind": "false alarm", "article": quote.article, "gold": None, "found": quote.text, "speaker": quote.speaker})


def _paired(gold: Sequence[frozenset[int]], found: Sequence[frozenset[int]]) -> dict[int, tuple[int, float]]:
    """Return gold -> (found, overlap), the best overlap first."""
    overlaps = [(len(a & b) / len(a | b), i, j) for i, a in enumerate(gold) for j, b in enumerate(found) if not a.isdisjoint(b)]
    pairs: dict[int, tuple[int, float]] = {}
    used: set[int] = set()
    for overlap, i, j in sorted(overlaps, key=lambda row: (-row[0], row[1], row[2])):
        if i not in pairs and j not in used:
            pairs[i] = (j, overlap)
            used.add(j)
    return pairs


def _on_neutral(cover: frozenset[int], neutral: Iterable[frozenset[int]]) -> bool:
    return any(len(cover & other) >= LOOSE * min(len(cover), len(other)) for other in neutral)


def _count(counts: Counts, gold: Quote, found: Quote | None, overlap: float, iou: float) -> None:
    is_same = found is not None and overlap >= LOOSE and same_speaker(gold.speaker, found.speaker)
    agreed = {"exact": overlap >= 0.999, "overlap": overlap >= iou, "loose": overlap >= LOOSE}
    agreed |= {f"{kind}_speaker": value and is_same for kind, value in agreed.items()}
    form = counts.by_form.setdefault(gold.form, collections.Counter())
    form["gold"] += 1
    for kind, value in agreed.items():
        counts.right[kind] += value
        form[kind] += value
    if not agreed["overlap_speaker"]:
        kind = "miss" if overlap < LOOSE else "span" if overlap < iou else "speaker"
        counts.errors.append({"kind": kind, "article": gold.article, "gold": gold.text, "found": found.text if found else None, "speaker": gold.speaker})


def score_quotes(texts: Mapping[str, str], gold: Mapping[str, Sequence[Quote]], found: Mapping[str, Sequence[Quote]], *, iou: float = 0.8) -> Counts:
    """Compare labelled and found quotes article by article.

    Parameters
    ----------
    texts
        Article id -> text.
    gold, found
        Article id -> quotes. Articles that nothing was found in may be missing from ``found``.
    iou
        Least intersection over union that counts as the same quote.
    """
    counts = Counts()
    for article, quotes in gold.items():
        compare(texts[article], quotes, found.get(article, ()), counts, iou=iou)
    return counts
