import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save
from tiny_encoders import WIDTH, write_encoder

from stance.core.errors import ModelError
from stance.encoders.files import encoder_digest, find_encoder
from stance.extraction.text import tagger as module
from stance.extraction.text.tagger import (
    CLASSES,
    WINDOW_WORDS,
    Tagger,
    default_tagger,
    tagger_version,
    weights_paths,
    windows,
)

HEAD = {
    "head.weight": np.ones((len(CLASSES), WIDTH), dtype=np.float16),
    "head.bias": np.arange(len(CLASSES), dtype=np.float16),
}


@pytest.fixture
def fresh(monkeypatch):
    """No tagger is kept from before, none is kept for later."""
    module._load.cache_clear()
    yield monkeypatch
    module._load.cache_clear()


def tiny_tagger(place):
    encoder = find_encoder(str(write_encoder(place / "encoder", "bert")))
    adapter = save(HEAD)
    card = {
        "encoder": encoder.name,
        "digest": encoder_digest(encoder),
        "scale": 2.0,
        "sha256": hashlib.sha256(adapter).hexdigest(),
    }
    return Tagger(card, adapter)


@given(st.text(alphabet="ab .?\n“", max_size=3000))
def test_windows_are_the_lines_of_a_text_in_order_with_nothing_lost(text):
    spans = list(windows(text))
    covered = {at for start, end in spans for at in range(start, end)}
    assert sum(end - start for start, end in spans) == len(covered)
    assert {at for at, char in enumerate(text) if not char.isspace()} <= covered
    assert all("\n" not in text[start:end] for start, end in spans)


def test_a_long_paragraph_is_cut_where_a_sentence_ends():
    sentence = "The council of the town met in the old hall. "
    text = sentence * 30
    spans = list(windows(text))
    assert len(spans) == 3
    assert all(text[start:].startswith("The council") for start, _ in spans)


def test_a_sentence_without_an_end_is_cut_between_words():
    text = "word " * (3 * WINDOW_WORDS)
    assert [text[start:end].count("word") for start, end in windows(text)] == [WINDOW_WORDS] * 3


def test_every_character_gets_probabilities_that_a_tagger_may_give(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    text = "Before. we will talk.\nnever talk"
    start = text.index("we")
    tags = tiny_tagger(tmp_path).tags(text, start, len(text))
    assert tags.start == start
    for numbers in (tags.content, tags.begins, tags.cue, tags.source):
        assert numbers.shape == (len(text) - start,)
        assert ((numbers >= 0) & (numbers <= 1)).all()
    # The head's biases alone: a content (begin or go on), against none.
    assert tags.content[0] == pytest.approx((np.e + np.e**2) / (1 + np.e + np.e**2), abs=1e-3)


def test_what_does_not_fit_into_a_window_is_undecided(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "LONGEST", 100)
    text = "we " * WINDOW_WORDS  # a token a word, more than fit
    content = tiny_tagger(tmp_path).tags(text, 0, len(text)).content
    assert content[-2] == 0.5 != content[0]


def test_another_encoder_than_it_was_trained_with_is_refused(tmp_path):
    encoder = write_encoder(tmp_path / "encoder", "bert")
    adapter = save(HEAD)
    known = {"encoder": str(encoder), "sha256": hashlib.sha256(adapter).hexdigest()}
    with pytest.raises(ModelError, match=r"is another one than the tagger was trained with"):
        Tagger({**known, "digest": "0" * 64, "scale": 2.0}, adapter)


def test_an_adapter_that_is_not_the_one_of_its_card_is_refused():
    with pytest.raises(ModelError, match=r"its adapter is not the one of its card"):
        Tagger({"encoder": "minilm", "digest": "", "scale": 2.0, "sha256": "0" * 64}, save(HEAD))


def test_the_package_brings_one_whose_card_names_its_file(fresh):
    weights, card = weights_paths()
    known = json.loads(card.read_bytes())
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == known["sha256"]
    assert tagger_version() == known["sha256"][:8]
    assert known["classes"] == list(CLASSES)


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no"])
def test_it_can_be_switched_off(fresh, word):
    fresh.setenv("STANCE_TAGGER", word)
    assert default_tagger() is None
    assert tagger_version() is None


def test_without_its_encoder_there_is_none_and_a_warning_that_says_so(fresh):
    def missing(name):
        raise ModelError(f"encoder {name!r} is not installed")

    fresh.setattr(module, "find_encoder", missing)
    with pytest.warns(UserWarning, match=r"quotes are found without the tagger: .*not installed"):
        assert default_tagger() is None


def test_without_its_files_there_is_none_and_a_warning_that_says_so(fresh, tmp_path):
    fresh.setattr(module, "weights_paths", lambda: (tmp_path / "a", tmp_path / "b"))
    with pytest.warns(UserWarning, match=r"quotes are found without the tagger: .*No such file"):
        assert default_tagger() is None
