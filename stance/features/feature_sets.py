"""Named feature sets.

Scikit-learn transformers from rows (``text``, ``cue``, ``context``) to a matrix.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import FeatureUnion, Pipeline

from stance.features.analyzers import ROW_TERMS
from stance.features.lexicon import frame_terms, masked_terms
from stance.features.row_text import view_of
from stance.features.sentence_encoder import encode_cached
from stance.features.syntax import warm_parses
from stance.features.tfidf import Tfidf

Rows = pd.DataFrame | Iterable[Mapping[str, Any]]


def to_rows(X: Rows) -> list[Any]:
    """Return a table or any iterable of mappings as a list of mappings."""
    return [dict(row) for row in X.to_dict("records")] if isinstance(X, pd.DataFrame) else list(X)


class RowList(TransformerMixin, BaseEstimator):
    """A table, or any iterable of mappings, to a list of mappings."""

    def fit(self, X: Rows, y: object = None) -> Self:  # noqa: ARG002
        """Learn nothing."""
        self.fitted_ = True
        return self

    def transform(self, X: Rows) -> list[Any]:
        """Return one mapping a row."""
        return to_rows(X)


class QuoteText(TransformerMixin, BaseEstimator):
    """Rows to texts, by a view of `stance.features.row_text`."""

    def __init__(self, view: str = "cue+text") -> None:
        self.view = view

    def fit(self, X: Rows, y: object = None) -> Self:  # noqa: ARG002
        """Learn nothing."""
        self.fitted_ = True
        return self

    def transform(self, X: Rows) -> list[str]:
        """Return one text a row."""
        return [view_of(row, self.view) for row in to_rows(X)]


class SentenceVectors(TransformerMixin, BaseEstimator):
    """Rows to the vectors of a sentence encoder, shape (n_quotes, n_dims)."""

    def __init__(self, view: str = "cue+text", encoder: str = "minilm") -> None:
        self.view = view
        self.encoder = encoder

    def fit(self, X: Rows, y: object = None) -> Self:  # noqa: ARG002
        """Learn nothing: the encoder is used as it comes."""
        self.fitted_ = True
        return self

    def transform(self, X: Rows) -> np.ndarray:
        """Return the vectors, from the cache where they are known."""
        return encode_cached([view_of(row, self.view) for row in to_rows(X)], self.encoder)


def tfidf(
    view: str = "cue+text",
    words: tuple[int, int] = (1, 2),
    chars: tuple[int, int] | None = (3, 5),
    min_df: int = 2,
) -> Pipeline:
    """Word and character n-grams.

    Each weighted by TF-IDF (logarithmic counts) and scaled to length 1.

    Parameters
    ----------
    view
        What of a row is read, one of `stance.features.row_text.VIEWS`.
    words, chars
        Shortest and longest n-gram of words, and of characters within words; None: none.
    min_df
        A term is kept that stands in at least so many quotes.
    """
    return Pipeline(
        [("rows", RowList()), ("blocks", FeatureUnion(_ngrams(view, words, chars, min_df)))]
    )


def _ngrams(
    view: str, words: tuple[int, int], chars: tuple[int, int] | None, min_df: int
) -> list[tuple[str, Any]]:
    settings = [("words", "word", words)] + ([("chars", "char_wb", chars)] if chars else [])
    return [
        (
            name,
            Pipeline(
                [("view", QuoteText(view)), ("tfidf", Tfidf(analyzer, (size[0], size[1]), min_df))]
            ),
        )
        for name, analyzer, size in settings
    ]


def frames(min_df: int = 2) -> Pipeline:
    """What a quote speaks of and how, by the word lists of `stance.features.lexicon`.

    Things, frames, negation, what the reporting verb does.
    """
    return Pipeline(
        [("rows", RowList()), ("blocks", FeatureUnion([("frames", _terms(frame_terms, min_df))]))]
    )


def masked(min_df: int = 2) -> Pipeline:
    """N-grams without names, numbers and places: the same for every conflict."""
    return Pipeline(
        [("rows", RowList()), ("blocks", FeatureUnion([("masked", _terms(masked_terms, min_df))]))]
    )


def _terms(analyzer: Callable[[Mapping[str, Any]], list[str]], min_df: int) -> Tfidf:
    return Tfidf(analyzer, min_df=min_df)


def wording(
    view: str = "cue+text",
    words: tuple[int, int] = (1, 2),
    chars: tuple[int, int] | None = (3, 5),
    min_df: int = 2,
) -> Pipeline:
    """`tfidf`, `masked` and `frames` side by side, each block scaled to length 1.

    Parameters are those of `tfidf`.
    """
    own = [("masked", _terms(masked_terms, min_df)), ("frames", _terms(frame_terms, min_df))]
    return Pipeline(
        [
            ("rows", RowList()),
            ("blocks", FeatureUnion([*_ngrams(view, words, chars, min_df), *own])),
        ]
    )


class WarmParses(RowList):
    """A table, or any iterable of mappings, to a list of mappings, each quote parsed."""

    def transform(self, X: Rows) -> list[Any]:
        """Return one mapping a row."""
        found = super().transform(X)
        warm_parses(found)
        return found


def blocks(
    blocks: Sequence[str],
    view: str = "cue+text",
    words: tuple[int, int] = (1, 2),
    chars: tuple[int, int] = (3, 5),
    min_df: int = 2,
) -> Pipeline:
    """Return any families side by side, each scaled to length 1.

    ``words``, ``chars`` (n-grams of a view) and those of `ROW_TERMS`.

    The other parameters are those of `tfidf`.
    """
    of_views = [one for one in _ngrams(view, words, chars, min_df) if one[0] in blocks]
    own = [(name, _terms(terms, min_df)) for name, terms in ROW_TERMS.items() if name in blocks]
    return Pipeline(
        [
            ("rows", WarmParses() if "parse" in blocks else RowList()),
            ("blocks", FeatureUnion([*of_views, *own])),
        ]
    )


def rows() -> RowList:
    """Return the rows as they are, for a classifier that reads text itself."""
    return RowList()


def encoder(view: str = "cue+text", model: str = "minilm") -> SentenceVectors:
    """Sentence vectors of a ready encoder."""
    return SentenceVectors(view, model)


FEATURES: dict[str, Callable[..., Any]] = {
    "tfidf": tfidf,
    "frames": frames,
    "masked": masked,
    "wording": wording,
    "blocks": blocks,
    "encoder": encoder,
    "rows": rows,
}
