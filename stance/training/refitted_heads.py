"""The linear head of an adapted model, fitted anew to few labels without forgetting what it knew.

The encoder stays as it is, so a fit takes seconds once the texts are encoded.
"""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from stance.core.errors import ModelError
from stance.core.link_functions import softmax
from stance.core.types import OFF_TARGET
from stance.encoders.adapters import head_sums
from stance.features.feature_sets import Rows, to_rows
from stance.features.row_text import view_of
from stance.features.sentence_encoder import cached_vectors
from stance.models.adapter import AdaptedEncoder
from stance.models.folder import PortableModel, read_model
from stance.tracking.resolve import resolve


class RefittedHead(ClassifierMixin, BaseEstimator):
    """An adapted encoder whose head starts from the one it has and is pulled towards new labels.

    Parameters
    ----------
    model
        The adapted model to start from, as `stance.tracking.resolve.resolve` takes it.
    pull
        How firmly the head stays where it was: the weight of the squared change against the
        surprise of one label. Without labels nothing changes; the more labels, the less it counts.

    Attributes
    ----------
    adapter_
        The adapter with the new head, safetensors, as bytes.

    Notes
    -----
    A penalty on the distance from the starting point: Li et al. 2018 (L2-SP),
    arxiv.org/abs/1802.01483. The start is divided by the model's temperature, so that its
    probabilities are the calibrated ones.
    """

    def __init__(self, model: str = "standard", pull: float = 10.0) -> None:
        self.model = model
        self.pull = pull

    def fit(self, X: Rows, y: Sequence[Any]) -> Self:
        """Fit the head to rows with a ``text`` (and ``cue``).

        Raises
        ------
        ModelError
            If the model is no adapted encoder alone.
        """
        portable = read_model(resolve(self.model))
        self.base_ = adapted_member(portable, self.model)
        self.classes_ = np.array(class_names(portable.members[0][1]))
        temperature = float(portable.card.get("temperature", 1.0))
        start = np.hstack([self.base_.head[0], self.base_.head[1][:, None]]) / temperature
        places = {name: k for k, name in enumerate(self.classes_)}
        columns = np.array([places.get(name, places["neutral"]) for name in map(str, y)])
        vectors = np.hstack([self._vectors(X), np.ones((len(columns), 1))])
        self.head_ = fit_head(vectors, columns, start, self.pull)
        self.adapter_ = self.base_.with_head(self.head_[:, :-1], self.head_[:, -1])
        return self

    def predict_proba(self, X: Rows) -> np.ndarray:
        """Return shape (n_quotes, n_classes)."""
        return softmax(head_sums(self._vectors(X), self.head_[:, :-1], self.head_[:, -1]))

    def predict(self, X: Rows) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def description(self) -> dict[str, Any]:
        """Return what `stance.models.adapter.AdaptedEncoder` needs besides the adapter."""
        base = self.base_
        return {
            "view": base.view,
            "encoder": base.encoder,
            "digest": base.digest,
            "scale": base.scale,
            "classes": [str(name) for name in self.classes_],
        }

    def _vectors(self, X: Rows) -> np.ndarray:
        texts = [view_of(row, self.base_.view) for row in to_rows(X)]
        key = f"adapted-{self.base_.network_key[:12]}"
        return cached_vectors(texts, key, self.base_.vectors).astype(np.float64)


def fit_head(
    vectors: np.ndarray, columns: np.ndarray, start: np.ndarray, pull: float
) -> np.ndarray:
    """Return a head, shape (n_classes, n_dims).

    It has the smallest sum of surprise at the labels and ``pull`` / 2 times its squared distance
    from ``start``.

    Parameters
    ----------
    vectors
        Shape (n_rows, n_dims), a 1 in the last column.
    columns
        Each row's class, shape (n_rows,).
    """
    from scipy.optimize import minimize

    truth = np.eye(len(start))[columns]

    def loss(change: np.ndarray) -> tuple[float, np.ndarray]:
        change = change.reshape(start.shape)
        given = softmax(vectors @ (start + change).T)
        surprise = -np.log(np.maximum((given * truth).sum(axis=1), 1e-300)).sum()
        slope = (given - truth).T @ vectors + pull * change
        return float(surprise + pull / 2 * (change**2).sum()), slope.ravel()

    found = minimize(loss, np.zeros(start.size), jac=True, method="L-BFGS-B")
    return np.asarray(start + found.x.reshape(start.shape))


def adapted_member(model: PortableModel, name: str) -> AdaptedEncoder:
    """Return the adapted encoder that a model consists of.

    Raises
    ------
    ModelError
        If it consists of anything else.
    """
    heads = [head for _, _, head in model.members]
    if len(heads) != 1 or not isinstance(heads[0], AdaptedEncoder):
        raise ModelError(
            f"model {name!r} is no adapted encoder, so it has no head to fit anew; name one that "
            "is, such as standard"
        )
    return heads[0]


def class_names(stances: Sequence[str]) -> list[str]:
    """Return the names of the classes that count for these stances.

    Neutral off the target is the second of two that count for neutral: classes are sorted.
    """
    return [
        OFF_TARGET if name == "neutral" and "neutral" in stances[:k] else name
        for k, name in enumerate(stances)
    ]
