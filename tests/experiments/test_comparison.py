"""Two runs side by side, from a real store."""

import json

import pandas as pd
import pytest
from shell import cli

from stance.core.errors import DataError
from stance.experiments.comparison import compare_errors, compare_runs, data_differences
from stance.tracking import runs, store


def log(name, rows, kind="train", **params):
    """Track a run that answered ``rows``."""
    mlflow = store.open_store()
    with runs.tracked_run(mlflow, name, {"kind": kind}):
        mlflow.log_params({"experiment": name, **params})
        mlflow.log_table(
            pd.DataFrame(rows), "answers.json" if kind == "benchmark" else "predictions.json"
        )


def answered(predicted, n=15, name="test"):
    """Quotes of several articles, support and oppose in turn.

    The first of each article is answered as ``predicted`` says.
    """
    rows = []
    for article in range(n):
        for number, stance in enumerate(("support", "oppose", "neutral")):
            answer = predicted.get(stance, stance) if article % 2 else stance
            words = {"text": f"words of {article} {number}", "confidence": 0.5, "form": "direct"}
            rows.append(
                {
                    "quote": f"a{article}#{number}",
                    "set": name,
                    "article": f"a{article}",
                    "stance": stance,
                    "predicted": answer,
                    **words,
                }
            )
    return rows


def in_corpus(predicted, corpus="semeval2016"):
    rows = []
    for number in range(30):
        stance = ("favor", "against", "none")[number % 3]
        rows.append(
            {
                "set": "test",
                "quote": f"q{number}",
                "article": f"t{number}",
                "target": "x",
                "stance": stance,
                "predicted": predicted.get(stance, stance),
            }
        )
    return rows


@pytest.fixture
def two(project):
    log("good", answered({}))
    log("bad", answered({"oppose": "neutral"}))
    return project


def test_errors_of_two_runs_are_lined_up_quote_by_quote(two):
    log("third", answered({"oppose": "neutral", "support": "oppose"}))
    first, second, table = compare_errors("bad", "third")
    assert (first, second) == ("bad", "third")
    assert (
        len(table) == 14
    )  # 7 supports that only the second misses, 7 opposes that both miss alike
    assert list(table["right"]) == ["first"] * 7 + ["neither"] * 7
    row = table.iloc[0]
    assert (row["stance"], row["first"], row["second"], row["text"]) == (
        "support",
        "support",
        "oppose",
        f"words of {row['quote'][1:-2]} 0",
    )
    assert compare_errors("good", "good")[2].empty


def test_the_verb_shows_errors_as_a_table_and_gives_all_as_json(two):
    shown = cli("compare", "good", "bad", "--errors")
    assert shown.returncode == 0, shown.stderr
    assert "only good right: 7, only bad right: 0, both wrong: 0" in shown.stdout
    rows = [
        json.loads(line)
        for line in cli("compare", "good", "bad", "--errors", "--json").stdout.splitlines()
    ]
    assert len(rows) == 7
    assert {(row["first"], row["second"], row["right"]) for row in rows} == {
        ("oppose", "neutral", "first")
    }


def test_a_comparison_is_paired_and_says_interval_and_p(two):
    found = compare_runs("good", "bad")[2]["test"]["five"]
    assert found.value < found.high < 0
    assert found.p < 0.05
    assert found.unit == "article"
    assert "p < 0.001, n = 45 quotes, paired by article" in cli("compare", "good", "bad").stdout


def test_runs_that_learned_from_unlike_data_are_told_apart_and_said_so(two):
    assert data_differences("good", "bad") == []
    mlflow = store.open_store()
    for name, folds in (("good", "5"), ("bad", "2")):
        mlflow.MlflowClient().log_param(
            runs.find_run(mlflow, name).info.run_id, "data.folds", folds
        )
    assert data_differences("good", "bad") == ["data.folds: 5 against 2"]
    assert "different data (data.folds: 5 against 2)" in cli("compare", "good", "bad").stderr
    assert json.loads(cli("compare", "good", "bad", "--json").stdout)["data"] == [
        "data.folds: 5 against 2"
    ]


def test_runs_of_a_benchmark_are_compared_by_its_own_score(project):
    log("benchmark-a", in_corpus({"against": "none"}), kind="benchmark", corpus="semeval2016")
    log("benchmark-b", in_corpus({"none": "favor"}), kind="benchmark", corpus="semeval2016")
    found = compare_runs("benchmark-a", "benchmark-b")[2]
    # F_avg of a: favor 1, against 0; of b: favor 2*10 / (10 + 20), against 1. None does not count.
    assert list(found["test"]) == ["F_avg"]
    assert found["test"]["F_avg"].value == pytest.approx((2 / 3 + 1) / 2 - 1 / 2)
    assert found["test"]["F_avg"].unit == "text"
    shown = cli("compare", "benchmark-a", "benchmark-b")
    assert "F_avg" in shown.stdout
    assert "n = 30 quotes, paired by text" in shown.stdout
    assert len(compare_errors("benchmark-a", "benchmark-b")[2]) == 20


def test_runs_of_different_kinds_are_not_compared(two):
    log("benchmark-a", in_corpus({}), kind="benchmark", corpus="semeval2016")
    with pytest.raises(
        DataError,
        match=r"different questions: good about the stance labels and benchmark-a about "
        r"semeval2016; compare two of one kind",
    ):
        compare_runs("good", "benchmark-a")


def test_a_run_without_answers_is_told(two):
    mlflow = store.open_store()
    with runs.tracked_run(mlflow, "empty", {"kind": "train"}):
        pass
    with pytest.raises(DataError, match=r"run empty: has no predictions\.json"):
        compare_runs("good", "empty")
