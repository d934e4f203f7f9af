"""Named classifiers, and the pipeline of features and classifier that an experiment describes."""

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.features import FEATURES, QuoteText


def majority() -> DummyClassifier:
    """The baseline: the shares of the labels in the training data, whatever the text."""
    return DummyClassifier(strategy="prior")


def logreg(C: float = 1.0, class_weight: str | None = None, max_iter: int = 2000) -> LogisticRegression:
    """Multinomial logistic regression."""
    return LogisticRegression(C=C, class_weight=class_weight, max_iter=max_iter)


CLASSIFIERS: dict[str, Callable[..., Any]] = {"majority": majority, "logreg": logreg}


def build_member(features: dict[str, Any], classifier: dict[str, Any]) -> Pipeline:
    """Return the pipeline of one member; each description is ``{"kind": …, option: value, …}``."""
    feature_options = {key: value for key, value in features.items() if key != "kind"}
    options = {key: value for key, value in classifier.items() if key != "kind"}
    transformer = QuoteText() if features["kind"] == "none" else FEATURES[features["kind"]](**feature_options)
    return Pipeline([("features", transformer), ("classifier", CLASSIFIERS[classifier["kind"]](**options))])


def build_pipeline(members: Sequence[dict[str, Any]]) -> Pipeline | VotingClassifier:
    """Return one member's pipeline, or the soft vote of several: the mean of their probabilities, by their weights."""
    built = [build_member(one["features"], one["classifier"]) for one in members]
    if len(built) == 1:
        return built[0]
    names = [f"{one['features']['kind']}-{number}" for number, one in enumerate(members, 1)]
    return VotingClassifier(list(zip(names, built, strict=True)), voting="soft", weights=[one["weight"] for one in members])
