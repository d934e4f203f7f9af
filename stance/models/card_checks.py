"""A model's card, checked when it is read, so that a foreign one is refused and not believed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stance.core.safe_text import in_whole_characters, printable
from stance.models.adapter import ADAPTER
from stance.models.parts import number_of
from stance.models.prediction_sets import check_bounds
from stance.models.speaker_pooling import Prior

_MEMBER_FILE = re.compile(rf"member-\d{{1,3}}\.(json|npz|{re.escape(ADAPTER)})")
LONGEST_NAME = 200
COLDEST, HOTTEST = 0.05, 20.0  # fitted temperatures lie from .2 to 5
MOST_ENTRIES = 1000
LISTS = {
    "abstention": ("risk", "abstain_at", "coverage"),
    "risk_curve": ("from", "answered", "wrong"),
}


def parse_strictly(data: bytes) -> Any:
    """Return JSON in whole characters; NaN and Infinity, which are no JSON, are refused.

    Raises
    ------
    ValueError
        If it is not JSON.
    RecursionError
        If it is nested too deeply.
    """

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no number")

    return in_whole_characters(json.loads(data.decode("utf-8"), parse_constant=refuse))


def check_entries(card: Mapping[str, Any]) -> None:
    """Check what prediction and the page of a card take from it.

    Raises
    ------
    ValueError, LookupError, TypeError, AttributeError
        If an entry is not what training writes.
    """
    for name in ("name", "version"):
        value = card[name]
        if (
            not isinstance(value, str)
            or len(value) > LONGEST_NAME
            or printable(value) != value
            or "\n" in value
        ):
            raise ValueError(
                f"{name} is {str(value)[:40]!r}, expected at most {LONGEST_NAME} characters"
            )
    if "temperature" in card:
        number_of(card, "temperature", COLDEST, HOTTEST)
    for name, fields in LISTS.items():
        rows = card.get(name) or []
        if not isinstance(rows, list) or len(rows) > MOST_ENTRIES:
            raise ValueError(f"{name}: expected a list of at most {MOST_ENTRIES} entries")
        for row in rows:
            for field in fields:
                number_of(row, field, 0, 1)
    for name, check in (("sets", check_bounds), ("speakers", Prior.of_card)):
        try:
            check(card)
        except (LookupError, TypeError, AttributeError) as fault:
            raise ValueError(f"{name}: {fault!r} is missing or of another kind") from fault


def check_files(files: Any) -> None:
    """Check that a card names files of its own folder, by the names that training gives them.

    Raises
    ------
    ValueError
        If it does not.
    """
    if not isinstance(files, dict) or any(
        Path(name).name != name or not _MEMBER_FILE.fullmatch(name) or not isinstance(digest, str)
        for name, digest in files.items()
    ):
        raise ValueError("files must name files of its own folder with their checksums")
