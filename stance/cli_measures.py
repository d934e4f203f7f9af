"""Verbs that measure what is not an experiment: extraction, speakers, attributed stances, explanations. Nothing heavy is imported before a verb runs."""

import enum
from pathlib import Path
from typing import Annotated

import typer

import stance
from stance.console import AsJson, ModelName, say_aside, show_json
from stance.errors import DataError
from stance.home import home, shown


class Speaker(enum.StrEnum):
    """How evaluate-quotes compares speakers."""

    NAME = "name"
    MENTION = "mention"


def evaluate_quotes(
    gold: Annotated[Path, typer.Argument(metavar="GOLD.jsonl", help="Labelled articles, as labels/seeds.jsonl, or rows with doc_id, text and quotes.")],
    speaker: Annotated[Speaker, typer.Option(help="What must be right: the resolved name, or the words beside the quote.")] = Speaker.NAME,
    speech_only: Annotated[bool, typer.Option("--speech-only", help='Take labelled quotes with "speech": false as optional.')] = False,
    kinds: Annotated[str, typer.Option(help="The forms to measure.")] = "direct,indirect,mixed",
    iou: Annotated[float, typer.Option(min=0.5, max=1.0, help="Least overlap of letters and digits.")] = 0.8,
    errors: Annotated[int, typer.Option(min=0, help="How many misses and false alarms to show.")] = 0,
    as_json: AsJson = False,
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
        show_json({"run": found.run_name, **found.metrics(), "errors": found.whole.errors[:errors]})
        return
    from stance.terminal import show_measured

    show_measured(found, n_errors=errors)


def train_cues(
    gold: Annotated[list[Path], typer.Argument(metavar="GOLD.jsonl…", help="Labelled articles to learn from: labels/reports/w01.jsonl …")],
    write: Annotated[bool, typer.Option("--write", help="Keep the weights, in stance/data/cues.json.")] = False,
) -> None:
    """Train the weights by which finding quotes tells whether a verb reports speech; measure them with evaluate-quotes on articles they did not learn from.

    Example: stance train-cues labels/reports/w0*.jsonl labels/reports/w1[0-4].jsonl
    """
    from stance.cue_training import train_cues as train
    from stance.cues import load_cues, weights_path
    from stance.parsing import load_nlp
    from stance.quote_runs import read_gold
    from stance.records import write_whole

    labelled = [one for path in gold for one in read_gold(path)]
    model, used = train(labelled, nlp=load_nlp()), load_cues()
    moved = [abs(model.weights.get(name, 0.0) - used.weights.get(name, 0.0)) for name in {*model.weights, *used.weights}]
    typer.echo(f"{len(labelled)} articles, {sum(len(quotes) for _, quotes in labelled)} quotes: {len(model.weights)} weights")
    typer.echo(f"beside the weights in use: {sum(one > 0.1 for one in moved)} differ by more than 0.1, the most by {max(moved):.3f}")
    if write:
        write_whole(weights_path(), model.to_json())
        say_aside(f"{shown(weights_path())} written; measure it: stance evaluate-quotes labels/seeds.jsonl")


def evaluate_speakers(run: str, as_json: AsJson = False) -> None:
    """Measure how well speakers' stances are told from their quotes, by a run's predictions: the hierarchical model beside the mean and a majority vote.

    Example: stance evaluate-speakers vote
    """
    from stance.speaker_runs import evaluate_speakers as evaluate

    name, prior, told = evaluate(run)
    if as_json:
        for one in told:
            show_json({"run": name, "prior": prior.to_dict(), **one.to_dict()})
        return
    from stance.terminal import show_told

    show_told(name, prior, told)


def evaluate_attributed(
    run: str,
    threshold: Annotated[
        float | None, typer.Option(min=0.01, max=1.0, help="How sure a holder must be to be told; by default what is best for F1 out of fold.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Also keep the trained weights, in stance/data/attributed.json.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train on the training reports and measure on the others, and on real news, how well stances ascribed to others are found, beside a rule and annotators.

    Example: stance evaluate-attributed vote
    """
    from stance.attributed import weights_path
    from stance.attributed_training import evaluate
    from stance.records import write_whole

    name, model, found = evaluate(run, threshold)
    for one in found:
        if as_json:
            show_json({"run": name, **one.to_dict()})
            continue
        typer.echo(f"{one.who} against {one.against}: {one.n_found} found, {one.n_gold} noted, n = {one.n_quotes} quotes of {one.on}")
        for kind, (precision, recall, f1) in one.scores.items():
            low, high = one.bounds[kind]
            typer.echo(f"  {kind:7s} precision {precision:.3f}   recall {recall:.3f}   F1 {f1:.3f} ({low:.3f}-{high:.3f} by article)")
    if write:
        write_whole(weights_path(), model.to_json())
        n_terms = sum(len(part.weights) for part in model.parts.values())
        say_aside(f"{shown(weights_path())}: {n_terms} terms, threshold {model.threshold:g}")


def evaluate_explanations(
    model: ModelName = None,
    split: Annotated[str, typer.Option(help="Which labelled quotes: test, validation, train or seeds.")] = "test",
    quotes: Annotated[int, typer.Option(min=1, help="How many, drawn by chance.")] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: AsJson = False,
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
            show_json({"model": loaded.label, "set": split, **one.to_dict()})
        else:
            typer.echo(f"{loaded.label['name']} {loaded.label['version']}, {split}: {one}")


def how_good(
    run: Annotated[str, typer.Argument(metavar="[RUN]", help="By default the newest run of the default experiment.")] = "vote",
    out: Annotated[Path | None, typer.Option(help="A folder for the pages; by default docs/ itself, whose figures are replaced.")] = None,
) -> None:
    """Write the figures of docs/how-good.md and docs/limits.md anew, from a run and the newest measures of the extraction.

    Example: stance how-good vote --out mine
    """
    from stance.how_good import write_figures

    for path in write_figures(run, out):
        typer.echo(f"{shown(path)} written")
