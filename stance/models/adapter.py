"""A low-rank adapter of an encoder with a linear head: what `stance.training.adapters` trains.

The adapter holds two small matrices for each matrix of the encoder. It is added to the published
weights once, and the sum is kept as an int8 network (`stance.encoders.networks`). The head is
computed from the network's vectors, so models that differ in the head alone share a network.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stance.core.errors import ModelError
from stance.core.link_functions import softmax
from stance.encoders.adapters import HEAD_BIAS, HEAD_WEIGHT, head_sums, write_adapted
from stance.encoders.files import EncoderFiles, encoder_digest, find_encoder
from stance.encoders.networks import Network, assembled
from stance.features.row_text import VIEWS, view_of
from stance.models.parts import check_shapes, in_bounds, number_of

ADAPTER = "adapter.safetensors"  # the file of a member, beside its description
LONGEST = 122  # tokens of a text, the two framing ones among them
MOST_SCALE = 1000.0


class AdaptedEncoder:
    """Probabilities of rows by an encoder with its adapter and head.

    Parameters
    ----------
    description
        ``view``, ``encoder`` (its name), ``digest`` (see `encoder_digest`), ``scale``,
        ``classes``.
    adapter
        The bytes of the safetensors file.
    """

    def __init__(self, description: Mapping[str, Any], adapter: bytes) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load

        if description["view"] not in VIEWS:
            raise ValueError(f"view {description['view']!r} is unknown")
        self.view = str(description["view"])
        self.encoder = str(description["encoder"])
        self.digest = str(description["digest"])
        self.scale = number_of(description, "scale", 0, MOST_SCALE)
        self._bytes = adapter
        try:
            arrays = load(adapter)
        except SafetensorError as fault:
            raise ValueError(f"{ADAPTER}: {fault}") from fault
        self.head = (
            arrays[HEAD_WEIGHT].astype(np.float32),
            arrays[HEAD_BIAS].astype(np.float32),
        )
        n_classes = len(description["classes"])
        check_shapes(arrays, {HEAD_WEIGHT: (n_classes, None), HEAD_BIAS: (n_classes,)})
        for name, array in arrays.items():
            in_bounds(array, name)
        self._loaded: tuple[Any, Network] | None = None

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row, shape (n_rows, n_classes)."""
        return softmax(self.logits(rows))

    def logits(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the sums of each row, shape (n_rows, n_classes)."""
        if not rows:
            return np.zeros((0, len(self.head[1])))
        return head_sums(self.vectors([view_of(row, self.view) for row in rows]), *self.head)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Return the mean of the last hidden states of each text, shape (n_texts, width).

        The network is loaded at the first call.
        """
        if self._loaded is None:
            self._loaded = self._load()
        tokenizer, network = self._loaded
        return network.run([tokenizer.encode(text).ids for text in texts])

    @property
    def network_key(self) -> str:
        """A checksum of all that the vectors depend on: the same whatever the head."""
        from safetensors.numpy import load

        arrays = load(self._bytes)
        digest = hashlib.sha256(f"{self.digest} {self.scale} {LONGEST}".encode())
        for name in sorted(set(arrays) - {HEAD_WEIGHT, HEAD_BIAS}):
            digest.update(name.encode() + arrays[name].tobytes())
        return digest.hexdigest()

    def with_head(self, weight: np.ndarray, bias: np.ndarray) -> bytes:
        """Return the safetensors file of this adapter with another head."""
        from safetensors.numpy import load, save

        head = {HEAD_WEIGHT: weight.astype(np.float32), HEAD_BIAS: bias.astype(np.float32)}
        return bytes(save({**load(self._bytes), **head}))

    def _load(self) -> tuple[Any, Network]:
        files = find_encoder(self.encoder)
        if encoder_digest(files) != self.digest:
            raise ModelError(
                f"encoder {self.encoder!r} in {files.place} is another one than the model was "
                "trained with; train the model anew, or install that encoder"
            )
        onnx = assembled({"adapted": self.network_key}, lambda: self._write(files))
        network = Network(onnx)
        if network.n_columns != self.head[0].shape[1]:
            raise ModelError(
                f"network: gives {network.n_columns} numbers for a text, the head reads "
                f"{self.head[0].shape[1]}; empty the cache"
            )
        return files.tokenizer(LONGEST), network

    def _write(self, files: EncoderFiles) -> bytes:
        from safetensors.numpy import load

        return write_adapted(files, load(self._bytes), self.scale)
