"""From linear scores to probabilities: how a linear model's columns are read.

Needs numpy only, so that training and prediction share it.
"""

from collections.abc import Callable

import numpy as np

FLOOR = 1e-4  # a member that is quite sure and wrong must not outweigh all others


def softmax(values: np.ndarray) -> np.ndarray:
    """Return exp(values) scaled to sum 1 over the last axis, without overflow."""
    grown = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def logistic(values: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-values)), without overflow."""
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1.0 + small))


def two_step(values: np.ndarray) -> np.ndarray:
    """Return the probabilities of a first decision and, where it says yes.

    Of a second among several.

    Parameters
    ----------
    values
        Shape (n, 1 + k): the first decision's score for yes, then one score for each of the k
        classes of the second.

    Returns
    -------
    ndarray of shape (n, 1 + k)
        No to the first, then the k classes.
    """
    yes = logistic(values[:, :1])
    return np.hstack([1 - yes, yes * softmax(values[:, 1:])])


def ordinal(values: np.ndarray) -> np.ndarray:
    """Return the probabilities of k + 1 classes in order.

    From the scores of lying above each of the k borders, shape (n, k) -> (n, k + 1).

    Source: Frank and Hall 2001, doi:10.1007/3-540-44795-4_13. Borders are learned apart; where a
    higher one is said to be passed more surely than a lower one, it is as sure as the lower one.
    """
    above = np.minimum.accumulate(logistic(values), axis=1)
    ends = np.ones((len(values), 1))
    return np.asarray(np.hstack([ends, above]) - np.hstack([above, 0 * ends]))


def log_shares(shares: np.ndarray) -> np.ndarray:
    """Return what a stack reads.

    The logarithms of its members' probabilities, shape (n, n_members, k) -> (n, n_members * k).
    """
    return np.asarray(np.log(np.maximum(shares, FLOOR)).reshape(len(shares), -1))


LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "softmax": softmax,
    "two-step": two_step,
    "ordinal": ordinal,
}
