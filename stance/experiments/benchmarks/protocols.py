"""Public stance corpora measured by their official protocols, to compare with published scores.

SemEval-2016 task 6A: learn from ``train``, measure on ``test``, mean of the F1 of favor and of
against (Mohammad et al. 2016). DeSMOG: the given split, and ten times five folds over all rows,
macro-F1 (Luo et al. 2020). VAST: learn from ``train``, measure on ``dev``, macro-F1, F1 of favor
(pro) and against (con), targets seen few times or never (Allaway and McKeown 2020). Settings are
chosen on training rows only.
"""

import dataclasses
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from stance.core.errors import ConfigError, DataError
from stance.core.files import sha256
from stance.core.paths import display_path, home
from stance.evaluation.scores import likeliest
from stance.experiments.benchmarks.classifiers import build_member
from stance.experiments.benchmarks.config import Benchmark
from stance.experiments.benchmarks.corpora import COARSE_STANCES, CORPORA, read_corpus
from stance.experiments.benchmarks.scores import ALL_SCORES, HEADLINE, VOTE, Figure, figure
from stance.experiments.config_files import read_checked
from stance.experiments.cross_validation import Say
from stance.tracking import runs, store


@dataclasses.dataclass(frozen=True, slots=True)
class BenchmarkScores:
    """A tracked benchmark."""

    run_name: str
    figures: list[Figure]


def fit_and_answer(config: Benchmark, train: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    """Return each member's probabilities for the rows asked, shape (n_members, n_rows, 3).

    The columns are favor, against, none.
    """
    out = np.zeros((len(config.member), len(asked), len(COARSE_STANCES)))
    for k, member in enumerate(config.member):
        fitted = build_member(member).fit(train, train["stance"])
        out[k][:, [COARSE_STANCES.index(one) for one in fitted.classes_]] = fitted.predict_proba(
            asked
        )
    return out


def out_of_fold(config: Benchmark, table: pd.DataFrame, folds: int, seed: int) -> np.ndarray:
    """Return each member's probabilities for every row, by models that did not see its text.

    The shape is (n_members, n_rows, 3).
    """
    out = np.zeros((len(config.member), len(table), len(COARSE_STANCES)))
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    for learned, held in splitter.split(table, table["stance"], table["article"]):
        out[:, held] = fit_and_answer(
            config,
            table.iloc[learned].reset_index(drop=True),
            table.iloc[held].reset_index(drop=True),
        )
    return out


def vote(config: Benchmark, probabilities: np.ndarray, none_factor: float = 1.0) -> np.ndarray:
    """Return the weighted mean of the members, shape (n_rows, 3).

    The probability of none is multiplied by a factor.
    """
    mean = np.average(probabilities, axis=0, weights=[member.weight for member in config.member])
    mean = mean * np.where(np.array(COARSE_STANCES) == "none", none_factor, 1.0)
    return np.asarray(mean / mean.sum(axis=1, keepdims=True))


def choose_none_factor(
    config: Benchmark, train: pd.DataFrame, say: Say
) -> tuple[float, Figure | None]:
    """Choose the factor on none that scores best by cross-validation on the training rows.

    Returns the factor and its score; the factor is 1 where there is no choice.
    """
    if len(config.none_factors) == 1:
        return config.none_factors[0], None
    probabilities = out_of_fold(config, train, config.folds, config.seed)
    score, majority = HEADLINE[config.corpus], str(train["stance"].mode()[0])
    for member, alone in zip(config.member, probabilities, strict=True):
        answers = likeliest(alone, COARSE_STANCES)
        value = figure("", "", score, train, [answers], majority).value
        say(f"  {member.name}: {value:.3f} by cross-validation on train")
    tried = {
        factor: figure(
            "train, cross-validated",
            VOTE,
            score,
            train,
            [likeliest(vote(config, probabilities, factor), COARSE_STANCES)],
            majority,
        )
        for factor in config.none_factors
    }
    best = max(tried, key=lambda factor: tried[factor].value)
    say(
        "  factor on none: "
        + ", ".join(f"{factor:g} {one.value:.3f}" for factor, one in tried.items())
        + f"; chosen {best:g}"
    )
    return best, tried[best]


def measure(
    config: Benchmark, table: pd.DataFrame, say: Say = print
) -> tuple[list[Figure], pd.DataFrame]:
    """Measure a corpus by its official protocol.

    Returns
    -------
    figures, answers
        ``answers`` has columns ``set, quote, article, target, stance, predicted`` (no text:
        corpora stay where they are).
    """
    held = "dev" if config.corpus == "vast" else "test"
    train, test = (table[table["split"] == name].reset_index(drop=True) for name in ("train", held))
    for name, part in (("train", train), (held, test)):
        if part["stance"].nunique() < len(COARSE_STANCES):
            raise DataError(
                f"{config.corpus}: {name} has {len(part)} rows of {part['stance'].nunique()} "
                "stances, expected all three; import the whole corpus"
            )
    majority = str(train["stance"].mode()[0])
    factor, found = choose_none_factor(config, train, say)
    say(f"  learning from {len(train)} rows, answering {len(test)}")
    probabilities = fit_and_answer(config, train, test)
    predicted = likeliest(vote(config, probabilities, factor), COARSE_STANCES)
    figures = ([found] if found else []) + _split_figures(config, test, held, predicted, majority)
    for member, alone in zip(config.member, probabilities, strict=True):
        figures.append(
            figure(
                held,
                f"{member.name} alone",
                HEADLINE[config.corpus],
                test,
                [likeliest(alone, COARSE_STANCES)],
                majority,
            )
        )
    answers = [test.assign(set=held, predicted=predicted)]
    if config.corpus == "desmog":
        whole, repeated = _repeated(config, table, say)
        figures += whole
        answers.append(table.assign(set="folds", predicted=repeated))
    columns = ["set", "quote", "article", "target", "stance", "predicted"]
    return figures, pd.concat(answers)[columns].reset_index(drop=True)


def _split_figures(
    config: Benchmark, test: pd.DataFrame, held: str, predicted: list[str], majority: str
) -> list[Figure]:
    scores = ALL_SCORES[config.corpus]
    answered = test.assign(predicted=predicted)
    figures = [figure(held, VOTE, score, answered, [predicted], majority) for score in scores]
    column = {"semeval2016": "target", "vast": "subset"}.get(config.corpus)
    for value, part in answered.groupby(column) if column else []:
        own = scores if column == "subset" else scores[:1]
        figures += [
            figure(f"{held}: {value}", VOTE, score, part, [list(part["predicted"])], majority)
            for score in own
        ]
    return figures


def _repeated(config: Benchmark, table: pd.DataFrame, say: Say) -> tuple[list[Figure], list[str]]:
    """Cross-validate in five folds over all rows, drawn several times.

    Returns the mean over the draws, and the answers of the first.
    """
    majority = str(table["stance"].mode()[0])
    drawn = []
    for repeat in range(config.repeats):
        drawn.append(out_of_fold(config, table, 5, config.seed + repeat))
        one = figure(
            "",
            VOTE,
            "macro-F1",
            table,
            [likeliest(vote(config, drawn[-1]), COARSE_STANCES)],
            majority,
        )
        say(f"  five folds, draw {repeat + 1} of {config.repeats}: macro-F1 {one.value:.3f}")
    where = f"{config.repeats} x 5 folds"
    votes = [likeliest(vote(config, one), COARSE_STANCES) for one in drawn]
    figures = [figure(where, VOTE, "macro-F1", table, votes, majority)]
    for k, member in enumerate(config.member):
        figures.append(
            figure(
                where,
                f"{member.name} alone",
                "macro-F1",
                table,
                [likeliest(one[k], COARSE_STANCES) for one in drawn],
                majority,
            )
        )
    return figures, votes[0]


def run_benchmark(
    corpus: str,
    file: Path | None = None,
    experiment: Path | None = None,
    settings: list[str] | None = None,
    say: Say = print,
) -> BenchmarkScores:
    """Measure one corpus as a tracked run.

    Parameters
    ----------
    corpus
        A key of `stance.experiments.benchmarks.corpora.CORPORA`.
    file
        The corpus; what ``stance benchmark import`` stored when None.
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
        raise DataError(
            f"{display_path(file)}: no such file; stance benchmark import {corpus} FILE "
            "stores the corpus there, or give its FILE"
        )
    experiment = experiment or home() / "experiments" / "benchmarks" / f"{corpus}.toml"
    config = read_checked(experiment, Benchmark, settings)
    if config.corpus != corpus:
        raise ConfigError(
            f"{display_path(experiment)}: is about {config.corpus}, asked was {corpus}; give "
            "--experiment another file"
        )
    table = read_corpus(corpus, file)
    say(f"{config.name}: {config.question}")
    mlflow = store.open_store()
    with runs.start_run(mlflow, "benchmark", config.name, config.question) as started:
        start = time.monotonic()
        figures, answers = measure(config, table, say)
        _log(mlflow, config, file, figures, answers, time.monotonic() - start)
    return BenchmarkScores(str(started.info.run_name), figures)


def _log(
    mlflow: Any,
    config: Benchmark,
    file: Path,
    figures: list[Figure],
    answers: pd.DataFrame,
    seconds: float,
) -> None:
    mlflow.log_params(
        {
            "experiment": config.name,
            "corpus": config.corpus,
            "seed": config.seed,
            "members": ", ".join(one.name for one in config.member),
        }
    )
    mlflow.log_params({"corpus_sha256": sha256(file)})
    mlflow.log_dict(config.model_dump(), "experiment.json")
    mlflow.log_table(pd.DataFrame([dataclasses.asdict(one) for one in figures]), "figures.json")
    mlflow.log_table(answers, "answers.json")
    metrics = {f"{one.where} {one.model} {one.score}": one for one in figures}
    mlflow.log_metrics(
        {metric_name(key): round(one.value, 4) for key, one in metrics.items()}
        | {"seconds": round(seconds, 1)}
    )


def metric_name(words: str) -> str:
    """Return a name that MLflow takes: letters, digits and underscores.

    >>> metric_name("test: Atheism vote F_avg")
    'test_Atheism_vote_F_avg'
    """
    return "_".join(
        "".join(letter if letter.isalnum() or letter == "_" else " " for letter in words).split()
    )
