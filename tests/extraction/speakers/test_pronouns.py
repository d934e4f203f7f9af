"""Whom pronouns mean in a paragraph. All sentences are invented.

Some of each kind tell where the rule must leave things as they are.
"""

import pytest
from extracted import speakers_of

PRONOUNS = [
    (
        "a new subject with a she of her own",
        "Lena was in the yard. “The soup is cold,” she said. Twenty-year-old Mirel said she was "
        "tired of it. “It is loud here,” she said.",
        ["Lena", "Mirel", "Mirel"],
    ),
    (
        "they, of whom one has a name",
        "The pilots said it was late. Runa Oster travelled with her colleagues to Lorn, where "
        "they declared that the port would open.",
        ["pilots", "Runa Oster"],
    ),
    (
        "they in a sentence of their own",
        "The pilots said it was late. Runa Oster travelled with her dog to Lorn, where they "
        "declared that the port would open.",
        ["pilots", "pilots"],
    ),
    (
        "a new subject without one leaves the she alone",
        "Lena was in the yard. “The soup is cold,” she said. Gorm said the yard was wet. “It "
        "is loud here,” she said.",
        ["Lena", "Gorm", "Lena"],
    ),
]
PARAGRAPHS = [
    (
        "the woman of this paragraph, not of the one before",
        "Envoy Clara Venn said it was late.\n\nA pilot of the Lorn fleet was in good spirits. "
        "The port would open, she said.",
        ["Clara Venn", "pilot of the Lorn fleet"],
    ),
    (
        "the one woman of a paragraph",
        "Envoy Clara Venn said it was late. A pilot of the Lorn fleet came in. The port would "
        "open, she said.",
        ["Clara Venn", "Clara Venn"],
    ),
]


@pytest.mark.parametrize(("kind", "text", "speakers"), [*PRONOUNS, *PARAGRAPHS])
def test_speakers(kind, text, speakers):
    assert speakers_of(text) == speakers, kind
