import dataclasses
import itertools
import json
import math
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import stance
from stance.cli.app import app
from stance.core.errors import DataError, ModelError
from stance.core.types import STANCES, Article, Quote
from stance.evaluation.speakers import measure, vote_of
from stance.models.speaker_pooling import (
    DEFAULT,
    MOST_EXACT,
    Prior,
    count,
    fit_prior,
    is_unclear,
    majority,
    pool,
    posterior,
)
from stance.prediction.reading import SpeakerStance

SURE = np.eye(5) * 0.96 + 0.008
SUPPORT, OPPOSE, NEUTRAL = (
    SURE[[STANCES.index(name)]] for name in ("support", "oppose", "neutral")
)


def test_a_speakers_stance_is_the_commonest_but_neutral_and_equals_share_it():
    assert majority(np.array([[1, 0, 0, 0, 5], [0, 0, 0, 0, 3], [2, 0, 1, 2, 0]])).tolist() == [
        [1, 0, 0, 0, 0],
        [0, 0, 0, 0, 1],
        [0.5, 0, 0, 0.5, 0],
    ]
    assert count(np.array([[0, 0, 4], [3, 2, 3]])).tolist() == [[2, 0, 0, 0, 1], [0, 0, 1, 2, 0]]


def test_one_stance_among_neutral_quotes_is_the_speakers():
    found = pool(np.concatenate([NEUTRAL, NEUTRAL, NEUTRAL, OPPOSE]))
    assert found.probabilities.argmax() == STANCES.index("oppose")
    assert -0.5 < found.score < -0.1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1), min_size=5, max_size=5), min_size=1, max_size=6))
def test_shares_sum_to_one_and_the_score_lies_in_its_interval(rows):
    shares = np.array(rows) / np.array(rows).sum(axis=1, keepdims=True)
    found = pool(shares)
    assert found.probabilities.sum() == pytest.approx(1)
    assert -1 - 1e-9 <= found.low <= found.high <= 1 + 1e-9
    assert found.low <= found.score <= found.high
    again = pool(shares)
    assert (found.probabilities == again.probabilities).all()
    assert (found.score, found.low, found.high) == (again.score, again.low, again.high)


PROBABILITIES = st.lists(
    st.lists(st.floats(0.01, 1), min_size=5, max_size=5), min_size=1, max_size=4
)
OTHER_PRIOR = Prior((0.3, 0.5, 0.8, 1.2, 2.0), (0.3, 0.1, 0.2, 0.1, 0.3), 0.7)


def rows_to_shares(rows):
    return np.array(rows) / np.array(rows).sum(axis=1, keepdims=True)


@settings(max_examples=40, deadline=None)
@given(PROBABILITIES, st.sampled_from([DEFAULT, OTHER_PRIOR]))
def test_counts_are_weighed_as_a_sum_over_all_labels_weighs_them(rows, prior):
    """Goes through each way to label the quotes, one by one.

    Its weight is the Dirichlet-multinomial of its counts times the evidence of its quotes.
    """
    shares = rows_to_shares(rows)
    expected = Counter()
    for labels in itertools.product(range(5), repeat=len(shares)):
        added = tuple(labels.count(k) for k in range(5))
        lean = math.prod(
            math.gamma(alpha + c) / math.gamma(alpha)
            for alpha, c in zip(prior.alpha, added, strict=True)
        )
        expected[added] += lean * math.prod(
            (shares[i, k] / prior.base[k]) ** prior.trust for i, k in enumerate(labels)
        )
    counts, weights = posterior(shares, prior)
    found = dict(zip(map(tuple, counts.tolist()), weights.tolist(), strict=True))
    assert found == pytest.approx(
        {key: value / expected.total() for key, value in expected.items()}, rel=1e-6
    )


@settings(max_examples=25, deadline=None)
@given(PROBABILITIES, st.randoms(use_true_random=False))
def test_the_order_of_the_quotes_says_nothing(rows, random):
    mixed = random.sample(rows, len(rows))
    one, other = pool(rows_to_shares(rows)), pool(rows_to_shares(mixed))
    assert other.probabilities == pytest.approx(one.probabilities)
    assert other.score == pytest.approx(one.score)


def test_where_counts_are_too_many_to_weigh_they_are_drawn_and_come_to_nearly_the_same(monkeypatch):
    shares = np.random.default_rng(5).dirichlet([0.8] * 5, size=MOST_EXACT)
    exact = pool(shares)
    monkeypatch.setattr("stance.models.speaker_pooling.MOST_EXACT", 3)
    drawn = pool(shares)
    assert drawn.score != exact.score
    assert drawn.probabilities == pytest.approx(exact.probabilities, abs=0.03)
    assert drawn.score == pytest.approx(exact.score, abs=0.05)
    # The bounds are means of twelve labels: steps of .04.
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), abs=0.1)
    assert pool(np.concatenate([shares] * 5)).probabilities.sum() == pytest.approx(1)


def test_an_unsure_quote_takes_after_the_speakers_other_quotes():
    unsure = np.array([[0.4, 0.02, 0.02, 0.4, 0.16]])
    beside_support = pool(np.concatenate([unsure, *[SUPPORT] * 6])).score
    beside_oppose = pool(np.concatenate([unsure, *[OPPOSE] * 6])).score
    assert beside_support > 0.8
    assert beside_oppose < -0.8
    assert abs(pool(unsure).score) < 0.2


def draw_speakers(alpha, n, seed, trust=1.0):
    """Speakers whose quotes are drawn as the model says.

    Their probabilities are those of a classifier that is right about words.
    """
    rng = np.random.default_rng(seed)
    base = np.array(alpha) / sum(alpha)
    rows = []
    for speaker in range(n):
        lean = rng.dirichlet(alpha)
        for _ in range(int(rng.integers(1, 6))):
            label = rng.choice(5, p=lean)
            words = np.exp(rng.normal(0, 1, 5) + 1.5 * (np.arange(5) == label))
            given = base * words ** (1.5 / trust)
            rows.append((f"a{speaker // 4}", f"s{speaker}", STANCES[label], *given / given.sum()))
    return pd.DataFrame(
        rows, columns=["article", "speaker", "stance", *(f"p_{one}" for one in STANCES)]
    )


def test_the_prior_finds_the_numbers_that_speakers_were_drawn_with():
    alpha = (0.8, 0.4, 0.6, 0.3, 1.7)
    table = draw_speakers(alpha, 3000, 1)
    prior = fit_prior(table.iloc[:, 3:].to_numpy(), list(table["stance"]), list(table["speaker"]))
    assert prior.alpha == pytest.approx(alpha, rel=0.15)
    assert prior.base == pytest.approx(np.array(alpha) / sum(alpha), abs=0.02)
    assert Prior.of_card({"speakers": json.loads(json.dumps(prior.to_dict()))}) == prior


def test_evidence_that_is_too_sure_of_itself_is_trusted_less():
    table = draw_speakers((0.8, 0.4, 0.6, 0.3, 1.7), 800, 2, trust=0.5)
    assert (
        fit_prior(table.iloc[:, 3:].to_numpy(), list(table["stance"]), list(table["speaker"])).trust
        < 0.8
    )


def test_the_hierarchical_model_beats_the_mean_and_the_vote_where_speakers_lean():
    prior = Prior((0.3, 0.15, 0.25, 0.15, 0.5), (0.22, 0.11, 0.19, 0.11, 0.37), 1.0)
    told = {
        one.way: one
        for one in measure("drawn", draw_speakers(prior.alpha, 500, 3), prior, least_quotes=2)
    }
    assert list(told) == ["hierarchical", "independent", "mean", "vote"]
    ours = told["hierarchical"]
    assert ours.gain == 0
    for way in ("independent", "mean", "vote"):
        assert told[way].gain_bounds[0] > 0, way
    assert 0.85 < ours.figures["covered"] < 0.99
    assert ours.unit == "article"
    assert ours.to_dict()["n_speakers"] == ours.n_speakers


def test_a_vote_is_sure_of_itself():
    found = vote_of(np.concatenate([SUPPORT, SUPPORT, NEUTRAL]))
    assert found.probabilities.tolist() == [1, 0, 0, 0, 0]
    assert found.low == found.score == found.high == pytest.approx(2 / 3)


def test_without_speakers_of_so_many_quotes_there_is_nothing_to_measure():
    assert measure("none", draw_speakers((1, 1, 1, 1, 1), 3, 4), DEFAULT, least_quotes=50) == []


def quote_of(number, speaker):
    return Quote(str(number), "a", "We will talk.", ((0, 13),), "direct", speaker=speaker)


def test_a_reading_uses_the_prior_of_the_models_card(model_folder, tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    for path in model_folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    card = json.loads((folder / "card.json").read_text())
    article, quotes = Article("a", "We will talk."), [quote_of(1, "A"), quote_of(2, "A")]
    usual = stance.load(folder).read_quotes(article, quotes).speakers[0]
    opposed = Prior((0.01, 0.01, 0.01, 50.0, 0.01), DEFAULT.base, 0.1).to_dict()
    (folder / "card.json").write_text(json.dumps({**card, "speakers": opposed}))
    other = stance.load(folder).read_quotes(article, quotes).speakers[0]
    assert other.score < usual.score
    assert other.stance == "oppose"
    assert set(other.to_dict()) == {
        "speaker",
        "role",
        "stance",
        "probabilities",
        "score",
        "low",
        "high",
        "unclear",
        "quotes",
    }
    (folder / "card.json").write_text(
        json.dumps({**card, "speakers": {**opposed, "alpha": [1, 2]}})
    )
    with pytest.raises(
        ModelError,
        match=r"card\.json: .*a number above 0 for each of support.* train or export it anew",
    ):
        stance.load(folder)


def test_the_command_fits_on_out_of_fold_predictions_and_shows_every_way(project):
    from stance.evaluation.speakers import evaluate_speakers
    from stance.experiments.config import read_experiment
    from stance.experiments.run import run

    outcome = run(read_experiment(project / "experiments" / "default.toml"), say=lambda _: None)
    shown = CliRunner().invoke(app, ["evaluate", "speakers", "default", "--json"])
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert {row["way"] for row in rows} == {"hierarchical", "independent", "mean", "vote"}
    card = stance.load(outcome.folder).card
    assert rows[0]["prior"] == card["speakers"]
    assert {row["level"] for row in card["coverage"]} == {0.8, 0.9, 0.95}
    assert "hierarchical" in CliRunner().invoke(app, ["evaluate", "speakers", "default"]).stdout
    run(
        read_experiment(project / "experiments" / "other.toml", ["data.folds=0"]),
        say=lambda _: None,
    )
    with pytest.raises(DataError, match="has no out-of-fold predictions to fit on"):
        evaluate_speakers("other")


def test_a_stance_is_unclear_where_the_second_is_nearly_as_likely():
    assert is_unclear([0.4, 0.26, 0.1, 0.1, 0.14])
    assert not is_unclear([0.45, 0.29, 0.1, 0.1, 0.06])
    even = dict.fromkeys(STANCES, 0.2)
    known = {**even, "support": 0.6, "conditional": 0.0, "skeptical": 0.0}
    speaker = SpeakerStance("Mara Lindqvist", None, "support", known, 0.4, 0.1, 0.7, ())
    assert (speaker.unclear, speaker.shown_stance) == (False, "support")
    unclear = dataclasses.replace(speaker, probabilities={**known, "support": 0.3})
    assert (unclear.unclear, unclear.shown_stance) == (True, "unclear")
    assert unclear.to_dict()["unclear"] is True
    assert unclear.to_dict()["stance"] == "support"
    abstained = dataclasses.replace(speaker, stance=None, probabilities=even)
    assert (abstained.unclear, abstained.shown_stance) == (False, None)
