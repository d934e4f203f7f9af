"""An encoder of the BERT or MPNet type as an int8 ONNX network.

Every token is scaled by itself. onnxruntime's own quantization scales by all that goes through
together, so an answer would depend on what is asked beside it. Scaled by its own largest number
a token does not, so texts of one length may go through together, which makes them fast.
"""

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from stance.core.errors import ModelError

OPSET = 23  # the first with an operator for attention
IR_VERSION = 11
CENTRE = 128  # the byte that stands for 0 where both signs are equally likely
# Gelu never falls below -.17, so nearly all of the 255 steps can go to the values above 0.
GELU_LOWEST, GELU_CENTRE = 0.17, 16
LONGEST = 192  # tokens; the table of relative positions is written up to this length
WIDEST = 8192
MPNET_NAMES = (
    (r"attention\.attn\.q\.", "attention.self.query."),
    (r"attention\.attn\.k\.", "attention.self.key."),
    (r"attention\.attn\.v\.", "attention.self.value."),
    (r"attention\.attn\.o\.", "attention.output.dense."),
    (r"attention\.LayerNorm\.", "attention.output.LayerNorm."),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Architecture:
    """What an encoder's ``config.json`` says about how its numbers are used.

    Parameters
    ----------
    kind
        ``bert`` or ``mpnet``.
    n_heads, epsilon
        Heads of attention; what the normalisations add to the variance.
    start, separator, n_separators
        Token ids that frame a text, and how many separators stand between two texts.
    """

    kind: str
    width: int
    n_heads: int
    epsilon: float
    start: int
    separator: int
    n_separators: int
    first_place: int

    @classmethod
    def of_config(cls, config: Mapping[str, Any]) -> "Architecture":
        """Read it from ``config.json``.

        Raises
        ------
        ModelError
            If the encoder is of another type or uses another activation than gelu.
        """
        kind, act = config.get("model_type"), config.get("hidden_act")
        if kind not in ("bert", "mpnet") or act != "gelu":
            raise ModelError(
                f"encoder of type {kind!r} with activation {act!r}; expected type bert or mpnet "
                "with activation gelu; name another encoder folder"
            )
        width, n_heads = config["hidden_size"], config["num_attention_heads"]
        if not (
            type(width) is type(n_heads) is int
            and 0 < n_heads <= width <= WIDEST
            and width % n_heads == 0
        ):
            raise ModelError(
                f"encoder of width {width!r} with {n_heads!r} heads; expected at most {WIDEST}, "
                "a multiple of the heads; name another encoder folder"
            )
        shared = (kind, width, n_heads)
        epsilon = float(config["layer_norm_eps"])
        if kind == "mpnet":
            return cls(*shared, epsilon, config["bos_token_id"], config["eos_token_id"], 2, 2)
        return cls(*shared, epsilon, start=101, separator=102, n_separators=1, first_place=0)


def canonical(weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the weights under the names that BERT has for them, whatever prefix they came with."""
    return {canonical_name(name): value for name, value in weights.items()}


def canonical_name(name: str) -> str:
    """Return the name that BERT has for a part of an encoder.

    >>> canonical_name("mpnet.encoder.layer.3.attention.attn.q.weight")
    'encoder.layer.3.attention.self.query.weight'
    """
    short = re.sub(r"^(bert|mpnet)\.", "", name)
    for pattern, wanted in MPNET_NAMES:
        short = re.sub(pattern, wanted, short)
    return short


def write_network(
    weights: Mapping[str, np.ndarray],
    architecture: Architecture,
    *,
    scaled: bool = True,
    pooled: bool = True,
) -> bytes:
    """Return the network as ONNX.

    Parameters
    ----------
    weights
        By their canonical names, see `canonical`.
    scaled
        Whether the mean of the last hidden states is scaled to length 1.
    pooled
        Whether there is one vector for a text, that mean; else one for each token, its last hidden
        state.

    Returns
    -------
    bytes
        Input ``input_ids`` of shape (n_texts, n_tokens), texts of one length; output ``vectors``
        of shape (n_texts, width), or (n_texts * n_tokens, width) where they are not pooled.

    Notes
    -----
    A scale per token and one per column of the weights: Yao et al. 2022 (ZeroQuant),
    arxiv.org/abs/2206.01861. Attention, gelu and normalisation stay float, they are a fifth of
    the work. Writing needs the package onnx, answering only onnxruntime.
    """
    import onnx
    from onnx import TensorProto, helper

    graph = _Network(weights, architecture)
    states = graph.layers(graph.embedded())
    if pooled:
        graph.pool(states, scaled=scaled)
    graph.nodes[-1].output[0] = "vectors"
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "t"])]
    shape: list[str | int | None] = ["n", architecture.width]
    outputs = [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, shape)]
    whole = helper.make_graph(graph.nodes, "stance", inputs, outputs, graph.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    model: onnx.ModelProto = helper.make_model(whole, opset_imports=opsets, ir_version=IR_VERSION)
    return bytes(model.SerializeToString())


def quantised(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a matrix as int8 and the scale of each column.

    Neighbours in a column never exceed 128 together, so that processors without VNNI, which add
    two products in 16 bits, cannot run over (255 * 128 < 2**15). That costs less than seven bits
    for every weight: rarely are both neighbours large.
    """
    size = np.abs(weight)
    scale = (size[:-1] + size[1:]).max(axis=0) / 127
    scale = np.maximum(scale, np.finfo(np.float32).tiny)
    return np.rint(weight / scale).astype(np.int8), scale.astype(np.float32)


def relative_places(table: np.ndarray, n_tokens: int) -> np.ndarray:
    """Return what MPNet adds to the attention between two places.

    Its shape is (1, n_heads, n_tokens, n_tokens).

    Parameters
    ----------
    table
        One row for each range of distances, one column for each head, shape (n_ranges, n_heads).

    Notes
    -----
    Ranges as in Raffel et al. 2020 (T5), arxiv.org/abs/1910.10683: exact up to a quarter of the
    rows, then growing with the logarithm up to a distance of 128.
    """
    distance = np.arange(n_tokens)[:, None] - np.arange(n_tokens)[None, :]
    half = len(table) // 2
    exact = half // 2
    size = np.abs(distance).astype(np.float32)
    with np.errstate(divide="ignore"):
        growth = np.log(size / exact) / np.float32(math.log(128 / exact)) * (half - exact)
    far = np.minimum(exact + np.where(size > 0, growth, 0).astype(np.int64), half - 1)
    rows = np.where(size < exact, np.abs(distance), far) + half * (distance < 0)
    return np.ascontiguousarray(table[rows].transpose(2, 0, 1)[None])


class _Network:
    """Nodes and constants of a network that is being written.

    Between the layers stands a matrix with one row for each token.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], architecture: Architecture) -> None:
        self.weights = weights
        self.architecture = architecture
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        width = architecture.width
        self.flat, self.rows = self.constant([-1]), self.constant([-1, width])
        self.columns, self.zero = self.constant([1]), self.constant([0])
        self.one, self.least = self.constant(np.float32(1)), self.constant(np.float32(1e-8))
        self.ids = self.op("Reshape", "input_ids", self.flat)
        self.shape = self.op("Shape", "input_ids")
        self.length = self.op("Slice", self.shape, self.columns, self.constant([2]), self.zero)
        self.texts = self.op("Concat", self.shape, self.constant([width]), axis=0)
        self.centres = {centre: self._centre(centre) for centre in (CENTRE, GELU_CENTRE)}
        self.distances = self._distances()

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"constant-{len(self.constants)}"
        array = np.ascontiguousarray(value).reshape(np.shape(value))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(self, kind: str, n_outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        from onnx import helper

        outputs = [f"{kind}-{len(self.nodes)}-{number}" for number in range(n_outputs)]
        self.nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs

    def embedded(self) -> str:
        """Words, a row of int8 with its scale each, plus places and the kind of text."""
        words = self.weights["embeddings.word_embeddings.weight"]
        scale = np.maximum(np.abs(words).max(axis=1) / 127, np.finfo(np.float32).tiny)
        scale = scale.astype(np.float32)
        table = self.constant(np.rint(words / scale[:, None]).astype(np.int8))
        small = self.op("Gather", table, self.ids)
        rows = self.op(
            "DequantizeLinear", small, self.op("Gather", self.constant(scale), self.ids), axis=0
        )
        first = self.architecture.first_place
        table_of_places = self.weights["embeddings.position_embeddings.weight"]
        values = table_of_places[first : first + LONGEST]
        kinds = self.weights.get("embeddings.token_type_embeddings.weight")
        places = self.constant(values if kinds is None else values + kinds[0])
        here = self.op("Slice", places, self.zero, self.length, self.zero)
        total = self.op("Add", self.op("Reshape", rows, self.texts), here)
        return self.op("Reshape", self.normalised(total, "embeddings.LayerNorm"), self.rows)

    def layers(self, x: str) -> str:
        found = (re.match(r"encoder\.layer\.(\d+)\.", name) for name in self.weights)
        for number in sorted({int(one[1]) for one in found if one}):
            part = f"encoder.layer.{number}."
            attended = self.attended(x, f"{part}attention.self.")
            x = self.added(x, attended, f"{part}attention.output.")
            product = self.product(x, self.matrix(f"{part}intermediate.dense"))
            wide = self.op("Add", product, self.row(f"{part}intermediate.dense.bias"))
            x = self.added(x, self.op("Gelu", wide), f"{part}output.", after_gelu=True)
        return x

    def attended(self, x: str, part: str) -> str:
        names = ("query", "key", "value")
        matrix = np.hstack([self.matrix(part + name) for name in names])
        bias = self.constant(
            np.hstack([self.weights[f"{part}{name}.bias"] for name in names])[None]
        )
        product = self.op("Add", self.product(x, matrix), bias)
        split = self.ops("Split", 3, product, axis=1, num_outputs=3)
        inputs = [self.op("Reshape", one, self.texts) for one in split]
        if self.distances:
            inputs.append(self.distances)
        n_heads = self.architecture.n_heads
        attended = self.op("Attention", *inputs, q_num_heads=n_heads, kv_num_heads=n_heads)
        return self.op("Reshape", attended, self.rows)

    def added(self, x: str, change: str, part: str, *, after_gelu: bool = False) -> str:
        """What a block has found, through its last matrix, on top of what came in."""
        product = self.product(change, self.matrix(f"{part}dense"), after_gelu=after_gelu)
        change = self.op("Add", product, self.row(f"{part}dense.bias"))
        return self.normalised(self.op("Add", change, x), f"{part}LayerNorm")

    def product(self, x: str, matrix: np.ndarray, *, after_gelu: bool = False) -> str:
        """Rows times a matrix in int8."""
        number, zeros, steps = self.centres[GELU_CENTRE if after_gelu else CENTRE]
        size = x if after_gelu else self.op("Abs", x)
        largest = self.op("ReduceMax", size, self.columns, keepdims=1)
        # No scale is 0; after gelu the lowest value there can be is kept too.
        lowest = np.float32(GELU_LOWEST * (255 - GELU_CENTRE) / GELU_CENTRE)
        floor = self.constant(lowest) if after_gelu else self.least
        scale = self.op("Mul", self.op("Max", largest, floor), steps)
        small = self.op("QuantizeLinear", x, self.op("Reshape", scale, self.flat), zeros, axis=0)
        columns, scales = quantised(matrix)
        inputs = (small, self.constant(columns), self.one, self.constant(scales), number)
        sums = self.op("MatMulIntegerToFloat", *inputs, domain="com.microsoft")
        return self.op("Mul", sums, scale)

    def normalised(self, x: str, part: str) -> str:
        weight, bias = (
            self.constant(self.weights[f"{part}.{name}"]) for name in ("weight", "bias")
        )
        return self.op(
            "LayerNormalization", x, weight, bias, axis=-1, epsilon=self.architecture.epsilon
        )

    def pool(self, x: str, *, scaled: bool) -> None:
        mean = self.op("ReduceMean", self.op("Reshape", x, self.texts), self.columns, keepdims=0)
        if scaled:
            self.op("LpNormalization", mean, axis=1, p=2)

    def matrix(self, name: str) -> np.ndarray:
        return self.weights[f"{name}.weight"].T

    def row(self, name: str) -> str:
        # With two axes: onnxruntime would join a bias with one to the gelu behind it, and its
        # joined form is the slower one.
        return self.constant(self.weights[name][None])

    def _centre(self, centre: int) -> tuple[str, str, str]:
        number = self.constant(np.uint8(centre))
        zeros = self.op("Expand", number, self.op("Shape", self.ids))
        return number, zeros, self.constant(np.float32(1 / (255 - centre)))

    def _distances(self) -> str | None:
        """What the attention gains by distance, cut to the length of the texts; None for BERT."""
        table = self.weights.get("encoder.relative_attention_bias.weight")
        if table is None:
            return None
        whole = self.constant(relative_places(table, LONGEST))
        ends = self.op("Concat", self.length, self.length, axis=0)
        return self.op("Slice", whole, self.constant([0, 0]), ends, self.constant([2, 3]))
