"""The measure must agree with itself on cases that can be counted by hand."""

import pytest

from stance.quote_scores import Counts, compare, prf, same_speaker, score_quotes
from stance.records import Article, Quote

TEXT = "Dora Venn said that the bridge would open in May. The ferry stops then, she added."


def quote(start: int, end: int, speaker: str | None = "Dora Venn", *, optional: bool = False) -> Quote:
    return Quote("q", "a", Article("a", TEXT).cut([(start, end)]), ((start, end),), "indirect", speaker=speaker, optional=optional)


def test_marks_and_a_leading_that_are_free() -> None:
    counts = Counts()
    compare(TEXT, [quote(20, 48)], [quote(15, 49)], counts)
    assert counts.scores()["exact"] == (1.0, 1.0, 1.0)


def test_a_missed_and_a_false_quote_are_listed() -> None:
    counts = score_quotes({"a": TEXT}, {"a": [quote(20, 48)]}, {"a": [quote(50, 70)]})
    assert (counts.gold, counts.found, counts.right["overlap"]) == (1, 1, 0)
    assert [error["kind"] for error in counts.errors] == ["miss", "false alarm"]


def test_what_lies_on_an_optional_quote_is_no_false_alarm() -> None:
    counts = score_quotes({"a": TEXT}, {"a": [quote(50, 70, optional=True)]}, {"a": [quote(50, 70)]})
    assert (counts.gold, counts.found) == (0, 0)


def test_a_right_quote_with_a_wrong_speaker_counts_half() -> None:
    counts = score_quotes({"a": TEXT}, {"a": [quote(20, 48)]}, {"a": [quote(20, 48, "Tomas Ild")]})
    assert (counts.right["overlap"], counts.right["overlap_speaker"]) == (1, 0)


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
def test_names_are_compared_by_surname_and_without_titles(gold: str | None, found: str | None, same: bool) -> None:
    assert same_speaker(gold, found) is same


def test_nothing_found_scores_nothing() -> None:
    assert prf(0, 0, 3) == (0.0, 0.0, 0.0)
