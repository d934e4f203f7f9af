import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.training.adapter_steps import batches_by_length, cosine, pad


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=200), st.integers(1, 16), st.integers(0, 9)
)
def test_an_epoch_holds_every_row_once_in_batches_of_like_length(lengths, size, seed):
    batches = list(batches_by_length(lengths, size, np.random.default_rng(seed)))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert max(map(len, batches)) <= size


@given(st.integers(1, 3000))
def test_the_rate_rises_and_falls_and_never_stops(n_steps):
    factor = [cosine(n_steps)(step) for step in range(n_steps + 1)]
    assert min(factor) > 0
    assert max(factor) <= 1
    assert factor[-1] == pytest.approx(0.02, abs=1e-6)


@given(st.lists(st.lists(st.integers(5, 9), min_size=1, max_size=8), min_size=1, max_size=6))
def test_what_is_filled_up_does_not_count(ids):
    tokens, mask = pad(ids, 1)
    for row, one in enumerate(ids):
        assert list(tokens[row][mask[row] == 1]) == one
        assert (tokens[row][mask[row] == 0] == 1).all()
