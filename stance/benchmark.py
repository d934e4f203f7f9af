"""Public stance corpora by their official protocols: what our kinds of features and classifiers reach where others were measured.

SemEval-2016 task 6A: learn from ``train``, measure on ``test``, mean of the F1 of favor and of against (Mohammad et al. 2016). DeSMOG: the given
split, and ten times five folds over all rows, macro-F1 (Luo et al. 2020). VAST: learn from ``train``, measure on ``dev``, macro-F1, F1 of favor (pro)
and against (con), targets seen few times or never (Allaway and McKeown 2020). Settings are chosen on training rows only.
"""

import dataclasses
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from stance import tracking
from stance.bootstrap import bounds, draw_sums
from stance.config import Strict, read_checked
from stance.corpora import COARSE_STANCES, CORPORA, read_corpus
from stance.errors import ConfigError, DataError
from stance.evaluate import class_f1
from stance.finetune import FineTuned, locate_weights
from stance.home import home, sha256, shown
from stance.pairs import build_blocks

Say = Callable[[str], None]
Scorer = Callable[[np.ndarray], np.ndarray]
Block = Literal["words", "chars", "target", "crossed", "vectors", "pair", "nearness"]
DENSE = ("vectors", "pair", "nearness")
VOTE = "vote"


class Linear(Strict):
    """Logistic regression, or a linear SVM whose margins are made probabilities."""

    kind: Literal["logreg", "svm"]
    C: float = Field(default=1.0, gt=0)


class Kernel(Strict):
    """A support vector machine with a radial kernel."""

    kind: Literal["rbf"]
    C: float = Field(default=3.0, gt=0)


class Network(Strict):
    """The mean of small networks with one hidden layer, each from a start of its own."""

    kind: Literal["mlp"]
    hidden: int = Field(default=128, ge=1, le=2048)
    alpha: float = Field(default=1e-3, ge=0)
    epochs: int = Field(default=10, ge=1, le=200)
    n: int = Field(default=3, ge=1, le=20)


class Boosting(Strict):
    """Gradient-boosted trees; for blocks without n-grams."""

    kind: Literal["boosting"]
    rounds: int = Field(default=150, ge=1, le=2000)
    learning_rate: float = Field(default=0.06, gt=0, le=1)


class Encoder(Strict):
    """The encoder itself trained further, see `stance.finetune.FineTuned`: the mean of ``n`` from starts of their own. Needs the extra ``finetune``.

    It reads the text, no blocks. What it learns is answered with and forgotten: no corpus's licence lets it go into a model.
    """

    kind: Literal["finetuned"]
    n: int = Field(default=1, ge=1, le=20)
    epochs: int = Field(default=6, ge=1, le=50)
    learning_rate: float = Field(default=1e-4, gt=0, le=1e-2)
    layer_decay: float = Field(default=0.85, gt=0, le=1)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mask_share: float = Field(default=0.1, ge=0, le=0.5)
    batch_size: int = Field(default=16, ge=1, le=256)
    r_drop: float = Field(default=0.0, ge=0)
    contrast: float = Field(default=0.0, ge=0, le=10, description="weight of a loss that draws texts of one class together")
    certainty: bool = Field(default=False, description="desmog: learn how sure the annotators were, not only what they said")
    precision: Literal["float32", "bfloat16"] = Field(default="float32", description="bfloat16: half the time on processors that can multiply so")


class Member(Strict):
    """One pipeline of the soft vote."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,30}$")
    weight: float = Field(default=1.0, gt=0)
    blocks: list[Block] = Field(default_factory=list)
    words: list[int] = Field(default=[1, 3], min_length=2, max_length=2)
    chars: list[int] = Field(default=[2, 5], min_length=2, max_length=2)
    min_df: int = Field(default=2, ge=1)
    per_target: bool = Field(default=False, description="one model a target, for corpora with few")
    classifier: Annotated[Linear | Kernel | Network | Boosting | Encoder, Field(discriminator="kind")]

    @model_validator(mode="after")
    def _fits(self) -> "Member":
        if (self.classifier.kind == "finetuned") == bool(self.blocks):
            raise ValueError("finetuned reads the text itself and takes no blocks" if self.blocks else f"{self.classifier.kind} needs blocks, at least one")
        sparse = [name for name in self.blocks if name not in DENSE]
        if sparse and self.classifier.kind in ("mlp", "boosting"):
            raise ValueError(f"{self.classifier.kind} takes the blocks {', '.join(DENSE)} only, not the n-grams of {', '.join(sparse)}")
        return self


class Benchmark(Strict):
    """One corpus and the models that are measured on it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    question: str = Field(min_length=10)
    corpus: Literal["semeval2016", "desmog", "vast"]
    seed: int = Field(default=13, ge=0, lt=2**32)
    folds: int = Field(default=5, ge=2, le=20, description="folds over the training rows that choose none_factor")
    repeats: int = Field(default=10, ge=1, le=20, description="desmog: how often the five folds over all rows are drawn")
    none_factors: list[Annotated[float, Field(gt=0)]] = Field(default=[1.0], min_length=1, description="factors on the probability of none, one is chosen")
    member: list[Member] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_how_sure(self) -> "Benchmark":
        wants = [one.name for one in self.member if isinstance(one.classifier, Encoder) and one.classifier.certainty]
        if wants and self.corpus != "desmog":
            raise ValueError(f"{', '.join(wants)}: certainty is known for desmog only, not for {self.corpus}")
        return self


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One score of one model, beside the majority baseline, with its bootstrap interval (95%, by text) and what it rests on."""

    where: str
    model: str
    score: str
    value: float
    low: float
    high: float
    majority: float
    n_rows: int
    n_texts: int


@dataclasses.dataclass(frozen=True, slots=True)
class Measured:
    """A tracked benchmark."""

    run_name: str
    figures: list[Figure]


class Margins(ClassifierMixin, BaseEstimator):
    """Probabilities from a support vector machine: the softmax of its margins. Right in order, not calibrated."""

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
            # The number of epochs is a setting, chosen by cross-validation: ending there is no fault.
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.fitted_ = [clone(self.inner).set_params(**{self.seed_name: self.seed + k}).fit(X, y) for k in range(self.n)]
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
        self.models_ = {target: clone(self.inner).fit(X[rows], y[rows]) for target, rows in wanted.items() if y[rows].nunique() > 1}
        self.rest_ = clone(self.inner).fit(X, y) if len(self.models_) < len(wanted) or not wanted else None
        self.all_ = (X, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return shape (n_rows, n_classes), columns in the order of ``classes_``."""
        out = np.zeros((len(X), len(self.classes_)))
        for target in X["target"].unique():
            rows = (X["target"] == target).to_numpy()
            model = self.models_.get(target) or self._rest()
            out[np.ix_(rows, [list(self.classes_).index(one) for one in model.classes_])] = model.predict_proba(X[rows])
        return out

    def _rest(self) -> Any:
        # Most corpora never ask: the model of all targets is fitted when the first unknown one comes.
        if self.rest_ is None:
            self.rest_ = clone(self.inner).fit(*self.all_)
        return self.rest_


def build_member(member: Member, seed: int) -> Any:
    """Return the pipeline that a member describes."""
    if isinstance(member.classifier, Encoder):
        encoder = Mean(FineTuned("text", **member.classifier.model_dump(exclude={"kind", "n"})), member.classifier.n, seed, "seed")
        return PerTarget(encoder) if member.per_target else encoder
    blocks = build_blocks(member.blocks, (member.words[0], member.words[1]), (member.chars[0], member.chars[1]), member.min_df)
    pipeline = Pipeline([("blocks", blocks), ("classifier", _classifier(member.classifier, seed))])
    return PerTarget(pipeline) if member.per_target else pipeline


def _classifier(given: Linear | Kernel | Network | Boosting, seed: int) -> Any:
    if isinstance(given, Kernel):
        return Margins(SVC(C=given.C))
    if isinstance(given, Network):
        network = MLPClassifier((given.hidden,), alpha=given.alpha, max_iter=given.epochs, batch_size=64, n_iter_no_change=given.epochs)
        return make_pipeline(StandardScaler(), Mean(network, given.n, seed))
    if isinstance(given, Boosting):
        return HistGradientBoostingClassifier(max_iter=given.rounds, learning_rate=given.learning_rate, early_stopping=False, random_state=seed)
    return LogisticRegression(C=given.C, max_iter=1000) if given.kind == "logreg" else Margins(LinearSVC(C=given.C, random_state=seed))


def fit_and_answer(config: Benchmark, train: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    """Return each member's probabilities for the rows asked, shape (n_members, n_rows, 3), columns favor, against, none."""
    out = np.zeros((len(config.member), len(asked), len(COARSE_STANCES)))
    for k, member in enumerate(config.member):
        fitted = build_member(member, config.seed).fit(train, train["stance"])
        out[k][:, [COARSE_STANCES.index(one) for one in fitted.classes_]] = fitted.predict_proba(asked)
    return out


def out_of_fold(config: Benchmark, table: pd.DataFrame, folds: int, seed: int) -> np.ndarray:
    """Return each member's probabilities for every row by models that saw neither it nor its text, shape (n_members, n_rows, 3)."""
    out = np.zeros((len(config.member), len(table), len(COARSE_STANCES)))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for learned, held in splitter.split(table, table["stance"], table["article"]):
        out[:, held] = fit_and_answer(config, table.iloc[learned].reset_index(drop=True), table.iloc[held].reset_index(drop=True))
    return out


def vote(config: Benchmark, probabilities: np.ndarray, none_factor: float = 1.0) -> np.ndarray:
    """Return the weighted mean of the members, shape (n_rows, 3), with none made likelier or less likely by a factor."""
    mean = np.average(probabilities, axis=0, weights=[member.weight for member in config.member])
    mean = mean * np.where(np.array(COARSE_STANCES) == "none", none_factor, 1.0)
    return np.asarray(mean / mean.sum(axis=1, keepdims=True))


SCORES: dict[str, Scorer] = {
    "F_avg": lambda tables: class_f1(tables)[..., :2].mean(axis=-1),
    "macro-F1": lambda tables: class_f1(tables).mean(axis=-1),
    "F1 pro": lambda tables: class_f1(tables)[..., 0],
    "F1 con": lambda tables: class_f1(tables)[..., 1],
    "F1 none": lambda tables: class_f1(tables)[..., 2],
}
SCORES["pro/con mean"] = SCORES["F_avg"]
HEADLINE = {"semeval2016": "F_avg", "desmog": "macro-F1", "vast": "macro-F1"}
ALL_SCORES = {"semeval2016": ["F_avg"], "desmog": ["macro-F1"], "vast": ["macro-F1", "F1 pro", "F1 con", "pro/con mean", "F1 none"]}


def tables_by_text(truth: Sequence[str], answers: Sequence[Sequence[str]], texts: Sequence[str]) -> np.ndarray:
    """Return confusion tables, shape (n_texts, n_repeats, 3, 3): one a text and repetition, rows truth, columns answers."""
    names = {name: k for k, name in enumerate(dict.fromkeys(texts))}
    out = np.zeros((len(names), len(answers), len(COARSE_STANCES), len(COARSE_STANCES)), dtype=np.int64)
    place, rows = [names[text] for text in texts], [COARSE_STANCES.index(one) for one in truth]
    for repeat, given in enumerate(answers):
        np.add.at(out, (place, repeat, rows, [COARSE_STANCES.index(one) for one in given]), 1)
    return out


def figure(where: str, model: str, score: str, table: pd.DataFrame, answers: Sequence[Sequence[str]], majority: str, seed: int = 0) -> Figure:
    """Score the answers for a table; several repetitions are scored one by one, and their mean is the value."""
    texts = list(table["article"])
    counts = tables_by_text(list(table["stance"]), answers, texts)
    base = tables_by_text(list(table["stance"]), [[majority] * len(table)], texts).sum(axis=(0, 1))
    scorer = SCORES[score]
    low, high = bounds(scorer(draw_sums(counts, seed=seed)).mean(axis=-1))
    return Figure(where, model, score, float(scorer(counts.sum(axis=0)).mean()), low, high, float(scorer(base)), len(table), len(counts))


def named(probabilities: np.ndarray) -> list[str]:
    """Return the likeliest stance of each row."""
    return [COARSE_STANCES[k] for k in probabilities.argmax(axis=1)]


def choose_none_factor(config: Benchmark, train: pd.DataFrame, say: Say) -> tuple[float, Figure | None]:
    """Return the factor on none that scores best by cross-validation on the training rows, and that score; 1 where there is no choice."""
    if len(config.none_factors) == 1:
        return config.none_factors[0], None
    probabilities = out_of_fold(config, train, config.folds, config.seed)
    score, majority = HEADLINE[config.corpus], str(train["stance"].mode()[0])
    for member, alone in zip(config.member, probabilities, strict=True):
        say(f"  {member.name}: {figure('', '', score, train, [named(alone)], majority).value:.3f} by cross-validation on train")
    tried = {
        factor: figure("train, cross-validated", VOTE, score, train, [named(vote(config, probabilities, factor))], majority) for factor in config.none_factors
    }
    best = max(tried, key=lambda factor: tried[factor].value)
    say("  factor on none: " + ", ".join(f"{factor:g} {one.value:.3f}" for factor, one in tried.items()) + f"; chosen {best:g}")
    return best, tried[best]


def measure(config: Benchmark, table: pd.DataFrame, say: Say = print) -> tuple[list[Figure], pd.DataFrame]:
    """Measure a corpus by its official protocol.

    Returns
    -------
    figures, answers
        ``answers`` has columns ``set, quote, article, target, stance, predicted`` (no text: corpora stay where they are).
    """
    held = "dev" if config.corpus == "vast" else "test"
    train, test = (table[table["split"] == name].reset_index(drop=True) for name in ("train", held))
    for name, part in (("train", train), (held, test)):
        if part["stance"].nunique() < len(COARSE_STANCES):
            raise DataError(f"{config.corpus}: {name} has {len(part)} rows of {part['stance'].nunique()} stances, expected all three; import the whole corpus")
    majority = str(train["stance"].mode()[0])
    factor, found = choose_none_factor(config, train, say)
    say(f"  learning from {len(train)} rows, answering {len(test)}")
    probabilities = fit_and_answer(config, train, test)
    predicted = named(vote(config, probabilities, factor))
    figures = ([found] if found else []) + _split_figures(config, test, held, predicted, majority)
    for member, alone in zip(config.member, probabilities, strict=True):
        figures.append(figure(held, f"{member.name} alone", HEADLINE[config.corpus], test, [named(alone)], majority))
    answers = [test.assign(set=held, predicted=predicted)]
    if config.corpus == "desmog":
        whole, repeated = _repeated(config, table, say)
        figures += whole
        answers.append(table.assign(set="folds", predicted=repeated))
    columns = ["set", "quote", "article", "target", "stance", "predicted"]
    return figures, pd.concat(answers)[columns].reset_index(drop=True)


def _split_figures(config: Benchmark, test: pd.DataFrame, held: str, predicted: list[str], majority: str) -> list[Figure]:
    scores = ALL_SCORES[config.corpus]
    answered = test.assign(predicted=predicted)
    figures = [figure(held, VOTE, score, answered, [predicted], majority) for score in scores]
    column = {"semeval2016": "target", "vast": "subset"}.get(config.corpus)
    for value, part in answered.groupby(column) if column else []:
        own = scores if column == "subset" else scores[:1]
        figures += [figure(f"{held}: {value}", VOTE, score, part, [list(part["predicted"])], majority) for score in own]
    return figures


def _repeated(config: Benchmark, table: pd.DataFrame, say: Say) -> tuple[list[Figure], list[str]]:
    """Five folds over all rows, drawn again and again: the mean over the draws, and the answers of the first."""
    majority = str(table["stance"].mode()[0])
    drawn = []
    for repeat in range(config.repeats):
        drawn.append(out_of_fold(config, table, 5, config.seed + repeat))
        one = figure("", VOTE, "macro-F1", table, [named(vote(config, drawn[-1]))], majority)
        say(f"  five folds, draw {repeat + 1} of {config.repeats}: macro-F1 {one.value:.3f}")
    where = f"{config.repeats} x 5 folds"
    votes = [named(vote(config, one)) for one in drawn]
    figures = [figure(where, VOTE, "macro-F1", table, votes, majority)]
    for k, member in enumerate(config.member):
        figures.append(figure(where, f"{member.name} alone", "macro-F1", table, [named(one[k]) for one in drawn], majority))
    return figures, votes[0]


def run_benchmark(corpus: str, file: Path | None = None, experiment: Path | None = None, settings: list[str] | None = None, say: Say = print) -> Measured:
    """Measure one corpus as a tracked run.

    Parameters
    ----------
    corpus
        A key of `stance.corpora.CORPORA`.
    file
        The corpus; what ``stance import`` stored when None.
    experiment
        A TOML file; ``experiments/benchmarks/CORPUS.toml`` when None.

    Raises
    ------
    DataError
        If the corpus is unknown, not there, or not what it should be.
    ConfigError
        If the experiment has faults, or is about another corpus.
    """
    if corpus not in CORPORA:
        raise DataError(f"corpus {corpus!r} is unknown; expected one of {', '.join(CORPORA)}")
    file = file or home() / "data" / f"{corpus}.csv"
    if not file.is_file():
        raise DataError(f"{shown(file)}: no such file; stance import {corpus} FILE stores the corpus there, or give its FILE")
    experiment = experiment or home() / "experiments" / "benchmarks" / f"{corpus}.toml"
    config = read_checked(experiment, Benchmark, settings)
    if config.corpus != corpus:
        raise ConfigError(f"{shown(experiment)}: is about {config.corpus}, asked was {corpus}; give --experiment another file")
    table = read_corpus(corpus, file)
    if any(member.classifier.kind == "finetuned" for member in config.member):
        locate_weights()  # what is missing is told now, not behind the other members
    say(f"{config.name}: {config.question}")
    mlflow = tracking.open_store()
    name = f"{config.name}-{time.strftime('%m%d-%H%M%S')}"
    with tracking.tracked_run(
        mlflow, name, {"kind": "benchmark", "question": config.question, "commit": tracking.commit(), "mlflow.note.content": config.question}
    ):
        start = time.monotonic()
        figures, answers = measure(config, table, say)
        _log(mlflow, config, file, figures, answers, time.monotonic() - start)
    return Measured(name, figures)


def _log(mlflow: Any, config: Benchmark, file: Path, figures: list[Figure], answers: pd.DataFrame, seconds: float) -> None:
    mlflow.log_params({"experiment": config.name, "corpus": config.corpus, "seed": config.seed, "members": ", ".join(one.name for one in config.member)})
    mlflow.log_params({"corpus_sha256": sha256(file)})
    mlflow.log_dict(config.model_dump(), "experiment.json")
    mlflow.log_table(pd.DataFrame([dataclasses.asdict(one) for one in figures]), "figures.json")
    mlflow.log_table(answers, "answers.json")
    metrics = {f"{one.where} {one.model} {one.score}": one for one in figures}
    mlflow.log_metrics({metric_name(key): round(one.value, 4) for key, one in metrics.items()} | {"seconds": round(seconds, 1)})


def metric_name(words: str) -> str:
    """Return a name that MLflow takes: letters, digits and underscores.

    >>> metric_name("test: Atheism vote F_avg")
    'test_Atheism_vote_F_avg'
    """
    return "_".join("".join(letter if letter.isalnum() or letter == "_" else " " for letter in words).split())
