"""One checked table of labelled quotes, its fingerprint.

And splits that keep every article whole.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from stance.core.errors import DataError
from stance.core.files import read_rows
from stance.core.formatting import counted
from stance.core.paths import home
from stance.core.types import COARSE, STANCES, Article, Quote
from stance.extraction.text.context import context_of
from stance.labels.consensus import Label, read_labels
from stance.labels.labelled_articles import Labelled
from stance.labels.splits import read_splits

COLUMNS = (
    "quote",
    "article",
    "conflict",
    "origin",
    "batch",
    "text",
    "cue",
    "context",
    "speaker",
    "speaker_role",
    "form",
    "stance",
    "coarse",
    "on_target",
    "first_stance",
)


def to_table(reports: Iterable[Labelled], labels: Mapping[str, Label]) -> pd.DataFrame:
    """Return the labelled quotes, one a row, with the columns of `COLUMNS`.

    Quotes marked optional stay out.

    Raises
    ------
    DataError
        If no quote has a label.
    """
    rows = [
        {
            "quote": quote.id,
            "article": article.id,
            "conflict": article.conflict,
            "origin": article.origin,
            "batch": article.id.split("_")[0],
            "text": quote.text,
            "cue": quote.cue,
            "context": context_of(article, quote),
            "speaker": quote.speaker,
            "speaker_role": quote.speaker_role,
            "form": quote.form,
            "stance": label.stance,
            "coarse": COARSE[label.stance],
            "on_target": label.on_target,
            "first_stance": label.first,
        }
        for article, quotes in reports
        for quote in quotes
        if not quote.optional and (label := labels.get(quote.id)) is not None
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    if table.empty:
        raise DataError(
            "no labelled quotes; expected reports in labels/reports and judgments in "
            "labels/judgments"
        )
    return table


def load_table(folder: Path) -> pd.DataFrame:
    """Return the project's own labelled quotes with a column ``split``.

    Train, validation, test, seeds or own.

    Raises
    ------
    DataError
        If labels are faulty or a batch of reports belongs to no split.
    """
    reports, labels = read_labels(folder)
    table = to_table(reports, labels)
    splits = read_splits(folder / "splits.toml")
    fixed = {"news": "seeds", "own": "own"}
    table["split"] = [
        fixed.get(origin) or splits.get(batch, "")
        for origin, batch in zip(table["origin"], table["batch"], strict=True)
    ]
    lost = sorted(set(table.loc[table["split"] == "", "batch"]))
    if lost:
        raise DataError(
            f"labels/splits.toml: batches {', '.join(lost)} belong to no split; add them to "
            "train, validation or test"
        )
    return table


def read_measuring(path: Path) -> pd.DataFrame:
    """Read a labelled set that is only measured on.

    JSONL articles whose quotes carry their stance.

    Raises
    ------
    DataError
        If a row is not of this form.
    """
    reports: list[Labelled] = []
    labels: dict[str, Label] = {}
    for place, row in read_rows(path):
        try:
            article = Article(
                str(row["id"]), row["text"], conflict=row.get("conflict"), origin="news"
            )
            # The offsets are the truth: the printed text of such a set may join or trim its
            # stretches in a way of its own.
            quotes = tuple(
                Quote.from_dict(
                    {**quote, "text": article.cut([tuple(span) for span in quote["spans"]])},
                    article,
                )
                for quote in row["quotes"]
            )
            labels.update(
                {
                    quote["id"]: Label(
                        quote["id"],
                        quote["stance"],
                        bool(quote["on_target"]),
                        (),
                        "given",
                        quote["stance"],
                    )
                    for quote in row["quotes"]
                }
            )
        except (KeyError, TypeError) as fault:
            raise DataError(
                f"{place}: expected id, text and quotes with id, spans, form, stance, on_target; "
                f"{fault!r}"
            ) from fault
        reports.append((article, quotes))
    table = to_table(reports, labels)
    table["split"] = path.parent.name
    return table


def fingerprint(table: pd.DataFrame) -> str:
    """Return a checksum of what a model can learn from the table.

    Whatever the order of its rows.
    """
    columns = ["quote", "text", "cue", "context", "stance", "on_target"]
    lines = sorted(
        json.dumps(list(row), ensure_ascii=False, default=str)
        for row in table[columns].itertuples(index=False)
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def digests(sets: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the beginning of each set's fingerprint.

    Enough to tell whether two runs were measured on the same labels.
    """
    return {name: fingerprint(table)[:12] for name, table in sets.items()}


def folds_by_article(
    table: pd.DataFrame, n_folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split into folds (train rows, test rows) that share no article.

    With like shares of the stances.

    Raises
    ------
    DataError
        If there are fewer articles than folds.
    """
    n_articles = table["article"].nunique()
    if n_articles < n_folds:
        raise DataError(
            f"split by article: {counted(n_articles, 'article')} for {n_folds} folds; use fewer "
            "folds"
        )
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    return list(splitter.split(table, table["stance"], groups=table["article"]))


def subset(table: pd.DataFrame, splits: Sequence[str]) -> pd.DataFrame:
    """Return the rows of some splits, numbered anew."""
    return table[table["split"].isin(list(splits))].reset_index(drop=True)


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many quotes each stance has, in the codebook's order."""
    found = table["stance"].value_counts()
    return {stance: int(found.get(stance, 0)) for stance in STANCES}


def dev_set() -> Path:
    """Return where the set lies that is only measured on: STANCE_DEV, else beside the checkout.

    It may be absent.
    """
    return Path(
        os.environ.get("STANCE_DEV")
        or home().parent / "shared" / "data" / "real_dev" / "articles.jsonl"
    )


def load_sets() -> dict[str, pd.DataFrame]:
    """Return the labelled tables by split.

    Train, validation and test reports, seeds, and dev where it is present.
    """
    table = load_table(home() / "labels")
    sets = {str(name): part.reset_index(drop=True) for name, part in table.groupby("split")}
    if dev_set().is_file():
        sets["dev"] = read_measuring(dev_set())
    return sets
