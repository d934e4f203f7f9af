"""How well attributed stances are found, next to a simple rule and the annotators' agreement.

Three things are compared: the holder, the holder with the coarse stance, and the holder with the
stance.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.errors import DataError
from stance.core.paths import home
from stance.core.types import STANCES
from stance.evaluation.bootstrap import ratio_interval
from stance.extraction.speakers.aliases import load_aliases
from stance.features.lexicon import TARGETS, find_lists, is_negated, words_of
from stance.labels.consensus import read_labels
from stance.labels.judgments import read_all_judgments
from stance.models.attributed_stances.holders import candidates_of
from stance.models.attributed_stances.mentions import find_mentions
from stance.models.attributed_stances.model import AttributedModel
from stance.prediction.rows import row_in_article
from stance.tracking import runs, store
from stance.tracking.runs import load_predictions
from stance.training.attributed_stances import Held, Judged, matches, train

_NEAR = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1 of attributed stances against one reader.

    ``scores`` has them for holders alone, for holder and coarse stance, and for holder and
    stance; ``bounds`` the 95% intervals of F1.
    """

    who: str
    against: str
    scores: dict[str, tuple[float, float, float]]
    bounds: dict[str, tuple[float, float]]
    n_quotes: int
    n_found: int
    n_gold: int
    on: str = "test reports"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, rounded."""
        row = dataclasses.asdict(self)
        return row | {
            name: {key: [round(one, 4) for one in values] for key, values in row[name].items()}
            for name in ("scores", "bounds")
        }


def score(
    who: str,
    against: str,
    found: Sequence[Sequence[Held]],
    golds: Sequence[Sequence[Held]],
    articles: Sequence[str],
    on: str = "test reports",
) -> Agreement:
    """Score one reader against another, quote by quote; the intervals draw whole articles."""
    names = sorted(set(articles))
    units = np.array([names.index(article) for article in articles])
    n_found, n_gold = (np.array([len(one) for one in side], dtype=float) for side in (found, golds))
    scores: dict[str, tuple[float, float, float]] = {}
    bounds: dict[str, tuple[float, float]] = {}
    for kind in ("holder", "coarse", "stance"):
        hits = np.array(
            [matches(one, gold, kind) for one, gold in zip(found, golds, strict=True)], dtype=float
        )
        total = hits.sum()
        scores[kind] = (
            float(total / max(n_found.sum(), 1)),
            float(total / max(n_gold.sum(), 1)),
            float(2 * total / max((n_found + n_gold).sum(), 1)),
        )
        bounds[kind] = ratio_interval(2 * hits, n_found + n_gold, units)
    return Agreement(
        who, against, scores, bounds, len(articles), int(n_found.sum()), int(n_gold.sum()), on
    )


def by_rule(row: Mapping[str, Any]) -> list[Held]:
    """Return what the baseline finds in a quote.

    It takes every mention that is followed by a frame of refusal, sham or doubt, or by a frame of
    readiness near the target.
    """
    found = []
    text = str(row["text"])
    candidates = candidates_of(row, find_mentions(text))
    absent = next((one.name for one in candidates if one.mention is None), None)
    for mention in find_mentions(text):
        after = [word.lower() for word in words_of(text[mention.span[1] :])][:_NEAR]
        frames, things = find_lists(after, "frame"), find_lists(after, "thing")
        negated = {
            name
            for name, places in frames.items()
            if any(is_negated(after, place) for place in places)
        }
        stance = None
        if ("refuse" in frames and "refuse" not in negated) or negated & {"want", "ready"}:
            stance = "oppose"
        elif frames.keys() & {"sham", "doubt"}:
            stance = "skeptical"
        elif "ready" in frames and set(TARGETS) & set(things):
            stance = "conditional" if frames.keys() & {"if", "price"} else "support"
        if stance:
            name = next(
                (one.name for one in candidates if one.mention is mention),
                absent if mention.kind == "pronoun" else None,
            )
            found.append((name or mention.text, stance))
    return found


# Who judged which set.
ANNOTATORS = {
    "cv": ("author", "second"),
    "test": ("author", "second"),
    "seeds": ("seeds-a", "seeds-b"),
}
NAMES = {"test": "test reports", "seeds": "seed articles"}


def read_judged(run: str) -> tuple[str, dict[str, list[Judged]]]:
    """Return the run's name and the quotes that annotators judged, by set.

    The set ``cv`` is learned from, the others are measured on. A quote's own stance comes from the
    run's predictions of quotes that it did not learn from.

    Raises
    ------
    DataError
        If the run has no out-of-fold predictions or none of the test reports.
    """
    mlflow = store.open_store()
    found = runs.find_run(mlflow, run)
    table = load_predictions(mlflow, found)
    columns = [f"p_{stance}" for stance in STANCES]
    told = {
        str(quote): (str(name), probabilities)
        for quote, name, probabilities in zip(
            table["quote"], table["set"], table[columns].to_numpy(dtype=float), strict=True
        )
    }
    judgments = {
        (one.quote, one.annotator): one.attributed for one in read_all_judgments(home() / "labels")
    }
    reports = read_labels(home() / "labels")[0]
    sets: dict[str, list[Judged]] = {}
    for article, quotes in reports:
        for quote in quotes:
            name, probabilities = told.get(quote.id, ("", np.zeros(0)))
            golds = [
                judgments[quote.id, one]
                for one in ANNOTATORS.get(name, ())
                if (quote.id, one) in judgments
            ]
            if golds and len(golds) == len(ANNOTATORS[name]):
                sets.setdefault(name, []).append(
                    Judged(row_in_article(article, quote), article.id, probabilities, tuple(golds))
                )
    if not {"cv", "test"} <= sets.keys():
        raise DataError(
            f"run {found.info.run_name}: expected out-of-fold predictions and some of test "
            "reports; train it with data.folds of 2 or more"
        )
    return str(found.info.run_name), sets


def evaluate(
    run: str, threshold: float | None = None
) -> tuple[str, AttributedModel, list[Agreement]]:
    """Train on the training reports and score on the other sets.

    Model and baseline are scored against each annotator, and the annotators against each other.
    """
    name, sets = read_judged(run)
    model = train(sets.pop("cv"), threshold)
    rows = [row for key, judged in sets.items() for row in compare(model, key, judged)]
    return name, model, rows


def compare(model: AttributedModel, key: str, judged: Sequence[Judged]) -> Iterator[Agreement]:
    """Yield the scores on one set."""
    aliases = load_aliases()
    found = [
        [
            (held.holder, held.stance)
            for held in model.predict(one.row, one.probabilities.tolist(), aliases)
        ]
        for one in judged
    ]
    rule = [by_rule(one.row) for one in judged]
    articles = [one.article for one in judged]
    golds = [[one.golds[k] for one in judged] for k in range(len(ANNOTATORS[key]))]
    for who, told in (("model", found), ("rule", rule)):
        for against, gold in zip(ANNOTATORS[key], golds, strict=True):
            yield score(who, against, told, gold, articles, NAMES.get(key, key))
    if len(golds) == 2:
        yield score(
            ANNOTATORS[key][1],
            ANNOTATORS[key][0],
            golds[1],
            golds[0],
            articles,
            NAMES.get(key, key),
        )
