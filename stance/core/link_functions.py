"""From linear scores to probabilities. Training and prediction share these functions."""

import numpy as np


def softmax(values: np.ndarray) -> np.ndarray:
    """Return exp(values) scaled to sum 1 over the last axis, without overflow."""
    grown = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def logistic(values: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-values)), without overflow."""
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1.0 + small))
