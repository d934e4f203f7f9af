"""Labels by people: quotes out to Label Studio (JSON) or a spreadsheet (CSV), judgments back in.

The format of Label Studio is described at labelstud.io/guide/task_format.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.files import named_delimiter, read_text, write_whole
from stance.core.safe_text import cell_text, parse_json, safe_cell
from stance.core.types import STANCES, Article, Judgment, Prediction, Quote
from stance.extraction.text.context import sentence_before
from stance.labels.judgments import read_judgment
from stance.labels.labelled_articles import read_each

CSV_COLUMNS = (
    "quote",
    "article",
    "speaker",
    "cue",
    "context",
    "text",
    "suggested",
    "stance",
    "on_target",
    "attributed",
    "note",
)
# The labeling interface to paste into a Label Studio project: what a task shows and what an
# annotator answers.
CONFIG = f"""<View>
  <Header value="$speaker ($cue)"/>
  <Header value="What stands before" size="5"/>
  <Text name="context" value="$context"/>
  <Header value="The statement to judge" size="5"/>
  <Text name="text" value="$text"/>
  <Choices name="stance" toName="text" choice="single" required="true" showInLine="true">
{chr(10).join(f'    <Choice value="{stance}"/>' for stance in STANCES)}
  </Choices>
  <Choices name="on_target" toName="text" choice="single" required="true" showInLine="true">
    <Choice value="on target"/>
    <Choice value="off target"/>
  </Choices>
  <Header value="Stances that it ascribes to others (Enter keeps what you typed)" size="5"/>
  <TextArea name="attributed" toName="text" placeholder="holder=stance; holder=stance"
            rows="1" maxSubmissions="1"/>
  <Header value="Why you judged so (Enter keeps what you typed)" size="5"/>
  <TextArea name="note" toName="text" placeholder="why" rows="1" maxSubmissions="1"/>
</View>
"""
Item = tuple[Article, Quote, Prediction | None]


def to_tasks(items: Iterable[Item]) -> list[dict[str, Any]]:
    """Return Label Studio tasks, one a quote; a prediction comes along as a pre-annotation."""
    tasks = []
    for article, quote, prediction in items:
        data = {
            "quote": quote.id,
            "article": article.id,
            "speaker": quote.speaker or "",
            "cue": quote.cue or "",
        }
        task: dict[str, Any] = {
            "data": {**data, "context": sentence_before(article, quote), "text": quote.shown_text}
        }
        if prediction is not None and prediction.stance is not None:
            version = f"{prediction.model['name']}-{prediction.model['version']}"
            share = prediction.probabilities[prediction.stance]
            task["predictions"] = [
                {
                    "model_version": version,
                    "score": round(share, 4),
                    "result": [_choice("stance", prediction.stance)],
                }
            ]
        tasks.append(task)
    return tasks


def _choice(name: str, value: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": "choices", "value": {"choices": [value]}}


def to_csv(items: Iterable[Item]) -> str:
    """Return a spreadsheet to fill in: the columns of `CSV_COLUMNS`, the last four empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for article, quote, prediction in items:
        row = {
            "quote": quote.id,
            "article": article.id,
            "speaker": quote.speaker,
            "cue": quote.cue,
            "context": sentence_before(article, quote),
            "text": quote.shown_text,
        }
        row["suggested"] = prediction.stance if prediction else None
        writer.writerow({name: safe_cell(cell) for name, cell in row.items()})
    return out.getvalue()


def write_tasks(items: Iterable[Item], out: Path) -> None:
    """Write quotes to label, for Label Studio or as a spreadsheet.

    A .json file holds tasks for Label Studio, and its labeling interface is written beside it as
    .xml; a .csv file is a spreadsheet.

    Raises
    ------
    DataError
        If the file's kind is another one.
    """
    if out.suffix == ".json":
        write_whole(out, json.dumps(to_tasks(items), ensure_ascii=False, indent=1) + "\n")
        write_whole(out.with_suffix(".xml"), CONFIG)
    elif out.suffix == ".csv":
        write_whole(
            out, to_csv(items).encode("utf-8-sig")
        )  # without the mark Excel takes it for another encoding
    else:
        raise DataError(
            f"{out}: unknown kind of file; expected .json (Label Studio) or .csv (spreadsheet)"
        )


def check_unfilled(path: Path, known: Iterable[Judgment]) -> None:
    """Refuse to overwrite a spreadsheet in which judgments stand that were not imported.

    Parameters
    ----------
    path
        Where a spreadsheet is to be written; there may be none yet.
    known
        The judgments that were imported already, of anybody.

    Raises
    ------
    DataError
        If a filled-in stance is not among them.
    """
    if path.suffix.lower() != ".csv" or not path.is_file():
        return
    imported = {(one.quote, one.stance) for one in known}
    reader = _csv_reader(read_text(path))
    filled = [
        (cell_text(row.get("quote") or "").strip(), (row.get("stance") or "").strip().lower())
        for row in reader
    ]
    n_lost = sum(bool(stance) and (quote, stance) not in imported for quote, stance in filled)
    if n_lost:
        raise DataError(
            f"{path}: {n_lost} stances are filled in there and not imported; import them first "
            f"(stance labels import {path} --annotator NAME), or give another --out"
        )


def _csv_reader(text: str) -> "csv.DictReader[str]":
    # Where the comma divides decimals, spreadsheets save CSV with semicolons; some save tabs.
    head, _, rest = text.partition("\n")
    if delimiter := named_delimiter(head):
        return csv.DictReader(io.StringIO(rest, newline=""), delimiter=delimiter)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))


def judgment_tasks(
    judgments: Iterable[Judgment], tasks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return tasks with the judgments as annotations, as Label Studio exports them."""
    by_quote: dict[str, list[dict[str, Any]]] = {}
    for one in judgments:
        result = [
            _choice("stance", one.stance),
            _choice("on_target", "on target" if one.on_target else "off target"),
        ]
        for name, text in (
            ("attributed", "; ".join(f"{holder}={stance}" for holder, stance in one.attributed)),
            ("note", one.note),
        ):
            if text:
                result.append(
                    {
                        "from_name": name,
                        "to_name": "text",
                        "type": "textarea",
                        "value": {"text": [text]},
                    }
                )
        by_quote.setdefault(one.quote, []).append(
            {"completed_by": {"email": one.annotator}, "was_cancelled": False, "result": result}
        )
    return [{**task, "annotations": by_quote.get(task["data"]["quote"], [])} for task in tasks]


def read_import(path: Path, annotator: str | None) -> list[Judgment]:
    """Read judgments from a Label Studio export (JSON) or a filled-in spreadsheet (CSV).

    Parameters
    ----------
    path
        What `to_tasks` or `to_csv` wrote, labelled by people. Rows without a stance and skipped
        tasks are not judged.
    annotator
        Who judged; needed for CSV. For Label Studio by default the e-mail or number of each
        annotation's author.

    Raises
    ------
    DataError
        With every faulty row.
    """
    readers = {".json": _from_json, ".csv": _from_csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            f"{path}: unknown kind of file; expected .json (an export of Label Studio) or .csv (a "
            "spreadsheet saved as CSV UTF-8)"
        )
    words = ("yes", "no") if reader is _from_csv else ("on target", "off target")
    return read_each(
        reader(read_text(path), path, annotator), lambda row, place: _read_given(row, place, words)
    )


def _read_given(row: Mapping[str, Any], place: str, words: tuple[str, str]) -> Judgment:
    """Read a judgment; a faulty target is named in the words that the person chose from."""
    on, stance = row["on_target"], row["stance"]
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


Placed = list[tuple[str, dict[str, Any]]]


def _from_json(text: str, path: Path, annotator: str | None) -> Placed:
    try:
        tasks = parse_json(text)
    except (ValueError, RecursionError) as fault:
        raise DataError(
            f"{path}: not JSON ({fault}); export from Label Studio as JSON, not JSON-MIN"
        ) from fault
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise DataError(f"{path}: expected a list of tasks; export from Label Studio as JSON")
    rows: Placed = []
    for number, task in enumerate(tasks, 1):
        place = f"{path}: task {number}"
        data = task.get("data")
        if isinstance(data, dict) and "annotations" not in task:
            raise DataError(
                f"{place}: lacks annotations, so it is a task before labelling; label it in Label "
                "Studio, then export as JSON, not JSON-MIN"
            )
        if not isinstance(data, dict):
            raise DataError(f"{place}: lacks data; export from Label Studio as JSON, not JSON-MIN")
        try:
            rows += [
                (place, _judged(data, annotation, annotator))
                for annotation in task["annotations"]
                if not annotation.get("was_cancelled") and annotation.get("result")
            ]
        except (TypeError, AttributeError, LookupError) as fault:
            raise DataError(
                f"{place}: its annotations are not as Label Studio writes them ({fault}); export "
                "from Label Studio as JSON, not JSON-MIN"
            ) from fault
    return rows


def _judged(
    data: Mapping[str, Any], annotation: Mapping[str, Any], annotator: str | None
) -> dict[str, Any]:
    values = {
        one["from_name"]: one["value"]
        for one in annotation["result"]
        if "from_name" in one and "value" in one
    }
    first = {
        name: (value.get("choices") or value.get("text") or [None])
        for name, value in values.items()
    }
    given = {
        name: (value[0] if isinstance(value, list) else value) for name, value in first.items()
    }
    author = annotation.get("completed_by")
    who = author.get("email") or author.get("id") if isinstance(author, dict) else author
    return _row(
        data.get("quote"), annotator or (f"person-{who}" if isinstance(who, int) else who), given
    )


def _from_csv(text: str, path: Path, annotator: str | None) -> Placed:
    if not annotator:
        raise DataError(f"{path}: a spreadsheet does not say who judged; give --annotator NAME")
    reader = _csv_reader(text)
    missing = [
        name for name in ("quote", "stance", "on_target") if name not in (reader.fieldnames or [])
    ]
    if missing:
        raise DataError(
            f"{path}: lacks the columns {', '.join(missing)}; found "
            f"{', '.join(reader.fieldnames or ['none'])}"
        )
    return [
        (f"{path}:{reader.line_num}", _row(cell_text(row["quote"] or ""), annotator, row))
        for row in reader
        if (row.get("stance") or "").strip()
    ]


_TRUE, _FALSE = ("on target", "on", "true", "yes", "1"), ("off target", "off", "false", "no", "0")


def _row(quote: Any, annotator: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the row of a judgment as `read_judgment` takes it.

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
    attributed = [{"holder": holder.strip(), "stance": name.strip()} for holder, _, name in held]
    note = str(given.get("note") or "").strip()
    return {
        "quote": quote,
        "annotator": annotator,
        "stance": stance,
        "on_target": on_target,
        "attributed": attributed,
        **({"note": note} if note else {}),
    }
