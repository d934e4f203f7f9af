"""A low-rank adapter of an encoder: added to the published weights once.

The adapter holds two small matrices for each matrix of the encoder, and a linear head.
"""

from collections.abc import Mapping

import numpy as np

from stance.core.errors import ModelError
from stance.encoders.files import EncoderFiles
from stance.encoders.int8_network import write_network

HEAD_WEIGHT, HEAD_BIAS = "head.weight", "head.bias"


def merged(
    weights: Mapping[str, np.ndarray], adapter: Mapping[str, np.ndarray], scale: float
) -> dict[str, np.ndarray]:
    """Return the encoder's weights with the adapter added to them.

    Parameters
    ----------
    weights
        By their canonical names.
    adapter
        For a matrix ``NAME.weight`` of shape (n_out, n_in): ``NAME.down`` of shape (rank, n_in)
        and ``NAME.up`` of shape (n_out, rank).
    scale
        Factor of the product.

    Raises
    ------
    ModelError
        If the adapter belongs to another encoder, or holds a number that is not finite.

    Notes
    -----
    Hu et al. 2022 (LoRA), arxiv.org/abs/2106.09685.
    """
    out = dict(weights)
    for name in sorted(name for name in adapter if name.endswith(".down")):
        base = name.removesuffix(".down")
        down, up = adapter[name].astype(np.float64), adapter.get(f"{base}.up")
        weight = weights.get(f"{base}.weight")
        if weight is None or up is None or weight.shape != (len(up), down.shape[1]):
            raise ModelError(f"adapter: {base} does not fit the encoder; train it anew")
        change = scale * (up.astype(np.float64) @ down)
        out[f"{base}.weight"] = (weight + change).astype(np.float32)
    if not all(np.isfinite(value).all() for value in adapter.values()):
        raise ModelError("adapter: holds numbers that are not finite; train it anew")
    return out


def write_adapted(
    encoder: EncoderFiles, adapter: Mapping[str, np.ndarray], scale: float, *, pooled: bool = True
) -> bytes:
    """Return the network of an encoder with an adapter, see `write_network`; not scaled.

    Raises
    ------
    ModelError
        If the encoder's weights are not the published ones, or the adapter does not fit them.
    """
    weights, _ = encoder.weights()
    whole = merged(weights, adapter, scale)
    return write_network(whole, encoder.architecture(), scaled=False, pooled=pooled)


def head_sums(vectors: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Return what a linear head makes of vectors, shape (n_rows, n_classes).

    Without a matrix library, whose rounding depends on how many rows go through together.
    """
    sums = np.einsum("nd,cd->nc", vectors.astype(np.float64), weight.astype(np.float64))
    return np.asarray(sums + bias.astype(np.float64))
