import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.extraction.text.tags import Tags, letters_of

TEXT = "Dora Venn said the bridge would open in May and the toll would rise in June. Rain fell."


def tags_of(*contents, start=0, end=None, likely=0.99):
    """Tags of a paragraph of `TEXT` in which the given words alone are content."""
    end = len(TEXT) if end is None else end
    content, begins = np.full((2, end - start), 1 - likely)
    for words in contents:
        at = TEXT.index(words) - start
        content[at : at + len(words)] = likely
        begins[at] = likely
    return Tags(start, content, begins, np.zeros(end - start), np.zeros(end - start))


def texts_of(tags):
    return [TEXT[span.start : span.end] for span in tags.spans(TEXT)]


def test_words_that_are_content_make_a_span():
    (span,) = tags_of("the bridge would open in May").spans(TEXT)
    assert TEXT[span.start : span.end] == "the bridge would open in May"
    assert span.score > 0.98
    assert span.letters == letters_of(TEXT, [(span.start, span.end)])


def test_a_content_that_begins_behind_another_is_a_span_of_its_own():
    first, second = "the bridge would open in May and ", "the toll would rise in June"
    assert texts_of(tags_of(first, second)) == [first.removesuffix(" and ") + " and", second]


def test_one_word_or_a_few_letters_are_no_span():
    assert texts_of(tags_of("bridge")) == []
    assert texts_of(tags_of("in May")) == []


def test_places_are_those_of_the_article_wherever_the_paragraph_begins():
    start = TEXT.index("the bridge")
    tags = tags_of("the toll would rise in June", start=start)
    assert texts_of(tags) == ["the toll would rise in June"]
    place = TEXT.index("toll")
    assert tags.of_content([place, start]).tolist() == [0.99, 1 - 0.99]


@given(st.lists(st.floats(0, 1), min_size=len(TEXT), max_size=len(TEXT)))
def test_spans_never_meet_and_lie_in_words(numbers):
    content = np.array(numbers)
    tags = Tags(0, content, content / 2, content, content)
    spans = tags.spans(TEXT)
    for before, after in itertools.pairwise(spans):
        assert before.end < after.start
    assert all(TEXT[span.start].isalnum() and TEXT[span.end - 1].isalnum() for span in spans)
    assert all(0.0 <= span.score <= 1.0 for span in spans)


def test_a_place_outside_the_paragraph_is_refused():
    tags = tags_of(start=20, end=40)
    for place in (19, 40):
        with pytest.raises(IndexError):
            tags.of_content([place])
