import contextlib
import csv
import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from rows import as_csv, as_jsonl
from shell import cli

import stance
from stance.prediction.article_rows import ArticleColumns
from stance.prediction.quote_files import skipped_file
from stance.prediction.quote_table import columns_of

MODEL = ROOT / "tests" / "golden" / "model"
GERMAN = (
    "Der Minister sagte am Montag, die Gespräche würden bald beginnen, und er hoffe auf eine Lösung"
)


def article(k):
    """A short article of which no two are alike."""
    words = " ".join(f"{name}{k}" for name in ("harbour", "bridge", "valley", "market", "garden"))
    return {
        "id": f"a{k}",
        "text": f"The {words} fell silent on day {k}. “We are ready to sit down with side {k},” "
        f"said Carla Whitcombe. Opposition leader Tomas Reyk rejected round {k} of the talks.",
        "url": f"https://example.org/{k}",
        "outlet": "Courier" if k % 2 else "Herald",
        "published": f"2025-05-{1 + k % 28:02d}T10:00:00Z",
        "language": "en",
        "author": f"Author {k}",
    }


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    """Articles of three chunks and a bit, some of them not to be read."""
    rows = [article(k) for k in range(54)]
    rows[3] = {"id": "german", "text": GERMAN, "url": "https://example.org/de"}
    rows[20] = {"id": "nothing", "text": " "}
    rows[21] = {"id": "number", "text": 12}
    rows[40] = {**article(40), "id": "a1"}
    lines = as_jsonl(rows).splitlines(keepends=True)
    lines[30] = b'{"id": "half a row", "te\n'
    path = tmp_path_factory.mktemp("feed") / "feed.jsonl"
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture(scope="module")
def whole(feed, tmp_path_factory):
    """The table of the feed, written without any interruption by one process."""
    out = tmp_path_factory.mktemp("whole") / "quotes.csv"
    columns = ArticleColumns(extra=("author",))
    summary = stance.quotes_to_file(stance.load(MODEL), [str(feed)], out, columns=columns)
    assert (summary.n_articles, summary.n_resumed) == (54, 0)
    return out


def test_every_quote_is_a_row_with_its_article_speaker_and_stance(whole):
    rows = list(csv.DictReader(whole.open(encoding="utf-8")))
    assert list(rows[0]) == list(columns_of(["author"]))
    (first,) = [row for row in rows if row["article"] == "a0" and row["cue"] == "said"]
    assert first["id"].startswith("a0#")
    assert first["text"] == "We are ready to sit down with side 0"
    assert (first["speaker"], first["outlet"], first["author"]) == (
        "Carla Whitcombe",
        "Herald",
        "Author 0",
    )
    assert (first["url"], first["published"]) == ("https://example.org/0", "2025-05-01T10:00:00Z")
    text = article(0)["text"]
    assert text[int(first["start"]) : int(first["end"])] == first["text"]
    assert first["stance"] in stance.STANCES
    assert sum(float(first[f"p_{name}"]) for name in stance.STANCES) == pytest.approx(1, abs=1e-3)
    assert first["version"]
    read = [row["article"] for row in rows]
    assert list(dict.fromkeys(read)) == [
        {40: "a1~2"}.get(k, f"a{k}") for k in range(54) if k not in (3, 20, 21, 30)
    ]


def test_what_is_not_read_is_told_with_its_reason(whole, feed):
    told = [json.loads(line) for line in skipped_file(whole).open(encoding="utf-8")]
    assert [(row["row"], row["article"]) for row in told] == [
        (4, "german"),
        (21, "nothing"),
        (22, "number"),
        (31, "feed.jsonl:31"),
        (41, "a1"),
    ]
    reasons = [row["reason"] for row in told]
    assert reasons[:3] == [
        "not English (looks like de)",
        "empty text",
        "text is int, expected a string",
    ]
    assert reasons[3].startswith(f"{feed}:31: not JSON")
    assert reasons[4] == "the id came before; this one is read as a1~2"


def process(arguments, stdin):
    command = [sys.executable, "-m", "stance", "quotes", *map(str, arguments)]
    with stdin.open("rb") as file:
        return subprocess.Popen(command, stdin=file, stderr=subprocess.PIPE)


def children_of(pid):
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at /proc")
def test_a_run_killed_again_and_again_ends_with_the_same_bytes(whole, feed, tmp_path):
    out = tmp_path / "quotes.csv"
    journal = tmp_path / "quotes.csv.journal"
    arguments = ["-", "--out", out, "--model", MODEL, "--column", "author", "--jobs", "2"]
    n_lines = lambda: journal.read_bytes().count(b"\n") if journal.exists() else 1  # noqa: E731
    for _ in range(2):
        before, children = n_lines(), []
        running = process(arguments, feed)
        until = time.monotonic() + 250
        while running.poll() is None and (len(children) < 2 or n_lines() == before):
            children = children_of(running.pid)
            assert time.monotonic() < until
            time.sleep(0.02)
        if running.poll() is not None:
            break  # the rest was done sooner than this test looked
        running.kill()
        running.wait(30)
        while any(map(is_alive, children)):  # a process without its parent ends too
            assert time.monotonic() < until
            time.sleep(0.1)
        with journal.open("ab") as file:  # as if the power had failed while it was written
            file.write(b'{"digest": "0')
        with (tmp_path / "quotes.csv.part").open("ab") as file:
            file.write(b'{"id": "half a row')
    else:
        running = process(arguments, feed)
    _, said = running.communicate(timeout=250)
    assert running.returncode == 0, said
    assert b"of them from the run before" in said
    assert out.read_bytes() == whole.read_bytes()
    of_stdin = skipped_file(out).read_text(encoding="utf-8")
    assert [json.loads(line)["row"] for line in of_stdin.splitlines()] == [4, 21, 22, 31, 41]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "quotes.csv",
        "quotes.skipped.jsonl",
    ]


def test_other_articles_do_not_continue_a_run(feed, tmp_path, monkeypatch):
    from stance.prediction import quote_files

    model, out = stance.load(MODEL), tmp_path / "q.jsonl"
    real = quote_files.answer_chunks

    def dying(*given):
        for number, pair in enumerate(real(*given)):
            if number == 1:
                raise RuntimeError("the power fails")
            yield pair

    monkeypatch.setattr(quote_files, "answer_chunks", dying)
    with pytest.raises(RuntimeError, match="power"):
        stance.quotes_to_file(model, [str(feed)], out)
    monkeypatch.undo()
    other = tmp_path / "other.jsonl"
    other.write_bytes(as_jsonl([article(k) for k in range(100, 120)]))
    with pytest.raises(stance.DataError, match="other articles than before, from article 1 on"):
        stance.quotes_to_file(model, [str(other)], out)
    with pytest.raises(stance.DataError, match="differs in copies; remove it to begin anew"):
        stance.quotes_to_file(model, [str(feed)], out, copies=False)
    short = tmp_path / "short.jsonl"
    short.write_bytes(b"")
    with pytest.raises(stance.DataError, match="more than these 0 articles"):
        stance.quotes_to_file(model, [str(short)], out)
    assert not out.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_says_how_to_go_on(feed, tmp_path, number):
    out = tmp_path / "q.jsonl"
    running = process([feed, "--out", out, "--model", MODEL, "--jobs", "1"], feed)
    journal = tmp_path / "q.jsonl.journal"
    while not journal.exists() or journal.read_bytes().count(b"\n") < 2:
        assert running.poll() is None, running.stderr.read()
        time.sleep(0.02)
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert b"repeat the command to go on" in said


def test_files_of_all_kinds_give_the_same_rows_in_all_formats(tmp_path):
    import backports.zstd as zstd

    rows = [article(k) for k in range(3)]
    model = stance.load(MODEL)
    expected = list(stance.quotes(rows, model))
    assert len(expected) > 3
    (tmp_path / "in").mkdir()
    given = {
        "a.jsonl": as_jsonl(rows),
        "a.jsonl.gz": gzip.compress(as_jsonl(rows)),
        "a.jsonl.zst": zstd.compress(as_jsonl(rows)),
        "a.csv": as_csv(rows),
    }
    for name, data in given.items():
        (tmp_path / "in" / name).write_bytes(data)
        out = tmp_path / f"{name}.out.jsonl"
        stance.quotes_to_file(model, [str(tmp_path / "in" / name)], out)
        assert [json.loads(line) for line in out.open(encoding="utf-8")] == expected, name
    source = [str(tmp_path / "in" / "a.jsonl")]
    stance.quotes_to_file(model, source, tmp_path / "q.parquet")
    table = pq.read_table(tmp_path / "q.parquet")
    assert table.schema.field("optional").type == "bool"
    assert table.schema.field("start").type == "int64"
    assert table.schema.field("p_support").type == "double"
    assert table.column("text").to_pylist() == [row["text"] for row in expected]
    stance.quotes_to_file(model, source, tmp_path / "q.csv.gz")
    frame = pd.read_csv(tmp_path / "q.csv.gz")
    assert frame["optional"].dtype == bool
    assert frame["score"].tolist() == [row["score"] for row in expected]


def test_a_folder_holds_articles_of_several_kinds_and_one_bad_one_ends_nothing(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text(article(1)["text"], encoding="utf-8")
    (folder / "b.html").write_text("<html><body></body></html>", encoding="utf-8")
    (folder / "c.jsonl.gz").write_bytes(gzip.compress(as_jsonl([article(2)])))
    (folder / "notes.pdf").write_bytes(b"%PDF")
    done = cli("quotes", folder, "--out", tmp_path / "q.jsonl", "--model", MODEL)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "q.jsonl").open(encoding="utf-8")]
    assert list(dict.fromkeys(row["article"] for row in rows)) == ["a", "a2"]
    (told,) = [json.loads(line) for line in (tmp_path / "q.skipped.jsonl").open()]
    assert "no main text found" in told["reason"]


def test_a_table_in_memory_and_rows_give_the_same(tmp_path):
    rows = [article(k) for k in range(2)]
    told = []
    found = list(
        stance.quotes([*rows, {"text": GERMAN}], MODEL, columns=["author"], skipped=told.append)
    )
    assert [row["author"] for row in found] == [f"Author {row['article'][1:]}" for row in found]
    assert {row["author"] for row in found} == {"Author 0", "Author 1"}
    assert [row["reason"] for row in told] == ["not English (looks like de)"]
    assert list(stance.quotes(pd.DataFrame(rows), MODEL, columns=["author"])) == found


def test_an_article_on_which_the_program_fails_is_told_and_the_others_are_read(monkeypatch):
    from stance.extraction import pipeline

    real = pipeline.extract_each

    def failing(articles, **given):
        articles = list(articles)
        if any(each.id == "a1" for each in articles):
            raise IndexError("out of range")
        return real(articles, **given)

    monkeypatch.setattr(pipeline, "extract_each", failing)
    told = []
    rows = list(stance.quotes([article(k) for k in range(3)], MODEL, skipped=told.append))
    assert {row["article"] for row in rows} == {"a0", "a2"}
    assert told[0]["article"] == "a1"
    assert told[0]["reason"].startswith("IndexError while it was read: out of range")


def test_a_run_that_never_began_leaves_nothing_behind(tmp_path):
    table = tmp_path / "articles.csv"
    table.write_bytes(as_csv([{"body": "We met.", "id": "a"}]))
    with pytest.raises(stance.DataError, match="expected a column text"):
        stance.quotes_to_file(stance.load(MODEL), [str(table)], tmp_path / "q.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["articles.csv"]


def test_an_interrupted_run_without_quotes_yet_is_continued(tmp_path):
    from stance.prediction.quote_chunks import Answered, Chunk
    from stance.prediction.quote_journal import Journal

    out = tmp_path / "q.csv"

    def interrupted():
        with Journal(out, {}) as journal:
            journal.write(Chunk("digest", 1, [], [{"reason": "empty text"}]), Answered([], []))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with Journal(out, {}) as journal:
        assert list(journal.fresh([Chunk("digest", 1, [], [])], lambda *_: None)) == []
    assert json.loads(journal.skipped.read_bytes()) == {"reason": "empty text"}


def test_a_table_that_another_process_just_finished_is_not_overwritten(feed, tmp_path, monkeypatch):
    from stance.prediction import quote_files

    @contextlib.contextmanager
    def late_writer(out):
        out.write_bytes(b"theirs")
        yield

    monkeypatch.setattr(quote_files, "only_writer", late_writer)
    with pytest.raises(stance.DataError, match="exists already"):
        stance.quotes_to_file(stance.load(MODEL), [str(feed)], tmp_path / "q.csv")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"theirs"]


def test_a_missing_value_of_pandas_is_a_missing_field():
    (first, *_) = stance.quotes([{**article(0), "url": pd.NA, "title": pd.NaT}], MODEL)
    assert (first["article"], first["url"], first["title"]) == ("a0", None, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("We met.", "given one str; expected a list"),
        ({"text": "We met."}, "given one dict; expected a list"),
        (stance.Article("a", "We met."), "given one Article; expected a list"),
        (["We met."], "article 1 is a str; expected a row"),
    ],
)
def test_what_is_no_list_of_articles_is_told(given, words):
    with pytest.raises(stance.DataError, match=words):
        list(stance.quotes(given, MODEL))


def test_what_cannot_be_written_is_told_before_a_model_is_loaded(tmp_path, feed):
    for out, words in (
        (tmp_path / "q.xlsx", "unknown kind of file"),
        (tmp_path / "q.parquet.gz", "unknown kind of file"),
    ):
        done = cli("quotes", feed, "--out", out, "--model", "nowhere")
        assert done.returncode == 1
        assert words in done.stderr
    done = cli("quotes", tmp_path / "missing.jsonl", "--out", tmp_path / "q.csv")
    assert "missing.jsonl: no such file" in done.stderr
    with pytest.raises(stance.DataError, match="--column stance: the table of quotes has"):
        list(stance.quotes([], MODEL, columns=["stance"]))
