"""What a training makes smaller: the loss of a batch."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

NOT_COUNTED = -100  # the class of a token that is not judged


class Objective(Protocol):
    """The loss of a batch, as a tensor without axes."""

    def __call__(self, network: Any, inputs: tuple[Any, Any], batch: list[int]) -> Any:
        """Return the loss.

        Parameters
        ----------
        network
            Of `stance.training.adapter_network.adapted_network`.
        inputs
            Tokens and the mask of the real ones, each of shape (n_texts, n_tokens).
        batch
            The positions of the texts among all.
        """


class LabelLoss:
    """Cross-entropy of one label for each text, beside a teacher's logits where there are some.

    Parameters
    ----------
    labels
        The class of each text.
    smoothing
        Share of the target that is spread over all classes.
    taught
        A teacher's logits, shape (n_texts, n_classes), with its share of the loss and the
        temperature that divides both sides' logits; None: labels alone.
    """

    def __init__(
        self,
        labels: np.ndarray,
        smoothing: float,
        taught: tuple[np.ndarray, float, float] | None = None,
    ) -> None:
        import torch

        self.labels, self.smoothing = torch.tensor(labels), smoothing
        self.teacher = None
        if taught is not None:
            targets, share, heat = taught
            self.teacher = torch.tensor(targets, dtype=torch.float32), share, heat

    def __call__(self, network: Any, inputs: tuple[Any, Any], batch: list[int]) -> Any:
        """Return the loss of a batch."""
        import torch
        from torch.nn import functional

        logits = network(*inputs)
        wanted = self.labels[batch].to(logits.device)
        loss = functional.cross_entropy(logits, wanted, label_smoothing=self.smoothing)
        if self.teacher is None:
            return loss
        targets, share, heat = self.teacher
        taught = torch.softmax(targets[batch].to(logits.device) / heat, dim=1)
        distance = -(taught * torch.log_softmax(logits / heat, dim=1)).sum(dim=1).mean()
        return (1 - share) * loss + share * heat**2 * distance


class TagLoss:
    """Cross-entropy of the tags of each token, in groups that do not exclude one another.

    Parameters
    ----------
    tags
        For each text its tags, shape (n_groups, n_tokens); `NOT_COUNTED` where there is none.
    groups
        For each group the columns of the head and its weight in the loss.
    """

    def __init__(
        self, tags: Sequence[np.ndarray], groups: Sequence[tuple[slice, float]], smoothing: float
    ) -> None:
        self.tags, self.groups, self.smoothing = tags, groups, smoothing

    def __call__(self, network: Any, inputs: tuple[Any, Any], batch: list[int]) -> Any:
        """Return the loss of a batch."""
        import torch
        from torch.nn import functional

        logits = network.of_tokens(*inputs)
        n_texts, n_tokens = logits.shape[:2]
        loss = 0
        for number, (columns, weight) in enumerate(self.groups):
            wanted = np.full((n_texts, n_tokens), NOT_COUNTED)
            for row, at in enumerate(batch):
                wanted[row, : self.tags[at].shape[1]] = self.tags[at][number]
            total = functional.cross_entropy(
                logits[..., columns].reshape(n_texts * n_tokens, -1),
                torch.tensor(wanted).to(logits.device).reshape(-1),
                ignore_index=NOT_COUNTED,
                label_smoothing=self.smoothing,
                reduction="sum",
            )
            loss = loss + weight * total / max(1, int((wanted != NOT_COUNTED).sum()))
        return loss
