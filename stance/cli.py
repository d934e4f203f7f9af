"""The command line: each verb reads its arguments, calls the library and prints. Nothing heavy is imported before its verb runs."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import stance
from stance.errors import DataError, StanceError
from stance.home import home, shown

if TYPE_CHECKING:
    import pandas as pd

    from stance.config import Experiment
    from stance.evaluate import Report
    from stance.experiment import Outcome
    from stance.predict import Model, Reading, Row
    from stance.records import Article

DEFAULT = "experiments/default.toml"
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="From news articles to attributed quotes, their speakers, and each speaker's stance toward negotiations.",
)


def main() -> None:
    """Run the command line; a fault of the user's is one message and exit code 1, without a traceback."""
    try:
        app()
    except StanceError as fault:
        typer.echo(f"stance: {fault}", err=True)
        raise SystemExit(1) from None
    except BrokenPipeError:
        # The reader has gone (| head): nothing is left to say, also not while Python shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None


def _line(row: dict[str, Any]) -> None:
    # Lone surrogates can come in through JSON escapes; they leave the same way.
    text = json.dumps(row, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(row)
    typer.echo(text)


@app.command()
def extract(sources: Annotated[list[str], typer.Argument(metavar="[FILE…|-]", help="Articles: .txt, .md, .html, .jsonl; - for standard input.")]) -> None:
    """Take every attributed quote of the articles, with its speaker: JSONL, one quote a line.

    Example: stance extract seeds/*.txt > quotes.jsonl
    """
    from stance.articles import read_articles
    from stance.quotes import extract as extract_all

    n_articles = n_quotes = n_without = 0
    for quotes in extract_all(article for source in sources for article in read_articles(source)):
        n_articles += 1
        for quote in quotes:
            n_quotes += 1
            n_without += quote.speaker is None
            _line(quote.to_dict())
    typer.echo(f"{n_articles} articles, {n_quotes} quotes, {n_without} without speaker", err=True)


@app.command()
def predict(
    source: Annotated[str, typer.Argument(metavar="[TEXT|FILE|-]", help="One quote; a .jsonl or .csv file of rows; - for rows from standard input.")],
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
    cue: Annotated[str | None, typer.Option(help="With TEXT: the reporting verb.")] = None,
    context: Annotated[str | None, typer.Option(help="With TEXT: the sentence before.")] = None,
) -> None:
    """Predict the stance of quotes: JSONL, one line an input row, in the same order.

    Example: stance predict "We are ready to sit down with them." --cue said
    """
    loaded = stance.load(model)
    n_rows = n_abstained = 0
    with _rows(source, cue, context) as rows:
        for found in loaded.predict_many(rows):
            n_rows += 1
            n_abstained += found.abstained
            _line(found.to_dict())
    if n_rows != 1 or n_abstained:
        typer.echo(f"{n_rows} rows, {n_abstained} abstained", err=True)


@contextlib.contextmanager
def _rows(source: str, cue: str | None, context: str | None) -> "Iterator[Iterable[Row]]":
    from stance.predict import guess_rows, read_rows

    suffix = Path(source).suffix.lower() if len(source) < 1000 else ""
    if source == "-":
        data = sys.stdin.buffer.read()
        yield guess_rows(_decoded(data, "stdin"))
    elif suffix in (".jsonl", ".csv") and not any(letter.isspace() for letter in source.strip()):
        path = Path(source)
        if not path.is_file():
            raise DataError(f"{source}: no such file; check the path, or give the quote itself in quotation marks")
        with path.open("rb") as file:
            # Faulty bytes become marks in their own row rather than the end of all rows.
            yield read_rows(io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="" if suffix == ".csv" else None), source, suffix[1:])
    else:
        yield [{"text": source, "cue": cue, "context": context}]


def _decoded(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataError(f"{where}: byte {fault.start} is not UTF-8; convert it first (iconv -t UTF-8)") from fault


@app.command()
def read(
    sources: Annotated[list[str], typer.Argument(metavar="ARTICLE…")],
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, one article a line.")] = False,
) -> None:
    """Read articles: each speaker's stance, its uncertainty, and the quotes it rests on.

    Example: stance read seeds/moscow-times-2025-05-13.txt
    """
    from stance.terminal import show_readings

    found = (reading for _, reading in _readings(stance.load(model), sources))
    if as_json:
        for reading in found:
            _line(reading.to_dict())
    else:
        show_readings(found)


def _readings(loaded: "Model", sources: list[str]) -> "Iterator[tuple[Article, Reading]]":
    from stance.articles import read_articles
    from stance.quotes import extract as extract_all
    from stance.report import find_sources

    articles = [article for source in find_sources(sources) for article in read_articles(source)]
    for article, quotes in zip(articles, extract_all(articles), strict=True):
        yield article, loaded.read_quotes(article, quotes)


@app.command()
def report(
    sources: Annotated[list[str], typer.Argument(metavar="ARTICLE…|FOLDER", help="Articles, or folders of them: .txt, .md, .html, .jsonl.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
) -> None:
    """Write one page to look at, without any network: articles with their quotes marked, speakers on a stance axis, a timeline, a table to filter.

    Example: stance report seeds/moscow-times-2025-05-13.txt --out report.html
    """
    from stance.report import write_report

    loaded = stance.load(model)
    found = list(_readings(loaded, sources))
    size = write_report(found, loaded.card, out)
    n_quotes = sum(len(one.quotes) for _, reading in found for one in reading.speakers)
    typer.echo(f"{out}: {len(found)} articles, {n_quotes} quotes, {size / 1000:.0f} kB")


@app.command()
def train(
    experiments: Annotated[list[Path] | None, typer.Argument(metavar="[EXPERIMENT.toml…]", help=f"By default {DEFAULT}.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: member.0.classifier.C=3.0")] = None,
    seeds: Annotated[bool, typer.Option(help="Also show the speakers of the seed articles.")] = False,
) -> None:
    """Run experiments: train, cross-validate, measure, save the model, track the run.

    Example: stance train experiments/ngrams.toml experiments/encoder.toml
    """
    from stance.config import read_experiment

    paths = experiments or [home() / DEFAULT]
    checked = [(path, read_experiment(path, settings)) for path in paths]
    from stance.experiment import load_sets, run

    sets = load_sets()
    outcome = None
    for path, experiment in checked:
        if experiment.curve:
            _curve(experiment, sets)
            continue
        is_default = path.resolve() == (home() / DEFAULT).resolve() and not settings
        typer.echo(f"{experiment.name}: {experiment.question}")
        outcome = run(experiment, sets=sets, default=is_default, say=typer.echo)
        _show_outcome(outcome)
    if seeds and outcome is not None:
        articles = sorted(str(path) for path in (home() / "seeds").glob("*.txt"))
        read(articles, model=str(outcome.folder), as_json=False)
        _next_steps(outcome)


def _curve(experiment: "Experiment", sets: "dict[str, pd.DataFrame]") -> None:
    from stance.curve import run_curve

    typer.echo(f"{experiment.name}: {experiment.question}")
    run_curve(experiment, sets=sets, say=typer.echo)
    typer.echo("tracked with a table and a figure a set; make ui shows them")


def _show_outcome(outcome: "Outcome") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{outcome.run_name}: five-label and coarse macro-F1 (95% bootstrap interval, by article; by quote below 10 articles)", title_justify="left"
    )
    for name in ("measured on", "split", "macro-F1", "coarse", "majority", "quotes", "articles"):
        table.add_column(name, justify="left" if name in ("measured on", "split") else "right")
    for name, one in outcome.reports.items():
        table.add_row(*_outcome_row(name, one))
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    typer.echo(f"model: {shown(outcome.folder)}   seconds: " + ", ".join(f"{key} {value:.1f}" for key, value in outcome.seconds.items()))


SETS = {
    "cv": ("training reports", "cross-validated by report"),
    "validation": ("validation reports", "other authors"),
    "test": ("test reports", "other authors, written last"),
    "seeds": ("seed articles", "real news, not trained on"),
    "dev": ("development set", "real news, not trained on"),
}


def _outcome_row(name: str, one: "Report") -> tuple[str, ...]:
    figures = (f"{score.value:.2f} ({score.low:.2f}-{score.high:.2f})" for score in (one.five, one.coarse))
    return (*SETS.get(name, (name, "")), *figures, f"{one.majority:.2f}", str(one.five.n_quotes), str(one.five.n_articles))


def _next_steps(outcome: "Outcome") -> None:
    typer.echo(
        f"\nrun {outcome.run_name} ({outcome.run_id[:8]}) is tracked. Next:\n"
        "  make ui                                          open the runs in the browser\n"
        "  make compare RUNS='vote ngrams'                  one run against another, paired by article\n"
        f"  .venv/bin/stance promote {outcome.run_name}       make it the champion\n"
        "  .venv/bin/stance predict 'We are ready for talks.' --cue said"
    )


@app.command()
def compare(first: str, second: str, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Compare two runs: the second's macro-F1 minus the first's, with an interval, paired by article.

    Example: stance compare ngrams vote
    """
    from stance.experiment import compare_runs

    names = compare_runs(first, second)
    if as_json:
        import dataclasses

        _line(
            {
                "first": names[0],
                "second": names[1],
                "sets": {name: {key: dataclasses.asdict(one) for key, one in found.items()} for name, found in names[2].items()},
            }
        )
        return
    typer.echo(f"{names[1]} minus {names[0]}: macro-F1 with 95% bootstrap interval")
    for name, found in names[2].items():
        typer.echo(f"  {SETS.get(name, (name,))[0]}")
        for key, one in found.items():
            typer.echo(f"    {key:7s}{one}")


@app.command()
def promote(run: str) -> None:
    """Make a run's model the champion: what predict uses by default, and models:/stance@champion.

    Example: stance promote vote
    """
    from stance.tracking import promote as move

    version, name = move(run)
    typer.echo(f"champion is now version {version}, run {name}")


@app.command()
def ui(port: Annotated[int, typer.Option(min=1, max=65535)] = 5000, stop_after_s: Annotated[float, typer.Option(help="0: until Ctrl-C.", min=0)] = 0) -> None:
    """Start the MLflow page on 127.0.0.1 and print a link that opens the runs with their metrics.

    Example: stance ui --port 5051
    """
    import signal
    import threading

    from stance.tracking import ui_server

    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    typer.echo("starting the MLflow server …", err=True)
    with ui_server(port) as link, contextlib.suppress(KeyboardInterrupt):
        typer.echo(link)
        typer.echo("Ctrl-C ends it.", err=True)
        done.wait(stop_after_s or None)


@app.command()
def check(files: Annotated[list[Path] | None, typer.Argument(help="Experiment files; by default all of experiments/.")] = None) -> None:
    """Check labels, seeds and experiments; every fault with its place.

    Example: stance check
    """
    from stance.checks import check_all

    for line in check_all(files or sorted((home() / "experiments").glob("*.toml"))):
        typer.echo(line)


@app.command()
def agree(disputed: Annotated[bool, typer.Option(help="Also list the quotes judged in two ways.")] = False) -> None:
    """Show how far the annotators agree: Cohen's kappa and Krippendorff's alpha, in all and per stance.

    Example: stance agree --disputed
    """
    from stance.agreement import report_agreement

    for line in report_agreement(home() / "labels", disputed=disputed):
        typer.echo(line)


@app.command()
def show(model: Annotated[str | None, typer.Argument(help="A model folder, a run, or models:/stance@champion.")] = None) -> None:
    """Show a model's card: what it was trained on and what it scores.

    Example: stance show
    """
    loaded = stance.load(model)
    typer.echo(json.dumps(loaded.card, indent=2, ensure_ascii=False))


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if version:
        typer.echo(f"stance {stance.__version__}")
        raise typer.Exit
