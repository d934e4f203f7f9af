import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.core.types import STANCES
from stance.evaluation.scores import calibration_error
from stance.models.calibration import fit_temperature, risk_coverage, temper, thresholds

SHARES = st.lists(st.floats(0.01, 1), min_size=5, max_size=5).map(
    lambda raw: np.array([raw]) / sum(raw)
)


@given(SHARES, st.floats(0.2, 5))
def test_tempering_keeps_the_order_and_the_sum(shares, temperature):
    tempered = temper(shares, temperature)
    assert tempered.sum() == pytest.approx(1)
    # Shares that differ in the last bits only may change places; nothing else may.
    by_size = tempered[0][np.argsort(shares[0], kind="stable")]
    assert (np.diff(by_size) >= -1e-12).all()
    assert temper(temper(shares, temperature), 1 / temperature) == pytest.approx(shares)


def draw(n, temperature, seed):
    """Labels drawn from known probabilities, and these probabilities made too flat or too sharp."""
    rng = np.random.default_rng(seed)
    honest = rng.dirichlet(np.full(5, 0.5), size=n)
    truth = [STANCES[rng.choice(5, p=one)] for one in honest]
    return temper(honest, temperature), truth


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_spoiled_probabilities_is_found_and_undone(temperature):
    spoiled, truth = draw(4000, temperature, 1)
    found = fit_temperature(spoiled, truth)
    assert found == pytest.approx(1 / temperature, rel=0.1)
    right = np.array([STANCES[k] for k in spoiled.argmax(axis=1)]) == np.array(truth)
    assert calibration_error(temper(spoiled, found), right) < 0.03


def test_the_surest_answers_come_first():
    coverage, risk = risk_coverage(np.array([0.9, 0.5, 0.7]), np.array([True, False, True]))
    assert coverage == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk == pytest.approx([0, 0, 1 / 3])


def test_abstaining_below_a_threshold_keeps_its_risk():
    shares, truth = draw(3000, 1.0, 2)
    rows = thresholds(shares, truth)
    assert rows
    for row in rows:
        answered = shares.max(axis=1) >= row["abstain_at"]
        wrong = np.array([STANCES[k] for k in shares.argmax(axis=1)]) != np.array(truth)
        assert wrong[answered].mean() <= row["risk"] + 0.002  # the threshold is rounded
        assert answered.mean() == pytest.approx(row["coverage"], abs=0.002)
    assert [row["coverage"] for row in rows] == sorted(row["coverage"] for row in rows)
