import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file
from tiny_encoders import weights_of, write_encoder

from stance.core.errors import ModelError
from stance.encoders.networks import MOST_TOKENS, Network, assembled, batches_of_one_length
from stance.features.sentence_encoder import Encoder


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_network_is_written_once_and_read_afterwards(cache):
    built = []
    for _ in range(2):
        assert assembled({"encoder": "a"}, lambda: built.append(1) or b"network") == b"network"
    assert assembled({"encoder": "b"}, lambda: b"another") == b"another"
    assert len(built) == 1
    assert len(list(cache.glob("*.onnx"))) == 2


def test_a_network_that_was_changed_is_not_used(cache):
    assembled({"encoder": "a"}, lambda: b"network")
    (path,) = cache.glob("*.onnx")
    path.write_bytes(b"networl")
    assert assembled({"encoder": "a"}, lambda: b"network") == b"network"
    assert path.read_bytes() == b"network"
    note = path.with_suffix(".sha256").read_text(encoding="ascii").strip()
    assert note == hashlib.sha256(b"network").hexdigest()


def test_a_cache_that_cannot_be_written_costs_time_not_answers(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "file"))
    assert assembled({"encoder": "a"}, lambda: b"network") == b"network"


def test_what_is_no_network_is_told_in_one_message():
    with pytest.raises(ModelError, match="onnxruntime cannot read it"):
        Network(b"no network")


@given(st.lists(st.integers(1, 4000), max_size=60))
def test_each_text_goes_through_once_beside_texts_of_its_length(lengths):
    batches = batches_of_one_length(lengths)
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len({lengths[place] for place in batch}) == 1
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= MOST_TOKENS


def test_weights_that_do_not_fit_are_told_in_one_message(tmp_path):
    folder = write_encoder(tmp_path / "e", "bert")
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_size": 64, "num_attention_heads": 4}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=r"encoder: its weights do not fit|onnxruntime cannot"):
        Encoder(str(folder)).encode(["we will talk"])


def test_numbers_that_are_not_finite_and_unknown_tokens_are_told(tmp_path):
    folder = write_encoder(tmp_path / "e", "bert")
    encoder = Encoder(str(folder))
    with pytest.raises(ModelError, match="network: cannot answer"):
        encoder._network.run([[2, 4_000, 3]])
    weights = weights_of("bert", 11, 3)
    weights["encoder.layer.1.output.LayerNorm.weight"][:] = np.nan
    save_file(weights, folder / "model.safetensors")
    with pytest.raises(ModelError, match="network: gives numbers that are not finite"):
        Encoder(str(folder)).encode(["we will talk"])
