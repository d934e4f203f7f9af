from pathlib import Path

import numpy as np
import pytest
from tiny_encoders import WIDTH, answer, write_encoder

from stance.core.errors import ModelError
from stance.core.link_functions import softmax
from stance.encoders.files import encoder_digest, find_encoder
from stance.models.adapter import AdaptedEncoder

CLASSES = ["neutral", "oppose", "support"]
ROWS = [{"text": "we will talk", "cue": ""}, {"text": "never talks", "cue": "we"}]


def save_adapter(rank=2, seed=4, n_classes=3, fault=None):
    from safetensors.numpy import save

    rng = np.random.default_rng(seed)
    arrays = {
        "head.weight": rng.standard_normal((n_classes, WIDTH)).astype(np.float16),
        "head.bias": rng.standard_normal(n_classes).astype(np.float16),
    }
    for layer in range(2):
        name = f"encoder.layer.{layer}.attention.self.value"
        arrays[f"{name}.down"] = rng.standard_normal((rank, WIDTH)).astype(np.float16)
        arrays[f"{name}.up"] = rng.standard_normal((WIDTH, rank)).astype(np.float16) / 8
    if fault:
        arrays |= fault
    return save(arrays)


@pytest.fixture
def encoder(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    return find_encoder(str(write_encoder(tmp_path / "encoder", "mpnet")))


def described(files, **changes):
    description = {"view": "cue+text", "encoder": files.name, "digest": encoder_digest(files)}
    return {**description, "scale": 2.0, "classes": CLASSES, **changes}


def test_the_answer_is_that_of_the_encoder_with_the_product_added_to_its_matrices(encoder):
    from safetensors.numpy import load

    adapter = save_adapter()
    arrays = load(adapter)
    weights = dict(encoder.weights()[0])
    for layer in range(2):
        name = f"encoder.layer.{layer}.attention.self.value"
        change = arrays[f"{name}.up"].astype(float) @ arrays[f"{name}.down"].astype(float)
        weights[f"{name}.weight"] = weights[f"{name}.weight"] + 2 * change
    tokenizer = encoder.tokenizer(None)
    ids = [tokenizer.encode(text).ids for text in ("we will talk", "we: never talks")]
    hidden = np.stack([answer(weights, encoder.architecture(), one) for one in ids])
    expected = softmax(hidden @ arrays["head.weight"].astype(float).T + arrays["head.bias"])
    probabilities = AdaptedEncoder(described(encoder), adapter).probabilities(ROWS)
    assert probabilities == pytest.approx(expected, abs=0.05)


def test_no_row_has_no_answer_and_needs_no_network(encoder):
    model = AdaptedEncoder(described(encoder, encoder="nowhere"), save_adapter())
    assert model.probabilities([]).shape == (0, 3)


def test_weights_other_than_those_it_was_trained_with_are_refused(encoder):
    model = AdaptedEncoder(described(encoder, digest="0" * 64), save_adapter())
    with pytest.raises(ModelError, match="is another one than the model was trained with"):
        model.probabilities(ROWS)


@pytest.mark.parametrize("file", ["tokenizer.json", "config.json", "model.safetensors"])
def test_no_file_of_a_users_own_encoder_may_change_after_training(encoder, file):
    description, adapter = described(encoder), save_adapter()
    AdaptedEncoder(description, adapter).probabilities(ROWS)
    path = Path(encoder.place) / file
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ModelError, match="is another one than the model was trained with"):
        AdaptedEncoder(description, adapter).probabilities(ROWS)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"encoder.layer.7.output.dense.down": np.ones((2, 4))},
            "layer.7.output.dense does not fit",
        ),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused_in_one_message(encoder, fault, message):
    with pytest.raises(ModelError, match=message):
        AdaptedEncoder(described(encoder), save_adapter(fault=fault)).probabilities(ROWS)


def test_a_head_with_another_number_of_classes_is_refused(encoder):
    with pytest.raises(ValueError, match=r"head.weight has the shape .*expected \(3, any\)"):
        AdaptedEncoder(described(encoder), save_adapter(n_classes=4))


def test_models_that_differ_in_the_head_alone_share_a_network(encoder):
    model = AdaptedEncoder(described(encoder), save_adapter())
    weight, bias = np.ones((3, WIDTH)), np.array([0.0, 1.0, 2.0])
    other = AdaptedEncoder(described(encoder), model.with_head(weight, bias))
    assert other.network_key == model.network_key
    assert other.network_key != AdaptedEncoder(described(encoder), save_adapter(seed=5)).network_key
    assert other.vectors(["we will talk"]) == pytest.approx(model.vectors(["we will talk"]))
    hidden = model.vectors(["we will talk"]).astype(float)
    assert other.logits(ROWS[:1]) == pytest.approx(hidden @ weight.T + bias)


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e30])
def test_numbers_that_no_training_gives_are_refused(encoder, number):
    fault = {"head.bias": np.array([number, 0, 0])}
    with pytest.raises(ValueError, match=r"head.bias: holds numbers that are not finite"):
        AdaptedEncoder(described(encoder), save_adapter(fault=fault))


@pytest.mark.parametrize("scale", [-1, 1e9, float("nan"), "2", None])
def test_a_scale_that_no_training_gives_is_refused(encoder, scale):
    with pytest.raises(ValueError, match=r"scale is .*expected a number from 0 to 1000"):
        AdaptedEncoder(described(encoder, scale=scale), save_adapter())
