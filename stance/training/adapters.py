"""Train an encoder as a classifier by a low-rank adapter (LoRA), with PyTorch.

Needs the extra ``adapt``. What it trains is answered by `stance.models.adapter` without PyTorch.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from stance.core.errors import ModelError
from stance.core.files import write_whole
from stance.core.paths import cache_folder
from stance.core.types import OFF_TARGET
from stance.features.encoder_files import find_encoder
from stance.features.encoder_network import canonical_name
from stance.features.feature_sets import Rows, to_rows
from stance.features.row_text import view_of
from stance.models.adapter import HEAD_BIAS, HEAD_WEIGHT, LONGEST, AdaptedEncoder
from stance.models.folder import read_model
from stance.tracking.resolve import resolve

SCALE = 2.0  # factor of the adapter's product, the same for every rank
CHECKPOINT_STEPS = 50
MASKS = ("<mask>", "[MASK]")  # what hides a word, in vocabularies of both types


class AdaptedClassifier(ClassifierMixin, BaseEstimator):
    """An encoder with a linear head over the mean of its last hidden states, adapted to the task.

    Each matrix of the encoder's layers gets a low-rank change; the published weights stay.

    Parameters
    ----------
    encoder
        A name or a folder, see `stance.features.encoder_files.find_encoder`.
    view
        What of a row is read, see `stance.features.row_text`.
    epochs
        Passes over the training rows; need not be whole.
    rank
        Of each change.
    learning_rate
        Highest rate of the adapter; the head learns twice as fast. Up over the first twentieth of
        the steps, then down by a cosine.
    label_smoothing
        Share of the target that is spread over all classes.
    mask_share
        Mean share of the words that are hidden from each training row.
    teacher
        A model (as `stance.tracking.resolve.resolve` takes it) whose logits of the training rows
        are learned as well as the labels; None: labels alone.
    teacher_share
        Weight of the teacher against the labels, 0 to 1.
    teacher_temperature
        Divides both sides' logits before they are compared.
    seed
        Of the order, the masks, the dropout, the adapter and the head.
    say
        Takes lines of progress.

    Attributes
    ----------
    adapter_
        The trained adapter and head, safetensors in half precision, as bytes.
    digest_
        SHA-256 of the encoder's weights.
    losses_
        Mean training loss of each stretch of `CHECKPOINT_STEPS` steps.

    Notes
    -----
    Hu et al. 2022 (LoRA), arxiv.org/abs/2106.09685; learning from a teacher: Hinton et al. 2015,
    arxiv.org/abs/1503.02531. A training that is cut off goes on from its last checkpoint in the
    cache when the same rows and settings are fitted again.
    """

    def __init__(
        self,
        encoder: str = "mpnet",
        view: str = "cue+text",
        epochs: float = 3.0,
        rank: int = 16,
        learning_rate: float = 4e-4,
        batch_size: int = 16,
        label_smoothing: float = 0.1,
        mask_share: float = 0.05,
        teacher: str | None = None,
        teacher_share: float = 0.8,
        teacher_temperature: float = 1.5,
        seed: int = 13,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.encoder = encoder
        self.view = view
        self.epochs = epochs
        self.rank = rank
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.label_smoothing = label_smoothing
        self.mask_share = mask_share
        self.teacher = teacher
        self.teacher_share = teacher_share
        self.teacher_temperature = teacher_temperature
        self.seed = seed
        self.say = say

    def fit(self, X: Rows, y: Sequence[Any]) -> Self:
        """Train on rows with a ``text`` (and ``cue``).

        Raises
        ------
        ModelError
            If the extra ``adapt`` is not installed or the encoder's weights are other ones.
        """
        check_installed()
        import torch

        rows = to_rows(X)
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        files = find_encoder(self.encoder)
        tokenizer = files.tokenizer(LONGEST)
        ids = [tokenizer.encode(view_of(row, self.view)).ids for row in rows]
        targets = None
        if self.teacher:
            targets = teacher_logits(self.teacher, rows, [str(name) for name in self.classes_])
        weights, self.digest_ = files.weights()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            config = json.loads(files.read("config.json"))
            network = adapted_network(config, weights, len(self.classes_), self.rank)
            mask = next(filter(None, map(tokenizer.token_to_id, MASKS)), 0)
            padding = int(config.get("pad_token_id", 0))
            run = _Training(self, network, ids, labels, targets, (mask, padding))
            self.losses_ = run.train(cache_folder() / "adapters" / self._key(ids, labels))
        self.adapter_ = network_bytes(network)
        return self

    def predict_proba(self, X: Rows) -> np.ndarray:
        """Return shape (n_quotes, n_classes): what the int8 network of a model folder answers."""
        return AdaptedEncoder(self.description(), self.adapter_).probabilities(to_rows(X))

    def predict(self, X: Rows) -> np.ndarray:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    def description(self) -> dict[str, Any]:
        """Return what `stance.models.adapter.AdaptedEncoder` needs besides the adapter."""
        return {
            "view": self.view,
            "encoder": self.encoder,
            "digest": self.digest_,
            "scale": SCALE,
            "classes": [str(name) for name in self.classes_],
        }

    def _key(self, ids: Sequence[Sequence[int]], labels: np.ndarray) -> str:
        """Return a name for this training: the same rows and settings have the same one."""
        settings = {name: value for name, value in self.get_params().items() if name != "say"}
        parts = [settings, self.digest_, [list(one) for one in ids], labels.tolist()]
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def teacher_logits(teacher: str, rows: Sequence[Any], classes: Sequence[str]) -> np.ndarray:
    """Return what an adapted model answers, shape (n_rows, n_classes), in the order of classes.

    Raises
    ------
    ModelError
        If the teacher is no adapted encoder of the same classes.
    """
    _, known, head = read_model(resolve(teacher)).members[0]
    # A folder says for which stance a class counts: on and off the target are both neutral.
    wanted = ["neutral" if name == OFF_TARGET else name for name in classes]
    if not isinstance(head, AdaptedEncoder) or list(known) != wanted:
        raise ModelError(
            f"teacher {teacher!r}: answers {', '.join(known)}; expected an adapted encoder that "
            f"answers {', '.join(wanted)}"
        )
    return head.logits(rows)


def check_installed() -> None:
    """Check that what training needs is installed.

    Raises
    ------
    ModelError
        If something is not.
    """
    missing = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"training an adapter needs {' and '.join(missing)}, not installed; run make adapt, "
            "or pip install with the extra adapt"
        )


class _Training:
    """One training: its optimizer, its batches, its checkpoints."""

    def __init__(
        self,
        settings: AdaptedClassifier,
        network: Any,
        ids: Sequence[Sequence[int]],
        labels: np.ndarray,
        targets: np.ndarray | None,
        mask_and_padding: tuple[int, int],
    ) -> None:
        import torch

        self.settings = settings
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device).train()
        self.ids, self.labels = ids, torch.tensor(labels)
        self.targets = None if targets is None else torch.tensor(targets, dtype=torch.float32)
        self.mask_token, self.padding = mask_and_padding
        self.named = [(n, p) for n, p in network.named_parameters() if p.requires_grad]
        is_head = [name.startswith("head.") for name, _ in self.named]
        rate = settings.learning_rate
        groups = [
            {
                "params": [
                    p for (_, p), head in zip(self.named, is_head, strict=True) if head == of_head
                ],
                "lr": rate * (2 if of_head else 1),
            }
            for of_head in (False, True)
        ]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        self.n_batches = math.ceil(len(ids) / settings.batch_size)
        self.n_steps = max(1, round(settings.epochs * self.n_batches))
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, cosine(self.n_steps))

    def train(self, folder: Path) -> list[float]:
        """Train to the end, from the last checkpoint where there is one; return the losses."""
        step, losses = self._resume(folder)
        stretch: list[float] = []
        for batch in self._batches(step):
            stretch.append(self._step(batch, step))
            step += 1
            if step % CHECKPOINT_STEPS == 0 or step == self.n_steps:
                losses.append(round(float(np.mean(stretch)), 4))
                stretch = []
                self._save(folder, step, losses)
                if self.settings.say:
                    self.settings.say(f"  step {step} of {self.n_steps}: loss {losses[-1]:.3f}")
        return losses

    def _step(self, batch: np.ndarray, step: int) -> float:
        import torch

        tokens, mask = pad([self.ids[k] for k in batch], self.padding)
        # Drawn by the step, so that a training that goes on draws what it would have drawn.
        rng = np.random.default_rng((self.settings.seed, 1, step))
        torch.manual_seed(self.settings.seed * 1_000_003 + step)
        tokens = self._hide_words(tokens, mask, rng)
        inputs = (torch.tensor(array).to(self.device) for array in (tokens, mask))
        logits = self.network(*inputs)
        loss = self._loss(logits, batch.tolist())
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in self.named], 1.0)
        self.optimizer.step()
        self.schedule.step()
        return float(loss.item())

    def _loss(self, logits: Any, batch: list[int]) -> Any:
        import torch
        from torch.nn import functional

        smoothing = self.settings.label_smoothing
        wanted = self.labels[batch].to(self.device)
        loss = functional.cross_entropy(logits, wanted, label_smoothing=smoothing)
        if self.targets is None:
            return loss
        heat, share = self.settings.teacher_temperature, self.settings.teacher_share
        taught = torch.softmax(self.targets[batch].to(self.device) / heat, dim=1)
        distance = -(taught * torch.log_softmax(logits / heat, dim=1)).sum(dim=1).mean()
        return (1 - share) * loss + share * heat**2 * distance

    def _hide_words(self, tokens: np.ndarray, mask: np.ndarray, rng: Any) -> np.ndarray:
        share = 2 * self.settings.mask_share * rng.random((len(tokens), 1))
        hidden = rng.random(tokens.shape) < share
        # The framing tokens stay: the first one, and the last one of each text.
        hidden[:, 0] = False
        hidden[np.arange(len(tokens)), mask.sum(axis=1) - 1] = False
        return np.where(hidden & (mask == 1), self.mask_token, tokens)

    def _batches(self, first: int) -> Iterator[np.ndarray]:
        """Yield the batches of all steps from ``first`` on, each epoch in an order of its own."""
        for epoch in range(first // self.n_batches, math.ceil(self.n_steps / self.n_batches)):
            rng = np.random.default_rng((self.settings.seed, 0, epoch))
            lengths = [len(one) for one in self.ids]
            batches = list(batches_by_length(lengths, self.settings.batch_size, rng))
            start = max(0, first - epoch * self.n_batches)
            yield from batches[start : self.n_steps - epoch * self.n_batches]

    def _save(self, folder: Path, step: int, losses: list[float]) -> None:
        from safetensors.torch import save

        state = {f"value.{name}": value.detach().cpu() for name, value in self.named}
        for name, value in self.named:
            moments = self.optimizer.state[value]
            state |= {f"{key}.{name}": moments[key].cpu() for key in ("exp_avg", "exp_avg_sq")}
        notes = {"step": str(step), "losses": json.dumps(losses)}
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {name: value.contiguous() for name, value in state.items()}
        write_whole(folder / "checkpoint.safetensors", save(tensors, notes))

    def _resume(self, folder: Path) -> tuple[int, list[float]]:
        import torch
        from safetensors import SafetensorError, safe_open

        path = folder / "checkpoint.safetensors"
        if not path.is_file():
            return 0, []
        try:
            with safe_open(path, "pt") as file:
                notes = file.metadata()
                step, losses = int(notes["step"]), json.loads(notes["losses"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            with torch.no_grad():
                for name, value in self.named:
                    value.copy_(tensors[f"value.{name}"])
        except (OSError, SafetensorError, LookupError, ValueError, RuntimeError):
            path.unlink(missing_ok=True)  # a checkpoint that cannot be read costs time, no more
            return 0, []
        for name, value in self.named:
            moments = {
                key: tensors[f"{key}.{name}"].to(self.device) for key in ("exp_avg", "exp_avg_sq")
            }
            self.optimizer.state[value] = {"step": torch.tensor(float(step)), **moments}
        self.schedule.last_epoch = step
        for group, base, factor in zip(
            self.optimizer.param_groups,
            self.schedule.base_lrs,
            self.schedule.lr_lambdas,
            strict=True,
        ):
            group["lr"] = base * factor(step)
        if self.settings.say:
            self.settings.say(f"  goes on from step {step} of {self.n_steps}")
        return step, losses


def adapted_network(config: dict[str, Any], weights: Any, n_classes: int, rank: int) -> Any:
    """Return the encoder with its published weights, an adapter at each matrix, and a head.

    Parameters
    ----------
    config
        The encoder's ``config.json``.
    weights
        By their canonical names, see `stance.features.encoder_network.canonical`.
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

        def forward(self, input_ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            hidden = self.body(input_ids=input_ids, attention_mask=mask).last_hidden_state
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


def cosine(n_steps: int) -> Callable[[int], float]:
    """Return the factor of the learning rate at a step.

    It rises over the first twentieth of the steps, then falls by a cosine.
    """
    warm = max(1, n_steps // 20)
    return lambda step: (
        min(1.0, (step + 1) / warm)
        * (0.02 + 0.98 * (1 + math.cos(math.pi * min(1.0, step / n_steps))) / 2)
    )


def batches_by_length(
    lengths: Sequence[int], size: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield all positions once, in random batches of similar length, to save padding."""
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), 40 * size):
        chunk = sorted(order[start : start + 40 * size], key=lambda k: lengths[k])
        batches += [np.array(chunk[k : k + size]) for k in range(0, len(chunk), size)]
    for k in rng.permutation(len(batches)):
        yield batches[k]


def pad(ids: Sequence[Sequence[int]], padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Return padded token ids and the mask of the real ones, both (n_texts, longest)."""
    tokens = np.full((len(ids), max(map(len, ids))), padding, dtype=np.int64)
    mask = np.zeros_like(tokens)
    for row, one in enumerate(ids):
        tokens[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return tokens, mask
