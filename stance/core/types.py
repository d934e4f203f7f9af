"""The records that all packages use, and the five stances with their coarse names and values.

Offsets count characters of the article's text as it was given, never bytes or tokens.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from stance.core.errors import DataError
from stance.core.safe_text import whole_characters

STANCES = ("support", "conditional", "skeptical", "oppose", "neutral")
COARSE = {
    "support": "favor",
    "conditional": "favor",
    "skeptical": "against",
    "oppose": "against",
    "neutral": "none",
}
# The class of quotes that do not speak of negotiations, where neutral is learned as two classes.
OFF_TARGET = "neutral off the target"
# Where each stance lies from oppose (-1) to support (+1); the values of labels/codebook.toml.
VALUES = {"support": 1.0, "conditional": 0.4, "skeptical": -0.5, "oppose": -1.0, "neutral": 0.0}
# The same in the order of STANCES: what probabilities are multiplied by.
STANCE_VALUES = tuple(VALUES[stance] for stance in STANCES)
FORMS = ("direct", "indirect", "mixed")

Span = tuple[int, int]
_ARTICLE_TEXTS = ("id", "text", "title", "date", "outlet", "conflict", "genre", "origin")


@dataclasses.dataclass(frozen=True, slots=True)
class Article:
    """One news article as published.

    ``text`` is never normalised, so that every offset stays valid; only half a character (a lone
    surrogate), which no file can hold, becomes U+FFFD, here and in the other fields.

    ``not_quotes`` lists words in quotation marks that a reader found to be no quote: a nickname, a
    title, a scare quote.
    """

    id: str
    text: str
    title: str | None = None
    date: str | None = None
    outlet: str | None = None
    conflict: str | None = None
    genre: str | None = None
    origin: str | None = None
    not_quotes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in _ARTICLE_TEXTS:
            given = getattr(self, name)
            if isinstance(given, str) and not given.isascii():
                object.__setattr__(self, name, whole_characters(given))

    def cut(self, spans: Iterable[Span]) -> str:
        """Return the words at ``spans``, the stretches joined by one blank."""
        return " ".join(self.text[start:end] for start, end in spans)


@dataclasses.dataclass(frozen=True, slots=True)
class Quote:
    """One attributed statement: its words, who says them and how.

    A quotation interrupted by its attribution is one quote with several spans. The outer quotation
    marks lie outside the spans. ``speaker`` is the resolved name, ``speaker_mention`` what stands
    in the text ("he"); both are None where nobody was found. ``optional`` marks a quote outside
    the running text (headline, caption, link to another article) or one on which readers may
    differ: finding it is no false alarm, missing it no miss. ``parent`` is the id of the quote
    that holds a nested one. ``speaker_id`` is the same for all spellings of one speaker's name in
    all articles (see `stance.extraction.speakers.aliases`); unnamed speakers have none.
    ``confidence`` and ``speaker_confidence`` (0 to 1) say how sure the extractor is; labelled
    quotes have none.
    """

    id: str
    article: str
    text: str
    spans: tuple[Span, ...]
    form: str
    cue: str | None = None
    cue_span: Span | None = None
    speaker: str | None = None
    speaker_mention: str | None = None
    speaker_span: Span | None = None
    speaker_role: str | None = None
    optional: bool = False
    parent: str | None = None
    speaker_id: str | None = None
    confidence: float | None = None
    speaker_confidence: float | None = None

    @property
    def shown_text(self) -> str:
        """The words as people read them: " … " stands where the attribution interrupts them.

        The model reads ``text``.
        """
        pieces, at = [], 0
        for start, end in self.spans:
            pieces.append(self.text[at : at + end - start])
            at += end - start + 1
        return " … ".join(pieces) if at == len(self.text) + 1 else self.text

    def to_dict(self) -> dict[str, Any]:
        """Return the public JSON form.

        The required fields are always there, the others only where they have a value.
        """
        row = dataclasses.asdict(self)
        row["spans"] = [list(span) for span in self.spans]
        for name in ("cue_span", "speaker_span"):
            row[name] = list(row[name]) if row[name] else None
        for name, empty in (
            ("optional", False),
            *(
                (name, None)
                for name in ("parent", "cue_span", "speaker_id", "confidence", "speaker_confidence")
            ),
        ):
            if row[name] == empty:
                del row[name]
        return row

    @classmethod
    def from_dict(cls, row: Mapping[str, Any], article: Article) -> "Quote":
        """Read one quote of ``article`` and check it against the article's text.

        Raises
        ------
        DataError
            If spans are out of order or outside the text, or the text is not the article cut at
            its spans.
        """
        at = f"{article.id}: quote {row.get('id')!r}"
        try:
            spans = tuple((int(start), int(end)) for start, end in row["spans"])
        except (KeyError, TypeError, ValueError) as fault:
            raise DataError(
                f"{at}: spans are {row.get('spans')!r}, expected [[start, end], …]"
            ) from fault
        flat = [offset for span in spans for offset in span]
        if not spans or flat != sorted(set(flat)) or flat[-1] > len(article.text) or flat[0] < 0:
            raise DataError(
                f"{at}: spans {row['spans']} are empty, out of order or outside the text of "
                f"{len(article.text)} characters; run the offsets anew"
            )
        if row.get("text") != article.cut(spans):
            raise DataError(
                f"{at}: text is {str(row.get('text'))[:60]!r}, but its spans cut "
                f"{article.cut(spans)[:60]!r}; run the offsets anew"
            )
        if row.get("form") not in FORMS:
            raise DataError(
                f"{at}: form is {row.get('form')!r}, expected one of {', '.join(FORMS)}"
            )
        known = {field.name for field in dataclasses.fields(cls)}
        values = {key: value for key, value in row.items() if key in known}
        for name in ("cue_span", "speaker_span"):
            values[name] = tuple(values[name]) if values.get(name) else None
        return cls(**{**values, "article": article.id, "spans": spans})


@dataclasses.dataclass(frozen=True, slots=True)
class Judgment:
    """What one annotator said of one quote.

    ``attributed`` lists the stances that the quote ascribes to others, as (holder, stance). A
    language model's judgment names the ``model``, the fingerprint of the ``prompt`` and the
    ``temperature``. ``speaker`` and ``text`` are the right ones where others were found, with
    " … " in the text where the attribution interrupts it; ``is_quote`` is false where nobody is
    quoted.
    """

    quote: str
    annotator: str
    stance: str
    on_target: bool
    attributed: tuple[tuple[str, str], ...] = ()
    note: str | None = None
    model: str | None = None
    prompt: str | None = None
    temperature: float | None = None
    speaker: str | None = None
    text: str | None = None
    is_quote: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        row = dataclasses.asdict(self)
        row["attributed"] = [
            {"holder": holder, "stance": stance} for holder, stance in self.attributed
        ]
        for name in ("note", "model", "prompt", "temperature", "speaker", "text"):
            if row[name] is None:
                del row[name]
        if self.is_quote:
            del row["is_quote"]
        return row


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one quote.

    ``probabilities`` has all five stances and sums to 1; ``score`` is its expectation from -1
    (oppose) to +1 (support). ``stance`` is None exactly where ``abstained`` is true, and then
    ``reason`` says why. ``note`` tells what was done to a row that was answered.
    ``prediction_set``, where it was asked for, holds the right stance as often as was asked for
    (see `stance.models.prediction_sets`); ``attributed``, where it was asked for, are the stances
    that the quote ascribes to others (`stance.models.attributed_stances.model.Attributed`).
    """

    id: str | None
    stance: str | None
    probabilities: dict[str, float]
    score: float
    coarse: str | None
    abstained: bool
    reason: str | None
    model: dict[str, str]
    note: str | None = None
    prediction_set: tuple[str, ...] | None = None
    attributed: tuple[Any, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the public JSON form.

        ``reason``, ``note``, ``prediction_set`` and ``attributed`` are left out where there is
        none.
        """
        row: dict[str, Any] = {
            "id": self.id,
            "stance": self.stance,
            "probabilities": dict(self.probabilities),
            "score": self.score,
        }
        row |= {"coarse": self.coarse, "abstained": self.abstained}
        if self.reason is not None:
            row["reason"] = self.reason
        if self.prediction_set is not None:
            row["prediction_set"] = list(self.prediction_set)
        if self.attributed is not None:
            row["attributed"] = [one.to_dict() for one in self.attributed]
        row["model"] = dict(self.model)
        if self.note is not None:
            row["note"] = self.note
        return row


Row = Mapping[str, Any]
