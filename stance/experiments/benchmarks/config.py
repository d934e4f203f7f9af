"""What the file of a benchmark may say."""

from typing import Annotated, Literal

from pydantic import Field

from stance.experiments.config_files import Strict

Block = Literal["words", "chars", "target", "crossed", "vectors", "pair", "nearness"]


class BenchmarkMember(Strict):
    """One pipeline of the soft vote: blocks of features, and a logistic regression over them."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{1,30}$")
    weight: float = Field(default=1.0, gt=0)
    blocks: list[Block] = Field(min_length=1)
    words: list[int] = Field(default=[1, 3], min_length=2, max_length=2)
    chars: list[int] = Field(default=[2, 5], min_length=2, max_length=2)
    min_df: int = Field(default=2, ge=1)
    C: float = Field(default=1.0, gt=0)
    per_target: bool = Field(
        default=False, description="one model for each target, for corpora with few"
    )


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
    member: list[BenchmarkMember] = Field(min_length=1)
