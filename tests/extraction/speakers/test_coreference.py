"""Whom names, offices and pronouns mean, by kind. All sentences are invented."""

import pytest
from extracted import speakers_of

TWO_OF_ONE_SURNAME = [
    (
        "Mr. and Ms. by first names",
        "Clara Venn, the mayor, met Paul Venn, a pilot. “It is shut,” said Mr. Venn. “It is "
        "not,” said Ms. Venn.",
        ["Paul Venn", "Clara Venn"],
    ),
    (
        "Mr. for her brother",
        "Ilo Venn, the mayor, met her brother Ren Venn. “It is shut,” said Mr. Venn.",
        ["Ren Venn"],
    ),
    (
        "an office before the surname",
        "Clara Venn, the mayor, spoke first. Tomas Venn, a pilot, spoke next. “It is shut,” said "
        "Mayor Venn.",
        ["Clara Venn"],
    ),
    (
        "an office behind the surname",
        "Senator Paul Venn came with his son Theo Venn. Theo Venn said it was shut. Venn, the "
        "senator, said it was not.",
        ["Theo Venn", "Paul Venn"],
    ),
]
OFFICES = [
    (
        "two offices joined by and",
        "Mayor Clara Venn and Bishop Tomas Ild met the pilots. The bishop said it was shut. The "
        "mayor said it was not.",
        ["Tomas Ild", "Clara Venn"],
    ),
    (
        "the office of whom somebody met",
        "Mayor Clara Venn met Judge Tomas Ild. “It is shut,” the judge said.",
        ["Tomas Ild"],
    ),
    (
        "offices before names in apposition",
        "Two people decide: the mayor, Clara Venn, and the judge, Tomas Ild. The judge said it "
        "was shut.",
        ["Tomas Ild"],
    ),
    (
        "an occupation is no part of a name",
        "Mediator Clara Venn came late. She said it was shut.",
        ["Clara Venn"],
    ),
]
BODIES = [
    (name, f"The {name} met on Sunday. The {word} said it would wait.", [name])
    for name, word in [
        ("Lorn Pilots' Union", "union"),
        ("Foreign Ministry", "ministry"),
        ("Council of Lorn", "council"),
        ("Lorn Central Bank", "bank"),
    ]
] + [
    (
        "a body that is only described",
        "The ferry office of Lorn said it would wait. The office said it was in no hurry.",
        ["ferry office of Lorn", "ferry office of Lorn"],
    ),
    (
        "the company",
        "Ild Shipping Ltd. closed the line. The company said it would wait.",
        ["Ild Shipping Ltd."],
    ),
    (
        "a chamber is no person",
        "The Chamber met on Sunday. He said it would wait.",
        [None],
    ),
]
PRONOUNS = [
    (
        "she is the one who has not spoken",
        "Clara Venn and Tomas Ild briefed the press. “It is shut,” Ild said. “It is not,” she "
        "answered.",
        ["Tomas Ild", "Clara Venn"],
    ),
    (
        "a new subject by surname",
        "Paul Alder met Peter Ild on Tuesday. “It is shut,” Ild said.\n\nAlder left at dusk. “It "
        "is not,” he said.",
        ["Peter Ild", "Paul Alder"],
    ),
    (
        "whom a sentence opens with",
        "“It is shut,” Peter Ild said.\n\nFor Paul Venn, the mayor, that is not enough. He said "
        "it was open.",
        ["Peter Ild", "Paul Venn"],
    ),
    (
        "one he, two quotes",
        "“It is shut,” said Peter Ild.\n\nPaul Venn said it was open. He called the sign a joke "
        "and said it would be taken down.",
        ["Peter Ild", "Paul Venn", "Paul Venn", "Paul Venn"],
    ),
    (
        "a trade is a person",
        "“It is shut,” said Captain Peter Ild. A gunner at the gate did not agree. “It is not,” "
        "he said.",
        ["Peter Ild", "gunner at the gate"],
    ),
    (
        "a son-in-law is nobody's thing",
        "“It is shut,” said Olga Venn. Venn's son-in-law came by boat. “It is not,” he said.",
        ["Olga Venn", "Venn's son-in-law"],
    ),
    (
        "by whom something is done",
        "“It is shut,” said Olga Venn. The way out was drawn by Hanna Ild. She said it was short.",
        ["Olga Venn", "Hanna Ild"],
    ),
    (
        "first names of women that do not end in -a",
        "“It is shut,” said Olga Venn. A colleague, Judith Ild, tried the door. She said it was "
        "open.",
        ["Olga Venn", "Judith Ild"],
    ),
    (
        "the last speaker by his office",
        "“It is shut,” Peter Ild said.\n\n“It stays so,” the Lornish minister of trade said.",
        ["Peter Ild", "Peter Ild"],
    ),
    (
        "an office that somebody else must hold",
        "Peter Ild heard the minister of trade, who said it was shut.",
        ["minister of trade"],
    ),
]

OTHERS = [
    (
        "the former and the latter",
        "Clara Venn and Tomas Ild met. The former said it was shut. The latter said it was not.",
        ["Clara Venn", "Tomas Ild"],
    ),
    (
        "the latter of two bodies",
        "Talks between the Pilots' Union and the Port Office went on. The latter said it was shut.",
        ["Port Office"],
    ),
    (
        "the former of two that are only described",
        "The crew and the owner met. The former said it was shut.",
        ["crew"],
    ),
    (
        "one of his soldiers",
        "Captain Venn spoke first. One of his soldiers said it was shut.",
        ["soldier"],
    ),
    (
        "one of them",
        "Two diplomats met the press. One of them said it was shut. Another said it was not.",
        ["diplomat", "diplomat"],
    ),
    (
        "who has issued the statement",
        "A statement by the harbour master, Ren Ild, said it was shut. “It stays so,” the "
        "statement read.",
        ["Ren Ild", "Ren Ild"],
    ),
    (
        "a first name beside a description",
        "Clara Venn spoke first. A pensioner in the queue, Petro, 71, did not agree. “It is shut,” "
        "he said. His friend Gohar said it was not.",
        ["Petro", "Gohar"],
    ),
    (
        "a name in other words",
        "A pilot who goes by the name of Sparrow said it was shut. “It is,” the pilot said.",
        ["Sparrow", "Sparrow"],
    ),
    (
        "a hyphen inside a description",
        "A deputy of a far-left party, Tomas Ild, said it was shut.",
        ["Tomas Ild"],
    ),
    (
        "who urges is who says",
        "A diplomat said Lorn “was holding up a deal” and urged partners to wait.",
        ["diplomat", "diplomat"],
    ),
    (
        "a surname in -ova may be a man's",
        "Ildar Cordova, the mayor, came with Clara Venn, a pilot. “It is shut,” he said.",
        ["Ildar Cordova"],
    ),
    (
        "a surname in -ova is rather a woman's",
        "Ild Petrova, the mayor, came with Omar Venn, a pilot. “It is shut,” she said.",
        ["Ild Petrova"],
    ),
    (
        "who answers is not who spoke, whatever the first names tell",
        "Odu Arche and Bara Weke met the press. “It is shut,” Weke said. “It is not,” she replied.",
        ["Bara Weke", "Odu Arche"],
    ),
    (
        "an agency that cites somebody",
        "The ferry will stop, Portnews reported, citing the mayor, Clara Venn.",
        ["Clara Venn"],
    ),
    (
        "an agency that quotes somebody",
        "The ferry will stop, Portnews quoted Clara Venn as saying.",
        ["Clara Venn"],
    ),
    ("a myth says nothing", "A third myth says that the ferry will stop.", []),
    (
        "Al before a surname is no first name",
        "Mayor Omar al-Hadi came late. Al Hadi said it was shut.",
        ["Omar al-Hadi"],
    ),
    (
        "al- before a surname",
        "Mayor Amina al-Sayed came late. Al-Sayed said it was shut. “It is,” al-Sayed said.",
        ["Amina al-Sayed", "Amina al-Sayed"],
    ),
]
CASES = TWO_OF_ONE_SURNAME + OFFICES + BODIES + PRONOUNS + OTHERS


@pytest.mark.parametrize(
    ("text", "speakers"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_speakers(text, speakers):
    assert speakers_of(text) == speakers
