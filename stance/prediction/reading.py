"""What was read in an article.

Its speakers, each with the stance that the quotes come to together.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.types import STANCES, Prediction, Quote
from stance.models.speaker_pooling import DEFAULT, Prior, pool


@dataclasses.dataclass(frozen=True, slots=True)
class SpeakerStance:
    """What the quotes of one speaker say together.

    ``probabilities`` are those of the speaker's stance: the commonest of the quotes' labels but
    neutral, neutral where all are. ``stance`` is the likeliest, None where the model abstained
    from every quote; ``score`` is the expected mean score of the quotes, and with probability 90%
    or more that mean lies from ``low`` to ``high``. The model behind it is that of
    `stance.models.speaker_pooling`.
    """

    speaker: str | None
    role: str | None
    stance: str | None
    probabilities: dict[str, float]
    score: float
    low: float
    high: float
    quotes: tuple[tuple[Quote, Prediction], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, quotes with their predictions."""
        row = {
            name: getattr(self, name)
            for name in ("speaker", "role", "stance", "probabilities", "score", "low", "high")
        }
        row["quotes"] = [
            {**quote.to_dict(), "prediction": prediction.to_dict()}
            for quote, prediction in self.quotes
        ]
        return row


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """An article with its speakers, the one with most quotes first.

    ``labels`` are the stances that a person gave its quotes (quote id -> stance), where somebody
    judged them: beside the predictions, which stay the model's.
    """

    article: str
    speakers: tuple[SpeakerStance, ...]
    model: dict[str, str]
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form; a quote that a person judged has its ``label`` too."""
        rows = [speaker.to_dict() for speaker in self.speakers]
        for quote in (quote for row in rows for quote in row["quotes"]):
            if quote["id"] in self.labels:
                quote["label"] = self.labels[quote["id"]]
        return {"article": self.article, "model": self.model, "speakers": rows}


def speaker_stance(
    name: str | None, pairs: Sequence[tuple[Quote, Prediction]], prior: Prior = DEFAULT
) -> SpeakerStance:
    """Gather one speaker's predictions (see `stance.models.speaker_pooling`).

    Abstentions left out.
    """
    role = next((quote.speaker_role for quote, _ in pairs if quote.speaker_role), None)
    shares = np.array(
        [[one.probabilities[stance] for stance in STANCES] for _, one in pairs if not one.abstained]
    )
    if not len(shares):
        return SpeakerStance(
            name, role, None, dict.fromkeys(STANCES, 1 / len(STANCES)), 0.0, -1.0, 1.0, tuple(pairs)
        )
    found = pool(shares, prior)
    named = dict(zip(STANCES, found.shares.tolist(), strict=True))
    return SpeakerStance(
        name,
        role,
        STANCES[int(found.shares.argmax())],
        named,
        found.score,
        found.low,
        found.high,
        tuple(pairs),
    )
