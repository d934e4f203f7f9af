"""Who speaks, by the ways news has of naming people. All sentences are invented.

Each kind has cases in which its rule must leave things as they are.
"""

import pytest

from stance.core.types import Article
from stance.extraction.pipeline import extract
from stance.extraction.text.parser import default_nlp


def speakers_of(text):
    return [quote.speaker for quote in next(extract([Article("a", text)], nlp=default_nlp()))]


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
        "Runa Oster has left the port. Oster will visit Lorn in May at the invitation of Mayor "
        "Tomas Ild, Arna’s Ministry of External Trade announced Tuesday. The ferry will carry "
        "her, the ministry said.",
        ["Arna’s Ministry of External Trade", "Arna’s Ministry of External Trade"],
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
NAMED_LATER = [
    (
        "a general in the first sentence, named with his rank in the second",
        "A senior Lorn general has said the army will stay. “Talks may go on,” Deputy Commander "
        "Lt. Gen. Ilo Karr told the Courier. He was speaking on Monday. The general also said "
        "that the road was open.",
        ["Ilo Karr", "Ilo Karr", "Ilo Karr"],
    ),
    (
        "a minister, named without a description in the next paragraph",
        "The road will be open by May, the Danish transport minister said.\n\nRuna Oster told the "
        "assembly on Monday that details would follow.",
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
        "the former MP may have been a secretary too",
        "Former British defence secretary Ilo Karr told the Courier the port was ready. “It is "
        "late,” the former Liberal MP said.",
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
        "Danish Prime Minister Ilo Karr told his fleet to go on.",
        ["Runa Oster"],
    ),
    (
        "the Danish prime minister is named further on",
        "Runa Oster flew to the delta for the truce. “Put it down,” the Danish prime minister "
        "said. Danish Prime Minister Ilo Karr was in the port.",
        ["Ilo Karr"],
    ),
]
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
PRONOUNS = [
    (
        "a new subject with a she of her own",
        "Tamara was in the yard. “I do not agree,” she said. Twenty-year-old Mirel said she was "
        "tired of it. “It is loud here,” she said.",
        ["Tamara", "Mirel", "Mirel"],
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
        "Tamara was in the yard. “I do not agree,” she said. Gorm said the yard was wet. “It "
        "is loud here,” she said.",
        ["Tamara", "Gorm", "Tamara"],
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
PLACES = [
    (
        "in a town, an adviser",
        "The pilots said it was late. In Lorn, a presidential adviser who asked not to be named "
        "said the port was shut.",
        ["pilots", "presidential adviser"],
    ),
    (
        "in a town, the adviser with a name",
        "In Lorn, the peace adviser, Pavel Drost, called the port “a trap”.",
        ["Pavel Drost"],
    ),
    (
        "a town that itself speaks",
        "In May, Ostravia said the port was shut.",
        ["Ostravia"],
    ),
]
PARAGRAPHS = [
    (
        "the woman of this paragraph, not of the one before",
        "Envoy Clara Venn said it was late.\n\nA member of the Lorn team was more hopeful. The "
        "port would open, she said.",
        ["Clara Venn", "member of the Lorn team"],
    ),
    (
        "the one woman of a paragraph",
        "Envoy Clara Venn said it was late. A member of the Lorn team came in. The port would "
        "open, she said.",
        ["Clara Venn", "Clara Venn"],
    ),
]


@pytest.mark.parametrize(
    ("kind", "text", "speakers"),
    [
        *PASSED_ON,
        *SUBJECTS,
        *NAMED_LATER,
        *EPITHETS,
        *TEXTS,
        *PRONOUNS,
        *OWNERS,
        *PLACES,
        *PARAGRAPHS,
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 60 else "",
)
def test_kinds(kind, text, speakers):
    assert speakers_of(text) == speakers, kind
