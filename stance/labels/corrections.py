"""What a person corrects of a quote that the program found: its words, its speaker, or all of it.

A correction is part of a judgment. It changes the quote from which models learn, never the file of
articles: ids and earlier judgments stay valid.
"""

import dataclasses
import re

from stance.core.errors import DataError
from stance.core.types import Article, Judgment, Quote, Span

NO_QUOTE = "no quote"  # what stands for the right words where nobody is quoted
_GAP = re.compile(r"\s*…\s*")
# Spreadsheets and keyboards change these.
_ALIKE = ("'‘’`´", '"“”„«»', "-‐‑–—")


def corrected(article: Article, quote: Quote, judged: Judgment) -> Quote:
    """Return the quote as a judgment corrects it; what is no quote becomes optional.

    Raises
    ------
    DataError
        If the right words are not in the article.
    """
    if not judged.is_quote:
        return dataclasses.replace(quote, optional=True)
    if judged.text is not None:
        spans = find_words(article, quote, judged.text)
        quote = dataclasses.replace(quote, spans=spans, text=article.cut(spans))
    if judged.speaker is not None:
        quote = dataclasses.replace(
            quote, speaker=judged.speaker, speaker_mention=None, speaker_span=None, speaker_id=None
        )
    return quote


def checked(article: Article, quote: Quote, judged: Judgment) -> Judgment:
    """Return the judgment with the words as the article has them, and no correction that is none.

    Raises
    ------
    DataError
        If the right words are not in the article.
    """
    text, speaker = judged.text, judged.speaker
    if text is not None:
        spans = find_words(article, quote, text)
        same = spans == quote.spans
        text = None if same else " … ".join(article.text[start:end] for start, end in spans)
    if speaker == quote.speaker:
        speaker = None
    return dataclasses.replace(judged, text=text, speaker=speaker)


def find_words(article: Article, quote: Quote, words: str) -> tuple[Span, ...]:
    """Return where words stand in an article: of several places the one nearest to the quote.

    " … " stands where an attribution interrupts them. Blanks, dashes and the kind of quotation
    marks need not be the same.

    Raises
    ------
    DataError
        If they are not there.
    """
    parts = [_pattern(part) for part in _GAP.split(words.strip()) if part]
    near = quote.spans[0][0]
    places = [
        _place(article.text, parts, match.start())
        for match in (parts[0].finditer(article.text) if parts else ())
    ]
    whole = [spans for spans in places if spans]
    if not whole:
        raise DataError(
            f"{quote.id}: the words {words[:60]!r} are not in the article {article.id}; copy them "
            "from its text, with … where the attribution interrupts them"
        )
    return min(whole, key=lambda spans: abs(spans[0][0] - near))


def _place(text: str, parts: list[re.Pattern[str]], start: int) -> tuple[Span, ...] | None:
    spans, at = [], start
    for part in parts:
        match = part.search(text, at)
        if match is None:
            return None
        spans.append(match.span())
        at = match.end()
    return tuple(spans)


def _pattern(words: str) -> re.Pattern[str]:
    pieces = []
    for word in words.split():
        for letter in word:
            alike = next((group for group in _ALIKE if letter in group), None)
            pieces.append(f"[{re.escape(alike)}]" if alike else re.escape(letter))
        pieces.append(r"\s+")
    return re.compile("".join(pieces[:-1]))
