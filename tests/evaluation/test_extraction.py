"""Measuring the extractor as a run: from labelled rows to the tracking store."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stance.core.errors import DataError
from stance.evaluation.extraction import read_gold, run_measure

TEXT = "Dora Venn said that the bridge would open in May. She hopes that the ferry will stay."
ROW = {
    "doc_id": "c1",
    "text": TEXT,
    "quotes": [
        {
            "start": 15,
            "end": 48,
            "kind": "indirect",
            "speaker": "Dora Venn",
            "speaker_start": 0,
            "speaker_end": 9,
            "cue": "said",
            "speech": True,
        },
        {
            "start": 60,
            "end": 84,
            "spans": [[60, 69], [69, 84]],
            "kind": "indirect",
            "speaker": "She",
            "speech": False,
        },
    ],
}


def written(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_rows_of_a_corpus_are_read_with_what_they_call_speech(tmp_path: Path) -> None:
    path = written(tmp_path / "gold.jsonl", ROW)
    ((article, quotes),) = read_gold(path)
    assert article.id == "c1"
    assert [(quote.spans, quote.speaker_span, quote.optional) for quote in quotes] == [
        (((15, 48),), (0, 9), False),
        (((60, 84),), None, False),
    ]
    assert [quote.optional for quote in read_gold(path, speech_only=True)[0][1]] == [False, True]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], "holds no article"),
        ([ROW, ROW], "article 'c1' stands there twice"),
        (
            [{"doc_id": "c1"}],
            r"gold.jsonl:1: expected doc_id \(or id\) and text, found the fields doc_id",
        ),
        ([{**ROW, "quotes": [{"kind": "direct"}]}], "quote 1: has neither spans nor start and end"),
        ([{**ROW, "quotes": [{"start": 0, "end": 900, "kind": "direct"}]}], "outside the text"),
        ([{**ROW, "quotes": [{"start": 0, "end": 9, "kind": "shouted"}]}], "form is 'shouted'"),
    ],
)
def test_faulty_gold_is_refused_with_its_place(
    rows: list[object], fault: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=fault):
        read_gold(written(tmp_path / "gold.jsonl", *rows))


def test_a_measurement_is_a_run_with_its_figures_pipeline_and_errors(
    project: Path, tmp_path: Path
) -> None:
    from stance.tracking import runs, store

    missed = {
        "doc_id": "c2",
        "text": "The gate stays shut, reads the sign. Nobody came.",
        "quotes": [{"start": 37, "end": 48, "kind": "direct", "speaker": None}],
    }
    found = run_measure(
        written(tmp_path / "gold.jsonl", ROW, missed), speech_only=True, speaker="mention"
    )
    assert (found.whole.gold, found.metrics()["articles_n"]) == (2, 2)
    mlflow = store.open_store()
    run = runs.find_run(mlflow, found.run_name)
    assert run.info.status == "FINISHED"
    assert (
        run.data.metrics["speaker_f1"]
        == found.metrics()["speaker_f1"]
        == pytest.approx(2 * 1 / (2 + found.whole.found), abs=1e-4)
    )
    assert {"pipeline", "pipeline_version", "spacy", "gold", "iou", "kinds"} <= set(run.data.params)
    assert run.data.params["speaker"] == "mention"
    stored = json.loads(
        Path(
            mlflow.artifacts.download_artifacts(
                run_id=run.info.run_id, artifact_path="errors.json", dst_path=str(tmp_path)
            )
        ).read_text()
    )
    assert "miss" in [
        dict(zip(stored["columns"], row, strict=True))["kind"] for row in stored["data"]
    ]


def test_the_verb_measures_the_seed_articles(project: Path) -> None:
    command = [sys.executable, "-m", "stance", "evaluate", "quotes", "labels/seeds.jsonl"]
    done = subprocess.run(
        [*command, "--json"],
        cwd=project,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["quotes_f1"] >= 0.9
    assert figures["speaker_f1"] >= 0.85
    shown = subprocess.run(
        [*command, "--kinds", "direct", "--errors", "3"],
        cwd=project,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert "recall of direct (n = 21)" in shown.stdout
    refused = subprocess.run(
        [*command, "--kinds", "loud"],
        cwd=project,
        env={**os.environ},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert (
        refused.returncode,
        "--kinds 'loud': expected some of direct, indirect, mixed" in refused.stderr,
    ) == (1, True)
