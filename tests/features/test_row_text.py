import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.types import Article, Quote
from stance.extraction.text.context import CONTEXT_CHARS, context_of
from stance.features.row_text import VIEWS, view_of

ROW = {"text": "We  will\ncome.", "cue": "said", "context": "They met.", "speaker": "Dora Venn"}


@pytest.mark.parametrize(
    ("view", "seen"),
    [
        ("text", "We will come."),
        ("cue+text", "said: We will come."),
        ("context+cue+text", "They met. | said: We will come."),
    ],
)
def test_a_view_is_what_features_are_drawn_from(view, seen):
    assert view_of(ROW, view) == seen
    assert view_of({**ROW, "speaker": "Tomas Ild"}, view) == seen


def test_a_cue_with_which_the_text_begins_is_not_repeated():
    assert (
        view_of({"text": "Rejected the plan", "cue": "rejected"}, "cue+text") == "Rejected the plan"
    )


@given(st.text(max_size=40), st.sampled_from(VIEWS))
def test_what_is_not_known_leaves_no_trace(text, view):
    assert (
        view_of({"text": text}, view)
        == view_of({"text": text, "cue": None, "context": " "}, view)
        == " ".join(text.split())
    )


def test_context_begins_with_a_sentence_and_ends_before_the_quote():
    text = "The bridge opened. " * 40 + "“We will come,” she said."
    start = text.index("We will")
    found = context_of(
        Article("a", text), Quote("a#1", "a", "We will come,", ((start, start + 13),), "direct")
    )
    assert found.startswith("The bridge opened.")
    assert found.endswith("The bridge opened.")
    assert len(found) <= CONTEXT_CHARS
