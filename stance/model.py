"""From a fitted scikit-learn pipeline to a model folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.classifiers import NeutralInTwo
from stance.encoders import ENCODERS
from stance.errors import ModelError
from stance.features import SentenceVectors
from stance.finetune import FineTuned
from stance.portable import NETWORK, ROW_ANALYZERS, TOKENIZER, write_model
from stance.records import STANCES

Described = tuple[dict[str, Any], dict[str, Any]]


def describe(pipeline: Any) -> list[Described]:
    """Return per member what it is, and its arrays and files: all that prediction needs.

    Raises
    ------
    ModelError
        If a part of the pipeline has no portable form.
    """
    if isinstance(pipeline, NeutralInTwo):
        counts_for = dict(zip(pipeline.inner_.classes_, pipeline.inner_classes(), strict=True))
        six = describe(pipeline.inner_)
        return [({**description, "classes": [counts_for[one] for one in description["classes"]]}, arrays) for description, arrays in six]
    if not isinstance(pipeline, VotingClassifier):
        return [_member(pipeline, list(pipeline.classes_), 1.0)]
    weights = pipeline.weights or [1.0] * len(pipeline.estimators_)
    # VotingClassifier trains its members on encoded labels: 0, 1, … stand for its own classes_.
    return [_member(one, list(pipeline.classes_[one.classes_]), weight) for one, weight in zip(pipeline.estimators_, weights, strict=True)]


def _member(pipeline: Pipeline, classes: Sequence[str], weight: float) -> Described:
    features, classifier = pipeline.named_steps["features"], pipeline.named_steps["classifier"]
    shared: dict[str, Any] = {"weight": weight, "classes": [str(one) for one in classes]}
    if isinstance(classifier, DummyClassifier):
        return {"kind": "constant", **shared}, {"shares": classifier.class_prior_}
    if isinstance(classifier, FineTuned):
        return {"kind": "onnx", "view": classifier.view, **shared}, {NETWORK: classifier.onnx_, TOKENIZER: classifier.tokenizer_.encode("utf-8")}
    if not isinstance(classifier, LogisticRegression):
        raise ModelError(f"classifier {type(classifier).__name__} has no portable form yet; add one to stance/model.py and stance/portable.py")
    arrays = _linear(classifier)
    if isinstance(features, SentenceVectors):
        return {"kind": "encoder", "view": features.view, "encoder": features.encoder, "digest": ENCODERS[features.encoder].sha256, **shared}, arrays
    blocks = []
    for number, (name, part) in enumerate(features.named_steps["blocks"].transformer_list):
        vectors = part.named_steps["tfidf"] if isinstance(part, Pipeline) else part
        low, high = vectors.ngram_range
        analyzer = name if name in ROW_ANALYZERS else vectors.analyzer
        block = {"analyzer": analyzer, "low": low, "high": high, "terms": vectors.get_feature_names_out().tolist()}
        blocks.append({**block, "view": part.named_steps["view"].view} if isinstance(part, Pipeline) else block)
        arrays[f"idf{number}"] = vectors.idf_
    return {"kind": "ngrams", "blocks": blocks, **shared}, arrays


def _linear(classifier: LogisticRegression) -> dict[str, np.ndarray]:
    coef, intercept = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        # Two classes come as one row; softmax over (0, z) is the logistic function of z.
        coef, intercept = np.vstack([np.zeros_like(coef), coef]), np.append(0.0, intercept)
    return {"coef": coef, "intercept": intercept}


def save_model(pipeline: Any, folder: Path, card: dict[str, Any]) -> None:
    """Write a fitted pipeline as a model folder that `stance.load` reads without scikit-learn."""
    write_model(folder, card, describe(pipeline))


def probabilities(pipeline: Any, X: Any) -> np.ndarray:
    """Return the pipeline's probabilities with columns in the codebook's order, shape (n_quotes, 5)."""
    out = np.zeros((len(X), len(STANCES)))
    out[:, [STANCES.index(str(one)) for one in pipeline.classes_]] = pipeline.predict_proba(X)
    return out
