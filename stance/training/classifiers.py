"""Named classifiers, and the pipeline of features and classifier that an experiment describes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.core.types import STANCES
from stance.features.feature_sets import FEATURES, QuoteText
from stance.training.ensembles import NeutralInTwo, Stack, Vote
from stance.training.finetuning import FineTuned
from stance.training.linear import SOLVER, Ordinal, Svm, TwoStep


def majority() -> DummyClassifier:
    """The baseline: the shares of the labels in the training data, whatever the text."""
    return DummyClassifier(strategy="prior")


def logreg(
    C: float = 1.0, class_weight: str | None = None, max_iter: int = 200
) -> LogisticRegression:
    """Multinomial logistic regression."""
    return LogisticRegression(C=C, class_weight=class_weight, max_iter=max_iter, solver=SOLVER)


def boosting(
    rounds: int = 100, learning_rate: float = 0.1, leaves: int = 15, l2: float = 1.0, seed: int = 13
) -> HistGradientBoostingClassifier:
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
        max_iter=rounds,
        learning_rate=learning_rate,
        max_leaf_nodes=leaves,
        l2_regularization=l2,
        early_stopping=False,
        random_state=seed,
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
    transformer = (
        QuoteText() if features["kind"] == "none" else FEATURES[features["kind"]](**feature_options)
    )
    return Pipeline(
        [("features", transformer), ("classifier", CLASSIFIERS[classifier["kind"]](**options))]
    )


def build_pipeline(
    members: Sequence[dict[str, Any]],
    *,
    neutral_in_two: bool = False,
    stack: dict[str, Any] | None = None,
) -> Any:
    """Return one member's pipeline, or the soft vote of several, or their stack.

    Parameters
    ----------
    members
        Per member ``features``, ``classifier`` and ``weight``.
    neutral_in_two
        Wrap it in `NeutralInTwo`.
    stack
        Options of `stance.training.ensembles.Stack`; None: a vote.
    """
    named = [
        (f"{one['features']['kind']}-{number}", build_member(one["features"], one["classifier"]))
        for number, one in enumerate(members, 1)
    ]
    if stack is not None:
        whole: Any = Stack(named, **stack)
    else:
        whole = named[0][1] if len(named) == 1 else Vote(named, [one["weight"] for one in members])
    return NeutralInTwo(whole) if neutral_in_two else whole


def probabilities(pipeline: Any, X: Any) -> np.ndarray:
    """Return the pipeline's probabilities with columns in the codebook's order.

    Shape (n_quotes, 5).
    """
    out = np.zeros((len(X), len(STANCES)))
    out[:, [STANCES.index(str(one)) for one in pipeline.classes_]] = pipeline.predict_proba(X)
    return out
