"""Compare two kinds of prediction sets.

They use the out-of-fold predictions of a tracked run. The bounds come from half of its reports and
are measured on the other half.

``python benchmarks/sets.py vote``
"""

import argparse
from collections.abc import Callable

import numpy as np
import pandas as pd

from stance.core.types import STANCES
from stance.models.prediction_sets import bound, widest
from stance.tracking import runs, store
from stance.tracking.runs import load_predictions

N_SPLITS = 20
Weigh = Callable[[np.ndarray, np.ndarray, float], float]
WEIGHTS: dict[str, Weigh] = {
    "by quote": lambda given, _, level: bound(given, np.arange(len(given)), level),
    "by report": bound,
    "the wider": widest,
}


def adaptive(shares: np.ndarray) -> np.ndarray:
    """Return 1 minus the total probability of a stance and of all likelier ones.

    These are the adaptive prediction sets of Romano et al. 2020, arXiv:2006.02544.
    """
    order = np.argsort(-shares, axis=1, kind="stable")
    sums = np.cumsum(np.take_along_axis(shares, order, 1), axis=1)
    out = np.empty_like(shares)
    np.put_along_axis(out, order, 1 - sums, 1)
    return out


def measure(
    first: pd.DataFrame,
    other: pd.DataFrame,
    level: float,
    *,
    adapt: bool,
    by_stance: bool,
    weigh: Weigh,
) -> np.ndarray:
    """Return covered share, stances a set, and the covered share of each stance, on ``other``."""
    columns = [f"p_{stance}" for stance in STANCES]
    sides = []
    for part in (first, other):
        shares = part[columns].to_numpy()
        labels = np.array([STANCES.index(one) for one in part["stance"]])
        sides.append(
            (adaptive(shares) if adapt else shares, shares, labels, part["article"].to_numpy())
        )
    (scores, _, labels, groups), (theirs, shares, truth, _) = sides
    own = scores[np.arange(len(labels)), labels]
    chosen = [
        labels == k if by_stance else np.full(len(labels), fill_value=True)
        for k in range(len(STANCES))
    ]
    inside = theirs >= np.array([weigh(own[one], groups[one], level) for one in chosen])
    inside[np.arange(len(shares)), shares.argmax(axis=1)] = True
    held = inside[np.arange(len(truth)), truth]
    return np.array(
        [
            held.mean(),
            inside.sum(axis=1).mean(),
            *(held[truth == k].mean() for k in range(len(STANCES))),
        ]
    )


def main() -> None:
    """Print a line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a run's name, or the beginning of its id")
    parser.add_argument("--level", type=float, default=0.9)
    given = parser.parse_args()
    mlflow = store.open_store()
    found = load_predictions(mlflow, runs.find_run(mlflow, given.run))
    table = found[found["set"] == "cv"]
    names = np.array(sorted(table["article"].unique()))
    print(
        f"{given.level:.0%}, {len(table)} quotes in {len(names)} reports, {N_SPLITS} splits into "
        "halves, mean and the least covered stance"
    )
    for adapt in (False, True):
        for by_stance in (False, True):
            for weight, weigh in WEIGHTS.items():
                rows = []
                for seed in range(N_SPLITS):
                    half = set(np.random.default_rng(seed).permutation(names)[: len(names) // 2])
                    inside = table["article"].isin(half)
                    rows.append(
                        measure(
                            table[inside],
                            table[~inside],
                            given.level,
                            adapt=adapt,
                            by_stance=by_stance,
                            weigh=weigh,
                        )
                    )
                mean = np.mean(rows, axis=0)
                least = f"{STANCES[int(mean[2:].argmin())]} {mean[2:].min():.3f}"
                kind = (
                    f"{'adaptive' if adapt else 'threshold':9s} "
                    f"{'by stance' if by_stance else 'in all   '} {weight:9s}"
                )
                low, high = np.min(rows, axis=0)[0], np.max(rows, axis=0)[0]
                print(
                    f"{kind}  covered {mean[0]:.3f} (splits {low:.3f}-{high:.3f})  stances a set "
                    f"{mean[1]:.2f}  least {least}"
                )


if __name__ == "__main__":
    main()
