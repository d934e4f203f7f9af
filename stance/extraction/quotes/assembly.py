"""From statements to `Quote` records: their spans and form, the quotes inside them, their ids."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from stance.core.types import Article, Quote, Span
from stance.extraction.quotes.statements import Statement


def to_quotes(
    article: Article, statements: Sequence[Statement], before: int = 0
) -> list[tuple[Quote, Statement]]:
    """Return the quotes of statements in the order of the text, numbered from ``before`` on.

    What a quote quotes stands behind it.
    """
    quotes: list[tuple[Quote, Statement]] = []
    number, end = before, 0
    for statement in sorted(statements, key=lambda s: s.spans[0]):
        spans = tuple(_framed(article.text, span, statement) for span in statement.spans)
        spans = tuple(span for span in spans if span[0] >= end and span[0] < span[1])
        if not spans:
            continue
        number, end = number + 1, spans[-1][1]
        quote = _to_quote(article, statement, spans, f"{article.id}#{number}")
        quotes.append((quote, statement))
        quotes += _inner_quotes(article, quote, statement)
    return quotes


def _inner_quotes(
    article: Article, outer: Quote, statement: Statement
) -> Iterator[tuple[Quote, Statement]]:
    """Yield what is quoted inside a quote.

    What fills it from end to end is no other statement than the quote itself.
    """
    end, number = 0, 0
    for inner in sorted(statement.inner, key=lambda s: s.spans[0]):
        spans = tuple(_framed(article.text, span, inner) for span in inner.spans)
        is_within = all(
            any(low <= start and stop <= high for low, high in outer.spans) for start, stop in spans
        )
        if (
            not is_within
            or spans[0][0] < end
            or _n_letters(article.text, spans) >= _n_letters(article.text, outer.spans)
        ):
            continue
        number, end = number + 1, spans[-1][1]
        quote = _to_quote(article, inner, spans, f"{outer.id}.{number}")
        yield dataclasses.replace(quote, parent=outer.id, optional=outer.optional), inner


def _n_letters(text: str, spans: Iterable[Span]) -> int:
    return sum(char.isalnum() for start, end in spans for char in text[start:end])


def _framed(text: str, span: Span, statement: Statement) -> Span:
    """Take in the marks of words quoted at the edge of a longer paraphrase.

    The marks around a whole span stay outside.
    """
    start, end = span
    for quotation in (
        *statement.view.fragments,
        *(holder.quotation for holder in statement.view.holders),
    ):
        if start == quotation.start and quotation.close < end:
            start = quotation.open
        elif (
            end == quotation.end
            and text[end - 1] == ","
            and (start == quotation.start or not (quotation.open > start and quotation.closed))
        ):
            end -= 1
        elif end == quotation.end and quotation.open > start and quotation.closed:
            end = quotation.close
    return start, end


def _to_quote(
    article: Article, statement: Statement, spans: tuple[Span, ...], quote_id: str
) -> Quote:
    cue_span, cue = None, None
    if statement.candidate is not None:
        token = statement.candidate.cue
        last = token.doc[max(token.i, statement.candidate.cue_end - 1)]
        cue_span = (statement.view.starts[token.idx], statement.view.ends[last.idx + len(last) - 1])
        cue = article.text[slice(*cue_span)]
    mention = statement.mention
    name, at = (
        (mention.text, mention.span) if mention is not None else statement.label or (None, None)
    )
    return Quote(
        id=quote_id,
        article=article.id,
        text=article.cut(spans),
        spans=spans,
        form=_form(article.text, spans, statement),
        cue=cue,
        cue_span=cue_span,
        speaker_mention=name,
        speaker_span=at,
        optional=statement.optional,
        confidence=round(statement.score, 2)
        if statement.candidate is not None
        else 0.9
        if statement.label is not None
        else 0.6,
    )


def _form(text: str, spans: Sequence[Span], statement: Statement) -> str:
    if statement.label is not None and not statement.holders:
        return "direct"
    quotations = [
        *statement.view.fragments,
        *(holder.quotation for holder in (*statement.view.holders, *statement.holders)),
    ]
    total = sum(char.isalnum() for start, end in spans for char in text[start:end])
    inside = sum(
        char.isalnum()
        for start, end in spans
        for quotation in {(q.start, q.end) for q in quotations}
        for char in text[max(start, quotation[0]) : min(end, quotation[1])]
    )
    return "direct" if inside >= 0.97 * total > 0 else "mixed" if inside else "indirect"
