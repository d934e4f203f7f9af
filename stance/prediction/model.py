"""A trained model: rows to predictions, an article to its speakers and their stances."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.core.errors import DataError
from stance.core.types import Article, Prediction, Quote, Row
from stance.models.folder import PortableModel, read_model
from stance.models.speaker_pooling import Prior
from stance.prediction.answers import Answerer, check_sets, threshold_for
from stance.prediction.dataframes import add_predictions, as_rows, frame_rows
from stance.prediction.explanations import Reason, feature_reasons, word_reasons
from stance.prediction.reading import Reading, gather_speakers
from stance.prediction.rows import (
    BATCH,
    EXPLAINED,
    Columns,
    Options,
    as_read,
    reason_for,
    row_in_article,
)
from stance.tracking.resolve import resolve

if TYPE_CHECKING:
    from spacy.language import Language


class Model:
    """A trained model, ready to predict. Made by `stance.load`; safe to use from several threads.

    It may be sent to other processes (multiprocessing, Dask, Spark): there it is read again from
    its folder.
    """

    def __init__(self, portable: PortableModel, folder: Path) -> None:
        self._portable = portable
        self.folder = folder
        self.card = portable.card
        self._prior = Prior.of_card(portable.card)
        self.label = {"name": portable.name, "version": portable.version}
        self._answerer = Answerer(portable, self.label)

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
            check_sets(self.card, self.label, sets)
        rows = as_rows(rows, columns)
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
                yield from self._answerer.answer(batch, options)
                batch = []
        yield from self._answerer.answer(batch, options)

    def answer_rows(self, rows: Sequence[Row], options: Options) -> list[dict[str, Any]]:
        """Return the answers of rows in their JSON form, one per row in the same order.

        They carry the explanations that were asked for.

        Raises
        ------
        ModelError
            As `predict_many`.
        """
        predictions = self.predict_many(
            rows, abstain_at=options.abstain_at, sets=options.sets, attributed=options.attributed
        )
        answers = [prediction.to_dict() for prediction in predictions]
        if options.explain:
            for row, answer in zip(rows, answers, strict=True):
                answer |= self.why(row, n=options.explain, stance=answer["stance"])
        return answers

    def threshold_for(self, risk: float) -> float:
        """Return the smallest known ``abstain_at`` for a risk.

        With it, at most the share ``risk`` of the answers to reports that were not learned from
        was wrong.

        Raises
        ------
        ModelError
            If the model's card has no threshold for this risk.
        """
        return threshold_for(self.card, self.label, risk)

    def predict_frame(
        self,
        frame: Any,
        *,
        columns: Columns | None = None,
        abstain_at: float = 0.0,
        sets: float | None = None,
        prefix: str = "",
    ) -> Any:
        """Return a table (pandas, polars, Arrow) with the predictions as columns after its own.

        Order and index stay the same.

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
        predictions = list(
            self.predict_many(frame_rows(frame, columns), abstain_at=abstain_at, sets=sets)
        )
        return add_predictions(frame, predictions, prefix, with_sets=sets is not None)

    def probabilities(self, rows: Sequence[Row]) -> np.ndarray:
        """Return only the probabilities of rows with a ``text``.

        The shape is (n_rows, 5), in the codebook's order. Nothing is checked, and the model never
        abstains.
        """
        return self._portable.probabilities([as_read(row) for row in rows])

    def explain(
        self, row: Row | str, *, n: int = EXPLAINED, stance: str | None = None
    ) -> list[Reason]:
        """Return the words that speak for a stance or against it, the strongest first.

        The list is empty for a row that is not judged. A word's weight is what the probability of
        the stance loses where the word is left out of the whole model, its encoder included (see
        `stance.prediction.explanations`). It costs as much as predicting one quote per word, at
        most 65.

        Parameters
        ----------
        n
            How many words.
        stance
            By default the predicted one.
        """
        asked = self._asked(row, stance)
        return word_reasons(*asked, self.probabilities)[:n] if asked else []

    def features(
        self, row: Row | str, *, n: int = EXPLAINED, stance: str | None = None
    ) -> list[Reason]:
        """Return the n-grams and frames that moved the sum of a stance most.

        They come from the model's linear members over such terms; the list is empty where it has no
        such member. They are the features as those members see them. `explain` says what the whole
        model makes of a word.
        """
        asked = self._asked(row, stance)
        return feature_reasons(*asked, self._portable)[:n] if asked else []

    def why(self, row: Row | str, *, n: int = EXPLAINED, stance: str | None) -> dict[str, Any]:
        """Return ``explanation`` (words) and ``features`` as answers carry them.

        They are empty where there is no stance.
        """
        kinds = {"explanation": self.explain, "features": self.features}
        return {
            name: [reason.to_dict() for reason in ask(row, n=n, stance=stance)] if stance else []
            for name, ask in kinds.items()
        }

    def _asked(self, row: Row | str, stance: str | None) -> tuple[Row, str] | None:
        """Return the row as it is read and the stance that is asked about.

        It is None for a row that is not judged.
        """
        row = row if isinstance(row, Mapping) else {"text": row}
        stance = stance or next(self.predict_many([row])).stance
        return (as_read(row), stance) if stance and reason_for(row) is None else None

    def read(
        self, text: str | Article, *, nlp: "Language | None" = None, abstain_at: float = 0.0
    ) -> Reading:
        """Extract the quotes of an article, predict each, and gather them by speaker.

        A quote whose likeliest stance is less probable than ``abstain_at`` (0 to 1) has none.

        Raises
        ------
        DataError
            If ``text`` is neither a text nor an `Article`.
        """
        from stance.extraction.pipeline import extract

        if not isinstance(text, str | Article):
            raise DataError(
                f"read was given {type(text).__name__}; expected the article's text, or an Article"
            )
        article = text if isinstance(text, Article) else Article("article", text)
        (quotes,) = extract([article], nlp=nlp)
        return self.read_quotes(article, quotes, abstain_at=abstain_at)

    def read_quotes(
        self,
        article: Article,
        quotes: Sequence[Quote],
        *,
        abstain_at: float = 0.0,
        before_each: Callable[[], None] = lambda: None,
    ) -> Reading:
        """Predict known quotes and gather them by speaker.

        Optional ones (headlines, captions, links) are left out: the running text says the same, and
        no statement should count twice.

        Parameters
        ----------
        before_each
            Called before each quote; what it raises ends the reading.
        """
        quotes = [quote for quote in quotes if not quote.optional]

        def row_of_quote(quote: Quote) -> Row:
            before_each()
            return row_in_article(article, quote)

        rows = map(row_of_quote, quotes)
        predictions = self.predict_many(rows, abstain_at=abstain_at, attributed=True)
        speakers = gather_speakers(zip(quotes, predictions, strict=True), self._prior)
        return Reading(article.id, speakers, self.label)


def load(source: str | Path | None = None) -> Model:
    """Load a model.

    Parameters
    ----------
    source
        A model folder; a run's name or id; an experiment (its newest run), by its name or its
        file's; ``champion``; ``runs:/ID`` or ``models:/NAME@champion`` (asks MLflow). By default
        the champion; where nothing was promoted, the released model of the package.

    Raises
    ------
    ModelError
        If there is no such model or its folder is damaged.
    """
    folder = resolve(str(source) if source is not None else None)
    return Model(read_model(folder), folder)
