import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from stance.core.types import STANCES
from stance.interfaces.sklearn_classifier import StanceClassifier


@pytest.fixture
def classifier(model_folder):
    return StanceClassifier(str(model_folder))


def test_it_answers_as_the_model_does(classifier, model, sets):
    table = sets["test"][["text", "cue"]]
    found = list(model.predict_many(table))
    assert list(classifier.predict(table)) == [one.stance for one in found]
    assert np.array_equal(
        classifier.predict_proba(table),
        [[one.probabilities[name] for name in STANCES] for one in found],
    )
    assert list(classifier.classes_) == list(STANCES)
    assert f1_score(
        sets["test"]["stance"], classifier.fit(table).predict(table), average="macro"
    ) == pytest.approx(
        f1_score(sets["test"]["stance"], [one.stance for one in found], average="macro")
    )


def test_it_goes_where_scikit_learns_own_go(classifier, sets):
    texts = list(sets["test"]["text"][:30])
    expected = list(classifier.predict(texts))
    assert list(clone(classifier).predict(texts)) == expected
    assert (
        list(
            make_pipeline(
                FunctionTransformer(lambda X: [text.strip() for text in X]), classifier
            ).predict(texts)
        )
        == expected
    )
    assert (
        list(cross_val_predict(classifier, texts, list(sets["test"]["stance"][:30]), cv=3))
        == expected
    )
    classifier.predict(texts)
    packed = pickle.dumps(classifier)
    assert len(packed) < 2000
    assert list(pickle.loads(packed).predict(texts)) == expected


def test_a_text_that_cannot_be_judged_gets_the_label_one_asks_for(model_folder):
    assert list(StanceClassifier(str(model_folder), abstained="none").predict(["", "…"])) == [
        "none",
        "none",
    ]
    assert StanceClassifier(str(model_folder)).predict_proba([]).shape == (0, 5)
