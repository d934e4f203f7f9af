"""Tables in memory of any library (pandas, polars, Arrow …), in and out through narwhals."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError, install_hint
from stance.core.types import STANCES, Prediction, Row
from stance.prediction.rows import Columns, plain

if TYPE_CHECKING:
    import narwhals as nw

ADDED = ("stance", "score", "coarse", "abstained", "reason", *(f"p_{stance}" for stance in STANCES))


def is_frame(data: object) -> bool:
    """Tell a table from a list, a generator or any other iterable of rows."""
    name = type(data).__name__
    return name == "LazyFrame" or (
        name != "Series"
        and (hasattr(data, "__arrow_c_stream__") or hasattr(data, "__dataframe__"))
        and name != "ChunkedArray"
    )


def as_rows(data: Any, columns: Columns | None = None) -> Iterable[Row | str | None]:
    """Return what `stance.prediction.model.Model.predict_many` was given as rows.

    Raises
    ------
    DataError
        If it is one text or one row, or columns are named and it is no table.
    """
    if is_frame(data):
        return frame_rows(data, columns)
    kind = type(data).__name__
    if columns is not None:
        raise DataError(
            f"columns are named of a {kind}; expected a table; rows are dictionaries with text, "
            "and cue, context, id where known"
        )
    if isinstance(data, str | bytes | bytearray | Mapping):
        # Python would go through the letters of a text, and through the names of a row's fields.
        raise DataError(
            f"rows is one {kind}; expected a list: predict_many([row]), or predict(text) for one "
            "quote"
        )
    rows: Iterable[Row | str | None] = data
    return rows


def _narwhals(data: Any) -> "nw.DataFrame[Any]":
    try:
        import narwhals as nw
    except ImportError as fault:
        raise DataError(
            f"a table needs the package narwhals; {install_hint('frames')}, or give rows as "
            "dictionaries"
        ) from fault
    if hasattr(data, "read_all") or type(data).__name__ == "RecordBatch":
        import pyarrow as pa

        data = data.read_all() if hasattr(data, "read_all") else pa.Table.from_batches([data])
    data = _with_text_names(data)
    try:
        return nw.from_native(data, eager_only=True)
    except TypeError as fault:
        raise DataError(
            f"{type(data).__module__}.{type(data).__name__} is no table in memory; collect() a "
            "lazy one, or give rows as dictionaries"
        ) from fault


def _with_text_names(data: Any) -> Any:
    """Return a pandas table whose columns are numbers or tuples under their names as text.

    Raises
    ------
    DataError
        If a name is there twice.
    """
    if not hasattr(data, "set_axis"):
        return data
    names = [str(name) for name in data.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"the table has two columns {twice!r}; rename one")
    return data if names == list(data.columns) else data.set_axis(names, axis=1)


def frame_rows(data: Any, columns: Columns | None = None) -> Iterator[Mapping[str, Any]]:
    """Yield a table's rows as `stance.prediction.model.Model.predict_many` takes them.

    Where there is no column of ids, the index of a pandas table is the id.

    Raises
    ------
    DataError
        If a column is missing or the table is of no known kind.
    """
    frame = _narwhals(data)
    mapping = (columns or Columns()).found_in(
        frame.columns, f"{type(data).__module__.split('.')[0]} table", in_memory=True
    )
    rows = frame.select(list(mapping.values())).iter_rows(named=True)
    index = (
        getattr(data, "index", None)
        if "id" not in mapping and frame.implementation.is_pandas_like()
        else None
    )
    if index is None:
        return ({field: plain(row[name]) for field, name in mapping.items()} for row in rows)
    return (
        {"id": label, **{field: plain(row[name]) for field, name in mapping.items()}}
        for label, row in zip(index, rows, strict=True)
    )


def plain_rows(data: Any) -> Iterator[dict[str, Any]]:
    """Yield a table's rows with all their columns; what is missing is None."""
    for row in _narwhals(data).iter_rows(named=True):
        yield {name: plain(value) for name, value in row.items()}


def add_predictions(
    data: Any, found: list[Prediction], prefix: str = "", *, with_sets: bool = False
) -> Any:
    """Return the table with columns `ADDED` after its own.

    ``with_sets`` also adds prediction_set (joined by blanks). Library, order and index stay the
    same.

    Raises
    ------
    DataError
        If it has a column of such a name already.
    """
    import narwhals as nw

    frame = _narwhals(data)
    names = (*ADDED, "prediction_set") if with_sets else ADDED
    taken = [prefix + name for name in names if prefix + name in frame.columns]
    if taken:
        raise DataError(
            f"the table has a column {taken[0]} already; give prefix='predicted_', nothing is "
            "overwritten"
        )
    kinds: dict[str, Any] = {
        "score": nw.Float64,
        "abstained": nw.Boolean,
        **{f"p_{stance}": nw.Float64 for stance in STANCES},
    }
    values: dict[str, list[Any]] = {
        name: [getattr(one, name) for one in found] for name in ADDED[:5]
    }
    values |= {f"p_{stance}": [one.probabilities[stance] for one in found] for stance in STANCES}
    values["prediction_set"] = [" ".join(one.prediction_set or ()) for one in found]
    added = [
        nw.new_series(
            prefix + name, values[name], kinds.get(name, nw.String), backend=frame.implementation
        )
        for name in names
    ]
    answered = frame.with_columns(*added).to_native()
    if not hasattr(data, "set_axis") or frame.columns == list(data.columns):
        return answered
    return answered.set_axis([*data.columns, *(prefix + name for name in names)], axis=1)
