"""The verbs of evaluate: labels, quotes, speakers, attributed, explanations.

Nothing heavy is imported before a verb runs.
"""

import enum
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import stance
from stance.cli.options import AsJson, HolderThreshold, ModelName, RunName, show_json
from stance.cli.tables import NARROW, console, say, to_table
from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.paths import home

if TYPE_CHECKING:
    from stance.evaluation.extraction import ExtractionScores
    from stance.evaluation.own_labels import SampleScores
    from stance.evaluation.speakers import SpeakerScores
    from stance.models.speaker_pooling import Prior


class Speaker(enum.StrEnum):
    """How evaluate quotes compares speakers."""

    NAME = "name"
    MENTION = "mention"


def labels(
    model: ModelName = None,
    annotator: Annotated[
        str | None, typer.Option(help="Measure the judgments of this annotator, not a model's.")
    ] = None,
    limits: Annotated[
        bool, typer.Option("--limits", help="Also say what the figures cannot tell.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure a model on your own articles, by the random sample that you labelled.

    Error, kappa and macro-F1 with 95% intervals by article, scores by stance, and a sentence for a
    paper. stance labels suggest --random draws the sample.

    Example: stance evaluate labels --limits
    """
    from stance.evaluation.own_labels import score_annotator, score_model

    scores = (
        score_annotator(home() / "labels", annotator)
        if annotator
        else score_model(home() / "labels", stance.load(model))
    )
    if as_json:
        show_json(scores.to_dict())
        return
    show_sample_scores(scores)
    if limits:
        say("what these figures cannot say:")
        for line in scores.limits():
            say(f"  {line}")


def quotes(
    gold: Annotated[
        Path,
        typer.Argument(
            metavar="GOLD.jsonl",
            help="Labelled articles such as labels/seeds.jsonl, or rows with doc_id, text and "
            "quotes.",
        ),
    ],
    speaker: Annotated[
        Speaker,
        typer.Option(help="Which must be right: name (in full) or mention (the words next to it)."),
    ] = Speaker.NAME,
    speech_only: Annotated[
        bool,
        typer.Option(
            "--speech-only", help='Treat labelled quotes with "speech": false as optional.'
        ),
    ] = False,
    kinds: Annotated[
        str, typer.Option(help="The forms of quotes to measure.")
    ] = "direct,indirect,mixed",
    iou: Annotated[
        float,
        typer.Option(
            min=0.5,
            max=1.0,
            help="Least overlap of letters and digits that counts as the same quote.",
        ),
    ] = 0.8,
    errors: Annotated[
        int, typer.Option(min=0, help="How many misses and false alarms to show.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure the extraction of quotes on labelled articles.

    The result is a tracked run with a table of misses and false alarms.

    Example: stance evaluate quotes labels/seeds.jsonl
    """
    from stance.core.types import FORMS
    from stance.evaluation.extraction import run_measure

    wanted = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    if not wanted or set(wanted) - set(FORMS):
        raise DataError(f"--kinds {kinds!r}: expected some of {', '.join(FORMS)}, joined by commas")
    scores = run_measure(
        gold, iou=iou, speaker=speaker.value, kinds=wanted, speech_only=speech_only
    )
    if as_json:
        show_json(
            {"run": scores.run_name, **scores.metrics(), "errors": scores.whole.errors[:errors]}
        )
        return

    show_quote_scores(scores, n_errors=errors)


def speakers(run: RunName, as_json: AsJson = False) -> None:
    """Measure how well speakers' stances follow from a run's predictions.

    The hierarchical model is compared with the mean and with a majority vote.

    Example: stance evaluate speakers frozen
    """
    from stance.evaluation.speakers import evaluate_speakers

    name, prior, ways = evaluate_speakers(run)
    if as_json:
        for way in ways:
            show_json({"run": name, "prior": prior.to_dict(), **way.to_dict()})
        return

    show_speaker_scores(name, prior, ways)


def attributed(
    run: RunName,
    threshold: HolderThreshold = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well stances attributed to others are found.

    Weights are trained on the training reports and measured on the test reports and on real
    news, next to a rule and to the annotators. Nothing is kept; stance weights attributed
    --write does that.

    Example: stance evaluate attributed frozen
    """
    from stance.evaluation.attributed_stances import evaluate

    name, _, agreements = evaluate(run, threshold)
    for agreement in agreements:
        if as_json:
            show_json({"run": name, **agreement.to_dict()})
            continue
        typer.echo(
            f"{agreement.who} against {agreement.against}: {agreement.n_found} found, "
            f"{agreement.n_gold} noted, n = {agreement.n_quotes} quotes of {agreement.on}"
        )
        for kind, (precision, recall, f1) in agreement.scores.items():
            low, high = agreement.bounds[kind]
            typer.echo(
                f"  {kind:7s} precision {precision:.3f}   recall {recall:.3f}   F1 {f1:.3f} "
                f"({low:.3f}-{high:.3f} by article)"
            )


def explanations(
    model: ModelName = None,
    split: Annotated[
        str, typer.Option(help="Which labelled quotes: test, validation, train or seeds.")
    ] = "test",
    n_quotes: Annotated[
        int, typer.Option("--quotes", min=1, help="How many quotes, drawn at random.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random draw.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Measure whether explanations are faithful.

    How much does a prediction change without the words that explain it, and how much without
    words drawn at random?

    Example: stance evaluate explanations --quotes 200
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
    chosen = (
        table.sample(min(n_quotes, len(table)), random_state=seed).fillna("").to_dict("records")
    )
    loaded = stance.load(model)
    rows = [{str(name): value for name, value in row.items()} for row in chosen]
    for effect in measure(loaded, rows, seed=seed):
        if as_json:
            show_json({"model": loaded.label, "set": split, **effect.to_dict()})
        else:
            typer.echo(f"{loaded.label['name']} {loaded.label['version']}, {split}: {effect}")


def show_sample_scores(scores: "SampleScores") -> None:
    """Print what a model does on a random sample: the figures, by stance, and the sentence."""
    sample = scores.sample

    def shown(name: str) -> str:
        return "{:.2f} ({:.2f}-{:.2f})".format(*scores.figures[name])

    whole = {
        "error": "share of wrong labels",
        "kappa": "Cohen's kappa",
        "macro_f1": "macro-F1, five labels",
        "coarse_macro_f1": "macro-F1, coarse three",
    }
    title = (
        f"{scores.name}: {counted(len(sample.truth), 'quote')} drawn at random in "
        f"{counted(len(set(sample.articles)), 'article')}, 95% intervals by {scores.unit}"
    )
    rows = [(words, shown(name)) for name, words in whole.items()]
    console(NARROW).print(
        to_table(("on the sample", "value"), rows, words=("on the sample",), title=title)
    )
    parts = ("precision", "recall", "f1")
    by_stance = [
        (stance_name, str(n), *(shown(f"{stance_name}.{part}") for part in parts))
        for stance_name, n in scores.counts.items()
    ]
    head = ("stance", "n", "precision", "recall", "F1")
    console(NARROW).print(to_table(head, by_stance, words=("stance",)))
    quotes, cut, speaker = (
        "{:.0f}% ({:.0f}-{:.0f})".format(*(100 * value for value in scores.found[name]))
        for name in ("quotes", "cut_right", "speaker_right")
    )
    say(
        f"of the quotes that were found {quotes} are quotes, {cut} are cut right, {speaker} have "
        "the right speaker, too, by the corrections in your labels"
    )
    say(f"for a paper: {scores.sentence()}")


def show_quote_scores(result: "ExtractionScores", *, n_errors: int = 0) -> None:
    """Print how well quotes are found, by kind of agreement and by form.

    ``n_errors`` of the misses and false alarms follow.
    """
    whole = result.whole
    rows = []
    for kind, scores in whole.scores().items():
        bounds = result.intervals.get(kind)
        percentages = [f"{100 * value:.1f}" for value in scores]
        rows.append(
            (
                kind.replace("_", " + "),
                *percentages,
                f"{100 * bounds[0]:.1f}-{100 * bounds[1]:.1f}" if bounds else "",
            )
        )
    title = (
        f"{result.run_name}: {counted(whole.gold, 'labelled quote')}, {whole.found} found, "
        f"{counted(len(result.counts), 'article')}"
    )
    head = ("agreement", "precision", "recall", "F1", "95% interval, by article")
    console(NARROW).print(to_table(head, rows, words=("agreement",), title=title))
    for form, counts in sorted(whole.by_form.items()):
        recalls = ", ".join(
            f"{kind.replace('_', ' + ')} {100 * whole.recall(form, kind):.1f}"
            for kind in ("exact", "overlap", "overlap_speaker")
        )
        say(f"recall of {form} (n = {counts['gold']}): {recalls}")
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


def show_speaker_scores(name: str, prior: "Prior", ways: "Sequence[SpeakerScores]") -> None:
    """Print how well each way of pooling gives speakers' stances, set by set.

    The fitted prior comes last.
    """
    rows = []
    for scores in ways:
        is_ours = scores.way == "hierarchical"
        where = (
            f"{scores.name}, {scores.least_quotes}+ quotes, n = {scores.n_speakers} in "
            f"{scores.n_articles}, by {scores.unit}"
            if is_ours
            else ""
        )
        figures = (
            f"{value:.3f} ({scores.bounds[key][0]:.2f}-{scores.bounds[key][1]:.2f})"
            for key, value in scores.figures.items()
            if key != "width"
        )
        low, high = scores.gain_bounds
        gain = "" if is_ours else f"{scores.gain:+.3f} ({low:+.3f} to {high:+.3f})"
        rows.append((where, scores.way, *figures, f"{scores.figures['width']:.2f}", gain))
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
        f"{', '.join(f'{value:.2f}' for value in prior.alpha)}, trust {prior.trust:g}"
    )
