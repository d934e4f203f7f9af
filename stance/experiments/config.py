"""Experiment files: TOML, one question per file, checked at once and then never changed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from stance.core.errors import ConfigError
from stance.experiments.config_files import Strict, place_of, put_in, read_checked, words_of
from stance.features.analyzers import ROW_TERMS

View = Literal["text", "cue+text", "context+cue+text"]
BLOCKS = ("words", "chars", *ROW_TERMS)


class NoFeatures(Strict):
    """Nothing is read: for the majority baseline."""

    kind: Literal["none"]


class Ngrams(Strict):
    """Word and character n-grams; ``wording``: with masked n-grams and frames beside them."""

    kind: Literal["tfidf", "wording"]
    view: View = "cue+text"
    words: list[Annotated[int, Field(ge=1, le=5)]] = Field(
        default=[1, 2], min_length=2, max_length=2
    )
    chars: list[Annotated[int, Field(ge=1, le=8)]] = Field(
        default=[3, 5], max_length=2, description="empty: no character n-grams"
    )
    min_df: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        for name, given in (("words", self.words), ("chars", self.chars)):
            if given and (len(given) != 2 or given[0] > given[1]):
                raise ValueError(f"{name} is {given}, expected [shortest, longest]")
        return self


class RowTerms(Strict):
    """One family of terms of the whole row: frames, or n-grams without names and numbers."""

    kind: Literal["frames", "masked"]
    min_df: int = Field(default=2, ge=1)


class Blocks(Ngrams):
    """Any families of terms side by side."""

    kind: Literal["blocks"]  # type: ignore[assignment]  # the same settings under another name
    blocks: list[str] = Field(min_length=1)

    @field_validator("blocks")
    @classmethod
    def _known(cls, blocks: list[str]) -> list[str]:
        for block in blocks:
            if block not in BLOCKS:
                raise ValueError(
                    f"block {block!r} is unknown; expected some of {', '.join(BLOCKS)}"
                )
        return blocks


class Vectors(Strict):
    """The vectors of a frozen sentence encoder."""

    kind: Literal["encoder"]
    view: View = "cue+text"
    model: str = Field(default="mpnet", description="mpnet, minilm, or an encoder's folder")


class Majority(Strict):
    """How often each label occurs in training, whatever the text."""

    kind: Literal["majority"]


class LogReg(Strict):
    """Multinomial logistic regression."""

    kind: Literal["logreg"]
    C: float = Field(default=1.0, gt=0)
    class_weight: Literal["balanced", "none"] = "none"


class WholeRows(Strict):
    """The rows themselves: for an adapted encoder, which reads text."""

    kind: Literal["rows"]


class Adapter(Strict):
    """An encoder adapted to the task, see `stance.training.adapters`."""

    kind: Literal["adapter"]
    encoder: str = Field(default="mpnet", description="mpnet, minilm, or an encoder's folder")
    view: View = "cue+text"
    epochs: float = Field(default=3.0, gt=0, le=50)
    rank: int = Field(default=16, ge=1, le=256)
    runs: int = Field(default=1, ge=1, le=8, description="trainings whose weights are averaged")
    learning_rate: float = Field(default=4e-4, gt=0, lt=1e-1)
    batch_size: int = Field(default=16, ge=1, le=256)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mask_share: float = Field(default=0.05, ge=0, le=0.4, description="share of hidden words")
    teacher: str | None = Field(default=None, description="a model whose doubt is learned too")
    teacher_share: float = Field(default=0.8, ge=0, le=1)
    teacher_temperature: float = Field(default=1.5, gt=0, le=10)
    seed: int = Field(default=13, ge=0, lt=2**32)


class NewHead(Strict):
    """The head of an adapted model fitted anew, see `stance.training.refitted_heads`."""

    kind: Literal["head"]
    model: str = Field(default="standard", description="the adapted model to start from")
    pull: float = Field(default=10.0, gt=0, description="how firmly the head stays where it was")


class Member(Strict):
    """One pipeline of the soft vote."""

    weight: float = Field(default=1.0, gt=0)
    features: Annotated[
        NoFeatures | Ngrams | RowTerms | Blocks | Vectors | WholeRows,
        Field(discriminator="kind"),
    ]
    classifier: Annotated[Majority | LogReg | Adapter | NewHead, Field(discriminator="kind")]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        features, classifier = self.features.kind, self.classifier.kind
        needed = {"majority": "none", "adapter": "rows", "head": "rows"}.get(classifier)
        if needed != features and (needed or features in ("none", "rows")):
            raise ValueError(
                f"features {features!r} do not go with classifier {classifier!r}: majority takes "
                "none, adapter and head take rows, logreg any other"
            )
        return self

    def build_options(self) -> dict[str, Any]:
        """Return what `stance.training.classifiers.build_pipeline` takes."""
        features = self.features.model_dump()
        for name in ("words", "chars"):
            if name in features:
                features[name] = tuple(features[name]) or None
        classifier = self.classifier.model_dump()
        if classifier.get("class_weight") == "none":
            classifier["class_weight"] = None
        return {"weight": self.weight, "features": features, "classifier": classifier}


class Data(Strict):
    """Which reports the model learns from."""

    train: list[Literal["train", "validation", "test", "own", "contrasts"]] = Field(
        default=["train", "validation", "own"], min_length=1
    )
    max_reports: int = Field(
        default=0, ge=0, description="0: all; else the first so many, drawn by seed"
    )
    folds: int = Field(
        default=5,
        ge=0,
        le=20,
        description="0: no cross-validation, for models that take long; else 2 or more",
    )
    repeats: int = Field(
        default=1,
        ge=1,
        le=20,
        description="how often the folds are drawn anew; the score is the mean over the draws",
    )
    calibrate: Literal["validation", "seeds", "none"] | None = Field(
        default=None,
        description="the set that sets the temperature; by default out-of-fold, else validation; "
        "none: the probabilities stay as they are",
    )
    labels: Literal["agreed", "first"] = Field(
        default="agreed",
        description="first: what the first reader said, before any second judgment",
    )

    @field_validator("folds")
    @classmethod
    def _not_one(cls, folds: int) -> int:
        if folds == 1:
            raise ValueError("expected 2 or more folds, or 0 for no cross-validation")
        return folds


class Curve(Strict):
    """A learning curve instead of one model.

    Every member alone and their vote are fitted on growing numbers of reports.
    """

    reports: list[Annotated[int, Field(ge=0)]] = Field(
        min_length=2, description="numbers of reports; 0: all"
    )
    labels: list[Literal["agreed", "first"]] = Field(default=["agreed"], min_length=1)


class Experiment(Strict):
    """One question and how it is answered."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    question: str = Field(min_length=10)
    seed: int = Field(default=13, ge=0, lt=2**32)
    data: Data = Data()
    curve: Curve | None = None
    neutral_in_two: bool = Field(
        default=False, description="learn neutral on and off the target as two classes"
    )
    member: list[Member] = Field(min_length=1)


def read_experiment(path: Path, settings: list[str] | None = None) -> Experiment:
    """Read and check one experiment file.

    Parameters
    ----------
    path
        A TOML file.
    settings
        Changes ``key.path=value``, the value in TOML's syntax; ``member.0.classifier.C=3.0``
        reaches into lists.

    Raises
    ------
    ConfigError
        With every fault and its path, all at once.
    """
    return read_checked(path, Experiment, settings)


def with_values(experiment: Experiment, values: Mapping[str, Any]) -> Experiment:
    """Return the experiment with other values at some paths (``member.0.classifier.C``), checked.

    Raises
    ------
    ConfigError
        If there is no such setting, or a value does not fit.
    """
    raw = experiment.model_dump()
    for path, value in values.items():
        put_in(raw, path, value, path)
    try:
        return Experiment.model_validate(raw)
    except ValidationError as fault:
        raise ConfigError(
            "; ".join(f"{place_of(one['loc'])}: {words_of(one)}" for one in fault.errors())
        ) from fault
