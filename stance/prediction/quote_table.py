"""The table of quotes: one row a quote, with its article, its speaker and its stance.

The columns and their types are the same in JSONL, CSV and Parquet. `stance predict` reads such a
table again: ``text``, ``cue``, ``context``, ``speaker`` and ``id`` have the names it expects.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from stance.core.formatting import shown_figures
from stance.core.types import STANCES, Article, Prediction, Quote
from stance.extraction.text.context import context_of
from stance.prediction.article_rows import METADATA

BEFORE = {
    "id": "text",
    "article": "text",
    **dict.fromkeys(METADATA, "text"),
}
AFTER = {
    "copy_of": "text",
    "text": "text",
    "start": "whole",
    "end": "whole",
    "spans": "text",
    "form": "text",
    "optional": "yes/no",
    "parent": "text",
    "cue": "text",
    "context": "text",
    "speaker": "text",
    "speaker_mention": "text",
    "speaker_role": "text",
    "speaker_id": "text",
    "speaker_confidence": "number",
    "confidence": "number",
    "stance": "text",
    "score": "number",
    "coarse": "text",
    "abstained": "yes/no",
    "reason": "text",
    **{f"p_{stance}": "number" for stance in STANCES},
    "model": "text",
    "version": "text",
}


def columns_of(extra: Sequence[str] = ()) -> dict[str, str]:
    """Return the columns in their order with their types; ``extra`` come behind the metadata."""
    return BEFORE | dict.fromkeys(extra, "text") | AFTER


def quote_row(
    article: Article,
    fields: Mapping[str, Any],
    copy_of: str | None,
    quote: Quote,
    prediction: Prediction,
) -> dict[str, Any]:
    """Return the row of one quote; its figures are rounded to 4 places."""
    row = {"id": quote.id, "article": article.id, **fields, "copy_of": copy_of}
    row |= {
        "text": quote.text,
        "start": quote.spans[0][0],
        "end": quote.spans[-1][1],
        "spans": [list(span) for span in quote.spans],
        "context": context_of(article, quote),
    }
    for name in AFTER:
        if name not in row:
            row[name] = getattr(quote, name, None)
    row |= {
        name: getattr(prediction, name)
        for name in ("stance", "score", "coarse", "abstained", "reason")
    }
    row |= {f"p_{stance}": value for stance, value in prediction.probabilities.items()}
    row |= {"model": prediction.model["name"], "version": prediction.model["version"]}
    ordered = columns_of([name for name in fields if name not in METADATA])
    return dict(shown_figures({name: row[name] for name in ordered}))


def probabilities_of(row: Mapping[str, Any]) -> list[float]:
    """Return the five probabilities of a row of the table, in the codebook's order."""
    return [float(row[f"p_{stance}"]) for stance in STANCES]
