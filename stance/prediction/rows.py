"""A row to judge: its fields, the columns they come from, and why it cannot be judged."""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from stance.core.errors import DataError
from stance.core.safe_text import whole_characters
from stance.core.types import Article, Quote, Row
from stance.extraction.text.context import context_of
from stance.extraction.text.language import foreign

MAX_CHARS = 20_000
# The other fields that a model reads, with the most characters of each that it is given. What
# stands in articles is far shorter; a longer one must not cost more time than the quote.
LONGEST = {"cue": 200, "context": 2_000, "speaker": 500, "speaker_role": 500}
READ_FIELDS = (*LONGEST, "_article")
SHOWN_FIELDS = ("cue", "context", "speaker")
KEPT_AT_END = ("context",)
# What tables hold where there is no text; compared in lower case and without blanks around it.
MISSING = frozenset("nan -nan null none n/a na <na> nat #n/a #na #null! #value! #ref! nil".split())
LONGEST_MISSING = 20
BATCH = 256
EXPLAINED = 8  # words that an explanation names


@dataclasses.dataclass(frozen=True, slots=True)
class Options:
    """What is asked of every row; the defaults ask for the bare answer.

    Parameters
    ----------
    abstain_at
        Below this probability of the likeliest stance (0 to 1) the answer is an abstention.
    explain
        How many words, and how many features, are named with each answer; 0: none.
    sets
        Add a ``prediction_set`` that holds the right stance with this probability, from .5 to .99.
    attributed
        Add the stances that the quote ascribes to others.
    keep_columns
        Give each row of a file back as it came, next to its answer.
    """

    abstain_at: float = 0.0
    explain: int = 0
    sets: float | None = None
    attributed: bool = False
    keep_columns: bool = False


def row_of(article: Article, quote: Quote) -> dict[str, Any]:
    """Return the row of a quote: its JSON form with its ``context``.

    ``stance extract`` prints it and everything else predicts it, so the same quote always gets the
    same answer.
    """
    return {**quote.to_dict(), "context": context_of(article, quote)}


def row_in_article(article: Article, quote: Quote) -> dict[str, Any]:
    """Return the row of a quote whose whole article is at hand, as ``_article``.

    The model of attributed stances finds more holders with it. The stance of the quote itself does
    not depend on it.
    """
    return {**row_of(article, quote), "_article": article.text}


def id_of(row: Row) -> str | None:
    """Return the id of a row as text; None where it has none, or one that cannot be written out."""
    given = plain(row.get("id"))
    try:
        return None if given is None else str(given)
    except ValueError:  # a number of more digits than Python writes
        return None


def plain(value: Any) -> Any:
    """Return None for what each library has in its place: NaN, NA, NaT."""
    missing = (
        value is None
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, float) and value != value)
    )
    return None if missing else value


def reason_for(row: Row) -> str | None:
    """Return why a row cannot be judged, None where it can."""
    if row.get("_fault"):
        return str(row["_fault"])
    if fault := misnamed(row) or _odd_field(row):
        return fault
    text = plain(row.get("text"))
    if text is None:
        return "no text"
    if not isinstance(text, str):
        return f"text is {type(text).__name__}, expected a string"
    if fault := _without_words(text[:MAX_CHARS]):
        return fault
    language = foreign(whole_characters(text[:MAX_CHARS]))
    return f"not English (looks like {language})" if language else None


def _odd_field(row: Row) -> str | None:
    """Return what is wrong with the fields beside the text, else None."""
    for name in READ_FIELDS:
        value = row.get(name)
        if not (value is None or isinstance(value, str) or plain(value) is None):
            return f"{name} is {type(value).__name__}, expected a string"
    given = row.get("id")
    if isinstance(given, int) and given and id_of(row) is None:
        return "id is a number of more than 4300 digits"
    return None


def _without_words(text: str) -> str | None:
    """Return why a text says nothing, None where it has words."""
    if len(text) > LONGEST_MISSING and text[:1].isalpha():
        return None
    stripped = text.strip()
    if len(stripped) <= LONGEST_MISSING and stripped.lower() in MISSING:
        return f"no text: {stripped!r} stands for a missing one"
    if any(map(str.isalpha, stripped)):
        return None
    if any(map(str.isalnum, stripped)):
        return f"no text: {stripped[:LONGEST_MISSING]!r} has no words"
    return "empty text"


def as_read(row: Row) -> Row:
    """Return a row as the model reads it: in whole characters, and no longer than `LONGEST` says.

    Of a context, the end is kept: it stands next to the quote.
    """
    return {**row, **changed} if (changed := _changes(row)) else row


def _changes(row: Row) -> dict[str, str | None]:
    changed: dict[str, str | None] = {}
    text = row["text"]
    if (read := whole_characters(text[:MAX_CHARS])) is not text:
        changed["text"] = read
    for name in LONGEST.keys() & row.keys():
        value, most = row[name], LONGEST[name]
        if isinstance(value, str):
            cut = value[-most:] if name in KEPT_AT_END else value[:most]
            if (read := whole_characters(cut)) is not value:
                changed[name] = read
        elif value is not None:
            changed[name] = None  # what a table has in the place of a missing text
    return changed


def note_of(row: Row) -> str | None:
    """Return the note on a row that `as_read` changed: what was cut or could not be read."""
    text = row["text"]
    notes = []
    if len(text) > MAX_CHARS:
        notes.append(f"only the first {MAX_CHARS} of {len(text)} characters were read")
    for name in SHOWN_FIELDS:
        value = row.get(name)
        if isinstance(value, str) and len(value) > LONGEST[name]:
            which = "last" if name in KEPT_AT_END else "first"
            notes.append(f"only the {which} {LONGEST[name]} characters of {name} were read")
    broken = [
        name
        for name in ("text", *SHOWN_FIELDS)
        if isinstance(value := row.get(name), str) and whole_characters(value) != value
    ]
    if broken:
        notes.append(f"half a character in {', '.join(broken)} was read as \ufffd")
    return "; ".join(notes) or None


FIELDS = ("text", "id", "cue", "context", "speaker")
_KNOWN = frozenset(FIELDS)


@dataclasses.dataclass(frozen=True, slots=True)
class Columns:
    """Which of a file's columns hold what.

    The column of texts must be there, the others only where they were asked for.
    """

    text: str = "text"
    id: str | None = None
    cue: str | None = None
    context: str | None = None
    speaker: str | None = None
    keep: bool = False  # also hand on every column as it came, under "_kept"

    def found_in(
        self, names: Sequence[str], where: str, *, in_memory: bool = False
    ) -> dict[str, str]:
        """Return field -> column for the columns that are there.

        The message of a fault names the shell's options, or Python's argument for a table
        ``in_memory``.

        Raises
        ------
        DataError
            If the text's column or one that was asked for by name is missing or there twice.
        """
        mapping = {}
        for field in FIELDS:
            asked = getattr(self, field)
            asked = asked if asked is None else str(asked)  # pandas numbers columns without names
            name = field if asked is None else asked
            if names.count(name) > 1:
                raise DataError(f"{where}: column {name!r} is there twice; rename one")
            if name in names:
                mapping[field] = name
            elif asked is not None:
                raise DataError(
                    f"{where}: columns are {', '.join(names) or '(none)'}; expected a column "
                    f"{name}{_near(name, names)}{_hint(field, name, in_memory)}"
                )
        return mapping

    def read_from(self, row: Row, mapping: Mapping[str, str]) -> Row:
        """Return the fields of a file's row, and the whole row as it came where it is kept."""
        found = {field: row[name] for field, name in mapping.items()}
        return {**found, "_kept": dict(row)} if self.keep else found


def _near(name: str, names: Sequence[str]) -> str:
    lowered = {one.strip().lower(): one for one in reversed(names)}
    near = difflib.get_close_matches(name.strip().lower(), lowered, n=1)
    return f", did you mean {lowered[near[0]]}?" if near else ""


def _hint(field: str, name: str, in_memory: bool) -> str:
    option = f"columns=stance.Columns({field}=…)" if in_memory else f"--{field}-column"
    if field == "text" and name == "text":
        return f" (and id, speaker, cue, context where known); name another one with {option}"
    return f"; check {option}"


def misnamed(row: Row) -> str | None:
    """Return what is wrong with the names of a row's fields, else None.

    Fields other than the known ones are the caller's own.

    >>> misnamed({"text": "We are ready.", "Cue": "said"})
    'unknown field Cue; expected cue'
    >>> misnamed({"txt": "We are ready.", "id": 1})
    'no text: the row has txt, id; expected text (and id, cue, context, speaker where known)'
    """
    for name in row.keys() - _KNOWN:
        field = name.strip().lower() if isinstance(name, str) else ""
        if field in _KNOWN and field not in row:
            return f"unknown field {name}; expected {field}"
    if "text" in row or not row:
        return None
    found = ", ".join(str(name) for name in row if not str(name).startswith("_")) or "nothing else"
    return (
        f"no text: the row has {found[:200]}; expected text (and {', '.join(FIELDS[1:])} where "
        "known)"
    )
