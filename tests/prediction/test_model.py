import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rows import predict

import stance
from stance.core.errors import DataError, ModelError
from stance.core.types import STANCES, VALUES, Prediction, Quote
from stance.prediction.reading import speaker_stance
from stance.prediction.rows import MAX_CHARS


def test_a_prediction_has_the_contracts_fields(model):
    row = model.predict(
        "We are ready to sit down with them tomorrow.", cue="said", id="7"
    ).to_dict()
    assert set(row) == {"id", "stance", "probabilities", "score", "coarse", "abstained", "model"}
    assert row["id"] == "7"
    assert list(row["probabilities"]) == list(STANCES)
    assert sum(row["probabilities"].values()) == pytest.approx(1)
    assert row["score"] == pytest.approx(
        sum(VALUES[name] * share for name, share in row["probabilities"].items())
    )


ROWS = st.lists(
    st.none()
    | st.text(max_size=30)
    | st.fixed_dictionaries(
        {},
        optional={
            "id": st.integers() | st.text(max_size=5),
            "text": st.none() | st.text(max_size=40) | st.integers(),
            "cue": st.none() | st.text(max_size=8),
        },
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_every_row_is_answered_in_its_place_whatever_it_holds(ngram_model, rows):
    found = list(ngram_model.predict_many(iter(rows)))
    assert len(found) == len(rows)
    for row, answer in zip(rows, found, strict=True):
        given_id = row.get("id") if isinstance(row, dict) else None
        assert answer.id == (None if given_id is None else str(given_id))
        assert (answer.stance is None) == answer.abstained == (answer.reason is not None)
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert -1 <= answer.score <= 1


@pytest.fixture(scope="module")
def ngram_model(ngrams):
    return stance.load(ngrams)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty text"),
        (None, "no text"),
        ("  \n", "empty text"),
        ("…?!", "empty text"),
        (3, "text is int, expected a string"),
    ],
)
def test_a_row_without_words_is_an_abstention_with_its_reason(model, text, reason):
    found = model.predict(text)
    assert (found.stance, found.abstained, found.reason) == (None, True, reason)


def test_answers_do_not_depend_on_the_batch_they_came_in(ngram_model):
    texts = [
        f"They will {word} the talks." for word in ("join", "refuse", "welcome", "delay")
    ] * 100
    together = [one.probabilities for one in ngram_model.predict_many(texts)]
    assert together[:4] == [ngram_model.predict(text).probabilities for text in texts[:4]]
    assert len(together) == 400


def test_the_speakers_name_does_not_move_a_prediction(model):
    text = "There will be no talks before the troops are gone."
    assert model.predict(text, speaker="Alia Renn", cue="said") == model.predict(
        text, speaker="Boro Kast", cue="said"
    )


def test_a_huge_text_is_cut_not_refused(ngram_model):
    assert (
        ngram_model.predict("peace talks " * 100_000).probabilities
        == ngram_model.predict(("peace talks " * 100_000)[:MAX_CHARS]).probabilities
    )


def test_one_model_serves_several_threads(model):
    texts = ["We will come.", "Never.", "The meeting is on Monday.", "Only after a truce."]
    expected = [one.stance for one in model.predict_many(texts)]
    answers = []
    threads = [
        threading.Thread(
            target=lambda: answers.append([one.stance for one in model.predict_many(texts)])
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [expected] * 4


def fake(name, **shares):
    whole = {stance_name: shares.get(stance_name, 0.0) for stance_name in STANCES}
    quote = Quote(name, "a", "x", ((0, 1),), "direct", speaker="S")
    score = sum(VALUES[key] * value for key, value in whole.items())
    return quote, Prediction(
        name, max(whole, key=whole.get), whole, score, "favor", False, None, {}
    )


def test_more_quotes_of_the_same_kind_make_a_speakers_score_surer():
    few = speaker_stance("S", [fake("1", support=0.6, neutral=0.4)])
    many = speaker_stance("S", [fake(str(k), support=0.6, neutral=0.4) for k in range(16)])
    assert few.stance == many.stance == "support"
    assert many.high - many.low < (few.high - few.low) / 2
    assert many.probabilities["support"] > few.probabilities["support"]


def test_a_model_that_is_not_there_is_named(project):
    with pytest.raises(ModelError, match="nothing: neither a model folder nor a run"):
        stance.load("nothing")


def test_a_prediction_is_one_json_line(model):
    line = json.dumps(model.predict("No.\n\u2028No.").to_dict())
    assert "\n" not in line


def test_an_article_read_with_a_threshold_abstains_from_what_is_less_sure(model):
    text = (
        "“We are ready to resume the talks on Monday,” said Mara Lindqvist, the foreign minister. "
        "“The river rose,” said Olaf Brenn, an engineer."
    )
    free = [prediction for one in model.read(text).speakers for _, prediction in one.quotes]
    between = sum(sorted(max(one.probabilities.values()) for one in free)) / 2
    held = [
        prediction
        for one in model.read(text, abstain_at=between).speakers
        for _, prediction in one.quotes
    ]
    assert len(free) == len(held) == 2
    assert sorted(one.abstained for one in held) == [False, True]
    assert not any(one.abstained for one in free)


def test_an_unsure_answer_keeps_its_probabilities(ngrams):
    sure = stance.load(ngrams).predict("We will talk.")
    found = json.loads(predict("We will talk.", "--model", ngrams, "--abstain-at", "0.999").stdout)
    assert (found["stance"], found["coarse"], found["abstained"]) == (None, None, True)
    assert found["probabilities"] == {
        name: round(value, 4) for name, value in sure.probabilities.items()
    }
    assert found["score"] == round(sure.score, 4)
    assert found["reason"].startswith(f"unsure: {sure.stance} is likeliest with 0.")


def test_the_features_add_up_to_the_sums_of_the_model(ngrams, model):
    loaded = stance.load(ngrams)
    text = "We will never accept such talks."
    _, classes, head = loaded._portable.members[0]
    _, values, coef = head.contributions({"text": text})
    by_stance = {
        name: sum(one.weight for one in loaded.features(text, n=10_000, stance=name))
        for name in classes
    }
    sums = values @ coef
    assert list(by_stance.values()) == pytest.approx(list(sums - sums.mean()))
    assert [abs(one.weight) for one in model.features(text, n=5)] == sorted(
        (abs(one.weight) for one in model.features(text, n=5)), reverse=True
    )


def test_printed_figures_have_four_places_and_pythons_have_all(ngrams):
    text = "We will never accept such talks."
    found = json.loads(predict(text, "--model", ngrams).stdout)
    whole = stance.load(ngrams).predict(text)
    assert found["probabilities"] == {
        name: round(value, 4) for name, value in whole.probabilities.items()
    }
    assert all(len(str(value)) <= 6 for value in found["probabilities"].values())
    assert max(len(str(value)) for value in whole.probabilities.values()) > 10


@pytest.mark.parametrize("rows", ["We are ready", b"We are ready", {"text": "We are ready"}])
def test_one_text_or_row_is_no_list_of_them(ngram_model, rows):
    with pytest.raises(
        DataError,
        match=rf"rows is one {type(rows).__name__}; expected a list: "
        r"predict_many\(\[row\]\), or predict\(text\)",
    ):
        ngram_model.predict_many(rows)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            {"txt": "a", "id": 1},
            "no text: the row has txt, id; expected text (and id, cue, context, speaker where "
            "known)",
        ),
        ({"Text": "We are ready."}, "unknown field Text; expected text"),
        ({"text": "We are ready.", "Cue": "said"}, "unknown field Cue; expected cue"),
    ],
)
def test_a_row_with_misspelled_fields_is_answered_in_its_place_with_the_reason(
    ngram_model, row, reason
):
    before, found, after = ngram_model.predict_many(["We are ready.", row, "We are ready."])
    assert (found.stance, found.abstained, found.reason) == (None, True, reason)
    assert before == after
    assert before.stance


def test_fields_beside_the_known_ones_are_the_callers_own(ngram_model):
    row = {"text": "We are ready.", "cue": "said", "CUE": "rejected", "outlet": "Post", 3: None}
    assert next(ngram_model.predict_many([row])) == ngram_model.predict("We are ready.", cue="said")


def test_columns_are_named_of_tables_only(ngram_model):
    with pytest.raises(DataError, match="columns are named of a list; expected a table"):
        ngram_model.predict_many(
            [{"quotation": "We are ready."}], columns=stance.Columns("quotation")
        )


HALF = "We are ready to talk \ud83d"


def test_half_a_character_is_read_as_unreadable_and_told(model):
    rows = ["We will come.", {"text": HALF, "cue": "said\udc00", "id": "\ud800"}, "Never."]
    first, broken, last = model.predict_many(rows, attributed=True)
    assert (first.note, last.note) == (None, None)
    assert broken.stance is not None
    assert broken.note == "half a character in text, cue was read as \ufffd"
    assert broken.id == "\ud800"
    marked = model.predict("We are ready to talk \ufffd", cue="said\ufffd")
    assert broken.probabilities == pytest.approx(marked.probabilities)
    assert model.explain(HALF) == model.explain("We are ready to talk \ufffd")
    assert model.features(HALF) == model.features("We are ready to talk \ufffd")


def test_an_article_with_half_a_character_is_read(ngram_model):
    reading = ngram_model.read(f"“{HALF},” Mr. Renn said on Monday.")
    ((quote, _),) = reading.speakers[0].quotes
    assert quote.text == "We are ready to talk \ufffd"
    assert quote.spans == ((1, 23),)


@pytest.mark.parametrize(
    "text", ["nan", " NaN ", "None", "NULL", "N/A", "#N/A", "<NA>", "12345", "3.14", "-5"]
)
def test_what_tables_hold_in_place_of_a_text_is_no_quote(ngram_model, text):
    answer = ngram_model.predict(text)
    assert answer.stance is None
    assert answer.reason.startswith("no text: ")


def test_words_beside_a_number_are_a_quote(ngram_model):
    for text in ("None.", "12 envoys.", "“No.”", "Null and void."):
        assert ngram_model.predict(text).stance is not None


def test_odd_fields_are_told_and_missing_ones_are_none(ngram_model):
    text = "We are ready to talk."
    for name, value, reason in (
        ("cue", 5, "cue is int, expected a string"),
        ("context", ["said"], "context is list, expected a string"),
        ("cue", 10**5000, "cue is int, expected a string"),
        ("id", 10**5000, "id is a number of more than 4300 digits"),
        ("text", 10**5000, "text is int, expected a string"),
        ("text", float("nan"), "no text"),
    ):
        (answer,) = ngram_model.predict_many([{"text": text, name: value}])
        assert (answer.stance, answer.reason) == (None, reason)
    (answer,) = ngram_model.predict_many([{"text": text, "cue": float("nan"), "id": float("nan")}])
    assert answer == ngram_model.predict(text)


def test_a_huge_cue_and_a_huge_context_are_cut_and_told(ngram_model):
    text = "We are ready to talk."
    answer = ngram_model.predict(text, cue="said " * 10**6, context="x " * 10**6 + "They met.")
    assert answer.note == (
        "only the first 200 characters of cue were read; "
        "only the last 2000 characters of context were read"
    )
    cut = ngram_model.predict(text, cue="said " * 40, context="x " * 995 + " They met.")
    assert answer.probabilities == cut.probabilities


def test_what_is_no_article_is_told(ngram_model):
    for wrong in (None, 5, b"bytes", ["text"]):
        with pytest.raises(DataError, match=r"read was given .*; expected the article's text"):
            ngram_model.read(wrong)
    for wrong in ("text", stance.Article("a", "text"), {"text": "x"}):
        with pytest.raises(DataError, match=r"extract was given one .*; expected a list"):
            stance.extract(wrong)
    for wrong in (["text"], [None], [stance.Article("a", None)]):
        with pytest.raises(DataError, match=r"an article is .*; expected Article"):
            list(stance.extract(wrong, nlp=object()))
