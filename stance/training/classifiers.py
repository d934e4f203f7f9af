"""Named classifiers, and the pipeline of features and classifier that an experiment describes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.core.types import STANCES
from stance.features.feature_sets import FEATURES
from stance.training.adapters import AdaptedClassifier
from stance.training.ensembles import NeutralInTwo, Vote
from stance.training.refitted_heads import RefittedHead

# On 60,000 sparse columns a quarter of the time of lbfgs, and nearer to the optimum.
SOLVER = "newton-cg"


def majority() -> DummyClassifier:
    """The baseline: how often each label occurs in the training data, whatever the text."""
    return DummyClassifier(strategy="prior")


def logreg(
    C: float = 1.0, class_weight: str | None = None, max_iter: int = 200
) -> LogisticRegression:
    """Multinomial logistic regression."""
    return LogisticRegression(C=C, class_weight=class_weight, max_iter=max_iter, solver=SOLVER)


def adapter(**settings: Any) -> AdaptedClassifier:
    """An encoder adapted to the task; it reports the progress of its training."""
    return AdaptedClassifier(**settings, say=print)


CLASSIFIERS: dict[str, Callable[..., Any]] = {
    "majority": majority,
    "logreg": logreg,
    "adapter": adapter,
    "head": RefittedHead,
}


def build_member(features: dict[str, Any], classifier: dict[str, Any]) -> Pipeline:
    """Return the pipeline of one member; each description is ``{"kind": …, option: value, …}``."""
    feature_options = {key: value for key, value in features.items() if key != "kind"}
    options = {key: value for key, value in classifier.items() if key != "kind"}
    return Pipeline(
        [
            ("features", FEATURES[features["kind"]](**feature_options)),
            ("classifier", CLASSIFIERS[classifier["kind"]](**options)),
        ]
    )


def build_pipeline(members: Sequence[dict[str, Any]], *, neutral_in_two: bool = False) -> Any:
    """Return the pipeline of the member, or the soft vote where there are several.

    Parameters
    ----------
    members
        Each member's ``features``, ``classifier`` and ``weight``.
    neutral_in_two
        Wrap it in `NeutralInTwo`.
    """
    pipelines = [
        (
            f"{member['features']['kind']}-{number}",
            build_member(member["features"], member["classifier"]),
        )
        for number, member in enumerate(members, 1)
    ]
    whole: Any = (
        pipelines[0][1]
        if len(pipelines) == 1
        else Vote(pipelines, [member["weight"] for member in members])
    )
    return NeutralInTwo(whole) if neutral_in_two else whole


def probabilities(pipeline: Any, X: Any) -> np.ndarray:
    """Return the pipeline's probabilities with columns in the codebook's order.

    The shape is (n_quotes, 5).
    """
    out = np.zeros((len(X), len(STANCES)))
    columns = [STANCES.index(str(stance)) for stance in pipeline.classes_]
    out[:, columns] = pipeline.predict_proba(X)
    return out
