import csv
import gzip
import io
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest
from backports import zstd
from rows import as_csv, as_jsonl, as_parquet, predict

import stance
from stance.prediction.answer_files import shown_terms
from stance.prediction.batch import predict_stream
from stance.prediction.row_files import open_rows
from stance.prediction.rows import Columns, Options


def test_formats_say_the_same(many, ngrams, tmp_path):
    outs = [
        tmp_path / name for name in ("a.jsonl", "a.csv", "a.parquet", "a.jsonl.gz", "a.csv.zst")
    ]
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
        assert other["explanation"] == shown_terms(row)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in outs)


def test_formats_go_to_standard_output_too(many, ngrams):
    done = subprocess.run(
        [sys.executable, "-m", "stance", "predict", many, "--model", ngrams, "--format", "parquet"],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert pq.read_table(io.BytesIO(done.stdout)).num_rows == 3000
    shown = predict(many, "--model", ngrams, "--format", "table").stdout.splitlines()
    assert shown[0].split() == ["id", "stance", "sure", "score", "reason"]
    assert len(shown) == 3001
    one = predict("We will not talk.", "--model", ngrams, "--format", "csv").stdout.splitlines()
    assert one[0].startswith("id,stance,score")


OWN = [
    {
        "nr": "7",
        "stance": "hawk",
        "text": "We are ready to talk.",
        "outlet": "Post, The",
        "page": "3",
    },
    {"nr": "8", "stance": "dove", "text": "Never.", "outlet": "", "page": "12"},
]


@pytest.mark.parametrize("name", ["own.csv", "own.tsv", "own.jsonl", "own.parquet"])
def test_the_users_own_columns_come_back_where_they_are_asked_for(ngrams, tmp_path, name):
    source = tmp_path / name
    source.write_bytes(
        {
            "csv": as_csv(OWN),
            "tsv": as_csv(OWN, "\t"),
            "jsonl": as_jsonl(OWN),
            "parquet": as_parquet(OWN),
        }[name.split(".")[1]]
    )
    outs = [tmp_path / out for out in ("out.csv", "out.jsonl", "out.parquet")]
    for out in outs:
        assert (
            predict(
                source, "--model", ngrams, "--id-column", "nr", "--keep-columns", "--out", out
            ).returncode
            == 0
        )
    records = list(csv.DictReader(outs[0].open(newline="")))
    assert list(records[0])[:8] == [
        "nr",
        "input_stance",
        "text",
        "outlet",
        "page",
        "id",
        "stance",
        "score",
    ]
    answers = [json.loads(line) for line in outs[1].read_text().splitlines()]
    for row, record, answer, typed in zip(
        OWN, records, answers, pq.read_table(outs[2]).to_pylist(), strict=True
    ):
        assert answer["input"] == row
        assert answer["id"] == record["id"] == row["nr"]
        for found in (record, typed):
            assert [found["input_stance"], found["text"], found["outlet"], found["page"]] == [
                row["stance"],
                row["text"],
                row["outlet"],
                row["page"],
            ]
            assert found["stance"] == answer["stance"]
    streamed = predict(
        source, "--model", ngrams, "--id-column", "nr", "--keep-columns", "--format", "csv"
    ).stdout
    assert streamed.encode() == outs[0].read_bytes()
    assert "input" not in json.loads(predict(source, "--model", ngrams).stdout.splitlines()[0])


def test_kept_columns_that_would_be_there_twice_or_come_late_are_told(ngrams, tmp_path):
    (tmp_path / "a.csv").write_text("text,stance,input_stance\nx,1,2\n")
    done = predict(tmp_path / "a.csv", "--model", ngrams, "--keep-columns", "--format", "csv")
    assert (
        done.returncode,
        "--keep-columns: 'stance' would come out as 'input_stance', which is there already"
        in done.stderr,
    ) == (1, True)
    (tmp_path / "b.csv").write_text("text,page,page\nx,1,2\n")
    assert (
        "column 'page' is there twice and cannot be kept"
        in predict(tmp_path / "b.csv", "--model", ngrams, "--keep-columns").stderr
    )
    rows = [{"text": "We come."}] * 300 + [{"text": "We stay.", "late": {"page": 3}}]
    (tmp_path / "c.jsonl").write_bytes(as_jsonl(rows))
    assert (
        "column 'late' comes up after the first 256 rows"
        in predict(
            tmp_path / "c.jsonl", "--model", ngrams, "--keep-columns", "--format", "csv"
        ).stderr
    )
    assert (
        predict(
            tmp_path / "c.jsonl", "--model", ngrams, "--keep-columns", "--out", tmp_path / "c.csv"
        ).returncode
        == 0
    )
    assert list(csv.DictReader((tmp_path / "c.csv").open(newline="")))[-1]["late"] == '{"page": 3}'


def test_what_a_spreadsheet_would_compute_is_text(ngrams, tmp_path):
    rows = [{"id": "=1+1", "text": "We will talk.", "=cmd": "@SUM(A1)", "change": "-5"}]
    (tmp_path / "in.csv").write_bytes(as_csv(rows))
    model, out = stance.load(ngrams), io.BytesIO()
    with open_rows(str(tmp_path / "in.csv"), Columns(keep=True)) as (opened, _):
        predict_stream(model, opened, out, "csv", Options(keep_columns=True))
    (record,) = csv.DictReader(io.StringIO(out.getvalue().decode(), newline=""))
    assert record["id"] == record["input_id"] == "'=1+1"
    assert (record["'=cmd"], record["change"]) == ("'@SUM(A1)", "-5")
    assert float(record["score"]) <= 1


class Screen(io.BytesIO):
    def isatty(self):
        return True


def test_a_terminal_obeys_nothing_of_a_table(ngrams):
    out = Screen()
    rows = [{"id": "\x1b[2J", "text": "We will talk.", "_kept": {"note": "\x9b2J"}}]
    for kind in ("csv", "table"):
        predict_stream(stance.load(ngrams), rows, out, kind, Options(keep_columns=True))
    shown = out.getvalue().decode()
    assert "\x9b" not in shown
    assert "\x1b[2J" not in shown  # the table's own colours are escapes too
