"""What people see in a terminal: readings as tables with bars, the scores of runs as tables with their intervals."""

import json
import shlex
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stance.calibration import STATED_RISK
from stance.evaluate import SETS, Difference, Score, set_words
from stance.home import shown
from stance.readings import Reading, SpeakerStance
from stance.records import Prediction, Quote, counted

if TYPE_CHECKING:
    from stance.benchmark import Measured as Benchmarked
    from stance.experiment import Outcome
    from stance.leaderboard import Board, Entry
    from stance.pooling import Prior
    from stance.quote_runs import Measured
    from stance.speaker_runs import Told
    from stance.sweep import Outcome as SweepOutcome

# Beside the colour always stands the name: colours are for the eye that can tell them.
STYLES = {"support": "green", "conditional": "blue", "skeptical": "yellow", "oppose": "red", "neutral": "bright_black", None: "dim"}
WIDTH = 21
MAX_QUOTE = 150
# Where the output goes to a file or pipe, tables are so many characters wide.
READING_WIDTH, WIDE, NARROW = 140, 150, 120
MOST_SHOWN = 40
SHOWN_LEVEL = 0.9
# Of stances ascribed to others, many are found that are not there: people see the surer ones, programs all of them.
SHOWN_FROM = 0.3
# On the test reports half of the speakers below it are wrong, a fifth at it, and one in two hundred from 0.9 on.
SURE_SPEAKER = 0.55
LEGEND = (
    "A speaker's stance with its probability; then the expected score of the quotes from -1 (oppose) to +1 (support), and the range that holds it with 90%. "
    f"“says of”: a stance that the quote ascribes to somebody else, from {SHOWN_FROM:.0%} on (all of them: --json)."
)


def console(width: int) -> Console:
    """Return a console as wide as the terminal, or of ``width`` columns where the output goes elsewhere."""
    return Console(width=None if sys.stdout.isatty() else width)


def to_table(head: Sequence[str], rows: Iterable[Sequence[object]], *, words: Collection[str] = (), title: str | None = None) -> Table:
    """Return a table of cells that are shown as they are, never read as markup.

    Parameters
    ----------
    head
        The names of the columns.
    words
        Those of them that hold words and stand left; figures stand right.
    """
    table = Table(title=None if title is None else Text(title), title_justify="left")
    for name in head:
        table.add_column(Text(name), justify="left" if name in words else "right")
    for row in rows:
        table.add_row(*(Text("" if cell is None else " ".join(str(cell).split())) for cell in row))
    return table


def say(line: str, *, dim: bool = False) -> None:
    """Print one line as it is, however long."""
    Console(soft_wrap=True, highlight=False).print(Text(line, style="dim" if dim else ""))


def show_readings(readings: Iterable[Reading]) -> None:
    """Print a table per article, as wide as the terminal; 140 columns where the output goes elsewhere."""
    place = console(READING_WIDTH)
    for reading in readings:
        place.print(table_of(reading))
        place.print(Text(_summary(reading), style="dim"))
    place.print(Text(LEGEND, style="dim"))


def table_of(reading: Reading) -> Table:
    """Return the table of one article, a row per speaker."""
    table = Table(title=Text(reading.article, style="bold"), title_justify="left", show_lines=True, expand=True)
    table.add_column("speaker", max_width=26, overflow="fold")
    table.add_column("stance", no_wrap=True)
    table.add_column(Text("oppose    0   support", justify="left"), no_wrap=True, width=WIDTH)
    table.add_column("quotes", ratio=1, overflow="fold")
    for one in reading.speakers:
        table.add_row(_who(one), _what(one), _where(one), Text("\n").join(_quote(*pair, reading.labels.get(pair[0].id)) for pair in one.quotes))
    return table


def _who(one: SpeakerStance) -> Text:
    return Text(one.speaker or "(nobody found)").append(f"\n{one.role}" if one.role else "", style="dim")


def _what(one: SpeakerStance) -> Text:
    if one.stance is None:
        return Text("abstained", style=STYLES[None])
    return Text(one.stance, style=STYLES[one.stance]).append(f" {one.probabilities[one.stance]:.0%}", style="default")


def _where(one: SpeakerStance) -> Text:
    n_quotes = counted(len(one.quotes), "quote")
    if one.stance is None:
        return Text(f"no score\n{n_quotes}", style="dim")
    return bar(one.low, one.score, one.high, STYLES[one.stance]).append(f"\n{one.score:+.2f}, {n_quotes}\n{one.low:+.2f} to {one.high:+.2f}", style="dim")


def bar(low: float, score: float, high: float, style: str, width: int = WIDTH) -> Text:
    """Return a line from -1 to +1 of ``width`` characters: ━ from ``low`` to ``high``, ● at the score, a cross at 0.

    All three are scores from -1 (oppose) to +1 (support).
    """
    places = [round((value + 1) / 2 * (width - 1)) for value in (low, score, high)]
    text = Text()
    for place in range(width):
        inside = places[0] <= place <= places[2]
        sign = "●" if place == places[1] else ("╋" if inside else "┼") if place == width // 2 else "━" if inside else "─"
        text.append(sign, style=style if inside else "dim")
    return text


def _quote(quote: Quote, prediction: Prediction, judged: str | None) -> Text:
    words = " ".join(quote.shown_text.split())
    cut = words if len(words) <= MAX_QUOTE else words[: MAX_QUOTE - 1].rsplit(" ", 1)[0] + " …"
    label = prediction.stance or f"abstained ({(prediction.reason or '').split(';')[0]})"
    text = Text(label, style=STYLES[prediction.stance]).append(f" {cut}", style="default")
    if quote.speaker is not None and quote.speaker_confidence is not None and quote.speaker_confidence < SURE_SPEAKER:
        text.append("  (speaker unsure)", style="dim")
    if judged is not None:
        text.append("\n  your label: ", style="dim").append(judged, style=STYLES[judged])
    for held in prediction.attributed or ():
        if held.probability < SHOWN_FROM:
            continue
        text.append("\n  says of ", style="dim").append(held.holder).append(": ", style="dim")
        text.append(f"{held.stance} ({held.probability:.0%})", style=STYLES[held.stance])
    return text


def _summary(reading: Reading) -> str:
    found = [prediction for one in reading.speakers for _, prediction in one.quotes]
    named = sum(one.speaker is not None for one in reading.speakers)
    abstained = sum(one.abstained for one in found)
    model = "{name} {version}".format(**reading.model)
    return f"{counted(len(found), 'quote')}, {counted(named, 'speaker')}" + (f", {abstained} abstained" if abstained else "") + f"; model {model}\n"


def _interval(score: Score) -> str:
    return f"{score.value:.2f} ({score.low:.2f}-{score.high:.2f})"


def set_name(name: str) -> str:
    """Return what people call a set; its own name where it is none that is known."""
    return set_words(name)[0]


def show_outcome(outcome: "Outcome") -> None:
    """Print the scores of a trained model, a row a set, then its prediction sets, its folder and the seconds it took."""
    head = ("measured on", "split", "macro-F1", "coarse", "majority", "quotes", "articles")
    rows = [
        (*set_words(name), _interval(one.five), _interval(one.coarse), f"{one.majority:.2f}", one.five.n_quotes, one.five.n_articles)
        for name, one in outcome.reports.items()
    ]
    title = f"{outcome.run_name}: five-label and coarse macro-F1 (95% bootstrap interval, by article; by quote below 10 articles)"
    console(NARROW).print(to_table(head, rows, words=("measured on", "split"), title=title))
    for found in outcome.coverage:
        if found.level == SHOWN_LEVEL:
            say(f"{set_name(found.name)}: {found}")
    say(f"model: {shown(outcome.folder)}   seconds: " + ", ".join(f"{key} {value:.1f}" for key, value in outcome.seconds.items()))


def show_sweep(found: "SweepOutcome") -> None:
    """Print what a sweep reached on sets that no trial saw, beside the unchanged experiment, and the settings it chose."""
    head = ("measured on (seen by no trial)", "chosen", "unchanged", "difference", "majority")
    rows = [(name, _interval(one.chosen.five), _interval(one.base.five), one.difference, f"{one.base.majority:.2f}") for name, one in found.outer.items()]
    console(WIDE).print(to_table(head, rows, words=head))
    settings = " ".join("--set " + shlex.quote(f"{key}={json.dumps(value)}") for key, value in found.chosen.items())
    say(f"chosen among {len(found.trials)} trials (cross-validated there {found.inner:.3f}: the best of many, it flatters): {settings}")
    say(f"tracked as {found.run_name} with its trials as a table and a figure")


def show_measured(found: "Measured", *, n_errors: int = 0) -> None:
    """Print how well quotes are found, by kind of agreement and by form, and ``n_errors`` of the misses and false alarms."""
    whole = found.whole
    rows = []
    for kind, scores in whole.scores().items():
        bounds = found.intervals.get(kind)
        shares = [f"{100 * value:.1f}" for value in scores]
        rows.append((kind.replace("_", " + "), *shares, f"{100 * bounds[0]:.1f}-{100 * bounds[1]:.1f}" if bounds else ""))
    title = f"{found.run_name}: {counted(whole.gold, 'labelled quote')}, {whole.found} found, {counted(len(found.counts), 'article')}"
    head = ("agreement", "precision", "recall", "F1", "95% interval, by article")
    console(NARROW).print(to_table(head, rows, words=("agreement",), title=title))
    for form, counts in sorted(whole.by_form.items()):
        told = ", ".join(f"{kind.replace('_', ' + ')} {100 * whole.recall(form, kind):.1f}" for kind in ("exact", "overlap", "overlap_speaker"))
        say(f"recall of {form} (n = {counts['gold']}): {told}")
    kinds = Counter(error["kind"] for error in whole.errors)
    say("errors: " + (", ".join(f"{kind} {n}" for kind, n in kinds.most_common()) or "none") + "; all of them in the run's errors.json")
    for error in whole.errors[:n_errors]:
        say(f"{error['kind']}: {error['article']}: {error['gold_speaker']}: {error['gold']!r} / {error['found_speaker']}: {error['found']!r}")


def show_told(name: str, prior: "Prior", told: "Sequence[Told]") -> None:
    """Print how well each way tells speakers' stances, set by set, and the prior that was fitted."""
    rows = []
    for one in told:
        is_ours = one.way == "hierarchical"
        where = f"{one.name}, {one.least_quotes}+ quotes, n = {one.n_speakers} in {one.n_articles}, by {one.unit}" if is_ours else ""
        figures = (f"{value:.3f} ({one.bounds[key][0]:.2f}-{one.bounds[key][1]:.2f})" for key, value in one.figures.items() if key != "width")
        gain = "" if is_ours else f"{one.gain:+.3f} ({one.gain_bounds[0]:+.3f} to {one.gain_bounds[1]:+.3f})"
        rows.append((where, one.way, *figures, f"{one.figures['width']:.2f}", gain))
    head = ("measured on", "way", "accuracy", "Brier", "log score", "90% held", "width", "Brier above hierarchical")
    title = f"{name}: speakers' stances from their quotes, mean over speakers (95% bootstrap interval)"
    console(160).print(to_table(head, rows, words=("measured on", "way"), title=title))
    say(f"fitted on cross-validated predictions: alpha {', '.join(f'{one:.2f}' for one in prior.alpha)}, trust {prior.trust:g}")


def show_differences(first: str, second: str, found: Mapping[str, Mapping[str, Difference]]) -> None:
    """Print by how much the second run differs from the first, set by set."""
    say(f"{second} minus {first}: difference with its 95% bootstrap interval")
    for name, scores in found.items():
        say(f"  {set_name(name)}")
        for key, one in scores.items():
            say(f"    {key:7s} {one}")


def show_errors(first: str, second: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the quotes that two runs answered differently where one of them was wrong, and how often each was right."""
    differ = [row for row in rows if row["first"] != row["second"]]
    head = ("quote", "label", first, second, "words")
    keys = ("quote", "stance", "first", "second", "text")
    console(WIDE).print(to_table(head, [[row[key] for key in keys] for row in differ[:MOST_SHOWN]], words=head))
    right = {which: sum(row["right"] == which for row in rows) for which in ("first", "second", "neither")}
    say(f"only {first} right: {right['first']}, only {second} right: {right['second']}, both wrong: {right['neither']}")
    if len(differ) > MOST_SHOWN:
        say(f"{len(differ) - MOST_SHOWN} more answered differently; --json gives all of them")


def show_benchmark(found: "Benchmarked") -> None:
    """Print the scores of a benchmark beside the majority baseline."""
    rows = [
        (one.where, one.model, one.score, f"{one.value:.3f} ({one.low:.3f}-{one.high:.3f})", f"{one.majority:.3f}", one.n_rows, one.n_texts)
        for one in found.figures
    ]
    head = ("measured on", "model", "score", "value", "majority", "rows", "texts")
    title = f"{found.run_name}: scores with their 95% bootstrap interval, by text"
    console(NARROW).print(to_table(head, rows, words=head[:3], title=title))


def show_board(board: "Board") -> None:
    """Print the leaderboard: what may be compared, then what may not."""
    from stance.leaderboard import number, older_row, pair

    place = console(WIDE)
    if board.entries:
        used = [name for name in SETS if any(name in one.sets for one in board.entries)]
        rows = []
        for one in board.entries:
            last = next((one.sets[name] for name in ("test", "cv") if name in one.sets), {})
            covered = last.get("coverage")
            figures = (number(last.get("calibration_error")), "–" if covered is None else f"{covered:.0%}", f"{sum(one.seconds.values()):.0f}")
            rows.append((one.name, *(pair(one.sets.get(name)) for name in used), *figures))
        head = ("experiment", *used, "calibration error", f"answered at {STATED_RISK:.0%} wrong", "seconds")
        table = to_table(head, rows, words=("experiment",), title="five-label / coarse macro-F1, the best in cross-validation first")
        table.add_section()
        table.add_row("majority baseline", *(number(_first(board.entries, name, "majority")) for name in used), "", "", "")
        table.add_row("quotes", *(f"{_first(board.entries, name, 'n_quotes') or 0:.0f}" for name in used), "", "", "")
        place.print(table)
    if board.older:
        head = ("run", "differs in", *SETS)
        place.print(to_table(head, map(older_row, board.older), words=head[:2], title="on other labels: not to be compared with the others"))
    for name, measured in board.benchmarks.items():
        say(f"benchmark {name}: {_headline(measured)}", dim=True)
    for status, names in board.unfinished.items():
        say(f"left out, {status.lower()}: {len(names)}", dim=True)


def _first(entries: "Iterable[Entry]", name: str, figure: str) -> float | None:
    return next((one.sets[name][figure] for one in entries if name in one.sets), None)


def _headline(figures: Sequence[Mapping[str, Any]]) -> str:
    held = [row for row in figures if row["model"] == "vote" and ":" not in row["where"] and not row["where"].startswith("train")]
    return "; ".join(f"{row['where']} {row['score']} {row['value']:.3f} (majority {row['majority']:.3f}, n = {row['n_rows']})" for row in held)
