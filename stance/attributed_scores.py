"""How well ascribed stances are found: the same holder, the same stance, by which measure; and a rule to be better than."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.bootstrap import ratio_interval
from stance.holders import EMPTY, candidates_of, find_mentions
from stance.lexicon import TARGETS, find_lists, is_negated, words_of
from stance.records import COARSE, STANCES

# Capitals that stand for their states, as annotators use both.
_CAPITALS = {"kyiv": "ukrai", "mosco": "russi", "kreml": "russi", "washi": "ameri", "unite": "ameri", "tehra": "iran", "jerus": "israe", "beiji": "china"}
_NEAR = 8
Held = tuple[str, str]


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
    on: str = "test reports"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, rounded."""
        row = dataclasses.asdict(self)
        return row | {name: {key: [round(one, 4) for one in values] for key, values in row[name].items()} for name in ("scores", "bounds")}


def stems(name: str) -> set[str]:
    """Return the first five letters of each word of a name that tells who it is: Russia and the Russian leadership share one."""
    return {word[:5] for word in re.findall(r"[^\W\d_]+", name.lower()) if word not in EMPTY}


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


def score(
    who: str, against: str, found: Sequence[Sequence[Held]], golds: Sequence[Sequence[Held]], articles: Sequence[str], on: str = "test reports"
) -> Agreement:
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
    return Agreement(who, against, scores, bounds, len(articles), int(n_found.sum()), int(n_gold.sum()), on)


def by_rule(row: Mapping[str, Any]) -> list[Held]:
    """The baseline: a mention followed by a frame of refusal, sham, doubt, or readiness near the target."""
    found = []
    text = str(row["text"])
    candidates = candidates_of(row, find_mentions(text))
    absent = next((one.name for one in candidates if one.mention is None), None)
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
            name = next((one.name for one in candidates if one.mention is mention), absent if mention.kind == "pronoun" else None)
            found.append((name or mention.text, stance))
    return found
