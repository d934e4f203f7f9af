"""A fine-tuned sentence encoder as a scikit-learn classifier.

PyTorch trains it, ONNX (int8) answers.

Needs the extra ``finetune`` for training; what it trains is answered by
`stance.models.heads.OnnxText` without it.
"""

import math
import re
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupShuffleSplit

from stance.core.errors import ModelError
from stance.core.types import COARSE, OFF_TARGET
from stance.features.feature_sets import Rows, to_rows
from stance.features.row_text import view_of
from stance.models.heads import OnnxText
from stance.training.transformer import (
    batches_by_length,
    build_network,
    contrast,
    distance,
    locate_weights,
    pad,
    to_onnx,
    warm_then_linear,
)

MAX_TOKENS = 128
MASK_ID, SPECIAL_IDS = (
    103,
    1000,
)  # of BERT's vocabulary: [MASK]; below 1000 stand marks and unused words
SENTENCE_OPENERS = ("", *'.!?:|"“”‘')  # behind these a capital is no name's


class FineTuned(ClassifierMixin, BaseEstimator):
    """MiniLM with a linear head over the mean of its last hidden states.

    All layers but the word vectors trained.

    Parameters
    ----------
    view
        What of a row is read, see `stance.features.row_text`.
    epochs
        Passes over the training quotes; with ``held_out`` the best of them is kept.
    learning_rate
        Of the last layer; each layer below learns ``layer_decay`` times as fast, the head ten
        times as fast.
    label_smoothing
        Share of the target that is spread over all classes.
    mask_share
        Mean share of the words that are hidden from each training quote.
    name_mask_share
        Share of the names (words with a capital inside a sentence) that are hidden besides: what
        is learned should not hang on who it was.
    group_share
        Weight of two further losses beside that of the classes: of the coarse labels and of on or
        off the target, each the sum of its classes.
    r_drop
        Weight of the distance between two passes with other dropout; 0: one pass, half the time.
    contrast
        Weight of a further loss by which texts of one class come near to each other and far from
        the others (supervised contrastive learning).
    held_out
        Share of the articles that is set apart to choose the epoch; 0: none, the last epoch is
        kept.
    certainty
        Learn from each row's ``certainty``, the probability that its label is right, as well: the
        rest of the target is spread over the other classes.
    precision
        ``bfloat16`` multiplies with half the digits: half the time on processors that can (AVX-512
        BF16, AMX), much slower on others.
    seed
        Of the order, the masks, the dropout and the head.

    Attributes
    ----------
    history_
        Per epoch the training loss and the macro-F1 on the articles set apart (nan without).
    onnx_
        The trained network, int8, as bytes.
    tokenizer_
        Its tokenizer, JSON.

    Notes
    -----
    Layer-wise rates: Howard and Ruder 2018, aclanthology.org/P18-1031. Label smoothing: Szegedy et
    al. 2016, arxiv.org/abs/1512.00567. Two passes: Liang et al. 2021, arxiv.org/abs/2106.14448.
    Contrast: Khosla et al. 2020, arxiv.org/abs/2004.11362.
    """

    def __init__(
        self,
        view: str = "cue+text",
        epochs: int = 6,
        learning_rate: float = 1e-4,
        layer_decay: float = 0.85,
        label_smoothing: float = 0.1,
        mask_share: float = 0.1,
        name_mask_share: float = 0.0,
        group_share: float = 0.0,
        batch_size: int = 16,
        r_drop: float = 0.0,
        contrast: float = 0.0,
        held_out: float = 0.0,
        certainty: bool = False,
        precision: Literal["float32", "bfloat16"] = "float32",
        seed: int = 13,
    ) -> None:
        self.view = view
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.layer_decay = layer_decay
        self.label_smoothing = label_smoothing
        self.mask_share = mask_share
        self.name_mask_share = name_mask_share
        self.group_share = group_share
        self.batch_size = batch_size
        self.r_drop = r_drop
        self.contrast = contrast
        self.held_out = held_out
        self.certainty = certainty
        self.precision = precision
        self.seed = seed

    def fit(self, X: Rows, y: Sequence[Any]) -> Self:
        """Train on rows with a ``text`` (and ``cue``, ``context``).

        With ``held_out`` also an ``article``.

        Raises
        ------
        ModelError
            If the extra ``finetune`` is not installed or its weights are not the expected ones.
        """
        root = locate_weights()
        import torch
        from tokenizers import Tokenizer

        rows = to_rows(X)
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        tokenizer = Tokenizer.from_file(str(root / "tokenizer.json"))
        tokenizer.no_padding()
        tokenizer.enable_truncation(MAX_TOKENS)
        targets = soft_targets(rows, labels, len(self.classes_)) if self.certainty else labels
        texts = [view_of(row, self.view) for row in rows]
        encoded = tokenizer.encode_batch(texts)
        ids = [one.ids for one in encoded]
        names = [
            name_words(one.word_ids, one.offsets, text)
            for one, text in zip(encoded, texts, strict=True)
        ]
        learned, chosen = self._held_out(rows)

        # One thread: on a busy machine two are slower, and sums in another order would give
        # another model.
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                network = build_network(root, len(self.classes_))
                self.history_ = self._train(network, ids, names, labels, targets, learned, chosen)
                self.onnx_ = to_onnx(network)
        finally:
            torch.set_num_threads(threads)
        self.tokenizer_ = tokenizer.to_str()
        return self

    def predict_proba(self, X: Rows) -> np.ndarray:
        """Return shape (n_quotes, n_classes).

        The answers of the int8 network, the same that a model folder gives.
        """
        return OnnxText(self.view, self.onnx_, self.tokenizer_).probabilities(to_rows(X))

    def predict(self, X: Rows) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def _held_out(self, rows: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        everything = np.arange(len(rows))
        if not self.held_out:
            return everything, everything[:0]
        splitter = GroupShuffleSplit(1, test_size=self.held_out, random_state=self.seed)
        learned, chosen = next(splitter.split(everything, groups=[row["article"] for row in rows]))
        return learned, chosen

    def _train(
        self,
        network: Any,
        ids: list[list[int]],
        names: list[list[int]],
        labels: np.ndarray,
        targets: np.ndarray,
        learned: np.ndarray,
        chosen: np.ndarray,
    ) -> list[tuple[float, float]]:
        import torch

        rng = np.random.default_rng(self.seed)
        groups = self._parameter_groups(network)
        optimizer = torch.optim.AdamW(groups)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, warm_then_linear(self.epochs * math.ceil(len(learned) / self.batch_size))
        )
        loss_of = self._loss()
        history, best, kept = [], -1.0, None
        for _ in range(self.epochs):
            network.train()
            losses = []
            for batch in batches_by_length([len(ids[k]) for k in learned], self.batch_size, rng):
                at = learned[batch]
                tokens, mask = pad([ids[k] for k in at])
                hidden = (
                    rng.random(tokens.shape) < 2 * self.mask_share * rng.random((len(tokens), 1))
                ) & (tokens >= SPECIAL_IDS)
                if self.name_mask_share:
                    hidden |= hide_names(
                        [names[k] for k in at], tokens.shape, self.name_mask_share, rng
                    )
                inputs = torch.tensor(np.where(hidden, MASK_ID, tokens)), torch.tensor(mask)
                with torch.autocast(
                    "cpu", dtype=torch.bfloat16, enabled=self.precision == "bfloat16"
                ):
                    vectors = [network.vectors(*inputs) for _ in range(2 if self.r_drop else 1)]
                    passes = [network.classify(one).float() for one in vectors]
                loss = sum(loss_of(logits, torch.tensor(targets[at])) for logits in passes) / len(
                    passes
                )
                if self.contrast:
                    loss = loss + self.contrast * contrast(
                        torch.cat(vectors), torch.tensor(labels[at]).repeat(len(vectors))
                    )
                if self.r_drop:
                    loss = loss + self.r_drop * distance(*passes)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                losses.append(loss.item())
            reached = self._score(network, ids, labels, chosen)
            history.append((float(np.mean(losses)), reached))
            if reached > best:
                best, kept = (
                    reached,
                    {name: value.clone() for name, value in network.state_dict().items()},
                )
        if kept is not None:
            network.load_state_dict(kept)
        return history

    def _loss(self) -> Any:
        import torch

        loss_of = torch.nn.CrossEntropyLoss(label_smoothing=self.label_smoothing)
        groups = (
            [torch.tensor(one) for one in class_groups(self.classes_.tolist())]
            if self.group_share
            else []
        )

        def whole(logits: Any, targets: Any) -> Any:
            loss = loss_of(logits, targets)
            for group in groups:
                sums = torch.stack(
                    [logits[:, group == k].logsumexp(dim=1) for k in range(int(group.max()) + 1)],
                    dim=1,
                )
                wanted = (
                    targets @ torch.nn.functional.one_hot(group).to(targets.dtype)
                    if targets.dim() > 1
                    else group[targets]
                )
                loss = loss + self.group_share * loss_of(sums, wanted)
            return loss

        return whole

    def _parameter_groups(self, network: Any) -> list[dict[str, Any]]:
        layers = list(network.encoder.encoder.layer)
        # The word vectors stay: 11 of 22 million numbers, few of them met in training; the pooler
        # is not used.
        network.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        parts = [
            (network.head, 10 * self.learning_rate),
            (network.encoder.embeddings, self.learning_rate * self.layer_decay ** len(layers)),
        ]
        parts += [
            (layer, self.learning_rate * self.layer_decay**depth)
            for depth, layer in enumerate(reversed(layers))
        ]
        return [
            {
                "params": [parameter],
                "lr": rate,
                "weight_decay": 0.01 if parameter.dim() > 1 else 0.0,
            }
            for part, rate in parts
            for parameter in part.parameters()
            if parameter.requires_grad
        ]

    def _score(
        self, network: Any, ids: list[list[int]], labels: np.ndarray, chosen: np.ndarray
    ) -> float:
        if not len(chosen):
            return float("nan")
        import torch

        network.eval()
        found = []
        with torch.no_grad():
            for start in range(0, len(chosen), 32):
                tokens, mask = pad([ids[k] for k in chosen[start : start + 32]])
                found.append(
                    network(torch.tensor(tokens), torch.tensor(mask)).argmax(dim=1).numpy()
                )
        return float(f1_score(labels[chosen], np.concatenate(found), average="macro"))


def soft_targets(rows: Sequence[Any], labels: np.ndarray, n_classes: int) -> np.ndarray:
    """Return per row the probability of each class.

    Its ``certainty`` for its label, the rest in equal parts for the others, shape (n_rows,
    n_classes).

    Raises
    ------
    ModelError
        If a row says nothing of its certainty.
    """
    certain = np.array([row.get("certainty", math.nan) for row in rows], dtype=float)
    faulty = np.flatnonzero(~((certain > 0) & (certain <= 1)))
    if len(faulty):
        raise ModelError(
            f"row {faulty[0] + 1}: certainty {certain[faulty[0]]:g}, expected above 0 and at most "
            "1; train with certainty = false"
        )
    out = np.repeat(((1 - certain) / max(1, n_classes - 1))[:, None], n_classes, axis=1)
    out[np.arange(len(rows)), labels] = certain
    return out.astype(np.float32)


def name_words(
    word_ids: Sequence[int | None], offsets: Sequence[tuple[int, int]], text: str
) -> list[int]:
    """Return per token the number of the name that it belongs to, -1 where it belongs to none.

    A name is told by its capital, so a word that begins a sentence, a quotation or the text is
    none; neither is *I*.
    """
    named: dict[int, bool] = {}
    for word, (start, _) in zip(word_ids, offsets, strict=True):
        if word is not None and word not in named:
            before = text[:start].rstrip()
            named[word] = (
                text[start].isupper()
                and before[-1:] not in SENTENCE_OPENERS
                and not re.match(r"I\b", text[start:])
            )
    return [word if word is not None and named[word] else -1 for word in word_ids]


def hide_names(
    names: Sequence[Sequence[int]], shape: tuple[int, ...], share: float, rng: np.random.Generator
) -> np.ndarray:
    """Return which tokens are hidden when each name is hidden with some probability, as a whole.

    Shape (n_texts, longest).
    """
    hidden = np.zeros(shape, dtype=bool)
    for row, one in enumerate(names):
        numbers = np.array(one)
        drawn = [number for number in sorted(set(one) - {-1}) if rng.random() < share]
        hidden[row, : len(one)] = np.isin(numbers, drawn)
    return hidden


def class_groups(classes: Sequence[Any]) -> list[np.ndarray]:
    """Return how classes fall into groups, each an array of group numbers, one a class.

    By coarse label, and by on or off the target.

    A way of grouping that tells no two classes apart is left out, and so is one that tells them
    all.
    """
    coarse = [COARSE["neutral" if one == OFF_TARGET else str(one)] for one in classes]
    ways = [
        np.unique(coarse, return_inverse=True)[1],
        np.array([int(one == OFF_TARGET) for one in classes]),
    ]
    return [way for way in ways if 1 < len(set(way.tolist())) < len(classes)]
