import csv
import datetime
import io
import json
import sys

import pyarrow.parquet as pq
import pytest
from conftest import ROOT
from shell import cli

import stance
from stance.cli.trends import trends
from stance.core.errors import DataError
from stance.interfaces.trend_figure import draw_trends
from stance.models.speaker_pooling import DEFAULT, pool
from stance.prediction import table_files
from stance.prediction.quote_rows import read_quote_rows
from stance.prediction.quote_table import columns_of
from stance.prediction.table_files import write_table
from stance.prediction.trends import Trends, period_of

SURE = {"support": 0.96, "conditional": 0.01, "skeptical": 0.01, "oppose": 0.01, "neutral": 0.01}


def row(k, speaker="Carla Whitcombe", day="2025-05-13", stance="support", **other):
    """A row of a table of quotes."""
    named = None if speaker is None else speaker.lower().replace(" ", "-")
    probabilities = {**SURE, "support": 0.01, stance: 0.96}
    return {
        **dict.fromkeys(columns_of()),
        "id": f"a{k}#1",
        "article": f"a{k}",
        "published": day,
        "text": f"Words {k}",
        "speaker": speaker,
        "speaker_id": named,
        "stance": stance,
        "abstained": False,
        **{f"p_{name}": value for name, value in probabilities.items()},
        "optional": False,
        "score": 0.9,
        "model": "tiny",
        "version": "1",
        **other,
    }


ROWS = [
    row(0, "Tomas Reyk", "2025-05-12T08:00:00Z", "oppose"),
    row(1, day="2025-05-13"),
    row(2, day="Wed, 14 May 2025 10:00:00 GMT"),
    row(3, day="3 June 2025", stance="oppose"),
    row(4, copy_of="a2"),
    row(5, optional=True),
    row(6, None),
    row(7, day="05/06/2025"),
    row(8, stance=None, abstained=True) | {f"p_{name}": 0.2 for name in stance.STANCES},
]


def test_a_speakers_quotes_of_a_period_are_pooled_and_what_is_left_out_is_counted():
    found = Trends(ROWS, "week")
    table = found.table()
    assert [(each["speaker"], str(each["period"]), each["n_quotes"]) for each in table] == [
        ("Carla Whitcombe", "2025-05-12", 2),
        ("Carla Whitcombe", "2025-06-02", 1),
        ("Tomas Reyk", "2025-05-12", 1),
    ]
    pooled = pool([[each[f"p_{name}"] for name in stance.STANCES] for each in ROWS[1:3]], DEFAULT)
    assert (table[0]["stance"], table[0]["n_articles"]) == ("support", 2)
    assert (table[0]["score"], table[0]["low"], table[0]["high"]) == pytest.approx(
        (pooled.score, pooled.low, pooled.high), abs=1e-4
    )
    assert table[0]["p_support"] == pytest.approx(pooled.probabilities[0], abs=1e-4)
    assert str(found.counts) == (
        "4 quotes; left out: 2 of wire copies, headlines and captions, 1 of unnamed speakers, "
        "1 without a stance, 1 without a date that is understood"
    )


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("day", "2025-05-15"),
        ("week", "2025-05-12"),
        ("month", "2025-05-01"),
        ("year", "2025-01-01"),
    ],
)
def test_a_period_is_named_by_its_first_day(by, first):
    assert str(period_of(datetime.date(2025, 5, 15), by)) == first


def test_only_the_speakers_asked_for_are_shown():
    assert {each["speaker"] for each in Trends(ROWS, "week", ["tomas reyk"]).table()} == {
        "Tomas Reyk"
    }
    assert len(Trends(ROWS, "day", ["carla-whitcombe"]).table()) == 3


@pytest.fixture
def tables(tmp_path):
    """The rows in every format that stance quotes writes."""
    for kind in ("csv", "jsonl", "parquet"):
        with (tmp_path / f"rows.{kind}").open("wb") as out:
            write_table(ROWS, columns_of(), out, kind)
    return tmp_path


def test_the_verb_gives_the_same_table_for_every_format_and_keeps_types(tables):
    model = ROOT / "tests" / "golden" / "model"
    done = cli("trends", tables / "rows.parquet", "--model", model)
    assert done.returncode == 0, done.stderr
    assert "2 speakers, 4 quotes; left out" in done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert (rows[0]["period"], rows[0]["unclear"]) == ("2025-05-12", "FALSE")
    for kind in ("csv", "jsonl"):
        again = cli("trends", tables / f"rows.{kind}", "--model", model)
        assert again.stdout == done.stdout, again.stderr
    out, figure = tables / "trends.parquet", tables / "trends.svg"
    done = cli("trends", tables / "rows.csv", "--model", model, "--out", out, "--figure", figure)
    assert done.returncode == 0, done.stderr
    schema = pq.read_schema(out)
    assert [str(schema.field(name).type) for name in ("period", "unclear", "n_quotes", "low")] == [
        "date32[day]",
        "bool",
        "int64",
        "double",
    ]
    assert "Carla Whitcombe (n = 3)" in figure.read_text(encoding="utf-8")


def test_every_format_gives_texts_back_as_they_were(tmp_path):
    texts = {"text": "- We will come.", "title": "'So be it'", "cue": "=said"}
    for kind in ("csv", "jsonl", "parquet"):
        with (tmp_path / f"rows.{kind}").open("wb") as out:
            write_table([row(0, **texts)], columns_of(), out, kind)
        (found,) = read_quote_rows(str(tmp_path / f"rows.{kind}"))
        assert {name: found[name] for name in texts} == texts, kind


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_terminal_does_not_obey_a_speakers_name(tmp_path, monkeypatch, is_terminal):
    with (tmp_path / "rows.jsonl").open("wb") as out:
        write_table([row(0, "Ann\x1b[2J")], columns_of(), out, "jsonl")
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setattr(sys, "stdout", stdout)
    trends(str(tmp_path / "rows.jsonl"), model=str(ROOT / "tests" / "golden" / "model"))
    stdout.flush()
    assert (b"Ann\x1b[2J" in stdout.buffer.getvalue()) != is_terminal


def test_a_table_that_cannot_be_written_leaves_the_old_one(tables, monkeypatch):
    def failing(rows, columns, out, kind):
        out.write(b"half a table")
        raise OSError("no space left")

    monkeypatch.setattr(table_files, "write_table", failing)
    (tables / "trends.csv").write_bytes(b"the old one")
    with pytest.raises(OSError, match="no space"):
        trends(
            str(tables / "rows.csv"),
            tables / "trends.csv",
            model=str(ROOT / "tests" / "golden" / "model"),
        )
    assert (tables / "trends.csv").read_bytes() == b"the old one"


def test_faults_are_told_with_what_is_expected(tables):
    for arguments, words in (
        (["--by", "hour"], "expected one of day, week, month, year"),
        (["--figure", "trends.bmp"], "expected .svg, .pdf, .png"),
        (["--out", "trends.xlsx"], "expected .jsonl or .csv"),
    ):
        done = cli("trends", tables / "rows.csv", *arguments)
        assert (done.returncode, words in done.stderr) == (1, True), done.stderr
    (tables / "other.jsonl").write_text(json.dumps({"text": "We will talk."}))
    done = cli("trends", tables / "other.jsonl")
    assert "expected a table that stance quotes wrote" in done.stderr


def test_an_unknown_speaker_gives_an_empty_table():
    assert Trends(ROWS, "week", ["Nobody"]).table() == []
    with pytest.raises(DataError, match="nothing to draw"):
        draw_trends([], "svg")
