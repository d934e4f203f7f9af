"""Named classifiers, and the pipeline of features and classifier that an experiment describes."""

from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.features import FEATURES, QuoteText, Rows
from stance.finetune import FineTuned
from stance.records import OFF_TARGET


def majority() -> DummyClassifier:
    """The baseline: the shares of the labels in the training data, whatever the text."""
    return DummyClassifier(strategy="prior")


def logreg(C: float = 1.0, class_weight: str | None = None, max_iter: int = 200) -> LogisticRegression:
    """Multinomial logistic regression."""
    # On 60,000 sparse columns newton-cg takes a quarter of the time of lbfgs and ends nearer to the optimum.
    return LogisticRegression(C=C, class_weight=class_weight, max_iter=max_iter, solver="newton-cg")


CLASSIFIERS: dict[str, Callable[..., Any]] = {"majority": majority, "logreg": logreg, "finetuned": FineTuned}


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


def build_pipeline(members: Sequence[dict[str, Any]], *, neutral_in_two: bool = False) -> Any:
    """Return one member's pipeline, or the soft vote of several: the mean of their probabilities, by their weights.

    Parameters
    ----------
    members
        Per member ``features``, ``classifier`` and ``weight``.
    neutral_in_two
        Wrap it in `NeutralInTwo`.
    """
    vote = _vote(members)
    return NeutralInTwo(vote) if neutral_in_two else vote


def _vote(members: Sequence[dict[str, Any]]) -> Pipeline | VotingClassifier:
    built = [build_member(one["features"], one["classifier"]) for one in members]
    if len(built) == 1:
        return built[0]
    names = [f"{one['features']['kind']}-{number}" for number, one in enumerate(members, 1)]
    return VotingClassifier(list(zip(names, built, strict=True)), voting="soft", weights=[one["weight"] for one in members])
