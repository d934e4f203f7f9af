"""How a row becomes the text that features are computed from, in training and prediction alike."""

from collections.abc import Mapping
from typing import Any

VIEWS = ("text", "cue+text", "context+cue+text")


def view_of(row: Mapping[str, Any], view: str) -> str:
    """Return one row's text as ``view`` wants it.

    Parameters
    ----------
    row
        Has ``text``; ``cue`` (the reporting verb) and ``context`` (what stands before the quote)
        where known. The speaker's name never enters: a model must not learn that somebody is
        always against.
    view
        One of `VIEWS`. A cue that the text begins with is not repeated.
    """
    text = " ".join(str(row["text"]).split())
    if view == "text":
        return text
    cue = " ".join(str(row.get("cue") or "").split())
    if cue and not text.lower().startswith(cue.lower()):
        text = f"{cue}: {text}"
    if view == "cue+text":
        return text
    context = " ".join(str(row.get("context") or "").split())
    return f"{context} | {text}" if context else text


def stretches_of(row: Mapping[str, Any], view: str) -> list[str]:
    """Return the parts of a view between blanks, in lower case.

    It equals ``view_of(row, view).lower().split()`` but does not join the view first.
    """
    parts = str(row["text"]).lower().split()
    if view == "text":
        return parts
    cue = str(row.get("cue") or "").lower().split()
    # The second comparison is the whole one; the first is quick and fails nearly always.
    if cue and not (
        parts and parts[0].startswith(cue[0]) and " ".join(parts).startswith(" ".join(cue))
    ):
        cue[-1] += ":"
        parts = cue + parts
    if view == "cue+text":
        return parts
    context = str(row.get("context") or "").lower().split()
    return [*context, "|", *parts] if context else parts
