import pytest

from stance.extraction.quotes.speaker_labels import label_before, signature_behind
from stance.extraction.quotes.transcripts import find_turns
from stance.extraction.text.paragraphs import split_paragraphs
from stance.extraction.text.parser_views import build_view


def turns_of(text):
    return find_turns(text, [build_view(text, paragraph) for paragraph in split_paragraphs(text)])


def test_a_transcript_is_cut_at_its_labels_and_an_unlabelled_paragraph_goes_on():
    text = "MR. KIRBY: We will talk.\n\nQ    Will you?\n\nMR. KIRBY: Yes.\n\nAnd soon."
    found = [(name, [text[start:end] for start, end in spans]) for name, _, spans in turns_of(text)]
    assert found == [
        ("MR. KIRBY", ["We will talk."]),
        ("MR. KIRBY", ["Yes.", "And soon."]),
    ]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Dora Venn: So it is.\n\nTomas Ild: No.\n\nDora Venn: Yes.", ["Dora Venn", "Tomas Ild"]),
        ("[0:01] Speaker 1: So it is.\n[0:09] Speaker 2: No.", ["Speaker 1", "Speaker 2"]),
        ("**Venn:** Yes.\n\n**van Ild:** No.\n\n**Venn:** Yes.", ["Venn", "van Ild"]),
        (
            "Dora Venn, mayor: Yes.\n\nTomas Ild: No.\n\nVenn: Yes.",
            ["Dora Venn", "Tomas Ild", "Venn"],
        ),
        ("DORA VENN\nYes.\n\nTOMAS ILD\nNo.\n\nDORA VENN\nYes.", ["DORA VENN", "TOMAS ILD"]),
        ("Q: Is it so?\nA: It is.\nQ: Why?\nA: Look at it.", ["A"]),
        ("Q: Is it so? A: It is.\n\nQ: Why? A: Look.\n\nQ: And? A: No.", ["A"]),
        ("**Is it so?**\n\nVenn: It is.\n\n**And why?**\n\nLook at it.", ["Venn"]),
        ("HP: Is it so?\n\nDV: It is.\n\nHP: And why?\n\nDV: Look.", ["DV"]),
        ("Lorn Post: So?\n\nVenn: Yes.\n\nLorn Post: Why?\n\nVenn: Look.", ["Venn"]),
        ("[Dora Venn] Yes.\n\n[Tomas Ild] No.\n\n[Dora Venn] Yes.", ["Dora Venn", "Tomas Ild"]),
        ("<Venn> Yes.\n\n<Ild> No.\n\n<Venn> Yes.", ["Venn", "Ild"]),
        ("Dora Venn — Yes.\n\nTomas Ild — No.\n\nDora Venn — Yes.", ["Dora Venn", "Tomas Ild"]),
        ("Venn. - Yes.\n\nIld. - No.\n\nVenn. - Yes.", ["Venn", "Ild"]),
        ("VENN | Yes.\n\nILD | No.\n\nVENN | Yes.", ["VENN", "ILD"]),
        ("[9:14] Venn\nYes.\n\n[9:15] Ild\nNo.\n\n[9:16] Venn\nYes.", ["Venn", "Ild"]),
        ("The truce - signed in May - held.\n\nLorn - the port - is shut.\n\nA - B - C.", []),
        ("LORN — It rained.\n\nILD — It snowed.\n\nVENN — Schools stay shut.", []),
        ("[Photo] A crowd.\n\n[Update] It rained.\n\n[Photo] A port.", []),
        ("Place: Lorn.\n\nDate: 3 May.\n\nTickets: none.", []),
        ("The bridge is shut.\n\nWhat now: nobody knows.\n\nA mayor said so.", []),
    ],
)
def test_labels_of_many_kinds_open_a_turn_and_questions_are_left_out(text, labels):
    assert list(dict.fromkeys(name for name, _, _ in turns_of(text))) == labels


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
