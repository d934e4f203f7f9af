import re

from conftest import ROOT
from shell import cli

import stance
from stance.interfaces.report.from_rows import readings_of_rows
from stance.interfaces.report.page import render
from stance.models.speaker_pooling import DEFAULT
from stance.prediction.quote_table import columns_of
from stance.prediction.table_files import write_table

MODEL = ROOT / "tests" / "golden" / "model"
CARD = {"name": "tiny", "version": "1"}
TEXT = (
    "Envoys <b>meet</b> again\n\n“We are ready to sit down with them {k} times,” said Carla "
    "Whitcombe, the minister. “Talks are the only way out in year {k},” Whitcombe said."
)


def articles():
    days = ("2025-05-12", "14 May 2025", "05/06/2025")
    return [
        {"id": f"a{k}", "text": TEXT.format(k=k * 111), "title": f"Title {k}", "published": day}
        for k, day in enumerate(days, 1)
    ]


def rows():
    return list(stance.quotes(articles(), MODEL, copies=False))


def test_the_page_of_a_table_shows_its_quotes_titles_and_days():
    readings = list(readings_of_rows(iter(rows()), DEFAULT))
    assert [article.title for article, _ in readings] == ["Title 1", "Title 2", "Title 3"]
    for article, reading in readings:
        for speaker in reading.speakers:
            for quote, _ in speaker.quotes:
                assert article.cut(quote.spans) == quote.text
    page = render(readings, CARD, excerpts=True)
    assert "We are ready to sit down with them 111 times" in page
    assert "<svg" in page
    assert "The date “05/06/2025” could not be read" in page
    assert ">Place</th>" not in page


def test_what_must_not_count_twice_is_left_out():
    given = rows()
    given[0] |= {"optional": True}
    for row in given:
        if row["article"] == "a2":
            row["copy_of"] = "a1"
    readings = list(readings_of_rows(iter(given), DEFAULT))
    assert [article.id for article, _ in readings] == ["a1", "a3"]
    assert given[0]["text"] not in readings[0][0].text


def test_the_verb_takes_a_table_and_refuses_a_mixture(tmp_path):
    table = tmp_path / "quotes.csv"
    with table.open("wb") as out:
        write_table(rows(), columns_of(), out, "csv")
    page = tmp_path / "page.html"
    done = cli("report", table, "--model", MODEL, "--out", page)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{page}: 3 articles, ")
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"<h3>(.*?)</h3>", text) == ["Title 1", "Title 2", "Title 3"]
    # The timeline comes before the table of speakers.
    assert text.index('id="timeline"') < text.index('id="speakers"')
    done = cli("report", table, ROOT / "seeds" / "cbc-news-2025-05.txt", "--out", page)
    assert (done.returncode, "not both" in done.stderr) == (2, True)
    done = cli("report", table, "--abstain-at", "0.5", "--out", page)
    assert (done.returncode, "answered already" in done.stderr) == (2, True)
