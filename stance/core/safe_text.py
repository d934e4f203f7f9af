"""Text from outside made harmless: half characters, spreadsheet formulas, terminal escapes.

Each function replaces character for character or puts one in front, and leaves other text as it
is, so that offsets stay where they matter.
"""

import json
import re
from typing import Any

# What stands for a character that cannot be read: U+FFFD.
UNREADABLE = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# What a terminal obeys: C0 but tab and line break, delete, C1, and overrides of direction.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Also in their wide forms, and where blanks stand before them.
_FORMULA = re.compile(r"[\s\x00]*[=+\-@＝＋－＠]")
_NUMBER = re.compile(r"\s*[+-]?(\d+([.,]\d+)*|\.\d+)([eE][+-]?\d+)?[\s%]*")
# In JSON: a backslash that is escaped itself, a pair of surrogates, a lone one.
_ESCAPES = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def whole_characters(text: str) -> str:
    r"""Return a text in which each lone surrogate (half an emoji) is U+FFFD.

    No encoding can hold a lone surrogate, and parsers and tokenizers refuse the whole text. All
    offsets stay.

    >>> whole_characters("ready \ud83d, he said") == "ready \N{REPLACEMENT CHARACTER}, he said"
    True
    """
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATE.sub(UNREADABLE, text)
    return text


def printable(text: str) -> str:
    r"""Return a text that a terminal only shows: U+FFFD for what it would obey.

    These are control characters other than line break and tab, and marks that turn the direction
    of writing over more than their own words.

    >>> printable("\x1b[2Jgone") == "\N{REPLACEMENT CHARACTER}[2Jgone"
    True
    """
    return text if text.isascii() and text.isprintable() else _OBEYED.sub(UNREADABLE, text)


def safe_cell(value: Any) -> Any:
    """Return a cell of a spreadsheet that is shown and never computed.

    Spreadsheet programs take a text that begins with one of ``= + - @`` for a formula, which can
    reach other programs and the network. An apostrophe in front makes it text; numbers stay.

    Source: OWASP, owasp.org/www-community/attacks/CSV_Injection.

    >>> safe_cell("=SUM(A1:A9)"), safe_cell("-5"), safe_cell(-0.5)
    ("'=SUM(A1:A9)", '-5', -0.5)
    """
    if not isinstance(value, str) or not _FORMULA.match(value) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def cell_text(value: str) -> str:
    """Return what was given to `safe_cell`.

    >>> cell_text(safe_cell("- We will come."))
    '- We will come.'
    """
    return value[1:] if value.startswith("'") and _FORMULA.match(value, 1) else value


def in_whole_characters(data: Any) -> Any:
    """Return JSON data whose texts, and names of fields, went through `whole_characters`."""
    if isinstance(data, str):
        return whole_characters(data)
    if isinstance(data, dict):
        return {in_whole_characters(key): in_whole_characters(data[key]) for key in data}
    return [in_whole_characters(value) for value in data] if isinstance(data, list) else data


def json_in_whole_characters(data: bytes) -> bytes:
    r"""Return JSON that is not read yet, each escaped lone surrogate as an escaped U+FFFD.

    For readers other than Python's, which refuse the whole message.

    >>> json_in_whole_characters(rb'["\ud83d", "\ud83d\ude00", "\\ud83d"]')
    b'["\\ufffd", "\\ud83d\\ude00", "\\\\ud83d"]'
    """
    return _ESCAPES.sub(lambda match: match[1] or rb"\ufffd", data)


def parse_json(text: str) -> Any:
    r"""Return what a JSON text holds, in whole characters.

    >>> parse_json('{"text": "ready \\ud83d", "id": 7}')["id"]
    7

    Raises
    ------
    ValueError
        If it is not JSON, or holds a number of more digits than Python takes.
    RecursionError
        If it is nested too deeply.
    """
    data = json.loads(text)
    # Text that was decoded holds half a character only where JSON spells one out.
    return in_whole_characters(data) if _ESCAPED_SURROGATE.search(text) else data
