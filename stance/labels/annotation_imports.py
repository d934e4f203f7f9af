"""Judgments back in: from an export of Label Studio (JSON) or a filled-in spreadsheet (CSV).

A file is read whole: one message names every fault with its place.
"""

import csv
import dataclasses
import io
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.core.errors import DataError, gather
from stance.core.files import named_delimiter, read_text
from stance.core.safe_text import cell_text, parse_json
from stance.core.types import STANCES, Judgment
from stance.labels.corrections import NO_QUOTE
from stance.labels.judgments import read_judgment

Placed = tuple[str, dict[str, Any]]
_TRUE, _FALSE = ("on target", "on", "true", "yes", "1"), ("off target", "off", "false", "no", "0")
CONTROLS = ("stance", "on_target", "attributed", "right_text", "right_speaker", "note")
_ANEW = "export from Label Studio as JSON, not JSON-MIN"


@dataclasses.dataclass(frozen=True, slots=True)
class ImportedFile:
    """What a file of judgments holds.

    ``shown`` maps a quote to the words that the annotator saw beside it; ``left_out`` counts what
    was no judgment, by its reason.
    """

    judgments: list[Judgment]
    shown: dict[str, str]
    left_out: Counter[str]


def read_import(path: Path, annotator: str | None) -> ImportedFile:
    """Read judgments from a Label Studio export (JSON) or a filled-in spreadsheet (CSV).

    Parameters
    ----------
    path
        What `stance.labels.annotation_tasks.write_tasks` wrote, labelled by people. Rows without
        a stance and skipped tasks are not judged.
    annotator
        Who judged; needed for CSV. For Label Studio by default the e-mail or number of each
        annotation's author.

    Raises
    ------
    DataError
        With every fault and its place.
    """
    readers = {".json": _JsonExport, ".csv": _Spreadsheet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: unknown kind of file; expected .json (an export of Label Studio) or .csv (a "
            "spreadsheet saved as CSV UTF-8)"
        )
    source = reader(path, annotator)
    judgments = []
    for place, row in source.rows(read_text(path)):
        try:
            judgments.append(_read_given(row, place, source.target_words))
        except DataError as fault:
            source.faults.append(str(fault))
    gather(source.faults, DataError)
    return ImportedFile(judgments, source.shown, source.left_out)


class _Source(ABC):
    """A file that is being read: its faults, and what was left out of it."""

    target_words = ("yes", "no")

    def __init__(self, path: Path, annotator: str | None) -> None:
        self.path, self.annotator = path, annotator
        self.faults: list[str] = []
        self.shown: dict[str, str] = {}
        self.left_out = Counter[str]()

    @abstractmethod
    def rows(self, text: str) -> Iterator[Placed]:
        """Yield (place, row of a judgment as `read_judgment` takes it)."""

    def show(self, quote: Any, words: Any) -> None:
        """Keep the words that the annotator saw."""
        if isinstance(quote, str) and isinstance(words, str) and words.strip():
            self.shown[quote] = words


class _Spreadsheet(_Source):
    def rows(self, text: str) -> Iterator[Placed]:
        if not self.annotator:
            raise DataError(
                f"{self.path}: a spreadsheet does not say who judged; give --annotator NAME"
            )
        reader = csv_reader(text)
        names = reader.fieldnames or []
        missing = [name for name in ("quote", "stance", "on_target") if name not in names]
        if missing:
            raise DataError(
                f"{self.path}: lacks the columns {', '.join(missing)}; found "
                f"{', '.join(names) or 'none'}"
            )
        for row in self._checked(reader):
            if (row.get("stance") or "").strip() or is_corrected(row):
                quote = cell_text(row["quote"] or "").strip()
                self.show(quote, row.get("text"))
                yield f"{self.path}:{reader.line_num}", judgment_row(quote, self.annotator, row)
            else:
                self.left_out["rows without a stance"] += 1

    def _checked(self, reader: "csv.DictReader[str]") -> Iterator[dict[str, str]]:
        try:
            yield from reader
        except csv.Error as fault:
            self.faults.append(f"{self.path}:{reader.line_num + 1}: not CSV ({fault})")


def csv_reader(text: str) -> "csv.DictReader[str]":
    """Return a reader of a spreadsheet's rows.

    Where the comma divides decimals, spreadsheets save CSV with semicolons; some save tabs.
    """
    head, _, rest = text.partition("\n")
    if delimiter := named_delimiter(head):
        return csv.DictReader(io.StringIO(rest, newline=""), delimiter=delimiter)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))


class _JsonExport(_Source):
    target_words = ("on target", "off target")

    def rows(self, text: str) -> Iterator[Placed]:
        try:
            tasks = parse_json(text)
        except (ValueError, RecursionError) as fault:
            raise DataError(f"{self.path}: not JSON ({fault}); {_ANEW}") from fault
        if not isinstance(tasks, list):
            raise DataError(f"{self.path}: expected a list of tasks; {_ANEW}")
        for number, task in enumerate(tasks, 1):
            yield from self._of_task(task, f"{self.path}: task {number}")

    def _fault(self, place: str, found: str) -> None:
        self.faults.append(f"{place}: {found}")

    def _of_task(self, task: Any, place: str) -> Iterator[Placed]:
        if not isinstance(task, dict):
            self._fault(place, f"is {_kind(task)}, expected an object; {_ANEW}")
            return
        data = task.get("data")
        if not isinstance(data, dict):
            self._fault(place, f"lacks data; {_ANEW}")
            return
        if "annotations" not in task:
            self._fault(
                place,
                "lacks annotations, so it is a task before labelling; label it in Label Studio, "
                "then export as JSON, not JSON-MIN",
            )
            return
        annotations = task["annotations"]
        if not isinstance(annotations, list):
            self._fault(place, f"annotations are {_kind(annotations)}, expected a list; {_ANEW}")
            return
        if not annotations:
            self.left_out["tasks that nobody has annotated"] += 1
        self.show(data.get("quote"), data.get("text"))
        for number, annotation in enumerate(annotations, 1):
            at = f"{place}, annotation {number}" if len(annotations) > 1 else place
            row = self._of_annotation(data, annotation, at)
            if row is not None:
                yield at, row

    def _of_annotation(
        self, data: Mapping[str, Any], annotation: Any, place: str
    ) -> dict[str, Any] | None:
        if not isinstance(annotation, dict):
            self._fault(place, f"the annotation is {_kind(annotation)}, expected an object")
            return None
        if annotation.get("was_cancelled"):
            self.left_out["skipped tasks"] += 1
            return None
        result = annotation.get("result")
        if result in (None, []):
            self.left_out["annotations without an answer"] += 1
            return None
        if not isinstance(result, list):
            self._fault(place, f"result is {_kind(result)}, expected a list of answers")
            return None
        n_before = len(self.faults)
        given = self._answers(result, place)
        author = self.annotator or _author(annotation.get("completed_by"))
        if author is None:
            self._fault(
                place,
                f"does not say who judged (completed_by is {annotation.get('completed_by')!r}); "
                "give --annotator NAME",
            )
        if len(self.faults) > n_before:
            return None
        return judgment_row(data.get("quote"), author, given)

    def _answers(self, result: list[Any], place: str) -> dict[str, str]:
        """Return the one answer that was given to each control of our labeling interface."""
        given: dict[str, str] = {}
        for number, answer in enumerate(result, 1):
            at = f"{place}, result {number}"
            if not isinstance(answer, dict):
                self._fault(at, f"is {_kind(answer)}, expected an object")
                continue
            name, value = answer.get("from_name"), answer.get("value")
            if name not in CONTROLS:
                continue  # what the user added to the labeling interface is theirs
            kept = value.get("choices", value.get("text")) if isinstance(value, dict) else value
            kept = [kept] if isinstance(kept, str) else kept
            if not isinstance(kept, list) or not all(isinstance(one, str) for one in kept):
                self._fault(
                    at, f"{name} has the value {value!r}, expected a list of choices or of text"
                )
            elif len(kept) > 1 and name in ("stance", "on_target"):
                self._fault(
                    at,
                    f"{name} has {len(kept)} answers ({', '.join(kept)}), expected one; set "
                    'choice="single" in the labeling interface and correct the task',
                )
            elif kept and name in given:
                self._fault(at, f"{name} is answered twice ({given[name]}, {kept[0]})")
            elif kept:
                given[name] = "; ".join(kept) if name == "attributed" else "\n".join(kept)
        return given


def _author(completed_by: Any) -> str | None:
    """Return the annotator's name from Label Studio's, None where there is none."""
    who = completed_by
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    if isinstance(who, int) and not isinstance(who, bool):
        return f"person-{who}"
    return who if isinstance(who, str) and who.strip() else None


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def judgment_row(quote: Any, annotator: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a judgment as `stance.labels.judgments.read_judgment` takes it.

    Values that are not understood are kept, so that the message shows them.
    """
    on = str(given.get("on_target") or "").strip().lower()
    stance = str(given.get("stance") or "").strip().lower()
    # A stance other than neutral says by itself that the statement is on target.
    on_target = (
        True
        if on in _TRUE or (not on and stance in STANCES and stance != "neutral")
        else False
        if on in _FALSE
        else given.get("on_target")
    )
    held = [
        part.rpartition("=")
        for part in str(given.get("attributed") or "").split(";")
        if part.strip()
    ]
    note = str(given.get("note") or "").strip()
    # Words that were copied from a cell may begin with the apostrophe of `safe_cell`.
    speaker, text = (
        cell_text(str(given.get(name) or "").strip()).strip()
        for name in ("right_speaker", "right_text")
    )
    if text.lower() == NO_QUOTE:
        # Of what nobody says there is no stance.
        return {
            "quote": quote,
            "annotator": annotator,
            "stance": stance or "neutral",
            "on_target": on_target if on else False,
            "is_quote": False,
            **({"note": note} if note else {}),
        }
    return {
        "quote": quote,
        "annotator": annotator,
        "stance": stance,
        "on_target": on_target,
        **({"speaker": speaker} if speaker else {}),
        **({"text": text} if text else {}),
        "attributed": [
            {"holder": holder.strip(), "stance": name.strip()} for holder, _, name in held
        ],
        **({"note": note} if note else {}),
    }


def is_corrected(given: Mapping[str, Any]) -> bool:
    """Tell whether an annotator corrected the quote or its speaker."""
    return any(str(given.get(name) or "").strip() for name in ("right_text", "right_speaker"))


def _read_given(row: Mapping[str, Any], place: str, words: tuple[str, str]) -> Judgment:
    """Read a judgment; a faulty target is named in the words that the person chose from."""
    on, stance = row["on_target"], row["stance"]
    if not stance and ("text" in row or "speaker" in row):
        raise DataError(
            f"{place}: the quote or its speaker is corrected but stance is empty; fill in the "
            f"stance of the right words, or write {NO_QUOTE!r} as right_text"
        )
    if stance in STANCES and not isinstance(on, bool):
        need = "; a neutral statement needs it" if stance == "neutral" and not on else ""
        raise DataError(
            f"{place}: on_target is {'empty' if on in (None, '') else repr(on)}, expected "
            f"{words[0]} or {words[1]}{need}"
        )
    if stance in STANCES and stance != "neutral" and not on:
        raise DataError(
            f"{place}: on_target is {words[1]!r} but the stance is {stance!r}; a statement off "
            "the target is neutral"
        )
    return read_judgment(row, place)
