"""Judgments and annotators, read, checked and merged."""

import difflib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError, gather
from stance.core.files import read_rows, read_toml
from stance.core.paths import display_path
from stance.core.types import STANCES, Judgment
from stance.labels.labelled_articles import read_each

ANNOTATORS = "annotators.toml"
OWN_JUDGMENTS = "own.jsonl"


def read_judgment(row: Mapping[str, Any], place: str) -> Judgment:
    """Check one judgment row.

    Raises
    ------
    DataError
        If a stance is not in the codebook, an attributed one has no holder, or an off-target
        statement has a stance.
    """
    for held in row.get("attributed", ()):
        if not held.get("holder"):
            raise DataError(
                f"{place}: attributed {held.get('stance')!r} has no holder; expected "
                "holder=stance, for example Merrow=oppose"
            )
    stances = [row.get("stance"), *(held.get("stance") for held in row.get("attributed", ()))]
    for stance in stances:
        if stance not in STANCES:
            near = difflib.get_close_matches(str(stance), STANCES, 1)
            raise DataError(
                f"{place}: stance {stance!r} is not in labels/codebook.toml ({', '.join(STANCES)})"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )
    if not isinstance(row.get("on_target"), bool):
        raise DataError(f"{place}: on_target is {row.get('on_target')!r}, expected true or false")
    if not row["on_target"] and row["stance"] != "neutral":
        raise DataError(
            f"{place}: on_target is false but the stance is {row['stance']!r}; a statement off "
            "the target is neutral"
        )
    for name in ("quote", "annotator"):
        if not isinstance(row.get(name), str):
            raise DataError(f"{place}: {name} is {row.get(name)!r}, expected text")
    held = tuple((str(one["holder"]), str(one["stance"])) for one in row.get("attributed", ()))
    return Judgment(
        row["quote"],
        row["annotator"],
        row["stance"],
        row["on_target"],
        held,
        **{name: row.get(name) for name in ("note", "model", "prompt", "temperature")},
        **{name: row.get(name) for name in ("speaker", "text")},
        is_quote=row.get("is_quote") is not False,
    )


def read_judgments(path: Path) -> list[Judgment]:
    """Read a file of judgments, JSONL.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    return read_each(read_rows(path), read_judgment)


def read_annotators(folder: Path, *, own: bool = True) -> dict[str, dict[str, str]]:
    """Read who judged: annotator -> role, kind, who.

    These are the project's annotators, and with ``own`` also the user's in ``own/``.

    Raises
    ------
    DataError
        If a file is not TOML or an entry has no role.
    """
    users = folder / "own" / ANNOTATORS
    # The project's come last: nobody takes the name of one of them.
    return (read_annotators_file(users) if own and users.is_file() else {}) | read_annotators_file(
        folder / ANNOTATORS
    )


def read_annotators_file(path: Path) -> dict[str, dict[str, str]]:
    """Read one file of annotators: annotator -> role, kind, who.

    Raises
    ------
    DataError
        If the file is not TOML or an entry has no role.
    """
    found = read_toml(path)
    without = [
        name
        for name, entry in found.items()
        if not isinstance(entry, dict) or not entry.get("role")
    ]
    gather(
        [
            f"{display_path(path)}: {name}: no role; expected author, second reader or adjudicator"
            for name in without
        ],
        DataError,
    )
    return found


def read_all_judgments(folder: Path, *, own: bool = True) -> list[Judgment]:
    """Read the judgments of all annotators, with ``own`` also those that the user imported."""
    paths = sorted((folder / "judgments").glob("*.jsonl"))
    return [
        one for path in paths if own or path.name != OWN_JUDGMENTS for one in read_judgments(path)
    ]


def people_among(annotators: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the annotators who are persons, not models."""
    return [name for name, entry in annotators.items() if entry.get("kind") == "person"]


def adjudicators_among(annotators: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the annotators who decide where others differ."""
    return [name for name, entry in annotators.items() if entry["role"] == "adjudicator"]


def paired(
    judgments: Iterable[Judgment], skip: Iterable[str] = ("adjudicator",)
) -> list[tuple[Judgment, Judgment]]:
    """Return the pairs of judgments of one quote by two annotators, adjudicators left out."""
    left_out = set(skip)
    by_quote: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        if judgment.annotator not in left_out:
            by_quote[judgment.quote].append(judgment)
    return [pair for given in by_quote.values() for pair in itertools.combinations(given, 2)]


def merge(old: Sequence[Judgment], new: Sequence[Judgment], known: Iterable[str]) -> list[Judgment]:
    """Return the old judgments with the new ones added; none is overwritten.

    Raises
    ------
    DataError
        If a quote is unknown, or an annotator judges a quote in a second way.
    """
    quotes = set(known)
    said = {(one.quote, one.annotator): one for one in old}
    faults = []
    for one in new:
        before = said.get((one.quote, one.annotator))
        if one.quote not in quotes:
            faults.append(
                f"{one.quote}: no such quote in labels/; import the article's quotes first"
            )
        elif before is not None and before != one:
            now = one.stance if one.stance != before.stance else "something else besides the stance"
            faults.append(
                f"{one.quote}: {one.annotator} said {before.stance} before and says {now} now; "
                "give --annotator another name for a second reading"
            )
        said.setdefault((one.quote, one.annotator), one)
    gather(faults, DataError)
    return list(said.values())
