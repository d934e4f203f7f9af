"""Calibrated probabilities, and how much is answered at which risk.

Predicting needs numpy only.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.types import STANCES

RISKS = (0.05, 0.1, 0.15, 0.2, 0.25)
STATED_RISK = 0.1  # the one of RISKS at which runs are compared
COLDEST, HOTTEST = 0.2, 5.0


def temper(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities made sharper (temperature below 1) or flatter (above 1).

    The likeliest stance stays the likeliest.

    Source: temperature scaling, Guo et al. 2017, arXiv:1706.04599, on the logarithms of a vote's
    probabilities.
    """
    if temperature == 1.0 or not len(probabilities):
        return probabilities
    powered = (probabilities / probabilities.max(axis=-1, keepdims=True)) ** (1 / temperature)
    return np.asarray(powered / powered.sum(axis=-1, keepdims=True))


def fit_temperature(probabilities: np.ndarray, truth: Sequence[str]) -> float:
    """Return the temperature with the highest likelihood on out-of-fold predictions.

    Parameters
    ----------
    probabilities
        Out-of-fold probabilities, shape (n_quotes, 5), columns in the codebook's order.
    truth
        The labels, length n_quotes.
    """
    from scipy.optimize import minimize_scalar

    columns = [STANCES.index(one) for one in truth]

    def surprise(log_temperature: float) -> float:
        given = temper(probabilities, float(np.exp(log_temperature)))[
            np.arange(len(columns)), columns
        ]
        return float(-np.log(np.maximum(given, 1e-9)).mean())

    found = minimize_scalar(surprise, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return round(float(np.exp(found.x)), 4)


def risk_coverage(confidence: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (coverage, risk) when only the surest 1, 2, … quotes are answered.

    Coverage is the share answered, risk the share of the answers that is wrong.
    """
    order = np.argsort(-confidence, kind="stable")
    n = np.arange(1, len(order) + 1)
    return n / max(len(order), 1), np.cumsum(~np.asarray(right, dtype=bool)[order]) / n


def answered(confidence: np.ndarray, right: np.ndarray, abstain_at: float) -> tuple[float, float]:
    """Return (coverage, risk) when everything less sure than ``abstain_at`` is left unanswered.

    The risk of no answer is 0.
    """
    given = np.asarray(confidence) >= abstain_at
    return float(given.mean()), float(
        (~np.asarray(right, dtype=bool)[given]).mean()
    ) if given.any() else 0.0


def thresholds(probabilities: np.ndarray, truth: Sequence[str]) -> list[dict[str, Any]]:
    """Return, for each risk of `RISKS`, the confidence below which to abstain.

    It is the threshold with the largest coverage at which no larger share of the answers to the
    given predictions was wrong. Where there is none, nothing is promised.
    """
    confidence = probabilities.max(axis=1)
    right = _right(probabilities, truth)
    coverage, risk = risk_coverage(confidence, right)
    ordered = np.sort(confidence)[::-1]
    rows = []
    for most in RISKS:
        kept = np.flatnonzero(risk <= most)
        if len(kept):
            last = int(kept[-1])
            rows.append(
                {
                    "risk": most,
                    "abstain_at": round(float(ordered[last]), 4),
                    "coverage": round(float(coverage[last]), 4),
                }
            )
    return rows


def _right(probabilities: np.ndarray, truth: Sequence[str]) -> np.ndarray:
    """Return where the likeliest stance is the label, shape (n_quotes,)."""
    return np.asarray(
        probabilities.argmax(axis=1) == np.array([STANCES.index(one) for one in truth], dtype=int)
    )


def risk_curve(probabilities: np.ndarray, truth: Sequence[str]) -> list[dict[str, float]]:
    """Return coverage and risk at confidences from .2 to .95.

    At each step, all quotes with at least that confidence are answered. Steps without any answer
    are left out.
    """
    confidence = probabilities.max(axis=1)
    wrong = ~_right(probabilities, truth)
    rows = []
    for step in range(4, 20):
        answered = confidence >= step / 20
        if answered.any():
            rows.append(
                {
                    "from": step / 20,
                    "answered": round(float(answered.mean()), 4),
                    "wrong": round(float(wrong[answered].mean()), 4),
                }
            )
    return rows


def risk_at(curve: Sequence[Mapping[str, float]], threshold: float) -> Mapping[str, float] | None:
    """Return the highest step of `risk_curve` at or below a threshold.

    It is None below the first step.
    """
    return max(
        (row for row in curve if row["from"] <= threshold + 1e-9),
        key=lambda row: row["from"],
        default=None,
    )
