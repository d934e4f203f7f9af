import json

import pytest
from conftest import ROOT
from rows import as_jsonl
from shell import cli

import stance
from stance.core.errors import DataError
from stance.core.types import STANCE_VALUES, STANCES, Prediction
from stance.evaluation.model_changes import compare_models

MODEL = ROOT / "tests" / "golden" / "model"


class Sure:
    """A model that gives every row the stance that its field for this model names."""

    def __init__(self, field):
        self._field = field

    def predict_many(self, rows):
        for row in rows:
            stance_of_row = row[self._field]
            values = [0.8 if name == stance_of_row else 0.05 for name in STANCES]
            score = sum(value * p for value, p in zip(STANCE_VALUES, values, strict=True))
            even = stance_of_row is None
            yield Prediction(
                row["id"],
                stance_of_row,
                dict(zip(STANCES, values, strict=True)),
                0.0 if even else score,
                None,
                even,
                "empty text" if even else None,
                {"name": self._field, "version": "1"},
            )


def row(k, old, new, speaker="Ana Sima"):
    return {"id": str(k), "text": f"Words {k}", "speaker": speaker, "old": old, "new": new}


def test_changes_are_counted_by_label_and_the_speakers_that_move_come_first():
    rows = [
        *(row(k, "support", "support", "Ben Oto") for k in range(3)),
        row(3, "support", "oppose"),
        row(4, "neutral", "oppose"),
        row(5, None, "oppose"),
        row(6, None, None, None),
    ]
    found = compare_models(Sure("old"), Sure("new"), iter(rows))
    assert found.n_rows == 7
    assert found.same == pytest.approx(4 / 7)
    assert found.pairs["support", "oppose"] == 1
    assert found.pairs["abstained", "abstained"] == 1
    assert [name for name, *_ in found.speakers] == ["Ana Sima", "Ben Oto"]
    assert found.drift < 0
    assert [each.id for each in found.examples] == ["3", "4"]
    assert found.examples[0].moved == pytest.approx(0.75)
    assert sum(map(sum, found.table())) == 7


def test_no_row_is_a_fault():
    with pytest.raises(DataError, match="no row to answer"):
        compare_models(Sure("old"), Sure("new"), [])


def test_a_model_agrees_with_itself_and_the_verb_says_so(tmp_path):
    rows = [{"text": "We are ready to talk.", "speaker": "Ana Sima"}, {"text": ""}]
    (tmp_path / "rows.jsonl").write_bytes(as_jsonl(rows))
    done = cli("compare", MODEL, MODEL, tmp_path / "rows.jsonl")
    assert done.returncode == 0, done.stderr
    assert "2 rows: tiny 1 and tiny 1 agree on 100.0%" in done.stdout
    told = json.loads(cli("compare", MODEL, MODEL, tmp_path / "rows.jsonl", "--json").stdout)
    assert (told["n_rows"], told["same"], told["drift"]) == (2, 1.0, 0.0)
    model = stance.load(MODEL)
    assert told["first"] == told["second"] == model.label
