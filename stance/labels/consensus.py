"""From the judgments of several annotators to the one label of a quote."""

import dataclasses
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError, gather
from stance.core.paths import home
from stance.core.types import Article, Judgment, Quote
from stance.labels.corrections import corrected
from stance.labels.judgments import (
    adjudicators_among,
    people_among,
    read_all_judgments,
    read_annotators,
)
from stance.labels.labelled_articles import Labelled, read_all_reports


@dataclasses.dataclass(frozen=True, slots=True)
class Label:
    """The agreed stance of one quote.

    ``by`` says how it was reached: ``one`` (a single reader), ``agreed`` or ``adjudicated``;
    ``first`` is the first reader's stance. ``correction`` is a judgment that corrects the quote as
    more than half of the judgments do.
    """

    quote: str
    stance: str
    on_target: bool
    attributed: tuple[tuple[str, str], ...]
    by: str
    first: str
    correction: Judgment | None = None


def agree(
    judgments: Iterable[Judgment],
    adjudicators: Iterable[str] = ("adjudicator",),
    people: Iterable[str] = (),
) -> tuple[dict[str, Label], list[str]]:
    """Make one label of each quote's judgments, whatever the order of the judgments.

    An adjudicator's judgment decides. Without one, all readers must agree on stance and on_target;
    where some of the readers are ``people``, only these count. Attributed stances are those that
    more than half of the judgments name.

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
        held, correction = _held(readers or decided), _correction(decided or readers)
        labels[quote] = Label(quote, stance, on_target, held, by, first, correction)
    return labels, sorted(disputed)


def _held(judgments: Sequence[Judgment]) -> tuple[tuple[str, str], ...]:
    count = Counter(held for one in judgments for held in set(one.attributed))
    return tuple(sorted(held for held, n in count.items() if 2 * n > len(judgments)))


def _correction(judgments: Sequence[Judgment]) -> Judgment | None:
    count = Counter((one.speaker, one.text, one.is_quote) for one in judgments)
    common, n = count.most_common(1)[0]
    if common == (None, None, True) or 2 * n <= len(judgments):
        return None
    return next(one for one in judgments if (one.speaker, one.text, one.is_quote) == common)


def read_labels(
    folder: Path | None = None, *, own: bool = True
) -> tuple[list[Labelled], dict[str, Label]]:
    """Read ``labels/``: reports, seed articles, the user's own articles, their agreed labels.

    Quotes come as the judgments correct them. Those of ``own/`` may lack a label: they wait for
    one, also where only language models judged them, in two ways. Without ``own`` only what the
    project itself holds is read: neither the user's articles nor any judgment that the user
    imported.

    Raises
    ------
    DataError
        If quotes lack a label, judgments name unknown quotes or annotators, or a dispute is not
        adjudicated.
    """
    folder = folder or home() / "labels"
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; expected the project's labels/ (set STANCE_HOME to the "
            "project)"
        )
    annotators = read_annotators(folder, own=own)
    reports = read_all_reports(folder, own=own)
    judgments = read_all_judgments(folder, own=own)
    labels, disputed = agree(judgments, adjudicators_among(annotators), people_among(annotators))
    faults = _faults(reports, judgments, annotators, labels, disputed)
    reports = [_corrected(*report, labels, faults) for report in reports]
    gather(faults, DataError)
    return reports, labels


def _corrected(
    article: Article, quotes: Sequence[Quote], labels: Mapping[str, Label], faults: list[str]
) -> Labelled:
    """Return an article with its quotes as persons corrected them; what fails joins the faults."""
    right = []
    for quote in quotes:
        judged = labels[quote.id].correction if quote.id in labels else None
        try:
            right.append(corrected(article, quote, judged) if judged else quote)
        except DataError as fault:
            faults.append(f"labels/judgments: {fault}")
    return article, tuple(right)


def _faults(
    reports: Sequence[Labelled],
    judgments: Sequence[Judgment],
    annotators: Mapping[str, Any],
    labels: Mapping[str, Label],
    disputed: Sequence[str],
) -> list[str]:
    """Return the faults for which labels cannot be trusted, one per line."""
    known = Counter(quote.id for _, quotes in reports for quote in quotes)
    persons = set(people_among(annotators))
    by_people = {one.quote for one in judgments if one.annotator in persons}
    waiting = {
        quote.id for article, quotes in reports if article.origin == "own" for quote in quotes
    }
    # What decides on the user's own quotes stays with them, out of the project's files.
    deciders = {True: "own", False: "adjudicator"}
    faults = [
        f"labels: quote {quote} stands {n} times; ids must differ"
        for quote, n in known.items()
        if n > 1
    ]
    faults += [
        f"labels/judgments: {one.annotator} judges {one.quote}, which is in no report"
        for one in judgments
        if one.quote not in known
    ]
    faults += [
        f"labels/judgments: annotator {name!r} is neither in labels/annotators.toml nor in "
        "labels/own/annotators.toml"
        for name in sorted({one.annotator for one in judgments} - set(annotators))
    ]
    faults += [
        f"labels/judgments: {quote} is judged in two ways ({_said_of(quote, judgments)}); decide: "
        "add a line to "
        f"labels/judgments/{deciders[quote in waiting]}.jsonl like {_deciding(quote, judgments)}"
        for quote in disputed
        if quote in by_people or quote not in waiting
    ]
    faults += [
        f"labels/judgments: {quote} has no judgment"
        for quote in known
        if quote not in labels and quote not in set(disputed) | waiting
    ]
    twice = Counter((one.quote, one.annotator) for one in judgments)
    faults += [
        f"labels/judgments: {annotator} judges {quote} {n} times"
        for (quote, annotator), n in twice.items()
        if n > 1
    ]
    return faults


def _said_of(quote: str, judgments: Iterable[Judgment]) -> str:
    given = [one for one in judgments if one.quote == quote]
    return ", ".join(
        f"{one.annotator}: {one.stance}{'' if one.on_target else ' off target'}" for one in given
    )


def _deciding(quote: str, judgments: Iterable[Judgment]) -> str:
    """Return the line that settles the first disputed quote, as an example."""
    first = next(one for one in judgments if one.quote == quote)
    return json.dumps(
        {
            "quote": quote,
            "annotator": "adjudicator",
            "stance": first.stance,
            "on_target": first.on_target,
            "note": "why",
        },
        ensure_ascii=False,
    )
