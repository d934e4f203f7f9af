"""Classifiers made of others: the soft vote, the stack, and neutral learned as two classes."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression

from stance.core.types import OFF_TARGET
from stance.features.feature_sets import Rows
from stance.labels.dataset import folds_by_article
from stance.models.link_functions import log_shares, softmax
from stance.training.linear import SOLVER, linear_of


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
        self.classes_ = np.array(sorted(set(y)))
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

    Unlike scikit-learn's it hands the labels on as they are: some classifiers look at what a label
    means.

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


class Stack(ClassifierMixin, BaseEstimator):
    """A logistic regression over the logarithms of the members' probabilities.

    Learned from predictions out of fold.

    The folds share no article, so the members have not seen the quotes on which the regression
    learns whom to trust.

    Parameters
    ----------
    members
        Pairs of name and pipeline.
    folds
        Number of folds.
    C
        Of the logistic regression.
    seed
        Of the folds.
    """

    def __init__(
        self, members: Sequence[tuple[str, Any]], folds: int = 5, C: float = 0.1, seed: int = 13
    ) -> None:
        self.members = members
        self.folds = folds
        self.C = C
        self.seed = seed

    def fit(self, X: Any, y: Sequence[Any]) -> Self:
        """Learn from a table with a column ``article``."""
        labels = np.asarray(y)
        self.classes_ = np.unique(labels)
        shares = np.zeros((len(X), len(self.members), len(self.classes_)))
        for learned, left_out in folds_by_article(X, self.folds, self.seed):
            for number, (_, member) in enumerate(self.members):
                fitted = clone(member).fit(X.iloc[learned], labels[learned])
                # A rare class may be missing from a fold.
                places = np.searchsorted(self.classes_, fitted.classes_)
                shares[np.ix_(left_out, np.array([number]), places)] = fitted.predict_proba(
                    X.iloc[left_out]
                )[:, None]
        self.final_ = LogisticRegression(C=self.C, solver=SOLVER, max_iter=200).fit(
            log_shares(shares), labels
        )
        self.fitted_ = [clone(member).fit(X, labels) for _, member in self.members]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shape (n_rows, n_classes), columns in the order of ``classes_``."""
        shares = np.stack([one.predict_proba(X) for one in self.fitted_], axis=1)
        final = linear_of(self.final_)
        assert final is not None  # noqa: S101 - a logistic regression always has columns
        return softmax(log_shares(shares) @ final.coef.T + final.intercept)

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])
