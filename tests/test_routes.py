"""The same quotes get the same answers, whichever route they take through the program."""

import json
import re

import pytest
from conftest import ROOT
from shell import cli
from starlette.testclient import TestClient

from stance.core.formatting import ATTRIBUTED_FROM, shown_figures
from stance.extraction.text.articles import read_all
from stance.interfaces.http.app import ServedModel, build_app
from stance.interfaces.http.middleware import Limits, Metrics
from stance.models.speaker_pooling import Prior
from stance.prediction.model import load
from stance.prediction.reading import gather_speakers
from stance.prediction.rows import row_in_article, row_of

MODEL = ROOT / "tests" / "golden" / "model"
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))


def lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def by_quote(readings):
    """Quote id to prediction, of readings in their JSON form."""
    return {
        quote["id"]: quote["prediction"]
        for reading in readings
        for speaker in reading["speakers"]
        for quote in speaker["quotes"]
    }


@pytest.fixture(scope="module")
def read():
    return lines(cli("read", "--json", *SEEDS, "--model", MODEL).stdout)


@pytest.fixture(scope="module")
def extracted():
    return cli("extract", *SEEDS).stdout


def test_extract_and_predict_answer_as_read(read, extracted):
    done = cli("predict", "-", "--model", MODEL, stdin=extracted)
    predictions = {answer["id"]: answer for answer in lines(done.stdout)}
    optional = {quote["id"] for quote in lines(extracted) if quote.get("optional")}
    known = by_quote(read)
    assert predictions.keys() - optional == known.keys()
    for number, prediction in known.items():
        # Whom a quote speaks of is asked of read only: it has the whole article.
        prediction = {name: prediction[name] for name in prediction if name != "attributed"}
        assert predictions[number] == prediction


def test_http_answers_as_read(read):
    metrics = Metrics()
    app = build_app(ServedModel(str(MODEL), metrics), metrics, Limits())
    with TestClient(app, base_url="http://127.0.0.1") as client:
        answers = [
            client.post("/read", json={"text": article.text, "id": article.id}).json()
            for article in read_all(list(map(str, SEEDS)), print)
        ]
    # What a person labelled is shown beside the predictions, and only where the labels lie.
    for quote in (q for row in read for speaker in row["speakers"] for q in speaker["quotes"]):
        quote.pop("label", None)
    assert answers == read


def test_the_page_shows_the_answers_of_read(read, tmp_path):
    out = tmp_path / "page.html"
    cli("report", *SEEDS, "--out", out, "--model", MODEL)
    page = out.read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    rows = sorted((quote[0], quote[5][0], quote[3], quote[4]) for quote in data["quotes"])
    expected = sorted(
        (
            number,
            quote["spans"][0][0],
            data["labels"].index(quote["prediction"]["stance"]),
            quote["prediction"]["score"],
        )
        for number, reading in enumerate(read)
        for speaker in reading["speakers"]
        for quote in speaker["quotes"]
    )
    assert [row[:3] for row in rows] == [row[:3] for row in expected]
    assert [row[3] for row in rows] == pytest.approx([row[3] for row in expected], abs=6e-4)
    held = sum(
        one["probability"] >= ATTRIBUTED_FROM
        for answer in by_quote(read).values()
        for one in answer["attributed"]
    )
    assert page.count('class="held ') == held > 0


def test_the_row_of_a_quote_has_all_that_its_reading_is_given(read, extracted):
    (article, *_) = read_all(list(map(str, SEEDS)), print)
    model = load(MODEL)
    reading = model.read(article)
    pairs = sorted(
        (pair for speaker in reading.speakers for pair in speaker.quotes),
        key=lambda pair: pair[0].spans,
    )
    rows = [row_of(article, quote) for quote, _ in pairs]
    printed = {row["id"]: row for row in lines(extracted)}
    assert [printed[row["id"]] for row in rows] == [shown_figures(row) for row in rows]
    assert all("context" in row for row in rows)
    whole = [row_in_article(article, quote) for quote, _ in pairs]
    again = list(model.predict_many(whole, attributed=True))
    assert [shown_figures(one.to_dict()) for one in again] == [
        shown_figures(prediction.to_dict()) for _, prediction in pairs
    ]
    assert gather_speakers(pairs, Prior.of_card(model.card)) == reading.speakers
