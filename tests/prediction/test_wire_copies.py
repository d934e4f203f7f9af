import json

import pytest
from conftest import ROOT

import stance
from stance.prediction.article_rows import ArticleRow
from stance.prediction.quote_chunks import chunks_of
from stance.prediction.wire_copies import WireCopies


def reports(n):
    lines = (ROOT / "labels" / "reports" / "w01.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines[:n]]


def without_end(text, share):
    words = text.split(" ")
    return " ".join(words[: round(share * len(words))])


def changed(text, every):
    return " ".join(
        "otherwise" if k % every == every - 1 else word for k, word in enumerate(text.split(" "))
    )


@pytest.mark.parametrize(
    "copy",
    [
        lambda text: f"Envoys meet again\n\nBRUSSELS (Agency) - {text} This report was edited.",
        lambda text: without_end(text, 0.6),
        lambda text: changed(text, 30),
        lambda text: text.upper().replace(",", " -"),
        lambda text: "Talks: " + changed(without_end(text, 0.8), 40),
    ],
    ids=["framed", "cut", "edited", "capitals", "all of it"],
)
def test_a_report_printed_again_is_a_copy_of_the_first(copy):
    copies = WireCopies()
    originals = reports(15)
    assert [copies.original_of(str(k), text) for k, text in enumerate(originals)] == [None] * 15
    for k, text in enumerate(originals):
        assert copies.original_of(f"copy {k}", copy(text)) == str(k)
        assert copies.original_of(f"copy of the copy {k}", text) == str(k)


def test_a_copy_names_the_id_under_which_its_original_is_read():
    first, second = reports(2)
    rows = [
        ArticleRow("feed", k, stance.Article(name, text), {})
        for k, (name, text) in enumerate([("a", first), ("a", second), ("b", second)])
    ]
    (chunk,) = chunks_of(rows, WireCopies())
    assert [(article.id, copy_of) for article, _, copy_of in chunk.tasks] == [
        ("a", None),
        ("a~2", None),
        ("b", "a~2"),
    ]


def test_other_articles_and_empty_ones_are_no_copies():
    copies = WireCopies()
    assert copies.original_of("empty", "") is None
    assert copies.original_of("empty too", "…") is None
    assert copies.original_of("short", "Talks resume.") is None
    assert copies.original_of("short too", "Talks end.") is None
    assert copies.original_of("again", "“Talks resume!”") == "short"


def test_what_is_remembered_has_a_bound():
    copies = WireCopies(remembered=3)
    texts = [" ".join(f"word{k}x{n}" for n in range(12)) for k in range(7)]
    assert [copies.original_of(str(k), text) for k, text in enumerate(texts)] == [None] * 7
    assert len(copies._signatures) == 2
    assert copies.original_of("latest", texts[6]) == "6"
    assert copies.original_of("forgotten", texts[0]) is None


def test_the_table_of_quotes_marks_copies_and_can_leave_them_unmarked():
    text = reports(1)[0]
    rows = [{"id": "a", "text": text}, {"id": "b", "text": f"PARIS (Agency) - {text}"}]
    model = stance.load(ROOT / "tests" / "golden" / "model")
    marked = {(row["article"], row["copy_of"]) for row in stance.quotes(rows, model)}
    assert marked == {("a", None), ("b", "a")}
    unmarked = {row["copy_of"] for row in stance.quotes(rows, model, copies=False)}
    assert unmarked == {None}
