from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_encoders import write_encoder

from stance.core.errors import ModelError
from stance.training import adapters
from stance.training.adapters import AdaptedClassifier, batches_by_length, cosine, pad

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="the extra adapt")
TEXTS = ["we will talk", "talks .", "we talk", "never", "never talks .", "we will never"] * 4
LABELS = ["support", "support", "support", "oppose", "oppose", "oppose"] * 4
ROWS = [{"text": text, "cue": ""} for text in TEXTS]


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    folder = write_encoder(tmp_path / "encoder", "mpnet")
    return {
        "encoder": str(folder),
        "epochs": 40.0,
        "rank": 4,
        "learning_rate": 5e-3,
        "batch_size": 8,
    }


@needs_torch
def test_what_is_trained_is_answered_by_the_int8_network(settings):
    model = AdaptedClassifier(**settings).fit(ROWS, LABELS)
    assert list(model.predict(ROWS)) == LABELS
    assert model.losses_[-1] < model.losses_[0]
    assert len(model.adapter_) < 100_000


@needs_torch
def test_a_training_that_was_cut_off_comes_to_the_same_end(settings, monkeypatch):
    whole = AdaptedClassifier(**settings).fit(ROWS, LABELS)
    saved = adapters._Training._save

    def cut_off(self, folder, step, losses):
        saved(self, folder, step, losses)
        raise KeyboardInterrupt

    monkeypatch.setenv("STANCE_CACHE", settings["encoder"] + "/other")
    monkeypatch.setattr(adapters._Training, "_save", cut_off)
    with pytest.raises(KeyboardInterrupt):
        AdaptedClassifier(**settings).fit(ROWS, LABELS)
    monkeypatch.setattr(adapters._Training, "_save", saved)
    lines = []
    resumed = AdaptedClassifier(**settings, say=lines.append).fit(ROWS, LABELS)
    assert lines[0] == "  goes on from step 50 of 120"
    assert resumed.predict_proba(ROWS) == pytest.approx(whole.predict_proba(ROWS), abs=0.02)


@needs_torch
def test_a_damaged_checkpoint_costs_time_and_no_more(settings, tmp_path):
    first = AdaptedClassifier(**settings).fit(ROWS, LABELS)
    (path,) = (tmp_path / "cache" / "adapters").glob("*/checkpoint.safetensors")
    path.write_bytes(b"damaged")
    assert AdaptedClassifier(**settings).fit(ROWS, LABELS).adapter_ == first.adapter_


@needs_torch
def test_a_teachers_doubt_is_learned_too(settings):
    def teacher(rows, classes):
        return np.tile([0.4, 0.0], (len(rows), 1))

    model = AdaptedClassifier(**settings, teacher=teacher, teacher_share=1.0).fit(ROWS, LABELS)
    expected = np.exp(0.4) / (1 + np.exp(0.4))
    assert model.predict_proba(ROWS)[:, 0] == pytest.approx(np.full(len(ROWS), expected), abs=0.1)


def test_without_its_extra_training_says_what_to_install(monkeypatch):
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    with pytest.raises(
        ModelError, match="needs torch and transformers, not installed; run make adapt"
    ):
        AdaptedClassifier().fit(ROWS, LABELS)


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
