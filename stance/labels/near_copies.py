"""Labelled statements that repeat a measured one in nearly the same words.

A model that learned from such a copy would look better on the measured set than it is.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from pathlib import Path

from stance.core.errors import DataError, gather
from stance.core.files import read_rows
from stance.core.formatting import counted
from stance.core.paths import home
from stance.labels.consensus import read_labels
from stance.labels.contrasts import read_contrasts

# A near copy has so many content words of the measured statement, in the same order, and at least
# this share of them. Today's invented reports stay below it; those above were rewritten or dropped.
FEWEST_WORDS = 4
SHARE_PERCENT = 70
# Words are compared by their beginning, so that "talks" and "talk", "agree" and "agreed" are alike.
WORD_START = 6
STOP_WORDS = frozenset(
    "a an the of to in on at by for with from and or but as that this these those it its is are "
    "was were be been being has have had do does did will would can could should may might not no "
    "nor he she they we i you his her their our my your him them us who which what there here than "
    "then so if any all some said says say".split()
)
MEASURED_FOLDERS = ("real_dev", "real_dev_2")


def measured_files() -> list[Path]:
    """Return the files of measured articles that are present.

    They are not part of the project. The first is where STANCE_DEV says, or else next to the
    checkout, where the others are too.
    """
    beside = home().parent / "shared" / "data"
    first, *others = (beside / name / "articles.jsonl" for name in MEASURED_FOLDERS)
    given = os.environ.get("STANCE_DEV")
    return [path for path in (Path(given) if given else first, *others) if path.is_file()]


def read_statements(path: Path) -> dict[str, str]:
    """Return the statements of a file of articles, JSONL: quote id -> text.

    Raises
    ------
    DataError
        If a quote has no id or no text.
    """
    statements: dict[str, str] = {}
    for place, row in read_rows(path):
        for quote in row.get("quotes") or ():
            if not isinstance(quote.get("id"), str) or not isinstance(quote.get("text"), str):
                raise DataError(
                    f"{place}: a quote has the fields {', '.join(sorted(quote))}; expected an id "
                    "and a text"
                )
            statements[quote["id"]] = quote["text"]
    return statements


def content_words(text: str) -> list[str]:
    """Return the words that carry content, in order, each cut to its first letters.

    >>> content_words("The minister’s envoys said that the negotiations were useful.")
    ['minist', 'envoys', 'negoti', 'useful']
    """
    plain = text.lower().replace("’", "'").replace("'s", " ")
    return [word[:WORD_START] for word in re.findall(r"[a-z0-9]+", plain) if word not in STOP_WORDS]


def common_in_order(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    >>> common_in_order(["no", "talks", "before", "troops"], ["talks", "no", "troops"])
    2
    """
    above = [0] * (len(second) + 1)
    for word in first:
        row = [0]
        for k, other in enumerate(second):
            row.append(above[k] + 1 if word == other else max(above[k + 1], row[k]))
        above = row
    return above[-1]


def near_copies(
    labelled: Mapping[str, str], measured: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield (labelled id, measured id) where the labelled text is a near copy of the measured one.

    Both arguments map ids to texts.
    """
    words = {name: content_words(text) for name, text in labelled.items()}
    where: dict[str, set[str]] = defaultdict(set)
    for name, listed in words.items():
        for word in listed:
            where[word].add(name)
    for measured_id, text in measured.items():
        sought = content_words(text)
        needed = max(FEWEST_WORDS, ceil(SHARE_PERCENT * len(sought) / 100))
        # How many words two texts share in any order bounds how many they share in order; few
        # pairs are left after it.
        shared = Counter(name for word in sought for name in where.get(word, ()))
        for name, n_shared in shared.items():
            if n_shared >= needed and common_in_order(sought, words[name]) >= needed:
                yield name, measured_id


def labelled_statements(folder: Path) -> dict[str, str]:
    """Return what models may learn from: quote id -> text. The seed articles are only measured."""
    quotes = {
        quote.id: quote.text
        for article, quotes in read_labels(folder)[0]
        if article.origin != "news"
        for quote in quotes
    }
    return quotes | {contrast.id: contrast.text for contrast in read_contrasts(folder)}


def faults_of(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return a sentence for every near copy; the measured words stay out of it."""
    return [
        f"labels: {labelled} is a near copy of the measured statement {measured}; rewrite the "
        "statement, or drop its report"
        for labelled, measured in sorted(pairs)
    ]


def check_near_copies(folder: Path) -> str:
    """Compare every labelled statement with every measured one.

    Raises
    ------
    DataError
        With every near copy.
    """
    files = measured_files()
    if not files:
        return "near copies: no measured articles beside the project, nothing to compare with"
    labelled = labelled_statements(folder)
    measured = [read_statements(path) for path in files]
    gather(
        [
            fault
            for statements in measured
            for fault in faults_of(near_copies(labelled, statements))
        ],
        DataError,
    )
    return (
        f"near copies: none of {counted(sum(map(len, measured)), 'measured statement')} among "
        f"{counted(len(labelled), 'labelled one')}"
    )
