"""The page a person reads: what is in it, and how it behaves in a real browser."""

import re
import tomllib

import pytest
from browser import BROWSER, WITHOUT, open_browser
from test_cli import cli

from stance.records import STANCES, Article, Quote
from stance.report import render, write_report

FIRST = Article(
    "first",
    "Mara Lindqvist spoke <script>alert(1)</script> on Monday. “We are ready to resume the talks,” she said. “Nobody here wants them,” said Tomas Reyk & co.",
    title="Talks <b>again</b>",
    date="2025-03-01",
)
SECOND = Article("second", "Mara Lindqvist rejected the offer. “There is nothing to discuss any more,” she said.", date="2025-04-02")


def quote(article, number, words, speaker, cue="said"):
    start = article.text.index(words)
    return Quote(f"{article.id}#{number}", article.id, words, ((start, start + len(words)),), "direct", cue=cue, speaker=speaker)


@pytest.fixture
def readings(model):
    first = [quote(FIRST, 1, "We are ready to resume the talks", "Mara Lindqvist"), quote(FIRST, 2, "Nobody here wants them", "Tomas Reyk")]
    second = [quote(SECOND, 1, "rejected the offer", "Mara Lindqvist", "rejected"), quote(SECOND, 2, "There is nothing to discuss any more", "Mara Lindqvist")]
    return [(article, model.read_quotes(article, quotes)) for article, quotes in ((FIRST, first), (SECOND, second))]


CARD = {"name": "vote", "version": "test", "scores": {}, "data": {"n_quotes": 1, "n_reports": 1, "fingerprint": "0" * 64, "counts": {}}, "versions": {}}


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
    from stance.report import COLORS

    entries = tomllib.loads((root / "labels" / "codebook.toml").read_text(encoding="utf-8"))["stances"]
    assert {one["name"]: one["color"] for one in entries} == {stance: COLORS[stance][0] for stance in STANCES}


def test_the_verb_writes_a_page_or_says_what_is_missing(tmp_path, model_folder):
    (tmp_path / "a.txt").write_text(SECOND.text, encoding="utf-8")
    done = cli("report", str(tmp_path / "a.txt"), "--out", str(tmp_path / "page.html"), "--model", str(model_folder))
    assert done.returncode == 0, done.stderr
    assert "Mara Lindqvist" in (tmp_path / "page.html").read_text(encoding="utf-8")
    done = cli("report", str(tmp_path / "nothing"), "--out", str(tmp_path / "page.html"), "--model", str(model_folder))
    assert done.returncode == 1
    assert "nothing" in done.stderr
    assert "Traceback" not in done.stderr


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

        speakers = lambda: [row.text.split("\n")[0] for row in browser.find_elements(By.CSS_SELECTOR, "#speaker-table tbody tr th")]  # noqa: E731
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


@pytest.mark.skipif(BROWSER is None, reason=WITHOUT)
def test_the_page_fits_a_phone(readings, tmp_path):
    write_report(readings, CARD, tmp_path / "page.html")
    with open_browser(tmp_path / "profile", "500,900") as browser:
        browser.get((tmp_path / "page.html").as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
