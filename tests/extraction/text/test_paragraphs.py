import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.extraction.text.paragraphs import (
    BODY,
    CAPTION,
    DATELINE,
    FOOTER,
    HEADLINE,
    LINK,
    split_paragraphs,
)


def zones_of(text):
    return [paragraph.zone for paragraph in split_paragraphs(text)]


def test_paragraphs_know_their_zone():
    text = "Bridge opens\n\nThe bridge opened.\n\nA view of the bridge. (Ann Oro/Reuters)\n\n"
    text += "READ MORE: Ferry sold\n\nThe ferry was sold.\n\nABOUT THE AUTHOR\n\nAnn Oro writes."
    assert zones_of(text) == [HEADLINE, BODY, CAPTION, LINK, BODY, FOOTER, FOOTER]


def test_a_text_of_one_paragraph_is_no_headline():
    assert zones_of("Bridge opens") == [BODY]


def test_what_looks_like_a_footer_is_one_near_the_end_only():
    assert zones_of(
        "Bridge opens\n\nCopyright law was changed.\n\n" + "The bridge opened on Monday. " * 20
    ) == [HEADLINE, BODY, BODY]


def test_a_sentence_that_breaks_off_is_read_on_in_the_next_line():
    text = "The bridge, which was\n\nclosed in May, opened."
    (paragraph,) = split_paragraphs(text)
    assert [text[start:end] for start, end in paragraph.pieces] == [
        "The bridge, which was",
        "closed in May, opened.",
    ]


def test_the_alternative_text_of_a_picture_is_a_caption_too():
    text = (
        "The bridge opened.\n\nThe new bridge of Lorn seen from the old ferry\n\nThe new bridge "
        "of Lorn, seen from the old ferry. (Ann Oro/AFP)"
    )
    assert zones_of(text) == [BODY, CAPTION, CAPTION]


@pytest.mark.parametrize(
    "line", ["ANKARA, March 11 - ", "MOSCOW, May 21. /TASS/. ", "BRUSSELS (Reuters) — "]
)
def test_a_dateline_is_told_from_what_follows(line):
    assert DATELINE.match(line + "The bridge opened.").end() == len(line)


@given(
    st.lists(
        st.sampled_from(
            [
                "Bridge opens",
                "The bridge opened.",
                "which was",
                "(Ann Oro/AFP)",
                "READ MORE",
                "",
                "  ",
                "Copyright Lorn",
            ]
        ),
        max_size=12,
    )
)
def test_every_line_with_words_belongs_to_one_paragraph(lines):
    text = "\n".join(lines)
    pieces = [
        text[start:end] for paragraph in split_paragraphs(text) for start, end in paragraph.pieces
    ]
    assert pieces == [line for line in lines if line.strip()]
