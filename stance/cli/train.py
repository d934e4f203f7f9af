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
        typer.Argument(metavar="[EXPERIMENT.toml…]", help=f"By default {DEFAULT}."),
    ] = None,
    settings: Settings = None,
    seeds: Annotated[
        bool, typer.Option(help="Also show the speakers of the seed articles.")
    ] = False,
) -> None:
    """Run experiments: train, cross-validate, measure, save the model, track the run.

    Example: stance train experiments/ngrams.toml experiments/encoder.toml
    """
    from stance.experiments.config import read_experiment

    paths = experiments or [home() / DEFAULT]
    checked = [(path, read_experiment(path, settings)) for path in paths]
    from stance.experiments.run import run
    from stance.labels.dataset import load_sets

    sets = load_sets()
    outcome = None
    for path, experiment in checked:
        if experiment.curve:
            _curve(experiment, sets)
            continue
        is_default = path.resolve() == (home() / DEFAULT).resolve() and not settings
        typer.echo(f"{experiment.name}: {experiment.question}")
        outcome = run(
            experiment, sets=sets, default=is_default, settings=settings or (), say=typer.echo
        )
        show_outcome(outcome)
    if seeds and outcome is not None:
        articles = sorted(str(path) for path in (home() / "seeds").glob("*.txt"))
        read(articles, model=str(outcome.folder), as_json=False)
    if outcome is not None:
        _next_steps(outcome)


def _curve(experiment: "Experiment", sets: "dict[str, pd.DataFrame]") -> None:
    from stance.experiments.learning_curve import run_curve

    typer.echo(f"{experiment.name}: {experiment.question}")
    run_curve(experiment, sets=sets, say=typer.echo)
    typer.echo("tracked with a table and a figure a set; make ui shows them")


def _next_steps(outcome: "RunResult") -> None:
    """Say what can be done with the run, naming only runs that are there.

    And last which model predict uses now.
    """
    from stance.tracking.model_folders import in_use
    from stance.tracking.runs import newest_beside
    from stance.tracking.store import open_store

    experiment = outcome.folder.name.rpartition("-")[0]
    other = newest_beside(open_store(), experiment)
    steps = {"make ui": "open the runs in the browser"}
    if other is None:
        other = "ngrams" if experiment != "ngrams" else "encoder"
        steps[f"make train EXPERIMENT=experiments/{other}.toml"] = (
            "a second experiment, to compare with"
        )
    steps |= {
        f"make compare RUNS='{other} {experiment}'": "one run against another, paired by article",
        f"make promote RUN={outcome.run_name}": "make it the champion",
        ".venv/bin/stance predict 'We are ready for talks.' --cue said": "",
    }
    typer.echo(f"\nrun {outcome.run_name} ({outcome.run_id[:8]}) is tracked. Next:")
    for command, does in steps.items():
        typer.echo(f"  {command:48s} {does}".rstrip())
    used = in_use()
    typer.echo(
        f"\npredict now uses {used}."
        if used
        else "\npredict has no model yet: no champion, and no run of the default experiment "
        "(make train)."
    )
    if used is None or used.folder != outcome.folder:
        typer.echo(
            f"This run's model, {outcome.folder.name}, is used where it is named (--model "
            f"{outcome.folder.name}) or promoted."
        )


def sweep(
    file: Annotated[
        Path, typer.Argument(metavar="SWEEP.toml", help="As experiments/sweeps/ngrams.toml.")
    ],
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Trials at a time.")] = 1,
    backend: Annotated[
        str,
        typer.Option(
            help="joblib: processes; dask: a Dask cluster on this machine (install stance[dask])."
        ),
    ] = "joblib",
) -> None:
    """Try many settings of an experiment by cross-validation, and measure the chosen one.

    Where nothing was chosen; killed, it goes on.

    Example: stance sweep experiments/sweeps/ngrams.toml --jobs 2
    """
    try:
        from stance.experiments.sweep import run_sweep
    except ImportError as fault:
        raise ConfigError(
            f"{fault.name} is not installed; stance sweep needs it: install stance[train]"
        ) from fault

    show_sweep(run_sweep(file, jobs=jobs, backend=backend, say=typer.echo))


SHOWN_LEVEL = 0.9


def show_outcome(outcome: "RunResult") -> None:
    """Print the scores of a trained model, a row a set, then its prediction sets.

    Its folder and the seconds it took.
    """
    from stance.labels.splits import set_words

    head = ("measured on", "split", "macro-F1", "coarse", "majority", "quotes", "articles")
    rows = [
        (
            *set_words(name),
            interval_of(one.five),
            interval_of(one.coarse),
            f"{one.majority:.2f}",
            one.five.n_quotes,
            one.five.n_articles,
        )
        for name, one in outcome.reports.items()
    ]
    title = (
        f"{outcome.run_name}: five-label and coarse macro-F1 (95% bootstrap interval, by article; "
        "by quote below 10 articles)"
    )
    console(NARROW).print(to_table(head, rows, words=("measured on", "split"), title=title))
    for found in outcome.coverage:
        if found.level == SHOWN_LEVEL:
            say(f"{set_name(found.name)}: {found}")
    say(
        f"model: {display_path(outcome.folder)}   seconds: "
        + ", ".join(f"{key} {value:.1f}" for key, value in outcome.seconds.items())
    )


def show_sweep(found: "SweepResult") -> None:
    """Print what a sweep reached on sets that no trial saw, beside the unchanged experiment.

    And the settings it chose.
    """
    head = ("measured on (seen by no trial)", "chosen", "unchanged", "difference", "majority")
    rows = [
        (
            name,
            interval_of(one.chosen.five),
            interval_of(one.base.five),
            one.difference,
            f"{one.base.majority:.2f}",
        )
        for name, one in found.outer.items()
    ]
    console(WIDE).print(to_table(head, rows, words=head))
    settings = " ".join(
        "--set " + shlex.quote(f"{key}={json.dumps(value)}") for key, value in found.chosen.items()
    )
    say(
        f"chosen among {len(found.trials)} trials (cross-validated there {found.inner:.3f}: the "
        f"best of many, it flatters): {settings}"
    )
    say(f"tracked as {found.run_name} with its trials as a table and a figure")
