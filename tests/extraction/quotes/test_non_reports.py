"""Reporting words with which nobody says anything. All sentences are invented."""

import pytest
from extracted import texts_of


@pytest.mark.parametrize(
    "text",
    [
        "The ferry company has been accused of hiding the faults of its boats.",
        "Police in Lorn are looking for two men accused of stealing the bell.",
        "A spokeswoman for the harbour declined to comment on the fire.",
        "The envoys have declined to discuss the draft that reached them on Monday.",
        "Clara Venn did not condemn the raid on the harbour.",
        "The parliament approved the budget of the harbour.",
        "The Lorn Post sought comment at the harbour office.",
        "The pilots of Lorn have been pressing for a new pier.",
    ],
)
def test_nobody_says_anything(text):
    assert texts_of(text) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "Clara Venn accused the ferry company of hiding the faults of its boats.",
            "accused the ferry company of hiding the faults of its boats",
        ),
        (
            "She declined to say whether the ferry would sail.",
            "declined to say whether the ferry would sail",
        ),
        ("Clara Venn condemned the raid on the harbour.", "condemned the raid on the harbour"),
        ("Clara Venn has repeatedly called for a truce.", "called for a truce"),
        ("The harbour masters have broadly rejected the draft.", "rejected the draft"),
    ],
)
def test_somebody_says_something(text, quote):
    assert texts_of(text) == [quote]


def test_who_goes_on_to_say_something_says_only_that():
    text = "Clara Venn went on to say that the ferry would sail on Monday."
    assert texts_of(text) == ["the ferry would sail on Monday"]


def test_views_on_something_are_what_people_differ_in():
    text = "Clara Venn said the two towns were at odds in their views about the ferry."
    assert texts_of(text) == ["the two towns were at odds in their views about the ferry"]
