"""int8 networks of encoders, written once, kept in the cache and checked whenever they are used."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stance.core.cache import kept
from stance.core.errors import ModelError

WRITER = 1  # raised whenever the same weights are written as another network
MOST_TOKENS = 2048  # in one batch


def assembled(key: dict[str, Any], build: Callable[[], bytes]) -> bytes:
    """Return a network, from the cache where it is whole, else built and put there.

    Parameters
    ----------
    key
        All that decides the network: the checksums of what it is made from.
    build
        Makes it; checks what it is made from.

    See Also
    --------
    stance.core.cache.kept : where it is kept, and how it is checked.
    """
    text = json.dumps({**key, "writer": WRITER}, sort_keys=True)
    name = f"network-{hashlib.sha256(text.encode()).hexdigest()[:16]}.onnx"
    return kept(name, lambda: _built(build))


def _built(build: Callable[[], bytes]) -> bytes:
    try:
        return build()
    except (LookupError, ValueError, TypeError, ArithmeticError) as fault:
        raise ModelError(
            f"encoder: its weights do not fit its config.json ({fault!r}); install it again, or "
            "name another folder"
        ) from fault


class Network:
    """An int8 network in memory: token ids in, a row of numbers for each text or token out.

    Parameters
    ----------
    onnx
        As `stance.encoders.int8_network.write_network` makes it.
    threads
        Threads inside one call. One is fastest on a busy machine.
    """

    def __init__(self, onnx: bytes, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                onnx, options, providers=["CPUExecutionProvider"]
            )
        except Exception as fault:  # onnxruntime has no public class of its own
            raise ModelError(
                f"network: onnxruntime cannot read it ({fault}); empty the cache"
            ) from fault
        try:
            self.n_columns = int(self._session.get_outputs()[0].shape[1])
        except (IndexError, TypeError, ValueError) as fault:
            raise ModelError("network: has no output of a fixed width; empty the cache") from fault

    def run(self, ids: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the numbers of each text, shape (n_texts, n_columns), float32.

        Texts of the same length form a batch: nothing is padded, and each token is scaled
        by itself, so no answer depends on its neighbours.
        """
        out = np.zeros((len(ids), self.n_columns), dtype=np.float32)
        for batch in batches_of_one_length([len(text) for text in ids]):
            tokens = np.array([ids[k] for k in batch], dtype=np.int64)
            out[batch] = self._answer(tokens, len(tokens))
        return out

    def states(self, ids: Sequence[int]) -> np.ndarray:
        """Return the numbers of each token of a text, shape (n_tokens, n_columns), float32.

        For networks that are written with ``pooled=False``.
        """
        return self._answer(np.array([ids], dtype=np.int64), len(ids))

    def _answer(self, tokens: np.ndarray, n_rows: int) -> np.ndarray:
        try:
            numbers: np.ndarray = self._session.run(None, {"input_ids": tokens})[0]
        except Exception as fault:  # onnxruntime has no public class of its own
            raise ModelError(
                f"network: cannot answer ({str(fault)[:200]}); its tokenizer or its weights are "
                "those of another encoder, install it again"
            ) from fault
        if numbers.shape != (n_rows, self.n_columns) or not np.isfinite(numbers).all():
            raise ModelError(
                f"network: gives numbers that are not finite, or {numbers.shape} of them for "
                f"{n_rows} rows; its weights are damaged, install the encoder again"
            )
        return numbers


def batches_of_one_length(lengths: Sequence[int]) -> list[list[int]]:
    """Return all positions in batches of texts of one length, at most `MOST_TOKENS` tokens each."""
    same: dict[int, list[int]] = {}
    for k, length in enumerate(lengths):
        same.setdefault(length, []).append(k)
    batches = []
    for length, places in same.items():
        size = max(1, MOST_TOKENS // max(1, length))
        batches += [places[k : k + size] for k in range(0, len(places), size)]
    return batches
