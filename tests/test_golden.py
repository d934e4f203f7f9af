"""The program prints for fixed input what it printed before, byte for byte.

Moving or renaming code must not change it. ``STANCE_GOLDEN=write`` writes the files of
``tests/golden/`` anew; whoever does so says why in the commit. The model is a small one of n-grams
and word lists, kept as a folder, so that no training library and no machine affects its answers.
"""

import csv
import json
import os
import re

import pytest
from conftest import ROOT
from shell import cli

GOLDEN = ROOT / "tests" / "golden"
MODEL = ("--model", GOLDEN / "model")
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
PREDICT = {
    "predict.jsonl": (),
    "predict-explain.jsonl": ("--explain",),
    "predict-sets.jsonl": ("--sets", "0.9"),
    "predict-risk.jsonl": ("--risk", "0.3"),
    "predict-attributed.jsonl": ("--attributed",),
    "predict-kept.csv": ("--keep-columns", "--format", "csv", "--abstain-at", "0.5"),
    "predict-all.txt": ("--format", "table", "--explain", "--sets", "0.8", "--attributed"),
}
# The page says when it was made, and by which version.
VARIES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC|(?<=stance )\d+\.\d+\.\d+")


def same(name, text):
    path = GOLDEN / name
    if os.environ.get("STANCE_GOLDEN") == "write":
        path.write_bytes(text.encode("utf-8"))
    assert text.encode("utf-8") == path.read_bytes()


def told(*arguments, **environment):
    """What a command prints, stdout before stderr, without the folder of the project."""
    done = cli(*arguments, COLUMNS="120", NO_COLOR="1", **environment)
    return (done.stdout + done.stderr).replace(f"{ROOT}/", "")


def test_extracted_quotes_are_the_same():
    same("extract.jsonl", told("extract", *SEEDS))


def test_readings_of_articles_are_the_same():
    same("read.jsonl", told("read", "--json", *SEEDS, *MODEL))


def test_readings_for_people_are_the_same():
    same("read.txt", told("read", *SEEDS, *MODEL))


@pytest.mark.parametrize("name", PREDICT)
def test_predictions_are_the_same(name):
    same(name, told("predict", GOLDEN / "rows.jsonl", *MODEL, *PREDICT[name]))


def test_predictions_from_columns_of_other_names_are_the_same(tmp_path):
    rows = [
        json.loads(line)
        for line in (GOLDEN / "rows.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows(
            [
                ("number", "statement", "verb", "before"),
                *((row["id"], row["text"], row["cue"], row["context"]) for row in rows),
            ]
        )
    columns = (
        "--text-column",
        "statement",
        "--id-column",
        "number",
        "--cue-column",
        "verb",
        "--context-column",
        "before",
    )
    same("predict-columns.jsonl", told("predict", tmp_path / "rows.csv", *MODEL, *columns))


def test_the_page_is_the_same(tmp_path):
    out = tmp_path / "report.html"
    cli("report", SEEDS[1], "--out", out, *MODEL)
    same("report.html", VARIES.sub("_", out.read_text(encoding="utf-8")))


def test_what_a_check_says_is_the_same(project):
    same("check.txt", told("check").replace(f"{project}/", ""))
