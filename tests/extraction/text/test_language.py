import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.extraction.text.language import foreign
from stance.prediction.rows import MAX_CHARS

FOREIGN = [
    ("Мы готовы к переговорам без предварительных условий.", "ru"),
    ("Wir sind zu Gesprächen bereit, aber nicht um jeden Preis.", "de"),
    ("Nous ne négocierons pas tant que les bombardements continuent.", "fr"),
    ("我们愿意谈判", "zh"),
    ("لن نجلس معهم قبل وقف إطلاق النار", "ar"),
]


@pytest.mark.parametrize(("text", "language"), FOREIGN)
def test_a_text_in_another_language_is_an_abstention_that_names_it(model, text, language):
    found = model.predict(text, cue="said", id="1")
    assert (found.stance, found.abstained, found.id) == (None, True, "1")
    assert found.reason == f"not English (looks like {language})"


def test_no_labelled_quote_is_refused(root):
    from stance.labels.consensus import read_labels

    reports, _ = read_labels(root / "labels", own=False)
    refused = [
        (quote.text, foreign(quote.text))
        for _, quotes in reports
        for quote in quotes
        if foreign(quote.text)
    ]
    assert refused == []


def test_example_sentences_in_other_languages_are_refused():
    codes = (
        "de fr es it pt nl sv pl cs ru uk bg el tr ar he fa hi zh ja ko fi hu ro hr sr id vi"
    ).split()
    sentences = [
        text
        for code in codes
        for text in importlib.import_module(f"spacy.lang.{code}.examples").sentences
    ]
    missed = [
        text
        for text in sentences
        if not foreign(text) and (len(text.split()) > 3 or not text.isascii())
    ]
    assert len(missed) <= 0.05 * len(sentences), missed


@pytest.mark.parametrize(
    "text",
    [
        "No.",
        "Never!",
        "Oui",
        "Volodymyr Zelenskyy",
        "Inshallah",
        "a café",
        "Tear it up.",
        "propaganda",
        "Recep Erdoğan",
    ],
)
def test_short_texts_are_given_the_benefit_of_the_doubt(text):
    assert foreign(text) is None


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text):
    assert foreign(text) is None or foreign(text).islower()


def test_an_english_text_with_a_foreign_phrase_is_english():
    assert (
        foreign(
            "He said the answer was nyet, that they would see us on Monday, and then “до свидания”."
        )
        is None
    )


def test_an_over_long_text_is_cut_and_the_answer_says_so(model):
    long = "We are ready for talks. " * 2000
    found = model.predict(long)
    assert found.note == f"only the first {MAX_CHARS} of {len(long)} characters were read"
    assert found.to_dict()["note"] == found.note
    assert model.predict(long[:MAX_CHARS]).note is None
    assert "note" not in model.predict("We are ready.").to_dict()


def test_the_unpacked_model_ranks_languages_as_the_packed_one_does():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    from stance.extraction.text.language import _identifier

    theirs = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    for text in ("Wir sind bereit.", "Мы готовы к переговорам.", "We come.", "", "我们准备好了。"):
        assert _identifier().rank(text) == theirs.rank(text)
