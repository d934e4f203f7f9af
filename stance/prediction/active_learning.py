"""Which quotes are most worth labelling next."""

from collections.abc import Sequence

import numpy as np

from stance.core.types import STANCES, Article, Prediction, Quote
from stance.extraction.text.context import context_of
from stance.features.row_text import view_of
from stance.features.sentence_encoder import get_encoder
from stance.prediction.model import Model


def uncertainty(predictions: Sequence[Prediction]) -> np.ndarray:
    """Return how uncertain the model is of each quote.

    It is the entropy of its probabilities, scaled to 0 … 1.
    """
    probabilities = np.array(
        [[one.probabilities[stance] for stance in STANCES] for one in predictions]
    ).reshape(-1, len(STANCES))
    entropy = -(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=1)
    return np.asarray(entropy / np.log(len(STANCES)))


def rank(vectors: np.ndarray, unsure: np.ndarray, n_most: int) -> list[int]:
    """Return the places of the quotes most worth labelling, best first.

    Each choice is the quote whose uncertainty times its distance from all chosen ones is largest,
    so that ten versions of one sentence do not fill the list (greedy k-center, Sener and Savarese
    2018, arXiv:1708.00489, weighted by entropy).

    Parameters
    ----------
    vectors
        Shape (n_quotes, n_dims), rows of length 1.
    unsure
        Shape (n_quotes,), 0 … 1.
    n_most
        How many to choose; fewer where there are fewer quotes.
    """
    distance = np.ones(len(vectors))
    left = np.ones(len(vectors), dtype=bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < n_most:
        # A quote that equals a chosen one keeps a little worth: it comes last, not never.
        worth = np.where(left, (unsure + 1e-6) * (distance + 1e-6), -1.0)
        best = int(worth.argmax())
        chosen.append(best)
        left[best] = False
        distance = np.minimum(distance, 1 - vectors @ vectors[best])
    return chosen


def most_worth(
    model: Model, pool: Sequence[tuple[Article, Quote]], n_most: int
) -> list[tuple[Article, Quote, Prediction]]:
    """Return the quotes of the pool that are most worth labelling, best first.

    Each comes with the model's prediction.
    """
    if not pool:
        return []
    rows = [
        {
            "id": quote.id,
            "text": quote.text,
            "cue": quote.cue,
            "context": context_of(article, quote),
        }
        for article, quote in pool
    ]
    found = list(model.predict_many(rows))
    vectors = get_encoder("minilm").encode([view_of(row, "cue+text") for row in rows])
    return [(*pool[k], found[k]) for k in rank(vectors, uncertainty(found), n_most)]
