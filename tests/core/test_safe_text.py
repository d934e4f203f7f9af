import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.files import read_rows, to_jsonl, write_whole
from stance.core.safe_text import (
    cell_text,
    in_whole_characters,
    parse_json,
    printable,
    safe_cell,
    whole_characters,
)
from stance.core.types import Article

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)


@given(ANY_TEXT)
def test_a_text_in_whole_characters_can_be_written_and_keeps_every_offset(text):
    whole = whole_characters(text)
    whole.encode("utf-8")
    assert len(whole) == len(text)
    assert [a for a, b in zip(whole, text, strict=True) if a != b] == ["\ufffd"] * sum(
        "\ud800" <= letter <= "\udfff" for letter in text
    )


@given(ANY_TEXT)
def test_json_that_was_read_can_be_written(text):
    data = parse_json(json.dumps({text: [text, {"a": text, "n": 1.5}]}))
    assert data == in_whole_characters({text: [text, {"a": text, "n": 1.5}]})
    to_jsonl([data]).encode("utf-8")


def test_a_file_is_written_in_whole_characters(tmp_path):
    write_whole(tmp_path / "a.txt", "ready \ud83d")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "ready \ufffd"


def test_an_article_has_whole_characters_in_every_field():
    article = Article("a\ud800", "“No \udfff.”", title="\ud83d", date="2025-05-13")
    assert article == Article("a\ufffd", "“No \ufffd.”", title="\ufffd", date="2025-05-13")


def test_a_row_of_a_file_comes_in_whole_characters(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"note": "ready \\uD83D", "emoji": "\\ud83d\\ude00"}\n')
    assert [row for _, row in read_rows(path)] == [{"note": "ready \ufffd", "emoji": "😀"}]


def test_a_number_of_5000_digits_is_told_with_its_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id": {"9" * 5000}}}\n')
    with pytest.raises(Exception, match=r"a\.jsonl:1: not JSON \(Exceeds the limit"):
        list(read_rows(path))


@pytest.mark.parametrize(
    "text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", " =1", "＝1", "-5+cmd|x"]
)
def test_a_formula_becomes_text_and_comes_back(text):
    assert safe_cell(text) == f"'{text}"
    assert cell_text(safe_cell(text)) == text


@pytest.mark.parametrize(
    "cell", ["-5", "+3.5", "-1,000.25", "1e-5", "-3 %", -0.5, None, True, "a=b", "'x"]
)
def test_numbers_and_plain_words_stay(cell):
    assert safe_cell(cell) == cell
    assert not isinstance(cell, str) or cell_text(cell) == cell


@given(ANY_TEXT)
def test_every_text_comes_back_from_its_cell(text):
    assert text.startswith("'") or cell_text(safe_cell(text)) == text


@given(ANY_TEXT)
def test_a_terminal_obeys_nothing(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert not set(shown) & set("\x00\x07\x08\r\x1b\x7f\x85\x9b\u202e\u2066\ud83d")
