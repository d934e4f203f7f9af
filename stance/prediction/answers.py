"""Probabilities to predictions: abstentions with their reasons, prediction sets, notes."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.errors import ModelError
from stance.core.types import COARSE, STANCE_VALUES, STANCES, Prediction, Row
from stance.extraction.speakers.aliases import load_aliases
from stance.models.calibration import risk_at
from stance.models.folder import PortableModel
from stance.models.prediction_sets import HIGHEST, LOWEST
from stance.models.prediction_sets import members as set_members
from stance.models.prediction_sets import names as set_names
from stance.prediction.rows import Options, as_read, id_of, note_of, reason_for


@dataclasses.dataclass(frozen=True, slots=True)
class Answerer:
    """A model with its card and the label that its answers carry."""

    portable: PortableModel
    label: dict[str, str]

    @property
    def card(self) -> Mapping[str, Any]:
        """The model's card."""
        return self.portable.card

    def answer(self, rows: Sequence[Row], options: Options) -> list[Prediction]:
        """Return one prediction a row, in the same order."""
        faults = [reason_for(row) for row in rows]
        given = [row for row, fault in zip(rows, faults, strict=True) if fault is None]
        judged = [as_read(row) for row in given]
        probabilities = self.portable.probabilities(judged)
        answers = iter(
            answer if read is row else _with_note(answer, note_of(row))
            for row, read, answer in zip(
                given, judged, self._judged(judged, probabilities, options), strict=True
            )
        )
        return [
            self._refused(row, fault, options) if fault else next(answers)
            for row, fault in zip(rows, faults, strict=True)
        ]

    def _judged(
        self, rows: Sequence[Row], probabilities: np.ndarray, options: Options
    ) -> list[Prediction]:
        # Row by row: a product of matrices rounds by the size of the batch.
        scores = (probabilities * STANCE_VALUES).sum(axis=1)
        answers = [
            self._decide(row, given, score, options.abstain_at)
            for row, given, score in zip(rows, probabilities.tolist(), scores.tolist(), strict=True)
        ]
        if options.attributed:
            # Here: few ask for it, and a first answer would wait for it.
            from stance.models.attributed_stances.model import load_attributed

            answers = [
                dataclasses.replace(
                    answer,
                    attributed=tuple(
                        load_attributed().predict(
                            row, list(answer.probabilities.values()), load_aliases()
                        )
                    ),
                )
                for row, answer in zip(rows, answers, strict=True)
            ]
        if options.sets is not None:
            inside = set_members(probabilities, self.card["sets"], options.sets)
            answers = [
                dataclasses.replace(answer, prediction_set=set_names(stances))
                for answer, stances in zip(answers, inside, strict=True)
            ]
        return answers

    def _decide(
        self, row: Row, probabilities: list[float], score: float, abstain_at: float
    ) -> Prediction:
        named = dict(zip(STANCES, probabilities, strict=True))
        stance = STANCES[int(np.argmax(probabilities))]
        if named[stance] >= abstain_at:
            return Prediction(
                id_of(row), stance, named, score, COARSE[stance], False, None, self.label
            )
        reason = (
            f"unsure: {stance} is likeliest with {named[stance]:.2f}, below "
            f"{abstain_at:g}{risk_words(self.card, abstain_at)}"
        )
        return Prediction(id_of(row), None, named, score, None, True, reason, self.label)

    def _refused(self, row: Row, fault: str, options: Options) -> Prediction:
        # Nothing is known: every stance is as likely as the other, and each may be the right one.
        even = dict.fromkeys(STANCES, 1 / len(STANCES))
        return Prediction(
            id_of(row),
            None,
            even,
            0.0,
            None,
            True,
            fault,
            self.label,
            prediction_set=None if options.sets is None else STANCES,
            attributed=() if options.attributed else None,
        )


def _with_note(answer: Prediction, note: str | None) -> Prediction:
    return answer if note is None else dataclasses.replace(answer, note=note)


def risk_words(card: Mapping[str, Any], abstain_at: float) -> str:
    """Return what is known of a threshold, as words for the reason of an abstention."""
    at = risk_at(card.get("risk_curve") or [], abstain_at)
    if at is None:
        return ""
    # Risks were measured at steps. For a threshold between two steps it is that of the lower one.
    step = "" if f"{at['from']:g}" == f"{abstain_at:g}" else " (the measured step below)"
    return (
        f"; of cross-validated answers from {at['from']:g} on{step} {at['wrong']:.0%} were "
        f"wrong, and {at['answered']:.0%} of the quotes were answered"
    )


def threshold_for(card: Mapping[str, Any], label: Mapping[str, str], risk: float) -> float:
    """Return the threshold of a card's table for a risk (see `Model.threshold_for`)."""
    rows = card.get("abstention") or []
    thresholds = [float(row["abstain_at"]) for row in rows if row["risk"] <= risk + 1e-9]
    if not thresholds:
        known = ", ".join(f"{row['risk']:g}" for row in rows) or "none"
        raise ModelError(
            f"model {label['name']} {label['version']}: no threshold for a risk of "
            f"{risk:g}; its card has {known}"
        )
    return min(thresholds)


def check_sets(card: Mapping[str, Any], label: Mapping[str, str], level: float) -> None:
    """Refuse a level of prediction sets that is out of range or has no bounds on this card."""
    if not LOWEST <= level <= HIGHEST:
        raise ModelError(
            f"prediction sets at {level:g}: expected a probability from {LOWEST:g} to {HIGHEST:g}"
        )
    if "sets" not in card:
        raise ModelError(
            f"model {label['name']} {label['version']}: its card has no bounds for "
            "prediction sets (trained without cross-validation, or by an "
            "older version); train it anew, or predict without sets"
        )
