"""What a tagger that is sure may change. All sentences are invented."""

import numpy as np
import pytest

from stance.core.types import Article
from stance.extraction.pipeline import find_quotes
from stance.extraction.text.parser import load_nlp
from stance.extraction.text.tags import Tags


@pytest.fixture(scope="module")
def nlp():
    return load_nlp()


class Marked:
    """A tagger that answers what a text says of itself.

    ``{…}`` stands around content, ``<…>`` around cues, ``[…]`` around sources.
    """

    def __init__(self, marked, likely=0.99):
        self.text, self.likely = "", likely
        self.kinds = []
        open_kinds = []
        for char in marked:
            if char in "{<[":
                open_kinds.append(char)
                self.kinds.append((char, len(self.text), None))
            elif char in "}>]":
                kind = open_kinds.pop()
                number = max(k for k, (c, _, end) in enumerate(self.kinds) if c == kind and not end)
                self.kinds[number] = (kind, self.kinds[number][1], len(self.text))
            else:
                self.text += char

    def tags(self, text, start, end):
        numbers = {kind: np.full(len(text), 1 - self.likely) for kind in "{<["}
        begins = np.full(len(text), 1 - self.likely)
        for kind, low, high in self.kinds:
            numbers[kind][low:high] = self.likely
            if kind == "{":
                begins[low] = self.likely
        cut = slice(start, end)
        return Tags(start, numbers["{"][cut], begins[cut], numbers["<"][cut], numbers["["][cut])


def quotes_of(marked, nlp, likely=0.99):
    tagger = Marked(marked, likely)
    quotes = find_quotes(Article("a", tagger.text), nlp=nlp, tagger=tagger)
    return [(quote.text, quote.speaker_mention) for quote in quotes]


def rules_of(marked, nlp):
    quotes = find_quotes(Article("a", Marked(marked).text), nlp=nlp)
    return [(quote.text, quote.speaker_mention) for quote in quotes]


def test_where_both_agree_nothing_changes(nlp):
    marked = "[Dora Venn] <said> {the bridge would open in May}."
    assert quotes_of(marked, nlp) == rules_of(marked, nlp)
    assert quotes_of(marked, nlp) == [("the bridge would open in May", "Dora Venn")]


def test_a_tail_that_is_the_narrators_is_cut_off(nlp):
    marked = "[Dora Venn] <said> {the bridge would open in May} after a hearing in the old hall."
    assert rules_of(marked, nlp) != quotes_of(marked, nlp)
    assert quotes_of(marked, nlp) == [("the bridge would open in May", "Dora Venn")]


def test_where_it_is_not_sure_the_rules_cut_stays(nlp):
    marked = "[Dora Venn] <said> {the bridge would open in May} after a hearing in the old hall."
    assert quotes_of(marked, nlp, likely=0.8) == rules_of(marked, nlp)


def test_a_clause_is_never_made_longer(nlp):
    marked = "[Dora Venn] <said> {that the bridge would open. The toll would rise in June}."
    assert quotes_of(marked, nlp) == rules_of(marked, nlp)


def test_one_statement_becomes_two_where_a_second_cue_begins_a_content(nlp):
    marked = (
        "[Dora Venn] <hinted> that {the bridge had had hidden faults for years} "
        "and {<denied> any delay of the works}."
    )
    assert [text for text, _ in quotes_of(marked, nlp)] == [
        "the bridge had had hidden faults for years",
        "denied any delay of the works",
    ]
    assert {mention for _, mention in quotes_of(marked, nlp)} == {"Dora Venn"}


def test_what_the_narrator_tells_is_left_out(nlp):
    marked = "Dora Venn knew the wording of the plan was complete. Rain fell."
    assert rules_of(marked, nlp) != []
    assert quotes_of(marked, nlp) == []


def test_who_takes_a_side_by_a_deed_is_not_left_out(nlp):
    marked = "Dora Venn rejected the plan for the bridge. Rain fell."
    assert quotes_of(marked, nlp) == rules_of(marked, nlp) != []


def test_a_quotation_in_marks_is_never_left_out(nlp):
    marked = '"The bridge will open in May," Dora Venn said.'
    assert quotes_of(marked, nlp) == rules_of(marked, nlp) != []


def test_what_the_rules_miss_is_added_with_its_speaker(nlp):
    marked = "[Dora Venn] {<stepped up> her campaign for a toll on lorries}. Rain fell."
    assert rules_of(marked, nlp) == []
    assert quotes_of(marked, nlp) == [
        ("stepped up her campaign for a toll on lorries", "Dora Venn")
    ]


def test_what_nobody_says_is_not_added(nlp):
    assert quotes_of("Rain fell. {The bridge would open in May}, it seemed.", nlp) == []


def test_what_is_denied_is_not_added(nlp):
    marked = "Neither [Dora Venn] nor [Tomas Ild] <said> {when the bridge would open}."
    assert quotes_of(marked, nlp) == rules_of(marked, nlp)


def test_turns_of_a_transcript_stay(nlp):
    marked = (
        "DORA VENN: The bridge will open in May.\n\nOLE BRACK: And the toll?\n\n"
        "DORA VENN: It will rise in June, I fear."
    )
    assert quotes_of(marked, nlp) == rules_of(marked, nlp) != []


@pytest.mark.parametrize("end", ["\r\r", "\u2029", "\x85", "\x0b", "\u2028"])
def test_a_quotation_that_runs_on_into_another_paragraph_stays(nlp, end):
    text = (
        "The mayor said the island was poor and that “we will build it because people need it."
        f"{end}“Nobody will stop us because the money is there and the plans are ready for all."
    )
    assert quotes_of(text, nlp) == rules_of(text, nlp) != []
