"""Who issued a statement. All sentences are invented.

Some of each kind tell where the rule must leave things as they are.
"""

import pytest
from extracted import speakers_of

TEXTS = [
    (
        "who speaks in a statement has issued it",
        "In a Monday statement, the pilots said the port was shut. Mayor Ilo Karr said it was "
        "not. “We have waited long enough,” the statement said.",
        ["pilots", "Ilo Karr", "pilots"],
    ),
    (
        "who published a commentary has written the document",
        "The Ministry of Foreign Affairs of Lorn published a commentary on the river. The "
        "document notes that the river is shared.",
        ["Ministry of Foreign Affairs of Lorn"],
    ),
    (
        "the last who spoke in a statement",
        "The Sundara League said in a statement that it was late. Mayor Ilo Karr called for talks "
        "to begin in a statement with his council. The statement added that the port was open.",
        ["Sundara League", "Ilo Karr", "Ilo Karr"],
    ),
    (
        "what another wrote is not the subject's",
        "The Sundara League said that the mayor spoke in a letter. The letter says the port is "
        "shut.",
        ["Sundara League", "mayor"],
    ),
    (
        "a report that nobody issued speaks itself",
        "The port was shut on Monday. The declaration said it would open in May.",
        ["declaration"],
    ),
]


@pytest.mark.parametrize(("kind", "text", "speakers"), [*TEXTS])
def test_speakers(kind, text, speakers):
    assert speakers_of(text) == speakers, kind
