import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.core.types import STANCES, Prediction
from stance.prediction.active_learning import rank, uncertainty


def prediction(**shares):
    return Prediction(
        None,
        None,
        {stance: shares.get(stance, 0.0) for stance in STANCES},
        0.0,
        None,
        False,
        None,
        {},
    )


def test_an_even_distribution_is_wholly_unsure_and_a_sure_one_not_at_all():
    assert uncertainty(
        [prediction(**dict.fromkeys(STANCES, 0.2)), prediction(support=1.0)]
    ) == pytest.approx([1, 0])


def test_two_versions_of_one_sentence_do_not_both_come_first():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert rank(vectors, np.array([0.9, 0.8, 0.3]), 3) == [0, 2, 1]


@settings(max_examples=30)
@given(st.integers(0, 12), st.integers(1, 15), st.integers(0, 99))
def test_each_quote_is_named_once_and_the_first_is_the_least_sure(n_quotes, n_most, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n_quotes, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    unsure = rng.random(n_quotes)
    found = rank(vectors, unsure, n_most)
    assert len(found) == len(set(found)) == min(n_quotes, n_most)
    assert not found or found[0] == int(unsure.argmax())
