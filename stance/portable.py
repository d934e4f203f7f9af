"""A trained model without its training library: a folder of JSON and npz that is read, never executed, and the sums that predict.

The folder holds ``card.json`` (labels, configuration, scores, versions, a checksum of every file) and two files a member:
``member-N.json`` (what it is, its vocabulary) and ``member-N.npz`` (its numbers). A network adds ``member-N.model.onnx`` and
``member-N.tokenizer.json``. Reading needs numpy only.
"""

import dataclasses
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stance.calibration import temper
from stance.errors import ModelError
from stance.grammar import parse_terms
from stance.home import shown
from stance.lexicon import frame_terms, masked_terms, speaker_terms
from stance.links import LINKS, log_shares, softmax
from stance.records import STANCES, write_whole
from stance.sets import check_bounds
from stance.wording import VIEWS, view_of

FORMAT = 3  # 2: blocks have views of their own, a stance may be learned in two classes, networks; 3: links, trees, stacks
NETWORK, TOKENIZER = "model.onnx", "tokenizer.json"  # the files of a network, behind member-N
_WORD = re.compile(r"(?u)\b\w\w+\b")
_BLANKS = re.compile(r"\s\s+")
_NOWHERE = np.zeros(0, dtype=np.int32)
# Words whose n-grams are remembered: enough for a newspaper's vocabulary, about 20 MB when full.
MOST_KEPT_WORDS = 50_000
LONGEST_KEPT_WORD = 40
# What reading a foreign or mangled member can raise: wrong JSON, no zip, other names, other shapes, other types.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, OSError, EOFError, RecursionError, zipfile.BadZipFile, zlib.error)


def word_terms(text: str, low: int, high: int) -> list[str]:
    """Return the word n-grams of lower-cased text, as scikit-learn's word analyzer does."""
    return ngrams(_WORD.findall(text), low, high)


def ngrams(words: Sequence[str], low: int, high: int) -> list[str]:
    """Return every run of ``low`` to ``high`` words, joined by a blank."""
    terms: list[str] = []
    for n in range(low, high + 1):
        runs = zip(*(words[k:] for k in range(n)), strict=False)  # they end with the last whole run
        terms.extend(words if n == 1 else map(" ".join, runs))
    return terms


def char_terms(text: str, low: int, high: int) -> list[str]:
    """Return the character n-grams within words padded by blanks, as scikit-learn's char_wb analyzer does."""
    terms = []
    for word in _BLANKS.sub(" ", text).split():
        padded = f" {word} "
        for n in range(low, high + 1):
            terms.append(padded[:n])
            terms.extend(padded[k : k + n] for k in range(1, len(padded) - n + 1))
            if n >= len(padded):
                break  # a word shorter than n counts once
    return terms


ANALYZERS = {"word": word_terms, "char_wb": char_terms}
# These read the whole row: its cue, context and speaker as well as its text. The parse needs spaCy, which only a model that has it loads.
ROW_ANALYZERS = {"frames": frame_terms, "masked": masked_terms, "speaker": speaker_terms, "parse": parse_terms}


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


@dataclasses.dataclass(frozen=True, slots=True)
class _Block:
    """Terms with their places. They come from a view's n-grams (``analyze``), or from the whole row where ``view`` is None."""

    analyze: Callable[..., list[str]]
    view: str | None
    low: int
    high: int
    index: dict[str, int]
    idf: np.ndarray
    start: int

    def terms(self, row: Mapping[str, Any]) -> list[str]:
        """Return the terms of one row, known or not."""
        return self.analyze(row) if self.view is None else self.analyze(view_of(row, self.view).lower(), self.low, self.high)


def _block(description: Mapping[str, Any], index: dict[str, int], idf: np.ndarray, start: int) -> _Block:
    name = description["analyzer"]
    if name in ROW_ANALYZERS:
        return _Block(ROW_ANALYZERS[name], None, 1, 1, index, idf, start)
    if description["view"] not in VIEWS:
        raise ValueError(f"view {description['view']!r} is unknown")
    return _Block(ANALYZERS[name], description["view"], int(description["low"]), int(description["high"]), index, idf, start)


class NgramLinear:
    """TF-IDF blocks of terms (n-grams of a view, or terms of the whole row) and a multinomial logistic regression over them."""

    def __init__(self, blocks: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]) -> None:
        self.coef = arrays["coef"].T.copy()
        self.intercept = arrays["intercept"]
        self._by_class = np.ascontiguousarray(arrays["coef"])
        self.blocks: list[_Block] = []
        start = 0
        for number, block in enumerate(blocks):
            terms = block["terms"]
            index = {term: start + k for k, term in enumerate(terms)}
            self.blocks.append(_block(block, index, arrays[f"idf{number}"], start))
            start += len(terms)
        if start != len(self.coef):
            raise ValueError(f"{start} terms for {len(self.coef)} coefficients")
        # Per block, what words met before came to. Threads may write the same entry twice, never a different one.
        self._known = [_Kept(block) for block in self.blocks]

    def contributions(self, row: Mapping[str, Any]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Return one row's known terms, their TF-IDF values and their coefficients, shape (n_terms, n_classes)."""
        names: list[str] = []
        values: list[np.ndarray] = []
        places: list[np.ndarray] = []
        for block in self.blocks:
            count: dict[str, int] = {}
            for term in block.terms(row):
                if term in block.index:
                    count[term] = count.get(term, 0) + 1
            if not count:
                continue
            at = np.fromiter((block.index[term] for term in count), dtype=np.int64, count=len(count))
            weight = (1 + np.log(np.fromiter(count.values(), dtype=np.float64, count=len(count)))) * block.idf[at - block.start]
            names.extend(count)
            values.append(weight / np.sqrt((weight**2).sum()))
            places.append(at)
        if not values:
            return [], np.zeros(0), np.zeros((0, self.coef.shape[1]))
        return names, np.concatenate(values), self.coef[np.concatenate(places)]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        return softmax(self.scores(rows))

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the sums of each row, shape (n_rows, n_columns), all rows of a call counted together."""
        views = {view: [view_of(row, view).lower() for row in rows] for view in {block.view for block in self.blocks} if view}
        sums = np.tile(self.intercept, (len(rows), 1))
        for block, known in zip(self.blocks, self._known, strict=True):
            found = [_places(text, block, known) for text in views[block.view]] if block.view else [_row_places(row, block) for row in rows]
            sums += self._block_sums(block, found)
        return sums

    def _block_sums(self, block: _Block, found: Sequence[np.ndarray]) -> np.ndarray:
        """Return one block's part of the sums, shape (n_texts, n_classes), from the places of the terms of each text.

        The places of all terms of all texts are sorted once; equal neighbours are counts. Within a text the order of adding
        is that of the places, so that an answer is the same to the last bit whatever else is in the batch.
        """
        n_terms, n_texts = len(self.coef), len(found)
        kind = np.int32 if n_texts * n_terms < 2**31 else np.int64  # half the bytes sort twice as fast
        n_found = np.fromiter((len(one) for one in found), dtype=np.int64, count=n_texts)
        keys: np.ndarray = np.repeat(np.arange(0, n_texts * n_terms, n_terms, dtype=kind), n_found)
        keys += np.concatenate([*found, _NOWHERE])
        if not len(keys):
            return np.zeros((n_texts, len(self.intercept)))
        keys.sort()
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
        count = np.diff(np.append(first, len(keys)))
        keys = keys[first].astype(np.intp)
        text_of = keys // n_terms
        at = keys - text_of * n_terms
        weight = (1 + np.log(np.arange(1, count.max() + 1)))[count - 1] * block.idf[at - block.start]
        length = np.sqrt(np.bincount(text_of, weight * weight, minlength=n_texts))
        length[length == 0] = 1.0
        return np.stack([np.bincount(text_of, weight * one[at], minlength=n_texts) / length for one in self._by_class], axis=1)


def _row_places(row: Mapping[str, Any], block: _Block) -> np.ndarray:
    return _known_places(block.terms(row), block)


def _known_places(terms: Sequence[str], block: _Block) -> np.ndarray:
    return np.array([at for at in map(block.index.get, terms) if at is not None], dtype=np.int32)


def _places(text: str, block: _Block, known: "_Kept") -> np.ndarray:
    """Return the places of the terms of one text that the block knows, repeated as often as they occur.

    No word crosses a blank, and most words are met again: what a stretch between blanks holds is worked out once.
    """
    found = list(map(known.__getitem__, text.split()))
    if block.analyze is char_terms:
        return np.concatenate(found) if found else _NOWHERE
    return _known_places(ngrams(list(chain.from_iterable(found)), block.low, block.high), block)


class _Kept(dict[str, Any]):
    """What the stretches between blanks came to in one block: the places of their letters' n-grams, or their words."""

    def __init__(self, block: _Block) -> None:
        super().__init__()
        self._block = block

    def __missing__(self, part: str) -> Any:
        block = self._block
        found: Any = _known_places(char_terms(part, block.low, block.high), block) if block.analyze is char_terms else _WORD.findall(part)
        if len(part) <= LONGEST_KEPT_WORD and len(self) < MOST_KEPT_WORDS:
            self[part] = found
        return found


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
        The network: inputs ``input_ids`` and ``attention_mask``, output of shape (n_texts, n_classes).
    tokenizer
        JSON of the library tokenizers; it says itself where texts are cut.

    Notes
    -----
    Each text goes through alone: an int8 network scales its activations by all that goes through together, so that in a batch an answer
    would depend on its neighbours.
    """

    def __init__(self, view: str, onnx: bytes, tokenizer: str) -> None:
        self.view = view
        self._onnx = onnx
        self._json = tokenizer
        self._loaded: tuple[Any, Any] | None = None

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row; the network is loaded at the first call."""
        session, tokenizer = self._load()
        logits = []
        for row in rows:
            ids = np.array([tokenizer.encode(view_of(row, self.view)).ids], dtype=np.int64)
            logits.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
        return softmax(np.array(logits, dtype=np.float64))

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            tokenizer = Tokenizer.from_str(self._json)
            self._loaded = onnxruntime.InferenceSession(self._onnx, options, providers=["CPUExecutionProvider"]), tokenizer
        return self._loaded


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
    except (ValueError, LookupError, TypeError) as fault:
        raise ModelError(f"{path}: sets: {fault}; expected the bounds of prediction sets; train or export it anew") from fault
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
