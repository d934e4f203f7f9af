import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.extraction.text.paragraphs import BODY, Paragraph
from stance.extraction.text.parser_views import HOLDER, build_view, cut_spans


def view_of(text):
    return build_view(text, Paragraph(((0, len(text)),), BODY))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (
            "“We will come. We will talk,” she said.",
            f'"{HOLDER}," she said.',
        ),  # a whole statement shrinks, so the narrator's sentence stands out
        (
            "“Why not?” Baunov asked.",
            f'"{HOLDER}," Baunov asked.',
        ),  # the narrator goes on, so the stop is a comma
        (
            "He called it “a show” and left.",
            "He called it a show and left.",
        ),  # a few words stay, without their marks
        ("MOSCOW, May 21. /TASS/. The minister **said** so.", "The minister said so."),
        ("He [said](http://x.y/z) so.", "He said so."),
        (
            "She posted on X. He left.",
            "She posted on X . He left.",
        ),  # else the tokenizer takes "X." for an initial
    ],
)
def test_the_parser_sees_the_narrators_words(text, seen):
    assert view_of(text).text == seen


def test_the_way_back_leads_to_the_articles_offsets():
    text = "MOSCOW, May 21. /TASS/. He [said](http://x.y/z) **it was over**."
    view = view_of(text)
    at = view.text.index("it was over")
    assert [
        text[start:end] for start, end in cut_spans(text, view, at, at + len("it was over"))
    ] == ["it was over"]


def test_a_place_holder_stands_for_its_whole_quotation():
    text = "“We will come,” she said."
    view = view_of(text)
    (holder,) = view.holders
    assert text[holder.quotation.start : holder.quotation.end] == "We will come,"
    assert view.holder_at(holder.start) is holder
    assert view.holder_at(holder.end) is None


@given(st.text(st.sampled_from('ab .,?“”"*[]()X\n\u200b'), min_size=1, max_size=80))
def test_every_character_seen_has_a_place_in_the_article_and_they_come_in_order(text):
    view = view_of(text)
    assert len(view.text) == len(view.starts) == len(view.ends)
    assert all(
        0 <= start <= end <= len(text) for start, end in zip(view.starts, view.ends, strict=True)
    )
    assert list(view.starts) == sorted(view.starts)
