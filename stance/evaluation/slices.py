"""Scores by kind of quote.

The kinds are class, form, target, family of conflict and kind of speaker; each has its n and
interval.
"""

import functools
import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from stance.core.types import STANCES
from stance.evaluation.bootstrap import bounds, draw_sums
from stance.evaluation.scores import (
    class_f1,
    confusion_by_article,
    drawn_tables,
    macro_f1,
    to_coarse,
)

# Fewer quotes than this say nothing: such slices stand in the table, not in the figure.
FEWEST_SHOWN = 10
# Draws for the interval of a slice. There are a hundred slices, and a hundredth more or less does
# not matter there.
N_RESAMPLES = 500
NOT_GIVEN = "not given"
COLUMNS = ("class", "form", "on_target", "conflict", "speaker")


@functools.cache
def _patterns(field: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    known = tomllib.loads(
        (resources.files("stance.evaluation") / "slices.toml").read_text(encoding="utf-8")
    )
    return tuple(
        (entry["name"], re.compile(entry["pattern"], re.IGNORECASE)) for entry in known[field]
    )


def families() -> tuple[str, ...]:
    """Return the families of conflicts that `conflict_family` may answer."""
    return (*dict.fromkeys(name for name, _ in _patterns("conflict")), "other", NOT_GIVEN)


def kinds() -> tuple[str, ...]:
    """Return the kinds of speakers that `speaker_kind` may answer."""
    return (*dict.fromkeys(name for name, _ in _patterns("speaker")), "other", NOT_GIVEN)


def conflict_family(conflict: str | None, origin: str | None = None) -> str:
    """Return the family of a report's conflict, by ``stance/evaluation/slices.toml``.

    >>> conflict_family("RU-UA"), conflict_family("invented port labour dispute, Baltic")
    ('Russia-Ukraine', 'outside war')
    >>> conflict_family("Brenno-Usk", "synthetic")
    'invented'
    """
    if not conflict:
        return NOT_GIVEN
    found = next(
        (name for name, pattern in _patterns("conflict") if pattern.search(conflict)), None
    )
    return found or ("invented" if origin == "synthetic" else "other")


def speaker_kind(role: str | None, speaker: str | None = None) -> str:
    """Return the kind of a speaker by the role, else by a description in the speaker's place.

    A name alone tells nothing.

    >>> speaker_kind("Kremlin spokesman"), speaker_kind(None, "a lawmaker")
    ('leader of state or government', 'lawmaker or party')
    >>> speaker_kind(None, "Mara Lindqvist")
    'not given'
    """
    words = role or (
        speaker
        if speaker
        and re.match(r"(?:[Aa]n?|[Tt]he|[Oo]ne|[Ss]everal|[Ss]ome|[Tt]wo) |[a-z]", speaker)
        else None
    )
    if not words:
        return NOT_GIVEN
    return next((name for name, pattern in _patterns("speaker") if pattern.search(words)), "other")


def sliced(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return scores per set and slice.

    Parameters
    ----------
    predictions
        Columns ``set, article, stance, predicted, form, on_target, conflict, origin, speaker,
        speaker_role``.

    Returns
    -------
    DataFrame
        Columns ``set, slice, value, n, n_articles, f1, low, high, coarse, accuracy, unit``, a row
        per set and value. For the slice ``class`` F1 is that of the one class and accuracy its
        recall, n counts its labels; elsewhere F1 is the macro-F1 over the classes that stand
        there, None where all quotes have one label. ``unit`` is what the bootstrap drew.
    """
    rows = []
    table = predictions.assign(
        conflict=[
            conflict_family(*pair)
            for pair in zip(
                _words(predictions["conflict"]), _words(predictions["origin"]), strict=True
            )
        ],
        speaker=[
            speaker_kind(*pair)
            for pair in zip(
                _words(predictions["speaker_role"]), _words(predictions["speaker"]), strict=True
            )
        ],
        on_target=["on target" if on else "off target" for on in predictions["on_target"]],
    )
    for name, part in table.groupby("set", sort=False):
        rows += [{"set": name, **row} for row in _classes(part)]
        for column in COLUMNS[1:]:
            found = [
                {"set": name, "slice": column, "value": str(value), **_scores(one)}
                for value, one in part.groupby(column)
            ]
            rows += sorted(found, key=lambda row: -row["n"])
    return pd.DataFrame(rows)


def _words(column: pd.Series) -> list[str | None]:
    """Return the texts of a column, None where pandas has its own sign for nothing."""
    return [one if isinstance(one, str) else None for one in column]


def _tables(part: pd.DataFrame) -> tuple[np.ndarray, str, int]:
    """Return the confusion tables that the bootstrap draws, its unit, and how many articles."""
    tables = confusion_by_article(
        list(part["stance"]), list(part["predicted"]), list(part["article"])
    )
    units, unit = drawn_tables(tables)
    return units, unit, len(tables)


def _scores(part: pd.DataFrame) -> dict[str, Any]:
    units, unit, n_articles = _tables(part)
    if part["stance"].nunique() == 1:
        # All off the target is neutral: a mean of F1 over stances that never stand there would be
        # noise.
        return _row(
            len(part),
            n_articles,
            None,
            None,
            None,
            None,
            float((part["stance"] == part["predicted"]).mean()),
            unit,
        )
    low, high = bounds(macro_f1(draw_sums(units, n=N_RESAMPLES)))
    whole = units.sum(axis=0)
    coarse = float(macro_f1(to_coarse(whole)))
    return _row(
        len(part),
        n_articles,
        float(macro_f1(whole)),
        low,
        high,
        coarse,
        float(np.trace(whole) / len(part)),
        unit,
    )


def _classes(part: pd.DataFrame) -> list[dict[str, Any]]:
    units, unit, _ = _tables(part)
    drawn = class_f1(draw_sums(units, n=N_RESAMPLES))
    whole = units.sum(axis=0)
    f1 = class_f1(whole)
    rows = []
    for k, stance in enumerate(STANCES):
        labelled = part[part["stance"] == stance]
        n = len(labelled)
        if n:
            low, high = bounds(drawn[:, k])
            known = _row(
                n,
                labelled["article"].nunique(),
                f1[k],
                low,
                high,
                None,
                float(whole[k, k] / n),
                unit,
            )
            rows.append({"slice": "class", "value": stance, **known})
    return rows


def _row(
    n: int,
    n_articles: int,
    f1: float | None,
    low: float | None,
    high: float | None,
    coarse: float | None,
    accuracy: float,
    unit: str,
) -> dict[str, Any]:
    scores = {"f1": f1, "low": low, "high": high, "coarse": coarse, "accuracy": accuracy}
    rounded = {
        key: None if value is None else round(float(value), 3) for key, value in scores.items()
    }
    return {"n": n, "n_articles": int(n_articles), **rounded, "unit": unit}


def shown(table: pd.DataFrame) -> Sequence[tuple[str, pd.DataFrame]]:
    """Return (slice, rows) with quotes enough to be drawn, in the order of `COLUMNS`."""
    return [
        (column, part)
        for column in COLUMNS
        if len(part := table[(table["slice"] == column) & (table["n"] >= FEWEST_SHOWN)])
    ]
