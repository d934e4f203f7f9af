"""The reading of an article: its speakers, each with the stance of all their quotes together."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.types import STANCES, Prediction, Quote
from stance.models.speaker_pooling import DEFAULT, Prior, is_unclear, pool

Pair = tuple[Quote, Prediction]


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
    quotes: tuple[Pair, ...]

    @property
    def unclear(self) -> bool:
        """True where the second likeliest stance is nearly as likely as ``stance``.

        See `stance.models.speaker_pooling.UNCLEAR_MARGIN`. People are shown "unclear" instead of
        the stance. False where the model abstained from every quote: then there is no stance.
        """
        return self.stance is not None and is_unclear(list(self.probabilities.values()))

    @property
    def shown_stance(self) -> str | None:
        """The stance as people are shown it: "unclear" where it is; None where there is none."""
        return "unclear" if self.unclear else self.stance

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, quotes with their predictions."""
        row = {
            name: getattr(self, name)
            for name in (
                "speaker",
                "role",
                "stance",
                "unclear",
                "probabilities",
                "score",
                "low",
                "high",
            )
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
    judged them. They stand next to the predictions, which do not change.
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


def gather_speakers(pairs: Iterable[Pair], prior: Prior = DEFAULT) -> tuple[SpeakerStance, ...]:
    """Return the speakers of one article, those with most quotes first, quotes of nobody last.

    Spellings with the same ``speaker_id`` are one speaker, shown as the first of them.
    """
    groups: dict[str | None, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[pair[0].speaker_id or pair[0].speaker].append(pair)
    speakers = [speaker_stance(group[0][0].speaker, group, prior) for group in groups.values()]
    return tuple(sorted(speakers, key=lambda row: (row.speaker is None, -len(row.quotes))))


def speaker_stance(
    name: str | None, pairs: Sequence[Pair], prior: Prior = DEFAULT
) -> SpeakerStance:
    """Gather one speaker's predictions (see `stance.models.speaker_pooling`).

    Abstentions are left out.
    """
    role = next((quote.speaker_role for quote, _ in pairs if quote.speaker_role), None)
    probabilities = np.array(
        [
            [prediction.probabilities[stance] for stance in STANCES]
            for _, prediction in pairs
            if not prediction.abstained
        ]
    )
    if not len(probabilities):
        even = dict.fromkeys(STANCES, 1 / len(STANCES))
        return SpeakerStance(name, role, None, even, 0.0, -1.0, 1.0, tuple(pairs))
    pooled = pool(probabilities, prior)
    return SpeakerStance(
        name,
        role,
        STANCES[int(pooled.probabilities.argmax())],
        dict(zip(STANCES, pooled.probabilities.tolist(), strict=True)),
        pooled.score,
        pooled.low,
        pooled.high,
        tuple(pairs),
    )
