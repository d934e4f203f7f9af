"""Find the reported speech of an article: direct, indirect and mixed, with or without a cue.

The way: paragraphs and their zones -> a view of each for the parser -> statements (see
`stance.extraction.quotes.statements`) -> the tagger's corrections -> quotes -> speakers.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from stance.core.errors import DataError
from stance.core.types import Article, Quote
from stance.extraction.quotes.assembly import to_quotes
from stance.extraction.quotes.corrections import correct
from stance.extraction.quotes.statements import Statement, add_inner, find_statements, nested_views
from stance.extraction.speakers.attribution import attribute_speakers
from stance.extraction.speakers.coreference import Coreference
from stance.extraction.text.parser import default_nlp, parse
from stance.extraction.text.parser_views import View, make_views
from stance.extraction.text.plain_marks import with_plain_marks
from stance.extraction.text.tagger import Tagger, default_tagger

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

BATCH_SIZE = 16
SECTION_CHARS = 200_000


class Readers(NamedTuple):
    """What reads a text: the parser, and the tagger where one is used."""

    nlp: "Language"
    tagger: Tagger | None


def find_quotes(
    article: Article,
    *,
    nlp: "Language",
    docs: "Sequence[Doc] | None" = None,
    tagger: Tagger | None = None,
) -> list[Quote]:
    """Find the reported speech in one article.

    Parameters
    ----------
    article
        Text as published. All offsets count characters of ``article.text`` (not bytes, not
        tokens).
    nlp
        spaCy pipeline with tagger and dependency parser.
    docs
        The parsed views of its paragraphs, where the caller has them already (see `make_views`).
    tagger
        Corrects what the rules find; rules alone where None.

    Returns
    -------
    list of Quote
        In text order, spans disjoint save those of nested quotes, which name their ``parent`` and
        come behind it; with the speaker's mention, but ``speaker`` is None until
        `attribute_speakers`. An unclosed quotation mark is no error: it ends with its paragraph.

    Notes
    -----
    Cue, content and source spans as in Pareti et al. 2013, aclanthology.org/D13-1101.
    """
    read = _as_read(article)
    views = make_views(read)
    parsed = list(parse(views, nlp)) if docs is None else docs
    return [quote for quote, _ in _find(article, read, views, parsed, Readers(nlp, tagger), 0)]


def _as_read(article: Article) -> Article:
    """Return an article with plain quotation marks; all offsets stay."""
    return dataclasses.replace(article, text=with_plain_marks(article.text))


def _find(
    article: Article,
    read: Article,
    views: Sequence[View],
    docs: "Sequence[Doc]",
    readers: Readers,
    before: int,
) -> list[tuple[Quote, Statement]]:
    """Return the quotes of parsed views with their statements.

    ``read`` is the article with plain quotation marks, ``before`` the number of quotes found
    before these.
    """
    statements = find_statements(read, views, docs)
    if readers.tagger is not None:
        statements = correct(read.text, statements, readers.tagger, views, docs)
    nested = nested_views(read, statements)
    add_inner(read, nested, list(parse((view for _, view in nested), readers.nlp)))
    return to_quotes(article, statements, before)


def extract(
    articles: Iterable[Article],
    *,
    nlp: "Language | None" = None,
    tagged: bool = True,
    batch_size: int = BATCH_SIZE,
) -> Iterator[list[Quote]]:
    """Find all quotes with their speakers, article by article.

    Parameters
    ----------
    articles
        Read as they are needed, ``batch_size`` at a time.
    nlp
        spaCy pipeline; loaded by `load_nlp` where none is given.
    tagged
        Whether the package's tagger corrects what the rules find. Rules alone are faster. See
        `stance.extraction.text.tagger.default_tagger` for where it is left out.
    batch_size
        Articles whose paragraphs are parsed together.

    Returns
    -------
    iterator of list of Quote
        One list per article, in order; ids are ``article#1``, ``article#2`` …, that of a quote
        nested in the second one ``article#2.1``.

    Raises
    ------
    DataError
        If ``articles`` is one text or one article, or one of them is no `Article`.
    """
    if isinstance(articles, str | bytes | Mapping | Article):
        raise DataError(
            f"extract was given one {type(articles).__name__}; expected a list of articles: "
            'extract([Article("an id", "the text")])'
        )
    each = extract_each(articles, nlp=nlp, tagged=tagged, batch_size=batch_size)
    return (quotes for _, quotes in each)


def extract_each(
    articles: Iterable[Article],
    *,
    nlp: "Language | None" = None,
    tagged: bool = True,
    batch_size: int = BATCH_SIZE,
) -> Iterator[tuple[Article, list[Quote]]]:
    """Find all quotes as `extract` does, and yield each article with its own.

    So that a stream need not be kept to be paired.

    Raises
    ------
    DataError
        If one of them is no `Article`, or its text is no text.
    """
    nlp = default_nlp() if nlp is None else nlp
    readers = Readers(nlp, default_tagger() if tagged else None)
    stream = iter(articles)
    while batch := list(map(_checked, islice(stream, batch_size))):
        read = [_as_read(article) for article in batch]
        views = [make_views(article) for article in read]
        docs = parse((view for group in views for view in group), nlp)
        for article, plain, group in zip(batch, read, views, strict=True):
            yield article, _extract_one(article, plain, group, docs, readers)


def _checked(article: Article) -> Article:
    text = getattr(article, "text", None)
    if not isinstance(article, Article) or not isinstance(text, str):
        raise DataError(
            f"an article is {type(article).__name__} with the text {str(text)[:40]!r}; expected "
            'Article("an id", "the text")'
        )
    return article


def _extract_one(
    article: Article,
    read: Article,
    views: Sequence[View],
    docs: "Iterator[Doc]",
    readers: Readers,
) -> list[Quote]:
    """Go the whole way with one article.

    A long one section by section, since parses take a hundred times the room of their text.
    """
    quotes: list[Quote] = []
    n_outer = 0
    coreference = Coreference()
    for section in _sections(views):
        parsed = list(islice(docs, len(section)))
        quoted = _find(article, read, section, parsed, readers, n_outer)
        n_outer += sum(quote.parent is None for quote, _ in quoted)
        quotes += attribute_speakers(read, quoted, section, parsed, coreference)
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
