import dataclasses
import re

from stance.core.types import STANCES, Article, Prediction, Quote
from stance.interfaces.report.page import render, title_of
from stance.interfaces.report.speaker_rows import date_of
from stance.interfaces.report.timeline import NARROW, WIDTH
from stance.models.attributed_stances.model import Attributed
from stance.prediction.reading import Reading, gather_speakers

MODEL = {"name": "tiny", "version": "1"}
WORDS = "We are ready to talk"


def reading(number, speakers, sure=0.9, held=()):
    """An article in which each of the speakers, by name and id, says the same once."""
    text = " ".join(f"“{WORDS},” said {name}." for name, _ in speakers)
    article = Article(f"2025-03-0{number}-a", text)
    pairs, at = [], 0
    for k, (name, speaker_id) in enumerate(speakers):
        at = text.index(WORDS, at + 1)
        spans = ((at, at + len(WORDS)),)
        told = dict.fromkeys(STANCES, (1 - sure) / 4) | {"support": sure}
        pairs.append(
            (
                Quote(
                    f"{article.id}#{k}",
                    article.id,
                    WORDS,
                    spans,
                    "direct",
                    speaker=name,
                    speaker_id=speaker_id,
                ),
                Prediction(str(k), "support", told, 0.8, "favor", False, None, MODEL),
            )
        )
    if held:
        pairs[0] = (pairs[0][0], dataclasses.replace(pairs[0][1], attributed=held))
    return article, Reading(article.id, gather_speakers(pairs), MODEL)


MAJOR = [(name, name.lower()) for name in ("Ana", "Ben", "Cem")]


def test_speakers_of_one_quote_and_unnamed_ones_are_folded_where_enough_others_are_left():
    lone = [("Dora", "dora"), ("a diplomat", None)]
    page = render([reading(1, MAJOR + lone), reading(2, MAJOR)], MODEL)
    folded = re.findall(r'class="\w+ minor"><th scope="row">([^<]*)', page)
    assert folded == ["Dora", "a diplomat"]
    page = render([reading(1, MAJOR[:2] + lone), reading(2, MAJOR[:2])], MODEL)
    assert "minor" not in re.findall(r'<tr id="s\d+" class="([^"]*)"', page)


def test_a_stance_below_sixty_percent_is_pale():
    assert '<b class="l pale">support</b>' in render([reading(1, MAJOR, sure=0.55)], MODEL)
    assert '<b class="l pale">' not in render([reading(1, MAJOR, sure=0.97)], MODEL)


def test_attributed_stances_are_listed_from_thirty_percent_on():
    held = tuple(
        Attributed(name, "oppose", probability, name, (0, 3))
        for name, probability in (("Kyiv", 0.31), ("Moscow", 0.29))
    )
    page = render([reading(1, MAJOR, held=held)], MODEL)
    assert "Kyiv" in page
    assert "Moscow" not in page


def test_every_timeline_is_drawn_for_a_wide_screen_and_for_a_phone():
    page = render([reading(1, MAJOR), reading(2, MAJOR)], MODEL)
    widths = re.findall(r'<svg class="(\w+)" viewBox="0 0 (\d+)', page)
    assert widths == [("full", str(WIDTH)), ("narrow", str(NARROW))] * 3


def test_an_article_is_known_by_its_title_and_its_day():
    text = "World\n\nEnvoys to meet again in Lask\n\nThe envoys of both sides will meet."
    assert title_of(Article("file-name", text)) == "Envoys to meet again in Lask"
    assert title_of(Article("file-name", text, title="Given")) == "Given"
    assert title_of(Article("file-name", "One sentence only.")) == "file-name"
    assert str(date_of(Article("a", "", date="13 May 2025"))) == "2025-05-13"
    assert str(date_of(Article("paper-2025-05-13", "", date="some day"))) == "2025-05-13"
