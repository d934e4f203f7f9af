import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.extraction.text.quotation_marks import find_quotations


def found_in(text):
    return [text[one.start : one.end] for one in find_quotations(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("“Come,” she said, “at noon.”", ["Come,", "at noon."]),
        ('"Come," she said, "at noon."', ["Come,", "at noon."]),
        (
            "``Come,'' she said.",
            ["Come,"],
        ),  # two characters for one mark, as wire services write it
        ("‘We will come,’ she said.", ["We will come,"]),
        # inner marks stay inside
        ("“He said ‘come’ to us,” she said.", ["He said ‘come’ to us,"]),
        ("He called it “a ‘show’”.", ["a ‘show’"]),
        ("the players' union and the '90s", []),  # apostrophes
        ("don’t ‘ever’ ask", []),  # one word in single marks is a scare quote
        ("lone closer” here “and one”", ["and one"]),
    ],
)
def test_the_words_between_outer_marks_are_found(text, words):
    assert found_in(text) == words


def test_an_unbalanced_mark_ends_with_its_paragraph():
    text = 'One "two three.\nFour.'
    assert [(one.start, one.end, one.closed) for one in find_quotations(text, 0, 15)] == [
        (5, 15, False)
    ]


def test_a_mark_that_is_reopened_without_being_closed_twice_ends_at_the_first_closer():
    assert found_in("“It failed,” he said. “They “know it,” she said, “too.”") == [
        "It failed,",
        "They “know it,",
        "too.",
    ]


@given(st.text(st.sampled_from("ab .,!?“”\"'’‘«»„`\n"), max_size=60), st.integers(0, 20))
def test_quotations_are_disjoint_in_order_and_lie_where_they_were_looked_for(text, start):
    start = min(start, len(text))
    at = start
    for one in find_quotations(text, start):
        assert at <= one.open < one.start <= one.end <= one.close <= len(text)
        at = one.close


def test_a_forgotten_mark_ends_where_the_narrator_says_who_spoke():
    text = 'She said: "We want a boat. He said it will come "soon" and left.'
    assert found_in(text) == ["We want a boat.", "soon"]
    # Without the narrator the mark that opens again closes the first one.
    assert found_in('She said: "We want a boat "soon" and left.')[0] == "We want a boat"
