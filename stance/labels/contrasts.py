"""Contrast sets: families of invented statements that look alike and differ in stance.

Models only learn from them; no experiment measures on them.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stance.core.errors import DataError, gather
from stance.core.files import read_rows
from stance.core.formatting import counted
from stance.core.types import COARSE, FORMS, STANCES
from stance.labels.agreement import kappa
from stance.labels.labelled_articles import read_each

# The name of their folder in labels/, of their set and of their batch.
CONTRASTS = "contrasts"
_TEXT_FIELDS = ("id", "family", "conflict", "context", "speaker_role", "cue", "text")
# These may be empty; without the others a statement cannot be named or judged.
_MAY_BE_EMPTY = ("conflict", "context", "speaker_role", "cue")


@dataclasses.dataclass(frozen=True, slots=True)
class Contrast:
    """One statement of a family, with the author's judgment and that of a second reader."""

    id: str
    family: str
    conflict: str
    context: str
    speaker_role: str
    cue: str
    text: str
    form: str
    stance: str
    on_target: bool
    second_stance: str
    second_on_target: bool

    @property
    def is_agreed(self) -> bool:
        """Whether author and second reader give it the same stance."""
        return self.stance == self.second_stance

    def row(self) -> dict[str, Any]:
        """Return the row of the table of labelled quotes (`stance.labels.dataset.COLUMNS`)."""
        return {
            "quote": self.id,
            "article": self.family,
            "conflict": self.conflict,
            "origin": "synthetic",
            "batch": CONTRASTS,
            "text": self.text,
            "cue": self.cue,
            "context": self.context,
            "speaker": None,
            "speaker_role": self.speaker_role,
            "form": self.form,
            "stance": self.stance,
            "coarse": COARSE[self.stance],
            "on_target": self.on_target,
            "first_stance": self.stance,
        }


def read_contrast(row: Mapping[str, Any], place: str) -> Contrast:
    """Check one row and return its statement.

    Raises
    ------
    DataError
        With the first fault of the row.
    """
    for name in _TEXT_FIELDS:
        value = row.get(name)
        if not isinstance(value, str) or not (value.strip() or name in _MAY_BE_EMPTY):
            raise DataError(f"{place}: {name} is {value!r}, expected text; write it into the row")
    if row.get("form") not in FORMS:
        raise DataError(
            f"{place}: form is {row.get('form')!r}, expected one of {', '.join(FORMS)}; correct it"
        )
    if row.get("origin") != "synthetic":
        raise DataError(
            f"{place}: origin is {row.get('origin')!r}, expected 'synthetic'; real statements "
            "belong into articles"
        )
    if not isinstance(row.get("second"), dict):
        raise DataError(
            f"{place}: second is {row.get('second')!r}, expected the second reader's stance and "
            "on_target; let a second reader judge the statement"
        )
    _check_judgment(row, place)
    second = row["second"]
    _check_judgment(second, f"{place}: second")
    values = {name: row[name] for name in (*_TEXT_FIELDS, "form", "stance", "on_target")}
    return Contrast(**values, second_stance=second["stance"], second_on_target=second["on_target"])


def _check_judgment(row: Mapping[str, Any], place: str) -> None:
    stance, on_target = row.get("stance"), row.get("on_target")
    if stance not in STANCES:
        raise DataError(
            f"{place}: the stance is {stance!r}, expected one of {', '.join(STANCES)}; correct it"
        )
    if not isinstance(on_target, bool):
        raise DataError(f"{place}: on_target is {on_target!r}, expected true or false; correct it")
    if not on_target and stance != "neutral":
        raise DataError(
            f"{place}: on_target is false but the stance is {stance!r}; a statement off the "
            "target is neutral: correct one of the two"
        )


def read_contrasts(folder: Path) -> list[Contrast]:
    """Read all contrast sets of a labels folder; none where it has no folder ``contrasts``.

    Raises
    ------
    DataError
        With all faulty rows at once, and every id that stands more than once.
    """
    rows = [row for path in sorted((folder / CONTRASTS).glob("*.jsonl")) for row in read_rows(path)]
    contrasts = read_each(rows, read_contrast)
    first: dict[str, str] = {}
    faults = []
    for (place, _), contrast in zip(rows, contrasts, strict=True):
        if contrast.id in first:
            faults.append(
                f"{place}: id {contrast.id!r} stands in {first[contrast.id]} already; give the "
                "statement another id"
            )
        first.setdefault(contrast.id, place)
    gather(faults, DataError)
    return contrasts


def contrast_rows(folder: Path) -> list[dict[str, Any]]:
    """Return the rows of the statements on whose stance both readers agree."""
    return [contrast.row() for contrast in read_contrasts(folder) if contrast.is_agreed]


def check_contrasts(folder: Path) -> str:
    """Read the contrast sets and say how many there are and how far their two readers agree.

    Raises
    ------
    DataError
        With all faults.
    """
    contrasts = read_contrasts(folder)
    if not contrasts:
        return "contrasts: none"
    n = len(contrasts)
    n_families = len({contrast.family for contrast in contrasts})
    n_agreed = sum(contrast.is_agreed for contrast in contrasts)
    n_same_target = sum(contrast.on_target == contrast.second_on_target for contrast in contrasts)
    chance_corrected = kappa(
        [contrast.stance for contrast in contrasts],
        [contrast.second_stance for contrast in contrasts],
    )
    return (
        f"contrasts: {counted(n, 'statement')} in {n_families} families, {n_agreed} to learn from; "
        f"two readers: same stance {n_agreed / n:.3f} (kappa {chance_corrected:.3f}), "
        f"same on_target {n_same_target / n:.3f}"
    )
