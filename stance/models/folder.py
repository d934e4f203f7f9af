"""The model folder: a trained model that predicts without the library that trained it.

The folder holds ``card.json`` (labels, configuration, scores, versions, a checksum of every file)
and two files for each member: ``member-N.json`` (its kind and its terms) and ``member-N.npz`` (its
numbers). Nothing in it is executed. Reading it needs numpy only.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from stance.core.errors import ModelError
from stance.core.files import write_whole
from stance.core.paths import display_path
from stance.core.types import STANCES
from stance.models.adapter import ADAPTER, AdaptedEncoder
from stance.models.calibration import temper
from stance.models.card_checks import check_entries, check_files, parse_strictly
from stance.models.heads import Constant, EncoderLinear, Head
from stance.models.ngram_linear import NgramLinear
from stance.models.parts import MOST_CARD_BYTES, check_shapes, number_of, read_arrays, read_plain

# Goes up when an older stance could not read what is written, or would predict something else.
FORMAT = 5
CARD = "card.json"
LEAST_WEIGHT = 1e-6
MOST_CLASSES = 20
# What reading a damaged or foreign member can raise: wrong JSON, no zip, unexpected names, shapes
# or types.
UNREADABLE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    RecursionError,
    zipfile.BadZipFile,
    zlib.error,
)


class PortableModel:
    """A model folder in memory: the weighted mean of its members' probabilities."""

    def __init__(
        self, card: dict[str, Any], members: Sequence[tuple[float, Sequence[str], Head]]
    ) -> None:
        self.card = card
        self.members = list(members)

    @property
    def name(self) -> str:
        """The experiment's name."""
        return str(self.card["name"])

    @property
    def version(self) -> str:
        """The run that trained it, else the first letters of the training data's fingerprint."""
        return str(self.card["version"])

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return shape (n_rows, 5), columns in the codebook's order, each row summing to 1."""
        total = sum(weight for weight, _, _ in self.members)
        out = np.zeros((len(rows), len(STANCES)))
        if not rows:
            return out
        for weight, classes, head in self.members:
            # A stance that training never saw has probability 0. A stance that was learned as two
            # classes has the sum of both.
            weighted = weight / total * head.probabilities(rows)
            for column, stance in enumerate(classes):
                out[:, STANCES.index(stance)] += weighted[:, column]
        return temper(out, float(self.card.get("temperature", 1.0)))


def write_model(
    folder: Path, card: dict[str, Any], members: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    """Write a model folder. The card comes last: a folder with a card is complete.

    Parameters
    ----------
    members
        Each member's description (``kind``, ``weight``, ``classes``, …) and its parts: arrays by
        name, and the bytes of further files by name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for number, (description, parts) in enumerate(members):
        whole_files = {f".{name}": data for name, data in parts.items() if isinstance(data, bytes)}
        buffer = BytesIO()
        np.savez_compressed(
            buffer, **{name: data for name, data in parts.items() if not isinstance(data, bytes)}
        )
        texts = {
            ".json": json.dumps(description, ensure_ascii=False).encode("utf-8"),
            ".npz": buffer.getvalue(),
        }
        for suffix, data in {**texts, **whole_files}.items():
            name = f"member-{number}{suffix}"
            write_whole(folder / name, data)
            files[name] = hashlib.sha256(data).hexdigest()
    whole = {"format": FORMAT, **card, "stances": list(STANCES), "files": files}
    write_whole(folder / CARD, json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


def read_model(folder: Path) -> PortableModel:
    """Read a model folder, and check each file against the card.

    Raises
    ------
    ModelError
        If a file is missing, damaged, not part of the model, or of another format, or holds what
        training never writes. The message names it.
    """
    card = read_card(folder)
    members = []
    for number in range(sum(name.endswith(".npz") for name in card["files"])):
        parts = {
            name.partition(".")[2]: checked_bytes(folder / name, card["files"])
            for name in _names_of(number, card["files"])
        }
        try:
            members.append(_member(parts))
        except UNREADABLE as fault:
            raise ModelError(
                f"{display_path(folder)}/member-{number}: {fault or type(fault).__name__}; "
                "expected a member of a stance model; train or export it anew"
            ) from fault
    if not members:
        raise ModelError(
            f"{display_path(folder)}/card.json: names no member files; train or export it anew"
        )
    return PortableModel(card, members)


def _names_of(number: int, files: Mapping[str, str]) -> list[str]:
    """Return the names of a member's files; the first two must be there."""
    adapter = f"member-{number}.{ADAPTER}"
    return [f"member-{number}.json", f"member-{number}.npz", *([adapter] * (adapter in files))]


def read_card(folder: Path) -> dict[str, Any]:
    """Read a model's card.

    Raises
    ------
    ModelError
        If there is none, it is not this version's, or an entry is not what training writes.
    """
    path = folder / CARD
    try:
        card: dict[str, Any] = parse_strictly(read_plain(path, MOST_CARD_BYTES))
    except FileNotFoundError as fault:
        raise ModelError(
            f"{folder}: no card.json, so no model folder; train one (make train) or name another"
        ) from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise ModelError(f"{path}: damaged ({fault}); train or export it anew") from fault
    form = card.get("format") if isinstance(card, dict) else None
    if form is True or form != FORMAT:
        newer = isinstance(form, int) and form > FORMAT
        raise ModelError(
            f"{path}: format {form!r}, this version reads format {FORMAT}; "
            + ("upgrade stance" if newer else "train the model again")
        )
    for name in ("name", "version", "files"):
        if name not in card:
            raise ModelError(f"{path}: lacks {name!r}; train or export it anew")
    if card.get("stances") != list(STANCES):
        raise ModelError(
            f"{path}: stances {card.get('stances')}, expected {list(STANCES)}; it was made for "
            "another codebook, train anew"
        )
    try:
        check_files(card["files"])
        check_entries(card)
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        told = fault if isinstance(fault, ValueError) else repr(fault)
        raise ModelError(f"{path}: {told}; train or export it anew") from fault
    return card


def checked_bytes(path: Path, files: Mapping[str, str]) -> bytes:
    """Return a file of a model folder whose checksum is the one that the card says.

    Raises
    ------
    ModelError
        If it is missing, no plain file, too large, or another one.
    """
    try:
        data = read_plain(path)
    except OSError as fault:
        raise ModelError(
            f"{path}: cannot be read ({fault.strerror}); export the model again"
        ) from fault
    found = hashlib.sha256(data).hexdigest()
    if found != files.get(path.name):
        raise ModelError(
            f"{path}: checksum {found[:12]}…, the card says {str(files.get(path.name))[:12]}…; "
            "the file is damaged or foreign, export the model again"
        )
    return data


def _member(parts: Mapping[str, bytes]) -> tuple[float, Sequence[str], Head]:
    description = parse_strictly(parts["json"])
    arrays: dict[str, Any] = read_arrays(parts["npz"])
    classes = _known_classes(description)
    weight = number_of(description, "weight", LEAST_WEIGHT, 1 / LEAST_WEIGHT)
    return weight, classes, _head(description, arrays, parts)


def _known_classes(description: Mapping[str, Any]) -> list[str]:
    classes = list(description["classes"])
    unknown = [name for name in classes if name not in STANCES]
    if unknown:
        raise ValueError(f"classes {unknown} are no stances")
    if not 0 < len(classes) <= MOST_CLASSES:
        raise ValueError(f"{len(classes)} classes, expected 1 to {MOST_CLASSES}")
    return classes


def _head(
    description: Mapping[str, Any], arrays: Mapping[str, Any], parts: Mapping[str, bytes]
) -> Head:
    kind = description["kind"]
    n_classes = len(description["classes"])
    if kind == "constant":
        check_shapes(arrays, {"probabilities": (n_classes,)})
        return Constant(arrays["probabilities"])
    if kind in ("ngrams", "encoder"):
        check_shapes(arrays, {"coef": (n_classes, None), "intercept": (n_classes,)})
    if kind == "ngrams":
        blocks = description["blocks"]
        check_shapes(
            arrays, {f"idf{number}": (len(block["terms"]),) for number, block in enumerate(blocks)}
        )
        return NgramLinear(blocks, arrays)
    if kind == "encoder":
        return EncoderLinear(description, arrays)
    if kind == "adapter":
        return AdaptedEncoder(description, parts[ADAPTER])
    raise ValueError(f"kind {kind!r} is unknown")
