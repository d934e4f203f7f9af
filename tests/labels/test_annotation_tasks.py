import csv
import io
import json
import re
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.core.errors import DataError
from stance.core.types import STANCES, Article, Judgment, Quote
from stance.extraction.text.context import sentence_before
from stance.labels.annotation_imports import read_import
from stance.labels.annotation_tasks import (
    CONFIG,
    CSV_COLUMNS,
    judgment_tasks,
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
    assert read_import(path, None).judgments == [judgment]


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
    assert read_import(path, judgment.annotator).judgments == [judgment]


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
        "right_text": [],
        "right_speaker": [],
        "note": [],
    }
    assert all(one.get("toName") == "text" for one in view if one.tag in ("Choices", "TextArea"))


def test_merging_adds_and_never_overwrites():
    old = [Judgment("a#1", "author", "support", True)]
    new = Judgment("a#1", "anna", "oppose", True)
    assert merge(old, [new, new], ["a#1"]) == [*old, new]
    with pytest.raises(DataError, match="anna said oppose before and says neutral now"):
        merge([*old, new], [Judgment("a#1", "anna", "neutral", True)], ["a#1"])
    with pytest.raises(DataError, match="a#9: no such quote"):
        merge(old, [Judgment("a#9", "anna", "neutral", True)], ["a#1"])
