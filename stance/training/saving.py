"""From a fitted scikit-learn pipeline to a model folder."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline

from stance.core.errors import ModelError
from stance.features.analyzers import ROW_ANALYZERS
from stance.features.encoder_files import find_encoder
from stance.features.feature_sets import SentenceVectors
from stance.features.sentence_encoder import weights_digest
from stance.models.folder import write_model
from stance.models.heads import NETWORK, TOKENIZER
from stance.training.ensembles import NeutralInTwo, Stack, Vote
from stance.training.finetuning import FineTuned
from stance.training.linear import linear_of

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
        return [
            (
                {**description, "classes": [counts_for[one] for one in description["classes"]]},
                arrays,
            )
            for description, arrays in six
        ]
    if isinstance(pipeline, Stack):
        return [_stack(pipeline)]
    if isinstance(pipeline, Vote):
        return [
            _member(one, weight)
            for one, weight in zip(pipeline.fitted_, pipeline.weights, strict=True)
        ]
    return [_member(pipeline, 1.0)]


def _stack(stack: Stack) -> Described:
    """Describe a stack as one member that holds the others.

    Their arrays under names that begin with their number.
    """
    inner = [_member(one, 1.0) for one in stack.fitted_]
    final = linear_of(stack.final_)
    if final is None or any(
        isinstance(part, bytes) for _, parts in inner for part in parts.values()
    ):
        raise ModelError(
            "not exportable: a stack holds no network; let the fine-tuned encoder be a member of "
            "a vote"
        )
    arrays = {
        f"{number}_{name}": part
        for number, (_, parts) in enumerate(inner)
        for name, part in parts.items()
    }
    classes = [str(one) for one in final.classes]
    # Each member brings its columns in an order of its own; the regression reads them in the order
    # of the classes.
    members = [
        {**one, "order": [one["classes"].index(name) for name in classes]} for one, _ in inner
    ]
    described = {"kind": "stack", "weight": 1.0, "classes": classes, "members": members}
    return described, {**arrays, "coef": final.coef, "intercept": final.intercept}


def _member(pipeline: Pipeline, weight: float) -> Described:
    features, classifier = pipeline.named_steps["features"], pipeline.named_steps["classifier"]
    shared: dict[str, Any] = {"weight": weight, "classes": [str(one) for one in pipeline.classes_]}
    if isinstance(classifier, DummyClassifier):
        return {"kind": "constant", **shared}, {"shares": classifier.class_prior_}
    if isinstance(classifier, FineTuned):
        return {"kind": "onnx", "view": classifier.view, **shared}, {
            NETWORK: classifier.onnx_,
            TOKENIZER: classifier.tokenizer_.encode("utf-8"),
        }
    if isinstance(classifier, HistGradientBoostingClassifier) and isinstance(
        features, SentenceVectors
    ):
        return {"kind": "trees", **_vectors(features), **shared}, tree_arrays(classifier)
    linear = linear_of(classifier)
    if linear is None:
        raise ModelError(
            f"not exportable: classifier {type(classifier).__name__} over "
            f"{type(features).__name__} has no portable form; "
            "add one to stance/model.py and stance/portable.py, or use another classifier"
        )
    shared |= {"classes": [str(one) for one in linear.classes], "link": linear.link}
    arrays = {"coef": linear.coef, "intercept": linear.intercept}
    if isinstance(features, SentenceVectors):
        return {"kind": "encoder", **_vectors(features), **shared}, arrays
    blocks = []
    for number, (name, part) in enumerate(features.named_steps["blocks"].transformer_list):
        vectors = part.named_steps["tfidf"] if isinstance(part, Pipeline) else part
        low, high = vectors.ngram_range
        analyzer = name if name in ROW_ANALYZERS else vectors.analyzer
        block = {
            "analyzer": analyzer,
            "low": low,
            "high": high,
            "terms": vectors.get_feature_names_out().tolist(),
        }
        blocks.append(
            {**block, "view": part.named_steps["view"].view}
            if isinstance(part, Pipeline)
            else block
        )
        arrays[f"idf{number}"] = vectors.idf_
    return {"kind": "ngrams", "blocks": blocks, **shared}, arrays


def _vectors(features: SentenceVectors) -> dict[str, str]:
    return {
        "view": features.view,
        "encoder": features.encoder,
        "digest": weights_digest(find_encoder(features.encoder)),
    }


def tree_arrays(classifier: HistGradientBoostingClassifier) -> dict[str, np.ndarray]:
    """Return boosted trees as arrays: one row a tree, padded; a leaf's children are itself.

    The trees of one round stand together, one a class (one alone where there are two classes).
    """
    # scikit-learn keeps its trees under a private name; a test holds the answers of both forms
    # equal.
    trees = [tree.nodes for one_round in classifier._predictors for tree in one_round]
    size = max(len(nodes) for nodes in trees)
    arrays: dict[str, np.ndarray] = {
        name: np.zeros((len(trees), size), np.int32) for name in ("feature", "left", "right")
    }
    arrays |= {name: np.zeros((len(trees), size)) for name in ("threshold", "value")}
    for row, nodes in enumerate(trees):
        leaf = nodes["is_leaf"].astype(bool)
        here = np.arange(len(nodes))
        arrays["feature"][row, : len(nodes)] = np.where(leaf, 0, nodes["feature_idx"])
        arrays["left"][row, : len(nodes)] = np.where(leaf, here, nodes["left"])
        arrays["right"][row, : len(nodes)] = np.where(leaf, here, nodes["right"])
        arrays["threshold"][row, : len(nodes)] = np.where(leaf, 0.0, nodes["num_threshold"])
        arrays["value"][row, : len(nodes)] = nodes["value"]
    return {
        **arrays,
        "baseline": np.asarray(classifier._baseline_prediction, dtype=np.float64).ravel(),
    }


def save_model(pipeline: Any, folder: Path, card: dict[str, Any]) -> None:
    """Write a fitted pipeline as a model folder that `stance.load` reads without scikit-learn."""
    write_model(folder, card, describe(pipeline))
