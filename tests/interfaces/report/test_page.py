"""The page a person reads: what is in it, and how it behaves in a real browser."""

import base64
import contextlib
import dataclasses
import datetime
import itertools
import re
import tomllib

import pytest
from browser import BROWSER, WITHOUT, open_browser
from shell import cli

from stance.core.types import COARSE, STANCES, VALUES, Article, Prediction, Quote
from stance.interfaces.report.marked_text import signed
from stance.interfaces.report.page import render, write_report
from stance.interfaces.report.timeline import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Scale
from stance.models.attributed_stances.model import Attributed
from stance.models.speaker_pooling import Prior
from stance.prediction.reading import Reading, SpeakerStance, speaker_stance

FIRST = Article(
    "first",
    "Mara Lindqvist spoke <script>alert(1)</script> on Monday. “We are ready to resume the "
    "talks,” she said. “Nobody here wants them,” said Tomas Reyk & co.",
    title="Talks <b>again</b>",
    date="2025-03-01",
)
SECOND = Article(
    "second",
    "Mara Lindqvist rejected the offer. “There is nothing to discuss any more,” she said.",
    date="2025-04-02",
)


def quote(article, number, words, speaker, cue="said"):
    start = article.text.index(words)
    return Quote(
        f"{article.id}#{number}",
        article.id,
        words,
        ((start, start + len(words)),),
        "direct",
        cue=cue,
        speaker=speaker,
        speaker_id=speaker.lower().replace(" ", "-"),
    )


@pytest.fixture
def readings(model):
    first = [
        quote(FIRST, 1, "We are ready to resume the talks", "Mara Lindqvist"),
        quote(FIRST, 2, "Nobody here wants them", "Tomas Reyk"),
    ]
    second = [
        quote(SECOND, 1, "rejected the offer", "Mara Lindqvist", "rejected"),
        quote(SECOND, 2, "There is nothing to discuss any more", "Mara Lindqvist"),
    ]
    return [
        (article, model.read_quotes(article, quotes))
        for article, quotes in ((FIRST, first), (SECOND, second))
    ]


def ascribing(readings, held):
    """The readings with one stance ascribed to somebody else, by the quote first#2."""
    found = []
    for article, reading in readings:
        speakers = [
            dataclasses.replace(
                speaker,
                quotes=tuple(
                    (
                        one,
                        dataclasses.replace(
                            said, attributed=(held,) if one.id == "first#2" else ()
                        ),
                    )
                    for one, said in speaker.quotes
                ),
            )
            for speaker in reading.speakers
        ]
        found.append((article, dataclasses.replace(reading, speakers=tuple(speakers))))
    return found


CARD = {
    "name": "vote",
    "version": "test",
    "scores": {},
    "data": {"n_quotes": 1, "n_reports": 1, "fingerprint": "0" * 64, "counts": {}},
    "versions": {},
}


def test_an_article_with_script_tags_is_text(readings):
    page = render(readings, CARD)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>again" not in page


def test_the_page_fetches_nothing(readings):
    page = render(readings, CARD)
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page)
    assert "@import" not in page
    assert "url(http" not in page


def test_the_colours_are_those_of_the_codebook(root):
    from stance.interfaces.report.timeline import COLORS

    entries = tomllib.loads((root / "labels" / "codebook.toml").read_text(encoding="utf-8"))[
        "stances"
    ]
    assert {one["name"]: one["color"] for one in entries} == {
        stance: COLORS[stance][0] for stance in STANCES
    }


def test_abstentions_are_shown_as_such_and_count_in_no_mean(model):
    quotes = [
        quote(FIRST, 1, "We are ready to resume the talks", "Mara Lindqvist"),
        quote(FIRST, 2, "Nobody here wants them", "Mara Lindqvist"),
    ]
    found = list(model.predict_many([one.text for one in quotes]))
    reason = (
        "unsure: support is likeliest with 0.40, below 0.5; of cross-validated answers from 0.5 "
        "on 12% were wrong"
    )
    found[1] = dataclasses.replace(
        found[1], stance=None, coarse=None, abstained=True, reason=reason
    )
    pairs = list(zip(quotes, found, strict=True))
    page = render(
        [(FIRST, Reading("first", (speaker_stance("Mara Lindqvist", pairs),), model.label))], CARD
    )
    assert "the model abstained from 1." in page
    assert '<mark class="abstained"' in page
    assert "<small>unsure: support is likeliest with 0.40, below 0.5</small>" in page
    assert "2 quotes</a> <small>1 abstained</small>" in page
    only = render(
        [(FIRST, Reading("first", (speaker_stance("Mara Lindqvist", pairs[1:]),), model.label))],
        CARD,
    )
    assert "<small>no score</small>" in only
    assert 'class="axis"></td>' in only


def test_a_speakers_figures_are_those_of_the_reading_whatever_prior_the_card_brings(model):
    prior = {"alpha": [5.0, 0.1, 0.1, 0.1, 0.1], "base": [0.2] * 5, "trust": 0.5}
    quotes = [
        quote(FIRST, 1, "We are ready to resume the talks", "Mara Lindqvist"),
        quote(FIRST, 2, "Nobody here wants them", "Mara Lindqvist"),
    ]
    pairs = list(zip(quotes, model.predict_many([one.text for one in quotes]), strict=True))
    found = speaker_stance("Mara Lindqvist", pairs, Prior.of_card({"speakers": prior}))
    assert found.score != speaker_stance("Mara Lindqvist", pairs).score
    page = render([(FIRST, Reading("first", (found,), model.label))], {**CARD, "speakers": prior})
    assert (
        f'<td class="num">{signed(found.score)} '
        f"<small>{signed(found.low)} to {signed(found.high)}</small>" in page
    )


def test_who_says_that_whom_takes_a_stance_stands_in_a_table_of_its_own(readings):
    assert 'id="attributed"' not in render(readings, CARD)
    page = render(
        ascribing(readings, Attributed("the <i>Kremlin</i>", "oppose", 0.83, "them", (0, 6))), CARD
    )
    assert '<a href="#attributed">Attributed stances</a>' in page
    (row,) = re.findall(r'<tr class="held oppose"><th scope="row">.*the &lt;i&gt;Kremlin.*', page)
    assert "Tomas Reyk" in row
    assert "83%" in row
    assert 'href="#q0-1">Nobody here wants them' in row


def test_the_foot_names_model_version_data_and_scores(readings):
    scores = {
        "cv": {
            "macro_f1": 0.731,
            "interval": [0.71, 0.75],
            "coarse_macro_f1": 0.8,
            "n_quotes": 6273,
            "n_articles": 468,
        }
    }
    card = {**CARD, "scores": scores, "versions": {"numpy": "2.4"}}
    foot = render(readings, card).split("<footer")[1]
    for words in (
        "<b>vote</b>, version <b>test</b>",
        "Trained on 1 quotes of 1 reports",
        "0" * 16,
        "0.73 <small>0.71 to 0.75",
        "6273",
        "numpy 2.4",
    ):
        assert words in foot
    assert "training reports, cross-validated by report" in foot


def test_the_verb_writes_a_page_or_says_what_is_missing(tmp_path, model_folder):
    (tmp_path / "a.txt").write_text(SECOND.text, encoding="utf-8")
    done = cli(
        "report",
        str(tmp_path / "a.txt"),
        "--out",
        str(tmp_path / "page.html"),
        "--model",
        str(model_folder),
    )
    assert done.returncode == 0, done.stderr
    assert "Mara Lindqvist" in (tmp_path / "page.html").read_text(encoding="utf-8")
    done = cli(
        "report",
        str(tmp_path / "nothing"),
        "--out",
        str(tmp_path / "page.html"),
        "--model",
        str(model_folder),
    )
    assert done.returncode == 1
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


def said_by(model, article, name, speaker_id=None):
    start = article.text.index("to")
    told = Quote(
        f"{article.id}#1",
        article.id,
        "to",
        ((start, start + 2),),
        "direct",
        speaker=name,
        speaker_id=speaker_id,
    )
    return article, model.read_quotes(article, [told])


def test_spellings_with_one_id_are_one_row_and_descriptions_stay_in_their_article(model):
    names = [("Zelensky", "zelensky"), ("Zelenskyy", "zelensky")]
    page = render(
        [
            said_by(model, article, *name)
            for article, name in zip((FIRST, SECOND), names, strict=True)
        ],
        CARD,
    )
    assert re.findall(r'<th scope="row">([^<]*)', page) == ["Zelenskyy"]
    page = render([said_by(model, one, "a senior official") for one in (FIRST, SECOND)], CARD)
    assert re.findall(r'<th scope="row">([^<]*)', page) == ["a senior official"] * 2


def test_the_page_calls_a_speaker_unclear_whose_stances_are_nearly_as_likely(model, monkeypatch):
    monkeypatch.setattr("stance.models.speaker_pooling.UNCLEAR_MARGIN", 2.0)
    page = render([said_by(model, FIRST, "Mara Lindqvist", "mara-lindqvist")], CARD)
    assert re.search(
        r'<tr id="s0" class="unclear">.*<b class="l">unclear</b> <small>\w+ \d+%', page
    )


def test_a_timeline_is_drawn_where_its_scores_and_days_lie(readings):
    chart, narrow = re.findall(r"<svg.*?</svg>", render(readings, CARD), re.DOTALL)
    assert narrow.count("<a href=") == 2
    assert chart.count("<a href=") == 2
    assert "<title>2025-03-01: " in chart
    assert ">1 Mar</text>" in chart
    assert ">2 Apr</text>" in chart
    scale = Scale(datetime.date(2025, 3, 1), datetime.date(2025, 4, 2))
    assert LEFT < scale.x(scale.first) < scale.x(scale.last) < WIDTH - RIGHT
    assert TOP < scale.y(1) < scale.y(0) < scale.y(-1) < HEIGHT - BOTTOM
    lone = Scale(scale.first, scale.first)
    assert lone.ticks() == [(lone.x(scale.first), "1 Mar")]


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_the_page_sorts_filters_and_links_without_a_word_on_the_console(readings, tmp_path):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions as expected
    from selenium.webdriver.support.ui import WebDriverWait

    write_report(readings, CARD, tmp_path / "page.html")
    with open_browser(tmp_path / "profile") as browser:
        browser.get((tmp_path / "page.html").as_uri())
        wait = WebDriverWait(browser, 10)
        count = (By.ID, "count")
        wait.until(expected.text_to_be_present_in_element(count, "4 of 4 quotes"))
        words = browser.find_element(By.CSS_SELECTOR, "#filter input[name=words]")
        words.send_keys("discuss")
        wait.until(expected.text_to_be_present_in_element(count, "1 of 4 quotes"))
        (row,) = browser.find_elements(By.CSS_SELECTOR, "#quote-table tbody tr")
        assert "nothing to discuss" in row.text

        speakers = lambda: [  # noqa: E731
            row.text.split("\n")[0]
            for row in browser.find_elements(By.CSS_SELECTOR, "#speaker-table tbody tr th")
        ]
        before = speakers()
        header = browser.find_element(By.CSS_SELECTOR, "#speaker-table thead button")
        header.click()
        first = speakers()
        header.click()
        assert sorted(before) == sorted(first) == ["Mara Lindqvist", "Tomas Reyk"]
        assert speakers() == first[::-1]
        assert browser.find_elements(By.CSS_SELECTOR, "#speaker-table th[aria-sort]")

        for link in browser.find_elements(By.CSS_SELECTOR, "a[href^='#']"):
            target = link.get_dom_attribute("href").removeprefix("#")
            assert browser.find_elements(By.ID, target), target
        assert not browser.get_log("browser")


@contextlib.contextmanager
def opened(page, tmp_path, size="1300,900"):
    with open_browser(tmp_path / "profile", size) as browser:
        browser.get(page.as_uri())
        yield browser
        assert not browser.get_log("browser")


@pytest.fixture
def page(readings, tmp_path):
    write_report(
        ascribing(readings, Attributed("Kyiv", "support", 0.7, "Kyiv", (0, 4))),
        CARD,
        tmp_path / "page.html",
    )
    return tmp_path / "page.html"


def ax_nodes(browser, *roles):
    """Role and name of what assistive programs are told."""
    browser.execute_cdp_cmd("Accessibility.enable", {})
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [
        (one.get("role", {}).get("value"), one.get("name", {}).get("value", ""))
        for one in nodes
        if not one.get("ignored")
    ]
    return [(role, name) for role, name in told if role in roles]


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_assistive_programs_are_told_parts_tables_and_links_by_name(page, tmp_path):
    with opened(page, tmp_path) as browser:
        landmarks = {
            role for role, _ in ax_nodes(browser, "main", "banner", "contentinfo", "navigation")
        }
        tables = [name for _, name in ax_nodes(browser, "table")]
        named = ax_nodes(browser, "link", "button", "searchbox", "combobox", "region", "navigation")
        headings = [name for _, name in ax_nodes(browser, "heading")]
        rows = [name for _, name in ax_nodes(browser, "rowheader")]
    assert landmarks == {"main", "banner", "contentinfo", "navigation"}
    assert [name[:12] for name in tables] == ["What each sp", "Who says of ", "Each quote l"]
    assert [one for one in named if not one[1].strip()] == []
    # A mark of the timeline is a link that says what it shows.
    assert any(
        re.match(r"2025-03-01: \w+ [+−]?\d\.\d\d, 1 quote", name)
        for role, name in named
        if role == "link"
    )
    assert {
        "Speakers",
        "Attributed stances",
        "Timeline",
        "Quotes",
        "Articles",
        "About these figures",
    } <= set(headings)
    assert "Mara Lindqvist" in rows


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_keys_alone_reach_sort_and_filter_the_tables(page, tmp_path):
    from selenium.webdriver.common.keys import Keys

    with opened(page, tmp_path) as browser:
        focus = lambda: browser.switch_to.active_element  # noqa: E731
        press = lambda *keys: focus().send_keys(*keys)  # noqa: E731
        press(Keys.TAB)
        assert focus().text == "Skip to the figures"
        seen = []
        for _ in range(60):
            press(Keys.TAB)
            outline = browser.execute_script(
                "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, "
                "parseFloat(s.outlineWidth)]"
            )
            assert outline[0] == "solid", focus().get_attribute("outerHTML")
            assert outline[1] >= 2
            seen.append(focus().text)
            if seen[-1] == "Score":
                break
        assert seen[-3:] == ["Speaker", "Likeliest stance", "Score"]
        head = focus().find_element("xpath", "..")
        states = [head.get_dom_attribute("aria-sort")]
        for _ in range(2):
            press(Keys.ENTER)
            states.append(head.get_dom_attribute("aria-sort"))
        assert states == ["none", "descending", "ascending"]
        # A figure leads to its quotes: the number of quotes of a speaker filters the table below
        # and takes the focus there.
        link = browser.find_element("css selector", "#speaker-table td.num a")
        link.send_keys(Keys.ENTER)
        assert focus().get_dom_attribute("id") == "quotes"
        assert (
            browser.find_element("id", "chip").get_dom_attribute("aria-label").startswith("Only ")
        )
        browser.find_element("id", "chip").send_keys(Keys.ENTER)
        assert browser.find_element("id", "count").text == "4 of 4 quotes"
        # A quote leads to its place in the article, also where that is folded away.
        browser.find_element("css selector", "#quote-table td a").send_keys(Keys.ENTER)
        assert browser.execute_script(
            "const m = document.querySelector('mark:target'); return m !== null && "
            "m.getClientRects().length > 0"
        )


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_dark_paper_print_and_hover(page, tmp_path):
    with opened(page, tmp_path) as browser:
        paper = lambda: browser.execute_script(  # noqa: E731
            "return getComputedStyle(document.body).backgroundColor"
        )
        media = lambda scheme, kind="screen": browser.execute_cdp_cmd(  # noqa: E731
            "Emulation.setEmulatedMedia",
            {"media": kind, "features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        media("light")
        light = paper()
        media("dark")
        assert paper() != light
        media("dark", "print")
        assert paper() == "rgb(255, 255, 255)"
        assert not browser.find_element("css selector", "nav").is_displayed()
        assert browser.find_element("css selector", "mark .l").is_displayed()
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": 720, "height": 1000, "deviceScaleFactor": 1, "mobile": False},
        )
        assert browser.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth"
        )
        pdf = base64.b64decode(
            browser.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.7})[
                "data"
            ]
        )
        assert pdf.startswith(b"%PDF")
        media("light")
        mark = browser.find_element("css selector", "mark[id]")
        browser.execute_script(
            "arguments[0].dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))", mark
        )
        assert re.match(r"Mara Lindqvist: \w+, [+−]?\d\.\d\d", mark.get_dom_attribute("title"))


def five_hundred(root):
    """Readings of 500 articles made from the labelled reports.

    Their labels stand in for predictions.
    """
    from stance.labels.consensus import read_labels

    reports, labels = read_labels(root / "labels", own=False)
    model = {"name": "labels", "version": "test"}
    for number, (article, quotes) in enumerate(itertools.islice(itertools.cycle(reports), 500)):
        article = dataclasses.replace(
            article,
            id=f"{article.id}-{number}",
            date=f"2025-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}",
        )
        by_speaker = {}
        for one in quotes:
            stance = labels[one.id].stance
            shares = {name: 0.6 if name == stance else 0.1 for name in STANCES}
            score = sum(VALUES[name] * share for name, share in shares.items())
            by_speaker.setdefault(one.speaker, []).append(
                (one, Prediction(one.id, stance, shares, score, COARSE[stance], False, None, model))
            )
        # The page gathers speakers over all articles itself; of a reading it takes the quotes.
        even = dict.fromkeys(STANCES, 0.2)
        yield (
            article,
            Reading(
                article.id,
                tuple(
                    SpeakerStance(name, None, None, even, 0, -1, 1, tuple(pairs))
                    for name, pairs in by_speaker.items()
                ),
                model,
            ),
        )


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_five_hundred_articles_are_one_page_under_five_megabytes_that_opens_and_sorts(
    root, tmp_path
):
    from selenium.webdriver.common.keys import Keys

    assert write_report(five_hundred(root), CARD, tmp_path / "page.html") < 5_000_000
    with opened(tmp_path / "page.html", tmp_path) as browser:
        count = browser.find_element("id", "count").text
        n_quotes = int(count.split()[0])
        assert count == f"{n_quotes} of {n_quotes} quotes"
        assert n_quotes > 5000
        first = lambda: browser.find_element(  # noqa: E731
            "css selector", "#quote-table tbody tr"
        ).get_dom_attribute("class")
        by_score = browser.find_element("css selector", "#quote-table thead th:nth-child(3) button")
        ends = []
        for _ in range(2):
            by_score.send_keys(Keys.ENTER)
            ends.append(first())
        assert ends == ["support", "oppose"]
        shown = (  # noqa: E731
            lambda: sum(
                row.is_displayed()
                for row in browser.find_elements("css selector", "#speaker-table tbody tr")[:40]
            )
        )
        assert shown() == 25
        browser.find_element("css selector", "#find-speaker").send_keys("xyzzy")
        assert shown() == 0


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_the_page_fits_a_phone(readings, tmp_path):
    write_report(readings, CARD, tmp_path / "page.html")
    with open_browser(tmp_path / "profile", "500,900") as browser:
        browser.get((tmp_path / "page.html").as_uri())
        assert browser.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth"
        )
        # The timeline is drawn for this width, so nothing of it is cut or scrolls.
        (shown,) = [
            each
            for each in browser.find_elements("css selector", ".chart svg")
            if each.is_displayed()
        ]
        assert shown.get_dom_attribute("class") == "narrow"
        assert shown.rect["x"] + shown.rect["width"] <= 500
