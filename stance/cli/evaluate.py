"""Verbs that measure what is not an experiment.

Extraction, speakers, attributed stances, explanations. Nothing heavy is imported before a verb
runs.
"""

import enum
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import stance
from stance.cli.options import AsJson, ModelName, say_aside, show_json
from stance.cli.tables import NARROW, console, say, to_table
from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.paths import display_path, home

if TYPE_CHECKING:
    from stance.evaluation.extraction import ExtractionScores
    from stance.evaluation.speakers import SpeakerScores
    from stance.models.speaker_pooling import Prior


class Speaker(enum.StrEnum):
    """How evaluate-quotes compares speakers."""

    NAME = "name"
    MENTION = "mention"


def evaluate_quotes(
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD.jsonl",
            help="Labelled articles, as labels/seeds.jsonl, or rows with doc_id, text and quotes.",
        ),
    ],
    speaker: Annotated[
        Speaker,
        typer.Option(help="What must be right: the resolved name, or the words beside the quote."),
    ] = Speaker.NAME,
    speech_only: Annotated[
        bool,
        typer.Option(
            "--speech-only", help='Take labelled quotes with "speech": false as optional.'
        ),
    ] = False,
    kinds: Annotated[str, typer.Option(help="The forms to measure.")] = "direct,indirect,mixed",
    iou: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Least overlap of letters and digits.")
    ] = 0.8,
    errors: Annotated[
        int, typer.Option(min=0, help="How many misses and false alarms to show.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure the extraction of quotes on labelled articles.

    Tracked as a run with a table of misses and false alarms.

    Example: stance evaluate-quotes labels/seeds.jsonl
    """
    from stance.core.types import FORMS
    from stance.evaluation.extraction import run_measure

    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    if not wanted or set(wanted) - set(FORMS):
        raise DataError(f"--kinds {kinds!r}: expected some of {', '.join(FORMS)}, joined by commas")
    found = run_measure(gold, iou=iou, speaker=speaker.value, kinds=wanted, speech_only=speech_only)
    if as_json:
        show_json({"run": found.run_name, **found.metrics(), "errors": found.whole.errors[:errors]})
        return

    show_measured(found, n_errors=errors)


def evaluate_speakers(run: str, as_json: AsJson = False) -> None:
    """Measure how well speakers' stances are told from their quotes, by a run's predictions.

    The hierarchical model beside the mean and a majority vote.

    Example: stance evaluate-speakers vote
    """
    from stance.evaluation.speakers import evaluate_speakers as evaluate

    name, prior, told = evaluate(run)
    if as_json:
        for one in told:
            show_json({"run": name, "prior": prior.to_dict(), **one.to_dict()})
        return

    show_told(name, prior, told)


def evaluate_attributed(
    run: str,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            max=1.0,
            help="How sure a holder must be to be told; by default what is best for F1 out of "
            "fold.",
        ),
    ] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Also keep the trained weights, in stance/models/attributed_stances/weights.json.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train on the training reports and measure on the others, and on real news.

    How well stances ascribed to others are found, beside a rule and annotators.

    Example: stance evaluate-attributed vote
    """
    from stance.core.files import write_whole
    from stance.evaluation.attributed_stances import evaluate
    from stance.models.attributed_stances.model import weights_path

    name, model, found = evaluate(run, threshold)
    for one in found:
        if as_json:
            show_json({"run": name, **one.to_dict()})
            continue
        typer.echo(
            f"{one.who} against {one.against}: {one.n_found} found, {one.n_gold} noted, n = "
            f"{one.n_quotes} quotes of {one.on}"
        )
        for kind, (precision, recall, f1) in one.scores.items():
            low, high = one.bounds[kind]
            typer.echo(
                f"  {kind:7s} precision {precision:.3f}   recall {recall:.3f}   F1 {f1:.3f} "
                f"({low:.3f}-{high:.3f} by article)"
            )
    if write:
        write_whole(weights_path(), model.to_json())
        n_terms = sum(len(part.weights) for part in model.parts.values())
        say_aside(f"{display_path(weights_path())}: {n_terms} terms, threshold {model.threshold:g}")


def evaluate_explanations(
    model: ModelName = None,
    split: Annotated[
        str, typer.Option(help="Which labelled quotes: test, validation, train or seeds.")
    ] = "test",
    quotes: Annotated[int, typer.Option(min=1, help="How many, drawn by chance.")] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure whether explanations are faithful.

    What deleting their words costs a prediction, beside words drawn by chance.

    Example: stance evaluate-explanations --quotes 200
    """
    from stance.evaluation.explanations import measure
    from stance.labels.dataset import load_table

    table = load_table(home() / "labels")
    table = table[table["split"] == split]
    if table.empty:
        raise DataError(
            f"--split {split}: no labelled quotes; expected test, validation, train or seeds "
            "(labels/splits.toml)"
        )
    chosen = table.sample(min(quotes, len(table)), random_state=seed).fillna("").to_dict("records")
    loaded = stance.load(model)
    for one in measure(
        loaded, [{str(name): value for name, value in row.items()} for row in chosen], seed=seed
    ):
        if as_json:
            show_json({"model": loaded.label, "set": split, **one.to_dict()})
        else:
            typer.echo(f"{loaded.label['name']} {loaded.label['version']}, {split}: {one}")


def show_measured(found: "ExtractionScores", *, n_errors: int = 0) -> None:
    """Print how well quotes are found, by kind of agreement and by form.

    And ``n_errors`` of the misses and false alarms.
    """
    whole = found.whole
    rows = []
    for kind, scores in whole.scores().items():
        bounds = found.intervals.get(kind)
        shares = [f"{100 * value:.1f}" for value in scores]
        rows.append(
            (
                kind.replace("_", " + "),
                *shares,
                f"{100 * bounds[0]:.1f}-{100 * bounds[1]:.1f}" if bounds else "",
            )
        )
    title = (
        f"{found.run_name}: {counted(whole.gold, 'labelled quote')}, {whole.found} found, "
        f"{counted(len(found.counts), 'article')}"
    )
    head = ("agreement", "precision", "recall", "F1", "95% interval, by article")
    console(NARROW).print(to_table(head, rows, words=("agreement",), title=title))
    for form, counts in sorted(whole.by_form.items()):
        told = ", ".join(
            f"{kind.replace('_', ' + ')} {100 * whole.recall(form, kind):.1f}"
            for kind in ("exact", "overlap", "overlap_speaker")
        )
        say(f"recall of {form} (n = {counts['gold']}): {told}")
    kinds = Counter(error["kind"] for error in whole.errors)
    say(
        "errors: "
        + (", ".join(f"{kind} {n}" for kind, n in kinds.most_common()) or "none")
        + "; all of them in the run's errors.json"
    )
    for error in whole.errors[:n_errors]:
        say(
            f"{error['kind']}: {error['article']}: {error['gold_speaker']}: {error['gold']!r} / "
            f"{error['found_speaker']}: {error['found']!r}"
        )


def show_told(name: str, prior: "Prior", told: "Sequence[SpeakerScores]") -> None:
    """Print how well each way tells speakers' stances, set by set.

    And the prior that was fitted.
    """
    rows = []
    for one in told:
        is_ours = one.way == "hierarchical"
        where = (
            f"{one.name}, {one.least_quotes}+ quotes, n = {one.n_speakers} in {one.n_articles}, "
            f"by {one.unit}"
            if is_ours
            else ""
        )
        figures = (
            f"{value:.3f} ({one.bounds[key][0]:.2f}-{one.bounds[key][1]:.2f})"
            for key, value in one.figures.items()
            if key != "width"
        )
        gain = (
            ""
            if is_ours
            else f"{one.gain:+.3f} ({one.gain_bounds[0]:+.3f} to {one.gain_bounds[1]:+.3f})"
        )
        rows.append((where, one.way, *figures, f"{one.figures['width']:.2f}", gain))
    head = (
        "measured on",
        "way",
        "accuracy",
        "Brier",
        "log score",
        "90% held",
        "width",
        "Brier above hierarchical",
    )
    title = (
        f"{name}: speakers' stances from their quotes, mean over speakers (95% bootstrap interval)"
    )
    console(160).print(to_table(head, rows, words=("measured on", "way"), title=title))
    say(
        "fitted on cross-validated predictions: alpha "
        f"{', '.join(f'{one:.2f}' for one in prior.alpha)}, trust {prior.trust:g}"
    )
