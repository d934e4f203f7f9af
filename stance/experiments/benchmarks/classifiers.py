"""The classifiers that benchmarks add to those of training."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from stance.experiments.benchmarks.config import Boosting, Encoder, Kernel, Linear, Member, Network
from stance.experiments.benchmarks.pair_features import build_blocks
from stance.training.finetuning import FineTuned


class Margins(ClassifierMixin, BaseEstimator):
    """Probabilities from a support vector machine: the softmax of its margins.

    Right in order, not calibrated.
    """

    def __init__(self, machine: Any, sharpness: float = 2.0) -> None:
        self.machine = machine
        self.sharpness = sharpness

    def fit(self, X: Any, y: Sequence[str]) -> Self:
        """Learn."""
        self.machine_ = clone(self.machine).fit(X, y)
        self.classes_ = self.machine_.classes_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shape (n_rows, n_classes)."""
        margins = self.machine_.decision_function(X)
        if margins.ndim == 1:
            margins = np.stack([-margins, margins], axis=1) / 2
        raised = np.exp(self.sharpness * (margins - margins.max(axis=1, keepdims=True)))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


class Mean(ClassifierMixin, BaseEstimator):
    """The mean of the same classifier from several starts."""

    def __init__(self, inner: Any, n: int, seed: int, seed_name: str = "random_state") -> None:
        self.inner = inner
        self.n = n
        self.seed = seed
        self.seed_name = seed_name

    def fit(self, X: Any, y: Sequence[str]) -> Self:
        """Learn ``n`` times."""
        with warnings.catch_warnings():
            # The number of epochs is a setting, chosen by cross-validation: ending there is no
            # fault.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.fitted_ = [
                clone(self.inner).set_params(**{self.seed_name: self.seed + k}).fit(X, y)
                for k in range(self.n)
            ]
        self.classes_ = self.fitted_[0].classes_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return shape (n_rows, n_classes)."""
        return np.asarray(np.mean([one.predict_proba(X) for one in self.fitted_], axis=0))


class PerTarget(ClassifierMixin, BaseEstimator):
    """One model a target; a target that was not learned from is asked of one model of all."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def fit(self, X: pd.DataFrame, y: pd.Series) -> Self:
        """Learn from a table with a column ``target``."""
        self.classes_ = np.array(sorted(set(y)))
        wanted = {target: (X["target"] == target).to_numpy() for target in X["target"].unique()}
        # A target with one stance only teaches nothing by itself.
        self.models_ = {
            target: clone(self.inner).fit(X[rows], y[rows])
            for target, rows in wanted.items()
            if y[rows].nunique() > 1
        }
        self.rest_ = (
            clone(self.inner).fit(X, y) if len(self.models_) < len(wanted) or not wanted else None
        )
        self.all_ = (X, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return shape (n_rows, n_classes), columns in the order of ``classes_``."""
        out = np.zeros((len(X), len(self.classes_)))
        for target in X["target"].unique():
            rows = (X["target"] == target).to_numpy()
            model = self.models_.get(target) or self._rest()
            out[np.ix_(rows, [list(self.classes_).index(one) for one in model.classes_])] = (
                model.predict_proba(X[rows])
            )
        return out

    def _rest(self) -> Any:
        # Most corpora never ask: the model of all targets is fitted when the first unknown one
        # comes.
        if self.rest_ is None:
            self.rest_ = clone(self.inner).fit(*self.all_)
        return self.rest_


def build_member(member: Member, seed: int) -> Any:
    """Return the pipeline that a member describes."""
    if isinstance(member.classifier, Encoder):
        encoder = Mean(
            FineTuned("text", **member.classifier.model_dump(exclude={"kind", "n"})),
            member.classifier.n,
            seed,
            "seed",
        )
        return PerTarget(encoder) if member.per_target else encoder
    blocks = build_blocks(
        member.blocks,
        (member.words[0], member.words[1]),
        (member.chars[0], member.chars[1]),
        member.min_df,
    )
    pipeline = Pipeline([("blocks", blocks), ("classifier", _classifier(member.classifier, seed))])
    return PerTarget(pipeline) if member.per_target else pipeline


def _classifier(given: Linear | Kernel | Network | Boosting, seed: int) -> Any:
    if isinstance(given, Kernel):
        return Margins(SVC(C=given.C))
    if isinstance(given, Network):
        network = MLPClassifier(
            (given.hidden,),
            alpha=given.alpha,
            max_iter=given.epochs,
            batch_size=64,
            n_iter_no_change=given.epochs,
        )
        return make_pipeline(StandardScaler(), Mean(network, given.n, seed))
    if isinstance(given, Boosting):
        return HistGradientBoostingClassifier(
            max_iter=given.rounds,
            learning_rate=given.learning_rate,
            early_stopping=False,
            random_state=seed,
        )
    return (
        LogisticRegression(C=given.C, max_iter=1000)
        if given.kind == "logreg"
        else Margins(LinearSVC(C=given.C, random_state=seed))
    )
