"""The steps of an adapter's training: batches, checkpoints."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from stance.core.files import write_whole
from stance.training.adapter_network import averaged, network_bytes
from stance.training.objectives import Objective

CHECKPOINT_STEPS = 50
MASKS = ("<mask>", "[MASK]")  # what hides a word, in vocabularies of both types


class Settings(Protocol):
    """What a training needs to know, see `stance.training.adapters.AdaptedClassifier`."""

    @property
    def epochs(self) -> float: ...  # noqa: D102

    @property
    def learning_rate(self) -> float: ...  # noqa: D102

    @property
    def batch_size(self) -> int: ...  # noqa: D102

    @property
    def mask_share(self) -> float: ...  # noqa: D102

    @property
    def seed(self) -> int: ...  # noqa: D102

    @property
    def say(self) -> Callable[[str], None] | None: ...  # noqa: D102


class AdapterTraining:
    """One training: its optimizer, its batches, its checkpoints.

    Parameters
    ----------
    network
        Of `stance.training.adapter_network.adapted_network`.
    ids
        The tokens of each text.
    objective
        See `stance.training.objectives`.
    mask_and_padding
        The tokens that hide a word and fill up a batch.
    """

    def __init__(
        self,
        settings: Settings,
        network: Any,
        ids: Sequence[Sequence[int]],
        objective: Objective,
        mask_and_padding: tuple[int, int],
    ) -> None:
        import torch

        self.settings = settings
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = network.to(self.device).train()
        self.ids, self.objective = ids, objective
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
        inputs = tuple(torch.tensor(array).to(self.device) for array in (tokens, mask))
        loss = self.objective(self.network, inputs, batch.tolist())
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for _, p in self.named], 1.0)
        self.optimizer.step()
        self.schedule.step()
        return float(loss.item())

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


def train_runs(
    settings: Sequence[Settings],
    network_of: Callable[[], Any],
    ids: Sequence[Sequence[int]],
    objective: Objective,
    special: tuple[int, int],
    places: Sequence[Path],
) -> tuple[bytes, list[float]]:
    """Train once by each of several settings, and average the adapters.

    Parameters
    ----------
    settings
        Of each training, with its own seed.
    network_of
        Makes a network that nothing has trained; chance is drawn from the training's seed.
    special
        See `mask_and_padding`.
    places
        Where the checkpoints of each training lie.

    Returns
    -------
    adapter, losses
        The mean (see `stance.training.adapter_network.averaged`), and the losses run by run.
    """
    import torch

    adapters: list[bytes] = []
    losses: list[float] = []
    for of_run, place in zip(settings, places, strict=True):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(of_run.seed)
            network = network_of()
            losses += AdapterTraining(of_run, network, ids, objective, special).train(place)
        adapters.append(network_bytes(network))
    return averaged(adapters), losses


def mask_and_padding(tokenizer: Any, config: Mapping[str, Any]) -> tuple[int, int]:
    """Return the tokens that hide a word and that fill up a batch."""
    mask = next(filter(None, map(tokenizer.token_to_id, MASKS)), 0)
    return mask, int(config.get("pad_token_id", 0))


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
