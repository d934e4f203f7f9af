"""A trained model without its training library: a folder of JSON and npz that is read, never executed, and the sums that predict.

The folder holds ``card.json`` (labels, configuration, scores, versions, a checksum of every file) and two files a member:
``member-N.json`` (what it is, its vocabulary) and ``member-N.npz`` (its numbers). A network adds ``member-N.model.onnx`` and
``member-N.tokenizer.json``. Reading needs numpy only.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stance.calibration import temper
from stance.errors import ModelError
from stance.home import shown
from stance.links import LINKS, log_shares, softmax
from stance.ngrams import NgramLinear
from stance.pooling import Prior
from stance.records import STANCES, write_whole
from stance.sets import check_bounds
from stance.wording import VIEWS, view_of

# 2: blocks have views of their own, a stance may be learned in two classes, networks; 3: links, trees, stacks; 4: networks that take texts together
FORMAT = 4
NETWORK, TOKENIZER = "model.onnx", "tokenizer.json"  # the files of a network, behind member-N
MOST_TOKENS = 512  # that go through a network together: above it nothing is won, and what is computed leaves the cache
# What reading a foreign or mangled member can raise: wrong JSON, no zip, other names, other shapes, other types.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OSError, EOFError, RecursionError, zipfile.BadZipFile, zlib.error)


class Head(Protocol):
    """Rows to probabilities, shape (n_rows, n_classes), columns in the member's own order of classes."""

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities."""
        ...


class Constant:
    """The same probabilities for every row."""

    def __init__(self, shares: np.ndarray) -> None:
        self.shares = shares

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the shares, one row each."""
        return np.tile(self.shares, (len(rows), 1))


class _Encoded:
    """Rows to the vectors of the encoder that the model was trained with."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.view = str(description["view"])
        self.encoder = str(description["encoder"])
        self.digest = description["digest"]

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return shape (n_rows, n_dims); the encoder is loaded at the first call."""
        from stance.encoders import get_encoder

        encoder = get_encoder(self.encoder)
        if encoder.digest != self.digest:
            raise ModelError(f"encoder {self.encoder!r} is another one than the model was trained with; retrain, or install that version")
        return encoder.encode([view_of(row, self.view) for row in rows])


class EncoderLinear:
    """Sentence vectors and a multinomial logistic regression over them."""

    def __init__(self, encoded: _Encoded, arrays: Mapping[str, np.ndarray]) -> None:
        self.encoded = encoded
        self.coef = arrays["coef"].T.copy()
        self.intercept = arrays["intercept"]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        return softmax(self.scores(rows))

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the sums of each row, shape (n_rows, n_columns)."""
        return np.asarray(self.encoded(rows) @ self.coef + self.intercept)


class EncoderTrees:
    """Sentence vectors and gradient-boosted trees over them: one row of the arrays a tree, a leaf's children are itself."""

    def __init__(self, encoded: _Encoded, n_classes: int, arrays: Mapping[str, np.ndarray]) -> None:
        self.encoded = encoded
        self.n_classes = n_classes
        self.feature, self.threshold, self.left, self.right, self.value = (arrays[name] for name in ("feature", "threshold", "left", "right", "value"))
        self.baseline = arrays["baseline"]
        if not (self.left.min() >= 0 and self.right.min() >= 0 and max(self.left.max(), self.right.max()) < self.left.shape[1]):
            raise ValueError("a tree leads out of itself")

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        return self.of_vectors(self.encoded(rows))

    def of_vectors(self, vectors: np.ndarray) -> np.ndarray:
        """Return the probabilities of each vector."""
        trees = np.arange(len(self.value))
        places = np.zeros((len(vectors), len(trees)), dtype=np.int32)
        wide = vectors.astype(np.float64)
        for _ in range(self.value.shape[1]):  # no path is longer than its tree
            goes_left = np.take_along_axis(wide, self.feature[trees, places], axis=1) <= self.threshold[trees, places]
            further = np.where(goes_left, self.left[trees, places], self.right[trees, places])
            if (further == places).all():
                break
            places = further
        sums = self.value[trees, places].reshape(len(vectors), -1, len(self.baseline)).sum(axis=1) + self.baseline
        if self.n_classes == 2:  # one tree a round says yes or no
            sums = np.hstack([np.zeros_like(sums), sums])
        return softmax(sums)


class Linked:
    """A linear head whose sums are read in another way than as a softmax."""

    def __init__(self, inner: NgramLinear | EncoderLinear, link: str) -> None:
        self.inner = inner
        self.link = LINKS[link]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        return self.link(self.inner.scores(rows))


class Stacked:
    """A regression over the logarithms of other heads' probabilities. ``orders`` says per head in which order its columns are read."""

    def __init__(self, heads: Sequence[Head], orders: Sequence[Sequence[int]], arrays: Mapping[str, np.ndarray]) -> None:
        self.heads = list(heads)
        self.orders = [list(order) for order in orders]
        self.coef = arrays["coef"].T.copy()
        self.intercept = arrays["intercept"]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        shares = np.stack([head.probabilities(rows)[:, order] for head, order in zip(self.heads, self.orders, strict=True)], axis=1)
        return softmax(log_shares(shares) @ self.coef + self.intercept)


class OnnxText:
    """A network from text to logits, as ONNX with its tokenizer.

    Parameters
    ----------
    view
        What of a row is read.
    onnx
        The network: input ``input_ids``, output of shape (n_texts, n_classes); up to format 3 also an input ``attention_mask``.
    tokenizer
        JSON of the library tokenizers; it says itself where texts are cut.

    Notes
    -----
    Texts of the same number of tokens go through together: nothing is padded, and each token is scaled by itself (`stance.int8`). Up to
    format 3 a network scaled its activations by all that went through together, so there each text goes through alone.
    """

    def __init__(self, view: str, onnx: bytes, tokenizer: str) -> None:
        self.view = view
        self._onnx = onnx
        self._json = tokenizer
        self._loaded: tuple[Any, Any, bool] | None = None

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row; the network is loaded at the first call."""
        session, tokenizer, together = self._load()
        ids = [tokenizer.encode(view_of(row, self.view)).ids for row in rows]
        logits = np.zeros((len(rows), session.get_outputs()[0].shape[1]))
        for batch in batches_of_one_length([len(one) for one in ids]) if together else [[k] for k in range(len(ids))]:
            tokens = np.array([ids[k] for k in batch], dtype=np.int64)
            mask = {} if together else {"attention_mask": np.ones_like(tokens)}
            logits[batch] = session.run(None, {"input_ids": tokens, **mask})[0]
        return softmax(logits)

    def _load(self) -> tuple[Any, Any, bool]:
        if self._loaded is None:
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            tokenizer = Tokenizer.from_str(self._json)
            session = onnxruntime.InferenceSession(self._onnx, options, providers=["CPUExecutionProvider"])
            self._loaded = session, tokenizer, [one.name for one in session.get_inputs()] == ["input_ids"]
        return self._loaded


def batches_of_one_length(lengths: Sequence[int]) -> list[list[int]]:
    """Return all positions in batches of texts of one length, in no more than `MOST_TOKENS` tokens or a single text."""
    same: dict[int, list[int]] = {}
    for k, length in enumerate(lengths):
        same.setdefault(length, []).append(k)
    batches = []
    for length, places in same.items():
        size = max(1, MOST_TOKENS // max(1, length))
        batches += [places[k : k + size] for k in range(0, len(places), size)]
    return batches


class PortableModel:
    """A model folder in memory: the weighted mean of its members' probabilities."""

    def __init__(self, card: dict[str, Any], members: Sequence[tuple[float, Sequence[str], Head]]) -> None:
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
            # A stance that training never saw has probability 0; one that was learned in two has the sum.
            shares = weight / total * head.probabilities(rows)
            for column, one in enumerate(classes):
                out[:, STANCES.index(one)] += shares[:, column]
        return temper(out, float(self.card.get("temperature", 1.0)))


def write_model(folder: Path, card: dict[str, Any], members: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    """Write a model folder; the card last, so that a folder with a card is whole.

    Parameters
    ----------
    members
        Per member its description (``kind``, ``weight``, ``classes``, …) and its parts: arrays by name, and the bytes of files of their own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for number, (description, parts) in enumerate(members):
        whole_files = {f".{name}": data for name, data in parts.items() if isinstance(data, bytes)}
        buffer = BytesIO()
        np.savez_compressed(buffer, **{name: data for name, data in parts.items() if not isinstance(data, bytes)})
        texts = {".json": json.dumps(description, ensure_ascii=False).encode("utf-8"), ".npz": buffer.getvalue()}
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
        If a file is missing, damaged, foreign, or written by a newer version; the message names it.
    """
    card = read_card(folder)
    members = []
    for number in range(sum(name.endswith(".npz") for name in card["files"])):
        raw = {suffix: _checked_bytes(folder / f"member-{number}{suffix}", card["files"]) for suffix in (".json", ".npz")}
        try:
            description = json.loads(raw[".json"])
            with np.load(BytesIO(raw[".npz"]), allow_pickle=False) as stored:
                parts: dict[str, Any] = {name: stored[name] for name in stored.files}
            if description["kind"] == "onnx":
                parts |= {name: _checked_bytes(folder / f"member-{number}.{name}", card["files"]) for name in (NETWORK, TOKENIZER)}
            members.append((float(description["weight"]), _known_classes(description), _head(description, parts)))
        except UNREADABLE as fault:
            raise ModelError(
                f"{shown(folder)}/member-{number}: {fault or type(fault).__name__}; expected a member of a stance model; train or export it anew"
            ) from fault
    if not members:
        raise ModelError(f"{shown(folder)}/card.json: names no member files; train or export it anew")
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
        raise ModelError(f"{folder}: no card.json, so no model folder; train one (make train) or name another") from fault
    except (OSError, ValueError, RecursionError) as fault:
        raise ModelError(f"{path}: damaged ({fault}); train or export it anew") from fault
    found = card.get("format") if isinstance(card, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= FORMAT:
        raise ModelError(f"{path}: format {found!r}, this version reads up to {FORMAT}; upgrade stance, or train anew")
    for name in ("name", "version", "files"):
        if name not in card:
            raise ModelError(f"{path}: lacks {name!r}; train or export it anew")
    if card.get("stances") != list(STANCES):
        raise ModelError(f"{path}: stances {card.get('stances')}, expected {list(STANCES)}; it was made for another codebook, train anew")
    try:
        check_bounds(card)
        Prior.of_card(card)
    except (ValueError, LookupError, TypeError) as fault:
        raise ModelError(f"{path}: {fault!r} in its entries sets or speakers; train or export it anew") from fault
    files = card["files"]
    if not isinstance(files, dict) or any(Path(name).name != name or not isinstance(digest, str) for name, digest in files.items()):
        raise ModelError(f"{path}: files must name files of its own folder with their checksums; train or export it anew")
    return card


def _checked_bytes(path: Path, files: Mapping[str, str]) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise ModelError(f"{path}: cannot be read ({fault.strerror}); export the model again") from fault
    found = hashlib.sha256(data).hexdigest()
    if found != files.get(path.name):
        raise ModelError(
            f"{path}: checksum {found[:12]}…, the card says {str(files.get(path.name))[:12]}…; the file is damaged or foreign, export the model again"
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
        heads = [_head(one, _parts_of(number, arrays)) for number, one in enumerate(description["members"])]
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
        return EncoderTrees(_Encoded(description), len(description["classes"]), arrays)
    if kind == "encoder":
        return _linked(EncoderLinear(_Encoded(description), arrays), description)
    return OnnxText(description["view"], arrays[NETWORK], arrays[TOKENIZER].decode("utf-8"))


def _linked(head: NgramLinear | EncoderLinear, description: Mapping[str, Any]) -> Head:
    link = description.get("link", "softmax")
    if link not in LINKS:
        raise ValueError(f"link {link!r} is unknown")
    return head if link == "softmax" else Linked(head, link)


def _parts_of(number: int, arrays: Mapping[str, Any]) -> dict[str, Any]:
    prefix = f"{number}_"
    return {name.removeprefix(prefix): part for name, part in arrays.items() if name.startswith(prefix)}
