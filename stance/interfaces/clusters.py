"""Whole articles on a cluster: the function that Spark and Dask call for each part of a table.

Each process of the cluster loads the model once. The rows are those of `stance quotes`; wire copies
are looked for within a part only, and only where that is asked for.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pandas as pd

from stance.prediction.model import Model, load
from stance.prediction.quote_chunks import REPEATED
from stance.prediction.quote_files import quotes
from stance.prediction.quote_table import columns_of
from stance.prediction.table_files import typed_cell

KINDS: dict[str, Any] = {
    "text": "string",
    "whole": "Int64",
    "number": "Float64",
    "yes/no": "boolean",
}
SPARK_KINDS = {"text": "string", "whole": "long", "number": "double", "yes/no": "boolean"}


def quotes_of_part(
    articles: pd.DataFrame, model: str, columns: Sequence[str] = (), *, copies: bool = False
) -> pd.DataFrame:
    """Return the quotes of a part of a table of articles, one row a quote.

    An article that is not read has a row too, without ``id`` and ``text`` and with the ``reason``.

    Parameters
    ----------
    articles
        Columns as `stance.quotes` takes them, ``text`` at least.
    model
        What `stance.load` takes; a folder must lie where every worker sees it.
    columns
        Columns of the articles to pass on.
    copies
        Mark near copies of earlier articles of the same part.
    """
    skipped: list[dict[str, Any]] = []
    rows = list(
        quotes(articles, _loaded(model), columns=columns, copies=copies, skipped=skipped.append)
    )
    told = (
        {name: row.get(name) for name in ("article", "url", "reason")} | {"abstained": True}
        for row in skipped
        if not row["reason"].startswith(REPEATED)
    )
    return _frame([*rows, *told], columns)


@functools.cache
def _loaded(model: str) -> Model:
    return load(model)


def _frame(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    series = {}
    for name, kind in columns_of(columns).items():
        values = [row.get(name) for row in rows]
        cells = [typed_cell(value, kind == "text") for value in values]
        series[name] = pd.array(cells, dtype=KINDS[kind])
    return pd.DataFrame(series)


def no_quotes(columns: Sequence[str] = ()) -> pd.DataFrame:
    """Return the empty table, which tells Dask the columns and types (``meta``)."""
    return _frame([], columns)


def spark_schema(columns: Sequence[str] = ()) -> str:
    """Return the columns and types of the table as Spark writes them."""
    return ", ".join(f"`{name}` {SPARK_KINDS[kind]}" for name, kind in columns_of(columns).items())


def for_spark(
    model: str, columns: Sequence[str] = ()
) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """Return the function for ``mapInPandas``, with `spark_schema` as its schema."""

    def quotes_of_batches(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            yield quotes_of_part(batch, model, columns)

    return quotes_of_batches
