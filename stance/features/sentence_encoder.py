"""Sentence vectors: the mean of an encoder's last hidden states, with a cache."""

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from stance.core.files import write_whole
from stance.core.paths import cache_folder
from stance.encoders.files import EncoderFiles, encoder_digest, find_encoder
from stance.encoders.int8_network import write_network
from stance.encoders.networks import Network, assembled

MAX_TOKENS = 128


class Encoder:
    """A sentence encoder as an int8 network: mean of the last hidden states, scaled to length 1.

    Parameters
    ----------
    name
        A name or a folder, see `stance.encoders.files.find_encoder`.
    threads
        Threads inside one call. One is fastest on a busy machine with two cores.

    Raises
    ------
    ModelError
        If the encoder is unknown, not installed, or its weights are not the published ones.
    """

    def __init__(self, name: str, threads: int = 1) -> None:
        files = find_encoder(name)
        self.name = name
        self.digest = encoder_digest(files)
        self._tokenizer = files.tokenizer(MAX_TOKENS)
        self._network = Network(assembled({"encoder": self.digest}, lambda: _write(files)), threads)
        self._tokenizing = threading.Lock()

    @property
    def n_dims(self) -> int:
        """Numbers in a vector."""
        return self._network.n_columns

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors of the texts, shape (n_texts, n_dims), float32."""
        with self._tokenizing:
            ids = [one.ids for one in self._tokenizer.encode_batch(list(texts))]
        return self._network.run(ids)


def _write(files: EncoderFiles) -> bytes:
    weights, _ = files.weights()
    return write_network(weights, files.architecture())


@lru_cache(maxsize=2)
def get_encoder(name: str) -> Encoder:
    """Return the encoder of this process, loaded once, with one thread."""
    return Encoder(name)


# A forked child must not wait for a lock that a thread of its parent held.
os.register_at_fork(after_in_child=get_encoder.cache_clear)


def encode_cached(texts: Sequence[str], name: str, folder: Path | None = None) -> np.ndarray:
    """Return the vectors of the texts, from the cache where they are known.

    Returns
    -------
    ndarray of shape (n_texts, n_dims)
    """
    digest = encoder_digest(find_encoder(name))

    def encode(missing: Sequence[str]) -> np.ndarray:
        # Texts are many here: the two threads of a small machine are worth their while. They end
        # with their encoder: a process forked beside a waiting thread would wait for it for ever.
        return Encoder(name, min(2, os.cpu_count() or 1)).encode(missing)

    if not texts:
        return np.zeros((0, get_encoder(name).n_dims), dtype=np.float32)
    return cached_vectors(texts, f"{digest[:12]}-{MAX_TOKENS}", encode, folder)


def cached_vectors(
    texts: Sequence[str],
    key: str,
    encode: Callable[[Sequence[str]], np.ndarray],
    folder: Path | None = None,
) -> np.ndarray:
    """Return vectors, shape (n_texts, n_dims); only texts that the cache lacks are encoded.

    The cache is one npz file without pickle. Each text is a key of its own, so that new reports
    cost only themselves.

    Parameters
    ----------
    texts
        At least one.
    key
        All that changes a vector besides the text: a checksum of the weights, the token limit.
    """
    path = (folder or cache_folder()) / f"vectors-{key}.npz"
    keys = [
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32] for text in texts
    ]
    known = _read_cache(path)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        vectors = encode(list(missing.values()))
        known.update(zip(missing, vectors, strict=True))
        buffer = BytesIO()
        np.savez(buffer, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
        write_whole(path, buffer.getvalue())
    return np.stack([known[key] for key in keys])


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
