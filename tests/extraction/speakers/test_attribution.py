"""Whom a mention means. All sentences are invented."""

from typing import TYPE_CHECKING

import pytest

from stance.core.types import Article
from stance.extraction.pipeline import extract
from stance.extraction.speakers.names import clean_name
from stance.extraction.text.parser import load_nlp

if TYPE_CHECKING:
    from spacy.language import Language


@pytest.fixture(scope="module")
def nlp() -> "Language":
    return load_nlp()


def speakers_of(text: str, nlp: "Language") -> list[str | None]:
    return [quote.speaker for quote in next(extract([Article("a", text)], nlp=nlp))]


CASES = [
    ("full name", "Dora Venn said the bridge would open in May.", ["Dora Venn"]),
    (
        "title in front",
        "Interior Minister Dora Venn said the bridge would open in May.",
        ["Dora Venn"],
    ),
    (
        "surname alone",
        "Mayor Dora Venn arrived late. Venn said the bridge would open in May.",
        ["Dora Venn"],
    ),
    (
        "courtesy title",
        "Dora Venn arrived late. Ms Venn said the bridge would open in May.",
        ["Dora Venn"],
    ),
    (
        "she",
        'Dora Venn said the bridge was ready. "It will open in May," she added.',
        ["Dora Venn", "Dora Venn"],
    ),
    (
        "he is not the woman just named",
        "Dora Venn met Tomas Ild on Monday. Tomas Ild said the bridge was ready. Dora Venn said "
        "it was not. He added that it would open in May.",
        ["Tomas Ild", "Dora Venn", "Tomas Ild"],
    ),
    (
        "office",
        "Dora Venn, the mayor of Lorn, arrived late. The mayor said the bridge would open in May.",
        ["Dora Venn"],
    ),
    (
        "office, then apposition",
        "The head of the harbour office, Tomas Ild, said the bridge would open in May.",
        ["Tomas Ild"],
    ),
    (
        "unnamed source",
        "A senior harbour official said the bridge was ready. The official added that it would "
        "open in May.",
        ["senior harbour official", "senior harbour official"],
    ),
    (
        "institution",
        "The Harbour Ministry said the bridge would open in May.",
        ["Harbour Ministry"],
    ),
    ("who", "Dora Venn, who says the bridge is ready, left early.", ["Dora Venn"]),
    ("according to", "The bridge will open in May, according to Dora Venn.", ["Dora Venn"]),
    ("joined verb", "Dora Venn inspected the bridge and said it would open in May.", ["Dora Venn"]),
    (
        "author of a text",
        "A statement from the Harbour Ministry said the bridge would open in May.",
        ["Harbour Ministry"],
    ),
    (
        "a given name that is a word too",
        "Tomas Venn came late. But Per Ild, a ferryman, doubted that the bridge would open. "
        "“Venn's firm has been playing for time,” he said.",
        ["Per Ild", "Per Ild"],
    ),
    (
        "a given name behind an office",
        "Professor Per Ild said the bridge would open in May.",
        ["Per Ild"],
    ),
    (
        "a given name that opens the sentence",
        'Will Ild, who leads the union, said the bridge was ready. "It is done," he said.',
        ["Will Ild", "Will Ild"],
    ),
    (
        "will that is no name",
        "Will Russia open the bridge? Dora Venn said it would.",
        ["Dora Venn"],
    ),
    (
        "Mr is not the wife",
        "Mr. Ild, 54, said he would rather sell the bridge. His wife, Lotte Ild, agreed.",
        ["Mr. Ild"],
    ),
    (
        "Mr and Mrs of one surname",
        'Jonas Ild spoke first. His wife, Lotte Ild, wept. "I cannot stay," Mrs. Ild said. "I can '
        'stay here," Mr. Ild said.',
        ["Lotte Ild", "Jonas Ild"],
    ),
    (
        "no name of words inside marks",
        "Asked why he would stay, he said: “Because I can count.” Lotte Arn agreed.",
        [None],
    ),
    (
        "a name behind another word inside marks",
        '"Because Lotte Arn told us," Tomas Ild said. Arn said that was right.',
        ["Tomas Ild", "Lotte Arn"],
    ),
    (
        "office, then name, behind a rarer verb",
        'Jonas Berg met the union.\n\n"It is not that hard," tweeted its chair, Edda Moe.',
        ["Edda Moe"],
    ),
    (
        "office and name before the verb",
        "Jonas Berg met the union.\n\n“It is not that hard,” its chair Edda Moe said.",
        ["Edda Moe"],
    ),
]


@pytest.mark.parametrize(("why", "text", "names"), CASES, ids=[case[0] for case in CASES])
def test_a_mention_is_resolved_within_the_article(
    why: str, text: str, names: list[str | None], nlp: "Language"
) -> None:
    assert speakers_of(text, nlp) == names, why


def test_a_name_is_surer_than_a_pronoun(nlp: "Language") -> None:
    first, second = next(
        extract(
            [
                Article(
                    "a", 'Dora Venn said the bridge was ready. "It will open in May," she added.'
                )
            ],
            nlp=nlp,
        )
    )
    assert (first.speaker_confidence or 0) > (second.speaker_confidence or 0) > 0


def test_the_mention_and_its_place_are_kept(nlp: "Language") -> None:
    text = 'Dora Venn left. "It will open in May," she added.'
    (quote,) = next(extract([Article("a", text)], nlp=nlp))
    assert quote.speaker_mention == "she"
    assert quote.speaker_span is not None
    assert text[slice(*quote.speaker_span)] == "she"


def test_the_office_of_a_speaker_is_told(nlp: "Language") -> None:
    (quote,) = next(
        extract(
            [Article("a", "Dora Venn, the mayor of Lorn, said the bridge would open in May.")],
            nlp=nlp,
        )
    )
    assert quote.speaker_role == "mayor of Lorn"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Foreign Minister Dora Venn", "Dora Venn"),
        ("Mr. Ild", "Ild"),
        ("Secretary of State Tomas Ild", "Tomas Ild"),
        ("President", ""),
    ],
)
def test_titles_are_no_part_of_a_name(words: str, name: str) -> None:
    assert " ".join(clean_name(words.split())) == name
