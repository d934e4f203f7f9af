"""Terms of documents as TF-IDF columns.

Each document is counted once, however many models are fitted on it.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

Analyzer = str | Callable[[Any], list[str]]


class TermStore:
    """How often each term occurs in each document so far. Terms are numbered as they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self._known: dict[Hashable, tuple[np.ndarray, np.ndarray]] = {}

    def count(self, documents: Sequence[Any], analyze: Callable[[Any], list[str]]) -> csr_matrix:
        """Return the counts, shape (n_documents, n_terms met so far).

        The columns are in the order of the terms' numbers.
        """
        found = [self._count_one(document, analyze) for document in documents]
        ends = np.cumsum([0, *(len(numbers) for numbers, _ in found)])
        none = (np.zeros(0, np.int32), np.zeros(0))
        numbers, counts = (np.concatenate(parts) for parts in zip(none, *found, strict=True))
        return csr_matrix((counts, numbers, ends), shape=(len(found), len(self.numbers)))

    def _count_one(
        self, document: Any, analyze: Callable[[Any], list[str]]
    ) -> tuple[np.ndarray, np.ndarray]:
        key = (
            document
            if isinstance(document, str)
            else tuple(
                str(document.get(name) or "")
                for name in ("text", "cue", "context", "speaker_role", "speaker")
            )
        )
        if key not in self._known:
            numbers = self.numbers
            places = np.fromiter(
                (numbers.setdefault(term, len(numbers)) for term in analyze(document)),
                dtype=np.int32,
            )
            kept, counts = np.unique(places, return_counts=True)
            self._known[key] = kept, counts.astype(np.float64)
        return self._known[key]


_SHARED: ContextVar[dict[Hashable, TermStore] | None] = ContextVar(
    "shared term stores", default=None
)


@contextmanager
def shared_counts() -> Iterator[None]:
    """While this block runs, count the terms of each document once for all pipelines.

    Counts are facts of one document alone. Which terms are kept and what they weigh is learned by
    each fit from its own documents, so a fold knows nothing of the rows left out.
    """
    token = _SHARED.set({})
    try:
        yield
    finally:
        _SHARED.reset(token)


class Tfidf(TransformerMixin, BaseEstimator):
    """Scikit-learn's `TfidfVectorizer` with logarithmic counts.

    The counts may be shared between fits (see `shared_counts`).

    Parameters
    ----------
    analyzer
        ``word`` or ``char_wb`` for texts, or a function from a row to its terms.
    ngram_range
        Shortest and longest n-gram; for ``word`` and ``char_wb``.
    min_df
        A term is kept that stands in at least so many documents.

    Attributes
    ----------
    idf_
        Weight of each term kept, in the order of `get_feature_names_out`.
    """

    def __init__(
        self, analyzer: Analyzer = "word", ngram_range: tuple[int, int] = (1, 1), min_df: int = 1
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.min_df = min_df

    def fit(self, X: Sequence[Any], y: object = None) -> Self:
        """Learn which terms there are and what each weighs."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Sequence[Any], y: object = None) -> csr_matrix:  # noqa: ARG002 - scikit-learn's signature
        """Learn, and return shape (n_documents, n_terms), rows of length 1."""
        store = self._store()
        counts = store.count(X, self._analyze())
        n_documents = np.bincount(counts.indices, minlength=counts.shape[1])
        names = list(store.numbers)
        # In alphabetical order, so that the columns do not depend on what else was counted.
        chosen = sorted(np.flatnonzero(n_documents >= self.min_df).tolist(), key=names.__getitem__)
        if not chosen:
            raise ValueError(f"no term stands in {self.min_df} of {len(X)} documents")
        self.terms_ = np.array([names[k] for k in chosen], dtype=object)
        self._weights = TfidfTransformer(sublinear_tf=True)
        kept = _columns(counts, chosen)
        found: csr_matrix = self._weights.fit_transform(kept)
        self.idf_ = self._weights.idf_
        return found

    def transform(self, X: Sequence[Any]) -> csr_matrix:
        """Return shape (n_documents, n_terms)."""
        store = self._store()
        counts = store.count(X, self._analyze())
        places = [store.numbers.get(term, -1) for term in self.terms_]
        return self._weights.transform(_columns(counts, places))

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:  # noqa: ARG002 - scikit-learn's signature
        """Return the terms."""
        return self.terms_

    def _store(self) -> TermStore:
        shared = _SHARED.get()
        return (
            TermStore()
            if shared is None
            else shared.setdefault((self.analyzer, *self.ngram_range), TermStore())
        )

    def _analyze(self) -> Callable[[Any], list[str]]:
        if callable(self.analyzer):
            return self.analyzer
        analyze: Callable[[Any], list[str]] = CountVectorizer(
            analyzer=self.analyzer, ngram_range=self.ngram_range
        ).build_analyzer()
        return analyze


def _columns(counts: csr_matrix, places: Sequence[int]) -> csr_matrix:
    """Return the columns at some places, in their order; a place of -1 is a column of zeros."""
    onto = np.full(counts.shape[1] + 1, -1, dtype=np.int32)
    onto[np.asarray(places, dtype=np.int64)] = np.arange(len(places), dtype=np.int32)
    onto[-1] = -1  # where a place of -1 wrote
    numbers = onto[counts.indices]
    kept = numbers >= 0
    ends = np.concatenate(([0], np.cumsum(kept)))[counts.indptr]
    found = csr_matrix(
        (counts.data[kept], numbers[kept], ends), shape=(counts.shape[0], len(places))
    )
    found.sort_indices()
    return found
