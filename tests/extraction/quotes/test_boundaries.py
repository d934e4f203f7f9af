"""Where one report ends and another begins. All sentences are invented."""

import pytest
from extracted import said_by


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
    assert said_by(text) == [
        ("the bridge was safe", "Tomas Ild"),
        ("the ferry was late", "Clara Venn"),
    ]


def test_what_went_on_meanwhile_is_told_by_the_narrator():
    text = "The army said the town had fallen, as residents fled to the hills."
    assert said_by(text) == [("the town had fallen", "army")]


def test_what_the_narrator_calls_a_claim_is_no_part_of_it():
    text = "The guild said the lock had failed, a claim the mayor, Clara Venn, denied."
    assert said_by(text)[0] == ("the lock had failed", "guild")


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
    ((words, speaker),) = said_by(text)
    assert (words.lower(), speaker) == ("the ferry will stop in may", "Clara Venn")


def test_a_short_answer_before_says_is_a_quote():
    assert ("Not so", "Tomas Ild") in said_by("The ferry will stop. Not so, says Tomas Ild.")


@pytest.mark.parametrize(
    "tail",
    [
        ", despite reports of heavy losses",
        ", amid protests in Lorn",
        ", though she did not say when",
    ],
)
def test_what_the_narrator_adds_is_no_part_of_what_is_said(tail):
    text = f"Clara Venn said the ferry would sail{tail}."
    assert said_by(text) == [("the ferry would sail", "Clara Venn")]


def test_what_breaks_up_indirect_speech_is_no_part_of_it():
    text = "Clara Venn said she would, if asked, come to Lorn, but, she added, not alone."
    assert said_by(text) == [("she would, if asked, come to Lorn, but not alone", "Clara Venn")]


def test_what_the_speaker_does_between_two_halves_is_no_part_of_them():
    text = "“We came,” Clara Venn said, “with a draft,” then paused. “They came with a clock.”"
    ((words, speaker),) = said_by(text)
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
    assert said_by(text) == []


def test_a_thing_urges_nobody():
    text = "Clara Venn said it was late and urged the crew to wait."
    assert said_by(text)[0] == ("it was late", "Clara Venn")


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
    assert said_by(text)[:1] == quotes


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        (
            "Clara Venn said the ferries had left the harbour, and denied that a boat was missing.",
            ["the ferries had left the harbour", "denied that a boat was missing"],
        ),
        (
            "Clara Venn said the bridge would open in May and urged the crew to wait.",
            ["the bridge would open in May", "urged the crew to wait"],
        ),
        (
            "The ferry is late, Clara Venn said, and urged the passengers to wait.",
            ["The ferry is late", "urged the passengers to wait"],
        ),
        (
            "Clara Venn said the bridge was safe, dismissing warnings from the pilots as a rumour.",
            ["the bridge was safe", "dismissing warnings from the pilots as a rumour"],
        ),
        (
            "“The ferry is late,” Clara Venn said, adding that “it is often late in May.”",
            ["The ferry is late", "it is often late in May."],
        ),
    ],
)
def test_a_second_verb_of_the_speaker_is_a_quote_of_its_own(text, quotes):
    assert said_by(text) == [(quote, "Clara Venn") for quote in quotes]


@pytest.mark.parametrize(
    "said",
    [
        # Whom the content is about may well urge and dismiss.
        "the mayor came to the harbour and urged the crew to wait",
        "the mayor had walked out, dismissing the draft as a rumour",
        "the first meeting dealt with the boats and went on until midnight",
    ],
)
def test_what_another_does_stays_in_what_is_said(said):
    assert said_by(f"Clara Venn said {said}.") == [(said, "Clara Venn")]


@pytest.mark.parametrize(
    ("text", "quote", "speaker"),
    [
        (
            "Lorn said August 3, 2021, its boats had left the harbour.",
            "its boats had left the harbour",
            "Lorn",
        ),
        (
            "The ferry will sail in May, Clara Venn said in an interview, LornPress has learned.",
            "The ferry will sail in May",
            "Clara Venn",
        ),
        (
            "Clara Venn said the ferry had sailed, something confirmed by the harbour office.",
            "the ferry had sailed",
            "Clara Venn",
        ),
        (
            "Clara Venn told reporters sailing with Ild to the island that the ferry was late.",
            "the ferry was late",
            "Clara Venn",
        ),
        (
            "The pilots have made it clear to the mayor that the ferry is too old.",
            "the ferry is too old",
            "pilots",
        ),
        (
            "Clara Venn rejected the pier on the grounds that its ropes might break in winter.",
            "rejected the pier on the grounds that its ropes might break in winter",
            "Clara Venn",
        ),
        (
            "Clara Venn praised the role of the pilots in finding a berth for the ferry.",
            "praised the role of the pilots in finding a berth for the ferry",
            "Clara Venn",
        ),
        (
            "The column opens by quoting the pilots as saying that the ropes will break.",
            "the ropes will break",
            "pilots",
        ),
    ],
)
def test_a_content_ends_where_the_narrator_goes_on(text, quote, speaker):
    assert said_by(text) == [(quote, speaker)]


def test_a_speaker_behind_said_is_no_content():
    text = "“Do I look like a pilot?” said one weary official from the old harbour. “No.”"
    ((words, speaker),) = said_by(text)
    assert words.startswith("Do I look like a pilot?")
    assert "official" not in words
    assert "official" in speaker


def test_who_responds_to_reports_has_not_said_what_they_say():
    text = "Clara Venn was responding to reports that Tomas Ild told the crew that he would leave."
    assert said_by(text) == [("he would leave", "Tomas Ild")]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "Clara Venn raised concerns that the ferry would be late.",
            "raised concerns that the ferry would be late",
        ),
        (
            "Clara Venn has stepped up her appeal for a new pier.",
            "stepped up her appeal for a new pier",
        ),
        (
            "Clara Venn has put forward a plan for the harbour.",
            "put forward a plan for the harbour",
        ),
        (
            "Clara Venn characterized the draft of the pilots as a useful first step.",
            "characterized the draft of the pilots as a useful first step",
        ),
        (
            "Clara Venn told the crew to wait in the harbour as she landed in Lorn.",
            "to wait in the harbour",
        ),
        # A view is no more than what somebody says.
        (
            "Clara Venn expressed the view that the ferry would be late.",
            "the ferry would be late",
        ),
    ],
)
def test_a_verb_that_voices_a_noun_belongs_to_the_quote(text, quote):
    assert said_by(text) == [(quote, "Clara Venn")]


@pytest.mark.parametrize(
    "text",
    [
        "Clara Venn put forward her own brother.",
        "The harbour office has raised the price of the ferry.",
        "Clara Venn stepped up to the pier.",
    ],
)
def test_what_voices_nothing_is_no_quote(text):
    assert said_by(text) == []


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        (
            "Clara Venn said the ropes were rotten and blamed the harbour office for it.",
            [
                ("the ropes were rotten", "Clara Venn"),
                ("blamed the harbour office for it", "Clara Venn"),
            ],
        ),
        (
            "Lorn said the ferry had sailed, claiming it was empty, as boats left the harbour.",
            [("the ferry had sailed", "Lorn"), ("it was empty", "Lorn")],
        ),
        (
            "The ferry will sail, pilots said, and harbour officials continue to believe that "
            "its pier is safe.",
            [("The ferry will sail", "pilots"), ("its pier is safe", "harbour officials")],
        ),
        (
            "The crew said it would sail and its captain, Clara Ild, warned the port that the pier "
            "was safe.",
            [("it would sail", "crew"), ("the pier was safe", "Clara Ild")],
        ),
        (
            "Clara Venn has suggested that the ferry may be late, but she has been vague about "
            "the date.",
            [("the ferry may be late", "Clara Venn")],
        ),
        (
            "Clara Venn told the Post on Monday she could not swim but the ropes were strong.",
            [("she could not swim but the ropes were strong", "Clara Venn")],
        ),
        (
            "The pier is closed, the harbour office said; it had been so in May.",
            [("The pier is closed", "harbour office")],
        ),
        (
            "Clara Venn, asked whether the pier was closed, answered that it was safe.",
            [("it was safe", "Clara Venn")],
        ),
        (
            "Clara Venn was quoted by the Lorn Post as saying that the pier was safe.",
            [("the pier was safe", "Clara Venn")],
        ),
        (
            "According to her the boats from Lorn have been sold.",
            [("the boats from Lorn have been sold", None)],
        ),
    ],
)
def test_each_report_of_a_sentence_has_its_own_words(text, quotes):
    assert said_by(text) == quotes


@pytest.mark.parametrize(
    "said",
    [
        # The rebels may well blame somebody themselves.
        "the rebels left the harbour and blamed the crew for it",
        "the ferry may be late, but she has a boat of her own",
    ],
)
def test_what_only_looks_like_another_report_stays(said):
    assert said_by(f"Clara Venn said {said}.") == [(said, "Clara Venn")]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        (
            "A good moment for ferries The pier will open in May, harbour officials said.",
            "The pier will open in May",
        ),
        (
            "Pilots wait for the ferry in the old harbour town on March 3, 2011 Lorn sees the "
            "crew as a force of its own, said its envoy.",
            "Lorn sees the crew as a force of its own",
        ),
        (
            'The pier and the boats of Lorn "The pier has gone through a lot. It will open in '
            'May," an official said.',
            "The pier has gone through a lot. It will open in May",
        ),
        # The name of a newspaper is no new sentence.
        (
            "A report in the newspaper The Lorn Post will be printed in May, an official said.",
            "A report in the newspaper The Lorn Post will be printed in May",
        ),
    ],
)
def test_a_heading_that_lost_its_line_is_no_part_of_the_quote(text, quote):
    assert [words for words, _ in said_by(text)] == [quote]


def test_a_gesture_between_dashes_is_no_part_of_the_quote():
    text = "“The pilots have a boat and we” — Clara Venn looked at the pier — “have a rope.”"
    assert said_by(text) == [("The pilots have a boat and we have a rope.", "Clara Venn")]


def test_a_few_quoted_words_before_a_dash_are_no_gesture():
    text = "The “ferry” — Clara Venn looked at the pier — was late."
    assert said_by(text) == []
