"""Public stance corpora with their own targets, read for benchmarks.

No text of theirs is part of the project.

SemEval-2016 task 6 (Mohammad et al. 2016, aclanthology.org/S16-1003), DeSMOG (Luo et al. 2020,
aclanthology.org/2020.findings-emnlp.296), VAST (Allaway and McKeown 2020,
aclanthology.org/2020.emnlp-main.717).
"""

import csv
import io
import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from stance.core.errors import DataError, gather
from stance.core.files import read_text, write_whole
from stance.core.paths import home

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "text", "target", "stance", "split", "label_orig", "subset")
COARSE_STANCES = ("favor", "against", "none")


# The splits that each corpus has.
CORPORA = {
    "semeval2016": ("train", "test", "test_b"),
    "desmog": ("train", "test"),
    "vast": ("train", "dev"),
}


def read_corpus(name: str, path: Path) -> "pd.DataFrame":
    """Read a corpus into one table.

    Returns
    -------
    DataFrame
        Columns ``quote, article, text, cue, context, target, stance, split, subset, certainty``:
        those of `stance.labels.dataset`, with a target of its own and the coarse labels favor,
        against, none. ``article`` is what must not be split: rows with the same text share it.
        ``certainty`` is how likely the label is by its annotators (DeSMOG, ``p=…`` in ``subset``),
        nan where a corpus does not say.

    Raises
    ------
    DataError
        If the corpus is unknown, columns are missing, or rows have labels, splits or certainties
        that do not belong to it.
    """
    if name not in CORPORA:
        raise DataError(f"corpus {name!r} is unknown; expected one of {', '.join(CORPORA)}")
    import pandas as pd

    csv.field_size_limit(10_000_000)
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or [])]
    if missing:
        raise DataError(
            f"{path}: lacks the columns {', '.join(missing)}; expected {', '.join(COLUMNS)}"
        )
    sources: dict[str, str] = {}
    rows, faults = [], []
    for row in reader:
        place = f"{path}:{reader.line_num}"
        if row["stance"] not in COARSE_STANCES:
            faults.append(
                f"{place}: stance {row['stance']!r}, expected one of {', '.join(COARSE_STANCES)}"
            )
        if row["split"] not in CORPORA[name]:
            faults.append(
                f"{place}: split {row['split']!r}, expected one of {', '.join(CORPORA[name])}"
            )
        certain = certainty_of(row["subset"])
        if not (math.isnan(certain) or 0 < certain <= 1):
            faults.append(
                f"{place}: subset {row['subset']!r}, expected p= and a number above 0 and at most 1"
            )
        # VAST asks several targets of one text: its rows must stay together.
        source = sources.setdefault(row["text"], row["id"])
        rows.append(
            (
                row["id"],
                source,
                row["text"],
                None,
                None,
                row["target"],
                row["stance"],
                row["split"],
                row["subset"],
                certain,
            )
        )
    gather(faults, DataError)
    table = pd.DataFrame(
        rows,
        columns=[
            "quote",
            "article",
            "text",
            "cue",
            "context",
            "target",
            "stance",
            "split",
            "subset",
            "certainty",
        ],
    )
    twice = [key for key, n in Counter(table["quote"]).items() if n > 1]
    gather(
        [
            f"{path}: id {key!r} stands {table['quote'].eq(key).sum()} times; keep one of them"
            for key in twice
        ],
        DataError,
    )
    return table


def certainty_of(subset: str) -> float:
    """Return how likely a label is, by what a corpus says of it.

    It is nan where the corpus says nothing, and inf where it gives no number.

    >>> certainty_of("p=0.711"), certainty_of("few")
    (0.711, nan)
    """
    if not subset.startswith("p="):
        return math.nan
    try:
        found = float(subset[2:])
    except ValueError:
        return math.inf
    return math.inf if math.isnan(found) else found


def store(name: str, source: Path) -> tuple[Path, "pd.DataFrame"]:
    """Check a corpus file and copy it to ``data/``, where benchmarks look for it.

    Git ignores that folder.
    """
    table = read_corpus(name, source)
    path = home() / "data" / f"{name}.csv"
    write_whole(path, source.read_bytes())
    return path, table


def describe(table: "pd.DataFrame") -> list[str]:
    """Return lines on a corpus: rows, targets and labels per split."""
    lines = [
        f"{len(table)} rows, {table['article'].nunique()} sources, {table['target'].nunique()} "
        "targets"
    ]
    for split, part in table.groupby("split"):
        found = part["stance"].value_counts()
        lines.append(
            f"  {split}: {len(part)} rows, "
            + ", ".join(f"{stance} {found.get(stance, 0)}" for stance in COARSE_STANCES)
        )
    return lines
