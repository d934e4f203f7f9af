"""The command line: each verb reads its arguments, calls the library and prints. Nothing heavy is imported before its verb runs."""

import contextlib
import enum
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import stance
from stance.errors import ConfigError, DataError, StanceError
from stance.home import home, shown

if TYPE_CHECKING:
    import pandas as pd

    from stance.config import Experiment
    from stance.experiment import Outcome
    from stance.predict import Model, Options, Row
    from stance.readings import Reading
    from stance.records import Article

DEFAULT = "experiments/default.toml"
LANGUAGE_CHARS = 20_000
WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
NO_ROWS = (*WORKBOOKS, ".json", ".md", ".html", ".htm", ".pdf", ".docx", ".doc", ".odt", ".rtf", ".zip", ".sav", ".dta", ".rds", ".feather", ".arrow")
PARAGRAPH_CHARS = 300


class Speaker(enum.StrEnum):
    """How evaluate-quotes compares speakers."""

    NAME = "name"
    MENTION = "mention"


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


def _warn(line: str) -> None:
    typer.echo(line, err=True)


def _line(row: dict[str, Any]) -> None:
    from stance.records import shown_figures
    from stance.writers import json_line

    typer.echo(json_line(shown_figures(row)), nl=False)


@app.command()
def extract(
    sources: Annotated[
        list[str], typer.Argument(metavar="[ARTICLE…|FOLDER|-]", help="Articles, or folders of them: .txt, .md, .html, .jsonl; - for standard input.")
    ],
) -> None:
    """Take every attributed quote of the articles, with its speaker: JSONL, one quote a line.

    Example: stance extract seeds/*.txt > quotes.jsonl
    """
    from stance.articles import count_articles, find_sources, read_all
    from stance.languages import foreign
    from stance.progress import watched
    from stance.quotes import extract_each

    n_articles = n_quotes = n_without = n_empty = 0
    files = find_sources(sources)
    with watched(count_articles(files)) as watch:
        for article, quotes in extract_each(read_all(files, watch.say)):
            n_empty += not article.text.strip()
            n_articles, n_quotes = n_articles + 1, n_quotes + len(quotes)
            n_without += sum(quote.speaker is None for quote in quotes)
            for quote in quotes:
                _line(quote.to_dict())
            # The beginning tells the language; all words of a long text would take 50 MB.
            if foreign(article.text[:LANGUAGE_CHARS]):
                watch.say(f"{article.id}: {len(quotes)} quotes; the text does not look English, and quotes are found in English only")
            watch.done(n_articles, n_quotes)
    typer.echo(f"{n_articles} articles{f' ({n_empty} empty)' if n_empty else ''}, {n_quotes} quotes, {n_without} without speaker", err=True)


@app.command()
def predict(
    source: Annotated[
        str, typer.Argument(metavar="[TEXT|FILE|-]", help="One quote; a .jsonl, .csv, .tsv, .parquet or .txt file (also .gz, .zst); - for stdin.")
    ],
    model: Annotated[str | None, typer.Option(help="A model folder, a run, champion, or models:/stance@champion.")] = None,
    cue: Annotated[str | None, typer.Option(help="With TEXT: the reporting verb.")] = None,
    context: Annotated[str | None, typer.Option(help="With TEXT: the sentence before.")] = None,
    text_column: Annotated[str, typer.Option(help="The column that holds the quote.")] = "text",
    id_column: Annotated[str | None, typer.Option(help="The column that comes back as id; without any, the number of the row.")] = None,
    cue_column: Annotated[str | None, typer.Option(help="The column with the reporting verb.")] = None,
    context_column: Annotated[str | None, typer.Option(help="The column with the sentence before.")] = None,
    keep_columns: Annotated[
        bool, typer.Option("--keep-columns", help="Also give back all columns of the input, before the answer; in JSONL under input.")
    ] = False,
    format: Annotated[str | None, typer.Option(help="jsonl, csv, parquet or table; by default the kind of --out, else jsonl.")] = None,
    out: Annotated[Path | None, typer.Option(help="A file that appears when whole; repeat the command to go on after an interruption.")] = None,
    abstain_at: Annotated[float, typer.Option(min=0, max=1, help="Abstain where the likeliest stance has less than this.")] = 0.0,
    risk: Annotated[float | None, typer.Option(min=0, max=1, help="Abstain so that at most this share of answers is wrong.")] = None,
    sets: Annotated[float | None, typer.Option(min=0.5, max=0.99, help="Add the set of stances that holds the right one with this probability.")] = None,
    attributed: Annotated[bool, typer.Option("--attributed", help="Add the stances that the quote ascribes to others: who, and which.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Add the words that carried the stance or spoke against it.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit code 1 where a row could not be judged.")] = False,
    progress: Annotated[bool | None, typer.Option(help="A progress bar on stderr; by default where a person looks.")] = None,
) -> None:
    """Predict the stance of quotes: one answer an input row, in the same order.

    Example: stance predict "We are ready to sit down with them." --cue said
    """
    from stance.tables import Columns, kind_of
    from stance.writers import FORMATS

    if format not in (None, *FORMATS):
        raise typer.BadParameter(f"{format!r} is none of {', '.join(FORMATS)}", param_hint="--format")
    if format == "parquet" and out is None and sys.stdout.isatty():
        raise typer.BadParameter("Parquet is not for a terminal; give --out FILE", param_hint="--format")
    if _is_other_file(source):
        workbook = "save the workbook as CSV (in Excel: CSV UTF-8)" if Path(source).suffix.lower() in WORKBOOKS else "save a workbook as CSV"
        raise DataError(f"{source}: unknown kind of file; expected .jsonl, .csv, .tsv, .parquet or .txt (also .gz, .zst); {workbook}")
    loaded = stance.load(model)
    threshold = _threshold(loaded, abstain_at, risk)
    is_file = source == "-" or (kind_of(source) is not None and (not any(map(str.isspace, source.strip())) or Path(source).is_file()))
    if keep_columns and not is_file:
        raise typer.BadParameter("one quote has no columns; give a file of rows", param_hint="--keep-columns")
    _hint_at_read(source)
    from stance.predict import EXPLAINED, Options

    options = Options(threshold, EXPLAINED if explain else 0, sets, attributed, keep_columns)
    if not is_file and out is None and format in (None, "jsonl"):
        _predict_one(loaded, {"text": source, "cue": cue, "context": context}, options, strict=strict)
        return
    from stance import bulk, tables

    columns = Columns(text_column, id_column, cue_column, context_column, keep=keep_columns)
    with contextlib.ExitStack() as stack:
        seen = lambda _: None  # noqa: E731 - no bar for one quote
        rows: Iterable[Any] = [{"text": source, "cue": cue, "context": context}]
        if is_file:
            rows, position = stack.enter_context(tables.open_rows(source, columns))
            rows = tables.numbered(rows)
            seen = stack.enter_context(bulk.progress(position, wanted=progress))
        try:
            if out is None:
                summary = bulk.predict_stream(loaded, rows, sys.stdout.buffer, format or "jsonl", options, seen=seen)
            else:
                summary = bulk.predict_to_file(loaded, rows, out, format, options, source=source if is_file else "-", seen=seen)
        except KeyboardInterrupt:
            typer.echo(f"interrupted; every line is whole{', repeat the command to go on' if out else ''}", err=True)
            raise typer.Exit(130) from None
    if summary.n_rows != 1 or summary.n_abstained or out:
        typer.echo(str(summary), err=True)
    if strict and summary.reasons:
        raise typer.Exit(1)


def _is_other_file(source: str) -> bool:
    """Whether a source is a file of a kind that is not read: its name must not be judged as if it were a quote."""
    from stance.tables import kind_of

    if source == "-" or not source.strip() or "\n" in source or len(source) > 255 or kind_of(source):
        return False
    return (Path(source).suffix.lower() in NO_ROWS and not any(map(str.isspace, source))) or Path(source).exists()


def _hint_at_read(source: str) -> None:
    """Say where a text file looks like an article, not like a quote a line: its paragraphs would each be judged as if one person had said them."""
    path = Path(source)
    if path.suffix.lower() != ".txt" or not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        lines = [line for line in file.read(LANGUAGE_CHARS).splitlines() if line.strip()]
    if lines and max(map(len, lines)) > PARAGRAPH_CHARS:
        typer.echo(f"{source}: every line is judged as one quote; if this is an article, stance read {source} finds its quotes and their speakers", err=True)


def _predict_one(loaded: "Model", row: "Row", options: "Options", *, strict: bool) -> None:
    """One quote, one line: what a shell asks for most, so it loads no tables and no progress bar."""
    (answer,) = loaded.answer_rows([row], options)
    _line(answer)
    if answer["abstained"]:
        typer.echo("1 rows, 1 abstained", err=True)
        if strict and not answer["reason"].startswith("unsure"):
            raise typer.Exit(1)


@app.command()
def read(
    sources: Annotated[list[str], typer.Argument(metavar="ARTICLE…|FOLDER", help="Articles, or folders of them: .txt, .md, .html, .jsonl.")],
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
    abstain_at: Annotated[float, typer.Option(min=0, max=1, help="Abstain where the likeliest stance has less than this.")] = 0.0,
    risk: Annotated[float | None, typer.Option(help="Abstain so that at most this share of the cross-validated answers was wrong: 0.1")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, one article a line.")] = False,
) -> None:
    """Read articles: each speaker's stance, its uncertainty, and the quotes it rests on.

    Example: stance read seeds/moscow-times-2025-05-13.txt
    """
    from stance.terminal import show_readings

    loaded = stance.load(model)
    found = (reading for _, reading in _readings(loaded, sources, _threshold(loaded, abstain_at, risk)))
    if as_json:
        for reading in found:
            _line(reading.to_dict())
    else:
        show_readings(found)


def _threshold(loaded: "Model", abstain_at: float, risk: float | None) -> float:
    """Return below which probability to abstain, given as such or as a risk."""
    if risk is not None and abstain_at:
        raise typer.BadParameter("give --risk or --abstain-at, not both", param_hint="--risk")
    return abstain_at if risk is None else loaded.threshold_for(risk)


def _readings(loaded: "Model", sources: list[str], abstain_at: float) -> "Iterator[tuple[Article, Reading]]":
    import dataclasses

    from stance.articles import read_all
    from stance.own import person_labels
    from stance.quotes import extract as extract_all

    articles = list(read_all(sources, _warn))
    judged = person_labels(home() / "labels")
    for article, quotes in zip(articles, extract_all(articles), strict=True):
        labels = {quote.id: judged[article.text, quote.spans] for quote in quotes if (article.text, quote.spans) in judged}
        yield article, dataclasses.replace(loaded.read_quotes(article, quotes, abstain_at=abstain_at), labels=labels)


@app.command()
def report(
    sources: Annotated[list[str], typer.Argument(metavar="ARTICLE…|FOLDER", help="Articles, or folders of them: .txt, .md, .html, .jsonl.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
    abstain_at: Annotated[float, typer.Option(min=0, max=1, help="Abstain where the likeliest stance has less than this.")] = 0.0,
    risk: Annotated[float | None, typer.Option(help="Abstain so that at most this share of the cross-validated answers was wrong: 0.1")] = None,
) -> None:
    """Write one page to look at, without any network: articles with their quotes marked, speakers on a stance axis, a timeline, a table to filter.

    Example: stance report seeds/moscow-times-2025-05-13.txt --out report.html
    """
    from stance.report import write_report

    loaded = stance.load(model)
    found = list(_readings(loaded, sources, _threshold(loaded, abstain_at, risk)))
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


@app.command()
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


@app.command("evaluate-quotes")
def evaluate_quotes(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Labelled articles, as labels/seeds.jsonl, or rows with doc_id, text and quotes.")],
    speaker: Annotated[Speaker, typer.Option(help="What must be right: the resolved name, or the words beside the quote.")] = Speaker.NAME,
    speech_only: Annotated[bool, typer.Option("--speech-only", help='Take labelled quotes with "speech": false as optional.')] = False,
    kinds: Annotated[str, typer.Option(help="The forms to measure.")] = "direct,indirect,mixed",
    iou: Annotated[float, typer.Option(min=0.5, max=1.0, help="Least overlap of letters and digits.")] = 0.8,
    errors: Annotated[int, typer.Option(min=0, help="How many misses and false alarms to show.")] = 0,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Measure the extraction of quotes on labelled articles; tracked as a run with a table of misses and false alarms.

    Example: stance evaluate-quotes labels/seeds.jsonl
    """
    from stance.quote_runs import run_measure
    from stance.records import FORMS

    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    if not wanted or set(wanted) - set(FORMS):
        raise DataError(f"--kinds {kinds!r}: expected some of {', '.join(FORMS)}, joined by commas")
    found = run_measure(gold, iou=iou, speaker=speaker.value, kinds=wanted, speech_only=speech_only)
    if as_json:
        _line({"run": found.run_name, **found.metrics(), "errors": found.whole.errors[:errors]})
        return
    from stance.terminal import show_measured

    show_measured(found, n_errors=errors)


@app.command("evaluate-speakers")
def evaluate_speakers(run: str, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Measure how well speakers' stances are told from their quotes, by a run's predictions: the hierarchical model beside the mean and a majority vote.

    Example: stance evaluate-speakers vote
    """
    from stance.speaker_runs import evaluate_speakers as evaluate

    name, prior, told = evaluate(run)
    if as_json:
        for one in told:
            _line({"run": name, "prior": prior.to_dict(), **one.to_dict()})
        return
    from stance.terminal import show_told

    show_told(name, prior, told)


@app.command("evaluate-attributed")
def evaluate_attributed(
    run: str,
    write: Annotated[bool, typer.Option("--write", help="Also keep the trained weights, in stance/data/attributed.json.")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Train on the training reports and measure on the test reports how well stances ascribed to others are found, beside a rule and the annotators.

    Example: stance evaluate-attributed vote
    """
    from stance.attributed import weights_path
    from stance.attributed_training import evaluate
    from stance.records import write_whole

    name, model, found = evaluate(run)
    for one in found:
        if as_json:
            _line({"run": name, **one.to_dict()})
            continue
        typer.echo(f"{one.who} against {one.against}: {one.n_found} found, {one.n_gold} noted, n = {one.n_quotes} quotes of test reports")
        for kind, (precision, recall, f1) in one.scores.items():
            low, high = one.bounds[kind]
            typer.echo(f"  {kind:7s} precision {precision:.3f}   recall {recall:.3f}   F1 {f1:.3f} ({low:.3f}-{high:.3f} by article)")
    if write:
        write_whole(weights_path(), model.to_json())
        typer.echo(f"{shown(weights_path())}: {len(model.weights)} terms, threshold {model.threshold:g}", err=True)


@app.command("evaluate-explanations")
def evaluate_explanations(
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
    split: Annotated[str, typer.Option(help="Which labelled quotes: test, validation, train or seeds.")] = "test",
    quotes: Annotated[int, typer.Option(min=1, help="How many, drawn by chance.")] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Measure whether explanations are faithful: what deleting their words costs a prediction, beside words drawn by chance.

    Example: stance evaluate-explanations --quotes 200
    """
    from stance.dataset import load_table
    from stance.faithful import measure

    table = load_table(home() / "labels")
    table = table[table["split"] == split]
    if table.empty:
        raise DataError(f"--split {split}: no labelled quotes; expected test, validation, train or seeds (labels/splits.toml)")
    chosen = table.sample(min(quotes, len(table)), random_state=seed).fillna("").to_dict("records")
    loaded = stance.load(model)
    for one in measure(loaded, [{str(name): value for name, value in row.items()} for row in chosen], seed=seed):
        if as_json:
            _line({"model": loaded.label, "set": split, **one.to_dict()})
        else:
            typer.echo(f"{loaded.label['name']} {loaded.label['version']}, {split}: {one}")


@app.command()
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


@app.command()
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
    from stance.comparison import compare_runs

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
    from stance.terminal import show_differences

    show_differences(*names)


def _show_errors(first: str, second: str, *, as_json: bool) -> None:
    from stance.comparison import compare_errors

    *names, table = compare_errors(first, second)
    rows: list[dict[str, Any]] = [{str(key): value for key, value in row.items()} for row in table.astype(object).where(table.notna(), None).to_dict("records")]
    if as_json:
        for row in rows:
            _line(row)
        return
    from stance.terminal import show_errors

    show_errors(*names, rows)


@app.command()
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


@app.command()
def export(source: Annotated[str, typer.Argument(metavar="RUN|champion")], folder: Annotated[Path, typer.Argument(metavar="FOLDER")]) -> None:
    """Write a model as a folder that predicts anywhere: JSON and npz with checksums, nothing that executes.

    Example: stance export champion model/
    """
    from stance.export import export_model

    written = export_model(source, folder)
    size = sum(path.stat().st_size for path in written)
    typer.echo(f"{folder}: {len(written)} files, {size / 1e6:.1f} MB; use it with stance predict --model {folder}, or stance.load")


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
        typer.echo("Nothing is sent anywhere: MLflow's usage data is switched off here, also where a notice of its pages says that it is collected.", err=True)
        typer.echo("Ctrl-C ends it.", err=True)
        done.wait(stop_after_s or None)


@app.command()
def serve(
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion; by default the champion, also when it changes.")] = None,
    host: Annotated[str, typer.Option(help="127.0.0.1 answers this machine only.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    max_body: Annotated[int, typer.Option(min=1000, help="Bytes of one request.")] = 2_000_000,
    max_batch: Annotated[int, typer.Option(min=1, help="Quotes in one request.")] = 1000,
    timeout_s: Annotated[float, typer.Option(min=0.1, help="Longest time for one answer.")] = 60,
) -> None:
    """Answer over HTTP: POST /predict and /read, GET /model, /health, /metrics, /docs. STANCE_API_KEY, where set, is asked for.

    Example: stance serve --port 8000
    """
    try:
        from stance.serve import Limits
        from stance.serve import serve as answer
    except ImportError as fault:
        raise ConfigError(f"{fault.name} is not installed; stance serve needs it: install stance[serve]") from fault
    answer(
        model,
        host=host,
        port=port,
        limits=Limits(body_bytes=max_body, batch_rows=max_batch, answer_s=timeout_s),
        say=lambda line: typer.echo(line, err=True),
    )


@app.command()
def mcp(model: Annotated[str | None, typer.Option(help="A model folder, a run, champion, or models:/stance@champion.")] = None) -> None:
    """Offer the tools predict_stance and read_article to an assistant: Model Context Protocol over standard input and output.

    Example: stance mcp --model champion
    """
    try:
        from stance.mcp_server import run
    except ImportError as fault:
        raise ConfigError(f"{fault.name} is not installed; stance mcp needs it: install stance[mcp]") from fault
    run(model)


@app.command()
def check(files: Annotated[list[Path] | None, typer.Argument(help="Experiment, benchmark or sweep files; by default all of experiments/.")] = None) -> None:
    """Check labels, seeds, experiments, benchmarks and sweeps; every fault with its place, file and line.

    Example: stance check
    """
    from stance.checks import check_all

    for line in check_all(files or sorted((home() / "experiments").rglob("*.toml"))):
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
def suggest(
    sources: Annotated[list[str], typer.Argument(metavar="ARTICLE…|FOLDER", help="Articles, or folders of them: .txt, .md, .html, .jsonl.")],
    out: Annotated[Path, typer.Option(help="Where the tasks go: .json for Label Studio, .csv for a spreadsheet.")],
    n: Annotated[int, typer.Option(min=1, help="How many quotes.")] = 50,
    model: Annotated[str | None, typer.Option(help="A model folder, a run, or models:/stance@champion.")] = None,
) -> None:
    """Choose the quotes of your own articles that are most worth labelling, and write them as tasks.

    Example: stance suggest articles/*.txt --out tasks.json
    """
    from stance.articles import read_all
    from stance.labels import read_labels
    from stance.labelstudio import check_unfilled
    from stance.own import add_articles, own_judgments, waiting
    from stance.quotes import extract as extract_all
    from stance.worth import most_worth

    check_unfilled(out, own_judgments(home() / "labels"))
    articles = [article for article in read_all(sources, _warn) if article.text.strip()]
    n_new = add_articles(home() / "labels", zip(articles, extract_all(articles), strict=True))
    reports, labels = read_labels(home() / "labels")
    names = {article.id for article in articles}
    pool = [(article, quote) for article, quote in waiting(reports, labels) if article.id in names]
    items = most_worth(stance.load(model), pool, n)
    _write_tasks(items, out)
    typer.echo(f"{len(articles)} articles ({n_new} new in labels/own), {len(pool)} quotes without label, {len(items)} written to {out}", err=True)


def _write_tasks(items: Any, out: Path) -> None:
    from stance.labelstudio import CONFIG, to_csv, to_tasks
    from stance.records import write_whole

    if out.suffix == ".json":
        write_whole(out, json.dumps(to_tasks(items), ensure_ascii=False, indent=1) + "\n")
        write_whole(out.with_suffix(".xml"), CONFIG)
    elif out.suffix == ".csv":
        write_whole(out, to_csv(items).encode("utf-8-sig"))  # without the mark Excel takes it for another encoding
    else:
        raise DataError(f"{out}: unknown kind of file; expected .json (Label Studio) or .csv (spreadsheet)")


@app.command("export-labels")
def export_labels(
    out: Annotated[Path, typer.Argument(help=".json for Label Studio, .csv for a spreadsheet.")],
    articles: Annotated[list[str] | None, typer.Option("--article", help="Only these articles, by id.")] = None,
) -> None:
    """Write the labelled quotes as tasks without their labels, for a further reader.

    Example: stance export-labels second-look.csv --article w1_01
    """
    from stance.labels import read_labels
    from stance.labelstudio import check_unfilled
    from stance.own import own_judgments

    check_unfilled(out, own_judgments(home() / "labels"))
    reports, labels = read_labels(home() / "labels")
    found = [(article, quote, None) for article, quotes in reports for quote in quotes if not articles or article.id in articles]
    if not found:
        raise DataError(f"labels: no article {', '.join(articles or [])}; ids look like {reports[0][0].id}")
    chosen = [one for one in found if one[1].id in labels]
    without = f"{len(found) - len(chosen)} quotes without label (stance suggest writes those)"
    if not chosen:
        raise DataError(f"labels: nothing to look at again: {without}")
    _write_tasks(chosen, out)
    typer.echo(f"{len(chosen)} quotes written to {out}" + (f"; left out: {without}" if len(chosen) < len(found) else ""), err=True)


@app.command("import-labels")
def import_labels(
    file: Annotated[Path, typer.Argument(help="A Label Studio export (.json) or a filled-in spreadsheet (.csv).")],
    annotator: Annotated[str | None, typer.Option(help="Who judged; needed for .csv.")] = None,
) -> None:
    """Take people's labels in as judgments: a further one where a quote had some, never an overwrite.

    Example: stance import-labels export.json
    """
    from stance.labelstudio import read_import
    from stance.own import import_judgments

    found = import_judgments(home() / "labels", read_import(file, annotator))
    typer.echo(f"{found.added} judgments added, {found.second} of them on quotes that had a label", err=True)
    for name, other, n_same in found.twins:
        typer.echo(
            f"warning: all {n_same} judgments of {name} are the same as those that {other} gave before; if they are one person, delete one "
            "name's lines in labels/judgments/own.jsonl, or agreement will look better than it is",
            err=True,
        )


@app.command("labels-card")
def labels_card() -> None:
    """Write the figures of labels/README.md anew: counts, agreement, splits.

    Example: stance labels-card
    """
    from stance.card import write_card

    typer.echo(f"{shown(write_card(home() / 'labels'))} is up to date")


@app.command("how-good")
def how_good(run: Annotated[str, typer.Argument(metavar="[RUN]", help="By default the newest run of the default experiment.")] = "vote") -> None:
    """Write the figures of docs/how-good.md and docs/limits.md anew, from a run and the newest measures of the extraction.

    Example: stance how-good vote
    """
    from stance.howgood import write_figures

    for path in write_figures(run):
        typer.echo(f"{shown(path)} is up to date")


@app.command("import")
def import_corpus(corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast")], file: Path) -> None:
    """Check a public stance corpus and put it where benchmarks look for it (data/, not in Git).

    Example: stance import semeval2016 semeval2016.csv
    """
    from stance.corpora import describe, store

    path, table = store(corpus, file)
    for line in [f"{corpus}: {shown(path)}", *describe(table)]:
        typer.echo(line)


@app.command()
def benchmark(
    corpus: Annotated[str, typer.Argument(metavar="semeval2016|desmog|vast")],
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="The corpus; by default the one that stance import stored.")] = None,
    experiment: Annotated[Path | None, typer.Option(help="By default experiments/benchmarks/CORPUS.toml.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="Change a setting: member.0.classifier.C=3.0")] = None,
) -> None:
    """Measure features and classifiers on a public stance corpus by its official protocol; tracked as a run.

    Example: stance benchmark semeval2016
    """
    from stance.benchmark import run_benchmark

    found = run_benchmark(corpus, file, experiment, settings, say=typer.echo)
    from stance.terminal import show_benchmark

    show_benchmark(found)


@app.command()
def show(
    model: Annotated[str | None, typer.Argument(help="A model folder, a run, or models:/stance@champion.")] = None,
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


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if version:
        typer.echo(f"stance {stance.__version__}")
        raise typer.Exit
