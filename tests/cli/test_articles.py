"""Articles that are hard to read, as a shell gives them to extract, read and report."""

import json

import pytest
from shell import cli

from stance.cli.predict import looks_like_article

HALF = r'{"id": "half", "text": "\u201cWe will talk \ud83d,\u201d Mr. Renn said on Monday."}'
GOOD = '{"id": "good", "text": "“We will never talk,” Ms. Ode said on Monday."}'


def test_half_a_character_ends_no_batch(ngrams, tmp_path):
    path = tmp_path / "articles.jsonl"
    path.write_text(f"{HALF}\n{GOOD}\n", encoding="utf-8")
    done = cli("extract", path)
    assert done.returncode == 0, done.stderr
    texts = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    assert texts == ["We will talk \ufffd", "We will never talk"]
    done = cli("read", path, "--model", ngrams, "--json")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["article"] for line in done.stdout.splitlines()] == ["half", "good"]
    page = tmp_path / "page.html"
    done = cli("report", path, "--model", ngrams, "--out", page)
    assert done.returncode == 0, done.stderr
    assert "We will talk \ufffd" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "is_article"),
    [
        ("We will talk.\nNever.\nThey left.\n", False),
        ("We will talk.\n\nNever.\n", False),
        ("A headline\n\nOne paragraph.\n\nAnother one.\n", True),
        ("word " * 80, True),
        ("The minister said on\nMonday that talks would\nbegin soon, while\nothers in the\n"
         "capital did not\nexpect any of it.\n", True),
        ("", False),
    ],
)  # fmt: skip
def test_an_article_is_told_from_one_quote_per_line(text, is_article):
    assert looks_like_article(text) is is_article


def test_an_article_given_to_predict_is_told_what_reads_it(ngrams, tmp_path):
    path = tmp_path / "article.txt"
    path.write_text("A headline\n\n“Yes,” she said.\n\n“No,” he said.\n", encoding="utf-8")
    done = cli("predict", path, "--model", ngrams)
    assert f"if this is an article, stance read {path} finds its quotes" in done.stderr
    (tmp_path / "a.html").write_text("<p>Hello</p>")
    done = cli("predict", tmp_path / "a.html", "--model", ngrams)
    assert (done.returncode, f"stance read {tmp_path / 'a.html'} finds" in done.stderr) == (1, True)


def test_a_terminal_obeys_nothing_of_an_article(ngrams, tmp_path):
    path = tmp_path / "rows.jsonl"
    text = "“We will \x1b[2Jtalk,” Mr. \x9b2JRenn said on Monday."
    path.write_text(json.dumps({"id": "a\x1b[31m", "text": text}), encoding="utf-8")
    done = cli("read", path, "--model", ngrams)
    assert done.returncode == 0, done.stderr
    assert not set(done.stdout + done.stderr) & set("\x1b\x9b")
