"""What a member of a model computes, with numpy and onnxruntime alone.

A constant, linear sums, trees, a stack, a network.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from stance.core.errors import ModelError
from stance.features.row_text import view_of
from stance.models.link_functions import LINKS, log_shares, softmax
from stance.models.ngram_linear import NgramLinear

NETWORK, TOKENIZER = "model.onnx", "tokenizer.json"  # the files of a network, behind member-N
# that go through a network together: above it nothing is won, and what is computed leaves the
# cache
MOST_TOKENS = 512


class Head(Protocol):
    """Rows to probabilities, shape (n_rows, n_classes).

    Columns in the member's own order of classes.
    """

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


class Encoded:
    """Rows to the vectors of the encoder that the model was trained with."""

    def __init__(self, description: Mapping[str, Any]) -> None:
        self.view = str(description["view"])
        self.encoder = str(description["encoder"])
        self.digest = description["digest"]

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return shape (n_rows, n_dims); the encoder is loaded at the first call."""
        from stance.features.sentence_encoder import get_encoder

        encoder = get_encoder(self.encoder)
        if encoder.digest != self.digest:
            raise ModelError(
                f"encoder {self.encoder!r} is another one than the model was trained with; "
                "retrain, or install that version"
            )
        return encoder.encode([view_of(row, self.view) for row in rows])


class EncoderLinear:
    """Sentence vectors and a multinomial logistic regression over them."""

    def __init__(self, encoded: Encoded, arrays: Mapping[str, np.ndarray]) -> None:
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
    """Sentence vectors and gradient-boosted trees over them.

    One row of the arrays a tree, a leaf's children are itself.
    """

    def __init__(self, encoded: Encoded, n_classes: int, arrays: Mapping[str, np.ndarray]) -> None:
        self.encoded = encoded
        self.n_classes = n_classes
        self.feature, self.threshold, self.left, self.right, self.value = (
            arrays[name] for name in ("feature", "threshold", "left", "right", "value")
        )
        self.baseline = arrays["baseline"]
        if not (
            self.left.min() >= 0
            and self.right.min() >= 0
            and max(self.left.max(), self.right.max()) < self.left.shape[1]
        ):
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
            goes_left = (
                np.take_along_axis(wide, self.feature[trees, places], axis=1)
                <= self.threshold[trees, places]
            )
            further = np.where(goes_left, self.left[trees, places], self.right[trees, places])
            if (further == places).all():
                break
            places = further
        sums = (
            self.value[trees, places].reshape(len(vectors), -1, len(self.baseline)).sum(axis=1)
            + self.baseline
        )
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
    """A regression over the logarithms of other heads' probabilities.

    ``orders`` says per head in which order its columns are read.
    """

    def __init__(
        self,
        heads: Sequence[Head],
        orders: Sequence[Sequence[int]],
        arrays: Mapping[str, np.ndarray],
    ) -> None:
        self.heads = list(heads)
        self.orders = [list(order) for order in orders]
        self.coef = arrays["coef"].T.copy()
        self.intercept = arrays["intercept"]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        shares = np.stack(
            [
                head.probabilities(rows)[:, order]
                for head, order in zip(self.heads, self.orders, strict=True)
            ],
            axis=1,
        )
        return softmax(log_shares(shares) @ self.coef + self.intercept)


class OnnxText:
    """A network from text to logits, as ONNX with its tokenizer.

    Parameters
    ----------
    view
        What of a row is read.
    onnx
        The network: input ``input_ids``, output of shape (n_texts, n_classes); up to format 3 also
        an input ``attention_mask``.
    tokenizer
        JSON of the library tokenizers; it says itself where texts are cut.

    Notes
    -----
    Texts of the same number of tokens go through together: nothing is padded, and each token is
    scaled by itself (`stance.training.int8_onnx`). Up to format 3 a network scaled its activations
    by all that went through together, so there each text goes through alone.
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
        for batch in (
            batches_of_one_length([len(one) for one in ids])
            if together
            else [[k] for k in range(len(ids))]
        ):
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
            session = onnxruntime.InferenceSession(
                self._onnx, options, providers=["CPUExecutionProvider"]
            )
            self._loaded = (
                session,
                tokenizer,
                [one.name for one in session.get_inputs()] == ["input_ids"],
            )
        return self._loaded


def batches_of_one_length(lengths: Sequence[int]) -> list[list[int]]:
    """Return all positions in batches of texts of one length.

    In no more than `MOST_TOKENS` tokens or a single text.
    """
    same: dict[int, list[int]] = {}
    for k, length in enumerate(lengths):
        same.setdefault(length, []).append(k)
    batches = []
    for length, places in same.items():
        size = max(1, MOST_TOKENS // max(1, length))
        batches += [places[k : k + size] for k in range(0, len(places), size)]
    return batches
