import numpy as np
import pytest
from safetensors.numpy import load, save

from stance.encoders.adapters import merged
from stance.training.adapter_network import averaged

WEIGHTS = {"layer.weight": np.eye(3, 4, dtype=np.float32)}


def adapter(seed):
    rng = np.random.default_rng(seed)
    return {
        "layer.down": rng.normal(size=(2, 4)).astype(np.float16),
        "layer.up": rng.normal(size=(3, 2)).astype(np.float16),
        "head.weight": rng.normal(size=(5, 3)).astype(np.float16),
        "head.bias": rng.normal(size=5).astype(np.float16),
    }


def test_an_average_changes_each_matrix_by_the_mean_of_the_changes():
    parts = [adapter(seed) for seed in range(3)]
    mean = load(averaged([save(part) for part in parts]))
    each = [merged(WEIGHTS, part, 2.0)["layer.weight"] for part in parts]
    assert merged(WEIGHTS, mean, 2.0)["layer.weight"] == pytest.approx(np.mean(each, 0), abs=0.01)
    assert mean["head.bias"] == pytest.approx(
        np.mean([part["head.bias"] for part in parts], axis=0), abs=0.002
    )
    assert mean["layer.down"].shape == (6, 4)


def test_the_average_of_one_adapter_is_that_adapter():
    assert averaged([save(adapter(0))]) == save(adapter(0))
