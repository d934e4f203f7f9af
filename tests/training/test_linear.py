"""Classifiers beside logistic regression.

The folder answers as the pipeline does, and each does what it says.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from stance.core.errors import ConfigError, ModelError
from stance.experiments.config import read_experiment
from stance.features.feature_sets import SentenceVectors
from stance.models.folder import read_model
from stance.models.link_functions import LINKS, softmax, two_step
from stance.training.classifiers import build_pipeline, probabilities
from stance.training.linear import Ordinal, TwoStep
from stance.training.saving import describe, save_model

SCORES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=5),
    elements=st.floats(-50, 50),
)
TFIDF = {"kind": "tfidf", "chars": None}
BUILT = {
    "svm": ({"features": TFIDF, "classifier": {"kind": "svm"}}, True, None),
    "two-step": ({"features": TFIDF, "classifier": {"kind": "two-step"}}, True, None),
    "two-step without two neutrals": (
        {"features": TFIDF, "classifier": {"kind": "two-step"}},
        False,
        None,
    ),
    "ordinal": ({"features": TFIDF, "classifier": {"kind": "ordinal"}}, False, None),
    "two-step on vectors": (
        {"features": {"kind": "encoder"}, "classifier": {"kind": "two-step"}},
        True,
        None,
    ),
    "boosting": (
        {"features": {"kind": "encoder"}, "classifier": {"kind": "boosting", "rounds": 4}},
        True,
        None,
    ),
    "stack": (
        {"features": {"kind": "frames"}, "classifier": {"kind": "two-step"}},
        True,
        {"folds": 3},
    ),
    "stack without two neutrals": (
        {"features": {"kind": "encoder"}, "classifier": {"kind": "boosting", "rounds": 3}},
        False,
        {"folds": 2},
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_the_folder_answers_as_the_pipeline_does(name, sets, tmp_path):
    member, neutral_in_two, stack = BUILT[name]
    other = {"features": TFIDF, "classifier": {"kind": "logreg"}, "weight": 0.3}
    table = sets["train"]
    fitted = build_pipeline(
        [{**member, "weight": 0.7}, other], neutral_in_two=neutral_in_two, stack=stack
    ).fit(table, table["stance"])
    save_model(fitted, tmp_path / "m", {"name": "m", "version": "1"})
    ours = read_model(tmp_path / "m").probabilities(sets["test"].to_dict("records"))
    assert np.abs(ours - probabilities(fitted, sets["test"])).max() < 1e-6
    assert np.allclose(ours.sum(axis=1), 1)
    assert (
        fitted.predict(sets["test"])
        == fitted.classes_[fitted.predict_proba(sets["test"]).argmax(axis=1)]
    ).all()


@pytest.mark.parametrize("kind", ["svm", "boosting", "logreg"])
def test_two_stances_alone_are_answered_as_the_pipeline_does(kind, sets, tmp_path):
    table = sets["train"][sets["train"]["stance"].isin(["support", "neutral"])]
    fitted = build_pipeline([{"features": {"kind": "encoder"}, "classifier": {"kind": kind}}]).fit(
        table, table["stance"]
    )
    save_model(fitted, tmp_path / "m", {"name": "m", "version": "1"})
    rows = sets["test"].head(50)
    assert (
        np.abs(
            read_model(tmp_path / "m").probabilities(rows.to_dict("records"))
            - probabilities(fitted, rows)
        ).max()
        < 1e-6
    )


@given(SCORES, st.sampled_from(sorted(LINKS)))
def test_every_link_gives_probabilities(scores, link):
    found = LINKS[link](scores)
    assert (found >= 0).all()
    assert np.allclose(found.sum(axis=1), 1)
    assert found.shape[1] == scores.shape[1] + (link == "ordinal")


@given(SCORES)
def test_a_sure_first_step_leaves_all_to_the_second(scores):
    scores[:, 0] = 700.0
    assert np.allclose(two_step(scores)[:, 1:], softmax(scores[:, 1:]))
    scores[:, 0] = -700.0
    assert np.allclose(two_step(scores)[:, 0], 1)


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


def test_a_first_step_needs_both_sides():
    with pytest.raises(ConfigError, match="needs quotes on and off the target"):
        TwoStep().fit(np.eye(3), ["support", "oppose", "support"])


def test_the_axis_knows_the_stances_only():
    with pytest.raises(
        ConfigError,
        match="'neutral off the target' has no place between oppose and support; set "
        "neutral_in_two = false",
    ):
        Ordinal().fit(np.eye(2), ["neutral off the target", "oppose"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'features = { kind = "tfidf" }\nclassifier = { kind = "boosting" }',
            "features 'tfidf' do not go with classifier 'boosting': trees take the dense",
        ),
        (
            'features = { kind = "tfidf" }\nclassifier = { kind = "ordinal" }',
            "neutral_in_two does not go with classifier 'ordinal'",
        ),
        (
            'features = { kind = "rows" }\nclassifier = { kind = "finetuned" }\n[stack]',
            "stack does not go with classifier 'finetuned'",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_learned(text, message, tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(
        f'name = "x-1"\nquestion = "Does it go together?"\nneutral_in_two = true\n[[member]]\n{text}\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=message):
        read_experiment(path)
