"""The form in which a network is int8.

The tiny network in tests/data was written by `write_network` from `tiny_weights`, for where onnx
is not installed.
"""

import importlib.util

import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from stance.models.heads import MOST_TOKENS, OnnxText, batches_of_one_length
from stance.models.link_functions import softmax
from stance.training.int8_onnx import quantised, write_network

TINY = ROOT / "tests" / "data" / "tiny-int8.onnx"
WORDS = [f"w{k}" for k in range(40)]
N_HEADS, WIDTH, WIDE, N_CLASSES, EPSILON = 2, 32, 64, 3, 1e-12
needs_onnx = pytest.mark.skipif(
    importlib.util.find_spec("onnx") is None, reason="needs the extra finetune"
)
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="needs the extra finetune"
)


def tiny_weights():
    rng = np.random.default_rng(13)
    shapes = {
        "embeddings.word_embeddings": (len(WORDS), WIDTH),
        "embeddings.position_embeddings": (16, WIDTH),
        "embeddings.token_type_embeddings": (2, WIDTH),
    }
    for number in range(2):
        part = f"encoder.layer.{number}"
        shapes |= {
            f"{part}.attention.self.{name}": (WIDTH, WIDTH) for name in ("query", "key", "value")
        }
        shapes |= {
            f"{part}.attention.output.dense": (WIDTH, WIDTH),
            f"{part}.intermediate.dense": (WIDE, WIDTH),
            f"{part}.output.dense": (WIDTH, WIDE),
        }
    weights = {
        f"encoder.{name}.weight": rng.normal(0, 0.15, shape) for name, shape in shapes.items()
    }
    weights |= {
        f"encoder.{name}.bias": rng.normal(0, 0.1, shape[0])
        for name, shape in shapes.items()
        if "embeddings" not in name
    }
    for place in (
        "embeddings",
        *(f"encoder.layer.{n}.{end}" for n in range(2) for end in ("attention.output", "output")),
    ):
        weights |= {
            f"encoder.{place}.LayerNorm.weight": rng.normal(1, 0.1, WIDTH),
            f"encoder.{place}.LayerNorm.bias": rng.normal(0, 0.1, WIDTH),
        }
    weights |= {
        "head.weight": rng.normal(0, 0.5, (N_CLASSES, WIDTH)),
        "head.bias": rng.normal(0, 0.5, N_CLASSES),
    }
    return {name: weight.astype(np.float32) for name, weight in weights.items()}


@pytest.fixture(scope="module")
def tiny():
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(
        models.WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token=WORDS[0])
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(16)
    return OnnxText("text", TINY.read_bytes(), tokenizer.to_str())


TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=20).map(" ".join), min_size=1, max_size=30
)


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.randoms())
def test_an_answer_is_the_same_alone_in_company_and_in_any_order(tiny, texts, random):
    rows = [{"text": text} for text in texts]
    alone = np.concatenate([tiny.probabilities([row]) for row in rows])
    order = random.sample(range(len(rows)), len(rows))
    assert np.abs(tiny.probabilities(rows) - alone).max() < 1e-6
    assert np.abs(tiny.probabilities([rows[k] for k in order]) - alone[order]).max() < 1e-6


def test_no_rows_have_no_answers(tiny):
    assert tiny.probabilities([]).shape == (0, N_CLASSES)


@given(st.lists(st.integers(0, 700), max_size=60))
def test_batches_hold_every_text_once_and_texts_of_one_length_only(lengths):
    batches = batches_of_one_length(lengths)
    assert sorted(k for batch in batches for k in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len({lengths[k] for k in batch}) == 1
        assert len(batch) == 1 or len(batch) * lengths[batch[0]] <= MOST_TOKENS


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(2, 12), st.integers(1, 4)),
        elements=st.floats(-4, 4, width=32),
    )
)
def test_no_two_neighbours_of_a_column_run_over_in_16_bits(weight):
    columns, scale = quantised(weight)
    size = np.abs(columns.astype(np.int32))
    assert (255 * (size[:-1] + size[1:]) < 2**15).all()
    assert (np.abs(columns * scale - weight) <= 0.5001 * scale).all()


@needs_onnx
def test_the_tiny_network_is_the_one_that_is_written_today():
    import onnx

    assert onnx.load_from_string(write_network(tiny_weights(), N_HEADS, EPSILON)) == onnx.load(TINY)


@needs_torch
def test_the_int8_network_answers_nearly_as_the_whole_one(tiny):
    import torch
    from transformers import BertConfig, BertModel

    weights = {name: torch.tensor(weight) for name, weight in tiny_weights().items()}
    sizes = {
        "hidden_size": WIDTH,
        "intermediate_size": WIDE,
        "num_attention_heads": N_HEADS,
        "num_hidden_layers": 2,
    }
    config = BertConfig(
        vocab_size=len(WORDS), max_position_embeddings=16, layer_norm_eps=EPSILON, **sizes
    )
    whole = BertModel(config, add_pooling_layer=False).eval()
    whole.load_state_dict(
        {
            name.removeprefix("encoder."): weight
            for name, weight in weights.items()
            if name.startswith("encoder.")
        }
    )
    ids = np.random.default_rng(7).integers(0, len(WORDS), (50, 12))
    with torch.no_grad():
        mean = whole(torch.tensor(ids)).last_hidden_state.mean(1)
        expected = softmax(
            (mean @ weights["head.weight"].T + weights["head.bias"]).numpy().astype(np.float64)
        )
    found = tiny.probabilities([{"text": " ".join(WORDS[k] for k in one)} for one in ids])
    assert np.abs(found - expected).mean() < 0.01
    assert np.abs(found - expected).max() < 0.05
