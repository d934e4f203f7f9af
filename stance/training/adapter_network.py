"""The network that an adapter is trained in: the published encoder, its changes, and a head."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from stance.core.errors import ModelError
from stance.encoders.adapters import HEAD_BIAS, HEAD_WEIGHT
from stance.encoders.int8_network import canonical_name

SCALE = 2.0  # of a change's product, whatever its rank


def adapted_network(config: dict[str, Any], weights: Any, n_classes: int, rank: int) -> Any:
    """Return the encoder with its published weights, an adapter at each matrix, and a head.

    Parameters
    ----------
    config
        The encoder's ``config.json``.
    weights
        By their canonical names, see `stance.encoders.int8_network.canonical`.
    """
    import torch
    from transformers import AutoConfig, AutoModel

    settings = AutoConfig.for_model(**config)
    encoder = AutoModel.from_config(settings, add_pooling_layer=False)
    names = {canonical_name(name): name for name in encoder.state_dict()}
    state = {names[name]: torch.tensor(value) for name, value in weights.items() if name in names}
    missing = encoder.load_state_dict(state, strict=False).missing_keys
    if [name for name in missing if "position_ids" not in name]:
        raise ModelError(f"encoder: its weights lack {', '.join(missing[:3])}; name another folder")
    return _build(encoder, settings.hidden_size, n_classes, rank)


def _build(encoder: Any, width: int, n_classes: int, rank: int) -> Any:
    import torch

    class Change(torch.nn.Module):
        """A matrix with a change of low rank beside it."""

        def __init__(self, matrix: torch.nn.Linear) -> None:
            super().__init__()
            self.matrix = matrix
            n_in, n_out = matrix.in_features, matrix.out_features
            self.down = torch.nn.Parameter(torch.randn(rank, n_in) / math.sqrt(n_in))
            self.up = torch.nn.Parameter(torch.zeros(n_out, rank))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.matrix(x) + SCALE * (x @ self.down.T) @ self.up.T

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for parameter in encoder.parameters():
                parameter.requires_grad_(False)
            for module in list(encoder.encoder.modules()):
                for name, child in list(module.named_children()):
                    if isinstance(child, torch.nn.Linear):
                        setattr(module, name, Change(child))
            self.body = encoder
            self.head = torch.nn.Linear(width, n_classes)

        def of_tokens(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            """Return what the head says of each token, shape (n_texts, n_tokens, n_classes)."""
            return self.head(self._states(input_ids, mask))

        def _states(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.body(input_ids=input_ids, attention_mask=mask).last_hidden_state

        def forward(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self._states(input_ids, mask)
            weight = mask[:, :, None].to(hidden.dtype)
            return self.head((hidden * weight).sum(1) / weight.sum(1))

    return Network()


def network_bytes(network: Any) -> bytes:
    """Return the adapter and the head as safetensors in half precision, by canonical names."""
    from safetensors.numpy import save

    arrays = {}
    for name, value in network.named_parameters():
        if value.requires_grad:
            short = (
                name
                if name in (HEAD_WEIGHT, HEAD_BIAS)
                else canonical_name(name.removeprefix("body."))
            )
            arrays[short] = value.detach().cpu().numpy().astype(np.float16)
    return save(arrays)


def averaged(adapters: Sequence[bytes]) -> bytes:
    """Return one adapter whose weights are the means of several.

    Its rank is the sum of theirs, so the mean of the changes is exact.

    Notes
    -----
    Wortsman et al. 2022 (model soups), arxiv.org/abs/2203.05482.
    """
    from safetensors.numpy import load, save

    if len(adapters) == 1:
        return adapters[0]
    loaded = [load(adapter) for adapter in adapters]
    out = {}
    for name in loaded[0]:
        parts = [arrays[name].astype(np.float64) for arrays in loaded]
        if name.endswith(".down"):
            mean = np.concatenate(parts, axis=0)
        elif name.endswith(".up"):
            mean = np.concatenate(parts, axis=1) / len(parts)
        else:
            mean = np.stack(parts).mean(axis=0)
        out[name] = mean.astype(np.float16)
    return save(out)
