"""Filled-in spreadsheets and exports of Label Studio, read whole with all their faults."""

import csv
import json

import pytest
from conftest import ROOT

from stance.core.errors import DataError
from stance.core.types import Article, Judgment, Quote
from stance.labels.annotation_imports import read_import
from stance.labels.annotation_tasks import CSV_COLUMNS, judgment_tasks, to_tasks

TEXT = 'Mara Lindqvist spoke on Monday. “We will come, "perhaps",” she said.'
START = TEXT.index("We will")
QUOTE = Quote("a#1", "a", TEXT[START : START + 23], ((START, START + 23),), "direct", cue="said")
ITEMS = [(Article("a", TEXT), QUOTE, None)]


def export(tmp_path, change):
    tasks = judgment_tasks([Judgment("a#1", "anna", "support", True)], to_tasks(ITEMS))
    path = tmp_path / "export.json"
    path.write_text(json.dumps(change(tasks)), encoding="utf-8")
    return path


def test_skipped_and_empty_annotations_are_no_judgments(tmp_path):
    def skip(tasks):
        tasks[0]["annotations"][0]["was_cancelled"] = True
        tasks[0]["annotations"].append({"completed_by": 3, "result": []})
        return tasks

    assert read_import(export(tmp_path, skip), None).judgments == []


def test_an_annotator_known_by_number_gets_a_name(tmp_path):
    def number(tasks):
        tasks[0]["annotations"][0]["completed_by"] = 3
        return tasks

    assert read_import(export(tmp_path, number), None).judgments[0].annotator == "person-3"
    assert read_import(export(tmp_path, number), "anna").judgments[0].annotator == "anna"


def without_annotations(tasks):
    return [{"data": task["data"]} for task in tasks]


def wrong_choice(tasks):
    tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["skeptic"]
    return tasks


def without_holder(tasks):
    tasks[0]["annotations"][0]["result"].append(
        {"from_name": "attributed", "value": {"text": ["no partner named"]}}
    )
    return tasks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            without_holder,
            "task 1: attributed 'no partner named' has no holder; expected holder=stance",
        ),
        (lambda tasks: {"tasks": tasks}, "expected a list of tasks"),
        (
            without_annotations,
            "task 1: lacks annotations, so it is a task before labelling; label it in Label Studio",
        ),
        (
            lambda tasks: [task["data"] for task in tasks],
            "task 1: lacks data; export from Label Studio as JSON, not JSON-MIN",
        ),
        (
            wrong_choice,
            r"task 1: stance 'skeptic' is not in labels/codebook\.toml .*did you mean 'skeptical'",
        ),
    ],
)
def test_an_export_of_another_form_is_told(tmp_path, change, message):
    with pytest.raises(DataError, match=message):
        read_import(export(tmp_path, change), None)


def test_a_spreadsheet_needs_its_annotator_and_columns(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("quote,label\na#1,support\n")
    with pytest.raises(DataError, match="does not say who judged; give --annotator"):
        read_import(path, None)
    with pytest.raises(DataError, match="lacks the columns stance, on_target; found quote, label"):
        read_import(path, "anna")


@pytest.mark.parametrize(
    ("stance", "on", "message"),
    [
        (
            "neutral",
            "",
            r"x\.csv:2: on_target is empty, expected yes or no; a neutral statement needs it",
        ),
        ("oppose", "maybe", r"x\.csv:2: on_target is 'maybe', expected yes or no$"),
        (
            "oppose",
            "no",
            r"x\.csv:2: on_target is 'no' but the stance is 'oppose'; a statement off the target "
            "is neutral",
        ),
    ],
)
def test_a_target_that_is_not_understood_is_told_in_the_spreadsheets_words(
    tmp_path, stance, on, message
):
    path = tmp_path / "x.csv"
    path.write_text(f"quote,stance,on_target\na#1,{stance},{on}\n")
    with pytest.raises(DataError, match=message):
        read_import(path, "anna")


def test_a_target_that_was_not_chosen_is_told_in_label_studios_words(tmp_path):
    def unchosen(tasks):
        result = tasks[0]["annotations"][0]["result"]
        result[0]["value"]["choices"], result[1]["value"]["choices"] = ["neutral"], []
        return tasks

    with pytest.raises(
        DataError,
        match="task 1: on_target is empty, expected on target or off target; a neutral statement "
        "needs it",
    ):
        read_import(export(tmp_path, unchosen), None)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_spreadsheet_is_read_as_excel_libreoffice_and_sheets_save_it(
    tmp_path, delimiter, encoding
):
    path = tmp_path / "filled.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS, delimiter=delimiter, lineterminator="\r\n")
        writer.writeheader()
        writer.writerow(
            {
                "quote": "a#1",
                "text": "“We will come; perhaps”",
                "stance": "Support",
                "on_target": "yes",
            }
        )
    assert read_import(path, "anna").judgments == [Judgment("a#1", "anna", "support", True)]


def test_a_workbook_is_told_how_to_be_saved(tmp_path):
    (tmp_path / "filled.xlsx").write_bytes(b"PK")
    with pytest.raises(
        DataError,
        match=r"filled\.xlsx: unknown kind of file; expected \.json .* or \.csv "
        r"\(a spreadsheet saved as CSV UTF-8\)",
    ):
        read_import(tmp_path / "filled.xlsx", "anna")


def test_what_label_studio_itself_exports_is_read():
    # Two quotes of an invented article, labelled in the page of Label Studio 1.23.0 and exported
    # there as JSON.
    found = read_import(ROOT / "tests" / "data" / "label-studio-1.23.0.json", None).judgments
    assert found == [
        Judgment("merrow#1", "person-1", "neutral", False),
        Judgment("merrow#4", "person-1", "oppose", True, (), "no partner named"),
    ]


def answer(name, *choices):
    return {"from_name": name, "type": "choices", "value": {"choices": list(choices)}}


def task(*annotations, **data):
    return {"data": {"quote": "a#1", "text": "We will come", **data}, "annotations": [*annotations]}


def annotated(*result, **more):
    return {"completed_by": 1, "result": list(result), **more}


def written(tmp_path, tasks):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


FAULTY = {
    "an author is missing": (
        task(annotated(answer("stance", "support"), completed_by=None)),
        r"task 1: does not say who judged \(completed_by is None\); give --annotator NAME",
    ),
    "two stances are chosen": (
        task(annotated(answer("stance", "oppose", "skeptical"))),
        r"task 1, result 1: stance has 2 answers \(oppose, skeptical\), expected one",
    ),
    "a stance is answered twice": (
        task(annotated(answer("stance", "oppose"), answer("stance", "support"))),
        "task 1, result 2: stance is answered twice",
    ),
    "annotations are null": (
        {**task(), "annotations": None},
        "task 1: annotations are null, expected a list; export from Label Studio as JSON",
    ),
    "an annotation is null": (task(None), "task 1: the annotation is null, expected an object"),
    "a result is text": (
        task({"completed_by": 1, "result": "support"}),
        "task 1: result is str, expected a list of answers",
    ),
    "an answer is a number": (
        task(annotated(answer("stance", "support"), 7)),
        "task 1, result 2: is int, expected an object",
    ),
    "a value is null": (
        task(annotated({"from_name": "stance", "value": None})),
        "task 1, result 1: stance has the value None, expected a list of choices or of text",
    ),
    "a quote is a number": (
        task(annotated(answer("stance", "support")), quote=3),
        "task 1: quote is 3, expected text",
    ),
    "a task is a list": ([], "task 1: is list, expected an object"),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_malformed_task_is_told_with_its_place(tmp_path, name):
    faulty, message = FAULTY[name]
    with pytest.raises(DataError, match=message):
        read_import(written(tmp_path, [faulty]), None)


def test_all_faults_of_a_file_come_in_one_message(tmp_path):
    tasks = [task(annotated(answer("stance", "support"))), *(one for one, _ in FAULTY.values())]
    with pytest.raises(DataError) as caught:
        read_import(written(tmp_path, tasks), None)
    assert [
        line.partition("export.json: task ")[2][:2].strip(":,")
        for line in str(caught.value).splitlines()
    ] == [str(k) for k in range(2, 12)]


def test_what_was_no_judgment_is_counted_with_its_reason(tmp_path):
    kept = annotated(answer("stance", "support"))
    tasks = [
        task(kept),
        task({**kept, "was_cancelled": True}),
        task(annotated()),
        {**task(), "predictions": [{"result": [answer("stance", "oppose")]}]},
    ]
    found = read_import(written(tmp_path, tasks), None)
    assert found.judgments == [Judgment("a#1", "person-1", "support", True)]
    assert found.left_out == {
        "skipped tasks": 1,
        "annotations without an answer": 1,
        "tasks that nobody has annotated": 1,
    }
    assert found.shown == {"a#1": "We will come"}


def test_a_control_that_the_user_added_is_left_alone(tmp_path):
    own = {"from_name": "tone", "value": {"rating": 4}}
    (found,) = read_import(
        written(tmp_path, [task(annotated(own, answer("stance", "oppose")))]), None
    ).judgments
    assert found.stance == "oppose"


def test_a_spreadsheet_that_is_not_csv_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("quote,stance,on_target\na#1,support,yes\na#2," + "x" * 200_000 + ",yes\n")
    with pytest.raises(DataError, match=r"x\.csv:3: not CSV \(field larger"):
        read_import(path, "anna")
