"""Why this prediction: the words without which the whole model would say something else.

Each part of a row (a word of the quote, the reporting verb) is left out in turn, and the model,
all of its members and its calibration, is asked again: what the stance's probability loses is the
part's weight. Nothing is assumed of the model, so an encoder is explained like n-grams.

Sources: erasure, Li et al. 2016, arXiv:1612.08220; occlusion, Zeiler & Fergus 2014,
arXiv:1311.2901.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from stance.core.types import STANCES, Row, Span
from stance.models.folder import PortableModel
from stance.models.ngram_linear import NgramLinear

# More parts than this are joined to phrases of neighbouring words, so that a long text costs no
# more than a paragraph.
MOST_PARTS = 64
_WORD = re.compile(r"\S*\w\S*")
_EDGES = re.compile(r"^\W+|\W+$")
Probabilities = Callable[[Sequence[Row]], np.ndarray]


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """A word or phrase of the quote with its place in the row's text, or the reporting verb.

    The reporting verb has no place.
    """

    text: str
    span: Span | None


@dataclasses.dataclass(frozen=True, slots=True)
class Reason:
    """A word and how much the stance's probability owes to it.

    Above 0 it speaks for the stance, below 0 against it. ``span`` is its place in the row's text.
    It is None for the reporting verb, and for features, which have no single place.
    """

    term: str
    weight: float
    span: Span | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        row = {"term": self.term, "weight": round(self.weight, 4)}
        return {**row, "span": list(self.span)} if self.span else row


def parts_of(row: Row) -> list[Part]:
    """Return what can be left out of a row.

    First comes the reporting verb, then the words of the text in their order, at most `MOST_PARTS`.
    """
    text = str(row["text"])
    words = [match.span() for match in _WORD.finditer(text)]
    size = -(-len(words) // MOST_PARTS)
    spans = [
        (words[at][0], words[min(at + size, len(words)) - 1][1])
        for at in range(0, len(words), max(size, 1))
    ]
    cue = " ".join(str(row.get("cue") or "").split())
    return [Part(f"{cue}:", None)] * bool(cue) + [
        Part(_EDGES.sub("", text[start:end]) or text[start:end], (start, end))
        for start, end in spans
    ]


def without(row: Row, parts: Collection[Part]) -> dict[str, Any]:
    """Return the row without some of its parts."""
    text, at, kept = str(row["text"]), 0, []
    for start, end in sorted(part.span for part in parts if part.span):
        kept.append(text[at:start])
        at = end
    left = {**row, "text": "".join([*kept, text[at:]])}
    return {**left, "cue": None} if any(part.span is None for part in parts) else left


def strongest_first(reasons: Sequence[Reason]) -> list[Reason]:
    """Return reasons by the size of their weights, whichever way they point."""
    return sorted(reasons, key=lambda reason: -abs(reason.weight))


def word_reasons(row: Row, stance: str, probabilities: Probabilities) -> list[Reason]:
    """Return every part of a row with what the stance's probability loses without it.

    The strongest comes first. All parts are predicted in one call.
    """
    parts = parts_of(row)
    rows = [row, *(without(row, [part]) for part in parts)]
    whole, *rest = probabilities(rows)[:, STANCES.index(stance)]
    return strongest_first(
        [
            Reason(part.text, float(whole - left), part.span)
            for part, left in zip(parts, rest, strict=True)
        ]
    )


def feature_reasons(row: Row, stance: str, portable: PortableModel) -> list[Reason]:
    """Return every term of the model's linear members with its pull on the sum of a stance.

    The strongest comes first. There are none where no member is linear over terms.
    """
    total = sum(weight for weight, _, _ in portable.members)
    reasons: list[Reason] = []
    for weight, classes, head in portable.members:
        if not isinstance(head, NgramLinear) or stance not in classes:
            continue
        terms, values, coef = head.contributions(row)
        columns = [column for column, name in enumerate(classes) if name == stance]
        # How far a term moves this stance's sum beyond what it does to all of them.
        beyond = coef[:, columns].mean(axis=1) - coef.mean(axis=1)
        pulls = weight / total * values * beyond
        reasons += [Reason(term, float(pull)) for term, pull in zip(terms, pulls, strict=True)]
    return strongest_first(reasons)
