import io
import sys
import time
from types import SimpleNamespace

import pytest

from stance.core.errors import DataError
from stance.extraction.text.articles import read_all, read_articles, with_short_tags


def write(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    return str(path)


def test_a_text_is_kept_as_it_came(tmp_path):
    # Windows line ends and no-break spaces stay: offsets count the characters as given.
    text = "One.\r\n\r\nTwo\u00a0three. \n"
    (article,) = read_articles(write(tmp_path, "a.txt", text))
    assert (article.id, article.text) == ("a", text)


def test_utf16_with_its_mark_and_utf8_with_its_mark_are_read(tmp_path):
    for name, data in (
        ("a.txt", "Täglich".encode("utf-16")),
        ("b.txt", "Täglich".encode("utf-8-sig")),
    ):
        (article,) = read_articles(write(tmp_path, name, data))
        assert article.text == "Täglich"


def test_jsonl_rows_are_articles_and_a_missing_id_is_the_rows_number(tmp_path):
    found = list(
        read_articles(write(tmp_path, "a.jsonl", '{"id": 0, "text": "x\u2028y"}\n\n{"text": ""}\n'))
    )
    assert [(one.id, one.text) for one in found] == [("0", "x\u2028y"), ("2", "")]


def test_html_gives_its_main_text_without_menus_and_scripts(tmp_path):
    body = (
        "<p>The minister said talks would open on Monday in the capital, after two weeks of "
        "preparation.</p>" * 3
    )
    page = (
        "<html><body><nav>Home "
        f"About</nav><script>alert(1)</script><article>{body}</article></body></html>"
    )
    (article,) = read_articles(write(tmp_path, "a.html", page))
    assert "talks would open" in article.text
    assert "alert" not in article.text


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.pdf", b"%PDF", r"unknown kind of file '\.pdf'; expected \.txt"),
        ("a.txt", b"caf\xe9 here", r"byte 3 is not utf-8-sig; save the file as UTF-8"),
        ("a.jsonl", b'{"id": 1}', r"a\.jsonl:1: text is NoneType"),
        ("a.html", b"<html></html>", "no main text found"),
    ],
)
def test_a_source_that_is_no_article_is_told_in_one_sentence(tmp_path, name, data, message):
    with pytest.raises(DataError, match=message):
        list(read_articles(write(tmp_path, name, data)))


def test_a_missing_file_is_named():
    with pytest.raises(DataError, match=r"nowhere\.txt: cannot be read \(No such file"):
        list(read_articles("nowhere.txt"))


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (b"Plain text.", ["stdin"]),
        (b'{"id": "a", "text": "x"}\n{"id": "b", "text": "y"}', ["a", "b"]),
        (b"", ["stdin"]),
    ],
)
def test_standard_input_is_rows_or_one_plain_text(monkeypatch, data, ids):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    assert [one.id for one in read_articles("-")] == ids


def test_a_folder_stands_for_every_article_below_it(tmp_path):
    (tmp_path / "below").mkdir()
    for name, text in (
        ("b.txt", "Two."),
        ("below/c.md", "Three."),
        ("a.jsonl", '{"id": "one", "text": "One."}'),
        (".hidden.txt", "No."),
        ("image.png", "No."),
    ):
        (tmp_path / name).write_text(text)
    assert [one.id for one in read_all([str(tmp_path)], print)] == ["one", "b", "c"]


def test_an_empty_article_is_told_and_kept_and_nothing_else_is_a_fault(tmp_path):
    told = []
    empty, full = write(tmp_path, "empty.txt", " \n"), write(tmp_path, "full.txt", "Words.")
    rows = write(tmp_path, "rows.jsonl", '{"id": "x", "text": ""}\n')
    assert [one.id for one in read_all([empty, full, rows], told.append)] == ["empty", "full", "x"]
    assert told == [f"{empty}: empty file", f"{rows}: article x: empty text"]
    with pytest.raises(
        DataError, match="nothing to read: all 2 articles are empty; check the files"
    ):
        list(read_all([empty, rows], told.append))
    with pytest.raises(DataError, match="nothing to read: no article is in there"):
        list(read_all([write(tmp_path, "none.jsonl", "\n")], told.append))


def test_a_bad_article_is_told_and_the_others_are_read(tmp_path):
    rows = write(
        tmp_path,
        "rows.jsonl",
        b'{"id": 5, "text": "Five."}\n{"id": 6, "text": null}\n{"id": %s, "text": "x"}\n'
        b'{"id": "\xff"}\n[]\n{"id": 9, "text": "Nine."}\n' % (b"7" * 5000),
    )
    ansi = write(tmp_path, "ansi.txt", b"caf\xe9")
    told = []
    assert [one.id for one in read_all([rows, ansi], told.append)] == ["5", "9"]
    assert [line.partition(": ")[0] for line in told[:5]] == ["left out"] * 5
    for line, words in zip(
        told,
        ("rows.jsonl:2: text is NoneType", "rows.jsonl:3: not JSON", "rows.jsonl:4: byte 8",
         "rows.jsonl:5: expected a JSON object", "ansi.txt: byte 3", "5 articles left out, 2 read"),
        strict=True,
    ):  # fmt: skip
        assert words in line
    with pytest.raises(DataError, match="nothing to read: 1 article could not be read"):
        list(read_all([ansi], told.append))


def test_a_source_that_is_not_there_is_told_before_anything_is_read(tmp_path):
    good = write(tmp_path, "good.txt", "Words.")
    for name, message in (("nowhere.txt", "No such file"), ("a.xyz", "unknown kind of file")):
        with pytest.raises(DataError, match=message):
            next(read_all([good, name], print))


def test_two_articles_with_one_id_are_told(tmp_path):
    rows = write(tmp_path, "rows.jsonl", '{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n')
    told = []
    assert len(list(read_all([rows], told.append))) == 2
    assert "article a: another one has this id too" in told[0]


@pytest.mark.parametrize(
    ("first", "form"), [("", "a{}=1"), ('b=">"', "a{}='x'"), ('b=""', 'a{}=">"'), ("/", 'a{}="1"/')]
)
def test_a_tag_with_many_attributes_costs_no_more_than_its_length(tmp_path, first, form):
    attributes = " ".join([first, *(form.format(number) for number in range(200_000))])
    text = "We will talk to them on Monday, the minister said. " * 20
    page = f"<html><body><article {attributes}><p>{text}</p></article></body></html>"
    assert len(with_short_tags(page)) < 2000
    began = time.process_time()
    (article,) = read_articles(write(tmp_path, "a.html", page))
    assert time.process_time() - began < 10
    assert "We will talk to them on Monday" in article.text


@pytest.mark.parametrize(
    "page",
    ["", "<", "<" * 2000, "<a" * 2000, "a < b", "<p>one</p>", '<a href="' + "x" * 9000 + '">y</a>'],
)
def test_other_tags_stay_as_they_are(page):
    assert with_short_tags(page) == page


def test_a_page_brings_its_title_outlet_and_published_day(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "<html><head><title>Envoys to meet - The Courier</title>"
        '<meta property="og:title" content="Envoys to meet in Lask">'
        '<meta property="og:site_name" content="The Courier">'
        '<meta property="article:published_time" content="2025-05-13T10:00:00Z"></head><body>'
        "<article><h1>Envoys to meet in Lask</h1><p>The envoys met before, on 3 March 2024. “We "
        "want an agreement,” said Carla Whitcombe, the minister of the country.</p></article>"
        "</body></html>",
        encoding="utf-8",
    )
    (article,) = read_articles(str(page))
    assert (article.title, article.date, article.outlet) == (
        "Envoys to meet in Lask",
        "2025-05-13",
        "The Courier",
    )
    bare = tmp_path / "bare.html"
    words = "The envoys met before, on 3 March 2024, and spoke about the treaty for long. " * 5
    bare.write_text(f"<html><body><p>{words}</p></body></html>", encoding="utf-8")
    (article,) = read_articles(str(bare))
    assert article.date is None  # a day in the text need not be that of the article
