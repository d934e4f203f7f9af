import dataclasses
import hashlib

import pytest
from conftest import needs_torch
from tiny_encoders import write_encoder

from stance.core.errors import ModelError
from stance.core.types import Article, Quote
from stance.encoders.files import find_encoder
from stance.extraction.text.tagger import CLASSES, LONGEST, Tagger
from stance.training import adapters
from stance.training.objectives import NOT_COUNTED
from stance.training.tagger import TaggerSettings, tagged_windows, train_tagger

TEXT = "we talk never will talk .\n\nnever . will we talk"


def quote(number, start, words, cue=None, speaker=None):
    at = TEXT.index(words, start)
    spans = ((at, at + len(words)),)
    known = {"cue_span": cue, "speaker_span": speaker}
    return Quote(id=f"a#{number}", article="a", text=words, spans=spans, form="direct", **known)


LABELLED = [(Article("a", TEXT), [quote(1, 0, "never will talk", cue=(3, 7), speaker=(0, 2))])] * 8


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("STANCE_CACHE", str(tmp_path / "cache"))
    encoder = str(write_encoder(tmp_path / "encoder", "bert"))
    plain = {"learning_rate": 5e-3, "mask_share": 0.0, "batch_size": 4, "runs": 1}
    return TaggerSettings(encoder=encoder, epochs=150.0, rank=4, **plain)


def test_each_token_has_a_class_in_each_group(settings):
    tokenizer = find_encoder(settings.encoder).tokenizer(LONGEST)
    (ids, classes), (_, second) = tagged_windows(*LABELLED[0], tokenizer)
    assert classes.shape == (3, len(ids))
    assert classes[0].tolist() == [NOT_COUNTED, 0, 0, 1, 2, 2, 0, NOT_COUNTED]
    assert classes[1].tolist() == [NOT_COUNTED, 0, 1, 0, 0, 0, 0, NOT_COUNTED]
    assert classes[2].tolist() == [NOT_COUNTED, 1, 0, 0, 0, 0, 0, NOT_COUNTED]
    assert set(second[0].tolist()) == {0, NOT_COUNTED}


def test_where_no_quote_of_an_article_says_where_its_source_stands_none_is_learned(settings):
    tokenizer = find_encoder(settings.encoder).tokenizer(LONGEST)
    article, quotes = LABELLED[0]
    silent = [dataclasses.replace(quote, speaker_span=None) for quote in quotes]
    for _, classes in tagged_windows(article, silent, tokenizer):
        assert set(classes[2].tolist()) == {NOT_COUNTED}
        assert set(classes[1].tolist()) - {NOT_COUNTED}


@needs_torch
def test_what_is_trained_is_answered_by_the_int8_network(settings):
    card, adapter = train_tagger(LABELLED, settings)
    assert card["sha256"] == hashlib.sha256(adapter).hexdigest()
    assert card["classes"] == list(CLASSES)
    assert card["settings"]["runs"] == 1
    tags = Tagger(card, adapter).tags(TEXT, 0, len(TEXT))
    assert [TEXT[span.start : span.end] for span in tags.spans(TEXT)] == ["never will talk"]
    assert tags.cue[3] > 0.5 > tags.cue[0]
    assert tags.source[0] > 0.5 > tags.source[3]


def test_without_pytorch_it_is_said_what_to_install(settings, monkeypatch):
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"needs torch and transformers, not installed"):
        train_tagger(LABELLED, settings)
