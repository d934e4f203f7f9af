"""Find the reported speech of an article: direct, indirect and mixed, with or without a cue.

The way: paragraphs and their zones -> a view of each for the parser -> statements (see `stance.statements`) -> quotes -> speakers.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from stance.cast import Cast
from stance.given_names import with_given_names
from stance.parsing import default_nlp
from stance.records import Article, Quote, Span
from stance.speakers import attribute_speakers
from stance.statements import Statement, add_inner, find_statements, nested_views
from stance.views import View, build_view
from stance.zones import split_paragraphs

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

MAX_VIEW_CHARS = 4_000
BATCH_SIZE = 16
SECTION_CHARS = 200_000
# Characters parsed together: the parser's memory grows with them.
CHARS_AT_ONCE = 16_000


def make_views(article: Article) -> list[View]:
    """Return the parser's views of an article's paragraphs; overlong paragraphs are cut at a sentence's end."""
    views = []
    for paragraph in split_paragraphs(article.text):
        if paragraph.end - paragraph.start <= MAX_VIEW_CHARS:
            views.append(build_view(article.text, paragraph))
            continue
        for start, end in _portions(article.text, paragraph.start, paragraph.end):
            pieces = tuple((max(low, start), min(high, end)) for low, high in paragraph.pieces if low < end and high > start)
            if pieces:
                views.append(build_view(article.text, dataclasses.replace(paragraph, pieces=pieces)))
    return views


def _portions(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut an overlong paragraph behind a sentence, or anywhere where there is none."""
    while end - start > MAX_VIEW_CHARS:
        limit = start + MAX_VIEW_CHARS
        cut = max(text.rfind(stop, start + MAX_VIEW_CHARS // 2, limit) for stop in (". ", ".” ", '." ', "? ", "! "))
        cut = text.find(" ", cut + 1, limit + 3) if cut > 0 else max(text.rfind(" ", start + 1, limit), -1)
        cut = cut if cut > start else limit
        yield start, cut
        start = cut
    if start < end:
        yield start, end


def parse(views: Iterable[View], nlp: "Language") -> "Iterator[Doc]":
    """Parse views in batches; what the parser computed besides the parse is dropped at once, so that long texts fit."""
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


def find_quotes(article: Article, *, nlp: "Language", docs: "Sequence[Doc] | None" = None) -> list[Quote]:
    """Find the reported speech in one article.

    Parameters
    ----------
    article
        Text as published. All offsets count characters of ``article.text`` (not bytes, not tokens).
    nlp
        spaCy pipeline with tagger and dependency parser.
    docs
        The parsed views of its paragraphs, where the caller has them already (see `make_views`).

    Returns
    -------
    list of Quote
        In text order, spans disjoint save those of nested quotes, which name their ``parent`` and come behind it; with the speaker's mention, but
        ``speaker`` is None until `attribute_speakers`.
        An unclosed quotation mark is no error: it ends with its paragraph.

    Notes
    -----
    Cue, content and source spans as in Pareti et al. 2013, aclanthology.org/D13-1101.
    """
    views = make_views(article)
    parsed = list(parse(views, nlp)) if docs is None else docs
    return [quote for quote, _ in _find(article, views, parsed, nlp, 0)]


def _find(article: Article, views: Sequence[View], docs: "Sequence[Doc]", nlp: "Language", before: int) -> list[tuple[Quote, Statement]]:
    """Return the quotes of parsed views with their statements; ``before`` is the number of quotes found before these."""
    statements = find_statements(article, views, docs)
    nested = nested_views(article, statements)
    add_inner(article, nested, list(parse((view for _, view in nested), nlp)))
    return _to_quotes(article, statements, before)


def extract(articles: Iterable[Article], *, nlp: "Language | None" = None, batch_size: int = BATCH_SIZE) -> Iterator[list[Quote]]:
    """Find all quotes with their speakers, article by article.

    Parameters
    ----------
    articles
        Read as they are needed, ``batch_size`` at a time.
    nlp
        spaCy pipeline; loaded by `load_nlp` where none is given.
    batch_size
        Articles whose paragraphs are parsed together.

    Yields
    ------
    list of Quote
        One list per article, in order; ids are ``article#1``, ``article#2`` …, that of a quote nested in the second one ``article#2.1``.
    """
    for _, quotes in extract_each(articles, nlp=nlp, batch_size=batch_size):
        yield quotes


def extract_each(articles: Iterable[Article], *, nlp: "Language | None" = None, batch_size: int = BATCH_SIZE) -> Iterator[tuple[Article, list[Quote]]]:
    """Find all quotes as `extract` does, and yield each article with its own, so that a stream need not be kept to be paired."""
    nlp = default_nlp() if nlp is None else nlp
    stream = iter(articles)
    while batch := list(islice(stream, batch_size)):
        views = [make_views(article) for article in batch]
        docs = parse((view for group in views for view in group), nlp)
        for article, group in zip(batch, views, strict=True):
            yield article, _extract_one(article, group, docs, nlp)


def _extract_one(article: Article, views: Sequence[View], docs: "Iterator[Doc]", nlp: "Language") -> list[Quote]:
    """Go the whole way with one article; a long one section by section, since parses take a hundred times the room of their text."""
    quotes: list[Quote] = []
    n_outer = 0
    cast = Cast()
    for section in _sections(views):
        parsed = list(islice(docs, len(section)))
        found = _find(article, section, parsed, nlp, n_outer)
        n_outer += sum(quote.parent is None for quote, _ in found)
        quotes += attribute_speakers(article, found, section, parsed, cast)
    return quotes


def _sections(views: Sequence[View]) -> Iterator[Sequence[View]]:
    start, size = 0, 0
    for at, view in enumerate(views):
        size += len(view.text)
        if size > SECTION_CHARS:
            yield views[start : at + 1]
            start, size = at + 1, 0
    if start < len(views):
        yield views[start:]


def _to_quotes(article: Article, statements: Sequence[Statement], before: int = 0) -> list[tuple[Quote, Statement]]:
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


def _inner_quotes(article: Article, outer: Quote, statement: Statement) -> Iterator[tuple[Quote, Statement]]:
    """Yield what is quoted inside a quote; what fills it from end to end is no other statement than the quote itself."""
    end, number = 0, 0
    for inner in sorted(statement.inner, key=lambda s: s.spans[0]):
        spans = tuple(_framed(article.text, span, inner) for span in inner.spans)
        is_within = all(any(low <= start and stop <= high for low, high in outer.spans) for start, stop in spans)
        if not is_within or spans[0][0] < end or _n_letters(article.text, spans) >= _n_letters(article.text, outer.spans):
            continue
        number, end = number + 1, spans[-1][1]
        quote = _to_quote(article, inner, spans, f"{outer.id}.{number}")
        yield dataclasses.replace(quote, parent=outer.id, optional=outer.optional), inner


def _n_letters(text: str, spans: Iterable[Span]) -> int:
    return sum(char.isalnum() for start, end in spans for char in text[start:end])


def _framed(text: str, span: Span, statement: Statement) -> Span:
    """Take in the marks of words quoted at the edge of a longer paraphrase; the marks around a whole span stay outside."""
    start, end = span
    for quotation in (*statement.view.fragments, *(holder.quotation for holder in statement.view.holders)):
        if start == quotation.start and quotation.close < end:
            start = quotation.open
        elif end == quotation.end and text[end - 1] == "," and (start == quotation.start or not (quotation.open > start and quotation.closed)):
            end -= 1
        elif end == quotation.end and quotation.open > start and quotation.closed:
            end = quotation.close
    return start, end


def _to_quote(article: Article, statement: Statement, spans: tuple[Span, ...], quote_id: str) -> Quote:
    cue_span, cue = None, None
    if statement.candidate is not None:
        token = statement.candidate.cue
        last = token.doc[max(token.i, statement.candidate.cue_end - 1)]
        cue_span = (statement.view.starts[token.idx], statement.view.ends[last.idx + len(last) - 1])
        cue = article.text[slice(*cue_span)]
    mention = statement.mention
    name, at = (mention.text, mention.span) if mention is not None else statement.label or (None, None)
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
        confidence=round(statement.score, 2) if statement.candidate is not None else 0.9 if statement.label is not None else 0.6,
    )


def _form(text: str, spans: Sequence[Span], statement: Statement) -> str:
    if statement.label is not None and not statement.holders:
        return "direct"
    quotations = [*statement.view.fragments, *(holder.quotation for holder in (*statement.view.holders, *statement.holders))]
    total = sum(char.isalnum() for start, end in spans for char in text[start:end])
    inside = sum(
        char.isalnum()
        for start, end in spans
        for quotation in {(q.start, q.end) for q in quotations}
        for char in text[max(start, quotation[0]) : min(end, quotation[1])]
    )
    return "direct" if inside >= 0.97 * total > 0 else "mixed" if inside else "indirect"
