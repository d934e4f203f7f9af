"""What stands before a quote, for a model and for a person."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from stance.core.types import Article, Quote

if TYPE_CHECKING:
    from spacy.language import Language

CONTEXT_CHARS = 300


def context_of(article: Article, quote: Quote) -> str:
    """Return what stands before the quote in its paragraph and the one before.

    At most 300 characters, from a sentence's start.
    """
    before = article.text[max(0, quote.spans[0][0] - 2 * CONTEXT_CHARS) : quote.spans[0][0]]
    before = " ".join("\n".join(re.split(r"\n\s*\n", before)[-2:]).split())[-CONTEXT_CHARS:]
    start = re.search(r"(?<=[.!?”\"])\s+(?=[A-Z“\"])", before)
    return (before[start.end() :] if start and len(before) == CONTEXT_CHARS else before).rstrip(
        " “\"‘'"
    )


# How far back the sentence before a quote is looked for.
WINDOW_CHARS = 2000


def sentence_before(article: Article, quote: Quote) -> str:
    """Return what a person reads before a quote.

    The beginning of its own sentence, where it stands inside one, and the sentence before.

    A model is given more (`stance.extraction.text.context.context_of`); a person would read
    others' words for this speaker's.
    """
    start = quote.spans[0][0]
    paragraphs = re.split(r"\n\s*\n", article.text[max(0, start - WINDOW_CHARS) : start])[-2:]
    sentences = [sentence for paragraph in paragraphs for sentence in _sentences(paragraph)]
    inside = bool(sentences) and not re.search(r"[.!?…][”\"’')\]]*$", sentences[-1])
    text = " ".join(sentences[-2 if inside else -1 :])
    return text if len(text) <= CONTEXT_CHARS else "… " + text[-CONTEXT_CHARS:].partition(" ")[2]


def _sentences(paragraph: str) -> list[str]:
    sentences: list[str] = []
    opening = ""
    for sentence in _sentencizer()(" ".join(paragraph.split())).sents:
        # An opening mark belongs to the sentence behind it, and what goes on in lower case is no
        # new sentence ("No!" he said).
        words = opening + sentence.text.strip()
        opening = words[-1] if re.search(r"(^|\s)[“‘«\"']$", words) else ""
        words = words.removesuffix(opening).rstrip()
        if sentences and words[:1].islower():
            sentences[-1] += f" {words}"
        elif words:
            sentences.append(words)
    return sentences


@lru_cache(maxsize=1)
def _sentencizer() -> "Language":
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    return nlp
