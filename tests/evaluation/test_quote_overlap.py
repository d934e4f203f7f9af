"""The measure must agree with itself on cases that can be counted by hand."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.types import Article, Quote
from stance.evaluation.quote_overlap import (
    Counts,
    compare,
    interval,
    prf,
    same_mention,
    same_speaker,
    score_quotes,
    total,
)

TEXT = "Dora Venn said that the bridge would open in May. The ferry stops then, she added."


def quote(
    start: int,
    end: int,
    speaker: str | None = "Dora Venn",
    *,
    optional: bool = False,
    form: str = "indirect",
    at: tuple[int, int] | None = None,
) -> Quote:
    spans = ((start, end),)
    return Quote(
        "q",
        "a",
        Article("a", TEXT).cut(spans),
        spans,
        form,
        cue="said",
        speaker=speaker,
        speaker_span=at,
        optional=optional,
    )


def test_marks_and_a_leading_that_are_free() -> None:
    assert compare(TEXT, [quote(20, 48)], [quote(15, 49)]).scores()["exact"] == (1.0, 1.0, 1.0)


def test_a_missed_and_a_false_quote_are_listed() -> None:
    (counts,) = score_quotes({"a": TEXT}, {"a": [quote(20, 48)]}, {"a": [quote(50, 70)]})
    assert (counts.gold, counts.found, counts.right["overlap"]) == (1, 1, 0)
    assert [error["kind"] for error in counts.errors] == ["miss", "false alarm"]


def test_what_lies_on_an_optional_quote_is_no_false_alarm() -> None:
    (counts,) = score_quotes(
        {"a": TEXT}, {"a": [quote(50, 70, optional=True)]}, {"a": [quote(50, 70)]}
    )
    assert (counts.gold, counts.found) == (0, 0)


def test_a_right_quote_with_a_wrong_speaker_counts_half() -> None:
    (counts,) = score_quotes(
        {"a": TEXT}, {"a": [quote(20, 48)]}, {"a": [quote(20, 48, "Tomas Ild")]}
    )
    assert (counts.right["overlap"], counts.right["overlap_speaker"]) == (1, 0)
    assert (counts.cue, counts.form) == ((1, 1), (1, 1))


def test_forms_that_are_not_measured_are_neither_misses_nor_false_alarms() -> None:
    counts = compare(
        TEXT,
        [quote(20, 48), quote(50, 70, form="direct")],
        [quote(0, 9), quote(50, 70)],
        kinds=["direct"],
    )
    assert (
        counts.gold,
        counts.found,
        counts.right["overlap"],
        counts.by_form["direct"]["gold"],
    ) == (1, 1, 1, 1)


def test_letters_are_counted_once_and_optional_ones_not_at_all() -> None:
    counts = compare(
        TEXT, [quote(20, 48), quote(50, 70, optional=True)], [quote(20, 30), quote(50, 70)]
    )
    letters = sum(letter.isalnum() for letter in TEXT[20:30])
    assert counts.letters == (letters, letters, sum(letter.isalnum() for letter in TEXT[20:48]))


@pytest.mark.parametrize(
    ("gold", "found", "same"),
    [
        (quote(20, 48, "she", at=(72, 75)), quote(20, 48, "Dora Venn", at=(72, 75)), True),
        (quote(20, 48, "she", at=(72, 75)), quote(20, 48, "Dora Venn", at=(0, 9)), False),
        (quote(20, 48, "Dora Venn", at=(0, 9)), quote(20, 48, "Venn"), True),
        (quote(20, 48, "Dora Venn", at=(0, 9)), quote(20, 48, None), False),
        (quote(20, 48, None), quote(20, 48, None), True),
        (quote(20, 48, None), quote(20, 48, "Dora Venn"), False),
    ],
)
def test_a_mention_is_right_where_it_stands_or_as_the_same_name(
    gold: Quote, found: Quote, same: bool
) -> None:
    assert same_mention(gold, found) is same


def test_articles_add_up_and_their_interval_holds_the_score() -> None:
    found = [quote(20, 48), quote(50, 70, "Tomas Ild")]
    counts = [
        compare(TEXT, [quote(20, 48), quote(50, 70)], found[: 1 + number % 2])
        for number in range(12)
    ]
    whole = total(counts)
    assert (whole.gold, whole.found, whole.right["overlap"], whole.by_form["indirect"]["gold"]) == (
        24,
        18,
        18,
        24,
    )
    low, high = interval(counts, "overlap") or (1.0, 0.0)
    assert low < whole.scores()["overlap"][2] < high
    assert interval(counts[:5], "overlap") is None


SPANS = st.tuples(st.integers(0, len(TEXT) - 1), st.integers(1, 40)).map(
    lambda pair: (pair[0], min(len(TEXT), pair[0] + pair[1]))
)


@given(st.lists(SPANS, max_size=6), st.lists(SPANS, max_size=6))
def test_laws_of_the_measure(gold: list[tuple[int, int]], found: list[tuple[int, int]]) -> None:
    labelled, ours = [quote(*span) for span in gold], [quote(*span) for span in found]
    counts = compare(TEXT, labelled, ours)
    assert (
        counts.right["exact"]
        <= counts.right["overlap"]
        <= counts.right["loose"]
        <= min(counts.gold, counts.found)
    )
    assert counts.right["overlap_speaker"] == counts.right["overlap"]
    # Whatever is compared with itself is right, and turning the sides swaps precision and recall.
    assert compare(TEXT, labelled, labelled).right["exact"] == counts.gold
    assert compare(TEXT, ours, labelled).scores()["loose"][2] == pytest.approx(
        counts.scores()["loose"][2]
    )
    assert total([counts, Counts()]) == dataclasses.replace(counts)


@pytest.mark.parametrize(
    ("gold", "found", "same"),
    [
        ("Dora Venn", "Mayor Venn", True),
        ("Dora Venn", "she", False),
        (None, None, True),
        ("Harbour Ministry", "the Harbour Ministry", True),
        ("Dora Venn", "Ild", False),
    ],
)
def test_names_are_compared_by_surname_and_without_titles(
    gold: str | None, found: str | None, same: bool
) -> None:
    assert same_speaker(gold, found) is same


def test_nothing_found_scores_nothing() -> None:
    assert prf(0, 0, 3) == (0.0, 0.0, 0.0)
