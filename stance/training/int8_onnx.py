"""A trained BERT encoder with a linear head as an int8 ONNX network.

In which every token is scaled by itself.

Scaled by all that goes through together, as onnxruntime's own quantization does it, an answer
would depend on what is asked beside it. Scaled by its own largest number a token does not, so
texts of one length may go through together, which is what makes them fast; and it loses less.
Writing a network needs the package onnx (extra ``finetune``), answering with it only onnxruntime.
"""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

OPSET = 23  # the first with an operator for attention
IR_VERSION = 11
CENTRE = 128  # what stands for 0 where both signs are as likely
# Gelu never falls below -.17: nearly all of the 255 steps can go to what is above.
GELU_LOWEST, GELU_CENTRE = 0.17, 16


def write_network(weights: Mapping[str, np.ndarray], n_heads: int, epsilon: float) -> bytes:
    """Return the network: input ``input_ids`` of shape (n_texts, n_tokens), texts of one length.

    Output ``logits``.

    Parameters
    ----------
    weights
        By their names in PyTorch: ``encoder.`` and what transformers calls them in its BertModel,
        ``head.weight``, ``head.bias``.
    n_heads
        Heads of attention.
    epsilon
        What the normalisations add to the variance.

    Notes
    -----
    A scale per token and one per column of the weights: Yao et al. 2022 (ZeroQuant),
    arxiv.org/abs/2206.01861. Attention, gelu and normalisation stay float, they are a fifth of the
    work.
    """
    import onnx
    from onnx import TensorProto, helper

    width, n_classes = weights["head.weight"].shape[::-1]
    graph = _Network(weights, n_heads, epsilon, width)
    graph.head(graph.layers(graph.embedded()))
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["n", "t"])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", n_classes])]
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
    scale = np.maximum((size[:-1] + size[1:]).max(axis=0) / 127, np.finfo(np.float32).tiny)
    return np.rint(weight / scale).astype(np.int8), scale.astype(np.float32)


class _Network:
    """Nodes and constants of a network that is being written.

    Between the layers stands a matrix with one row a token.
    """

    def __init__(
        self, weights: Mapping[str, np.ndarray], n_heads: int, epsilon: float, width: int
    ) -> None:
        self.weights = weights
        self.n_heads = n_heads
        self.epsilon = epsilon
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.flat, self.rows, self.columns = (
            self.constant([-1]),
            self.constant([-1, width]),
            self.constant([1]),
        )
        self.one, self.least = self.constant(np.float32(1)), self.constant(np.float32(1e-8))
        self.ids = self.op("Reshape", "input_ids", self.flat)
        self.texts = self.op(
            "Concat", self.op("Shape", "input_ids"), self.constant([width]), axis=0
        )
        self.centres = {centre: self._centre(centre) for centre in (CENTRE, GELU_CENTRE)}

    def constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"constant-{len(self.constants)}"
        self.constants.append(
            numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        )
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
        """Words, a row of int8 with its scale each.

        Plus places and the one kind of text there is.
        """
        part = "encoder.embeddings."
        words = self.weights[f"{part}word_embeddings.weight"]
        scale = np.maximum(np.abs(words).max(axis=1) / 127, np.finfo(np.float32).tiny).astype(
            np.float32
        )
        table = self.constant(np.rint(words / scale[:, None]).astype(np.int8))
        rows = self.op(
            "DequantizeLinear",
            self.op("Gather", table, self.ids),
            self.op("Gather", self.constant(scale), self.ids),
            axis=0,
        )
        places = self.constant(
            self.weights[f"{part}position_embeddings.weight"]
            + self.weights[f"{part}token_type_embeddings.weight"][0]
        )
        zero = self.constant([0])
        length = self.op(
            "Slice", self.op("Shape", "input_ids"), self.columns, self.constant([2]), zero
        )
        total = self.op(
            "Add",
            self.op("Reshape", rows, self.texts),
            self.op("Slice", places, zero, length, zero),
        )
        return self.op("Reshape", self.normalised(total, f"{part}LayerNorm"), self.rows)

    def layers(self, x: str) -> str:
        numbers = {
            int(found[1])
            for name in self.weights
            if (found := re.match(r"encoder\.encoder\.layer\.(\d+)\.", name))
        }
        for number in sorted(numbers):
            part = f"encoder.encoder.layer.{number}."
            x = self.added(
                x, self.attended(x, f"{part}attention.self."), f"{part}attention.output."
            )
            wide = self.op(
                "Add",
                self.product(x, self.matrix(f"{part}intermediate.dense")),
                self.row(f"{part}intermediate.dense.bias"),
            )
            x = self.added(x, self.op("Gelu", wide), f"{part}output.", after_gelu=True)
        return x

    def attended(self, x: str, part: str) -> str:
        names = ("query", "key", "value")
        matrix = np.hstack([self.matrix(part + name) for name in names])
        bias = self.constant(
            np.hstack([self.weights[f"{part}{name}.bias"] for name in names])[None]
        )
        found = self.ops(
            "Split", 3, self.op("Add", self.product(x, matrix), bias), axis=1, num_outputs=3
        )
        heads = {"q_num_heads": self.n_heads, "kv_num_heads": self.n_heads}
        return self.op(
            "Reshape",
            self.op("Attention", *(self.op("Reshape", one, self.texts) for one in found), **heads),
            self.rows,
        )

    def added(self, x: str, change: str, part: str, *, after_gelu: bool = False) -> str:
        """What a block has found, through its last matrix, on top of what came in."""
        found = self.op(
            "Add",
            self.product(change, self.matrix(f"{part}dense"), after_gelu=after_gelu),
            self.row(f"{part}dense.bias"),
        )
        return self.normalised(self.op("Add", found, x), f"{part}LayerNorm")

    def product(self, x: str, matrix: np.ndarray, *, after_gelu: bool = False) -> str:
        """Rows times a matrix in int8."""
        number, zeros, steps = self.centres[GELU_CENTRE if after_gelu else CENTRE]
        largest = self.op(
            "ReduceMax", x if after_gelu else self.op("Abs", x), self.columns, keepdims=1
        )
        # No scale is 0; after gelu the lowest value there can be is kept too.
        floor = (
            self.constant(np.float32(GELU_LOWEST * (255 - GELU_CENTRE) / GELU_CENTRE))
            if after_gelu
            else self.least
        )
        scale = self.op("Mul", self.op("Max", largest, floor), steps)
        small = self.op("QuantizeLinear", x, self.op("Reshape", scale, self.flat), zeros, axis=0)
        columns, scales = quantised(matrix)
        sums = self.op(
            "MatMulIntegerToFloat",
            small,
            self.constant(columns),
            self.one,
            self.constant(scales),
            number,
            domain="com.microsoft",
        )
        return self.op("Mul", sums, scale)

    def normalised(self, x: str, part: str) -> str:
        weight, bias = (
            self.constant(self.weights[f"{part}.{name}"]) for name in ("weight", "bias")
        )
        return self.op("LayerNormalization", x, weight, bias, axis=-1, epsilon=self.epsilon)

    def head(self, x: str) -> None:
        mean = self.op("ReduceMean", self.op("Reshape", x, self.texts), self.columns, keepdims=0)
        self.op(
            "Gemm",
            mean,
            self.constant(self.matrix("head")),
            self.constant(self.weights["head.bias"]),
        )
        self.nodes[-1].output[0] = "logits"

    def matrix(self, name: str) -> np.ndarray:
        return self.weights[f"{name}.weight"].T

    def row(self, name: str) -> str:
        # With two axes: onnxruntime would join a bias with one to the gelu behind it, and its
        # joined form is the slower one.
        return self.constant(self.weights[name][None])

    def _centre(self, centre: int) -> tuple[str, str, str]:
        number = self.constant(np.uint8(centre))
        return (
            number,
            self.op("Expand", number, self.op("Shape", self.ids)),
            self.constant(np.float32(1 / (255 - centre))),
        )
