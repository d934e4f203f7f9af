"""Interviews and transcripts in which the text does not say who speaks. All texts are invented."""

import pytest

from stance.core.types import Article
from stance.extraction.pipeline import extract
from stance.extraction.quotes.interviews import transcript_note
from stance.extraction.text.parser import default_nlp

UNLABELLED = (
    "Dora Venn leads the pilots of Lorn.\n\nDid the mayor call you?\n\nHe did. I told him the "
    "ferry would stay in port.\n\nAnd now?\n\nNow we wait."
)


def test_an_interview_without_names_has_no_quotes_and_says_why():
    assert next(extract([Article("a", UNLABELLED)], nlp=default_nlp())) == []
    assert "does not name who answers" in transcript_note(UNLABELLED)


def test_labels_in_a_notation_that_is_not_read_are_told():
    text = "Venn :: Yes, we do.\n\nIld :: Not yet.\n\nVenn :: Why not?\n\nIld :: Look at it."
    assert "its labels cannot be read" in transcript_note(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dora Venn: Yes.\n\nTomas Ild: No.\n\nDora Venn: Yes.",
        "The bridge is shut.\n\nWho pays?\n\nThe mayor said all do.\n\nAnd then?\n\nIt rained.",
        "Dora Venn said the ferry would stay in port. “I told him so,” she said.",
        "",
    ],
)
def test_other_texts_need_no_note(text):
    assert transcript_note(text) is None
