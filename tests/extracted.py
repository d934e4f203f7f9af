"""What is extracted from a text of one paragraph or a few."""

from stance.core.types import Article
from stance.extraction.pipeline import extract


def quotes_of(text):
    """Return all quotes of a text."""
    return next(extract([Article("a", text)]))


def speakers_of(text):
    """Return the speaker of each quote."""
    return [quote.speaker for quote in quotes_of(text)]


def texts_of(text):
    """Return the words of each quote."""
    return [quote.text for quote in quotes_of(text)]


def said_by(text):
    """Return the words of each quote and their speaker."""
    return [(quote.text, quote.speaker) for quote in quotes_of(text)]
