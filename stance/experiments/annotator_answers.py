"""An annotator's judgments as if they were a model's answers, to be compared with a run's."""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.paths import home
from stance.core.types import Judgment
from stance.experiments.cross_validation import prediction_rows
from stance.features.feature_sets import to_rows
from stance.labels.dataset import load_table
from stance.labels.judgments import (
    adjudicators_among,
    people_among,
    read_all_judgments,
    read_annotators,
)
from stance.prediction.model import load

NO_SET = "labels"  # the set of answers that no run gave, unless they are put beside a run's


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """What a run, a model or an annotator answered.

    ``table`` has the columns ``set, quote, article, stance, predicted`` and more; ``corpus`` is
    that of a benchmark. Only runs have sets.
    """

    name: str
    table: pd.DataFrame
    corpus: str | None = None
    has_sets: bool = True


def annotator_answers(annotator: str) -> Answers:
    """Return an annotator's judgments of quotes whose label does not rest on them.

    A label rests on the judgments of persons where there are any, else on those of all readers,
    and where these differ on the adjudicator's, who saw them. Quotes on whose label the annotator
    had a say would agree with it by making, so they are left out.

    Raises
    ------
    DataError
        If the annotator is unknown, or had a say in the label of each quote that it judged.
    """
    folder = home() / "labels"
    known = read_annotators(folder)
    if annotator not in known:
        raise DataError(
            f"annotator {annotator!r}: unknown; expected one of {', '.join(sorted(known))}"
        )
    by_quote: dict[str, list[Judgment]] = defaultdict(list)
    for judgment in read_all_judgments(folder):
        by_quote[judgment.quote].append(judgment)
    people, deciding = set(people_among(known)), set(adjudicators_among(known))
    said, n_judged = {}, 0
    for quote, given in by_quote.items():
        own = [one for one in given if one.annotator == annotator]
        n_judged += bool(own)
        if own and not _has_a_say(annotator, given, people, deciding):
            said[quote] = own[0].stance
    table = load_table(folder)
    table = table[table["quote"].isin(set(said))].reset_index(drop=True)
    if table.empty:
        raise DataError(
            f"annotator {annotator!r}: judged {counted(n_judged, 'quote')}, and had a say in each "
            "label that it could be measured by; quotes that a person labelled measure a model's"
        )
    table = table.assign(set=NO_SET, predicted=table["quote"].map(said), confidence=None)
    return Answers(annotator, table, has_sets=False)


def released_answers(model: str, quotes: Collection[str]) -> Answers:
    """Return what a released model answers to these quotes: no run of this store has done so."""
    table = load_table(home() / "labels")
    table = table[table["quote"].isin(set(quotes))].reset_index(drop=True)
    rows = [{**row, "cue": row["cue"] or ""} for row in to_rows(table)]
    given = np.asarray(load(model).probabilities(rows))
    return Answers(model, prediction_rows(NO_SET, table, given), has_sets=False)


def _has_a_say(
    annotator: str, given: Sequence[Judgment], people: set[str], deciding: set[str]
) -> bool:
    readers = {one.annotator for one in given} - deciding
    return annotator in deciding or annotator in (readers & people or readers)


def in_the_same_sets(sides: Sequence[Answers]) -> list[pd.DataFrame]:
    """Return both tables; answers without sets are put into those in which the other has them.

    A run may have answered one quote in several sets; so does the other then.
    """
    tables = [side.table for side in sides]
    for k, side in enumerate(sides):
        other = sides[1 - k]
        if other.has_sets and not side.has_sets:
            placed = other.table[["quote", "set"]]
            tables[k] = placed.merge(side.table.drop(columns="set"), on="quote")
    return tables
