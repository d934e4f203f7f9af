"""Turn news articles into quotes with speakers and each speaker's stance toward negotiations.

>>> import stance
>>> model = stance.load()  # doctest: +SKIP
>>> model.predict("We are ready for talks.", cue="said").stance  # doctest: +SKIP
'support'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stance.core.errors import ConfigError, DataError, ModelError, StanceError
    from stance.core.types import STANCES, Article, Judgment, Prediction, Quote
    from stance.extraction.pipeline import extract
    from stance.prediction.model import Model, load
    from stance.prediction.quote_files import quotes, quotes_to_file
    from stance.prediction.reading import Reading
    from stance.prediction.rows import Columns

__version__ = "0.1.0"

_HOMES = {
    **dict.fromkeys(("STANCES", "Article", "Judgment", "Prediction", "Quote"), "stance.core.types"),
    **dict.fromkeys(
        ("StanceError", "DataError", "ConfigError", "ModelError"), "stance.core.errors"
    ),
    **dict.fromkeys(("Model", "load"), "stance.prediction.model"),
    "Columns": "stance.prediction.rows",
    **dict.fromkeys(("quotes", "quotes_to_file"), "stance.prediction.quote_files"),
    "Reading": "stance.prediction.reading",
    "extract": "stance.extraction.pipeline",
    # needs scikit-learn, so `import *` leaves it out
    "StanceClassifier": "stance.interfaces.sklearn_classifier",
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
    "quotes",
    "quotes_to_file",
]


def __getattr__(name: str) -> Any:
    # Importing stance loads nothing heavy: each name is fetched from its module when it is first
    # used.
    if name not in _HOMES:
        raise AttributeError(f"module 'stance' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    # What is fetched when first used is there all the same; what only serves this file is not for
    # others.
    return sorted({*__all__, *globals()} - {"TYPE_CHECKING", "Any", "import_module", "_HOMES"})
