"""Classifiers that are linear in their features and no plain logistic regression.

Each can say its columns (`LinearForm`) to the model folder.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from stance.core.errors import ConfigError
from stance.core.types import OFF_TARGET, VALUES
from stance.models.link_functions import LINKS

# on 60,000 sparse columns a quarter of the time of lbfgs, and nearer to the optimum
SOLVER = "newton-cg"


class LinearForm(NamedTuple):
    """Scores are X @ coef.T + intercept.

    ``link`` makes them probabilities of ``classes``, in that order.
    """

    coef: np.ndarray
    intercept: np.ndarray
    link: str
    classes: list[Any]


def linear_of(classifier: Any) -> LinearForm | None:
    """Return a fitted classifier's columns; None where it has none."""
    if isinstance(classifier, LogisticRegression):
        coef, intercept = classifier.coef_, classifier.intercept_
        if len(classifier.classes_) == 2:
            # Two classes come as one row; softmax over (0, z) is the logistic function of z.
            coef, intercept = np.vstack([np.zeros_like(coef), coef]), np.append(0.0, intercept)
        return LinearForm(coef, intercept, "softmax", list(classifier.classes_))
    return classifier.linear() if isinstance(classifier, _Columns) else None


class _Columns(ClassifierMixin, BaseEstimator):
    """What the classifiers here share.

    Probabilities by their columns, as a model folder computes them.
    """

    classes_: np.ndarray

    def linear(self) -> LinearForm:
        """Return the columns."""
        raise NotImplementedError

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shape (n_rows, n_classes), columns in the order of ``classes_``."""
        coef, intercept, link, classes = self.linear()
        found = LINKS[link](np.asarray(X @ coef.T) + intercept)
        return found[:, [classes.index(one) for one in self.classes_]]

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class Svm(_Columns):
    """LinearForm support vector machines, one a class against the rest.

    Probabilities are the softmax of their margins.

    Right in order, not calibrated: an experiment's temperature, fitted on predictions out of fold,
    makes them mean what they say.

    Parameters
    ----------
    C
        Weight of the errors.
    sharpness
        Factor on the margins.
    class_weight
        As in scikit-learn.
    """

    def __init__(
        self, C: float = 0.3, sharpness: float = 2.0, class_weight: str | None = None
    ) -> None:
        self.C = C
        self.sharpness = sharpness
        self.class_weight = class_weight

    def fit(self, X: Any, y: Sequence[Any]) -> Self:
        """Learn."""
        self.machine_ = LinearSVC(C=self.C, class_weight=self.class_weight, random_state=0).fit(
            X, y
        )
        self.classes_ = self.machine_.classes_
        return self

    def linear(self) -> LinearForm:
        """Return the margins' columns."""
        coef, intercept = self.machine_.coef_, self.machine_.intercept_
        if len(self.classes_) == 2:
            coef, intercept = np.vstack([-coef, coef]) / 2, np.append(-intercept, intercept) / 2
        return LinearForm(
            self.sharpness * coef, self.sharpness * intercept, "softmax", list(self.classes_)
        )


class TwoStep(_Columns):
    """First whether a quote speaks of the target at all, then, learned from those that do only.

    Which stance it takes.

    Without the two kinds of neutral (``neutral_in_two``) the first step asks for neutral.

    Parameters
    ----------
    C, C_first
        Of the logistic regressions of the second and the first step.
    """

    def __init__(self, C: float = 5.0, C_first: float = 5.0) -> None:
        self.C = C
        self.C_first = C_first

    def fit(self, X: Any, y: Sequence[Any]) -> Self:
        """Learn both steps.

        Raises
        ------
        ConfigError
            If there are not quotes on and off the target, with two stances among the former.
        """
        labels = np.asarray(y)
        self.off_ = OFF_TARGET if OFF_TARGET in set(labels) else "neutral"
        on = labels != self.off_
        if on.all() or len(set(labels[on])) < 2:
            raise ConfigError(
                "classifier two-step: needs quotes on and off the target and two stances to learn "
                "from; use more reports or logreg"
            )
        self.classes_ = np.unique(labels)
        self.first_ = LogisticRegression(C=self.C_first, solver=SOLVER, max_iter=200).fit(X, on)
        self.second_ = LogisticRegression(C=self.C, solver=SOLVER, max_iter=200).fit(
            X[np.flatnonzero(on)], labels[on]
        )
        return self

    def linear(self) -> LinearForm:
        """Return the first step's column, then the second's."""
        second = linear_of(self.second_)
        assert second is not None  # noqa: S101 - a logistic regression always has columns
        coef, intercept = (
            np.vstack([self.first_.coef_, second.coef]),
            np.concatenate([self.first_.intercept_, second.intercept]),
        )
        return LinearForm(coef, intercept, "two-step", [self.off_, *second.classes])


class Ordinal(_Columns):
    """The stances as places on one axis, from oppose to support with neutral in the middle.

    One logistic regression a border between neighbours.

    Parameters
    ----------
    C
        Of each logistic regression.
    """

    def __init__(self, C: float = 5.0) -> None:
        self.C = C

    def fit(self, X: Any, y: Sequence[Any]) -> Self:
        """Learn the borders.

        Raises
        ------
        ConfigError
            If a label has no place between oppose and support.
        """
        labels = np.asarray(y)
        unknown = sorted(set(labels.tolist()) - set(VALUES))
        if unknown:
            raise ConfigError(
                f"classifier ordinal: {unknown[0]!r} has no place between oppose and support; set "
                "neutral_in_two = false"
            )
        self.classes_ = np.unique(labels)
        self.order_ = sorted(self.classes_.tolist(), key=VALUES.__getitem__)
        places = np.array([self.order_.index(one) for one in labels])
        self.borders_ = [
            LogisticRegression(C=self.C, solver=SOLVER, max_iter=200).fit(X, places > k)
            for k in range(len(self.order_) - 1)
        ]
        return self

    def linear(self) -> LinearForm:
        """Return one column a border."""
        coef, intercept = (
            np.concatenate([getattr(one, name) for one in self.borders_])
            for name in ("coef_", "intercept_")
        )
        return LinearForm(coef, intercept, "ordinal", self.order_)
