"""Two runs compared: the paired difference of their scores, and their errors quote by quote."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from stance.core.errors import DataError
from stance.core.paths import display_path, home
from stance.evaluation.scores import (
    Difference,
    compare,
    confusion_by_article,
    paired_tables,
    to_coarse,
)
from stance.experiments.annotator_answers import (
    Answers,
    annotator_answers,
    in_the_same_sets,
    released_answers,
)
from stance.experiments.benchmarks.corpora import COARSE_STANCES
from stance.experiments.benchmarks.scores import ALL_SCORES, HEADLINE, SCORES
from stance.tracking import store
from stance.tracking.model_folders import released_names
from stance.tracking.runs import find_run, load_predictions

ANNOTATOR = "annotator:"  # before a name: an annotator's judgments instead of a run
Differences = dict[str, dict[str, Difference]]


def _both(first: str, second: str) -> tuple[list[Answers], list[pd.DataFrame]]:
    mlflow = store.open_store()
    names = (first, second)
    known = {
        name: annotator_answers(name.removeprefix(ANNOTATOR))
        for name in names
        if name.startswith(ANNOTATOR)
    }
    for name in names:
        if known and name in released_names():
            quotes = next(iter(known.values())).table["quote"]
            known[name] = released_answers(name, quotes)
        elif name not in known:
            known[name] = _run_answers(mlflow, name)
    runs = [known[name] for name in names]
    tables = in_the_same_sets(runs)
    corpora = [run.corpus for run in runs]
    if corpora[0] != corpora[1]:
        asked = " and ".join(
            f"{run.name} about {corpus or 'the stance labels'}"
            for run, corpus in zip(runs, corpora, strict=True)
        )
        raise DataError(f"the runs answer different questions: {asked}; compare two of one kind")
    return runs, tables


def _run_answers(mlflow: Any, name: str) -> Answers:
    run = find_run(mlflow, name)
    return Answers(
        str(run.info.run_name), load_predictions(mlflow, run), run.data.params.get("corpus")
    )


def _paired(names: Sequence[str], tables: Sequence[pd.DataFrame]) -> dict[str, list[pd.DataFrame]]:
    """Return both runs' rows of the quotes that both answered, in the same order, set by set.

    Raises
    ------
    DataError
        If the labels changed between the runs, or no quote is shared.
    """
    out: dict[str, list[pd.DataFrame]] = {}
    for name in dict.fromkeys(tables[0]["set"]):
        sides = [table[table["set"] == name].set_index("quote") for table in tables]
        shared = sides[0].index.intersection(sides[1].index)
        if len(shared) == 0:
            continue
        if not (sides[0].loc[shared, "stance"] == sides[1].loc[shared, "stance"]).all():
            raise DataError(f"{name}: the labels changed between the runs; run {names[0]} again")
        out[str(name)] = [side.loc[shared] for side in sides]
    if not out:
        raise DataError(
            f"{display_path(home())}: the two runs predicted no quote in common; train both again"
        )
    return out


def compare_runs(first: str, second: str) -> tuple[str, str, Differences]:
    """Compare two runs on the quotes that both predicted, set by set.

    The runs are paired by article, benchmarks by text. ``annotator:NAME`` stands for what an
    annotator judged, as if it were a run.

    Returns
    -------
    first run's name, second run's name, differences (second minus first) by set and score
    """
    runs, tables = _both(first, second)
    corpus = runs[0].corpus
    names = [run.name for run in runs]
    return names[0], names[1], compare_tables(names, tables, corpus)


def compare_tables(
    names: Sequence[str], tables: Sequence[pd.DataFrame], corpus: str | None = None
) -> Differences:
    """Compare two tables of predictions on the quotes that stand in both, set by set.

    Parameters
    ----------
    names
        Of the two runs or models, for messages.
    tables
        With the columns ``set, quote, article, stance, predicted``.
    corpus
        Of a benchmark, whose scores are those of its protocol.
    """
    return {
        name: _of_corpus(corpus, name, sides) if corpus else _of_labels(sides)
        for name, sides in _paired(names, tables).items()
    }


def data_differences(first: str, second: str) -> list[str]:
    """Return how the data settings of two runs differ, as lines for people.

    Their cross-validated scores then differ by more than the model. Annotators have none.
    """
    if any(name.startswith(ANNOTATOR) for name in (first, second)):
        return []
    mlflow = store.open_store()
    one, other = (find_run(mlflow, name).data.params for name in (first, second))
    names = sorted(
        name
        for name in {*one, *other}
        if name.startswith("data.") and one.get(name) != other.get(name)
    )
    return [f"{name}: {one.get(name, 'none')} against {other.get(name, 'none')}" for name in names]


def _of_labels(sides: list[pd.DataFrame]) -> dict[str, Difference]:
    """Compare two tables of predictions of the same quotes.

    They are compared by the five labels and by the coarse three.
    """
    tables, unit = paired_tables(
        list(sides[0]["stance"]),
        [list(side["predicted"]) for side in sides],
        list(sides[0]["article"]),
    )
    return {
        "five": compare(*tables, unit=unit),
        "coarse": compare(*[to_coarse(one) for one in tables], unit=unit),
    }


def _of_corpus(corpus: str, name: str, sides: list[pd.DataFrame]) -> dict[str, Difference]:
    """Compare two tables of answers by the scores of the corpus's protocol.

    The folds of DeSMOG are compared by their main score.
    """
    texts = list(sides[0]["article"])
    tables = [
        confusion_by_article(list(side["stance"]), list(side["predicted"]), texts, COARSE_STANCES)
        for side in sides
    ]
    scores = [HEADLINE[corpus]] if name == "folds" else ALL_SCORES[corpus]
    return {score: compare(*tables, unit="text", scorer=SCORES[score]) for score in scores}


def compare_errors(first: str, second: str) -> tuple[str, str, pd.DataFrame]:
    """Put side by side what two runs answered where at least one of them was wrong.

    Quotes on which they differ come first.

    Returns
    -------
    first run's name, second run's name, table
        Columns ``quote, set, stance, first, second, first_confidence, second_confidence, right``
        (first, second or neither) and ``text``; confidence and text are None for benchmarks, whose
        texts stay where they are.
    """
    runs, tables = _both(first, second)
    parts = []
    for name, (one, other) in _paired([run.name for run in runs], tables).items():
        columns: dict[str, Any] = {
            "set": name,
            "stance": one["stance"],
            "first": one["predicted"],
            "second": other["predicted"],
        }
        columns |= {
            f"{which}_confidence": side.get("confidence")
            for which, side in (("first", one), ("second", other))
        }
        parts.append(
            pd.DataFrame({**columns, "text": one.get("text")}, index=one.index).reset_index()
        )
    table = pd.concat(parts, ignore_index=True)
    is_right = [table[which] == table["stance"] for which in ("first", "second")]
    table.insert(
        7,
        "right",
        [
            "first" if one else "second" if other else "neither"
            for one, other in zip(*is_right, strict=True)
        ],
    )
    wrong = table[~(is_right[0] & is_right[1])]
    alike = (wrong["first"] == wrong["second"]).rename("alike")
    order = (
        wrong.assign(alike=alike)
        .sort_values(["alike", "right", "set", "quote"], kind="stable")
        .index
    )
    return (
        runs[0].name,
        runs[1].name,
        wrong.loc[order].reset_index(drop=True),
    )
