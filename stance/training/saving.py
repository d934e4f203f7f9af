"""From a fitted scikit-learn pipeline to a model folder."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from stance.core.errors import ModelError
from stance.encoders.files import encoder_digest, find_encoder
from stance.features.feature_sets import SentenceVectors
from stance.models.adapter import ADAPTER
from stance.models.folder import write_model
from stance.training.adapters import AdaptedClassifier
from stance.training.ensembles import NeutralInTwo, Vote
from stance.training.refitted_heads import RefittedHead

Described = tuple[dict[str, Any], dict[str, Any]]


def describe(pipeline: Any) -> list[Described]:
    """Return each member's description and arrays: all that prediction needs.

    Raises
    ------
    ModelError
        If a part of the pipeline cannot be saved.
    """
    if isinstance(pipeline, NeutralInTwo):
        stance_of = dict(zip(pipeline.inner_.classes_, pipeline.inner_classes(), strict=True))
        return [
            (
                {
                    **description,
                    "classes": [stance_of[label] for label in description["classes"]],
                },
                arrays,
            )
            for description, arrays in describe(pipeline.inner_)
        ]
    if isinstance(pipeline, Vote):
        return [
            _member(member, weight)
            for member, weight in zip(pipeline.fitted_, pipeline.weights, strict=True)
        ]
    return [_member(pipeline, 1.0)]


def _member(pipeline: Pipeline, weight: float) -> Described:
    features, classifier = pipeline.named_steps["features"], pipeline.named_steps["classifier"]
    shared = {"weight": weight, "classes": [str(label) for label in pipeline.classes_]}
    if isinstance(classifier, DummyClassifier):
        return {"kind": "constant", **shared}, {"probabilities": classifier.class_prior_}
    if isinstance(classifier, AdaptedClassifier | RefittedHead):
        described = {"kind": "adapter", **classifier.description(), **shared}
        return described, {ADAPTER: classifier.adapter_}
    if not isinstance(classifier, LogisticRegression):
        raise ModelError(
            f"not exportable: classifier {type(classifier).__name__} over "
            f"{type(features).__name__} has no portable form; describe it in "
            "stance/training/saving.py and compute it in stance/models/heads.py, or use another "
            "classifier"
        )
    arrays = _coefficients(classifier)
    if isinstance(features, SentenceVectors):
        described = {
            "kind": "encoder",
            "view": features.view,
            "encoder": features.encoder,
            "digest": encoder_digest(find_encoder(features.encoder)),
        }
        return {**described, **shared}, arrays
    blocks = []
    for number, (name, part) in enumerate(features.named_steps["blocks"].transformer_list):
        described_block, idf = _block(name, part)
        blocks.append(described_block)
        arrays[f"idf{number}"] = idf
    return {"kind": "ngrams", "blocks": blocks, **shared}, arrays


def _block(name: str, part: Any) -> tuple[dict[str, Any], np.ndarray]:
    """Return one block of terms and their weights; n-grams have a view, others read the row."""
    reads_view = isinstance(part, Pipeline)
    tfidf = part.named_steps["tfidf"] if reads_view else part
    low, high = tfidf.ngram_range
    block = {
        "analyzer": tfidf.analyzer if reads_view else name,
        "low": low,
        "high": high,
        "terms": tfidf.get_feature_names_out().tolist(),
    }
    if reads_view:
        block["view"] = part.named_steps["view"].view
    return block, tfidf.idf_


def _coefficients(classifier: LogisticRegression) -> dict[str, np.ndarray]:
    """Return coefficients and intercepts with a row for each class, as a softmax needs them."""
    coef, intercept = classifier.coef_, classifier.intercept_
    if len(classifier.classes_) == 2:
        # scikit-learn keeps one row for two classes. The softmax of (0, z) is the logistic
        # function of z.
        coef, intercept = np.vstack([np.zeros_like(coef), coef]), np.append(0.0, intercept)
    return {"coef": coef, "intercept": intercept}


def save_model(pipeline: Any, folder: Path, card: dict[str, Any]) -> None:
    """Write a fitted pipeline as a model folder that `stance.load` reads without scikit-learn."""
    write_model(folder, card, describe(pipeline))
