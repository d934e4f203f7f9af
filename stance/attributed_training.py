"""Train the model of attributed stances on labelled reports, and measure it beside a baseline and the annotators' own agreement."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance import tracking
from stance.aliases import load_aliases
from stance.attributed import CLASSES, NONE, AttributedModel, Mention, features_of, find_mentions, names_in, resolve, stems
from stance.errors import DataError
from stance.experiment import load_predictions
from stance.home import home
from stance.labels import read_all_judgments, read_labels
from stance.lexicon import TARGETS, find_lists, is_negated, words_of
from stance.records import COARSE, STANCES
from stance.wording import context_of

ANNOTATORS = ("author", "second")
MIN_TIMES = 8
C = 0.03
FOLDS = 4
THRESHOLDS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
LEAST_WEIGHT = 0.03
# Precision counts twice as much as recall: a holder made up is worse than one missed.
BETA = 0.5
# Capitals that stand for their states, as annotators use both.
_CAPITALS = {"kyiv": "ukrai", "mosco": "russi", "kreml": "russi", "washi": "ameri", "unite": "ameri", "tehra": "iran", "jerus": "israe", "beiji": "china"}
_NEAR = 8
Held = tuple[str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """One quote with what both annotators found ascribed in it; ``row`` has what prediction reads, ``shares`` the quote's own stance."""

    row: Mapping[str, Any]
    article: str
    shares: np.ndarray
    golds: tuple[Sequence[Held], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """Precision, recall and F1 of holders alone, of holder and coarse stance, and of holder and stance, against one reader; F1 with its 95% interval."""

    who: str
    against: str
    scores: dict[str, tuple[float, float, float]]
    bounds: dict[str, tuple[float, float]]
    n_quotes: int
    n_found: int
    n_gold: int

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, rounded."""
        row = dataclasses.asdict(self)
        return row | {name: {key: [round(one, 4) for one in values] for key, values in row[name].items()} for name in ("scores", "bounds")}


def same_holder(first: str, second: str) -> bool:
    """Tell whether two names share a word that tells who it is, by its first five letters; a capital stands for its state."""
    a, b = ({_CAPITALS.get(stem, stem) for stem in stems(name)} for name in (first, second))
    return bool(a & b) or first.lower() == second.lower()


def matches(found: Sequence[Held], gold: Sequence[Held], kind: str) -> int:
    """Return how many of the found (holder, stance) are in the gold, each gold one once; ``kind`` is holder, coarse or stance."""
    of = {"holder": dict.fromkeys(STANCES, ""), "coarse": COARSE, "stance": {stance: stance for stance in STANCES}}[kind]
    left, hits = list(gold), 0
    for holder, stance in found:
        hit = next((one for one in left if of[one[1]] == of[stance] and same_holder(holder, one[0])), None)
        if hit:
            left.remove(hit)
            hits += 1
    return hits


def score(who: str, against: str, found: Sequence[Sequence[Held]], golds: Sequence[Sequence[Held]], articles: Sequence[str]) -> Agreement:
    """Score one reader against another, quote by quote; intervals by article."""
    names = sorted(set(articles))
    units = np.array([names.index(article) for article in articles])
    n_found, n_gold = (np.array([len(one) for one in side], dtype=float) for side in (found, golds))
    scores: dict[str, tuple[float, float, float]] = {}
    bounds: dict[str, tuple[float, float]] = {}
    for kind in ("holder", "coarse", "stance"):
        hits = np.array([matches(one, gold, kind) for one, gold in zip(found, golds, strict=True)], dtype=float)
        total = hits.sum()
        scores[kind] = (float(total / max(n_found.sum(), 1)), float(total / max(n_gold.sum(), 1)), float(2 * total / max((n_found + n_gold).sum(), 1)))
        bounds[kind] = ratio_interval(2 * hits, n_found + n_gold, units)
    return Agreement(who, against, scores, bounds, len(articles), int(n_found.sum()), int(n_gold.sum()))


def ratio_interval(above: np.ndarray, below: np.ndarray, units: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the 95% bootstrap interval of a ratio of sums, whole units drawn."""
    from stance.evaluate import resample

    drawn = resample(int(units.max()) + 1, np.random.default_rng(seed))
    ratios = (drawn @ np.bincount(units, above)) / np.maximum(drawn @ np.bincount(units, below), 1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(low), float(high)


def read_judged(run: str) -> tuple[str, list[Judged], list[Judged]]:
    """Return the run's name and the quotes of invented reports that both annotators judged, to learn from and to test on.

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
    sides: dict[str, list[Judged]] = {"cv": [], "test": []}
    for article, quotes in read_labels(home() / "labels")[0]:
        names = names_in(article.text)
        for quote in quotes:
            name, shares = told.get(quote.id, ("", np.zeros(0)))
            golds = [judgments.get((quote.id, one)) for one in ANNOTATORS]
            if name in sides and None not in golds:
                row: dict[str, Any] = {"text": quote.text, "cue": quote.cue, "speaker": quote.speaker, "speaker_role": quote.speaker_role}
                row |= {"context": context_of(article, quote), "names": names}
                sides[name].append(Judged(row, article.id, shares, tuple(one or () for one in golds)))
    if not all(sides.values()):
        raise DataError(f"run {found.info.run_name}: expected out-of-fold predictions and some of test reports; train it with data.folds of 2 or more")
    return str(found.info.run_name), sides["cv"], sides["test"]


def labels_of(mentions: Sequence[Mention], row: Mapping[str, Any], gold: Sequence[Held]) -> list[str]:
    """Return the stance of each mention by one annotator: each holder's goes to the first mention that names it, else to one that may stand for it."""
    labels = [NONE] * len(mentions)
    for holder, stance in gold:
        free = [k for k, label in enumerate(labels) if label == NONE]
        named = [k for k in free if same_holder(mentions[k].text, holder)] or [k for k in free if same_holder(resolve(mentions[k], row) or "-", holder)]
        # Who "they" are the resolver may not know; that somebody is meant by a lone pronoun, the annotator says.
        lone = [k for k in free if mentions[k].kind == "pronoun"]
        for k in (named or (lone if len(lone) == 1 else []))[:1]:
            labels[k] = stance
    return labels


def train(judged: Sequence[Judged]) -> AttributedModel:
    """Train on judged quotes; both annotators' labels count alike, and the threshold is the best of `THRESHOLDS` out of fold."""
    from sklearn.model_selection import GroupKFold

    mentions = [find_mentions(str(one.row["text"])) for one in judged]
    terms = [
        [features_of(one.row, mention, k, len(found), one.shares.tolist()) for k, mention in enumerate(found)]
        for one, found in zip(judged, mentions, strict=True)
    ]
    labels = [[labels_of(found, one.row, gold) for gold in one.golds] for one, found in zip(judged, mentions, strict=True)]

    def fitted(places: Sequence[int]) -> AttributedModel:
        X = [term for place in places for _ in ANNOTATORS for term in terms[place]]
        return fit(X, [label for place in places for given in labels[place] for label in given])

    out: list[list[np.ndarray]] = [[] for _ in judged]
    for learned, left_out in GroupKFold(FOLDS).split(judged, groups=[one.article for one in judged]):
        model = fitted(learned)
        for place in left_out:
            out[place] = [model.probabilities(one) for one in terms[place]]
    names = [[resolve(mention, one.row) or mention.text for mention in found] for one, found in zip(judged, mentions, strict=True)]

    def value(threshold: float) -> float:
        found = [
            [(name, CLASSES[1 + int(shares[1:].argmax())]) for name, shares in zip(*pair, strict=True) if 1 - shares[0] >= threshold]
            for pair in zip(names, out, strict=True)
        ]
        hits = sum(matches(one, gold, "stance") for one, quote in zip(found, judged, strict=True) for gold in quote.golds)
        n_found = len(ANNOTATORS) * sum(map(len, found))
        n_gold = sum(len(gold) for quote in judged for gold in quote.golds)
        return (1 + BETA**2) * hits / max(n_found + BETA**2 * n_gold, 1)

    return dataclasses.replace(fitted(range(len(judged))), threshold=max(THRESHOLDS, key=value))


def fit(terms: Sequence[Sequence[str]], labels: Sequence[str]) -> AttributedModel:
    """Fit the linear model on mentions' terms; weights near nothing are left out."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counter = CountVectorizer(analyzer=list, min_df=MIN_TIMES, binary=True)
    model = LogisticRegression(C=C, max_iter=300).fit(counter.fit_transform(terms), labels)
    at = [list(model.classes_).index(one) if one in model.classes_ else None for one in CLASSES]
    coef = np.stack([np.zeros(model.coef_.shape[1]) if k is None else model.coef_[k] for k in at], axis=1)
    intercept = np.array([-20.0 if k is None else model.intercept_[k] for k in at])
    kept = {term: coef[column].round(3) for term, column in counter.vocabulary_.items() if abs(coef[column]).max() >= LEAST_WEIGHT}
    return AttributedModel(kept, intercept.round(4), 0.5)


def by_rule(row: Mapping[str, Any]) -> list[Held]:
    """The baseline: a mention followed by a frame of refusal, sham, doubt, or readiness near the target."""
    found = []
    text = str(row["text"])
    for mention in find_mentions(text):
        after = [word.lower() for word in words_of(text[mention.span[1] :])][:_NEAR]
        frames, things = find_lists(after, "frame"), find_lists(after, "thing")
        negated = {name for name, places in frames.items() if any(is_negated(after, place) for place in places)}
        stance = None
        if ("refuse" in frames and "refuse" not in negated) or negated & {"want", "ready"}:
            stance = "oppose"
        elif frames.keys() & {"sham", "doubt"}:
            stance = "skeptical"
        elif "ready" in frames and set(TARGETS) & set(things):
            stance = "conditional" if frames.keys() & {"if", "price"} else "support"
        if stance:
            found.append((resolve(mention, row) or mention.text, stance))
    return found


def evaluate(run: str) -> tuple[str, AttributedModel, list[Agreement]]:
    """Train on the training reports and score on the test reports: model and baseline against each annotator, and the annotators against each other."""
    name, learned, tested = read_judged(run)
    model = train(learned)
    aliases = load_aliases()
    found = [[(held.holder, held.stance) for held in model.predict(one.row, one.shares.tolist(), aliases)] for one in tested]
    rule = [by_rule(one.row) for one in tested]
    articles = [one.article for one in tested]
    golds = [[one.golds[k] for one in tested] for k in range(len(ANNOTATORS))]
    pairs = [(who, said, against, gold) for who, said in (("model", found), ("rule", rule)) for against, gold in zip(ANNOTATORS, golds, strict=True)]
    rows = [score(who, against, said, gold, articles) for who, said, against, gold in pairs]
    return name, model, [*rows, score(ANNOTATORS[1], ANNOTATORS[0], golds[1], golds[0], articles)]
