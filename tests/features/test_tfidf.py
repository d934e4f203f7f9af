"""Terms are counted once.

Columns and weights equal scikit-learn's, whatever else was counted as well.
"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from stance.features.tfidf import Tfidf, shared_counts

TEXTS = st.text(alphabet="abcAB é-'“1", max_size=25)
SETTINGS = st.sampled_from([("word", (1, 2)), ("char_wb", (2, 4))])


def fitted(kind, texts, min_df, setting):
    """Fit, or leave the example out: both refuse texts in which no term is frequent enough."""
    options = {"sublinear_tf": True} if kind is TfidfVectorizer else {}
    try:
        found = kind(analyzer=setting[0], ngram_range=setting[1], min_df=min_df, **options)
        return found, found.fit_transform(texts)
    except ValueError:
        return None, None


@given(
    st.lists(TEXTS, min_size=2, max_size=8),
    st.lists(TEXTS, min_size=1, max_size=4),
    st.integers(1, 2),
    SETTINGS,
)
def test_columns_and_weights_are_those_of_scikit_learn(texts, others, min_df, setting):
    theirs, wanted = fitted(TfidfVectorizer, texts, min_df, setting)
    ours, found = fitted(Tfidf, texts, min_df, setting)
    assert (theirs is None) == (ours is None)
    assume(ours is not None)
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    assert np.allclose(ours.idf_, theirs.idf_)
    assert np.allclose(found.toarray(), wanted.toarray())
    assert np.allclose(ours.transform(others).toarray(), theirs.transform(others).toarray())


@given(st.lists(TEXTS, min_size=2, max_size=6), st.lists(TEXTS, min_size=1, max_size=6), SETTINGS)
def test_what_was_counted_before_changes_nothing_that_is_learned(texts, left_out, setting):
    alone, wanted = fitted(Tfidf, texts, 1, setting)
    assume(alone is not None)
    with shared_counts():
        fitted(Tfidf, left_out + texts, 1, setting)
        beside, found = fitted(Tfidf, texts, 1, setting)
        asked = beside.transform(left_out)
    assert list(beside.terms_) == list(alone.terms_)
    assert (beside.idf_ == alone.idf_).all()
    assert (found.toarray() == wanted.toarray()).all()
    assert (asked.toarray() == alone.transform(left_out).toarray()).all()


def test_a_document_is_counted_once_while_sharing_and_anew_after():
    seen = []

    def terms(row):
        seen.append(row["text"])
        return row["text"].split()

    rows = [{"text": "we are ready"}, {"text": "we refuse", "cue": "said"}, {"text": "we refuse"}]
    with shared_counts():
        for _ in range(3):
            Tfidf(terms).fit(rows).transform(rows)
    # The same words under another reporting verb are another document.
    assert seen == ["we are ready", "we refuse", "we refuse"]
    Tfidf(terms).fit(rows)
    assert len(seen) == 6


def test_texts_without_a_frequent_term_are_refused():
    with pytest.raises(ValueError, match="no term stands in 2 of 2 documents"):
        Tfidf(min_df=2).fit(["ready", "never"])
