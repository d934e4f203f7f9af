"""Whom an office or another description means. All sentences are invented.

Some of each kind tell where the rule must leave things as they are.
"""

import pytest
from extracted import speakers_of

EPITHETS = [
    (
        "an office for the last speaker, of whom none is known",
        "Venn said the port was ready. President Ilo Karr of Lorn met the pilots. The Danish "
        "transport minister said the talks went well.",
        ["Venn", "Venn"],
    ),
    (
        "an office for the last speaker stays with whoever holds it",
        "Venn said the port was ready. Transport Minister Ilo Karr met the pilots. The transport "
        "minister said the talks went well.",
        ["Venn", "Ilo Karr"],
    ),
    (
        "the MP may have been a secretary too",
        "Former Danish trade secretary Ilo Karr told the Courier the port was ready. “It is "
        "late,” the Liberal MP said.",
        ["Ilo Karr", "Ilo Karr"],
    ),
    (
        "a speaker with another office is not meant",
        "Mayor Ilo Karr said the port was ready. The Danish transport minister said it was late.",
        ["Ilo Karr", "Danish transport minister"],
    ),
    (
        "a speaker of another nation is not meant",
        "Danish singer Ilo Karr said the port was ready. The French minister said it was late.",
        ["Ilo Karr", "French minister"],
    ),
    (
        "the prime minister was spoken of before another one is named",
        "Runa Oster flew to the delta for the truce. “Put it down,” the prime minister said. "
        "Danish Prime Minister Ilo Karr stayed with his fleet.",
        ["Runa Oster"],
    ),
    (
        "the Danish prime minister is named further on",
        "Runa Oster flew to the delta for the truce. “Put it down,” the Danish prime minister "
        "said. Danish Prime Minister Ilo Karr was in the port.",
        ["Ilo Karr"],
    ),
]
OWNERS = [
    (
        "its ministry is that of the subject before",
        "Ostravia asked for more time. Its foreign ministry said the port would stay shut.",
        ["Ostravia's foreign ministry"],
    ),
    (
        "its ministry is that of the subject of the statement",
        "Ostravia will not open the port, its foreign ministry said on Friday. The ministry added "
        "that it was late.",
        ["Ostravia's foreign ministry", "Ostravia's foreign ministry"],
    ),
    (
        "its stays where the subject has no name",
        "The port was shut on Friday. Its harbour office said it was late.",
        ["Its harbour office"],
    ),
    (
        "its is no person's",
        "Runa Oster came late. Its harbour office said the port was shut.",
        ["Its harbour office"],
    ),
    (
        "the bishop's secretary is not who has just spoken",
        "Runa Oster said it was late. “The port is shut,” the bishop's secretary said.",
        ["Runa Oster", "bishop's secretary"],
    ),
    (
        "his excellency is the one last spoken of",
        "“The port is shut,” said the undersecretary, His Excellency Ilo Karr. His Excellency "
        "added that it was late.",
        ["Ilo Karr", "Ilo Karr"],
    ),
]


@pytest.mark.parametrize(("kind", "text", "speakers"), [*EPITHETS, *OWNERS])
def test_speakers(kind, text, speakers):
    assert speakers_of(text) == speakers, kind
