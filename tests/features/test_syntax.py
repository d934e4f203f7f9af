"""What the parse adds: the reach of negations and modal verbs, subjects and objects, conditions.

Each case is a sentence of our own.
"""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stance.core.errors import DataError, ModelError
from stance.features import syntax
from stance.features.syntax import parse_terms, warm_parses

TEXTS = st.text(max_size=60) | st.text(alphabet="abcAB ’'“\"-.,01\n", max_size=60)


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("We are ready for talks.", {"ready", "we>ready", "ready>talk"}, {"not:ready", "not>talk"}),
        ("We are not ready for talks.", {"not:ready", "we>not:ready", "not>talk"}, {"ready"}),
        # The negation stands nine words before what it reaches; a rule on neighbouring words
        # misses it.
        ("We do not see, after all these years of war, any basis for talks.", {"not>talk"}, set()),
        # One that belongs to another clause does not reach.
        (
            "They will attend the talks, because nobody wants a longer war.",
            {"will>talk"},
            {"not>talk"},
        ),
        (
            "If the shelling stops, we will resume the talks.",
            {"condition:if", "will>talk"},
            {"condition:if>talk"},
        ),
        (
            "There will be no peace unless the talks resume.",
            {"condition:unless", "condition:unless>talk"},
            set(),
        ),
        ("Although we doubt it, we will come.", {"concession", "we>doubt"}, set()),
        (
            "The mediators must continue the talks.",
            {"must>talk", "noun>talk", "talk:object", "continue>talk"},
            {"may>talk"},
        ),
        ("Perhaps they never wanted it.", {"hedge", "booster"}, set()),
        (
            "The talks were cancelled.",
            {"talk:subject", "passive>talk", "tense-past>talk"},
            {"talk:object"},
        ),
    ],
)
def test_the_parse_says_how_words_belong_together(text, present, absent):
    found = set(parse_terms({"text": text}))
    assert present <= found
    assert not absent & found


@settings(max_examples=12, deadline=None)
@given(TEXTS)
def test_any_text_gives_the_same_terms_alone_and_among_others(text):
    alone = parse_terms({"text": text})
    syntax._PARSED.clear()
    warm_parses([{"text": "We will see."}, {"text": text}, {"text": "They came."}])
    assert parse_terms({"text": text}) == alone


def test_a_model_that_reads_the_parse_says_what_it_lacks(monkeypatch):
    def missing():
        raise DataError(
            "spaCy is not installed; pip install '.[quotes]' in the repository's folder"
        )

    monkeypatch.setattr(syntax, "default_nlp", missing)
    with pytest.raises(
        ModelError,
        match=r"this model reads the parse of a quote: spaCy is not installed; "
        r"pip install '\.\[quotes\]'",
    ):
        parse_terms({"text": "a text that was never parsed before"})


def test_spacy_is_loaded_by_the_first_parse_only():
    parse = "stance.features.syntax.parse_terms({'text': 'No.'})"
    code = (
        "import sys, stance.models.folder, stance.features.syntax; assert 'spacy' not in "
        f"sys.modules; {parse}; assert 'spacy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
