"""The released model's head fitted anew to the user's own labels, as a tracked run.

It is cross-validated by own article, and set beside the model it started from on the same quotes.
"""

import dataclasses

import numpy as np
import pandas as pd

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.paths import home
from stance.evaluation.scores import Difference, SetScores
from stance.experiments.comparison import compare_tables
from stance.experiments.config import Data, Experiment, Member
from stance.experiments.cross_validation import Say, prediction_rows, report_on
from stance.experiments.run import RunResult, run
from stance.features.feature_sets import to_rows
from stance.labels.consensus import read_labels
from stance.labels.dataset import to_table
from stance.labels.own_articles import person_judgments
from stance.prediction.model import load
from stance.tracking.runs import load_predictions
from stance.tracking.store import open_store

NAME = "own-head"
FEWEST_LABELS, FOLDS = 10, 5


@dataclasses.dataclass(frozen=True, slots=True)
class Learned:
    """What own labels changed: scores before and after on the same quotes, and the difference.

    ``after`` is cross-validated by article; ``before`` is the model it started from, which did not
    learn from these labels.
    """

    result: RunResult
    n_labels: int
    before: SetScores
    after: SetScores
    difference: Difference


def own_table() -> pd.DataFrame:
    """Return the user's own quotes that a person labelled.

    Raises
    ------
    DataError
        If they are too few to learn from and to cross-validate.
    """
    labels, _ = person_judgments(home() / "labels")
    reports = [
        (article, tuple(quote for quote in quotes if quote.id in labels and not quote.optional))
        for article, quotes in read_labels(home() / "labels")[0]
        if article.origin == "own"
    ]
    n_articles = sum(bool(quotes) for _, quotes in reports)
    # Neither second readings of the project's own quotes nor what is no quote teaches anything.
    n_labels = sum(len(quotes) for _, quotes in reports)
    if n_labels < FEWEST_LABELS or n_articles < 2:
        raise DataError(
            f"labels/own: {counted(n_labels, 'label')} by persons in "
            f"{counted(n_articles, 'article')}; expected {FEWEST_LABELS} or more in two or more "
            "articles; label more (stance labels suggest ARTICLES --out tasks.csv)"
        )
    return to_table(reports, labels).assign(split="own")


def learn(model: str, pull: float, say: Say) -> Learned:
    """Fit the head of ``model`` anew to the own labels, as a tracked run with a model folder.

    Parameters
    ----------
    model
        An adapted model, as `stance.load` takes it.
    pull
        See `stance.training.refitted_heads.RefittedHead`.

    Raises
    ------
    DataError
        If there are too few labels, or the model learned from them.
    ModelError
        If the model is no adapted encoder.
    """
    table = own_table()
    base = load(model)
    known = set(base.card.get("data", {}).get("own", ())) & set(table["quote"])
    if known:
        raise DataError(
            f"model {model!r} learned from {counted(len(known), 'quote')} of these labels already, "
            "so the gain could not be measured; start from one that did not, such as standard"
        )
    member = Member.model_validate(
        {
            "features": {"kind": "rows"},
            "classifier": {"kind": "head", "model": model, "pull": pull},
        }
    )
    folds = min(FOLDS, int(table["article"].nunique()))
    experiment = Experiment(
        name=NAME,
        question=f"Does {model} answer better on my articles with my labels?",
        data=Data(train=["own"], folds=folds, calibrate="none"),
        neutral_in_two=True,
        member=[member],
    )
    result = run(experiment, sets={"own": table}, say=say)
    logged = load_predictions(open_store(), _run_of(result))
    given = np.asarray(
        base.probabilities([{**row, "cue": row["cue"] or ""} for row in to_rows(table)])
    )
    answers = prediction_rows("cv", table, given)
    differences = compare_tables([model, result.run_name], [answers, logged])
    majority = str(table["stance"].mode()[0])
    return Learned(
        result,
        len(table),
        report_on("own", table, given, majority, experiment.seed),
        result.reports["cv"],
        differences["cv"]["five"],
    )


def _run_of(result: RunResult) -> object:
    return open_store().get_run(result.run_id)
