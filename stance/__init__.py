"""From news articles to attributed quotes, their speakers, and each speaker's stance toward negotiations.

>>> import stance
>>> model = stance.load()  # doctest: +SKIP
>>> model.predict("We are ready for talks.", cue="said").stance  # doctest: +SKIP
'support'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stance.errors import ConfigError, DataError, ModelError, StanceError
    from stance.predict import Model, load
    from stance.quotes import extract
    from stance.readings import Reading
    from stance.records import STANCES, Article, Judgment, Prediction, Quote
    from stance.tables import Columns

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("STANCES", "Article", "Judgment", "Prediction", "Quote"), "stance.records"),
    **dict.fromkeys(("StanceError", "DataError", "ConfigError", "ModelError"), "stance.errors"),
    **dict.fromkeys(("Model", "load"), "stance.predict"),
    "Columns": "stance.tables",
    "Reading": "stance.readings",
    "extract": "stance.quotes",
}
__all__ = [
    "STANCES",
    "Article",
    "Columns",
    "ConfigError",
    "DataError",
    "Judgment",
    "Model",
    "ModelError",
    "Prediction",
    "Quote",
    "Reading",
    "StanceError",
    "extract",
    "load",
]


def __getattr__(name: str) -> Any:
    # Importing stance loads nothing heavy: each name is fetched from its module when it is first used.
    if name not in _HOMES:
        raise AttributeError(f"module 'stance' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    # What is fetched when first used is there all the same; what only serves this file is not for others.
    return sorted({*__all__, *globals()} - {"TYPE_CHECKING", "Any", "import_module", "_HOMES"})
