"""The labels: reports with their quotes, judgments of annotators, and the one label that comes of them."""

import dataclasses
import difflib
import itertools
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from stance.errors import DataError, gather
from stance.files import read_rows, read_text, read_toml
from stance.home import home, shown
from stance.records import STANCES, Article, Judgment, Quote

Labelled = tuple[Article, tuple[Quote, ...]]
ANNOTATORS = "annotators.toml"
OWN_JUDGMENTS = "own.jsonl"
Read = TypeVar("Read")


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """The agreed stance of one quote. ``by`` says how it was reached: ``one``, ``agreed``, or ``adjudicated``; ``first`` is the first reader's stance."""

    quote: str
    stance: str
    on_target: bool
    attributed: tuple[tuple[str, str], ...]
    by: str
    first: str


def read_report(row: Mapping[str, Any], place: str, root: Path) -> Labelled:
    """Read one article and its quotes; the text stands in the row, or in the file that ``source`` names.

    Raises
    ------
    DataError
        If the text is missing or a quote is not its text cut at its spans.
    """
    text = row.get("text")
    if text is None and isinstance(row.get("source"), str):
        text = read_text(root / row["source"])
    if not isinstance(text, str) or not isinstance(row.get("id"), str):
        raise DataError(f"{place}: expected an id and a text (or a source file), found the fields {', '.join(sorted(row))}")
    fields = {field.name for field in dataclasses.fields(Article)} - {"text"}
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items() if key in fields}
    article = Article(text=text, **values)
    try:
        quotes = tuple(Quote.from_dict(quote, article) for quote in row.get("quotes", ()))
    except DataError as fault:
        raise DataError(f"{place}: {fault}") from fault
    return article, quotes


def read_reports(path: Path, root: Path | None = None) -> list[Labelled]:
    """Read a file of labelled articles, JSONL.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    folder = root or home()
    return read_each(read_rows(path), lambda row, at: read_report(row, at, folder))


def read_each(rows: Iterable[tuple[str, Mapping[str, Any]]], read_one: Callable[[Mapping[str, Any], str], Read]) -> list[Read]:
    """Read (place, row) pairs one by one and return what came of them.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    found: list[Read] = []
    faults: list[str] = []
    for place, row in rows:
        try:
            found.append(read_one(row, place))
        except DataError as fault:
            faults.append(str(fault))
    gather(faults, DataError)
    return found


def read_judgment(row: Mapping[str, Any], place: str) -> Judgment:
    """Check one judgment row.

    Raises
    ------
    DataError
        If a stance is not in the codebook, an attributed one has no holder, or an off-target statement has a stance.
    """
    for held in row.get("attributed", ()):
        if not held.get("holder"):
            raise DataError(f"{place}: attributed {held.get('stance')!r} has no holder; expected holder=stance, for example Merrow=oppose")
    stances = [row.get("stance"), *(held.get("stance") for held in row.get("attributed", ()))]
    for stance in stances:
        if stance not in STANCES:
            near = difflib.get_close_matches(str(stance), STANCES, 1)
            raise DataError(
                f"{place}: stance {stance!r} is not in labels/codebook.toml ({', '.join(STANCES)})" + (f"; did you mean {near[0]!r}?" if near else "")
            )
    if not isinstance(row.get("on_target"), bool):
        raise DataError(f"{place}: on_target is {row.get('on_target')!r}, expected true or false")
    if not row["on_target"] and row["stance"] != "neutral":
        raise DataError(f"{place}: on_target is false but the stance is {row['stance']!r}; a statement off the target is neutral")
    for name in ("quote", "annotator"):
        if not isinstance(row.get(name), str):
            raise DataError(f"{place}: {name} is {row.get(name)!r}, expected text")
    held = tuple((str(one["holder"]), str(one["stance"])) for one in row.get("attributed", ()))
    return Judgment(row["quote"], row["annotator"], row["stance"], row["on_target"], held, row.get("note"))


def read_judgments(path: Path) -> list[Judgment]:
    """Read a file of judgments, JSONL.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    return read_each(read_rows(path), read_judgment)


def read_annotators(folder: Path, *, own: bool = True) -> dict[str, dict[str, str]]:
    """Read who judged: annotator -> role, kind, who; the project's, and with ``own`` also the user's in ``own/``.

    Raises
    ------
    DataError
        If a file is not TOML or an entry has no role.
    """
    users = folder / "own" / ANNOTATORS
    # The project's come last: nobody takes the name of one of them.
    return (read_annotators_file(users) if own and users.is_file() else {}) | read_annotators_file(folder / ANNOTATORS)


def read_annotators_file(path: Path) -> dict[str, dict[str, str]]:
    """Read one file of annotators: annotator -> role, kind, who.

    Raises
    ------
    DataError
        If the file is not TOML or an entry has no role.
    """
    found = read_toml(path)
    without = [name for name, entry in found.items() if not isinstance(entry, dict) or not entry.get("role")]
    gather([f"{shown(path)}: {name}: no role; expected author, second reader or adjudicator" for name in without], DataError)
    return found


def agree(judgments: Iterable[Judgment], adjudicators: Iterable[str] = ("adjudicator",), people: Iterable[str] = ()) -> tuple[dict[str, Label], list[str]]:
    """Make one label of each quote's judgments; the order of the judgments does not matter.

    An adjudicator's judgment decides; otherwise the judgments must agree on stance and on_target, those of ``people`` alone where
    there are any. Attributed stances are those that more than half of the judgments name.

    Returns
    -------
    labels, disputed
        Labels by quote, and the quotes without one: judged differently, not adjudicated.
    """
    deciding, persons = set(adjudicators), set(people)
    by_quote: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        by_quote[judgment.quote].append(judgment)
    labels: dict[str, Label] = {}
    disputed: list[str] = []
    for quote, given in by_quote.items():
        readers = [one for one in given if one.annotator not in deciding]
        readers = [one for one in readers if one.annotator in persons] or readers
        decided = [one for one in given if one.annotator in deciding]
        final = {(one.stance, one.on_target) for one in decided or readers}
        if len(final) != 1:
            disputed.append(quote)
            continue
        ((stance, on_target),) = final
        by = "adjudicated" if decided else "agreed" if len(readers) > 1 else "one"
        # By name, not by order: "author" stands before "second" and the adjudicator is no reader.
        first = min(readers or decided, key=lambda one: (one.annotator, one.stance)).stance
        labels[quote] = Label(quote, stance, on_target, _held(readers or decided), by, first)
    return labels, sorted(disputed)


def _held(judgments: Sequence[Judgment]) -> tuple[tuple[str, str], ...]:
    count = Counter(held for one in judgments for held in set(one.attributed))
    return tuple(sorted(held for held, n in count.items() if 2 * n > len(judgments)))


def report_files(folder: Path, *, own: bool = True) -> list[Path]:
    """Return the files with labelled articles: the reports, the seeds, and with ``own`` the user's own articles."""
    users = sorted((folder / "own").glob("*.jsonl")) if own else []
    return [*sorted((folder / "reports").glob("*.jsonl")), folder / "seeds.jsonl", *users]


def read_all_judgments(folder: Path, *, own: bool = True) -> list[Judgment]:
    """Read the judgments of all annotators, with ``own`` also those that the user imported."""
    paths = sorted((folder / "judgments").glob("*.jsonl"))
    return [one for path in paths if own or path.name != OWN_JUDGMENTS for one in read_judgments(path)]


def people_among(annotators: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the annotators who are persons, not models."""
    return [name for name, entry in annotators.items() if entry.get("kind") == "person"]


def adjudicators_among(annotators: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the annotators who decide where others differ."""
    return [name for name, entry in annotators.items() if entry["role"] == "adjudicator"]


def read_labels(folder: Path | None = None, *, own: bool = True) -> tuple[list[Labelled], dict[str, Label]]:
    """Read everything in ``labels/``: the reports, the seed articles, the user's own articles, and their agreed labels.

    Quotes of ``own/`` may lack a label: they wait for one. Without ``own`` only what the project itself holds is read: neither the
    user's articles nor any judgment that the user imported.

    Raises
    ------
    DataError
        If quotes lack a label, judgments name unknown quotes or annotators, or a dispute is not adjudicated.
    """
    folder = folder or home() / "labels"
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; expected the project's labels/ (set STANCE_HOME to the project)")
    annotators = read_annotators(folder, own=own)
    reports = [one for path in report_files(folder, own=own) for one in read_reports(path, folder.parent)]
    judgments = read_all_judgments(folder, own=own)
    labels, disputed = agree(judgments, adjudicators_among(annotators), people_among(annotators))
    gather(_faults(reports, judgments, annotators, labels, disputed), DataError)
    return reports, labels


def _faults(
    reports: Sequence[Labelled], judgments: Sequence[Judgment], annotators: Mapping[str, Any], labels: Mapping[str, Label], disputed: Sequence[str]
) -> list[str]:
    """Return what keeps labels from being trusted, a line each."""
    known = Counter(quote.id for _, quotes in reports for quote in quotes)
    waiting = {quote.id for article, quotes in reports if article.origin == "own" for quote in quotes}
    # What decides on the user's own quotes stays with them, out of the project's files.
    deciders = {True: "own", False: "adjudicator"}
    faults = [f"labels: quote {quote} stands {n} times; ids must differ" for quote, n in known.items() if n > 1]
    faults += [f"labels/judgments: {one.annotator} judges {one.quote}, which is in no report" for one in judgments if one.quote not in known]
    faults += [
        f"labels/judgments: annotator {name!r} is neither in labels/annotators.toml nor in labels/own/annotators.toml"
        for name in sorted({one.annotator for one in judgments} - set(annotators))
    ]
    faults += [
        f"labels/judgments: {quote} is judged in two ways ({_said_of(quote, judgments)}); decide: add a line to "
        f"labels/judgments/{deciders[quote in waiting]}.jsonl like {_deciding(quote, judgments)}"
        for quote in disputed
    ]
    faults += [f"labels/judgments: {quote} has no judgment" for quote in known if quote not in labels and quote not in set(disputed) | waiting]
    twice = Counter((one.quote, one.annotator) for one in judgments)
    faults += [f"labels/judgments: {annotator} judges {quote} {n} times" for (quote, annotator), n in twice.items() if n > 1]
    return faults


def _said_of(quote: str, judgments: Iterable[Judgment]) -> str:
    given = [one for one in judgments if one.quote == quote]
    return ", ".join(f"{one.annotator}: {one.stance}{'' if one.on_target else ' off target'}" for one in given)


def _deciding(quote: str, judgments: Iterable[Judgment]) -> str:
    """Return the line that decides for the first reading, as an example."""
    first = next(one for one in judgments if one.quote == quote)
    return json.dumps({"quote": quote, "annotator": "adjudicator", "stance": first.stance, "on_target": first.on_target, "note": "why"}, ensure_ascii=False)


def paired(judgments: Iterable[Judgment], skip: Iterable[str] = ("adjudicator",)) -> list[tuple[Judgment, Judgment]]:
    """Return the pairs of judgments of one quote by two annotators, adjudicators left out."""
    left_out = set(skip)
    by_quote: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in judgments:
        if judgment.annotator not in left_out:
            by_quote[judgment.quote].append(judgment)
    return [pair for given in by_quote.values() for pair in itertools.combinations(given, 2)]
