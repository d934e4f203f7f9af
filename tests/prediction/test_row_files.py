import gzip
import io
import json
import random
import subprocess
import sys

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import ROWS, as_csv, as_jsonl, as_parquet, predict

from stance.core.errors import DataError
from stance.prediction import row_files
from stance.prediction.row_files import csv_rows, json_rows, open_rows
from stance.prediction.rows import Columns

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
    (tmp_path / "quotes.txt").write_bytes(
        "We come.\n\n  We stay — for now.\r\n".encode() + b"caf\xe9\n"
    )
    with open_rows(str(tmp_path / "quotes.txt")) as (rows, _):
        found = list(rows)
    assert found[:2] == [{"text": "We come."}, {"text": "We stay — for now."}]
    assert "quotes.txt:4: not UTF-8; convert it (iconv -f CP1252 -t UTF-8)" in found[2]["_fault"]


def test_columns_have_the_names_that_people_gave_them(tmp_path):
    renamed = [{"nr": row["id"], "quotation": row["text"], "verb": row["cue"]} for row in ROWS]
    columns = Columns("quotation", "nr", "verb")
    for name, data in {
        "r.csv": as_csv(renamed),
        "r.jsonl": as_jsonl(renamed),
        "r.parquet": as_parquet(renamed),
    }.items():
        (tmp_path / name).write_bytes(data)
        with open_rows(str(tmp_path / name), columns) as (rows, _):
            found = [{field: row.get(field) for field in ("id", "text", "cue")} for row in rows]
        assert found == ROWS


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "a.csv",
            b"id,quote\n1,x\n",
            r"a\.csv: columns are id, quote; expected a column text .*--text-column",
        ),
        (
            "semi.csv",
            b"Nr.;Text;Wer\n1;x, y;z\n",
            r"columns are Nr\., Text, Wer; expected a column text, did you mean Text\? "
            r".*--text-column",
        ),
        ("far.csv", b"Nr.;Zitat\n1;x\n", r"columns are Nr\., Zitat; expected a column text \("),
        ("b.csv", b"", r"columns are \(none\); expected a column text"),
        ("c.csv", b"text,text\n1,2\n", "column 'text' is there twice"),
        ("d.csv", "text\nx\n".encode("utf-16"), "is UTF-16; convert it first"),
        ("e.parquet", b"no parquet", "no readable Parquet file"),
        ("f.parquet", as_parquet([{"quote": "x"}]), "expected a column text"),
        ("g.csv.gz", gzip.compress(as_csv(ROWS * 500))[:-20], "packed file is damaged or cut off"),
        ("h.csv.zst", zstd.compress(as_csv(ROWS * 500))[:-20], "packed file is damaged or cut off"),
        (
            "i.csv.gz",
            gzip.compress(random.Random(1).randbytes(9000))[:5000] + b"garbage" * 99,
            "cannot be read on|columns are|cut off",
        ),
    ],
)
def test_a_file_that_is_not_what_it_says_is_told(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message), open_rows(str(tmp_path / name)) as (rows, _):
        list(rows)


def test_a_column_asked_for_by_name_must_be_there(tmp_path):
    with pytest.raises(DataError, match=r"expected a column verb; check --cue-column"):
        list(csv_rows(io.StringIO("text\nx\n"), "r.csv", Columns(cue="verb")))


def test_a_csv_cell_without_a_value_is_no_name(tmp_path):
    rows = [{"text": "NA", "id": "NA", "cue": "", "context": "NA", "speaker": "NA"}]
    (tmp_path / "quotes.csv").write_bytes(as_csv(rows))
    with open_rows(str(tmp_path / "quotes.csv")) as (found, _):
        assert list(found) == [{**dict.fromkeys(rows[0]), "text": "NA"}]


def test_a_faulty_line_is_answered_in_its_place():
    rows = list(
        json_rows(
            io.StringIO(
                '{"text": "a"}\n{broken\n\n"plain"\n[1]\n{"text": "x", "_fault": "mine"}\n'
            ),
            "rows.jsonl",
            Columns(),
        )
    )
    assert [row.get("text") for row in rows] == ["a", None, "plain", None, "x"]
    assert rows[1]["_fault"].startswith("rows.jsonl:2: not JSON")
    assert rows[3]["_fault"] == "rows.jsonl:5: a list, expected an object with text"
    assert "_fault" not in rows[4]


def test_faulty_records_of_a_csv_file_are_answered_in_their_place():
    text = (
        'id,text\n1,fine\n2,one, two\n3\n"4","he "said" so"\n\n5,\udce9t\udce9\n'
        '6,last\n7,"never closed\n'
    )
    rows = list(csv_rows(io.StringIO(text, newline=""), "r.csv", Columns()))
    assert rows[0] == {"id": "1", "text": "fine"}
    assert "r.csv:3: 3 fields, the header has 2" in rows[1]["_fault"]
    assert rows[2] == {"id": "3", "text": None}
    assert "r.csv:5:" in rows[3]["_fault"]
    assert "r.csv:7: not UTF-8" in rows[4]["_fault"]
    assert rows[5] == {"id": "6", "text": "last"}
    assert "r.csv:9: unexpected end of data" in rows[6]["_fault"]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=30), min_size=1, max_size=6
    )
)
def test_csv_and_jsonl_keep_any_text(texts):
    rows = [{"id": str(k), "text": text} for k, text in enumerate(texts)]
    assert list(csv_rows(io.StringIO(as_csv(rows).decode(), newline=""), "r", Columns())) == rows
    assert list(json_rows(io.StringIO(as_jsonl(rows).decode(), newline=""), "r", Columns())) == rows


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"text\nWe come.\nWe, stay\nNo.\n"),
        ("a.jsonl", b'{"text": "a"}\n{broken\n"b"\n'),
        ("a.txt", b"a\nb\n\nc\n"),
    ],
)
def test_rows_that_nobody_named_have_their_number(ngrams, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    assert [
        json.loads(line)["id"]
        for line in predict(tmp_path / name, "--model", ngrams).stdout.splitlines()
    ] == ["1", "2", "3"]


def test_where_rows_are_named_no_id_is_made_up():
    found = list(row_files.numbered([{"id": 3, "text": "a"}, {"_fault": "x"}, {"text": "b"}]))
    assert [row.get("id") for row in found] == [3, None, None]


def test_half_a_character_ends_no_job(ngrams, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "Yes."}\n{"text": "We will talk \\ud83d"}\n{"text": "Never."}\n')
    done = predict(path, "--model", ngrams)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["id"] for answer in answers] == ["1", "2", "3"]
    assert answers[1]["note"] == "half a character in text was read as \ufffd"
    done = predict(b"We will talk \xf0\x9f", "--model", ngrams)  # as a shell hands it over
    assert json.loads(done.stdout)["note"].startswith("half a character in text")


def test_excels_own_first_line_is_no_header():
    text = "sep=;\nid;text\n1;We are ready, and we will talk.\n2;a;b\n"
    rows = list(csv_rows(io.StringIO(text, newline=""), "r.csv", Columns()))
    assert rows[0] == {"id": "1", "text": "We are ready, and we will talk."}
    assert rows[1]["_fault"].startswith("r.csv:4: 3 fields, the header has 2")


def test_a_line_without_end_takes_no_more_room_than_a_long_one(monkeypatch, tmp_path):
    monkeypatch.setattr(row_files, "MAX_LINE", 1000)
    for kind, head, good in (
        ("jsonl", "", '{"text": "Yes."}'),
        ("csv", "text\n", "Yes."),
        ("txt", "", "Yes."),
    ):
        path = tmp_path / f"rows.{kind}.gz"
        path.write_bytes(gzip.compress(f"{head}{good}\n{'x' * 100_000}\n{good}\n".encode()))
        with open_rows(str(path)) as (opened, _):
            first, long, last = opened
        assert first == last == {"text": "Yes."}
        assert "a line of more than 1000 characters" in long["_fault"]


def test_a_damaged_parquet_file_is_told(tmp_path):
    data = bytearray(as_parquet(ROWS))
    data[10:40] = b"\xff" * 30
    (tmp_path / "rows.parquet").write_bytes(data)
    with (
        pytest.raises(DataError, match=r"rows\.parquet: (cannot be read on|no readable)"),
        open_rows(str(tmp_path / "rows.parquet")) as (rows, _),
    ):
        list(rows)
