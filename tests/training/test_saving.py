"""What is saved answers as the fitted pipeline does; what cannot be saved says so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from stance.core.errors import ModelError
from stance.core.link_functions import softmax
from stance.features.feature_sets import SentenceVectors
from stance.models.folder import read_model
from stance.training.classifiers import build_pipeline, probabilities
from stance.training.saving import describe, save_model

NGRAMS = {"features": {"kind": "tfidf", "chars": None}, "classifier": {"kind": "logreg"}}
ENCODER = {"features": {"kind": "encoder"}, "classifier": {"kind": "logreg"}}
MAJORITY = {"features": {"kind": "none"}, "classifier": {"kind": "majority"}}


def largest_difference(fitted, rows, folder):
    """How far the saved model's probabilities lie from the pipeline's."""
    save_model(fitted, folder, {"name": "m", "version": "1"})
    ours = read_model(folder).probabilities(rows.to_dict("records"))
    assert np.allclose(ours.sum(axis=1), 1)
    return np.abs(ours - probabilities(fitted, rows)).max()


@pytest.mark.parametrize("neutral_in_two", [True, False])
def test_the_folder_answers_as_the_pipeline_does(neutral_in_two, sets, tmp_path):
    members = [
        {**NGRAMS, "weight": 0.3},
        {**ENCODER, "weight": 0.6},
        {**MAJORITY, "weight": 0.1},
    ]
    table = sets["train"]
    fitted = build_pipeline(members, neutral_in_two=neutral_in_two).fit(table, table["stance"])
    assert largest_difference(fitted, sets["test"], tmp_path / "m") < 1e-6
    likeliest = fitted.predict_proba(sets["test"]).argmax(axis=1)
    assert (fitted.predict(sets["test"]) == fitted.classes_[likeliest]).all()


@pytest.mark.parametrize("member", [NGRAMS, ENCODER])
def test_two_stances_alone_are_answered_as_the_pipeline_does(member, sets, tmp_path):
    table = sets["train"][sets["train"]["stance"].isin(["support", "neutral"])]
    fitted = build_pipeline([member]).fit(table, table["stance"])
    assert largest_difference(fitted, sets["test"].head(50), tmp_path / "m") < 1e-6


@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=5),
        elements=st.floats(-700, 700),
    )
)
def test_any_scores_give_probabilities(scores):
    found = softmax(scores)
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 1)


def test_what_has_no_portable_form_says_so(sets):
    forest = Pipeline(
        [("features", SentenceVectors()), ("classifier", RandomForestClassifier(2, random_state=0))]
    )
    forest.fit(sets["train"].head(30), sets["train"]["stance"].head(30))
    with pytest.raises(
        ModelError,
        match="not exportable: classifier RandomForestClassifier over SentenceVectors has no "
        "portable form",
    ):
        describe(forest)
