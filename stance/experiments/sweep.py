"""Sweeps: many settings of one experiment, tried by cross-validation on the training reports.

The best score among many trials is too high, because it was picked for being high. So it is never
the result. The result of a sweep is the score of the chosen setting on sets that no trial saw
(validation and test reports, real news), next to the score of the unchanged experiment.
"""

import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stance.core.errors import ConfigError, DataError, StanceError, install_hint
from stance.core.paths import home
from stance.core.types import STANCES
from stance.evaluation.scores import (
    compare,
    likeliest,
    macro_f1,
    paired_tables,
    to_coarse,
)
from stance.experiments.config import Experiment, with_values
from stance.experiments.cross_validation import (
    Say,
    confusion,
    fit,
    report_on,
    training_table,
    warm_encoders,
)
from stance.experiments.sweep_results import (
    Outer,
    SweepResult,
    log_outcome,
    log_settings,
    log_trials,
    readable,
)
from stance.experiments.trials import Sweep, Trials, read_sweep
from stance.features.tfidf import shared_counts
from stance.labels import dataset
from stance.labels.dataset import load_sets
from stance.tracking import runs, store
from stance.training.classifiers import probabilities

Folds = list[tuple[np.ndarray, np.ndarray]]
# Never learned from in a sweep, whatever the experiment learns from.
OUTER = ("validation", "test")


def score_setting(given: dict[str, Any], table: pd.DataFrame, folds: Folds) -> dict[str, Any]:
    """Cross-validate one setting, in any process.

    Returns ``f1``, ``coarse``, ``sd`` over the folds and ``seconds``, or ``fault`` where the
    setting cannot be fitted.
    """
    start = time.perf_counter()
    try:
        predicted = _out_of_fold(Experiment.model_validate(given), table, folds)
    except (ValueError, ArithmeticError, MemoryError, StanceError) as fault:
        return {
            "fault": f"{type(fault).__name__}: {str(fault).splitlines()[0] if str(fault) else ''}"
        }
    tables = [confusion(table.iloc[left_out], predicted[left_out]) for _, left_out in folds]
    whole = np.concatenate(tables).sum(axis=0)
    spread = [float(macro_f1(one.sum(axis=0))) for one in tables]
    scores = {
        "f1": float(macro_f1(whole)),
        "coarse": float(macro_f1(to_coarse(whole))),
        "sd": float(np.std(spread, ddof=1)),
    }
    return {
        **{key: round(value, 6) for key, value in scores.items()},
        "seconds": round(time.perf_counter() - start, 2),
    }


@shared_counts()
def _out_of_fold(experiment: Experiment, table: pd.DataFrame, folds: Folds) -> np.ndarray:
    predicted = np.zeros((len(table), len(STANCES)))
    for learned, left_out in folds:
        fitted = fit(experiment, table.iloc[learned])
        predicted[left_out] = probabilities(fitted, table.iloc[left_out])
    return predicted


@contextlib.contextmanager
def workers(backend: str, jobs: int) -> Iterator[None]:
    """Let joblib work in this process (one job), in several, or on a Dask cluster.

    ``backend`` is joblib, dask (a cluster on this machine), or the address of a Dask scheduler.

    Raises
    ------
    ConfigError
        If the backend is unknown or not installed, or the scheduler does not answer.
    """
    import joblib

    if backend == "dask" or "://" in backend:
        with _dask_client(backend, jobs), joblib.parallel_config(backend="dask", n_jobs=jobs):
            yield
        return
    if backend != "joblib":
        raise ConfigError(f"--backend {backend!r}: expected joblib, dask, or tcp://HOST:8786")
    with joblib.parallel_config(backend="loky", n_jobs=jobs):
        yield


@contextlib.contextmanager
def _dask_client(backend: str, jobs: int) -> Iterator[None]:
    try:
        from dask.distributed import Client, LocalCluster
    except ImportError as fault:
        raise ConfigError(
            f"{fault.name} is not installed; --backend dask needs it: {install_hint('dask')}"
        ) from fault
    with contextlib.ExitStack() as stack:
        if backend == "dask":
            # This machine only, and no dashboard: a cluster runs what it is sent.
            place = stack.enter_context(
                LocalCluster(
                    n_workers=jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
                )
            )
        else:
            place = backend
        try:
            stack.enter_context(Client(place, timeout="30s"))
        except (OSError, ValueError) as fault:
            raise ConfigError(
                f"--backend {backend}: no Dask scheduler answers there ({fault}); check the "
                "address, such as tcp://10.0.0.5:8786"
            ) from fault
        yield


def run_sweep(
    path: Path,
    *,
    jobs: int = 1,
    backend: str = "joblib",
    sets: dict[str, pd.DataFrame] | None = None,
    say: Say = print,
) -> SweepResult:
    """Run a sweep as one tracked run, or continue one that was interrupted.

    Parameters
    ----------
    path
        A TOML file, see `Sweep`.
    jobs
        Trials at a time.
    backend
        ``joblib`` (processes), ``dask`` (a cluster on this machine, the extra ``dask``), or the
        address of a Dask scheduler, whose workers have the same packages and labels.
    sets
        Tables by split; read from ``labels/`` when None.
    say
        Takes lines of progress.

    Raises
    ------
    ConfigError
        If the file has faults, or its experiment learns from what a sweep measures on only.
    DataError
        If nothing is left to measure on, or no trial could be fitted.
    """
    sweep, base = read_sweep(path)
    sets = sets if sets is not None else load_sets()
    if not set(base.data.train) - set(OUTER):
        raise ConfigError(
            f"{sweep.base}: learns from {', '.join(base.data.train)} only, which a sweep measures "
            "on; add 'train' to data.train"
        )
    inner = base.model_copy(
        update={
            "data": base.data.model_copy(
                update={"train": [name for name in base.data.train if name not in OUTER]}
            )
        }
    )
    table = training_table(inner, sets)
    unseen = dataset.measured_sets(sets, inner.data.train)
    if not unseen:
        raise DataError(
            f"{sweep.name}: every labelled report is learned from; a sweep needs validation or "
            "test reports (labels/splits.toml)"
        )
    warm_encoders(inner, [table, *unseen.values()])
    kept = home() / ".cache" / "sweeps" / f"{sweep.name}-{_digest(sweep, inner, table)}.db"
    trials = Trials(sweep, kept)
    mlflow = store.open_store()
    run_id = _former_run(mlflow, trials)
    with runs.start_run(mlflow, "sweep", sweep.name, sweep.question, run_id=run_id) as started:
        trials.study.set_user_attr("run_id", started.info.run_id)
        if run_id:
            say(
                f"  going on with run {started.info.run_name}: {len(trials.table())} of "
                f"{trials.n_wanted} trials are done"
            )
        log_settings(mlflow, sweep, inner, table)
        with workers(backend, jobs):
            _do_trials(mlflow, trials, inner, table, jobs, say)
        chosen, score = trials.best()
        outer = measure_outer(with_values(inner, chosen), inner, table, unseen)
        found = SweepResult(
            str(started.info.run_name),
            str(started.info.run_id),
            chosen,
            score,
            outer,
            trials.table(),
        )
        log_outcome(mlflow, sweep, found, with_values(base, chosen))
    return found


def _digest(sweep: Sweep, base: Experiment, table: pd.DataFrame) -> str:
    """Return the checksum of a sweep: its settings, those of its experiment, and the labels.

    Only trials with the same checksum are continued.
    """
    whole = json.dumps(
        [sweep.model_dump(), base.model_dump(), dataset.fingerprint(table)], sort_keys=True
    )
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def _former_run(mlflow: Any, trials: Trials) -> str | None:
    known = trials.study.user_attrs.get("run_id")
    if known:
        with contextlib.suppress(
            mlflow.exceptions.MlflowException
        ):  # a store that was cleaned knows nothing of it
            if mlflow.get_run(known).info.lifecycle_stage == "active":
                return str(known)
    return None


def _do_trials(
    mlflow: Any, trials: Trials, base: Experiment, table: pd.DataFrame, jobs: int, say: Say
) -> None:
    from joblib import Parallel, delayed

    folds = dataset.folds_to_measure(table, trials.sweep.folds, trials.sweep.seed)
    logged = {
        one.step
        for one in mlflow.MlflowClient().get_metric_history(
            mlflow.active_run().info.run_id, "trial_f1"
        )
    }
    log_trials(mlflow, trials, logged)
    while batch := trials.next(jobs):
        given = [values for _, values in batch]
        results: list[dict[str, Any] | None] = [trials.known(values) for values in given]
        wanted = [k for k, result in enumerate(results) if result is None]
        fresh = Parallel()(
            delayed(score_setting)(with_values(base, given[k]).model_dump(), table, folds)
            for k in wanted
        )
        for k, result in zip(wanted, fresh, strict=True):
            results[k] = result
        for (trial, values), result in zip(batch, results, strict=True):
            trials.tell(trial, values, result or {})
            said = (
                f"macro-F1 {result['f1']:.4f}"
                if result and "f1" in result
                else f"could not be fitted: {(result or {}).get('fault')}"
            )
            again = f" (as trial {result['same_as']})" if result and "same_as" in result else ""
            say(f"  trial {trial.number} of {trials.n_wanted}: {said}{again}  {readable(values)}")
        log_trials(mlflow, trials, logged)


def measure_outer(
    chosen: Experiment, base: Experiment, table: pd.DataFrame, unseen: Mapping[str, pd.DataFrame]
) -> dict[str, Outer]:
    """Fit the chosen setting and the unchanged one on all training rows.

    Both are measured on every set that no trial saw.

    Parameters
    ----------
    table
        The training rows.
    unseen
        Labelled tables by the name of their set.
    """
    majority = str(table["stance"].mode()[0])
    fitted = [fit(experiment, table) for experiment in (chosen, base)]
    out = {}
    for name, part in unseen.items():
        predicted = [probabilities(pipeline, part) for pipeline in fitted]
        best, unchanged = (report_on(name, part, p, majority, base.seed) for p in predicted)
        # The gain of the chosen setting: second minus first.
        tables, unit = paired_tables(
            list(part["stance"]),
            [likeliest(p) for p in reversed(predicted)],
            list(part["article"]),
        )
        out[name] = Outer(best, unchanged, compare(*tables, unit=unit))
    return out
