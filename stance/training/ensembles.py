"""Classifiers made of others: the soft vote, and neutral learned as two classes."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from stance.core.types import OFF_TARGET
from stance.features.feature_sets import Rows


class NeutralInTwo(ClassifierMixin, BaseEstimator):
    """Learn *neutral* as two classes, on and off the target, and answer their sum.

    A neutral quote about the talks (dates, places, another's position) and one about anything else
    have hardly a word in common; a linear model draws a better border around each than around
    both.

    Parameters
    ----------
    inner
        The classifier of the six classes.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, X: pd.DataFrame, y: Sequence[str]) -> Self:
        """Learn from a table with a column ``on_target``."""
        labels = np.array(
            [
                OFF_TARGET if stance == "neutral" and not on else stance
                for stance, on in zip(y, X["on_target"], strict=True)
            ]
        )
        self.inner_ = clone(self.inner).fit(X, labels)
        # Not those of y: a head that was fitted anew keeps classes that a few labels lack.
        self.classes_ = np.array(sorted(set(self.inner_classes())))
        return self

    def predict_proba(self, X: Rows) -> np.ndarray:
        """Return shape (n_quotes, n_classes), columns in the order of ``classes_``."""
        six = self.inner_.predict_proba(X)
        out = np.zeros((len(six), len(self.classes_)))
        for column, name in enumerate(self.inner_classes()):
            out[:, list(self.classes_).index(name)] += six[:, column]
        return out

    def inner_classes(self) -> list[str]:
        """Return the stance that each column of the inner classifier counts for."""
        return ["neutral" if one == OFF_TARGET else str(one) for one in self.inner_.classes_]

    def predict(self, X: Rows) -> np.ndarray:
        """Return the likeliest stance of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class Vote(ClassifierMixin, BaseEstimator):
    """The soft vote of several pipelines: the mean of their probabilities, by their weights.

    Unlike scikit-learn's `VotingClassifier` it hands the labels on as names, not as numbers.

    Parameters
    ----------
    members
        Pairs of name and pipeline.
    weights
        One a member.
    """

    def __init__(self, members: Sequence[tuple[str, Any]], weights: Sequence[float]) -> None:
        self.members = members
        self.weights = weights

    def fit(self, X: Rows, y: Sequence[Any]) -> Self:
        """Fit every member."""
        labels = np.asarray(y)
        self.fitted_ = [clone(member).fit(X, labels) for _, member in self.members]
        self.classes_ = np.unique(labels)
        return self

    def predict_proba(self, X: Rows) -> np.ndarray:
        """Return shape (n_quotes, n_classes), columns in the order of ``classes_``."""
        return np.asarray(
            np.average([one.predict_proba(X) for one in self.fitted_], axis=0, weights=self.weights)
        )

    def predict(self, X: Rows) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
