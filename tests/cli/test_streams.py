"""Streams that are closed or full, or cannot show every character."""

import json
import os
import subprocess
import sys

import pytest

QUOTE = "We are “ready” to talk 😀."


def run(shell, *arguments, **environment):
    """Run the command line under a shell's redirection."""
    command = [sys.executable, "-m", "stance", *map(str, arguments)]
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {shell}', "sh", *command],
        capture_output=True,
        env={**os.environ, **environment},
        timeout=180,
    )


@pytest.mark.parametrize(
    ("shell", "source", "told"),
    [
        ("<&-", "-", b"stance: standard input is closed; give a file"),
        (">&-", QUOTE, b"stance: standard output is closed"),
        ("<&- >&-", "-", b"stance: standard "),
    ],
)
def test_a_closed_stream_is_told_in_one_line(ngrams, shell, source, told):
    done = run(shell, "predict", source, "--model", ngrams)
    assert done.returncode == 1
    assert done.stderr.startswith(told)
    assert done.stderr.count(b"\n") == 1


def test_where_nobody_is_told_the_answers_come_all_the_same(ngrams):
    done = run("2>&-", "predict", QUOTE, "--model", ngrams)
    assert json.loads(done.stdout)["stance"]


def test_an_output_in_another_encoding_is_json_all_the_same(ngrams, tmp_path):
    path = tmp_path / "article.txt"
    path.write_text("“We are ready to talk 😀,” Mr. Żak said on Monday.", encoding="utf-8")
    done = run("", "read", path, "--model", ngrams, "--json", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    (speaker,) = json.loads(done.stdout.decode("ascii"))["speakers"]
    assert speaker["quotes"][0]["text"] == "We are ready to talk 😀"
    done = run("", "read", path, "--model", ngrams, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert b"We are ready to talk ?" in done.stdout
