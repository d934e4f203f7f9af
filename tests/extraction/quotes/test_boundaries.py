"""Where one report ends and another begins. All sentences are invented."""

import pytest

from stance.core.types import Article
from stance.extraction.pipeline import extract
from stance.extraction.text.parser import default_nlp


def quotes_of(text):
    return [(q.text, q.speaker) for q in next(extract([Article("a", text)], nlp=default_nlp()))]


@pytest.mark.parametrize(
    "text",
    [
        "Tomas Ild said the bridge was safe, and Clara Venn said the ferry was late.",
        "Tomas Ild said the bridge was safe but Clara Venn said the ferry was late.",
        "Tomas Ild said the bridge was safe, whereas Clara Venn said the ferry was late.",
        "Tomas Ild said the bridge was safe, while Clara Venn, the mayor, said the ferry was late.",
    ],
)
def test_two_speakers_in_one_sentence_are_two_quotes(text):
    assert quotes_of(text) == [
        ("the bridge was safe", "Tomas Ild"),
        ("the ferry was late", "Clara Venn"),
    ]


def test_what_went_on_meanwhile_is_told_by_the_narrator():
    text = "The army said the town had fallen, as residents fled to the hills."
    assert quotes_of(text) == [("the town had fallen", "army")]


def test_what_the_narrator_calls_a_claim_is_no_part_of_it():
    text = "The army said the road was open, a claim the mayor, Clara Venn, denied."
    assert quotes_of(text)[0] == ("the road was open", "army")


@pytest.mark.parametrize(
    "text",
    [
        "The ferry will stop in May, as Clara Venn put it.",
        "As Clara Venn put it, the ferry will stop in May.",
        "The ferry will stop in May, per Clara Venn, the mayor.",
        "The ferry will stop in May, says Clara Venn.",
    ],
)
def test_rarer_ways_to_name_who_said_it(text):
    ((words, speaker),) = quotes_of(text)
    assert (words.lower(), speaker) == ("the ferry will stop in may", "Clara Venn")


def test_a_short_answer_before_says_is_a_quote():
    assert ("Not so", "Tomas Ild") in quotes_of("The ferry will stop. Not so, says Tomas Ild.")


@pytest.mark.parametrize(
    "tail",
    [
        ", despite reports of heavy losses",
        ", even as shells fell on the pier",
        ", before leaving for the harbour",
        ", amid protests in Lorn",
        ", though she did not say when",
    ],
)
def test_what_the_narrator_adds_is_no_part_of_what_is_said(tail):
    text = f"Clara Venn said the ferry would sail{tail}."
    assert quotes_of(text) == [("the ferry would sail", "Clara Venn")]


def test_what_breaks_up_indirect_speech_is_no_part_of_it():
    text = "Clara Venn said she would, if asked, come to Lorn, but, she added, not alone."
    assert quotes_of(text) == [("she would, if asked, come to Lorn, but not alone", "Clara Venn")]


def test_what_the_speaker_does_between_two_halves_is_no_part_of_them():
    text = "“We came,” Clara Venn said, “with a draft,” then paused. “They came with a clock.”"
    ((words, speaker),) = quotes_of(text)
    assert speaker == "Clara Venn"
    assert words.endswith("They came with a clock.")


@pytest.mark.parametrize(
    "text",
    [
        "Clara Venn spoke to the Lorn Post on Monday about the ferry.",
        "The silence suggests that the ferry is late. History tells us that it often is.",
    ],
)
def test_nothing_is_said(text):
    assert quotes_of(text) == []


def test_a_thing_urges_nobody():
    text = "Clara Venn said it was late and urged the crew to wait."
    assert quotes_of(text)[0] == ("it was late", "Clara Venn")


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        (
            "In a post on Monday, Clara Venn said Lorn proposed a ferry, and Ild agreed.",
            [("Lorn proposed a ferry", "Clara Venn")],
        ),
        (
            "Clara Venn said the ferry would stay in port, according to the Lorn Post.",
            [("the ferry would stay in port", "Clara Venn")],
        ),
    ],
)
def test_who_is_told_to_have_said_it_speaks(text, quotes):
    assert quotes_of(text)[:1] == quotes
