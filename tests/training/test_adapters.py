import numpy as np
import pytest
from conftest import needs_torch
from tiny_encoders import write_encoder

from stance.core.errors import ModelError
from stance.training import adapters
from stance.training.adapter_steps import AdapterTraining
from stance.training.adapters import AdaptedClassifier, teacher_logits

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
    saved = AdapterTraining._save

    def cut_off(self, folder, step, losses):
        saved(self, folder, step, losses)
        raise KeyboardInterrupt

    monkeypatch.setenv("STANCE_CACHE", settings["encoder"] + "/other")
    monkeypatch.setattr(AdapterTraining, "_save", cut_off)
    with pytest.raises(KeyboardInterrupt):
        AdaptedClassifier(**settings).fit(ROWS, LABELS)
    monkeypatch.setattr(AdapterTraining, "_save", saved)
    lines = []
    resumed = AdaptedClassifier(**settings, say=lines.append).fit(ROWS, LABELS)
    assert lines[0] == "  goes on from step 50 of 120"
    assert resumed.predict_proba(ROWS) == pytest.approx(whole.predict_proba(ROWS), abs=0.02)


@needs_torch
def test_two_runs_are_averaged_and_a_finished_one_is_not_trained_again(settings):
    first = AdaptedClassifier(**settings).fit(ROWS, LABELS)
    lines = []
    both = AdaptedClassifier(**settings, runs=2, say=lines.append).fit(ROWS, LABELS)
    assert lines[0] == "  goes on from step 120 of 120"
    assert lines[-1].startswith("  step 120 of 120")
    assert list(both.predict(ROWS)) == LABELS
    assert len(both.adapter_) > 1.5 * len(first.adapter_)


@needs_torch
def test_a_damaged_checkpoint_costs_time_and_no_more(settings, tmp_path):
    first = AdaptedClassifier(**settings).fit(ROWS, LABELS)
    (path,) = (tmp_path / "cache" / "adapters").glob("*/checkpoint.safetensors")
    path.write_bytes(b"damaged")
    assert AdaptedClassifier(**settings).fit(ROWS, LABELS).adapter_ == first.adapter_


@needs_torch
def test_a_teachers_doubt_is_learned_too(settings, monkeypatch):
    def taught(teacher, rows, classes):
        return np.tile([0.4, 0.0], (len(rows), 1))

    monkeypatch.setattr(adapters, "teacher_logits", taught)
    model = AdaptedClassifier(**settings, teacher="a folder", teacher_share=1.0).fit(ROWS, LABELS)
    expected = np.exp(0.4) / (1 + np.exp(0.4))
    assert model.predict_proba(ROWS)[:, 0] == pytest.approx(np.full(len(ROWS), expected), abs=0.1)


def test_without_its_extra_training_says_what_to_install(monkeypatch):
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    with pytest.raises(
        ModelError, match="needs torch and transformers, not installed; run make adapt"
    ):
        AdaptedClassifier().fit(ROWS, LABELS)


def test_a_teacher_of_other_classes_is_refused(ngrams):
    with pytest.raises(ModelError, match="expected an adapted encoder that answers neutral"):
        teacher_logits(str(ngrams), ROWS, ["neutral", "neutral off the target"])
