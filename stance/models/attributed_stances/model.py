"""Stances that a quote ascribes to others.

"They do not want peace" says of *them* that they oppose talks.

There are three questions, each answered by a linear model over terms
(`stance.models.attributed_stances.terms`) and the probabilities of the quote's own stance. Does the
quote ascribe a stance at all? To which of the candidates of
`stance.models.attributed_stances.holders`? Which stance? A stance is returned where the product of
the first two probabilities reaches the threshold. The weights are in ``weights.json`` next to this
file, trained by ``stance weights attributed RUN --write``. Predicting needs numpy only.

docs/why.md says how often it is right. It is a hint, weaker than the stance of the quote itself.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stance.core.errors import ModelError
from stance.core.link_functions import logistic, softmax
from stance.core.types import STANCES, Span
from stance.extraction.speakers.aliases import Aliases
from stance.models.attributed_stances.holders import HolderCandidate, candidates_of
from stance.models.attributed_stances.mentions import HolderMention, find_mentions
from stance.models.attributed_stances.terms import N_NUMBERS, holder_terms, numbers_of, quote_terms

WEIGHTS = "weights.json"
HELD = tuple(stance for stance in STANCES if stance != "neutral")
PARTS = {"any": 1, "holder": 1, "stance": len(HELD)}


class Attributed(NamedTuple):
    """A stance that a quote ascribes to somebody else.

    ``holder`` is the name where it is known, else the words that stand for it; ``holder_id`` is
    the same for all spellings of a name (see `stance.extraction.speakers.aliases`), None where no
    name is known. ``mention`` and ``span`` are the quote's first words for the holder and their
    place in its text, None where the quote leaves him out. ``probability`` says how sure the model
    is of this holder and stance.
    """

    holder: str
    stance: str
    probability: float
    mention: str | None
    span: Span | None
    holder_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            **self._asdict(),
            "probability": round(self.probability, 4),
            "span": list(self.span) if self.span else None,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class TermScorer:
    """Weights that turn terms and numbers into sums.

    There are weights by term, shape (k,) each, weights of the numbers, shape (n_numbers, k), and an
    intercept, shape (k,).
    """

    weights: Mapping[str, np.ndarray]
    numbers: np.ndarray
    intercept: np.ndarray

    def sums(self, terms: Sequence[str], numbers: np.ndarray) -> np.ndarray:
        """Return the sums, shape (k,)."""
        known = [self.weights[term] for term in terms if term in self.weights]
        return np.asarray(
            self.intercept + numbers @ self.numbers + (np.sum(known, axis=0) if known else 0.0)
        )


@dataclasses.dataclass(frozen=True, slots=True)
class AttributedModel:
    """The three linear models, the keys of `PARTS`, and the threshold."""

    parts: Mapping[str, TermScorer]
    threshold: float

    def predict(
        self, row: Mapping[str, Any], probabilities: Sequence[float], aliases: Aliases
    ) -> list[Attributed]:
        """Return the stances that a row with ``text`` ascribes to others, the surest holder first.

        Parameters
        ----------
        row
            Has ``text``; ``cue``, ``context``, ``speaker``, ``speaker_role`` where known, and
            ``_article``, the text of the whole article: without it only the context tells who
            "they" are.
        probabilities
            The probabilities of the quote's own stance, in the codebook's order.
        """
        mentions = find_mentions(str(row["text"]))
        numbers = numbers_of(probabilities)
        told = quote_terms(row, mentions)
        at_all = self.at_all(told, numbers)
        if at_all < self.threshold:
            return []
        candidates = candidates_of(row, mentions)
        weighed = zip(
            candidates,
            self.weigh(at_all, told, holder_terms(row, mentions, candidates), numbers),
            strict=True,
        )
        found = sorted(
            (
                (sure, stance, share, one)
                for one, (sure, stance, share) in weighed
                if sure >= self.threshold
            ),
            key=lambda each: -each[0],
        )
        return [
            _answer(one, stance, sure * share, mentions, aliases)
            for sure, stance, share, one in found
        ]

    def at_all(self, told: Sequence[str], numbers: np.ndarray) -> float:
        """Return the probability that a quote of these terms ascribes a stance to anybody."""
        return float(logistic(self.parts["any"].sums(told, numbers))[0])

    def weigh(
        self,
        at_all: float,
        told: Sequence[str],
        holders: Sequence[Sequence[str]],
        numbers: np.ndarray,
    ) -> list[tuple[float, str, float]]:
        """Return each candidate's probability as holder, with the likeliest stance.

        The third value is the probability of that stance.
        """
        return [
            (
                at_all * float(logistic(self.parts["holder"].sums(terms, numbers))[0]),
                *self._stance(told, terms, numbers),
            )
            for terms in holders
        ]

    def _stance(
        self, told: Sequence[str], terms: Sequence[str], numbers: np.ndarray
    ) -> tuple[str, float]:
        probabilities = softmax(
            self.parts["stance"].sums([*told, *(f"h:{term}" for term in terms)], numbers)
        )
        return HELD[int(probabilities.argmax())], float(probabilities.max())

    def to_json(self) -> str:
        """Return the file's content, a line a term."""
        return (
            json.dumps({"threshold": self.threshold, "held": list(HELD)})[:-1]
            + "".join(f',\n"{name}": {_to_json(self.parts[name])}' for name in PARTS)
            + "}\n"
        )


def _answer(
    one: HolderCandidate,
    stance: str,
    probability: float,
    mentions: Sequence[HolderMention],
    aliases: Aliases,
) -> Attributed:
    # Of a holder that the quote leaves out a pronoun is the mention.
    said = one.mention or next((each for each in mentions if each.kind == "pronoun"), None)
    holder_id = (aliases.id_of(one.name) or None) if one.named else None
    return Attributed(
        one.name,
        stance,
        probability,
        said.text if said else None,
        said.span if said else None,
        holder_id,
    )


def _to_json(part: TermScorer) -> str:
    lines = [
        f"{json.dumps(term, ensure_ascii=False)}: {json.dumps(_short(part.weights[term]))}"
        for term in sorted(part.weights)
    ]
    head = {"intercept": _short(part.intercept), "numbers": [_short(row) for row in part.numbers]}
    return json.dumps(head)[:-1] + ', "weights": {\n' + ",\n".join(lines) + "\n}}"


def _short(values: np.ndarray) -> list[float]:
    return [round(float(one), 3) for one in values]


def parse_model(text: str, where: str) -> AttributedModel:
    """Read the file's content.

    Raises
    ------
    ModelError
        If it is not what `AttributedModel.to_json` writes.
    """
    try:
        raw = json.loads(text)
        if raw["held"] != list(HELD):
            raise ValueError(f"stances {raw['held']}")
        return AttributedModel(
            {name: _read_part(raw[name], size) for name, size in PARTS.items()},
            float(raw["threshold"]),
        )
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        raise ModelError(
            f"{where}: {fault!r}; expected weights of attributed stances, write them anew: stance "
            "weights attributed RUN --write"
        ) from fault


def _read_part(raw: Mapping[str, Any], size: int) -> TermScorer:
    weights = {str(term): np.array(one, dtype=float) for term, one in raw["weights"].items()}
    numbers, intercept = (
        np.array(raw["numbers"], dtype=float),
        np.array(raw["intercept"], dtype=float),
    )
    if numbers.shape != (N_NUMBERS, size) or any(
        one.shape != (size,) for one in (intercept, *weights.values())
    ):
        raise ValueError(f"weights of another shape than {size}")
    return TermScorer(weights, numbers, intercept)


def weights_path() -> Path:
    """Return where the package's weights lie."""
    return Path(__file__).parent / WEIGHTS


@lru_cache(maxsize=1)
def load_attributed() -> AttributedModel:
    """Return the model that comes with the package."""
    return parse_model(
        weights_path().read_text(encoding="utf-8"), f"stance/models/attributed_stances/{WEIGHTS}"
    )
