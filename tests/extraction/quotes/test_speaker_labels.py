"""Quotations whose speaker stands in a label, a line beside them or a signature."""

import pytest
from extracted import said_by


@pytest.mark.parametrize(
    "text",
    [
        "Dora Venn, 41: “The bridge is ours.”",
        "Dora Venn, ferry pilot, 41, of Lorn: “The bridge is ours.”",
        "Dora Venn again: “The bridge is ours.”",
        "And this from Dora Venn, the mayor: “The bridge is ours.”",
        "Dora Venn, the mayor:\n\n“The bridge is ours.”",
        "From the desk of Dora Venn, mayor of Lorn.\n\n“The bridge is ours.”",
        "Dora Venn, mayor\n“The bridge is ours.”",
        "“The bridge is ours.”\n— Dora Venn",
        "“The bridge is ours.” (Dora Venn, mayor of Lorn)",
        "“The bridge is ours.” [Dora Venn]",
        "Or, in the words of Dora Venn, the mayor: “The bridge is ours.”",
        "> The bridge is ours.\n\n— Dora Venn, mayor of Lorn",
        "The bridge is ours.\n\n— Dora Venn (@venn_lorn) May 3, 2031",
        "Who answered?\n\nDora Venn\n@venn_lorn\nThe bridge is ours.\n9:14 PM · May 3, 2031\n",
        "“The bridge is ours.” That was Dora Venn’s only sentence.",
    ],
)
def test_a_label_or_a_signature_names_the_speaker(text):
    said = [(words.strip("."), speaker) for words, speaker in said_by(text)]
    assert said == [("The bridge is ours", "Dora Venn")]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday, she said: “The bridge is ours.”",
        "A sign, painted red: “The bridge is ours.”",
    ],
)
def test_a_clause_before_a_colon_is_no_label(text):
    assert "Monday" not in {speaker for _, speaker in said_by(text)}
