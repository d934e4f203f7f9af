import pytest

from stance.extraction.quotes.transcripts import find_turns, label_before, signature_behind
from stance.extraction.text.paragraphs import split_paragraphs
from stance.extraction.text.parser_views import build_view


def turns_of(text):
    return find_turns(text, [build_view(text, paragraph) for paragraph in split_paragraphs(text)])


def test_a_transcript_is_cut_at_its_labels_and_an_unlabelled_paragraph_goes_on():
    text = "MR. KIRBY: We will talk.\n\nQ    Will you?\n\nMR. KIRBY: Yes.\n\nAnd soon."
    found = [(name, [text[start:end] for start, end in spans]) for name, _, spans in turns_of(text)]
    assert found == [
        ("MR. KIRBY", ["We will talk."]),
        ("Q", ["Will you?"]),
        ("MR. KIRBY", ["Yes.", "And soon."]),
    ]


def test_two_labels_make_no_transcript():
    assert turns_of("MR. KIRBY: We will talk.\n\nQ    Will you?\n\nHe left.") == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dora Venn: “We will come.”", "Dora Venn"),
        ("**Dora Venn (via video)**: “We will come.”", "Dora Venn"),
        ("Dora Venn said: “We will come.”", None),  # a verb reports it
    ],
)
def test_a_label_before_a_quotation_names_its_speaker(text, name):
    found = label_before(text, 0, text.index("“"))
    assert (found and found[0]) == name
    assert found is None or text[slice(*found[1])] == name


def test_a_signature_behind_a_quotation_names_its_speaker():
    text = "“We will come.” – Dora Venn, mayor of Lorn"
    assert signature_behind(text, text.index("”") + 1, len(text)) == ("Dora Venn", (18, 27))
    assert signature_behind("“We will come.” – and left", 15, 26) is None
