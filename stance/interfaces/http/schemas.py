"""The schemas of requests and answers, as ``/openapi.json`` shows them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

from stance.core.safe_text import in_whole_characters
from stance.models.prediction_sets import HIGHEST, LOWEST


class ReadAsked(BaseModel):
    """What may stand behind the question mark of ``/read``."""

    model_config = ConfigDict(extra="forbid")

    abstain_at: Annotated[
        float,
        Field(ge=0, le=1, description="Abstain where the likeliest stance has less than this."),
    ] = 0.0


class PredictAsked(ReadAsked):
    """What may stand behind the question mark of ``/predict``."""

    sets: Annotated[
        float | None,
        Field(
            ge=LOWEST,
            le=HIGHEST,
            description="Add the set of stances that holds the right one with this probability.",
        ),
    ] = None
    attributed: Annotated[
        bool, Field(description="Add the stances that the quote ascribes to others.")
    ] = False
    explain: Annotated[bool, Field(description="Add the words that carried the stance.")] = False


class RowIn(BaseModel):
    """One quote."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str | None,
        Field(
            description="The quote's words.",
            examples=["We are ready to resume the talks on Monday."],
        ),
    ] = None
    id: Annotated[str | StrictInt | None, Field(description="Comes back in the answer.")] = None
    cue: Annotated[
        str | None,
        Field(description="The reporting verb: it often carries the stance.", examples=["said"]),
    ] = None
    context: Annotated[str | None, Field(description="The sentence or two before.")] = None
    speaker: Annotated[
        str | None, Field(description="For the caller's own use; the model never reads names.")
    ] = None


class ArticleIn(BaseModel):
    """One article."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str,
        BeforeValidator(in_whole_characters),
        Field(description="The article as published.", min_length=1),
    ]
    id: Annotated[str | None, Field(description="Comes back in the answer.")] = None
    title: Annotated[
        str | None,
        Field(description="For the caller's own use, as date: quotes are read from the text."),
    ] = None
    date: Annotated[str | None, Field(description="As 2025-05-13.")] = None


class Term(BaseModel):
    """A word and what the stance's probability loses without it, with its place in the text.

    Or a feature and how far it moved the stance's sum.
    """

    term: str
    weight: float
    span: list[int] = []


class Held(BaseModel):
    """A stance that the quote ascribes to somebody else."""

    holder: str
    stance: str
    probability: float
    mention: str | None
    span: list[int] | None
    holder_id: str | None


class PredictionOut(BaseModel):
    """What the model says of one quote; ``stance`` is null exactly where it abstained."""

    id: str | None
    stance: Literal["support", "conditional", "skeptical", "oppose", "neutral"] | None
    probabilities: dict[str, float]
    score: Annotated[float, Field(ge=-1, le=1)]
    coarse: Literal["favor", "against", "none"] | None
    abstained: bool
    model: dict[str, str]
    prediction_set: list[str] = []
    attributed: list[Held] = []
    reason: str = ""
    note: str = ""
    explanation: list[Term] = []
    features: list[Term] = []


class ReadingOut(BaseModel):
    """An article's speakers with their stances and quotes."""

    article: str
    model: dict[str, str]
    speakers: list[dict[str, Any]]
    note: str = ""


class Problem(BaseModel):
    """What was found, what was expected."""

    detail: str
