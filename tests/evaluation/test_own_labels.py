"""A model measured on a random sample of the user's own quotes."""

import dataclasses
import json

import numpy as np
import pytest
from shell import cli
from sklearn.metrics import cohen_kappa_score, f1_score

import stance
from stance.core.errors import DataError
from stance.core.types import STANCES, Article, Judgment, Quote
from stance.evaluation.own_labels import (
    LabelledSample,
    labelled_sample,
    score_annotator,
    score_model,
    score_sample,
)
from stance.labels.own_articles import add_articles, import_judgments
from stance.labels.samples import random_items


def sample_of(truth, weights, n_articles=20):
    items = [
        (Article(f"a{k % n_articles}", "x"), Quote(f"q{k}", "a", "x", ((0, 1),), "direct"))
        for k in range(len(truth))
    ]
    return LabelledSample(
        items, list(truth), np.array(weights), [None] * len(truth), 500, len(truth), 0, 0, ("Anna",)
    )


@pytest.fixture
def answers():
    rng = np.random.default_rng(0)
    truth = list(rng.choice(STANCES, 60))
    return truth, [t if rng.random() < 0.6 else str(rng.choice(STANCES)) for t in truth]


def test_equal_weights_give_the_figures_of_scikit_learn(answers):
    truth, given = answers
    found = score_sample("m", sample_of(truth, [4.0] * 60), given).figures
    right = np.mean([t == g for t, g in zip(truth, given, strict=True)])
    assert found["error"][0] == pytest.approx(1 - right)
    assert found["kappa"][0] == pytest.approx(cohen_kappa_score(truth, given))
    assert found["macro_f1"][0] == pytest.approx(f1_score(truth, given, average="macro"))
    assert all(low <= value <= high for value, low, high in found.values())


def test_a_weight_counts_as_so_many_quotes(answers):
    truth, given = answers
    weights = np.array([1.0 + k % 3 for k in range(60)])
    found = score_sample("m", sample_of(truth, weights), given).figures
    times = weights.astype(int)
    repeated = [list(np.repeat(part, times)) for part in (truth, given)]
    assert found["kappa"][0] == pytest.approx(cohen_kappa_score(*repeated))
    assert found["error"][0] == pytest.approx(1 - np.mean(np.equal(*map(np.array, repeated))))


def test_the_intervals_hold_the_truth_as_often_as_they_promise():
    # 30 articles, each with its own share of right answers; drawn anew 150 times.
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(150):
        shares = rng.beta(4, 2, size=30)
        right = rng.random((4, 30)) < shares
        truth = ["support"] * 120
        given = ["support" if one else "oppose" for one in right.ravel()]
        _, low, high = score_sample("m", sample_of(truth, [5.0] * 120, 30), given).figures["error"]
        held += low <= 1 / 3 <= high
    assert 0.88 <= held / 150 <= 0.99


def test_the_sentence_and_the_limits_name_what_they_rest_on(answers):
    truth, given = answers
    scores = score_sample("the model standard 1", sample_of(truth, [5.0] * 60, 4), given)
    assert "random sample of 60 quotes from 4 articles" in scores.sentence()
    assert "2000 resamples of quotes" in scores.sentence()
    limits = " ".join(scores.limits())
    assert "Only one person labelled" in limits
    assert "too few articles" in limits


def test_corrections_count_for_what_was_found_and_no_stance_for_what_is_no_quote():
    def judged(**correction):
        return Judgment("q", "Anna", "support", True, **correction)

    corrections = [None, judged(text="other"), judged(speaker="Venn"), judged(is_quote=False)]
    sample = dataclasses.replace(
        sample_of(["support"] * 4, [1.0, 1.0, 1.0, 5.0]), corrections=corrections
    )
    scores = score_sample("m", sample, ["support"] * 4)
    assert [value for value, _, _ in scores.found.values()] == [3 / 8, 2 / 8, 1 / 8]
    assert (len(scores.sample.truth), scores.figures["error"][0]) == (3, 0)


def add_own(project, n=6):
    words = ["We will come", "We refuse talks"]
    pairs = []
    for k in range(n):
        text = f"“{words[0]},” she said. “{words[1]},” he said. “Day {k} is here,” they said."
        spans = [(1, 13), (text.index("We refuse"), text.index("We refuse") + 15)]
        quotes = [
            Quote(f"m{k}#{i}", f"m{k}", text[start:end], ((start, end),), "direct", cue="said")
            for i, (start, end) in enumerate(spans, 1)
        ]
        pairs.append((Article(f"m{k}", text), quotes))
    add_articles(project / "labels", pairs)
    return [(article, quote) for article, quotes in pairs for quote in quotes]


def test_without_a_sample_or_labels_the_message_says_what_to_do(project):
    add_own(project)
    import_judgments(project / "labels", [Judgment("m0#1", "Anna", "support", True)])
    with pytest.raises(DataError, match=r"no random sample was drawn.*suggest ARTICLES --random"):
        labelled_sample(project / "labels")
    pool = [(Article("m5", ""), Quote("m5#1", "m5", "x", ((0, 1),), "direct"))]
    random_items(project / "labels", pool, 1, 0)
    with pytest.raises(DataError, match="none of the 1 quote that were drawn"):
        labelled_sample(project / "labels")


def test_only_drawn_quotes_that_the_model_did_not_learn_from_are_counted(project, ngrams):
    pairs = add_own(project)
    drawn = random_items(project / "labels", pairs, 6, 0)
    every = [
        Judgment(q.id, "Anna", "support" if q.id.endswith("1") else "oppose", True)
        for _, q in pairs
    ]
    import_judgments(project / "labels", every)
    model = stance.load(ngrams)
    found = score_model(project / "labels", model)
    assert len(found.sample.truth) == 6
    assert set(found.sample.weights) == {2.0}
    assert found.sample.n_chosen == 6
    model.card["data"] = {"own": sorted(drawn)[:2]}
    assert len(score_model(project / "labels", model).sample.truth) == 4
    model.card["data"] = {"own": sorted(drawn)}
    with pytest.raises(DataError, match="learned from all 6 labels of the random sample"):
        score_model(project / "labels", model)
    with pytest.raises(DataError, match="'Anna' gave labels that would be the measure"):
        score_annotator(project / "labels", "Anna")
    with pytest.raises(DataError, match="'author' judged no quote of the random sample"):
        score_annotator(project / "labels", "author")
    done = cli("evaluate", "labels", "--model", str(ngrams), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["n_population"] == 12
    done = cli("evaluate", "labels", "--model", str(ngrams), "--limits")
    assert "for a paper: On a random sample of 6 quotes" in done.stdout
    assert "what these figures cannot say:" in done.stdout
