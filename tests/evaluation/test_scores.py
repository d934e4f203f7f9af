import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from stance.core.types import COARSE, STANCES
from stance.evaluation.scores import (
    by_quote,
    calibration_error,
    compare,
    confusion_by_article,
    macro_f1,
    score,
    to_coarse,
)

PAIRS = st.lists(
    st.tuples(st.sampled_from(STANCES), st.sampled_from(STANCES), st.sampled_from("abc")),
    min_size=1,
    max_size=40,
)


@given(PAIRS)
def test_macro_f1_is_scikit_learns(pairs):
    truth, predicted, articles = zip(*pairs, strict=True)
    tables = confusion_by_article(truth, predicted, articles)
    assert macro_f1(tables.sum(axis=0)) == pytest.approx(
        f1_score(truth, predicted, average="macro", zero_division=0)
    )
    coarse = [[COARSE[one] for one in side] for side in (truth, predicted)]
    assert macro_f1(to_coarse(tables.sum(axis=0))) == pytest.approx(
        f1_score(*coarse, average="macro", zero_division=0)
    )


def test_macro_f1_of_a_table_counted_by_hand():
    # support: 2 of 3 found, 1 false alarm: F1 2/3; oppose: 1 of 2, 1 false alarm: F1 1/2; the
    # others stand nowhere.
    table = np.zeros((5, 5), dtype=int)
    table[0, 0], table[0, 3], table[3, 3], table[3, 0] = 2, 1, 1, 1
    assert macro_f1(table) == pytest.approx((2 / 3 + 1 / 2) / 2)


@given(PAIRS)
def test_tables_by_quote_add_up_to_the_same_table(pairs):
    tables = confusion_by_article(*zip(*pairs, strict=True))
    apart = by_quote(tables)
    assert apart.shape[0] == len(pairs)
    assert (apart.sum(axis=0) == tables.sum(axis=0)).all()


def test_an_interval_holds_its_score_and_says_what_was_drawn():
    rng = np.random.default_rng(1)
    truth = rng.choice(STANCES, 300)
    predicted = np.where(rng.random(300) < 0.7, truth, rng.choice(STANCES, 300))
    many = score(confusion_by_article(truth, predicted, [str(k // 10) for k in range(300)]))
    few = score(confusion_by_article(truth, predicted, [str(k // 150) for k in range(300)]))
    assert many.low < many.value < many.high
    assert (many.unit, few.unit, few.n_articles) == ("article", "quote", 2)


def test_a_system_does_not_differ_from_itself_and_differs_from_a_worse_one():
    rng = np.random.default_rng(2)
    truth = list(rng.choice(STANCES, 400))
    articles = [str(k // 10) for k in range(400)]
    right = confusion_by_article(truth, truth, articles)
    poor = confusion_by_article(truth, list(rng.choice(STANCES, 400)), articles)
    same = compare(right, right)
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    assert compare(poor, right).low > 0.5
    assert compare(poor, right).value == pytest.approx(-compare(right, poor).value)


def test_systems_on_different_articles_are_not_compared():
    with pytest.raises(ValueError, match="tables of the same articles expected"):
        compare(np.zeros((2, 5, 5)), np.zeros((3, 5, 5)))


def test_calibration_error_of_bins_counted_by_hand():
    # Sure to .9 and right in half: a gap of .4; sure to .6 and always right: a gap of .4.
    shares = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    assert calibration_error(shares, np.array([True, False, True, True])) == pytest.approx(0.4)


def test_a_cross_validation_drawn_several_times_scores_as_the_mean_of_its_draws():
    from stance.evaluation import scores

    rng = np.random.default_rng(3)
    draws = [rng.integers(0, 4, size=(20, 5, 5)) for _ in range(3)]
    found = scores.score(np.stack(draws, axis=1))
    assert found.value == pytest.approx(
        np.mean([scores.macro_f1(one.sum(axis=0)) for one in draws])
    )
    assert found.low <= found.value <= found.high
    # The same draw three times is one draw.
    thrice, once = scores.score(np.stack([draws[0]] * 3, axis=1)), scores.score(draws[0])
    assert (thrice.value, thrice.low, thrice.high) == pytest.approx(
        (once.value, once.low, once.high)
    )
    assert (thrice.n_quotes, thrice.n_articles, thrice.unit) == (
        once.n_quotes,
        once.n_articles,
        once.unit,
    )


def test_the_surest_half_is_the_half_with_the_highest_confidence():
    from stance.evaluation.scores import surest_half

    assert surest_half(
        np.array([0.9, 0.2, 0.8, 0.3, 0.7]), np.array([True, False, True, False, False])
    ) == pytest.approx(2 / 3)
