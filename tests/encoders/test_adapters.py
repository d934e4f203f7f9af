import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.encoders.adapters import merged


@given(st.integers(1, 4), st.floats(0, 4))
def test_a_change_is_added_to_its_matrix_and_to_no_other(rank, scale):
    rng = np.random.default_rng(0)
    weights = {
        "a.weight": rng.random((3, 5), np.float32),
        "b.weight": rng.random((3, 5), np.float32),
    }
    adapter = {"a.down": rng.random((rank, 5)), "a.up": rng.random((3, rank))}
    whole = merged(weights, adapter, scale)
    assert (whole["b.weight"] == weights["b.weight"]).all()
    change = whole["a.weight"] - weights["a.weight"]
    assert change == pytest.approx(scale * adapter["a.up"] @ adapter["a.down"], abs=1e-5)
