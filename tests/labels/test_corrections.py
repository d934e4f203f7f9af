"""Corrections of quotes: found in the article, kept as judgments, applied where models learn."""

import csv
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import cli

from stance.core.errors import DataError
from stance.core.types import Article, Judgment, Quote
from stance.labels.annotation_imports import read_import
from stance.labels.annotation_tasks import CSV_COLUMNS, judgment_tasks, to_tasks
from stance.labels.consensus import agree, read_labels
from stance.labels.corrections import checked, corrected, find_words
from stance.labels.dataset import load_table
from stance.labels.own_articles import (
    add_articles,
    import_judgments,
    own_judgments,
    person_labels,
    shown_otherwise,
)

TEXT = (
    "Dora Venn will come. “We will  come,” Dora Venn said, “and we won’t wait.” "
    "The plan — a draft — “We will come” was printed."
)
ARTICLE = Article("mine", TEXT)
START = TEXT.index("“We") + 1
QUOTE = Quote(
    "mine#1", "mine", TEXT[START : START + 13], ((START, START + 13),), "direct", "said",
    speaker="Venn",
)  # fmt: skip


def cut(words):
    return [TEXT[start:end] for start, end in find_words(ARTICLE, QUOTE, words)]


def test_words_are_found_next_to_the_quote_whatever_their_blanks_and_marks():
    assert cut("We will come") == ["We will  come"]
    assert cut("We will come … and we won't wait") == ["We will  come", "and we won’t wait"]
    assert cut("plan - a draft - “We") == ["plan — a draft — “We"]
    far = Quote("mine#2", "mine", "was", ((TEXT.index("was"), TEXT.index("was") + 3),), "direct")
    assert find_words(ARTICLE, far, "We will come")[0][0] > TEXT.index("draft")


@pytest.mark.parametrize("words", ["We shall come", "", "…", "and we won't wait … We will come X"])
def test_words_that_are_not_there_are_told(words):
    with pytest.raises(DataError, match=r"mine#1: the words .* are not in the article mine; copy"):
        find_words(ARTICLE, QUOTE, words)


@given(st.integers(0, len(TEXT) - 2), st.integers(1, 30))
def test_any_words_of_the_article_are_found_as_they_stand(start, length):
    words = TEXT[start : start + length].strip()
    if words and "…" not in words:
        (found,) = cut(words)
        assert re.sub(r"\W", "", found) == re.sub(r"\W", "", words)


def judged(**correction):
    return Judgment("mine#1", "Anna", "support", True, **correction)


def test_a_correction_changes_words_and_speaker_and_leaves_the_id():
    right = corrected(
        ARTICLE, QUOTE, judged(text="We will come … and we won’t wait", speaker="Dora Venn")
    )
    assert (right.id, right.speaker, len(right.spans)) == ("mine#1", "Dora Venn", 2)
    assert right.text == "We will  come and we won’t wait"
    assert corrected(ARTICLE, QUOTE, judged(is_quote=False)).optional
    nothing = checked(ARTICLE, QUOTE, judged(text="We will come", speaker="Venn"))
    assert nothing == judged()


def test_a_correction_counts_where_most_of_those_who_decide_agree_on_it():
    both = [judged(speaker="Dora Venn"), Judgment("mine#1", "Ben", "support", True)]
    assert agree(both)[0]["mine#1"].correction is None
    third = Judgment("mine#1", "Cem", "support", True, speaker="Dora Venn")
    assert agree([*both, third])[0]["mine#1"].correction.speaker == "Dora Venn"


def filled(tmp_path, **row):
    path = tmp_path / "filled.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, CSV_COLUMNS)
        writer.writeheader()
        writer.writerow({"quote": "mine#1", **row})
    return path


def test_a_spreadsheet_and_label_studio_carry_corrections(tmp_path):
    row = {"stance": "support", "right_text": "We will come", "right_speaker": "Dora Venn"}
    wanted = [judged(text="We will come", speaker="Dora Venn")]
    assert read_import(filled(tmp_path, **row), "Anna").judgments == wanted
    none = [Judgment("mine#1", "Anna", "neutral", False, is_quote=False)]
    assert read_import(filled(tmp_path, right_text="No quote"), "Anna").judgments == none
    path = tmp_path / "export.json"
    for judgments in (wanted, none):
        tasks = judgment_tasks(judgments, to_tasks([(ARTICLE, QUOTE, None)]))
        path.write_text(json.dumps(tasks), encoding="utf-8")
        assert read_import(path, None).judgments == judgments


def test_words_copied_from_a_sheet_lose_the_apostrophe_of_the_cell(tmp_path):
    row = {"stance": "support", "right_text": "'- We will come", "right_speaker": "'@DoraVenn"}
    wanted = [judged(text="- We will come", speaker="@DoraVenn")]
    assert read_import(filled(tmp_path, **row), "Anna").judgments == wanted


def test_a_correction_without_a_stance_is_told(tmp_path):
    with pytest.raises(DataError, match=r"filled\.csv:2: the quote or its speaker is corrected"):
        read_import(filled(tmp_path, right_speaker="Dora Venn"), "Anna")


def test_models_learn_from_the_corrected_quote_and_not_from_what_is_none(project):
    second = Quote(
        "mine#2", "mine", "The plan", ((TEXT.index("The"), TEXT.index("The") + 8),), "indirect"
    )
    add_articles(project / "labels", [(ARTICLE, [QUOTE, second])])
    with pytest.raises(DataError, match="'We shall come' are not in the article"):
        import_judgments(project / "labels", [judged(text="We shall come")])
    none = Judgment("mine#2", "Anna", "neutral", False, is_quote=False)
    import_judgments(
        project / "labels", [judged(text="will come, … and we", speaker="Dora Venn"), none]
    )
    assert own_judgments(project / "labels")[0].text == "will  come, … and we"
    table = load_table(project / "labels").query("split == 'own'")
    assert table[["text", "speaker"]].values.tolist() == [["will  come, and we", "Dora Venn"]]
    # Another reader is shown what was found, and nobody is warned of it.
    assert shown_otherwise(project / "labels", {"mine#1": "We will come"}) == []
    assert cli("labels", "export", str(project / "x.csv"), "--article", "mine").returncode == 0
    rows = list(csv.DictReader((project / "x.csv").open(encoding="utf-8-sig")))
    assert [row["text"] for row in rows] == ["We will  come", "The plan"]
    # What was found keeps its place: the label is shown at the quote as the program finds it.
    assert person_labels(project / "labels")[TEXT, QUOTE.spans] == "support"
    path = project / "labels" / "judgments" / "own.jsonl"
    path.write_text(path.read_text().replace("will  come, … and", "gone"))
    with pytest.raises(DataError, match="labels/judgments: mine#1: the words 'gone we'"):
        read_labels(project / "labels")
