import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.files import read_jsonl, to_jsonl, write_whole
from stance.core.types import STANCE_VALUES, STANCES, VALUES, Article, Quote

ARTICLE = Article("a", "“We will come,” she said. “Soon.”")
ROW = {
    "id": "a#1",
    "text": "We will come Soon.",
    "spans": [[1, 13], [27, 32]],
    "form": "direct",
    "cue": "said",
    "speaker": None,
}


def test_an_interrupted_quotation_is_one_quote_with_two_spans():
    quote = Quote.from_dict(ROW, ARTICLE)
    assert quote.spans == ((1, 13), (27, 32))
    assert quote.text == ARTICLE.cut(quote.spans) == "We will come Soon."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"text": "We will go Soon."}, "its spans cut 'We will come Soon.'"),
        ({"spans": [[27, 32], [1, 13]]}, "out of order"),
        ({"spans": [[1, 13], [12, 32]]}, "out of order"),
        ({"spans": [[1, 999]]}, "outside the text of 33 characters"),
        ({"spans": []}, "are empty"),
        ({"spans": "1-13"}, r"expected \[\[start, end\], …\]"),
        ({"form": "spoken"}, "form is 'spoken', expected one of direct, indirect, mixed"),
    ],
)
def test_a_faulty_quote_is_refused_with_what_was_found(change, message):
    with pytest.raises(DataError, match=message):
        Quote.from_dict({**ROW, **change}, ARTICLE)


def test_the_public_form_of_a_quote_has_every_field_of_the_contract():
    row = Quote.from_dict(ROW, ARTICLE).to_dict()
    assert {
        "id",
        "article",
        "text",
        "spans",
        "form",
        "cue",
        "speaker",
        "speaker_mention",
        "speaker_span",
        "speaker_role",
    } <= set(row)
    assert row["spans"] == [[1, 13], [27, 32]]
    assert row["speaker_span"] is None


@given(st.text(min_size=1), st.data())
def test_a_quote_comes_back_from_its_public_form(text, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
    spans = tuple(zip(cuts[::2], cuts[1::2], strict=False))
    article = Article("x", text)
    quote = Quote("x#1", "x", article.cut(spans), spans, "direct", cue="said", speaker="Her")
    assert Quote.from_dict(quote.to_dict(), article) == quote


@given(
    st.lists(
        st.dictionaries(st.text(), st.text() | st.integers() | st.none(), min_size=1), max_size=5
    )
)
def test_rows_come_back_from_jsonl(rows):
    assert [row for _, row in read_jsonl(to_jsonl(rows).split("\n"), "here")] == rows


@pytest.mark.parametrize(
    ("line", "message"),
    [("{", "here:2: not JSON"), ("[1]", "here:2: expected a JSON object, found list")],
)
def test_a_bad_line_is_named_by_its_place(line, message):
    with pytest.raises(DataError, match=message):
        list(read_jsonl(['{"a": 1}', line], "here"))


def test_a_failed_write_leaves_the_old_file_and_no_half(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_whole(path, "old")

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, "new")
    assert [one.name for one in tmp_path.iterdir()] == ["file.json"]
    assert path.read_text() == "old"


def test_an_interrupted_quote_is_shown_with_dots_and_read_without():
    text = "“Not now,” she said. “Perhaps in May.”"
    article = Article("a", text)
    spans = ((1, 8), (22, 36))
    quote = Quote("a#1", "a", article.cut(spans), spans, "direct")
    assert quote.text == "Not now Perhaps in May"
    assert quote.shown_text == "Not now … Perhaps in May"
    assert Quote("a#2", "a", "Not now", ((1, 8),), "direct").shown_text == "Not now"


def test_the_values_stand_in_the_order_of_the_stances():
    assert dict(zip(STANCES, STANCE_VALUES, strict=True)) == VALUES
