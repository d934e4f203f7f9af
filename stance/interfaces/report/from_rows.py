"""Readings for the page from a table that `stance quotes` wrote, where no article is at hand."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stance.core.types import COARSE, STANCES, Article, Prediction, Quote
from stance.models.speaker_pooling import Prior
from stance.prediction.quote_rows import counts
from stance.prediction.quote_table import probabilities_of
from stance.prediction.reading import Reading, gather_speakers

BETWEEN = "\n\n"


def readings_of_rows(
    rows: Iterable[Mapping[str, Any]], prior: Prior
) -> Iterator[tuple[Article, Reading]]:
    """Yield each article with its quotes; its text is that of its quotes, a paragraph each.

    Rows of wire copies and of headlines, captions and links are left out, so that no statement
    counts twice.
    """
    counted = (row for row in rows if counts(row))
    for name, group in itertools.groupby(counted, key=lambda row: str(row["article"])):
        of_article = list(group)
        first = of_article[0]
        texts = [str(row["text"]) for row in of_article]
        article = Article(
            name,
            BETWEEN.join(texts),
            title=_text(first.get("title")),
            date=_text(first.get("published")),
            outlet=_text(first.get("outlet")),
        )
        starts = itertools.accumulate((len(text) + len(BETWEEN) for text in texts), initial=0)
        pairs = [
            (_quote(row, name, start), _prediction(row))
            for row, start in zip(of_article, starts, strict=False)
        ]
        model = {"name": str(first.get("model")), "version": str(first.get("version"))}
        yield article, Reading(name, gather_speakers(pairs, prior), model)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _quote(row: Mapping[str, Any], article: str, start: int) -> Quote:
    text = str(row["text"])
    known = {field.name for field in dataclasses.fields(Quote)}
    # Places in the article mean nothing here; the quote is all there is of its text.
    values = {name: value for name, value in row.items() if name in known}
    values |= {"cue_span": None, "speaker_span": None, "optional": False}
    values |= {"id": str(row.get("id")), "form": str(row.get("form")), "text": text}
    return Quote(**{**values, "article": article, "spans": ((start, start + len(text)),)})


def _prediction(row: Mapping[str, Any]) -> Prediction:
    stance = row["stance"]
    return Prediction(
        _text(row.get("id")),
        stance,
        dict(zip(STANCES, probabilities_of(row), strict=True)),
        float(row.get("score") or 0.0),
        COARSE.get(stance),
        bool(row["abstained"]),
        row.get("reason"),
        {"name": str(row.get("model")), "version": str(row.get("version"))},
    )
