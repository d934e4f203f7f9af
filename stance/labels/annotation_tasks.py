"""Labels by people: quotes out to Label Studio (JSON) or a spreadsheet (CSV).

`stance.labels.annotation_imports` reads what comes back. The format of Label Studio is described
at labelstud.io/guide/task_format.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from stance.core.errors import DataError
from stance.core.files import read_text, write_whole
from stance.core.safe_text import cell_text, safe_cell
from stance.core.types import STANCES, Article, Judgment, Prediction, Quote
from stance.extraction.text.context import sentence_before
from stance.labels.annotation_imports import csv_reader
from stance.labels.corrections import NO_QUOTE

CSV_COLUMNS = (
    "quote",
    "article",
    "speaker",
    "cue",
    "context",
    "text",
    "inclusion",
    "suggested",
    "stance",
    "on_target",
    "attributed",
    "right_text",
    "right_speaker",
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
  <Header value="Corrections (Enter keeps what you typed)" size="5"/>
  <TextArea name="right_text" toName="text" placeholder="the right words, or: {NO_QUOTE}"
            rows="1" maxSubmissions="1"/>
  <TextArea name="right_speaker" toName="text" placeholder="the right speaker" rows="1"
            maxSubmissions="1"/>
  <Header value="Why you judged so (Enter keeps what you typed)" size="5"/>
  <TextArea name="note" toName="text" placeholder="why" rows="1" maxSubmissions="1"/>
</View>
"""
Item = tuple[Article, Quote, Prediction | None]


def to_tasks(
    items: Iterable[Item], inclusion: Mapping[str, float] | None = None
) -> list[dict[str, Any]]:
    """Return Label Studio tasks, one a quote; a prediction comes along as a pre-annotation.

    ``inclusion`` has the probability of each quote that was drawn at random.
    """
    tasks = []
    for article, quote, prediction in items:
        data = {
            "quote": quote.id,
            "article": article.id,
            "speaker": quote.speaker or "",
            "cue": quote.cue or "",
            **({"inclusion": _probability(quote, inclusion)} if inclusion else {}),
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


def _probability(quote: Quote, inclusion: Mapping[str, float] | None) -> str:
    return f"{inclusion[quote.id]:.6g}" if inclusion and quote.id in inclusion else ""


def to_csv(items: Iterable[Item], inclusion: Mapping[str, float] | None = None) -> str:
    """Return a spreadsheet to fill in: the columns of `CSV_COLUMNS`, the last six empty.

    ``inclusion`` has the probability of each quote that was drawn at random.
    """
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
            "inclusion": _probability(quote, inclusion),
        }
        row["suggested"] = prediction.stance if prediction else None
        writer.writerow({name: safe_cell(cell) for name, cell in row.items()})
    return out.getvalue()


def write_tasks(
    items: Iterable[Item], out: Path, inclusion: Mapping[str, float] | None = None
) -> None:
    """Write quotes to label, for Label Studio or as a spreadsheet.

    A .json file holds tasks for Label Studio, and its labeling interface is written beside it as
    .xml; a .csv file is a spreadsheet. ``inclusion`` has the probability of each quote that was
    drawn at random.

    Raises
    ------
    DataError
        If the file's kind is another one.
    """
    if out.suffix == ".json":
        write_whole(
            out, json.dumps(to_tasks(items, inclusion), ensure_ascii=False, indent=1) + "\n"
        )
        write_whole(out.with_suffix(".xml"), CONFIG)
    elif out.suffix == ".csv":
        write_whole(
            out, to_csv(items, inclusion).encode("utf-8-sig")
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
    reader = csv_reader(read_text(path))
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
            ("right_text", one.text if one.is_quote else NO_QUOTE),
            ("right_speaker", one.speaker),
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
