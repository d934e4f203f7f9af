"""What the file of a benchmark may say."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stance.experiments.config_files import Strict

Block = Literal["words", "chars", "target", "crossed", "vectors", "pair", "nearness"]
DENSE = ("vectors", "pair", "nearness")


class Linear(Strict):
    """Logistic regression, or a linear SVM whose margins are made probabilities."""

    kind: Literal["logreg", "svm"]
    C: float = Field(default=1.0, gt=0)


class Kernel(Strict):
    """A support vector machine with a radial kernel."""

    kind: Literal["rbf"]
    C: float = Field(default=3.0, gt=0)


class Network(Strict):
    """The mean of small networks with one hidden layer, each from a start of its own."""

    kind: Literal["mlp"]
    hidden: int = Field(default=128, ge=1, le=2048)
    alpha: float = Field(default=1e-3, ge=0)
    epochs: int = Field(default=10, ge=1, le=200)
    n: int = Field(default=3, ge=1, le=20)


class Boosting(Strict):
    """Gradient-boosted trees; for blocks without n-grams."""

    kind: Literal["boosting"]
    rounds: int = Field(default=150, ge=1, le=2000)
    learning_rate: float = Field(default=0.06, gt=0, le=1)


class Encoder(Strict):
    """The encoder itself trained further, see `stance.training.finetuning.FineTuned`.

    The mean of ``n`` from starts of their own. Needs the extra ``finetune``.

    It reads the text, no blocks. What it learns is answered with and forgotten: no corpus's
    licence lets it go into a model.
    """

    kind: Literal["finetuned"]
    n: int = Field(default=1, ge=1, le=20)
    epochs: int = Field(default=6, ge=1, le=50)
    learning_rate: float = Field(default=1e-4, gt=0, le=1e-2)
    layer_decay: float = Field(default=0.85, gt=0, le=1)
    label_smoothing: float = Field(default=0.1, ge=0, lt=1)
    mask_share: float = Field(default=0.1, ge=0, le=0.5)
    batch_size: int = Field(default=16, ge=1, le=256)
    r_drop: float = Field(default=0.0, ge=0)
    contrast: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="weight of a loss that draws texts of one class together",
    )
    certainty: bool = Field(
        default=False,
        description="desmog: learn how sure the annotators were, not only what they said",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="bfloat16: half the time on processors that can multiply so"
    )


class Member(Strict):
    """One pipeline of the soft vote."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,30}$")
    weight: float = Field(default=1.0, gt=0)
    blocks: list[Block] = Field(default_factory=list)
    words: list[int] = Field(default=[1, 3], min_length=2, max_length=2)
    chars: list[int] = Field(default=[2, 5], min_length=2, max_length=2)
    min_df: int = Field(default=2, ge=1)
    per_target: bool = Field(default=False, description="one model a target, for corpora with few")
    classifier: Annotated[
        Linear | Kernel | Network | Boosting | Encoder, Field(discriminator="kind")
    ]

    @model_validator(mode="after")
    def _fits(self) -> "Member":
        if (self.classifier.kind == "finetuned") == bool(self.blocks):
            raise ValueError(
                "finetuned reads the text itself and takes no blocks"
                if self.blocks
                else f"{self.classifier.kind} needs blocks, at least one"
            )
        sparse = [name for name in self.blocks if name not in DENSE]
        if sparse and self.classifier.kind in ("mlp", "boosting"):
            raise ValueError(
                f"{self.classifier.kind} takes the blocks {', '.join(DENSE)} only, not the "
                f"n-grams of {', '.join(sparse)}"
            )
        return self


class Benchmark(Strict):
    """One corpus and the models that are measured on it."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")
    question: str = Field(min_length=10)
    corpus: Literal["semeval2016", "desmog", "vast"]
    seed: int = Field(default=13, ge=0, lt=2**32)
    folds: int = Field(
        default=5, ge=2, le=20, description="folds over the training rows that choose none_factor"
    )
    repeats: int = Field(
        default=10,
        ge=1,
        le=20,
        description="desmog: how often the five folds over all rows are drawn",
    )
    none_factors: list[Annotated[float, Field(gt=0)]] = Field(
        default=[1.0], min_length=1, description="factors on the probability of none, one is chosen"
    )
    member: list[Member] = Field(min_length=1)

    @model_validator(mode="after")
    def _says_how_sure(self) -> "Benchmark":
        wants = [
            one.name
            for one in self.member
            if isinstance(one.classifier, Encoder) and one.classifier.certainty
        ]
        if wants and self.corpus != "desmog":
            raise ValueError(
                f"{', '.join(wants)}: certainty is known for desmog only, not for {self.corpus}"
            )
        return self
