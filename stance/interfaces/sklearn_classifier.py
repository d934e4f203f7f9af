"""The trained model as scikit-learn sees a classifier: in its pipelines, searches and scores."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

import stance
from stance.core.types import STANCES
from stance.prediction.model import Model


class StanceClassifier(ClassifierMixin, BaseEstimator):
    """A trained `stance` model behind scikit-learn's interface.

    Parameters
    ----------
    model
        What `stance.load` takes; by default the champion.
    abstained
        The label of a text that cannot be judged (empty, not English).

    Notes
    -----
    ``X`` is a list of texts, of rows (dictionaries with text, cue, context) or a table with such
    columns. Fitting learns nothing: the model was trained elsewhere (``stance train``).

    Examples
    --------
    >>> from stance.interfaces.sklearn_classifier import StanceClassifier
    >>> StanceClassifier().predict(["We are ready for talks."])  # doctest: +SKIP
    array(['support'], dtype='<U11')
    """

    def __init__(self, model: str | None = None, abstained: str = "neutral") -> None:
        self.model = model
        self.abstained = abstained

    @property
    def classes_(self) -> np.ndarray:
        """The stances, in the order of `predict_proba`'s columns."""
        return np.array(STANCES)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Learn nothing."""
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return one stance a text, shape (n_texts,)."""
        return np.array([one.stance or self.abstained for one in self._found(X)])

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shape (n_texts, 5), columns in the order of ``classes_``."""
        return np.array(
            [[one.probabilities[stance] for stance in STANCES] for one in self._found(X)]
        ).reshape(-1, len(STANCES))

    def _found(self, X: Iterable[Any]) -> list[stance.Prediction]:
        return list(self._loaded().predict_many(X))

    def _loaded(self) -> Model:
        # Kept beside the parameters, so that a clone and a pickle carry only those.
        kept: tuple[str | None, Model] | None = self.__dict__.get("_kept")
        if kept is None or kept[0] != self.model:
            kept = self._kept = (self.model, stance.load(self.model))
        return kept[1]

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name != "_kept"}
