"""Train an encoder as a classifier by a low-rank adapter (LoRA), with PyTorch.

Needs the extra ``adapt``. What it trains is answered by `stance.models.adapter` without PyTorch.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from copy import copy
from importlib.util import find_spec
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from stance.core.errors import ModelError, install_hint
from stance.core.paths import cache_folder
from stance.core.types import OFF_TARGET
from stance.encoders.files import encoder_digest, find_encoder
from stance.features.feature_sets import Rows, to_rows
from stance.features.row_text import view_of
from stance.models.adapter import LONGEST, AdaptedEncoder
from stance.models.folder import read_model
from stance.tracking.resolve import resolve
from stance.training.adapter_network import SCALE, adapted_network
from stance.training.adapter_steps import mask_and_padding, train_runs
from stance.training.objectives import LabelLoss


class AdaptedClassifier(ClassifierMixin, BaseEstimator):
    """An encoder with a linear head over the mean of its last hidden states, adapted to the task.

    Each matrix of the encoder's layers gets a low-rank change; the published weights stay.

    Parameters
    ----------
    encoder
        A name or a folder, see `stance.encoders.files.find_encoder`.
    view
        What of a row is read, see `stance.features.row_text`.
    epochs
        Passes over the training rows; need not be whole.
    rank
        Of each change.
    runs
        Trainings whose weights are averaged (a model soup). Each has its own seed, and takes as
        long as one; the model that comes out answers as fast as one.
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
        Of the order, the masks, the dropout, the adapter and the head; a further run has the next.
    say
        Takes lines of progress.

    Attributes
    ----------
    adapter_
        The trained adapter and head, safetensors in half precision, as bytes.
    digest_
        SHA-256 of the encoder's weights.
    losses_
        Mean training loss of each stretch of `CHECKPOINT_STEPS` steps, run by run.

    Notes
    -----
    Hu et al. 2022 (LoRA), arxiv.org/abs/2106.09685; learning from a teacher: Hinton et al. 2015,
    arxiv.org/abs/1503.02531; averages: Wortsman et al. 2022, arxiv.org/abs/2203.05482. A training
    that is cut off goes on from its last checkpoint in the cache when the same rows and settings
    are fitted again.
    """

    def __init__(
        self,
        encoder: str = "mpnet",
        view: str = "cue+text",
        epochs: float = 3.0,
        rank: int = 16,
        runs: int = 1,
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
        self.runs = runs
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
        rows = to_rows(X)
        self.classes_, labels = np.unique(np.asarray(y), return_inverse=True)
        files = find_encoder(self.encoder)
        tokenizer = files.tokenizer(LONGEST)
        ids = [tokenizer.encode(view_of(row, self.view)).ids for row in rows]
        taught = None
        if self.teacher:
            logits = teacher_logits(self.teacher, rows, [str(name) for name in self.classes_])
            taught = logits, self.teacher_share, self.teacher_temperature
        objective = LabelLoss(labels, self.label_smoothing, taught)
        weights, digest = files.weights()
        self.digest_ = encoder_digest(files, digest)
        config = json.loads(files.read("config.json"))
        settings = [self._of_seed(seed) for seed in range(self.seed, self.seed + self.runs)]
        self.adapter_, self.losses_ = train_runs(
            settings,
            lambda: adapted_network(config, weights, len(self.classes_), self.rank),
            ids,
            objective,
            mask_and_padding(tokenizer, config),
            [cache_folder() / "adapters" / each._key(ids, labels) for each in settings],
        )
        return self

    def _of_seed(self, seed: int) -> Self:
        settings = copy(self)
        settings.seed = seed
        return settings

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
        left_out = ("say", "runs")
        settings = {key: value for key, value in self.get_params().items() if key not in left_out}
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
            f"or {install_hint('adapt')}"
        )
