"""Train the model of attributed stances on labelled reports."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from stance.core.types import COARSE, STANCES
from stance.models.attributed_stances.holders import HolderCandidate, candidates_of
from stance.models.attributed_stances.mentions import EMPTY, find_mentions
from stance.models.attributed_stances.model import HELD, AttributedModel, TermScorer
from stance.models.attributed_stances.terms import N_NUMBERS, holder_terms, numbers_of, quote_terms

# Capitals that stand for their states, as annotators use both.
_CAPITALS = {
    "kyiv": "ukrai",
    "mosco": "russi",
    "kreml": "russi",
    "washi": "ameri",
    "unite": "ameri",
    "tehra": "iran",
    "jerus": "israe",
    "beiji": "china",
}
Held = tuple[str, str]


def stems(name: str) -> set[str]:
    """Return the first five letters of each word of a name that tells who it is.

    Russia and the Russian leadership share one.
    """
    return {word[:5] for word in re.findall(r"[^\W\d_]+", name.lower()) if word not in EMPTY}


def same_holder(first: str, second: str) -> bool:
    """Tell whether two names share a word that tells who it is, by its first five letters.

    A capital stands for its state.
    """
    a, b = ({_CAPITALS.get(stem, stem) for stem in stems(name)} for name in (first, second))
    return bool(a & b) or first.lower() == second.lower()


def matches(found: Sequence[Held], gold: Sequence[Held], kind: str) -> int:
    """Count the found (holder, stance) pairs that are in the gold, each gold pair once.

    ``kind`` is holder, coarse or stance.
    """
    of = {
        "holder": dict.fromkeys(STANCES, ""),
        "coarse": COARSE,
        "stance": {stance: stance for stance in STANCES},
    }[kind]
    left, hits = list(gold), 0
    for holder, stance in found:
        hit = next(
            (one for one in left if of[one[1]] == of[stance] and same_holder(holder, one[0])), None
        )
        if hit:
            left.remove(hit)
            hits += 1
    return hits


FOLDS = 4
MIN_TIMES = {"any": 3, "holder": 5, "stance": 3}
C = {"any": 0.1, "holder": 0.3, "stance": 0.1}
# A term's presence counts as this much, a number as itself: of terms there are many.
PRESENT = 0.5
# What a label weighs that the other annotator does not share.
ALONE = 0.5
LEAST_WEIGHT = 0.02
THRESHOLDS = tuple(np.round(np.arange(0.08, 0.42, 0.02), 2).tolist())


@dataclasses.dataclass(frozen=True)
class Judged:
    """One quote with what each annotator found ascribed in it.

    ``row`` has what prediction reads, ``probabilities`` those of the quote's own stance.
    """

    row: Mapping[str, Any]
    article: str
    probabilities: np.ndarray
    golds: tuple[Sequence[Held], ...]

    @cached_property
    def candidates(self) -> list[HolderCandidate]:
        """Who may be the holder."""
        return candidates_of(self.row, find_mentions(str(self.row["text"])))

    @cached_property
    def told(self) -> list[str]:
        """The terms of the quote."""
        return quote_terms(self.row, find_mentions(str(self.row["text"])))

    @cached_property
    def holders(self) -> list[list[str]]:
        """The terms of each candidate."""
        return holder_terms(self.row, find_mentions(str(self.row["text"])), self.candidates)

    @cached_property
    def labels(self) -> list[dict[int, str]]:
        """The stance of each candidate that an annotator names, by the candidate's place."""
        return [labels_of(self.candidates, gold) for gold in self.golds]


def labels_of(candidates: Sequence[HolderCandidate], gold: Sequence[Held]) -> dict[int, str]:
    """Return the stances that one annotator names, by the candidate's place.

    Each goes to the first candidate that is the holder; "the army" may be the "Sudanese army".
    """
    labels: dict[int, str] = {}
    for holder, stance in gold:
        free = [one for one in candidates if one.number_of not in labels]
        named = [one for one in free if same_holder(one.name, holder)]
        head = holder.split()[-1].lower()
        like = [
            one
            for one in free
            if one.kind == "group" and one.mention and one.mention.head[:5] == head[:5]
        ]
        for one in (named or like)[:1]:
            labels[one.number_of] = stance
    return labels


def train(judged: Sequence[Judged], threshold: float | None = None) -> AttributedModel:
    """Train on judged quotes.

    Both annotators' labels count; a label that both give counts twice as much. Without a
    ``threshold`` it is the one of `THRESHOLDS` with the best F1 of holders on quotes that were not
    learned from.
    """
    from sklearn.model_selection import GroupKFold

    if threshold is None:
        found: list[list[tuple[float, Held]]] = [[] for _ in judged]
        for learned, left_out in GroupKFold(FOLDS).split(
            judged, groups=[one.article for one in judged]
        ):
            model = fit([judged[place] for place in learned], THRESHOLDS[0])
            for place in left_out:
                found[place] = surest(model, judged[place])
        threshold = max(THRESHOLDS, key=lambda least: f1_at(least, found, judged))
    return fit(judged, threshold)


def surest(model: AttributedModel, one: Judged) -> list[tuple[float, Held]]:
    """Return how sure the model is of each candidate, with the stance."""
    numbers = numbers_of(one.probabilities)
    at_all = model.at_all(one.told, numbers)
    if at_all < model.threshold:
        return []
    return [
        (sure, (who.name, stance))
        for who, (sure, stance, _) in zip(
            one.candidates, model.weigh(at_all, one.told, one.holders, numbers), strict=True
        )
    ]


def f1_at(
    least: float,
    found: Sequence[Sequence[tuple[float, Held]]],
    judged: Sequence[Judged],
    kind: str = "holder",
) -> float:
    """Return the F1 against both annotators together, of answers at least as sure as ``least``."""
    told = [[held for sure, held in one if sure >= least] for one in found]
    hits = sum(
        matches(one, gold, kind)
        for one, quote in zip(told, judged, strict=True)
        for gold in quote.golds
    )
    n_found = sum(len(one) * len(quote.golds) for one, quote in zip(told, judged, strict=True))
    return 2 * hits / max(n_found + sum(len(gold) for quote in judged for gold in quote.golds), 1)


def fit(judged: Sequence[Judged], threshold: float) -> AttributedModel:
    """Fit the three linear models on all of these quotes."""
    parts = {name: _fit_part(name, list(examples(judged))) for name, examples in EXAMPLES.items()}
    return AttributedModel(parts, threshold)


Example = tuple[Sequence[str], np.ndarray, str, float]


def _of_quotes(judged: Sequence[Judged]) -> Iterator[Example]:
    """Yield for each quote whether it ascribes anything."""
    for one in judged:
        given = [bool(gold) for gold in one.golds]
        weight = 1.0 if len(set(given)) == 1 else ALONE
        yield from ((one.told, numbers_of(one.probabilities), str(each), weight) for each in given)


def _of_holders(judged: Sequence[Judged]) -> Iterator[Example]:
    """Yield for each candidate whether it is the holder, in quotes that ascribe something."""
    for one in judged:
        for gold, labels in zip(one.golds, one.labels, strict=True):
            weight = 1.0 if all(one.golds) else ALONE
            yield from (
                (terms, np.zeros(N_NUMBERS), str(at in labels), weight)
                for at, terms in enumerate(one.holders)
                if gold
            )


def _of_stances(judged: Sequence[Judged]) -> Iterator[Example]:
    """Yield for each holder the stance."""
    for one in judged:
        numbers = numbers_of(one.probabilities)
        for labels in one.labels:
            for at, stance in labels.items():
                weight = 1.0 if all(other.get(at) == stance for other in one.labels) else ALONE
                if stance in HELD:
                    yield (
                        [*one.told, *(f"h:{term}" for term in one.holders[at])],
                        numbers,
                        stance,
                        weight,
                    )


EXAMPLES: dict[str, Callable[[Sequence[Judged]], Iterator[Example]]] = {
    "any": _of_quotes,
    "holder": _of_holders,
    "stance": _of_stances,
}


def _fit_part(name: str, examples: Sequence[Example]) -> TermScorer:
    """Fit one logistic regression; weights close to 0 are left out."""
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    terms, numbers, labels, weights = zip(*examples, strict=True)
    counter = CountVectorizer(analyzer=list, min_df=MIN_TIMES[name], binary=True)
    X = sparse.hstack(
        [counter.fit_transform(terms) * PRESENT, sparse.csr_matrix(np.stack(numbers))]
    ).tocsr()
    model = LogisticRegression(C=C[name], max_iter=300, tol=1e-3).fit(
        X, labels, sample_weight=np.array(weights)
    )
    classes = list(model.classes_)
    if name == "stance":
        # A stance that training never saw is never told.
        coef = np.stack(
            [
                model.coef_[classes.index(one)] if one in classes else np.zeros(X.shape[1])
                for one in HELD
            ],
            axis=1,
        )
        intercept = np.array(
            [model.intercept_[classes.index(one)] if one in classes else -20.0 for one in HELD]
        )
    else:
        coef, intercept = model.coef_.T, model.intercept_
    by_term = PRESENT * coef[: len(counter.vocabulary_)]
    kept = {
        term: by_term[at].round(3)
        for term, at in counter.vocabulary_.items()
        if abs(by_term[at]).max() >= LEAST_WEIGHT
    }
    return TermScorer(kept, coef[len(counter.vocabulary_) :].round(3), intercept.round(3))
