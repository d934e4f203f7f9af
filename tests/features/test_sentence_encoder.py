import multiprocessing
import time

import numpy as np
import pytest

from stance.core.errors import ModelError
from stance.encoders.files import PUBLISHED
from stance.features.sentence_encoder import MAX_TOKENS, Encoder, encode_cached, get_encoder

TEXTS = ["We will come to the talks.", "Nobody here wants them.", "The bridge opened in May."]


def test_vectors_have_length_one_and_alike_texts_lie_near_each_other():
    vectors = get_encoder("minilm").encode([*TEXTS, "We are coming to the negotiations."])
    assert vectors.shape == (4, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    nearness = vectors[:3] @ vectors[3]
    assert nearness.argmax() == 0


def test_a_vector_does_not_depend_on_its_batch_or_its_place():
    alone = np.concatenate([get_encoder("minilm").encode([text]) for text in TEXTS])
    together = get_encoder("minilm").encode(TEXTS[::-1])[::-1]
    assert together == pytest.approx(alone, abs=1e-5)


def test_what_stands_behind_the_last_token_is_not_read():
    text = "talks " * (2 * MAX_TOKENS)
    first, second = get_encoder("minilm").encode([text, text + "bridge"])
    assert (first == second).all()


def test_no_text_has_no_vector(tmp_path):
    assert get_encoder("minilm").encode([]).shape == (0, 384)
    assert encode_cached([], "minilm", tmp_path).shape == (0, 384)


def test_texts_are_encoded_once_and_new_ones_cost_only_themselves(tmp_path, monkeypatch):
    asked = []
    real = Encoder.encode
    monkeypatch.setattr(
        Encoder, "encode", lambda self, texts: asked.append(list(texts)) or real(self, texts)
    )
    first = encode_cached([TEXTS[0], TEXTS[1], TEXTS[0]], "minilm", tmp_path)
    again = encode_cached([TEXTS[2], TEXTS[0]], "minilm", tmp_path)
    assert asked == [TEXTS[:2], TEXTS[2:]]
    assert (first[0] == first[2]).all()
    assert (first[0] == again[1]).all()
    (path,) = tmp_path.iterdir()
    assert PUBLISHED["minilm"].sha256[:12] in path.name


@pytest.mark.parametrize("damage", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_damaged_cache_costs_time_not_answers(tmp_path, damage):
    expected = encode_cached(TEXTS[:1], "minilm", tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert (encode_cached(TEXTS[:1], "minilm", tmp_path) == expected).all()


def test_an_unknown_encoder_is_refused():
    with pytest.raises(
        ModelError, match=r"encoder 'bort'.*expected one of mpnet, minilm, or a folder"
    ):
        get_encoder("bort")


def test_a_process_forked_after_many_texts_were_encoded_can_encode(tmp_path):
    # A session with two threads was kept once: the forked process waited for them for ever.
    encode_cached(TEXTS, "minilm", tmp_path)
    time.sleep(1)  # until its threads wait, and no longer look for work
    child = multiprocessing.get_context("fork").Process(
        target=lambda: get_encoder("minilm").encode(TEXTS)
    )
    child.start()
    child.join(60)
    ended = child.exitcode
    child.kill()
    assert ended == 0
