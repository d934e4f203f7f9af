"""Verbs of experiments and their runs: train, sweep, compare, promote, export and what belongs to them. Nothing heavy is imported before a verb runs."""

import contextlib
import dataclasses
import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import stance
from stance.cli_articles import read
from stance.console import Settings, say_aside, show_json
from stance.errors import ConfigError, DataError
from stance.home import home, shown

if TYPE_CHECKING:
    import pandas as pd

    from stance.config import Experiment
    from stance.experiment import Outcome

DEFAULT = "experiments/default.toml"


def train(
    experiments: Annotated[list[Path] | None, typer.Argument(metavar="[EXPERIMENT.toml…]", help=f"By default {DEFAULT}.")] = None,
    settings: Settings = None,
    seeds: Annotated[bool, typer.Option(help="Also show the speakers of the seed articles.")] = False,
) -> None:
    """Run experiments: train, cross-validate, measure, save the model, track the run.

    Example: stance train experiments/ngrams.toml experiments/encoder.toml
    """
    from stance.config import read_experiment

    paths = experiments or [home() / DEFAULT]
    checked = [(path, read_experiment(path, settings)) for path in paths]
    for path, experiment in checked:
        _needs_torch(path, experiment)
    from stance.experiment import load_sets, run
    from stance.terminal import show_outcome

    sets = load_sets()
    outcome = None
    for path, experiment in checked:
        if experiment.curve:
            _curve(experiment, sets)
            continue
        is_default = path.resolve() == (home() / DEFAULT).resolve() and not settings
        typer.echo(f"{experiment.name}: {experiment.question}")
        outcome = run(experiment, sets=sets, default=is_default, settings=settings or (), say=typer.echo)
        show_outcome(outcome)
    if seeds and outcome is not None:
        articles = sorted(str(path) for path in (home() / "seeds").glob("*.txt"))
        read(articles, model=str(outcome.folder), as_json=False)
    if outcome is not None:
        _next_steps(outcome)


def _needs_torch(path: Path, experiment: "Experiment") -> None:
    """Say at once, not after minutes of training the other members, that the extra is missing."""
    from importlib.util import find_spec

    if any(member.classifier.kind == "finetuned" for member in experiment.member) and find_spec("torch") is None:
        raise ConfigError(f"{path}: classifier 'finetuned' needs PyTorch, which is not installed; make finetune installs it and trains")


def _curve(experiment: "Experiment", sets: "dict[str, pd.DataFrame]") -> None:
    from stance.curve import run_curve

    typer.echo(f"{experiment.name}: {experiment.question}")
    run_curve(experiment, sets=sets, say=typer.echo)
    typer.echo("tracked with a table and a figure a set; make ui shows them")


def _next_steps(outcome: "Outcome") -> None:
    """Say what can be done with the run, naming only runs that are there, and last which model predict uses now."""
    from stance.chosen import in_use
    from stance.tracking import newest_beside, open_store

    experiment = outcome.folder.name.rpartition("-")[0]
    other = newest_beside(open_store(), experiment)
    steps = {"make ui": "open the runs in the browser"}
    if other is None:
        other = "ngrams" if experiment != "ngrams" else "encoder"
        steps[f"make train EXPERIMENT=experiments/{other}.toml"] = "a second experiment, to compare with"
    steps |= {
        f"make compare RUNS='{other} {experiment}'": "one run against another, paired by article",
        f"make promote RUN={outcome.run_name}": "make it the champion",
        ".venv/bin/stance predict 'We are ready for talks.' --cue said": "",
    }
    typer.echo(f"\nrun {outcome.run_name} ({outcome.run_id[:8]}) is tracked. Next:")
    for command, does in steps.items():
        typer.echo(f"  {command:48s} {does}".rstrip())
    used = in_use()
    typer.echo(f"\npredict now uses {used}." if used else "\npredict has no model yet: no champion, and no run of the default experiment (make train).")
    if used is None or used.folder != outcome.folder:
        typer.echo(f"This run's model, {outcome.folder.name}, is used where it is named (--model {outcome.folder.name}) or promoted.")


def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="As experiments/sweeps/ngrams.toml.")],
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Trials at a time.")] = 1,
    backend: Annotated[str, typer.Option(help="joblib: processes; dask: a Dask cluster on this machine (install stance[dask]).")] = "joblib",
) -> None:
    """Try many settings of an experiment by cross-validation, and measure the chosen one where nothing was chosen; killed, it goes on.

    Example: stance sweep experiments/sweeps/ngrams.toml --jobs 2
    """
    try:
        from stance.sweep import run_sweep
    except ImportError as fault:
        raise ConfigError(f"{fault.name} is not installed; stance sweep needs it: install stance[train]") from fault
    from stance.terminal import show_sweep

    show_sweep(run_sweep(file, jobs=jobs, backend=backend, say=typer.echo))


def leaderboard(
    out: Annotated[Path | None, typer.Option(help="A .md, .json or .csv file; by default experiments/leaderboard.md and .json.")] = None,
) -> None:
    """Write the leaderboard: the newest run of every experiment, all sets, beside the majority baseline.

    Example: stance leaderboard
    """
    from stance.leaderboard import read_board, write_board
    from stance.terminal import show_board

    board = read_board()
    show_board(board)
    typer.echo("written: " + ", ".join(shown(path) for path in write_board(board, out)))


def compare(
    first: Annotated[str | None, typer.Argument(metavar="[RUN")] = None,
    second: Annotated[str | None, typer.Argument(metavar="RUN]")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Line up what both answered, quote by quote, where one of them was wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; with --errors a row a line, all of them.")] = False,
) -> None:
    """Compare two runs: the second's score minus the first's, with an interval and p-value, paired by article; without runs, print the leaderboard.

    Example: stance compare ngrams vote
    """
    if first is None:
        from stance.leaderboard import read_board, to_json

        board = read_board()
        if as_json:
            typer.echo(to_json(board), nl=False)
        else:
            from stance.terminal import show_board

            show_board(board)
        return
    if second is None:
        raise typer.BadParameter("one run is given; expected two to compare, or none for the leaderboard")
    if errors:
        _show_errors(first, second, as_json=as_json)
        return
    from stance.comparison import compare_runs, unlike

    name, other, found = compare_runs(first, second)
    differing = unlike(first, second)
    if as_json:
        show_json(
            {
                "first": name,
                "second": other,
                "data": differing,
                "sets": {part: {key: dataclasses.asdict(one) for key, one in scores.items()} for part, scores in found.items()},
            }
        )
        return
    from stance.terminal import show_differences

    show_differences(name, other, found)
    if differing:
        say_aside(f"the two learned from unlike data ({'; '.join(differing)}): the differences are of that too, not of the model alone")


def _show_errors(first: str, second: str, *, as_json: bool) -> None:
    from stance.comparison import compare_errors

    name, other, table = compare_errors(first, second)
    rows: list[dict[str, Any]] = [{str(key): value for key, value in row.items()} for row in table.astype(object).where(table.notna(), None).to_dict("records")]
    if as_json:
        for row in rows:
            show_json(row)
        return
    from stance.terminal import show_errors

    show_errors(name, other, rows)


def promote(run: str, force: Annotated[bool, typer.Option("--force", help="Also where a loss is not ruled out.")] = False) -> None:
    """Make a run's model the champion: what predict uses by default, and models:/stance@champion.

    Held up where it may lose against the model that predict uses now, champion or not.

    Example: stance promote vote
    """
    from stance.chosen import in_use
    from stance.comparison import losses
    from stance.tracking import promote as move

    worse = [] if force else losses(run)
    if worse:
        raise DataError(
            f"{run} is not promoted: against {in_use()}, which predict uses now, a loss is not ruled out (macro-F1 difference, 95% interval, paired) on\n  "
            + "\n  ".join(worse)
            + f"\nto promote it all the same: .venv/bin/stance promote {run} --force"
        )
    version, name = move(run)
    typer.echo(f"champion is now version {version}, run {name}")


def export(source: Annotated[str, typer.Argument(metavar="RUN|champion")], folder: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """Write a model as a folder that predicts anywhere: JSON and npz with checksums, nothing that executes.

    Example: stance export champion model/
    """
    from stance.export import export_model

    written = export_model(source, folder)
    size = sum(path.stat().st_size for path in written)
    typer.echo(f"{folder}: {len(written)} files, {size / 1e6:.1f} MB; use it with stance predict --model {folder}, or stance.load")


def ui(port: Annotated[int, typer.Option(min=1, max=65535)] = 5000, stop_after_s: Annotated[float, typer.Option(help="0: until Ctrl-C.", min=0)] = 0) -> None:
    """Start the MLflow page on 127.0.0.1 and print a link that opens the runs with their metrics.

    Example: stance ui --port 5051
    """
    from stance.ui import ui_server

    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    say_aside("starting the MLflow server …")
    with ui_server(port) as link, contextlib.suppress(KeyboardInterrupt):
        typer.echo(link)
        say_aside("Nothing is sent anywhere: MLflow's usage data is switched off here, also where a notice of its pages says that it is collected.")
        say_aside("Ctrl-C ends it.")
        done.wait(stop_after_s or None)


def import_corpus(corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast")], file: Path) -> None:
    """Check a public stance corpus and put it where benchmarks look for it (data/, not in Git).

    Example: stance import semeval2016 semeval2016.csv
    """
    from stance.corpora import describe, store

    path, table = store(corpus, file)
    for line in [f"{corpus}: {shown(path)}", *describe(table)]:
        typer.echo(line)


def benchmark(
    corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The corpus; by default the one that stance import stored.")] = None,
    experiment: Annotated[Path | None, typer.Option(help="By default experiments/benchmarks/CORPUS.toml.")] = None,
    settings: Settings = None,
) -> None:
    """Measure features and classifiers on a public stance corpus by its official protocol; tracked as a run.

    Example: stance benchmark semeval2016
    """
    from stance.benchmark import run_benchmark

    found = run_benchmark(corpus, file, experiment, settings, say=typer.echo)
    from stance.terminal import show_benchmark

    show_benchmark(found)


def show(
    model: Annotated[str | None, typer.Argument(help="A model folder, a run, champion, or models:/stance@champion.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All that the card holds, for programs.")] = False,
) -> None:
    """Show a model's card: what it was trained on and what it scores; in MLflow it describes the registered version.

    Example: stance show
    """
    loaded = stance.load(model)
    if as_json:
        typer.echo(json.dumps(loaded.card, indent=2, ensure_ascii=False))
        return
    from stance.model_card import describe_card

    typer.echo(describe_card(loaded.card), nl=False)
