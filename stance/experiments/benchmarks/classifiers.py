"""The pipelines that benchmarks fit."""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline

from stance.experiments.benchmarks.config import BenchmarkMember
from stance.experiments.benchmarks.pair_features import build_blocks
from stance.training.classifiers import logreg


class PerTarget(ClassifierMixin, BaseEstimator):
    """One model for each target; an unknown target is answered by a model of all targets."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Learn from a table with a column ``target``."""
        self.classes_ = np.array(sorted(set(y)))
        rows_of = {target: (X["target"] == target).to_numpy() for target in X["target"].unique()}
        # A target with one stance only teaches nothing by itself.
        self.models_ = {
            target: clone(self.inner).fit(X[rows], y[rows])
            for target, rows in rows_of.items()
            if y[rows].nunique() > 1
        }
        self.model_of_all_: Any = None
        self.learned_from_ = (X, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return shape (n_rows, n_classes), columns in the order of ``classes_``."""
        out = np.zeros((len(X), len(self.classes_)))
        for target in X["target"].unique():
            rows = (X["target"] == target).to_numpy()
            model = self.models_.get(target) or self._model_of_all()
            columns = [list(self.classes_).index(label) for label in model.classes_]
            out[np.ix_(rows, columns)] = model.predict_proba(X[rows])
        return out

    def _model_of_all(self) -> Any:
        # Most corpora never ask: it is fitted when the first unknown target comes.
        if self.model_of_all_ is None:
            self.model_of_all_ = clone(self.inner).fit(*self.learned_from_)
        return self.model_of_all_


def build_member(member: BenchmarkMember) -> Any:
    """Return the pipeline that a member describes."""
    blocks = build_blocks(
        member.blocks,
        (member.words[0], member.words[1]),
        (member.chars[0], member.chars[1]),
        member.min_df,
    )
    pipeline = Pipeline([("blocks", blocks), ("classifier", logreg(C=member.C))])
    return PerTarget(pipeline) if member.per_target else pipeline
