import csv
import gzip
import io
import json
import os
import pty
import random
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

import stance
from stance import bulk, tables
from stance.errors import DataError
from stance.tables import Columns, csv_rows, json_rows, open_rows

ROWS = [
    {"id": "a", "text": "We are ready to talk.", "cue": "said"},
    {"id": "b", "text": 'He said: "never, ever"\nand left them.', "cue": ""},
    {"id": "c", "text": "", "cue": ""},
    {"id": "d", "text": "They would join; the date is open\t– perhaps.", "cue": "added"},
]


def as_csv(rows, delimiter=","):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_jsonl(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


FILES = {
    "rows.csv": as_csv(ROWS),
    "rows.tsv": as_csv(ROWS, "\t"),
    "semicolons.csv": as_csv(ROWS, ";"),
    "bom.csv": b"\xef\xbb\xbf" + as_csv(ROWS),
    "rows.jsonl": as_jsonl(ROWS),
    "rows.ndjson": as_jsonl(ROWS).replace(b"\n", b"\r\n"),
    "rows.parquet": as_parquet(ROWS),
    "rows.csv.gz": gzip.compress(as_csv(ROWS)),
    "rows.jsonl.zst": zstd.compress(as_jsonl(ROWS)),
    "with blanks.csv.GZ": gzip.compress(as_csv(ROWS)),
    "parquet.parquet.gz": gzip.compress(as_parquet(ROWS)),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_gives_the_same_rows(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    with open_rows(str(path)) as (rows, position):
        found = list(rows)
    assert found == ROWS
    assert position.read_bytes == position.size or "parquet" in name


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("semi")])
def test_standard_input_is_told_by_its_first_bytes(model_folder, name, tmp_path):
    command = [sys.executable, "-m", "stance", "predict", "-", "--model", str(model_folder)]
    done = subprocess.run(command, input=FILES[name], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == list("abcd")
    assert b"4 rows, 1 abstained (1 empty text)" in done.stderr


def test_plain_text_is_a_quote_a_line(tmp_path):
    (tmp_path / "quotes.txt").write_bytes("We come.\n\n  We stay — for now.\r\n".encode() + b"caf\xe9\n")
    with open_rows(str(tmp_path / "quotes.txt")) as (rows, _):
        found = list(rows)
    assert found[:2] == [{"text": "We come."}, {"text": "We stay — for now."}]
    assert "quotes.txt:4: not UTF-8; convert it (iconv -f CP1252 -t UTF-8)" in found[2]["_fault"]


def test_columns_have_the_names_that_people_gave_them(tmp_path):
    renamed = [{"nr": row["id"], "quotation": row["text"], "verb": row["cue"]} for row in ROWS]
    columns = Columns("quotation", "nr", "verb")
    for name, data in {"r.csv": as_csv(renamed), "r.jsonl": as_jsonl(renamed), "r.parquet": as_parquet(renamed)}.items():
        (tmp_path / name).write_bytes(data)
        with open_rows(str(tmp_path / name), columns) as (rows, _):
            found = [{field: row.get(field) for field in ("id", "text", "cue")} for row in rows]
        assert found == ROWS


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"id,quote\n1,x\n", r"a\.csv: columns are id, quote; expected a column text .*--text-column"),
        ("b.csv", b"", r"columns are \(none\); expected a column text"),
        ("c.csv", b"text,text\n1,2\n", "column 'text' is there twice"),
        ("d.csv", "text\nx\n".encode("utf-16"), "is UTF-16; convert it first"),
        ("e.parquet", b"no parquet", "no readable Parquet file"),
        ("f.parquet", as_parquet([{"quote": "x"}]), "expected a column text"),
        ("g.csv.gz", gzip.compress(as_csv(ROWS * 500))[:-20], "packed file is damaged or cut off"),
        ("h.csv.zst", zstd.compress(as_csv(ROWS * 500))[:-20], "packed file is damaged or cut off"),
        ("i.csv.gz", gzip.compress(random.Random(1).randbytes(9000))[:5000] + b"garbage" * 99, "cannot be read on|columns are|cut off"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_told(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message), open_rows(str(tmp_path / name)) as (rows, _):
        list(rows)


def test_a_column_asked_for_by_name_must_be_there(tmp_path):
    with pytest.raises(DataError, match=r"expected a column verb; check --cue-column"):
        list(csv_rows(io.StringIO("text\nx\n"), "r.csv", Columns(cue="verb")))


def test_a_faulty_line_is_answered_in_its_place():
    rows = list(json_rows(io.StringIO('{"text": "a"}\n{broken\n\n"plain"\n[1]\n{"text": "x", "_fault": "mine"}\n'), "rows.jsonl", Columns()))
    assert [row.get("text") for row in rows] == ["a", None, "plain", None, "x"]
    assert rows[1]["_fault"].startswith("rows.jsonl:2: not JSON")
    assert rows[3]["_fault"] == "rows.jsonl:5: a list, expected an object with text"
    assert "_fault" not in rows[4]


def test_faulty_records_of_a_csv_file_are_answered_in_their_place():
    text = 'id,text\n1,fine\n2,one, two\n3\n"4","he "said" so"\n\n5,\udce9t\udce9\n6,last\n7,"never closed\n'
    rows = list(csv_rows(io.StringIO(text, newline=""), "r.csv", Columns()))
    assert rows[0] == {"id": "1", "text": "fine"}
    assert "r.csv:3: 3 fields, the header has 2" in rows[1]["_fault"]
    assert rows[2] == {"id": "3", "text": None}
    assert "r.csv:5:" in rows[3]["_fault"]
    assert "r.csv:7: not UTF-8" in rows[4]["_fault"]
    assert rows[5] == {"id": "6", "text": "last"}
    assert "r.csv:9: unexpected end of data" in rows[6]["_fault"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), min_size=1, max_size=6))
def test_csv_and_jsonl_keep_any_text(texts):
    rows = [{"id": str(k), "text": text} for k, text in enumerate(texts)]
    assert list(csv_rows(io.StringIO(as_csv(rows).decode(), newline=""), "r", Columns())) == rows
    assert list(json_rows(io.StringIO(as_jsonl(rows).decode(), newline=""), "r", Columns())) == rows


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    path = tmp_path_factory.mktemp("many") / "many.csv"
    path.write_bytes(as_csv([{"id": str(k), "text": f"Round {k} of the talks will be held." if k % 7 else ""} for k in range(3000)]))
    return path


@pytest.fixture(scope="module")
def ngrams(sets, tmp_path_factory):
    from stance.classifiers import build_pipeline
    from stance.model import save_model

    folder = tmp_path_factory.mktemp("ngrams") / "m"
    fitted = build_pipeline([{"features": {"kind": "tfidf"}, "classifier": {"kind": "logreg"}}]).fit(sets["train"], sets["train"]["stance"])
    save_model(fitted, folder, {"name": "ngrams", "version": "1"})
    return folder


def predict(*arguments, **options):
    return subprocess.run([sys.executable, "-m", "stance", "predict", *map(str, arguments)], capture_output=True, text=True, timeout=180, **options)


def test_formats_say_the_same(many, ngrams, tmp_path):
    outs = [tmp_path / name for name in ("a.jsonl", "a.csv", "a.parquet", "a.jsonl.gz", "a.csv.zst")]
    for out in outs:
        done = predict(many, "--model", ngrams, "--out", out, "--explain")
        assert (done.returncode, done.stdout) == (0, "")
        assert done.stderr == "3000 rows, 429 abstained (429 empty text)\n"
    expected = [json.loads(line) for line in outs[0].read_text().splitlines()]
    assert [row["id"] for row in expected] == [str(k) for k in range(3000)]
    assert gzip.decompress(outs[3].read_bytes()) == outs[0].read_bytes()
    assert zstd.decompress(outs[4].read_bytes()) == outs[1].read_bytes()
    records = list(csv.DictReader(outs[1].open(newline="")))
    typed = pq.read_table(outs[2]).to_pylist()
    for row, record, other in zip(expected, records, typed, strict=True):
        assert (row["id"], row["stance"] or "", row["score"], row.get("reason", "")) == (
            record["id"], record["stance"], float(record["score"]), record["reason"])  # fmt: skip
        assert other["p_oppose"] == float(record["p_oppose"]) == row["probabilities"]["oppose"]
        assert other["abstained"] is row["abstained"]
        assert other["explanation"] == tables.shown_terms(row)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in outs)


def test_formats_go_to_standard_output_too(many, ngrams):
    done = subprocess.run(
        [sys.executable, "-m", "stance", "predict", many, "--model", ngrams, "--format", "parquet"], capture_output=True, timeout=120, check=True
    )
    assert pq.read_table(io.BytesIO(done.stdout)).num_rows == 3000
    shown = predict(many, "--model", ngrams, "--format", "table").stdout.splitlines()
    assert shown[0].split() == ["id", "stance", "sure", "score", "reason"]
    assert len(shown) == 3001
    one = predict("We will not talk.", "--model", ngrams, "--format", "csv").stdout.splitlines()
    assert one[0].startswith("id,stance,score")


def test_a_run_that_was_killed_is_taken_up_where_it_stopped(many, ngrams, tmp_path):
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    assert predict(many, "--model", ngrams, "--out", whole).returncode == 0
    model = stance.load(ngrams)

    def dying(rows):
        for number, row in enumerate(rows):
            if number == 1500:
                raise RuntimeError("the power fails")
            yield row

    with open_rows(str(many)) as (rows, _), pytest.raises(RuntimeError, match="power"):
        bulk.predict_to_file(model, dying(rows), out, None, source=str(many))
    part = tmp_path / "out.csv.part"
    with part.open("ab") as file:
        file.write(b'{"id": "half a li')
    assert not out.exists()
    done = predict(many, "--model", ngrams, "--out", out)
    assert done.returncode == 0
    assert "3000 rows, 1280 of them from the run before, 429 abstained" in done.stderr
    assert out.read_bytes() == whole.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "whole.csv"]


def test_what_another_run_left_is_not_mixed_in(many, ngrams, tmp_path):
    out = tmp_path / "out.jsonl"
    (tmp_path / "out.jsonl.part").write_text("{}\n")
    done = predict(many, "--model", ngrams, "--out", out)
    assert done.returncode == 1
    assert "left by a run with another source, model, abstain_at, explain, sets, attributed, keep_columns; remove it" in done.stderr
    out.write_text("precious")
    done = predict(many, "--model", ngrams, "--out", out)
    assert (done.returncode, out.read_text()) == (1, "precious")
    assert "exists already" in done.stderr


@pytest.mark.parametrize("to_file", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_whole_lines(ngrams, tmp_path, number, to_file):
    big = tmp_path / "big.jsonl"
    big.write_bytes(as_jsonl([{"id": k, "text": f"They would meet the envoys of side {k} on Monday."} for k in range(100_000)]))
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "stance", "predict", str(big), "--model", str(ngrams), *(["--out", str(out)] if to_file else [])]
    shown = tmp_path / "stdout"
    part = tmp_path / "out.jsonl.part" if to_file else shown
    with shown.open("wb") as stdout:
        process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE)
        while not part.exists() or part.stat().st_size < 100_000:
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"every line is whole" in said
    lines = part.read_bytes()
    assert lines.endswith(b"}\n")
    found = [json.loads(line)["id"] for line in lines.splitlines()]
    assert found == [str(k) for k in range(len(found))]
    if to_file:
        assert predict(big, "--model", ngrams, "--out", out).returncode == 0
        assert [json.loads(line)["id"] for line in out.open()] == [str(k) for k in range(100_000)]


def test_strict_makes_bad_rows_count(many, ngrams):
    assert predict(many, "--model", ngrams, "--strict").returncode == 1
    assert predict("", "--model", ngrams, "--strict").returncode == 1
    assert predict("We will talk.", "--model", ngrams, "--strict", "--abstain-at", "1").returncode == 0


def test_an_unsure_answer_keeps_its_probabilities(ngrams):
    sure = stance.load(ngrams).predict("We will talk.")
    found = json.loads(predict("We will talk.", "--model", ngrams, "--abstain-at", "0.999").stdout)
    assert (found["stance"], found["coarse"], found["abstained"]) == (None, None, True)
    assert found["probabilities"] == {name: round(value, 4) for name, value in sure.probabilities.items()}
    assert found["score"] == round(sure.score, 4)
    assert found["reason"].startswith(f"unsure: {sure.stance} is likeliest with 0.")


def test_the_features_add_up_to_the_sums_of_the_model(ngrams, model):
    loaded = stance.load(ngrams)
    text = "We will never accept such talks."
    _, classes, head = loaded._portable.members[0]
    _, values, coef = head.contributions({"text": text})
    by_stance = {name: sum(one.weight for one in loaded.features(text, n=10_000, stance=name)) for name in classes}
    sums = values @ coef
    assert list(by_stance.values()) == pytest.approx(list(sums - sums.mean()))
    assert [abs(one.weight) for one in model.features(text, n=5)] == sorted((abs(one.weight) for one in model.features(text, n=5)), reverse=True)


def test_a_person_sees_a_bar_and_a_pipe_does_not(many, ngrams, tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "stance", "predict", str(many), "--model", str(ngrams), "--out", str(tmp_path / "o.jsonl")]
    process = subprocess.Popen(command, stderr=theirs, env={**os.environ, "TERM": "xterm"})
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # the terminal's other end is closed
        pass
    os.close(ours)
    assert process.wait(60) == 0
    assert b"100%" in seen
    assert b"rows" in seen
    assert predict(many, "--model", ngrams).stderr.startswith("3000 rows")


OWN = [
    {"nr": "7", "stance": "hawk", "text": "We are ready to talk.", "outlet": "Post, The", "page": "3"},
    {"nr": "8", "stance": "dove", "text": "Never.", "outlet": "", "page": "12"},
]


@pytest.mark.parametrize("name", ["own.csv", "own.tsv", "own.jsonl", "own.parquet"])
def test_the_users_own_columns_come_back_where_they_are_asked_for(ngrams, tmp_path, name):
    source = tmp_path / name
    source.write_bytes({"csv": as_csv(OWN), "tsv": as_csv(OWN, "\t"), "jsonl": as_jsonl(OWN), "parquet": as_parquet(OWN)}[name.split(".")[1]])
    outs = [tmp_path / out for out in ("out.csv", "out.jsonl", "out.parquet")]
    for out in outs:
        assert predict(source, "--model", ngrams, "--id-column", "nr", "--keep-columns", "--out", out).returncode == 0
    records = list(csv.DictReader(outs[0].open(newline="")))
    assert list(records[0])[:8] == ["nr", "input_stance", "text", "outlet", "page", "id", "stance", "score"]
    answers = [json.loads(line) for line in outs[1].read_text().splitlines()]
    for row, record, answer, typed in zip(OWN, records, answers, pq.read_table(outs[2]).to_pylist(), strict=True):
        assert answer["input"] == row
        assert answer["id"] == record["id"] == row["nr"]
        for found in (record, typed):
            assert [found["input_stance"], found["text"], found["outlet"], found["page"]] == [row["stance"], row["text"], row["outlet"], row["page"]]
            assert found["stance"] == answer["stance"]
    streamed = predict(source, "--model", ngrams, "--id-column", "nr", "--keep-columns", "--format", "csv").stdout
    assert streamed.encode() == outs[0].read_bytes()
    assert "input" not in json.loads(predict(source, "--model", ngrams).stdout.splitlines()[0])


def test_kept_columns_that_would_be_there_twice_or_come_late_are_told(ngrams, tmp_path):
    (tmp_path / "a.csv").write_text("text,stance,input_stance\nx,1,2\n")
    done = predict(tmp_path / "a.csv", "--model", ngrams, "--keep-columns", "--format", "csv")
    assert (done.returncode, "--keep-columns: 'stance' would come out as 'input_stance', which is there already" in done.stderr) == (1, True)
    (tmp_path / "b.csv").write_text("text,page,page\nx,1,2\n")
    assert "column 'page' is there twice and cannot be kept" in predict(tmp_path / "b.csv", "--model", ngrams, "--keep-columns").stderr
    rows = [{"text": "We come."}] * 300 + [{"text": "We stay.", "late": {"page": 3}}]
    (tmp_path / "c.jsonl").write_bytes(as_jsonl(rows))
    assert "column 'late' comes up after the first 256 rows" in predict(tmp_path / "c.jsonl", "--model", ngrams, "--keep-columns", "--format", "csv").stderr
    assert predict(tmp_path / "c.jsonl", "--model", ngrams, "--keep-columns", "--out", tmp_path / "c.csv").returncode == 0
    assert list(csv.DictReader((tmp_path / "c.csv").open(newline="")))[-1]["late"] == '{"page": 3}'


@pytest.mark.parametrize(
    ("name", "data"), [("a.csv", b"text\nWe come.\nWe, stay\nNo.\n"), ("a.jsonl", b'{"text": "a"}\n{broken\n"b"\n'), ("a.txt", b"a\nb\n\nc\n")]
)
def test_rows_that_nobody_named_have_their_number(ngrams, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert [json.loads(line)["id"] for line in predict(tmp_path / name, "--model", ngrams).stdout.splitlines()] == ["1", "2", "3"]


def test_where_rows_are_named_no_id_is_made_up():
    found = list(tables.numbered([{"id": 3, "text": "a"}, {"_fault": "x"}, {"text": "b"}]))
    assert [row.get("id") for row in found] == [3, None, None]


def test_printed_figures_have_four_places_and_pythons_have_all(ngrams):
    text = "We will never accept such talks."
    found = json.loads(predict(text, "--model", ngrams).stdout)
    whole = stance.load(ngrams).predict(text)
    assert found["probabilities"] == {name: round(value, 4) for name, value in whole.probabilities.items()}
    assert all(len(str(value)) <= 6 for value in found["probabilities"].values())
    assert max(len(str(value)) for value in whole.probabilities.values()) > 10
