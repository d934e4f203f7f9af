"""Experiment files: TOML, one file a question, checked at once and frozen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from stance.core.errors import ConfigError
from stance.experiments.config_files import Strict, place_of, put_in, read_checked, words_of

View = Literal["text", "cue+text", "context+cue+text"]


class NoFeatures(Strict):
    """Nothing is read: for the majority baseline."""

    kind: Literal["none"]


class Tfidf(Strict):
    """Word and character n-grams."""

    kind: Literal["tfidf"]
    view: View = "cue+text"
    words: list[Annotated[int, Field(ge=1, le=5)]] = Field(
        default=[1, 2], min_length=2, max_length=2
    )
    chars: list[Annotated[int, Field(ge=1, le=8)]] = Field(
        default=[3, 5], max_length=2, description="empty: no character n-grams"
    )
    min_df: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _ranges(self) -> "Tfidf":
        for name, given in (("words", self.words), ("chars", self.chars)):
            if given and (len(given) != 2 or given[0] > given[1]):
                raise ValueError(f"{name} is {given}, expected [shortest, longest]")
        return self


class Frames(Strict):
    """What is spoken of and how, by word lists."""

    kind: Literal["frames"]
    min_df: int = Field(default=2, ge=1)


class Masked(Strict):
    """N-grams without names, numbers and places."""

    kind: Literal["masked"]
    min_df: int = Field(default=2, ge=1)


class Wording(Tfidf):
    """N-grams, masked n-grams and frames together."""

    kind: Literal["wording"]  # type: ignore[assignment]  # the same settings under another name


class Blocks(Tfidf):
    """Any families of terms side by side."""

    kind: Literal["blocks"]  # type: ignore[assignment]  # the same settings under another name
    blocks: list[Literal["words", "chars", "masked", "frames", "speaker", "parse"]] = Field(
        min_length=1
    )


class Encoder(Strict):
    """Sentence vectors."""

    kind: Literal["encoder"]
    view: View = "cue+text"
    model: Literal["minilm"] = "minilm"


class Majority(Strict):
    """The shares of the labels in training."""

    kind: Literal["majority"]


class LogReg(Strict):
    """Multinomial logistic regression."""

    kind: Literal["logreg"]
    C: float = Field(default=1.0, gt=0)
    class_weight: Literal["balanced", "none"] = "none"


class SupportVectors(Strict):
    """Linear support vector machines, the softmax of their margins."""

    kind: Literal["svm"]
    C: float = Field(default=0.3, gt=0)
    sharpness: float = Field(default=2.0, gt=0)
    class_weight: Literal["balanced", "none"] = "none"


class InTwoSteps(Strict):
    """First on or off the target, then which stance."""

    kind: Literal["two-step"]
    C: float = Field(default=5.0, gt=0)
    C_first: float = Field(default=5.0, gt=0)


class InOrder(Strict):
    """The stances as places on one axis."""

    kind: Literal["ordinal"]
    C: float = Field(default=5.0, gt=0)


class Boosting(Strict):
    """Gradient-boosted trees, for sentence vectors."""

    kind: Literal["boosting"]
    rounds: int = Field(default=100, ge=1, le=2000)
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    leaves: int = Field(default=15, ge=2, le=255)
    l2: float = Field(default=1.0, ge=0)
    seed: int = Field(default=13, ge=0, lt=2**32)


class RowsAsTheyAre(Strict):
    """The rows themselves: for the fine-tuned encoder, which reads text."""

    kind: Literal["rows"]


class Finetuned(Strict):
    """MiniLM trained further, see `stance.training.finetuning`."""

    kind: Literal["finetuned"]
    view: View = "cue+text"
    epochs: int = Field(default=6, ge=1, le=50)
    learning_rate: float = Field(default=1e-4, gt=0, lt=1e-2)
    layer_decay: float = Field(default=0.85, gt=0, le=1)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mask_share: float = Field(default=0.1, ge=0, le=0.4)
    name_mask_share: float = Field(
        default=0.0, ge=0, le=1, description="share of the names that are hidden besides"
    )
    group_share: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="weight of the losses of coarse labels and of on or off the target",
    )
    batch_size: int = Field(default=16, ge=1, le=256)
    r_drop: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="weight of the distance between two passes; above 0 training takes twice as "
        "long",
    )
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="weight of a loss that draws texts of one class together",
    )
    held_out: float = Field(
        default=0.0, ge=0, le=0.5, description="share of the reports that choose the epoch"
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="bfloat16: half the time on processors that can multiply so"
    )
    seed: int = Field(default=13, ge=0, lt=2**32)


class Member(Strict):
    """One pipeline of the soft vote."""

    weight: float = Field(default=1.0, gt=0)
    features: Annotated[
        NoFeatures | Tfidf | Frames | Masked | Wording | Blocks | Encoder | RowsAsTheyAre,
        Field(discriminator="kind"),
    ]
    classifier: Annotated[
        Majority | LogReg | SupportVectors | InTwoSteps | InOrder | Boosting | Finetuned,
        Field(discriminator="kind"),
    ]

    @model_validator(mode="after")
    def _fits(self) -> "Member":
        pair = (self.features.kind, self.classifier.kind)
        if (pair[0] == "none") != (pair[1] == "majority") or (pair[0] == "rows") != (
            pair[1] == "finetuned"
        ):
            raise ValueError(
                f"features {pair[0]!r} do not go with classifier {pair[1]!r}: majority takes "
                "none, finetuned takes rows, logreg any other"
            )
        if pair[1] == "boosting" and pair[0] != "encoder":
            raise ValueError(
                f"features {pair[0]!r} do not go with classifier 'boosting': trees take the dense "
                "vectors of encoder; use logreg or svm"
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


class Stack(Strict):
    """A regression over the members' probabilities instead of their weighted mean."""

    folds: int = Field(
        default=5, ge=2, le=20, description="folds by report whose predictions teach the regression"
    )
    C: float = Field(default=0.1, gt=0)
    seed: int = Field(default=13, ge=0, lt=2**32)


class Data(Strict):
    """Which reports are learned from."""

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

    Every member alone and their vote, on growing numbers of reports.
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
    stack: Stack | None = Field(
        default=None, description="learn whom of the members to trust, instead of a vote by weights"
    )
    member: list[Member] = Field(min_length=1)

    @model_validator(mode="after")
    def _together(self) -> "Experiment":
        kinds = [member.classifier.kind for member in self.member]
        if self.neutral_in_two and "ordinal" in kinds:
            raise ValueError(
                "neutral_in_two does not go with classifier 'ordinal': a neutral off the target "
                "has no place on its axis"
            )
        if self.stack and "finetuned" in kinds:
            raise ValueError(
                "stack does not go with classifier 'finetuned', which takes ten minutes a fold; "
                "let it be a member of a vote"
            )
        return self


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
