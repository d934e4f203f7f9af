"""Named classifiers, and the pipeline of features and classifier that an experiment describes."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.features import FEATURES, QuoteText, Rows
from stance.finetune import FineTuned
from stance.linear import SOLVER, Ordinal, Stack, Svm, TwoStep
from stance.records import OFF_TARGET


def majority() -> DummyClassifier:
    """The baseline: the shares of the labels in the training data, whatever the text."""
    return DummyClassifier(strategy="prior")


def logreg(C: float = 1.0, class_weight: str | None = None, max_iter: int = 200) -> LogisticRegression:
    """Multinomial logistic regression."""
    return LogisticRegression(C=C, class_weight=class_weight, max_iter=max_iter, solver=SOLVER)


def boosting(rounds: int = 100, learning_rate: float = 0.1, leaves: int = 15, l2: float = 1.0, seed: int = 13) -> HistGradientBoostingClassifier:
    """Gradient-boosted trees over dense features.

    Parameters
    ----------
    rounds
        Trees for each class.
    learning_rate
        Share of each tree's answer that is added, from above 0 to 1.
    leaves
        Most leaves of a tree.
    l2
        Strength of regularisation, from 0.
    """
    return HistGradientBoostingClassifier(
        max_iter=rounds, learning_rate=learning_rate, max_leaf_nodes=leaves, l2_regularization=l2, early_stopping=False, random_state=seed
    )


CLASSIFIERS: dict[str, Callable[..., Any]] = {
    "majority": majority,
    "logreg": logreg,
    "svm": Svm,
    "two-step": TwoStep,
    "ordinal": Ordinal,
    "boosting": boosting,
    "finetuned": FineTuned,
}


def build_member(features: dict[str, Any], classifier: dict[str, Any]) -> Pipeline:
    """Return the pipeline of one member; each description is ``{"kind": …, option: value, …}``."""
    feature_options = {key: value for key, value in features.items() if key != "kind"}
    options = {key: value for key, value in classifier.items() if key != "kind"}
    transformer = QuoteText() if features["kind"] == "none" else FEATURES[features["kind"]](**feature_options)
    return Pipeline([("features", transformer), ("classifier", CLASSIFIERS[classifier["kind"]](**options))])


class NeutralInTwo(ClassifierMixin, BaseEstimator):
    """Learn *neutral* as two classes, on and off the target, and answer their sum.

    A neutral quote about the talks (dates, places, another's position) and one about anything else have hardly a word in common; a linear
    model draws a better border around each than around both.

    Parameters
    ----------
    inner
        The classifier of the six classes.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, X: pd.DataFrame, y: Sequence[str]) -> Self:
        """Learn from a table with a column ``on_target``."""
        labels = np.array([OFF_TARGET if stance == "neutral" and not on else stance for stance, on in zip(y, X["on_target"], strict=True)])
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

    Unlike scikit-learn's it hands the labels on as they are: some classifiers look at what a label means.

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
        return np.asarray(np.average([one.predict_proba(X) for one in self.fitted_], axis=0, weights=self.weights))

    def predict(self, X: Rows) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


def build_pipeline(members: Sequence[dict[str, Any]], *, neutral_in_two: bool = False, stack: dict[str, Any] | None = None) -> Any:
    """Return one member's pipeline, or the soft vote of several, or their stack.

    Parameters
    ----------
    members
        Per member ``features``, ``classifier`` and ``weight``.
    neutral_in_two
        Wrap it in `NeutralInTwo`.
    stack
        Options of `stance.linear.Stack`; None: a vote.
    """
    named = [(f"{one['features']['kind']}-{number}", build_member(one["features"], one["classifier"])) for number, one in enumerate(members, 1)]
    if stack is not None:
        whole: Any = Stack(named, **stack)
    else:
        whole = named[0][1] if len(named) == 1 else Vote(named, [one["weight"] for one in members])
    return NeutralInTwo(whole) if neutral_in_two else whole
