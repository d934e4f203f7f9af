"""How far the annotators agree with each other."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from stance.core.formatting import counted
from stance.core.types import COARSE, STANCES, Judgment
from stance.labels.consensus import agree
from stance.labels.judgments import (
    adjudicators_among,
    paired,
    people_among,
    read_all_judgments,
    read_annotators,
)


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Return Cohen's kappa of two annotators on the same quotes.

    It is nan where both give every quote the same label.
    """
    if len({*first, *second}) < 2:
        return float("nan")
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(list(first), list(second)))


def alpha(*annotators: Sequence[str | None]) -> float:
    """Return Krippendorff's alpha (nominal) of annotators on the same quotes.

    It is nan where only one label was given. None stands where somebody did not judge; a quote
    that only one annotator judged does not count.

    Source: Krippendorff 2011, "Computing Krippendorff's alpha-reliability",
    https://repository.upenn.edu/asc_papers/43.
    """
    quotes = [
        [label for label in given if label is not None] for given in zip(*annotators, strict=True)
    ]
    quotes = [given for given in quotes if len(given) > 1]
    counts = Counter(label for given in quotes for label in given)
    n = counts.total()
    if len(counts) < 2:
        return float("nan")
    # How often two labels of one quote differ, and how often any two labels differ.
    observed = sum(
        (len(given) ** 2 - sum(number**2 for number in Counter(given).values())) / (len(given) - 1)
        for given in quotes
    )
    expected = (n**2 - sum(number**2 for number in counts.values())) / (n - 1)
    return 1 - observed / expected


def holders_f1(pairs: Sequence[tuple[Judgment, Judgment]]) -> tuple[float, int]:
    """Return the F1 of the second annotator's attributed stances, and how many the first names.

    A pair counts where the stance is the same and one holder's name contains the other ("Putin",
    "Vladimir Putin").
    """
    hits = named = found = 0
    for one, other in pairs:
        left = list(other.attributed)
        named, found = named + len(one.attributed), found + len(left)
        for holder, stance in one.attributed:
            match = next(
                (held for held in left if held[1] == stance and _same_holder(holder, held[0])), None
            )
            if match:
                left.remove(match)
                hits += 1
    return (2 * hits / (named + found) if named + found else float("nan")), named


def _same_holder(first: str, second: str) -> bool:
    a, b = (set(name.lower().replace("the ", "").split()) for name in (first, second))
    return a <= b or b <= a


def report_agreement(folder: Path, *, disputed: bool = False, own: bool = True) -> list[str]:
    """Return lines on the agreement of every pair of annotators in a labels folder.

    With ``disputed`` the quotes on which they differ follow; without ``own`` only the project's
    annotators are compared.
    """
    annotators = read_annotators(folder, own=own)
    deciding = adjudicators_among(annotators)
    judgments = read_all_judgments(folder, own=own)
    by_names: dict[tuple[str, str], list[tuple[Judgment, Judgment]]] = {}
    for one, other in paired(judgments, deciding):
        one, other = sorted((one, other), key=lambda judgment: judgment.annotator)
        by_names.setdefault((one.annotator, other.annotator), []).append((one, other))
    lines = []
    for (first, second), pairs in sorted(by_names.items()):
        kinds = " and ".join(f"{name} ({annotators[name]['kind']})" for name in (first, second))
        lines += [f"{kinds}: {counted(len(pairs), 'quote')}", *_figures(pairs)]
    labels, open_ones = agree(judgments, deciding, people_among(annotators))
    ways = [label.by for label in labels.values()]
    lines.append(
        "labels: "
        + ", ".join(f"{ways.count(way)} {way}" for way in ("agreed", "adjudicated", "one"))
        + f", {len(open_ones)} disputed"
    )
    if disputed:
        differ = {
            one.quote
            for pairs in by_names.values()
            for one, other in pairs
            if (one.stance, one.on_target) != (other.stance, other.on_target)
        }
        lines += [
            f"  {one.quote}: {one.annotator} {one.stance} {'on' if one.on_target else 'off'} target"
            for one in judgments
            if one.quote in differ
        ]
    return lines


def _figures(pairs: Sequence[tuple[Judgment, Judgment]]) -> list[str]:
    a, b = ([side.stance for side in sides] for sides in zip(*pairs, strict=True))
    same = sum(x == y for x, y in zip(a, b, strict=True)) / len(a)
    lines = [f"  five labels   same {same:.3f}   {_beyond_chance(a, b)}"]
    coarse = [[COARSE[stance] for stance in side] for side in (a, b)]
    lines.append(f"  coarse three  {_beyond_chance(*coarse)}")
    on = [[str(side.on_target) for side in sides] for sides in zip(*pairs, strict=True)]
    lines.append(f"  on target     {_beyond_chance(*on)}")
    for stance in STANCES:
        one, other = ([str(x == stance) for x in side] for side in (a, b))
        n = sum(x == stance for x in a)
        if n and "True" in other:
            lines.append(f"  {stance:12s}  {_beyond_chance(one, other)}   n = {n}")
    f1, named = holders_f1(pairs)
    lines.append(
        "  attributed stances (holder and stance): "
        + ("none named" if math.isnan(f1) else f"F1 {f1:.3f}   n = {named}")
    )
    return lines


def _beyond_chance(first: Sequence[str], second: Sequence[str]) -> str:
    """Return both coefficients as text.

    Neither is defined where all judgments are the same: chance would agree as well.
    """
    if len({*first, *second}) < 2:
        return "kappa and alpha not defined (all judged the same)"
    return f"kappa {kappa(first, second):.3f}   alpha {alpha(first, second):.3f}"
