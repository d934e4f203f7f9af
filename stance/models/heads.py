"""What one member of a model computes: from rows to probabilities, with numpy and onnxruntime."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from stance.core.errors import ModelError
from stance.core.link_functions import softmax
from stance.features.row_text import VIEWS, view_of


class Head(Protocol):
    """From rows to probabilities, shape (n_rows, n_classes).

    The columns are in the member's own order of classes.
    """

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities."""
        ...


class Constant:
    """The same probabilities for every row."""

    def __init__(self, constant: np.ndarray) -> None:
        if constant.min() < 0 or abs(constant.sum() - 1) > 1e-3:
            raise ValueError(f"{constant.tolist()} are no probabilities")
        self.constant = constant

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the same probabilities for each row."""
        return np.tile(self.constant, (len(rows), 1))


class EncoderLinear:
    """A frozen sentence encoder, and a multinomial logistic regression over its vectors.

    Parameters
    ----------
    description
        ``view``, ``encoder`` and the encoder's ``digest``.
    arrays
        ``coef`` and ``intercept`` of the regression.

    Raises
    ------
    ValueError
        If the view is unknown.
    """

    def __init__(self, description: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        if description["view"] not in VIEWS:
            raise ValueError(f"view {description['view']!r} is unknown")
        self.view = str(description["view"])
        self.encoder = str(description["encoder"])
        self.digest = description["digest"]
        self.coef = arrays["coef"].T.copy()
        self.intercept = arrays["intercept"]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        return softmax(np.asarray(self._vectors(rows) @ self.coef + self.intercept))

    def _vectors(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return shape (n_rows, n_dims); the encoder is loaded at the first call."""
        from stance.features.sentence_encoder import get_encoder

        encoder = get_encoder(self.encoder)
        if encoder.digest != self.digest:
            raise ModelError(
                f"encoder {self.encoder!r} is not the one that the model was trained with; "
                "install that version, or train the model again"
            )
        if encoder.n_dims != len(self.coef):
            raise ModelError(
                f"encoder {self.encoder!r} gives {encoder.n_dims} numbers for a text, the model "
                f"expects {len(self.coef)}; train it anew"
            )
        return encoder.encode([view_of(row, self.view) for row in rows])
