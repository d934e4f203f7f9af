"""Verbs that train: train, sweep. Nothing heavy is imported before a verb runs."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stance.cli.articles import read
from stance.cli.options import Settings
from stance.cli.tables import NARROW, WIDE, console, interval_of, say, set_name, to_table
from stance.core.errors import ConfigError
from stance.core.paths import display_path, home

if TYPE_CHECKING:
    import pandas as pd

    from stance.experiments.config import Experiment
    from stance.experiments.run import RunResult
    from stance.experiments.sweep_results import SweepResult

DEFAULT = "experiments/default.toml"


def train(
    experiments: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[EXPERIMENT.toml…]", help=f"Experiments to run; by default {DEFAULT}."
        ),
    ] = None,
    settings: Settings = None,
    seeds: Annotated[
        bool, typer.Option("--seeds", help="Then read the seed articles with the new model.")
    ] = False,
) -> None:
    """Train and measure models as experiments say, and track the runs.

    Each experiment is cross-validated, measured on the other sets, and its model is saved.

    Example: stance train experiments/ngrams.toml experiments/encoder.toml
    """
    from stance.experiments.config import read_experiment

    paths = experiments or [home() / DEFAULT]
    if not experiments and not paths[0].is_file():
        raise ConfigError(
            f"{home()}: no project folder, for it has no {DEFAULT}; run this in the repository's "
            "folder, or name that folder with STANCE_HOME"
        )
    checked = [(path, read_experiment(path, settings)) for path in paths]
    from stance.experiments.run import run
    from stance.labels.dataset import load_sets

    sets = load_sets()
    result = None
    for _, experiment in checked:
        if experiment.curve:
            _curve(experiment, sets)
            continue
        typer.echo(f"{experiment.name}: {experiment.question}")
        result = run(experiment, sets=sets, settings=settings or (), say=typer.echo)
        show_outcome(result)
    if seeds and result is not None:
        articles = sorted(str(path) for path in (home() / "seeds").glob("*.txt"))
        read(articles, model=str(result.folder), as_json=False)
    if result is not None:
        _next_steps(result)


def _curve(experiment: "Experiment", sets: "dict[str, pd.DataFrame]") -> None:
    from stance.experiments.learning_curve import run_curve

    typer.echo(f"{experiment.name}: {experiment.question}")
    run_curve(experiment, sets=sets, say=typer.echo)
    typer.echo("tracked with a table and a figure a set; make ui shows them")


def _next_steps(result: "RunResult") -> None:
    """Print what can be done with the run, naming only runs that exist.

    The last line says which model predict uses now.
    """
    from stance.tracking.runs import newest_beside
    from stance.tracking.store import open_store

    experiment = result.folder.name.rpartition("-")[0]
    other = newest_beside(open_store(), experiment)
    steps = {"make ui": "open the runs in the browser"}
    if other is None:
        other = "ngrams" if experiment != "ngrams" else "encoder"
        steps[f"make train EXPERIMENT=experiments/{other}.toml"] = (
            "a second experiment, to compare with"
        )
    steps |= {
        f"make compare RUNS='{other} {experiment}'": "one run against another, paired by article",
        f"make promote RUN={result.run_name}": "make it the champion",
        ".venv/bin/stance predict 'We are ready for talks.' --cue said": "",
    }
    typer.echo(f"\nrun {result.run_name} ({result.run_id[:8]}) is tracked. Next:")
    for command, does in steps.items():
        typer.echo(f"  {command:48s} {does}".rstrip())
    _show_in_use(result)


def _show_in_use(result: "RunResult") -> None:
    """Compare the run's model with the one that predict uses, and say how to change that."""
    from stance.cli.tables import set_name
    from stance.experiments.promotion import against_in_use, losses
    from stance.tracking.model_folders import in_use

    used = in_use()
    typer.echo(f"\npredict uses {used}.")
    if used.folder == result.folder:
        return
    differences = against_in_use(result.run_id)
    for name, scores in differences.items():
        typer.echo(f"  this run minus that model, {set_name(name)}: {scores['five']}")
    force = " --force" if losses(differences) else ""
    typer.echo(
        f"This run's model answers where it is named (--model {result.folder.name}), or by "
        f"default after: .venv/bin/stance promote {result.run_name}{force}"
    )


def sweep(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="SWEEP.toml", help="A sweep, such as experiments/sweeps/ngrams.toml."
        ),
    ],
    jobs: Annotated[
        int, typer.Option(min=1, max=256, help="How many trials run at the same time.")
    ] = 1,
    backend: Annotated[
        str,
        typer.Option(
            help="joblib: processes; dask: a Dask cluster on this machine; tcp://HOST:8786: that "
            "Dask scheduler (pip install '.[dask]')."
        ),
    ] = "joblib",
) -> None:
    """Try many settings of an experiment and measure the best.

    Settings are compared by cross-validation; the best one is measured again on data that was
    not used to choose it. After an interruption the same command continues.

    Example: stance sweep experiments/sweeps/ngrams.toml --jobs 2
    """
    from stance.experiments.sweep import run_sweep

    show_sweep(run_sweep(file, jobs=jobs, backend=backend, say=typer.echo))


SHOWN_LEVEL = 0.9


def show_outcome(result: "RunResult") -> None:
    """Print the scores of a trained model, one row per set, then its prediction sets.

    The model's folder and the seconds that the run took come last.
    """
    from stance.labels.splits import set_words

    head = ("measured on", "split", "macro-F1", "coarse", "majority", "quotes", "articles")
    rows = [
        (
            *set_words(name),
            interval_of(scores.five),
            interval_of(scores.coarse),
            f"{scores.majority:.2f}",
            scores.five.n_quotes,
            scores.five.n_articles,
        )
        for name, scores in result.reports.items()
    ]
    title = (
        f"{result.run_name}: five-label and coarse macro-F1 (95% bootstrap interval, by article; "
        "by quote below 10 articles)"
    )
    console(NARROW).print(to_table(head, rows, words=("measured on", "split"), title=title))
    for coverage in result.coverage:
        if coverage.level == SHOWN_LEVEL:
            say(f"{set_name(coverage.name)}: {coverage}")
    say(
        f"model: {display_path(result.folder)}   seconds: "
        + ", ".join(f"{key} {value:.1f}" for key, value in result.seconds.items())
    )


def show_sweep(result: "SweepResult") -> None:
    """Print what a sweep reached on sets that no trial saw, next to the unchanged experiment.

    The chosen settings follow.
    """
    head = ("measured on (seen by no trial)", "chosen", "unchanged", "difference", "majority")
    rows = [
        (
            name,
            interval_of(scores.chosen.five),
            interval_of(scores.base.five),
            scores.difference,
            f"{scores.base.majority:.2f}",
        )
        for name, scores in result.outer.items()
    ]
    console(WIDE).print(to_table(head, rows, words=head))
    settings = " ".join(
        "--set " + shlex.quote(f"{key}={json.dumps(value)}") for key, value in result.chosen.items()
    )
    say(
        f"chosen among {len(result.trials)} trials (cross-validated there {result.inner:.3f}: too "
        f"high, as the best of many): {settings}"
    )
    say(f"tracked as {result.run_name} with its trials as a table and a figure")
