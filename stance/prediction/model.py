"""The whole way for new text.

Rows to predictions, an article to its speakers and their stances.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.core.errors import DataError, ModelError
from stance.core.types import COARSE, STANCE_VALUES, STANCES, Article, Prediction, Quote, Row
from stance.extraction.speakers.aliases import load_aliases
from stance.extraction.text.context import context_of
from stance.models.attributed_stances.model import load_attributed
from stance.models.calibration import risk_at
from stance.models.folder import PortableModel, read_model
from stance.models.ngram_linear import NgramLinear
from stance.models.prediction_sets import HIGHEST, LOWEST
from stance.models.prediction_sets import members as set_members
from stance.models.prediction_sets import names as set_names
from stance.models.speaker_pooling import Prior
from stance.prediction.dataframes import add_predictions, frame_rows, is_frame
from stance.prediction.explanations import Reason, reasons
from stance.prediction.reading import Reading, speaker_stance
from stance.prediction.rows import (
    BATCH,
    EXPLAINED,
    Columns,
    Options,
    cut_text,
    id_of,
    note_of,
    reason_for,
)
from stance.tracking.resolve import resolve

if TYPE_CHECKING:
    from spacy.language import Language


class Model:
    """A trained model, ready to predict. Made by `stance.load`; safe to use from several threads.

    It may be sent to other processes (multiprocessing, Dask, Spark): there it is read anew from
    its folder.
    """

    def __init__(self, portable: PortableModel, folder: Path) -> None:
        self._portable = portable
        self.folder = folder
        self.card = portable.card
        self._prior = Prior.of_card(portable.card)
        self.label = {"name": portable.name, "version": portable.version}

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process reads the folder itself: quicker than sending the arrays, and checked
        # again.
        return load, (str(self.folder.resolve()),)

    def __repr__(self) -> str:
        return f"Model({self.label['name']!r}, version={self.label['version']!r})"

    def predict(
        self,
        text: str | None,
        *,
        speaker: str | None = None,
        cue: str | None = None,
        context: str | None = None,
        id: str | None = None,
    ) -> Prediction:
        """Predict one quote.

        Parameters
        ----------
        text
            The quote's words. Empty or None gives an abstention with its reason.
        speaker
            Kept for the caller's own use; the model never reads names.
        cue
            The reporting verb ("rejected", "said"): it often carries the stance.
        context
            The sentence or two before the quote.
        id
            Comes back in the answer.
        """
        return next(
            self.predict_many(
                [{"id": id, "text": text, "speaker": speaker, "cue": cue, "context": context}]
            )
        )

    def predict_many(
        self,
        rows: Iterable[Row | str | None] | Any,
        *,
        columns: Columns | None = None,
        abstain_at: float = 0.0,
        sets: float | None = None,
        attributed: bool = False,
    ) -> Iterator[Prediction]:
        """Predict many, lazily, one answer a row in the same order.

        Parameters
        ----------
        rows
            Dictionaries ``{"id"?, "text", "speaker"?, "cue"?, "context"?}``, plain texts, or a
            table with such columns: pandas, polars, Arrow. Without a column ``id`` the index of a
            pandas table comes back as id.
        columns
            Which columns of a table hold what, where they are not called text, cue, context, id.
        abstain_at
            Below this probability of the likeliest stance the answer is an abstention (0: never).
            `threshold_for` gives one for a risk.
        sets
            Add a ``prediction_set`` that holds the right stance with this probability, from .5 to
            .99 (see `stance.models.prediction_sets`).
        attributed
            Add the stances that the quote ascribes to others (see
            `stance.models.attributed_stances.model`); a row's ``speaker`` and ``context`` help to
            tell whose.

        Raises
        ------
        DataError
            If ``rows`` is one text or one row, or a table without the column of texts.
        ModelError
            If ``sets`` is asked of a model that was trained without cross-validation, or by an
            older version.
        """
        if sets is not None:
            self._check_sets(sets)
        if is_frame(rows):
            rows = frame_rows(rows, columns)
        elif columns is not None:
            raise DataError(
                f"columns are named of a {type(rows).__name__}; expected a table; rows are "
                "dictionaries with text, and cue, context, id where known"
            )
        elif isinstance(rows, str | bytes | bytearray | Mapping):
            # Each would be gone through all the same: by its letters, or by the names of its
            # fields.
            raise DataError(
                f"rows is one {type(rows).__name__}; expected a list: predict_many([row]), or "
                "predict(text) for one quote"
            )
        return self._predict_each(
            rows, Options(abstain_at=abstain_at, sets=sets, attributed=attributed)
        )

    def _predict_each(
        self, rows: Iterable[Row | str | None], options: Options
    ) -> Iterator[Prediction]:
        batch: list[Row] = []
        for row in rows:
            batch.append(row if isinstance(row, Mapping) else {"text": row})
            if len(batch) == BATCH:
                yield from self._predict_batch(batch, options)
                batch = []
        yield from self._predict_batch(batch, options)

    def answer_rows(self, rows: Sequence[Row], options: Options) -> list[dict[str, Any]]:
        """Return the answers of rows in their JSON form, one a row in the same order.

        With the explanations that were asked for.

        Raises
        ------
        ModelError
            As `predict_many`.
        """
        found = self.predict_many(
            rows, abstain_at=options.abstain_at, sets=options.sets, attributed=options.attributed
        )
        answers = [one.to_dict() for one in found]
        if options.explain:
            for row, answer in zip(rows, answers, strict=True):
                answer |= self.why(row, n=options.explain, stance=answer["stance"])
        return answers

    def _check_sets(self, level: float) -> None:
        if not LOWEST <= level <= HIGHEST:
            raise ModelError(
                f"prediction sets at {level:g}: expected a probability from {LOWEST:g} to "
                f"{HIGHEST:g}"
            )
        if "sets" not in self.card:
            raise ModelError(
                f"model {self.label['name']} {self.label['version']}: its card has no bounds for "
                "prediction sets (trained without cross-validation, or by an "
                "older version); train it anew, or predict without sets"
            )

    def threshold_for(self, risk: float) -> float:
        """Return the ``abstain_at`` under which at most the share ``risk`` of the answers was wrong, on reports that were not learned from.

        Raises
        ------
        ModelError
            If the model's card has none for this risk.
        """
        rows = self.card.get("abstention") or []
        found = [float(row["abstain_at"]) for row in rows if row["risk"] <= risk + 1e-9]
        if not found:
            known = ", ".join(f"{row['risk']:g}" for row in rows) or "none"
            raise ModelError(
                f"model {self.label['name']} {self.label['version']}: no threshold for a risk of "
                f"{risk:g}; its card has {known}"
            )
        return min(found)

    def predict_frame(
        self,
        frame: Any,
        *,
        columns: Columns | None = None,
        abstain_at: float = 0.0,
        sets: float | None = None,
        prefix: str = "",
    ) -> Any:
        """Return a table (pandas, polars, Arrow) with the predictions as columns behind its own.

        Same order, same index.

        Parameters
        ----------
        columns
            Which columns hold what, where they are not called text, cue, context, id.
        prefix
            Begins the names of the new columns: stance, score, coarse, abstained, reason,
            p_support …, prediction_set where ``sets`` asks for it.

        Raises
        ------
        DataError
            If a column is missing, or a new one is there already.
        """
        found = list(
            self.predict_many(frame_rows(frame, columns), abstain_at=abstain_at, sets=sets)
        )
        return add_predictions(frame, found, prefix, with_sets=sets is not None)

    def probabilities(self, rows: Sequence[Row]) -> np.ndarray:
        """Return the bare probabilities of rows with a ``text``.

        Shape (n_rows, 5) in the codebook's order: nothing is checked, nothing abstained from.
        """
        return self._portable.probabilities([cut_text(row) for row in rows])

    def _predict_batch(self, rows: Sequence[Row], options: Options) -> list[Prediction]:
        reasons = [reason_for(row) for row in rows]
        good = [cut_text(row) for row, reason in zip(rows, reasons, strict=True) if reason is None]
        shares = self._portable.probabilities(good)
        scores = (shares * STANCE_VALUES).sum(
            axis=1
        )  # row by row: a product of matrices rounds by the size of the batch
        found = zip(shares.tolist(), scores.tolist(), shares.argmax(axis=1).tolist(), strict=True)
        answers = [
            self._abstained(row, reason)
            if reason
            else self._answer(row, *next(found), options.abstain_at)
            for row, reason in zip(rows, reasons, strict=True)
        ]
        if options.attributed:
            answers = [
                self._attributing(row, one, judged=not reason)
                for row, one, reason in zip(rows, answers, reasons, strict=True)
            ]
        if options.sets is None:
            return answers
        inside = iter(set_members(shares, self.card["sets"], options.sets))
        # Of a row that is not judged nothing is known: every stance may be the right one.
        return [
            dataclasses.replace(one, prediction_set=STANCES if why else set_names(next(inside)))
            for one, why in zip(answers, reasons, strict=True)
        ]

    def _attributing(self, row: Row, found: Prediction, *, judged: bool) -> Prediction:
        held = (
            load_attributed().predict(
                cut_text(row), list(found.probabilities.values()), load_aliases()
            )
            if judged
            else []
        )
        return dataclasses.replace(found, attributed=tuple(held))

    def _answer(
        self, row: Row, shares: list[float], score: float, best: int, abstain_at: float
    ) -> Prediction:
        stance = STANCES[best]
        named = dict(zip(STANCES, shares, strict=True))
        if shares[best] < abstain_at:
            reason = (
                f"unsure: {stance} is likeliest with {shares[best]:.2f}, below "
                f"{abstain_at:g}{self._risk(abstain_at)}"
            )
            return Prediction(
                id_of(row), None, named, score, None, True, reason, self.label, note_of(row)
            )
        return Prediction(
            id_of(row), stance, named, score, COARSE[stance], False, None, self.label, note_of(row)
        )

    def _risk(self, abstain_at: float) -> str:
        """Return what is known of a threshold, for the reason of an abstention."""
        at = risk_at(self.card.get("risk_curve") or [], abstain_at)
        if at is None:
            return ""
        # Measured was at steps: where the threshold lies between two, the one below is named as
        # such.
        step = "" if f"{at['from']:g}" == f"{abstain_at:g}" else " (the measured step below)"
        return (
            f"; of cross-validated answers from {at['from']:g} on{step} {at['wrong']:.0%} were "
            f"wrong, and {at['answered']:.0%} of the quotes were answered"
        )

    def _abstained(self, row: Row, reason: str) -> Prediction:
        # Nothing is known: every stance is as likely as the other.
        even = dict.fromkeys(STANCES, 1 / len(STANCES))
        return Prediction(id_of(row), None, even, 0.0, None, True, reason, self.label)

    def explain(
        self, row: Row | str, *, n: int = EXPLAINED, stance: str | None = None
    ) -> list[Reason]:
        """Return the words that carried a stance, or spoke against it, the strongest first.

        None for a row that is not judged.

        A word's weight is what the probability of the stance loses where the word is left out: of
        the whole model, its encoder included (see `stance.prediction.explanations`). It costs as
        much as predicting one quote a word, at most 65.

        Parameters
        ----------
        n
            How many words.
        stance
            By default the predicted one.
        """
        asked = self._asked(row, stance)
        return reasons(*asked, self.probabilities)[:n] if asked else []

    def features(
        self, row: Row | str, *, n: int = EXPLAINED, stance: str | None = None
    ) -> list[Reason]:
        """Return the n-grams and frames that moved the sum behind a stance most.

        For the model's linear members over such terms; none where it has none.

        These are the features as those members see them; what the whole model makes of a word says
        `explain`.
        """
        asked = self._asked(row, stance)
        if not asked:
            return []
        row, stance = asked
        found = []
        total = sum(weight for weight, _, _ in self._portable.members)
        for weight, classes, head in self._portable.members:
            if not isinstance(head, NgramLinear) or stance not in classes:
                continue
            terms, values, coef = head.contributions(row)
            # How far a term moves this stance's sum beyond what it does to all of them.
            ours = coef[:, [k for k, one in enumerate(classes) if one == stance]].mean(axis=1)
            pull = weight / total * values * (ours - coef.mean(axis=1))
            found += [Reason(term, float(one)) for term, one in zip(terms, pull, strict=True)]
        return sorted(found, key=lambda one: -abs(one.weight))[:n]

    def why(self, row: Row | str, *, n: int = EXPLAINED, stance: str | None) -> dict[str, Any]:
        """Return ``explanation`` (words) and ``features`` as answers carry them.

        Empty where there is no stance.
        """
        found = {"explanation": self.explain, "features": self.features}
        return {
            name: [one.to_dict() for one in ask(row, n=n, stance=stance)] if stance else []
            for name, ask in found.items()
        }

    def _asked(self, row: Row | str, stance: str | None) -> tuple[Row, str] | None:
        """Return the row as it is read and the stance that is asked about.

        None for a row that is not judged.
        """
        row = row if isinstance(row, Mapping) else {"text": row}
        found = stance or next(self.predict_many([row])).stance
        return (cut_text(row), found) if found and reason_for(row) is None else None

    def read(
        self, text: str | Article, *, nlp: "Language | None" = None, abstain_at: float = 0.0
    ) -> Reading:
        """Extract the quotes of an article and predict each: its speakers with their stances.

        What is less sure than ``abstain_at`` (0 to 1) has none.
        """
        from stance.extraction.pipeline import extract

        article = text if isinstance(text, Article) else Article("article", text)
        quotes = [quote for found in extract([article], nlp=nlp) for quote in found]
        return self.read_quotes(article, quotes, abstain_at=abstain_at)

    def read_quotes(
        self, article: Article, quotes: Sequence[Quote], *, abstain_at: float = 0.0
    ) -> Reading:
        """Predict quotes that are known already and gather them by speaker.

        Optional ones (headlines, captions, links) are left out: the running text says the same,
        and no statement should count twice.
        """
        quotes = [quote for quote in quotes if not quote.optional]
        rows = []
        for quote in quotes:
            row: dict[str, Any] = {
                "id": quote.id,
                "text": quote.text,
                "cue": quote.cue,
                "context": context_of(article, quote),
            }
            rows.append(
                {
                    **row,
                    "speaker": quote.speaker,
                    "speaker_role": quote.speaker_role,
                    "_article": article.text,
                }
            )
        by_speaker: dict[str | None, list[tuple[Quote, Prediction]]] = defaultdict(list)
        for quote, prediction in zip(
            quotes, self.predict_many(rows, abstain_at=abstain_at, attributed=True), strict=True
        ):
            by_speaker[quote.speaker].append((quote, prediction))
        speakers = [speaker_stance(name, pairs, self._prior) for name, pairs in by_speaker.items()]
        speakers.sort(key=lambda one: (one.speaker is None, -len(one.quotes)))
        return Reading(article.id, tuple(speakers), self.label)


def load(source: str | Path | None = None) -> Model:
    """Load a model.

    Parameters
    ----------
    source
        A model folder; a run's name or id; an experiment (its newest run), by its name or its
        file's; ``champion``; ``runs:/ID`` or ``models:/NAME@champion`` (asks MLflow). By default
        the champion, else the newest finished run of the default experiment.

    Raises
    ------
    ModelError
        If there is no such model or its folder is damaged.
    """
    folder = resolve(str(source) if source is not None else None)
    return Model(read_model(folder), folder)
