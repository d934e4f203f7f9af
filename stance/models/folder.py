"""A trained model without its training library.

A folder of JSON and npz that is read, never executed, and the sums that predict.

The folder holds ``card.json`` (labels, configuration, scores, versions, a checksum of every file)
and two files a member: ``member-N.json`` (what it is, its vocabulary) and ``member-N.npz`` (its
numbers). A network adds ``member-N.model.onnx`` and ``member-N.tokenizer.json``. Reading needs
numpy only.
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
from stance.features.row_text import VIEWS
from stance.models.calibration import temper
from stance.models.heads import (
    NETWORK,
    TOKENIZER,
    Constant,
    Encoded,
    EncoderLinear,
    EncoderTrees,
    Head,
    Linked,
    OnnxText,
    Stacked,
)
from stance.models.link_functions import LINKS
from stance.models.ngram_linear import NgramLinear
from stance.models.prediction_sets import check_bounds
from stance.models.speaker_pooling import Prior

# 2: blocks have views of their own, a stance may be learned in two classes, networks; 3: links,
# trees, stacks; 4: networks that take texts together
FORMAT = 4
# What reading a foreign or mangled member can raise: wrong JSON, no zip, other names, other
# shapes, other types.
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
            # A stance that training never saw has probability 0; one that was learned in two has
            # the sum.
            shares = weight / total * head.probabilities(rows)
            for column, one in enumerate(classes):
                out[:, STANCES.index(one)] += shares[:, column]
        return temper(out, float(self.card.get("temperature", 1.0)))


def write_model(
    folder: Path, card: dict[str, Any], members: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    """Write a model folder; the card last, so that a folder with a card is whole.

    Parameters
    ----------
    members
        Per member its description (``kind``, ``weight``, ``classes``, …) and its parts: arrays by
        name, and the bytes of files of their own.
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
    write_whole(folder / "card.json", json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


def read_model(folder: Path) -> PortableModel:
    """Read a model folder, each file checked against the card.

    Raises
    ------
    ModelError
        If a file is missing, damaged, foreign, or written by a newer version; the message names
        it.
    """
    card = read_card(folder)
    members = []
    for number in range(sum(name.endswith(".npz") for name in card["files"])):
        raw = {
            suffix: _checked_bytes(folder / f"member-{number}{suffix}", card["files"])
            for suffix in (".json", ".npz")
        }
        try:
            description = json.loads(raw[".json"])
            with np.load(BytesIO(raw[".npz"]), allow_pickle=False) as stored:
                parts: dict[str, Any] = {name: stored[name] for name in stored.files}
            if description["kind"] == "onnx":
                parts |= {
                    name: _checked_bytes(folder / f"member-{number}.{name}", card["files"])
                    for name in (NETWORK, TOKENIZER)
                }
            members.append(
                (
                    float(description["weight"]),
                    _known_classes(description),
                    _head(description, parts),
                )
            )
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


def read_card(folder: Path) -> dict[str, Any]:
    """Read a model's card.

    Raises
    ------
    ModelError
        If there is none or it is not this version's.
    """
    path = folder / "card.json"
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as fault:
        raise ModelError(
            f"{folder}: no card.json, so no model folder; train one (make train) or name another"
        ) from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise ModelError(f"{path}: damaged ({fault}); train or export it anew") from fault
    found = card.get("format") if isinstance(card, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= FORMAT:
        raise ModelError(
            f"{path}: format {found!r}, this version reads up to {FORMAT}; upgrade stance, or "
            "train anew"
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
        check_bounds(card)
        Prior.of_card(card)
    except (ValueError, LookupError, TypeError) as fault:
        raise ModelError(
            f"{path}: {fault!r} in its entries sets or speakers; train or export it anew"
        ) from fault
    files = card["files"]
    if not isinstance(files, dict) or any(
        Path(name).name != name or not isinstance(digest, str) for name, digest in files.items()
    ):
        raise ModelError(
            f"{path}: files must name files of its own folder with their checksums; train or "
            "export it anew"
        )
    return card


def _checked_bytes(path: Path, files: Mapping[str, str]) -> bytes:
    try:
        data = path.read_bytes()
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


def _known_classes(description: Mapping[str, Any]) -> list[str]:
    classes = list(description["classes"])
    unknown = [one for one in classes if one not in STANCES]
    if unknown:
        raise ValueError(f"classes {unknown} are no stances")
    return classes


def _head(description: Mapping[str, Any], arrays: Mapping[str, Any]) -> Head:
    kind = description["kind"]
    if kind == "constant":
        return Constant(arrays["shares"])
    if kind == "stack":
        heads = [
            _head(one, _parts_of(number, arrays))
            for number, one in enumerate(description["members"])
        ]
        return Stacked(heads, [one["order"] for one in description["members"]], arrays)
    if kind == "ngrams":
        # In format 1 all blocks of a member had one view, written beside them.
        blocks = [{"view": description.get("view"), **block} for block in description["blocks"]]
        return _linked(NgramLinear(blocks, arrays), description)
    if kind not in ("encoder", "trees", "onnx"):
        raise ValueError(f"kind {kind!r} is unknown")
    if description["view"] not in VIEWS:
        raise ValueError(f"view {description['view']!r} is unknown")
    if kind == "trees":
        return EncoderTrees(Encoded(description), len(description["classes"]), arrays)
    if kind == "encoder":
        return _linked(EncoderLinear(Encoded(description), arrays), description)
    return OnnxText(description["view"], arrays[NETWORK], arrays[TOKENIZER].decode("utf-8"))


def _linked(head: NgramLinear | EncoderLinear, description: Mapping[str, Any]) -> Head:
    link = description.get("link", "softmax")
    if link not in LINKS:
        raise ValueError(f"link {link!r} is unknown")
    return head if link == "softmax" else Linked(head, link)


def _parts_of(number: int, arrays: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{number}_"
    return {
        name.removeprefix(prefix): part for name, part in arrays.items() if name.startswith(prefix)
    }
