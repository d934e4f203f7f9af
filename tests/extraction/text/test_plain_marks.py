"""Quotation marks of all countries, and damaged ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.types import Article
from stance.extraction.pipeline import extract
from stance.extraction.text.parser import default_nlp
from stance.extraction.text.plain_marks import with_plain_marks


@pytest.mark.parametrize(
    ("opener", "closer"),
    [
        *("“”", "„“", "„”", "””", "«»", "»«", "»»", "‹›", "›‹", "‚‘", "「」", "＂＂", "\x93\x94"),
        ("‘‘", "’’"),
        ("&ldquo;", "&rdquo;"),
        ("&quot;", "&quot;"),
        ("&#8220;", "&#8221;"),
        ("â€œ", "â€\x9d"),
    ],
)
def test_marks_of_every_kind_hold_a_quotation(opener, closer):
    text = f"{opener}The bridge is ours,{closer} said Dora Venn, the mayor."
    quotes = next(extract([Article("a", text)], nlp=default_nlp()))
    assert [(quote.text, quote.speaker) for quote in quotes] == [
        ("The bridge is ours", "Dora Venn")
    ]


@pytest.mark.parametrize("prefix", ["> ", "| ", ">> "])
def test_the_signs_of_a_block_quote_are_no_part_of_it(prefix):
    text = f"{prefix}“The bridge is ours,” said Dora Venn, the mayor."
    (quote,) = next(extract([Article("a", text)], nlp=default_nlp()))
    assert (quote.text, quote.speaker) == ("The bridge is ours", "Dora Venn")


def test_tags_left_in_a_text_are_read_like_bold_stars():
    assert with_plain_marks("<b>Venn:</b> We come.") == "***Venn:**** We come."
    text = "<b>Venn:</b> We come.\n\n<b>Ild:</b> So do we.\n\n<b>Venn:</b> Good."
    quotes = next(extract([Article("a", text)], nlp=default_nlp()))
    assert [(quote.text, quote.speaker) for quote in quotes] == [
        ("We come.", "Venn"),
        ("So do we.", "Ild"),
        ("Good.", "Venn"),
    ]


def test_lost_blanks_at_the_marks_change_nothing():
    text = "“The bridge is ours,”said Dora Venn, the mayor.“Not yours.”"
    (quote,) = next(extract([Article("a", text)], nlp=default_nlp()))
    assert (quote.text, quote.speaker) == ("The bridge is ours Not yours.", "Dora Venn")


@given(st.text(st.sampled_from('ab .“”„«»‹›‚‘’"&;#8220ldquoâ€œ\n'), max_size=60))
def test_the_text_keeps_its_length(text):
    assert len(with_plain_marks(text)) == len(text)
