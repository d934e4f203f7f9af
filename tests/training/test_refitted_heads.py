"""A head that starts from the one a model has, and is pulled towards a few labels."""

import numpy as np
import pandas as pd
import pytest
from tiny_encoders import write_adapted

import stance
from stance.core.errors import ModelError
from stance.core.types import OFF_TARGET
from stance.models.folder import read_model
from stance.training.classifiers import build_pipeline, probabilities
from stance.training.refitted_heads import RefittedHead, class_names, fit_head
from stance.training.saving import save_model

STANCES_OF_FOLDER = ["conditional", "neutral", "neutral", "oppose", "skeptical", "support"]


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    return write_adapted(tmp_path)


TABLE = pd.DataFrame(
    {
        "text": ["we will talk", "never talks", "we talk", "talks"] * 3,
        "cue": ["", "we", "", "we"] * 3,
        "stance": ["support", "oppose", "support", "neutral"] * 3,
        "on_target": [True, True, True, False] * 3,
    }
)


def refitted(base, pull):
    member = {
        "features": {"kind": "rows"},
        "classifier": {"kind": "head", "model": str(base), "pull": pull},
        "weight": 1.0,
    }
    return build_pipeline([member], neutral_in_two=True).fit(TABLE, TABLE["stance"])


def test_a_firm_pull_changes_nothing_and_a_loose_one_learns_the_labels(base):
    before = stance.load(base).probabilities(TABLE.to_dict("records"))
    firm = probabilities(refitted(base, 1e9), TABLE)
    # The start is divided by the temperature before two neutrals are added, not after.
    assert firm == pytest.approx(before, abs=0.06)
    loose = refitted(base, 0.01)
    assert list(loose.predict(TABLE)) == list(TABLE["stance"])


def test_stances_that_no_label_has_keep_their_probability(base):
    given = probabilities(refitted(base, 100.0), TABLE)
    assert given.shape == (12, 5)
    assert (given > 0).all()


def test_the_folder_answers_what_was_fitted_and_shares_the_network(base, tmp_path):
    pipeline = refitted(base, 1.0)
    save_model(pipeline, tmp_path / "new", {"name": "own-head", "version": "2"})
    loaded = stance.load(tmp_path / "new")
    assert loaded.probabilities(TABLE.to_dict("records")) == pytest.approx(
        probabilities(pipeline, TABLE), abs=1e-5
    )
    heads = [read_model(place).members[0][2] for place in (base, tmp_path / "new")]
    assert heads[0].network_key == heads[1].network_key
    assert len(list((tmp_path / "cache").glob("network-*.onnx"))) == 1


def test_the_fitted_head_is_where_the_slope_is_zero():
    rng = np.random.default_rng(0)
    vectors, columns = rng.standard_normal((30, 5)), rng.integers(0, 3, 30)
    start = rng.standard_normal((3, 5))
    found = fit_head(vectors, columns, start, 2.0)
    given = np.exp(vectors @ found.T)
    given /= given.sum(axis=1, keepdims=True)
    slope = (given - np.eye(3)[columns]).T @ vectors + 2.0 * (found - start)
    assert np.abs(slope).max() < 1e-3


def test_another_kind_of_model_has_no_head_to_fit(ngrams):
    with pytest.raises(ModelError, match="is no adapted encoder, so it has no head"):
        RefittedHead(str(ngrams)).fit(TABLE, TABLE["stance"])


def test_neutral_off_the_target_is_the_second_neutral():
    names = ["conditional", "neutral", OFF_TARGET, "oppose", "skeptical", "support"]
    assert class_names(STANCES_OF_FOLDER) == names == sorted(names)
    assert class_names(["neutral", "oppose"]) == ["neutral", "oppose"]
