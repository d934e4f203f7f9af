"""Whose a verb's words are, where the parser is wrong. All sentences are invented.

Some of each kind tell where the rule must leave things as they are.
"""

import pytest
from extracted import speakers_of

PASSED_ON = [
    (
        "a newspaper quotes somebody telling",
        "Runa Oster spoke. “The bridge is ours because we built it,” the Courier quoted Oster "
        "telling a rally in Lorn.",
        ["Runa Oster"],
    ),
    (
        "somebody was quoted by a station as saying",
        "Pavel Drost was quoted by a local radio station as saying that the bridge was shut.",
        ["Pavel Drost"],
    ),
    (
        "a witness quotes nobody",
        "Runa Oster came. The Courier said the bridge was shut.",
        ["Courier"],
    ),
]
SUBJECTS = [
    (
        "an institution behind a long fronted statement",
        "The harvest fair will open in June with a concert for the widow of Mayor Tomas Ild, "
        "Arna’s Ministry of Rural Works announced Tuesday. The ferry will be free, the ministry "
        "said.",
        ["Arna’s Ministry of Rural Works", "Arna’s Ministry of Rural Works"],
    ),
    (
        "a verb behind a comma keeps the subject of its list",
        "Runa Oster called the plan a trap, warned the guards, and said it would fail.",
        ["Runa Oster", "Runa Oster"],
    ),
    (
        "the group is the body that has just spoken",
        "The Sundara League has said the truce must hold. In a note on Friday, the group called "
        "on its neighbours “to open the roads”.",
        ["Sundara League", "Sundara League"],
    ),
    (
        "whose speech began is spoken of, also by one name",
        "Drost said the road was shut. Envoy Runa Oster said it was not. Drost’s letter came an "
        "hour later. He called the road “a trap”.",
        ["Drost", "Runa Oster", "Drost"],
    ),
]
PLACES = [
    (
        "in a town, an adviser",
        "The pilots said it was late. In Lorn, an elderly adviser who gave no name said the "
        "port was shut.",
        ["pilots", "elderly adviser"],
    ),
    (
        "in a town, the adviser with a name",
        "In Lorn, the harbour adviser, Pavel Drost, called the port “a trap”.",
        ["Pavel Drost"],
    ),
    (
        "a town that itself speaks",
        "In May, Ostravia said the port was shut.",
        ["Ostravia"],
    ),
]


@pytest.mark.parametrize(("kind", "text", "speakers"), [*PASSED_ON, *SUBJECTS, *PLACES])
def test_speakers(kind, text, speakers):
    assert speakers_of(text) == speakers, kind
