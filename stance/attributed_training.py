"""Train the model of attributed stances on labelled reports, and measure it beside a baseline and the annotators' own agreement."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from stance import tracking
from stance.aliases import load_aliases
from stance.attributed import HELD, AttributedModel, Linear
from stance.attributed_scores import Agreement, Held, by_rule, matches, same_holder, score
from stance.attributed_terms import N_NUMBERS, holder_terms, numbers_of, quote_terms
from stance.errors import DataError
from stance.experiment import dev_set, load_predictions
from stance.files import read_rows
from stance.holders import Candidate, candidates_of, find_mentions
from stance.home import home
from stance.labels import Labelled, read_all_judgments, read_labels
from stance.records import STANCES, Article, Quote
from stance.wording import context_of

# Who judged which set; of the development set there is one list.
ANNOTATORS = {"cv": ("author", "second"), "test": ("author", "second"), "seeds": ("seeds-a", "seeds-b"), "dev": ("given",)}
NAMES = {"test": "test reports", "seeds": "seed articles", "dev": "development set"}
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
    """One quote with what each annotator found ascribed in it; ``row`` has what prediction reads, ``shares`` the quote's own stance."""

    row: Mapping[str, Any]
    article: str
    shares: np.ndarray
    golds: tuple[Sequence[Held], ...]

    @cached_property
    def candidates(self) -> list[Candidate]:
        """Who may be meant."""
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


def labels_of(candidates: Sequence[Candidate], gold: Sequence[Held]) -> dict[int, str]:
    """Return the stances that one annotator notes, each with the first candidate that is the holder; "the army" may be "Sudanese army"."""
    labels: dict[int, str] = {}
    for holder, stance in gold:
        free = [one for one in candidates if one.number_of not in labels]
        named = [one for one in free if same_holder(one.name, holder)]
        head = holder.split()[-1].lower()
        like = [one for one in free if one.kind == "group" and one.mention and one.mention.head[:5] == head[:5]]
        for one in (named or like)[:1]:
            labels[one.number_of] = stance
    return labels


def read_judged(run: str) -> tuple[str, dict[str, list[Judged]]]:
    """Return the run's name and the quotes that annotators judged, by set: ``cv`` to learn from, the others to measure on.

    A quote's own stance comes from the run's predictions of quotes that it did not learn from.

    Raises
    ------
    DataError
        If the run has no out-of-fold predictions or none of the test reports.
    """
    mlflow = tracking.open_store()
    found = tracking.find_run(mlflow, run)
    table = load_predictions(mlflow, found)
    columns = [f"p_{stance}" for stance in STANCES]
    told = {str(quote): (str(name), shares) for quote, name, shares in zip(table["quote"], table["set"], table[columns].to_numpy(dtype=float), strict=True)}
    judgments = {(one.quote, one.annotator): one.attributed for one in read_all_judgments(home() / "labels")}
    reports = read_labels(home() / "labels")[0]
    for report, given in read_given():
        reports = [*reports, report]
        judgments.update(given)
    sets: dict[str, list[Judged]] = {}
    for article, quotes in reports:
        for quote in quotes:
            name, shares = told.get(quote.id, ("", np.zeros(0)))
            golds = [judgments[quote.id, one] for one in ANNOTATORS.get(name, ()) if (quote.id, one) in judgments]
            if golds and len(golds) == len(ANNOTATORS[name]):
                sets.setdefault(name, []).append(Judged(row_of(article, quote), article.id, shares, tuple(golds)))
    if not {"cv", "test"} <= sets.keys():
        raise DataError(f"run {found.info.run_name}: expected out-of-fold predictions and some of test reports; train it with data.folds of 2 or more")
    return str(found.info.run_name), sets


def read_given() -> Iterator[tuple[Labelled, dict[tuple[str, str], tuple[Held, ...]]]]:
    """Yield the articles of the development set, where it is present, each with the stances that its quotes are said to ascribe."""
    path = dev_set()
    if not path.is_file():
        return
    for _, raw in read_rows(path):
        article = Article(str(raw["id"]), raw["text"], origin="news")
        quotes = tuple(Quote.from_dict({**one, "text": article.cut([tuple(span) for span in one["spans"]])}, article) for one in raw["quotes"])
        held = {(one["id"], "given"): tuple((each["holder"], each["stance"]) for each in one.get("attributed") or ()) for one in raw["quotes"]}
        yield (article, quotes), held


def row_of(article: Article, quote: Quote) -> dict[str, Any]:
    """Return what prediction reads of a quote whose article is known."""
    row: dict[str, Any] = {"text": quote.text, "cue": quote.cue, "speaker": quote.speaker, "speaker_role": quote.speaker_role}
    return row | {"context": context_of(article, quote), "_article": article.text}


def train(judged: Sequence[Judged], threshold: float | None = None) -> AttributedModel:
    """Train on judged quotes; both annotators' labels count, what both say twice as much as what one says.

    Without a ``threshold`` it is the one of `THRESHOLDS` with the best F1 of holders on quotes that were not learned from.
    """
    from sklearn.model_selection import GroupKFold

    if threshold is None:
        found: list[list[tuple[float, Held]]] = [[] for _ in judged]
        for learned, left_out in GroupKFold(FOLDS).split(judged, groups=[one.article for one in judged]):
            model = fit([judged[place] for place in learned], THRESHOLDS[0])
            for place in left_out:
                found[place] = surest(model, judged[place])
        threshold = max(THRESHOLDS, key=lambda least: f1_at(least, found, judged))
    return fit(judged, threshold)


def surest(model: AttributedModel, one: Judged) -> list[tuple[float, Held]]:
    """Return how sure the model is of each candidate, with the stance."""
    numbers = numbers_of(one.shares)
    at_all = model.at_all(one.told, numbers)
    if at_all < model.threshold:
        return []
    return [(sure, (who.name, stance)) for who, (sure, stance, _) in zip(one.candidates, model.weigh(at_all, one.told, one.holders, numbers), strict=True)]


def f1_at(least: float, found: Sequence[Sequence[tuple[float, Held]]], judged: Sequence[Judged], kind: str = "holder") -> float:
    """Return the F1 against both annotators together of what is as sure as ``least``."""
    told = [[held for sure, held in one if sure >= least] for one in found]
    hits = sum(matches(one, gold, kind) for one, quote in zip(told, judged, strict=True) for gold in quote.golds)
    n_found = sum(len(one) * len(quote.golds) for one, quote in zip(told, judged, strict=True))
    return 2 * hits / max(n_found + sum(len(gold) for quote in judged for gold in quote.golds), 1)


def fit(judged: Sequence[Judged], threshold: float) -> AttributedModel:
    """Fit the three linear models on all of these quotes."""
    parts = {name: _fit_part(name, list(examples(judged))) for name, examples in EXAMPLES.items()}
    return AttributedModel(parts, threshold)


Example = tuple[Sequence[str], np.ndarray, str, float]


def _of_quotes(judged: Sequence[Judged]) -> Iterator[Example]:
    """Yield of each quote whether it ascribes anything."""
    for one in judged:
        given = [bool(gold) for gold in one.golds]
        weight = 1.0 if len(set(given)) == 1 else ALONE
        yield from ((one.told, numbers_of(one.shares), str(each), weight) for each in given)


def _of_holders(judged: Sequence[Judged]) -> Iterator[Example]:
    """Yield of each candidate of quotes that ascribe something whether he is the holder."""
    for one in judged:
        for gold, labels in zip(one.golds, one.labels, strict=True):
            weight = 1.0 if all(one.golds) else ALONE
            yield from ((terms, np.zeros(N_NUMBERS), str(at in labels), weight) for at, terms in enumerate(one.holders) if gold)


def _of_stances(judged: Sequence[Judged]) -> Iterator[Example]:
    """Yield of each holder which stance."""
    for one in judged:
        numbers = numbers_of(one.shares)
        for labels in one.labels:
            for at, stance in labels.items():
                weight = 1.0 if all(other.get(at) == stance for other in one.labels) else ALONE
                if stance in HELD:
                    yield [*one.told, *(f"h:{term}" for term in one.holders[at])], numbers, stance, weight


EXAMPLES: dict[str, Callable[[Sequence[Judged]], Iterator[Example]]] = {"any": _of_quotes, "holder": _of_holders, "stance": _of_stances}


def _fit_part(name: str, examples: Sequence[Example]) -> Linear:
    """Fit one logistic regression; weights near nothing are left out."""
    from scipy import sparse
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    terms, numbers, labels, weights = zip(*examples, strict=True)
    counter = CountVectorizer(analyzer=list, min_df=MIN_TIMES[name], binary=True)
    X = sparse.hstack([counter.fit_transform(terms) * PRESENT, sparse.csr_matrix(np.stack(numbers))]).tocsr()
    model = LogisticRegression(C=C[name], max_iter=300, tol=1e-3).fit(X, labels, sample_weight=np.array(weights))
    classes = list(model.classes_)
    if name == "stance":
        # A stance that training never saw is never told.
        coef = np.stack([model.coef_[classes.index(one)] if one in classes else np.zeros(X.shape[1]) for one in HELD], axis=1)
        intercept = np.array([model.intercept_[classes.index(one)] if one in classes else -20.0 for one in HELD])
    else:
        coef, intercept = model.coef_.T, model.intercept_
    by_term = PRESENT * coef[: len(counter.vocabulary_)]
    kept = {term: by_term[at].round(3) for term, at in counter.vocabulary_.items() if abs(by_term[at]).max() >= LEAST_WEIGHT}
    return Linear(kept, coef[len(counter.vocabulary_) :].round(3), intercept.round(3))


def evaluate(run: str, threshold: float | None = None) -> tuple[str, AttributedModel, list[Agreement]]:
    """Train on the training reports and score on the others: model and baseline against each annotator, and the annotators against each other."""
    name, sets = read_judged(run)
    model = train(sets.pop("cv"), threshold)
    rows = [row for key, judged in sets.items() for row in compare(model, key, judged)]
    return name, model, rows


def compare(model: AttributedModel, key: str, judged: Sequence[Judged]) -> Iterator[Agreement]:
    """Yield the scores on one set."""
    aliases = load_aliases()
    found = [[(held.holder, held.stance) for held in model.predict(one.row, one.shares.tolist(), aliases)] for one in judged]
    rule = [by_rule(one.row) for one in judged]
    articles = [one.article for one in judged]
    golds = [[one.golds[k] for one in judged] for k in range(len(ANNOTATORS[key]))]
    for who, told in (("model", found), ("rule", rule)):
        for against, gold in zip(ANNOTATORS[key], golds, strict=True):
            yield score(who, against, told, gold, articles, NAMES.get(key, key))
    if len(golds) == 2:
        yield score(ANNOTATORS[key][1], ANNOTATORS[key][0], golds[1], golds[0], articles, NAMES.get(key, key))
