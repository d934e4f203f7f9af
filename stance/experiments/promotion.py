"""Compare a run with the model that predict uses now, to see whether it is better."""

from typing import Any

import numpy as np
import pandas as pd

from stance.core.errors import ConfigError
from stance.evaluation.scores import Difference
from stance.experiments.comparison import Differences, compare_runs, compare_tables
from stance.experiments.cross_validation import prediction_rows
from stance.features.feature_sets import to_rows
from stance.labels import splits
from stance.labels.dataset import load_sets
from stance.prediction.model import load
from stance.tracking import store
from stance.tracking.model_folders import in_use
from stance.tracking.runs import find_run, load_predictions


def against_in_use(run: str) -> Differences:
    """Compare a run's model with the one that predict uses now, on the sets that both answered.

    A model that no run of this store made, as the released one, answers the quotes of the run's
    sets when asked. Cross-validated answers have no counterpart and are left out.

    Returns
    -------
    The run minus the model in use, by set and score, paired by article; empty where the run made
    the model in use.
    """
    used = in_use()
    mlflow = store.open_store()
    found = find_run(mlflow, run)
    if used.run == found.info.run_id:
        return {}
    if used.run and _is_tracked(mlflow, used.run):
        return compare_runs(used.run, run)[2]
    table = load_predictions(mlflow, found)
    wanted = set(table["set"]) - {"cv"}
    sets = {name: part for name, part in load_sets().items() if name in wanted}
    if not sets:
        return {}
    names = [str(used), str(found.info.run_name)]
    return compare_tables(names, [answers_of(None, sets), table[table["set"].isin(set(sets))]])


def _is_tracked(mlflow: Any, run: str) -> bool:
    """Tell whether this store has the run: a champion may come from another one."""
    try:
        find_run(mlflow, run)
    except ConfigError:
        return False
    return True


def answers_of(model: str | None, sets: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return a model's predictions of labelled sets, as runs log theirs; None: the model in use."""
    loaded = load(model)
    parts = []
    for name, table in sets.items():
        rows = [{**row, "cue": row["cue"] or ""} for row in to_rows(table)]
        parts.append(prediction_rows(name, table, np.asarray(loaded.probabilities(rows))))
    return pd.concat(parts, ignore_index=True)


def losses(differences: Differences) -> list[str]:
    """Return what stops a promotion: each set on which a loss cannot be ruled out.

    That is a set on which the paired interval of the five-label difference reaches below zero. Sets
    of fewer than `stance.evaluation.bootstrap.FEWEST_ARTICLES` articles are left out: their
    intervals say too little.
    """
    return [
        _loss(name, scores["five"])
        for name, scores in differences.items()
        if scores["five"].unit == "article" and scores["five"].low < 0
    ]


def _loss(name: str, found: Difference) -> str:
    # A gain that may as well be a loss of the same size must not read like a gain.
    worst = f"worse by {-found.value:.3f}" if found.value < 0 else "no clear gain"
    return (
        f"{splits.SETS.get(name, (name,))[0]}: {worst}, it may lose up to {-found.low:.3f} "
        f"({found})"
    )
