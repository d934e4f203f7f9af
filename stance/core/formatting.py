"""Numbers for people and programs: counts with their noun, rounded JSON, Markdown tables."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Many stances attributed to others are false alarms: people see the more certain ones, programs
# all of them.
ATTRIBUTED_FROM = 0.3


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return a Markdown table, one line per row, without a line break at its end.

    >>> print(table(["stance", "n"], [["support", 3], ["a | b", 1]]))
    | stance | n |
    |---|---|
    | support | 3 |
    | a \| b | 1 |
    """
    lines = [
        "| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |"
        for row in (head, *rows)
    ]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


# JSON itself asks for escapes of those below U+0020 only.
_CONTROLS = re.compile("[\x7f-\x9f]")
_PLAIN = frozenset((str, int, bool, type(None)))


def counted(n: int, one: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "quote"), counted(2, "quote")
    ('1 quote', '2 quotes')
    """
    return f"{n} {one}" if n == 1 else f"{n} {one}s"


def shown_figures(data: Any) -> Any:
    """Return the JSON form of an answer with its figures rounded to 4 places.

    More places carry no information. The Python objects keep all of them.
    """
    if isinstance(data, float):
        return round(data, 4)
    if isinstance(data, dict):
        # Most values are plain; a call for each would cost as much as writing the row.
        return {
            name: value if type(value) in _PLAIN else shown_figures(value)
            for name, value in data.items()
        }
    return [shown_figures(value) for value in data] if isinstance(data, list | tuple) else data


def json_line(row: Mapping[str, Any], *, escaped: bool = False) -> str:
    """Return one JSON line.

    Lone surrogates, which come in through JSON escapes, go out as escapes too, and so do the
    characters that a terminal would obey; with ``escaped`` all but ASCII.
    """
    # Dates and the like of a Parquet file's kept columns leave as text.
    text = json.dumps(row, ensure_ascii=escaped, default=str)
    if _CONTROLS.search(text):
        text = _CONTROLS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        text = json.dumps(row, default=str)
    return text + "\n"
