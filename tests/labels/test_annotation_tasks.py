import csv
import io
import json
import re
import string

import pytest
from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.types import STANCES, Article, Judgment, Quote
from stance.extraction.text.context import sentence_before
from stance.labels.annotation_tasks import (
    CONFIG,
    CSV_COLUMNS,
    judgment_tasks,
    read_import,
    to_csv,
    to_tasks,
)
from stance.labels.judgments import merge

TEXT = 'Mara Lindqvist spoke on Monday. “We will come, "perhaps",” she said.'
ARTICLE = Article("a", TEXT)
START = TEXT.index("We will")
QUOTE = Quote(
    "a#1",
    "a",
    TEXT[START : START + 23],
    ((START, START + 23),),
    "direct",
    cue="said",
    speaker="Mara Lindqvist",
)
ITEMS = [(ARTICLE, QUOTE, None)]

NAMES = (
    st.text(alphabet=string.ascii_letters + " '-", min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
JUDGMENTS = st.builds(
    lambda annotator, stance, on, held, note: Judgment(
        "a#1", annotator, stance, on or stance != "neutral", tuple(held), note
    ),
    NAMES,
    st.sampled_from(STANCES),
    st.booleans(),
    st.lists(st.tuples(NAMES, st.sampled_from(STANCES)), max_size=2),
    st.none() | NAMES,
)


@settings(deadline=None)  # the first one loads the splitter of sentences
@given(JUDGMENTS)
def test_judgments_come_back_from_label_studios_form(tmp_path_factory, judgment):
    path = tmp_path_factory.mktemp("ls") / "export.json"
    path.write_text(json.dumps(judgment_tasks([judgment], to_tasks(ITEMS))), encoding="utf-8")
    assert read_import(path, None) == [judgment]


@settings(deadline=None)  # the first one loads the splitter of sentences
@given(JUDGMENTS)
def test_judgments_come_back_from_a_spreadsheet(tmp_path_factory, judgment):
    rows = list(csv.DictReader(io.StringIO(to_csv(ITEMS), newline="")))
    rows[0] |= {
        "stance": judgment.stance.upper(),
        "on_target": "yes" if judgment.on_target else "no",
        "note": judgment.note or "",
    }
    rows[0]["attributed"] = "; ".join(
        f"{holder} = {stance}" for holder, stance in judgment.attributed
    )
    path = tmp_path_factory.mktemp("csv") / "filled.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    assert read_import(path, judgment.annotator) == [judgment]


def test_a_task_shows_the_quote_with_what_stands_before():
    (task,) = to_tasks(ITEMS)
    assert task["data"] == {
        "quote": "a#1",
        "article": "a",
        "speaker": "Mara Lindqvist",
        "cue": "said",
        "context": "Mara Lindqvist spoke on Monday.",
        "text": 'We will come, "perhaps"',
    }


@pytest.mark.parametrize(
    ("text", "context"),
    [
        # The sentence before, whole, and nothing of the one before that.
        (
            "Dora Venn rejected it. Mr. Smith met the U.S. envoy on Monday. “|We will come,” he "
            "said.",
            "Mr. Smith met the U.S. envoy on Monday.",
        ),
        ("Nobody came. “No!” she said. “|We will come,” she said.", "“No!” she said."),
        # Inside a sentence, its beginning too.
        (
            "Nobody came. She spoke on Monday. She said that |talks would go on.",
            "She spoke on Monday. She said that",
        ),
        ("She spoke on Monday. She added: “|We will come.”", "She spoke on Monday. She added:"),
        # From the paragraph before where the quote begins its own, and no further.
        ("One.\n\nTwo. Three.\n\n“|We will come,” she said.", "Three."),
        ("“|We will come,” she said.", ""),
        ("One.\r\n\r\nTwo said that |it would come.", "One. Two said that"),
    ],
)
def test_a_person_is_shown_the_sentence_before(text, context):
    start = text.index("|")
    text = text.replace("|", "")
    assert (
        sentence_before(
            Article("a", text), Quote("a#1", "a", text[start:], ((start, len(text)),), "direct")
        )
        == context
    )


@settings(deadline=None)
@given(st.text(alphabet="aB .!“”\n,", max_size=60), st.integers(0, 60))
def test_what_stands_before_is_the_end_of_the_text_before(text, start):
    start = min(start, len(text))
    found = sentence_before(
        Article("a", text + "x"), Quote("a#1", "a", "x", ((start, len(text) + 1),), "direct")
    )
    letters = re.sub(r"[^aB]", "", text[:start])
    assert letters.endswith(re.sub(r"[^aB]", "", found))


def test_a_long_sentence_before_is_cut_at_a_word_and_says_so():
    text = "A" + " word" * 200 + " that x"
    found = sentence_before(
        Article("a", text), Quote("a#1", "a", "x", ((len(text) - 1, len(text)),), "direct")
    )
    assert found.startswith("… word word")
    assert len(found) <= 302


def test_the_labeling_interface_asks_what_the_import_reads():
    # Label Studio's own reader of interfaces: every control of ours is known to it, with these
    # choices.
    from xml.etree import ElementTree

    view = ElementTree.fromstring(CONFIG)
    controls = {
        one.get("name"): [choice.get("value") for choice in one]
        for one in view
        if one.tag in ("Choices", "TextArea")
    }
    assert controls == {
        "stance": list(STANCES),
        "on_target": ["on target", "off target"],
        "attributed": [],
        "note": [],
    }
    assert all(one.get("toName") == "text" for one in view if one.tag in ("Choices", "TextArea"))


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

    assert read_import(export(tmp_path, skip), None) == []


def test_an_annotator_known_by_number_gets_a_name(tmp_path):
    def number(tasks):
        tasks[0]["annotations"][0]["completed_by"] = 3
        return tasks

    assert read_import(export(tmp_path, number), None)[0].annotator == "person-3"
    assert read_import(export(tmp_path, number), "anna")[0].annotator == "anna"


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
    assert read_import(path, "anna") == [Judgment("a#1", "anna", "support", True)]


def test_a_workbook_is_told_how_to_be_saved(tmp_path):
    (tmp_path / "filled.xlsx").write_bytes(b"PK")
    with pytest.raises(
        DataError,
        match=r"filled\.xlsx: unknown kind of file; expected \.json .* or \.csv "
        r"\(a spreadsheet saved as CSV UTF-8\)",
    ):
        read_import(tmp_path / "filled.xlsx", "anna")


def test_merging_adds_and_never_overwrites():
    old = [Judgment("a#1", "author", "support", True)]
    new = Judgment("a#1", "anna", "oppose", True)
    assert merge(old, [new, new], ["a#1"]) == [*old, new]
    with pytest.raises(DataError, match="anna said oppose before and says neutral now"):
        merge([*old, new], [Judgment("a#1", "anna", "neutral", True)], ["a#1"])
    with pytest.raises(DataError, match="a#9: no such quote"):
        merge(old, [Judgment("a#9", "anna", "neutral", True)], ["a#1"])


def test_what_label_studio_itself_exports_is_read():
    # Two quotes of an invented article, labelled in the page of Label Studio 1.23.0 and exported
    # there as JSON.
    found = read_import(ROOT / "tests" / "data" / "label-studio-1.23.0.json", None)
    assert found == [
        Judgment("merrow#1", "person-1", "neutral", False),
        Judgment("merrow#4", "person-1", "oppose", True, (), "no partner named"),
    ]
