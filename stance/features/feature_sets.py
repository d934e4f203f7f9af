"""Named feature sets: scikit-learn transformers from rows to a matrix.

A row has ``text``, and ``cue`` and ``context`` where known.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import FeatureUnion, Pipeline

from stance.features.analyzers import ROW_TERMS
from stance.features.row_text import view_of
from stance.features.sentence_encoder import encode_cached
from stance.features.syntax import warm_parses
from stance.features.tfidf import Tfidf

Rows = pd.DataFrame | Iterable[Mapping[str, Any]]


def to_rows(X: Rows) -> list[Any]:
    """Return a table or any iterable of mappings as a list of mappings."""
    return [dict(row) for row in X.to_dict("records")] if isinstance(X, pd.DataFrame) else list(X)


class Stateless(TransformerMixin, BaseEstimator):
    """A transformer that learns nothing."""

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn nothing."""
        self.fitted_ = True
        return self


class RowList(Stateless):
    """A table, or any iterable of mappings, to a list of mappings."""

    def transform(self, X: Rows) -> list[Any]:
        """Return one mapping for each row."""
        return to_rows(X)


class ParsedRows(RowList):
    """Like `RowList`, but parses all quotes together for the terms that need a parse."""

    def transform(self, X: Rows) -> list[Any]:
        """Return one mapping for each row."""
        rows = super().transform(X)
        warm_parses(rows)
        return rows


class QuoteText(Stateless):
    """Rows to texts, by a view of `stance.features.row_text`."""

    def __init__(self, view: str = "cue+text") -> None:
        self.view = view

    def transform(self, X: Rows) -> list[str]:
        """Return one text for each row."""
        return [view_of(row, self.view) for row in to_rows(X)]


class SentenceVectors(Stateless):
    """Rows to the vectors of a frozen sentence encoder, shape (n_quotes, n_dims)."""

    def __init__(self, view: str = "cue+text", encoder: str = "minilm") -> None:
        self.view = view
        self.encoder = encoder

    def transform(self, X: Rows) -> np.ndarray:
        """Return the vectors, from the cache where they are known."""
        return encode_cached([view_of(row, self.view) for row in to_rows(X)], self.encoder)


def blocks(
    blocks: Sequence[str],
    view: str = "cue+text",
    words: tuple[int, int] = (1, 2),
    chars: tuple[int, int] | None = (3, 5),
    min_df: int = 2,
) -> Pipeline:
    """Return families of terms side by side.

    Each family is weighted by TF-IDF (logarithmic counts) and scaled to length 1.

    Parameters
    ----------
    blocks
        ``words`` and ``chars`` (n-grams of a view), and names of
        `stance.features.analyzers.ROW_TERMS`.
    view
        What of a row the n-grams read, one of `stance.features.row_text.VIEWS`.
    words, chars
        Shortest and longest n-gram of words, and of characters within words; None: none.
    min_df
        A term is kept that stands in at least so many quotes.
    """
    of_view = [("words", "word", words), ("chars", "char_wb", chars)]
    parts: list[tuple[str, Any]] = [
        (
            name,
            Pipeline(
                [("view", QuoteText(view)), ("tfidf", Tfidf(analyzer, (size[0], size[1]), min_df))]
            ),
        )
        for name, analyzer, size in of_view
        if name in blocks and size
    ]
    parts += [
        (name, Tfidf(terms, min_df=min_df)) for name, terms in ROW_TERMS.items() if name in blocks
    ]
    rows = ParsedRows() if "parse" in blocks else RowList()
    return Pipeline([("rows", rows), ("blocks", FeatureUnion(parts))])


def encoder(view: str = "cue+text", model: str = "minilm") -> SentenceVectors:
    """Sentence vectors of a frozen encoder."""
    return SentenceVectors(view, model)


# The kinds of features that an experiment file may name. Most are a choice of blocks.
FEATURES: dict[str, Callable[..., Any]] = {
    "none": RowList,
    "rows": RowList,
    "tfidf": partial(blocks, ("words", "chars")),
    "frames": partial(blocks, ("frames",)),
    "masked": partial(blocks, ("masked",)),
    "wording": partial(blocks, ("words", "chars", "masked", "frames")),
    "blocks": blocks,
    "encoder": encoder,
}
