"""Who an unnamed speaker turns out to be. All sentences are invented.

Some of each kind tell where the rule must leave things as they are.
"""

import pytest
from extracted import speakers_of

NAMED_LATER = [
    (
        "a general in the first sentence, named with his rank in the second",
        "A senior Lorn general has said the fleet will sail. “Nobody asked the harbour,” Deputy "
        "Commander Lt. Gen. Ilo Karr told the Courier. The ships are old. The general also said "
        "that the quay was open.",
        ["Ilo Karr", "Ilo Karr", "Ilo Karr"],
    ),
    (
        "a minister, named without a description in the next paragraph",
        "The road will be open by May, the Danish transport minister said.\n\nRuna Oster told the "
        "assembly that the pier was next.",
        ["Runa Oster", "Runa Oster"],
    ),
    (
        "another man with a rank",
        "A senior officer said the road was open. Another man, Colonel Ilo Karr, said it was not.",
        ["senior officer", "Ilo Karr"],
    ),
    (
        "a name with an age is somebody new",
        "A baker said the road was open. Ilo Karr, 54, said it was not.",
        ["baker", "Ilo Karr"],
    ),
    (
        "another nation",
        "The Danish transport minister said the road would be open. Ilo Karr, the French "
        "transport minister, said it would not.",
        ["Danish transport minister", "Ilo Karr"],
    ),
    (
        "another ministry",
        "The Danish foreign minister said the road would be open. Defence Minister Ilo Karr said "
        "it would not.",
        ["Danish foreign minister", "Ilo Karr"],
    ),
    (
        "who does not want to be named is not named",
        "An official, who asked not to be named, said the road was open. Ilo Karr told reporters "
        "it was shut.",
        ["official", "Ilo Karr"],
    ),
    (
        "one of many generals, not in the first sentence",
        "Runa Oster said it was late. A general said the road was open. General Ilo Karr said it "
        "was shut.",
        ["Runa Oster", "general", "Ilo Karr"],
    ),
    (
        "somebody else was spoken of in between",
        "The Danish transport minister said the road would be open. Tomas Ild walked home. Runa "
        "Oster said it would rain.",
        ["Danish transport minister", "Runa Oster"],
    ),
]


@pytest.mark.parametrize(("kind", "text", "speakers"), [*NAMED_LATER])
def test_speakers(kind, text, speakers):
    assert speakers_of(text) == speakers, kind
