"""An annotator measured as if it were a model, only where the label does not rest on it."""

import pandas as pd
import pytest

from stance.core.errors import DataError
from stance.core.types import Article, Judgment, Quote
from stance.experiments import comparison
from stance.experiments.annotator_answers import Answers, annotator_answers, in_the_same_sets
from stance.experiments.comparison import compare_runs
from stance.labels.own_articles import add_articles, add_model_judgments, import_judgments


@pytest.fixture
def judged(project):
    """Three own quotes: Anna labelled two; a model judged all and agrees with her on one."""
    text = "“We will come,” she said. “We refuse talks,” he said. “Day one,” they said."
    quotes = []
    for k, words in enumerate(("We will come", "We refuse talks", "Day one"), 1):
        at = text.index(words)
        spans = ((at, at + len(words)),)
        quotes.append(Quote(f"mine#{k}", "mine", words, spans, "direct", "said"))
    add_articles(project / "labels", [(Article("mine", text), quotes)])
    known = [quote.id for quote in quotes]
    said = [Judgment(name, "tiny@1", "support", True) for name in known]
    add_model_judgments(project / "labels", said, "a model", known)
    people = [
        Judgment("mine#1", "Anna", "support", True),
        Judgment("mine#2", "Anna", "oppose", True),
    ]
    import_judgments(project / "labels", people)
    return project


def test_only_quotes_that_a_person_labelled_measure_a_model(judged):
    table = annotator_answers("tiny@1").table
    assert table[["quote", "stance", "predicted"]].values.tolist() == [
        ["mine#1", "support", "support"],
        ["mine#2", "oppose", "support"],
    ]


def test_who_had_a_say_in_every_label_is_not_measured(judged):
    for name in ("Anna", "author", "adjudicator"):
        with pytest.raises(DataError, match="had a say in each label"):
            annotator_answers(name)
    with pytest.raises(DataError, match="annotator 'nobody': unknown; expected one of Anna"):
        annotator_answers("nobody")


def test_the_answers_stand_in_the_sets_of_the_run():
    def table(quotes, **columns):
        return pd.DataFrame({"quote": quotes, **columns})

    run = Answers("run", table(["a", "b", "a"], set=["own", "own", "cv"]))
    other = Answers("x", table(["a", "c"], set="labels", predicted="support"), has_sets=False)
    placed, same = in_the_same_sets([other, run])
    assert placed[["quote", "set"]].values.tolist() == [["a", "own"], ["a", "cv"]]
    assert same is run.table
    assert in_the_same_sets([other, other])[0] is other.table


def test_an_annotator_is_compared_with_a_run(judged, monkeypatch):
    answers = pd.DataFrame(
        {
            "set": "own",
            "quote": ["mine#1", "mine#2"],
            "article": "mine",
            "stance": ["support", "oppose"],
            "predicted": ["support", "oppose"],
        }
    )
    monkeypatch.setattr(comparison.store, "open_store", lambda: None)
    monkeypatch.setattr(comparison, "_run_answers", lambda _, name: Answers(name, answers))
    first, second, differences = compare_runs("annotator:tiny@1", "best")
    assert (first, second) == ("tiny@1", "best")
    found = differences["own"]["five"]
    assert found.n_quotes == 2
    assert found.value == pytest.approx(1 - 1 / 3)
