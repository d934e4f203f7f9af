import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.evaluation.bootstrap import (
    FEWEST_ARTICLES,
    bounds,
    draw_sums,
    mean_interval,
    ratio_interval,
    resample,
    units_of,
)


@given(st.integers(1, 40), st.integers(0, 5))
def test_every_sample_draws_as_many_units_as_there_are(n_units, seed):
    drawn = resample(n_units, np.random.default_rng(seed), 50)
    assert drawn.shape == (50, n_units)
    assert (drawn.sum(axis=1) == n_units).all()


def test_one_seed_draws_the_same_units_of_two_systems():
    first = np.arange(24.0).reshape(12, 2)
    assert (draw_sums(2 * first, seed=4) == 2 * draw_sums(first, seed=4)).all()
    assert (draw_sums(first, seed=4) != draw_sums(first, seed=5)).any()


def test_articles_are_drawn_where_there_are_enough_of_them_else_rows():
    many = [f"a{k % FEWEST_ARTICLES}" for k in range(30)]
    numbers, unit = units_of(many)
    assert (unit, numbers.tolist()) == ("article", [k % FEWEST_ARTICLES for k in range(30)])
    numbers, unit = units_of(["b", "a", "b"], "speaker")
    assert (unit, numbers.tolist()) == ("speaker", [0, 1, 2])


def test_bounds_hold_the_middle_of_the_scores():
    assert bounds(np.arange(1001.0)) == pytest.approx((25, 975))
    assert bounds(np.arange(1001.0), 0.9) == pytest.approx((50, 950))


def test_whole_articles_are_drawn_so_alike_quotes_say_less_than_their_number():
    values = np.repeat(np.arange(20) % 2, 10).astype(float)
    articles, quotes = np.repeat(np.arange(20), 10), np.arange(200)
    wide, narrow = (np.diff(mean_interval(values, units))[0] for units in (articles, quotes))
    # Ten equal quotes an article count once: the interval is the square root of ten times as wide.
    assert wide / narrow == pytest.approx(np.sqrt(10), rel=0.1)
    assert mean_interval(np.full(200, 0.3), articles) == pytest.approx((0.3, 0.3))


def test_a_ratio_of_nothing_is_none_at_all():
    assert ratio_interval(np.zeros(4), np.zeros(4), np.arange(4)) == (0.0, 0.0)
