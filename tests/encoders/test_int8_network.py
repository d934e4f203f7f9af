import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tiny_encoders import WIDTH, answer, write_encoder

from stance.core.errors import ModelError
from stance.encoders.files import find_encoder
from stance.encoders.int8_network import (
    Architecture,
    quantised,
    relative_places,
    write_network,
)
from stance.encoders.networks import Network

IDS = [[2, 5, 6, 7, 9, 3], [2, 5, 8, 7, 3], [2, 7, 3], [2, *[5, 6, 7, 8] * 20, 3]]


@pytest.fixture(scope="module", params=["bert", "mpnet"])
def encoder(request, tmp_path_factory):
    folder = write_encoder(tmp_path_factory.mktemp("encoders") / request.param, request.param)
    files = find_encoder(str(folder))
    weights, _ = files.weights()
    return weights, files.architecture()


def test_the_int8_network_answers_as_the_float_computation_does(encoder):
    weights, architecture = encoder
    vectors = Network(write_network(weights, architecture)).run(IDS)
    expected = np.stack([answer(weights, architecture, ids) for ids in IDS])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert (vectors * expected).sum(axis=1) == pytest.approx(np.ones(len(IDS)), abs=0.01)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(IDS)), abs=1e-5)


def test_unscaled_vectors_are_the_mean_of_the_last_hidden_states(encoder):
    weights, architecture = encoder
    vectors = Network(write_network(weights, architecture, scaled=False)).run(IDS)
    expected = np.stack([answer(weights, architecture, ids) for ids in IDS])
    assert vectors.shape == (len(IDS), WIDTH)
    assert vectors == pytest.approx(expected, abs=0.2)
    assert np.corrcoef(vectors.ravel(), expected.ravel())[0, 1] > 0.99


def test_the_mean_of_the_states_of_the_tokens_is_the_vector_of_the_text(encoder):
    weights, architecture = encoder
    vectors = Network(write_network(weights, architecture, scaled=False)).run(IDS)
    each = Network(write_network(weights, architecture, pooled=False))
    for ids, vector in zip(IDS, vectors, strict=True):
        states = each.states(ids)
        assert states.shape == (len(ids), WIDTH)
        assert states.mean(axis=0) == pytest.approx(vector, abs=1e-5)


def test_an_answer_does_not_depend_on_what_goes_through_beside_it(encoder):
    weights, architecture = encoder
    network = Network(write_network(weights, architecture))
    together = network.run([*IDS, *[[2, 8, 8, 8, 3]] * 5])[: len(IDS)]
    assert together == pytest.approx(np.concatenate([network.run([ids]) for ids in IDS]), abs=1e-6)


def test_the_order_of_the_words_matters(encoder):
    weights, architecture = encoder
    one, other = Network(write_network(weights, architecture)).run(
        [[2, 5, 6, 7, 3], [2, 7, 6, 5, 3]]
    )
    assert np.abs(one - other).max() > 0.01


@given(arrays(np.float32, (8, 3), elements=st.floats(-10, 10, width=32)))
def test_neighbours_never_run_over_sixteen_bits_and_little_is_lost(weight):
    small, scale = quantised(weight)
    sizes = np.abs(small.astype(int))
    assert (sizes[:-1] + sizes[1:]).max() <= 128
    assert np.abs(small * scale - weight).max() <= scale.max() / 2 * 1.001 + 1e-6


def test_near_places_have_a_row_each_and_far_ones_share_theirs():
    table = np.arange(32, dtype=np.float32)[:, None]
    rows = relative_places(table, 192)[0, 0]
    assert rows[0, 0] == 0
    assert [rows[k, 0] for k in range(8)] == list(range(8))  # looking back: the first half
    assert [rows[0, k] for k in range(1, 8)] == [16 + k for k in range(1, 8)]
    assert rows[191, 0] == rows[150, 0] == 15
    assert (np.diff(rows[:, 0]) >= 0).all()


@pytest.mark.parametrize("change", [{"model_type": "roberta"}, {"hidden_act": "relu"}])
def test_another_type_of_encoder_is_refused_by_its_name(tmp_path, change):
    folder = write_encoder(tmp_path / "e", "bert")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8")) | change
    with pytest.raises(
        ModelError, match=f"{next(iter(change.values()))!r}.*expected type bert or mpnet"
    ):
        Architecture.of_config(config)
