import json
import signal
import subprocess
import sys
import time

import pytest
from pseudo_terminal import run_in_terminal
from rows import as_jsonl, predict

import stance
from stance.core.errors import DataError
from stance.prediction import batch
from stance.prediction.row_files import open_rows
from stance.prediction.rows import Options


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
        batch.predict_to_file(model, dying(rows), out, None, source=str(many))
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
    assert (
        "left by a run that differs in source, model, abstain_at, explain, sets, attributed, "
        "keep_columns; remove it" in done.stderr
    )
    out.write_text("precious")
    done = predict(many, "--model", ngrams, "--out", out)
    assert (done.returncode, out.read_text()) == (1, "precious")
    assert "exists already" in done.stderr


def test_other_rows_on_standard_input_and_other_columns_are_not_taken_up(ngrams, tmp_path):
    model, out = stance.load(ngrams), tmp_path / "out.csv"
    rows = [{"id": str(k), "text": f"They will meet on day {k}."} for k in range(600)]

    def dying(rows):
        yield from rows[:300]
        raise RuntimeError("the power fails")

    def run(rows, options=None):
        return batch.predict_to_file(model, rows, out, None, options, source="-")

    with pytest.raises(RuntimeError, match="power"):
        run(dying(rows))
    with pytest.raises(
        DataError, match=r"the first 256 rows of - are not the ones that it answers"
    ):
        run([{**row, "text": row["text"].replace("7", "8")} for row in rows])
    with pytest.raises(DataError, match="left by a run that differs in keep_columns"):
        run(rows, Options(keep_columns=True))
    part = tmp_path / "out.csv.part"
    data = bytearray(part.read_bytes())
    data[200] = 0
    part.write_bytes(data)
    assert (run(rows).n_rows, out.read_text().count("They")) == (600, 0)
    assert out.read_text().splitlines()[-1].startswith("599,")


def test_what_writes_a_format_must_be_there_before_anything_is_answered(
    ngrams, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DataError, match=r"out\.parquet: Parquet needs the package pyarrow"):
        batch.predict_to_file(stance.load(ngrams), [], tmp_path / "out.parquet", None, source="-")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to_file", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_whole_lines(ngrams, tmp_path, number, to_file):
    big = tmp_path / "big.jsonl"
    big.write_bytes(
        as_jsonl(
            [
                {"id": k, "text": f"They would meet the envoys of side {k} on Monday."}
                for k in range(100_000)
            ]
        )
    )
    out = tmp_path / "out.jsonl"
    command = [
        sys.executable,
        "-m",
        "stance",
        "predict",
        str(big),
        "--model",
        str(ngrams),
        *(["--out", str(out)] if to_file else []),
    ]
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
    assert (
        predict("We will talk.", "--model", ngrams, "--strict", "--abstain-at", "1").returncode == 0
    )


def test_a_person_sees_a_bar_and_a_pipe_does_not(many, ngrams, tmp_path):
    _, shown, code = run_in_terminal(
        [
            sys.executable,
            "-m",
            "stance",
            "predict",
            str(many),
            "--model",
            str(ngrams),
            "--out",
            str(tmp_path / "o.jsonl"),
        ]
    )
    assert code == 0
    assert "100%" in shown
    assert "rows" in shown
    assert predict(many, "--model", ngrams).stderr.startswith("3000 rows")
