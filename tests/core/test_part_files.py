import itertools
import os
import subprocess
import sys

import pytest

from stance.core.errors import DataError
from stance.core.part_files import PartFile, only_writer

JOB = {"source": "rows.csv", "model": "m", "level": 0.5}
INPUTS = [{"text": f"row {k}", "when": None} for k in range(10)]


def work(out, inputs, *, job=JOB, stop_at=None, size=2):
    """Answer inputs in batches, like a job that may be killed at one of them."""
    with PartFile(out, job) as part:
        resumed = part.done.n_done
        left = part.left_of(inputs, "rows.csv")
        while batch := list(itertools.islice(left, size)):
            if stop_at is not None and part.done.n_done >= stop_at:
                raise RuntimeError("the power fails")
            part.add(batch, "".join(f"<{row['text']}>\n" for row in batch).encode())
    os.replace(part.path, out)
    part.remove()
    return resumed


def interrupted(tmp_path, n_done=6):
    out = tmp_path / "out.jsonl"
    with pytest.raises(RuntimeError, match="power"):
        work(out, INPUTS, stop_at=n_done)
    return out, tmp_path / "out.jsonl.part"


def whole(out):
    assert out.read_text() == "".join(f"<row {k}>\n" for k in range(10))
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def test_an_interrupted_job_goes_on_after_its_last_whole_batch(tmp_path):
    out, part = interrupted(tmp_path)
    with part.open("ab") as lines:
        lines.write(b"<row 6>\n<ro")  # written, but not yet noted
    assert work(out, INPUTS) == 6
    whole(out)


@pytest.mark.parametrize(("at", "resumed"), [(0, 0), (20, 2), (47, 4)])
def test_damaged_lines_are_written_anew(tmp_path, at, resumed):
    out, part = interrupted(tmp_path)
    data = bytearray(part.read_bytes())
    data[at] = 0
    part.write_bytes(data)
    assert work(out, INPUTS) == resumed
    whole(out)


@pytest.mark.parametrize("cut", [0, 9, 30])
def test_a_part_that_was_cut_off_is_written_anew_from_there(tmp_path, cut):
    out, part = interrupted(tmp_path)
    part.write_bytes(part.read_bytes()[:cut])
    assert work(out, INPUTS) == (cut // 16) * 2
    whole(out)


def test_damaged_notes_cost_time_and_nothing_else(tmp_path):
    out, part = interrupted(tmp_path)
    notes = part.with_name("out.jsonl.part.json")
    first, *rest = notes.read_text().splitlines()
    notes.write_text("\n".join([first, rest[0], "{", "[1]", '{"n_done": 4}', '{"x": ']))
    assert work(out, INPUTS) == 2
    whole(out)


def test_other_inputs_another_job_and_fewer_inputs_are_told(tmp_path):
    out, _ = interrupted(tmp_path)
    changed = [{**row, "text": row["text"].replace("row 3", "row three")} for row in INPUTS]
    renamed = [{"said": row["text"], **row} for row in INPUTS]
    for inputs in (changed, renamed):
        with pytest.raises(DataError, match=r"the first 6 rows of rows\.csv are not the ones that"):
            work(out, inputs)
    with pytest.raises(DataError, match=r"holds 6 answers, rows\.csv has only 5 rows; remove it"):
        work(out, INPUTS[:5])
    with pytest.raises(DataError, match="a run that differs in model, level; remove it"):
        work(out, INPUTS, job={**JOB, "model": "n", "level": 1})
    assert work(out, INPUTS) == 6
    whole(out)


def test_a_job_that_fails_before_its_first_batch_leaves_nothing(tmp_path):
    interrupted(tmp_path, n_done=0)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written(tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("precious")
    with pytest.raises(DataError, match="exists already"):
        work(out, INPUTS)
    assert out.read_text() == "precious"


WRITER = """
import sys
from pathlib import Path
from stance.core.part_files import only_writer
with only_writer(Path(sys.argv[1])):
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_write_one_file_and_a_killed_one_leaves_no_lock(tmp_path):
    out = tmp_path / "new folder" / "out.jsonl"
    command = [sys.executable, "-c", WRITER, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"writing\n"
        with (
            pytest.raises(DataError, match=r"out\.jsonl: another process is writing it; wait"),
            only_writer(out),
        ):
            pass
        first.kill()
    with only_writer(out):
        out.write_text("mine")
    assert [path.name for path in out.parent.iterdir()] == ["out.jsonl"]
