"""One checked table of labelled quotes, its fingerprint, and splits that keep articles whole."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.paths import home
from stance.core.types import COARSE, STANCES
from stance.extraction.text.context import context_of
from stance.labels.consensus import Label, read_labels
from stance.labels.contrasts import CONTRASTS, contrast_rows
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
    """Return the project's labelled quotes with a column ``split``.

    The split is train, validation, test, seeds, contrasts or own.

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
    contrasts = contrast_rows(folder)
    if not contrasts:
        return table
    # The same types of columns: a column of speakers that are all missing would change the whole.
    more = pd.DataFrame(contrasts).astype(table.dtypes[list(COLUMNS)].to_dict())
    return pd.concat([table, more.assign(split=CONTRASTS)], ignore_index=True)


def fingerprint(table: pd.DataFrame) -> str:
    """Return a checksum of what a model can learn from the table, whatever the order of rows."""
    columns = ["quote", "text", "cue", "context", "stance", "on_target"]
    lines = sorted(
        json.dumps(list(row), ensure_ascii=False, default=str)
        for row in table[columns].itertuples(index=False)
    )
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def digests(sets: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return the beginning of each set's fingerprint.

    It is enough to tell whether two runs were measured on the same labels.
    """
    return {name: fingerprint(table)[:12] for name, table in sets.items()}


def folds_by_article(
    table: pd.DataFrame, n_folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split into folds (train rows, test rows) that share no article, stratified by stance.

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


def folds_to_measure(
    table: pd.DataFrame, n_folds: int, seed: int
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Split into folds by article, but learn from all contrasts in every fold and measure on none.

    Raises
    ------
    DataError
        If there are fewer articles than folds.
    """
    measured = is_measured(table)
    rows, always = np.flatnonzero(measured), np.flatnonzero(~measured)
    return [
        (np.concatenate([rows[learned], always]), rows[left_out])
        for learned, left_out in folds_by_article(table.iloc[rows], n_folds, seed)
    ]


def is_measured(table: pd.DataFrame) -> np.ndarray:
    """Return for every row whether cross-validation measures on it: contrasts are learned from."""
    return (table["batch"] != CONTRASTS).to_numpy()


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many quotes each stance has, in the codebook's order."""
    found = table["stance"].value_counts()
    return {stance: int(found.get(stance, 0)) for stance in STANCES}


def load_sets() -> dict[str, pd.DataFrame]:
    """Return the labelled tables by split.

    They are the training, validation and test reports, the seeds, and where there are any the
    contrasts and the user's own articles.
    """
    table = load_table(home() / "labels")
    return {str(name): part.reset_index(drop=True) for name, part in table.groupby("split")}


def measured_sets(
    sets: Mapping[str, pd.DataFrame], learned: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the sets on which a model that learned from some of them is measured.

    Contrasts are only learned from: their statements are no sample of any news.
    """
    return {name: part for name, part in sets.items() if name not in (*learned, CONTRASTS)}
