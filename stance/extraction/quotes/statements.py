"""From the parsed views of an article to its statements.

The way: candidates -> the model's choice -> one statement per attribution -> quotations without a
cue joined to the statement they continue, or left as statements of their own -> statements quoted
inside another one.
"""

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from stance.core.types import Article, Span
from stance.extraction.quotes.candidates import CueCandidate, find_candidates
from stance.extraction.quotes.cues import CueModel, load_cues
from stance.extraction.quotes.interviews import is_unlabelled_interview
from stance.extraction.quotes.selection import announcer_of, choose
from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.quotes.speaker_labels import (
    credit_behind,
    heading_above,
    label_before,
    post_of,
    signature_behind,
    signature_below,
)
from stance.extraction.quotes.transcripts import find_turns
from stance.extraction.text.paragraphs import BODY, CAPTION, HEADLINE, LINK, Paragraph
from stance.extraction.text.parser_views import GESTURE, Placeholder, View, build_view, cut_spans

if TYPE_CHECKING:
    from spacy.tokens import Doc

# Outside the running text, yet with words of the article; a footer's are the publisher's.
ASIDE = frozenset([HEADLINE, CAPTION, LINK])
GESTURE_BETWEEN = re.compile(rf"[”\"]?{GESTURE}[“\"]?")
SAYING_FRAMES = frozenset(["that", "bare", "fronted", "inserted", "according"])


@dataclasses.dataclass(slots=True)
class Statement:
    """A statement under construction.

    Where its words stand in the article, and what announces it.
    """

    spans: list[Span]
    candidate: CueCandidate | None
    holders: list[Placeholder]
    view: View
    mention: SourceMention | None = None
    score: float = 0.0
    label: tuple[str, Span] | None = None
    optional: bool = False
    inner: list["Statement"] = dataclasses.field(default_factory=list)


def find_statements(
    article: Article, views: Sequence[View], docs: "Sequence[Doc]", model: CueModel | None = None
) -> list[Statement]:
    """Find the statements of one article from its parsed views, in text order.

    Parameters
    ----------
    views, docs
        The article's paragraphs and their parses, in the same order.
    model
        Which cues report speech; the package's own when None.
    """
    model = load_cues() if model is None else model
    statements: list[Statement] = []
    asides: list[Statement] = []
    turns = find_turns(article.text, views)
    if turns:
        return [Statement(spans, None, [], views[0], label=(name, at)) for name, at, spans in turns]
    for view, doc in zip(views, docs, strict=True):
        if view.paragraph.zone == BODY:
            statements = _join(
                article, statements, _paragraph_statements(article, view, doc, model)
            )
        elif view.paragraph.zone in ASIDE:
            asides += _asides(article, view, doc, model)
    if is_unlabelled_interview(article.text, views):
        statements = [statement for statement in statements if not _says_i(statement)]
    return statements + asides


def _says_i(statement: Statement) -> bool:
    mention = statement.mention
    return mention is not None and mention.head.lower_ in ("i", "we")


def _asides(article: Article, view: View, doc: "Doc", model: CueModel) -> list[Statement]:
    """Return the statements of a headline, a caption or a link.

    Optional, since the running text says the same.
    """
    statements = _join(article, [], _paragraph_statements(article, view, doc, model))
    # "Welcomed by the mayor", "agree on a bridge" describe a picture or an event: only clauses and
    # quotations are said.
    said = [
        statement
        for statement in statements
        if statement.holders
        or (statement.candidate is not None and statement.candidate.frame in SAYING_FRAMES)
    ]
    for statement in said:
        statement.optional = True
    return said


def _paragraph_statements(
    article: Article, view: View, doc: "Doc", model: CueModel
) -> list[Statement]:
    post = None if view.holders else post_of(article.text, *view.paragraph.pieces[0])
    if post is not None:
        return [Statement(list(view.paragraph.pieces), None, [], view, label=post)]
    candidates = find_candidates(doc, view)
    if view.holders:
        first = view.holders[0]
        if label_before(article.text, view.paragraph.start, first.quotation.open) is not None:
            # "In the words of Dora Venn, the pilot: “…”" is a label from end to end.
            candidates = [c for c in candidates if c.cue.idx >= first.start]
    chosen = choose(candidates, view, model)
    statements = [make_statement(article, view, candidate) for candidate in chosen]
    taken = {holder.start for statement in statements for holder in statement.holders}
    by_cue = {
        statement.candidate.cue.i: statement
        for statement in statements
        if statement.candidate is not None
    }
    for holder in view.holders:
        if holder.start in taken:
            continue
        label = _label(article.text, view, holder)
        candidate = announcer_of(doc, view, holder, model) if label is None else None
        if candidate is None:
            label = label or _label_around(article.text, view, holder)
            statements.append(Statement([_inner(holder)], None, [holder], view, label=label))
        elif candidate.cue.i in by_cue:
            statement = by_cue[candidate.cue.i]
            statement.holders.append(holder)
            statement.spans = _merged(article.text, [*statement.spans, _inner(holder)])
        else:
            statement = make_statement(article, view, candidate)
            by_cue[candidate.cue.i] = statement
            statements.append(statement)
    return sorted(
        (statement for statement in statements if statement.spans),
        key=lambda statement: statement.spans[0],
    )


def nested_views(article: Article, statements: Iterable[Statement]) -> list[tuple[Statement, View]]:
    """Return views of the quoted words that quote somebody again, each with its statement."""
    views = []
    for statement in statements:
        stretches = [_inner(holder) for holder in statement.holders] or (
            statement.spans if statement.label is not None else []
        )
        for stretch in stretches:
            view = build_view(article.text, Paragraph((stretch,), BODY))
            if view.holders:
                views.append((statement, view))
    return views


def add_inner(
    article: Article,
    nested: Sequence[tuple[Statement, View]],
    docs: "Sequence[Doc]",
    model: CueModel | None = None,
) -> None:
    """Give each statement the quotations inside it, from the parsed views of `nested_views`.

    “He told us: ‘We will come’,” she said.
    """
    model = load_cues() if model is None else model
    for (outer, view), doc in zip(nested, docs, strict=True):
        outer.inner += [
            statement
            for statement in _join(article, [], _paragraph_statements(article, view, doc, model))
            if statement.holders
        ]


def _label(text: str, view: View, holder: Placeholder) -> tuple[str, Span] | None:
    first, last = view.holders[0] is holder, view.holders[-1] is holder
    label = label_before(text, view.paragraph.start, holder.quotation.open) if first else None
    if label is None and last:
        close = holder.quotation.close
        label = signature_behind(text, close, view.paragraph.end)
        if label is None and not text[close : view.paragraph.end].strip():
            label = signature_below(text, view.paragraph.end)
    return label


def _label_around(text: str, view: View, holder: Placeholder) -> tuple[str, Span] | None:
    """Return the name in the line above or the sentence behind, where no verb tells who speaks."""
    quotation = holder.quotation
    if view.holders[0] is holder and not text[view.paragraph.start : quotation.open].strip():
        heading = heading_above(text, view.paragraph.start)
        if heading is not None:
            return heading
    return credit_behind(text, quotation.close, view.paragraph.end)


def _inner(holder: Placeholder) -> Span:
    return holder.quotation.start, holder.quotation.end


def make_statement(article: Article, view: View, candidate: CueCandidate) -> Statement:
    """Map a candidate's tokens back to the article."""
    doc = candidate.cue.doc
    spans: list[Span] = [_inner(holder) for holder in candidate.holders]
    holders = list(candidate.holders)
    for start, end in candidate.ranges:
        low, high = doc[start].idx, doc[end - 1].idx + len(doc[end - 1])
        spans += cut_spans(article.text, view, low, high)
        holders += [
            holder
            for holder in view.holders
            if low <= holder.start + 1 and holder.end - 1 <= high + 2 and holder not in holders
        ]
    spans = [_whole_quotations(span, view, candidate) for span in spans]
    mention = mention_of(candidate.subject, view)
    return Statement(
        _merged(article.text, spans), candidate, holders, view, mention, candidate.score
    )


def _whole_quotations(span: Span, view: View, candidate: CueCandidate) -> Span:
    """Widen a span that ends or begins inside quoted words of several sentences.

    'the plan "is dead. They know it," he said'.
    """
    start, end = span
    doc = candidate.cue.doc
    for quotation in view.fragments:
        if quotation.start < start < quotation.end <= end + 2 and candidate.frame in (
            "fronted",
            "inserted",
        ):
            opening = [
                sentence
                for sentence in doc.sents
                if view.starts[sentence.start_char] <= quotation.start
            ]
            start = view.starts[opening[-1].start_char] if opening else start
        elif (
            start <= quotation.start < end < quotation.end - 1
            and quotation.closed
            and candidate.frame not in ("fronted", "inserted", "according")
        ):
            end = quotation.end
    return start, end


def _merged(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return spans in order.

    Those that overlap, or have nothing but marks and blanks between them, become one.
    """
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and (
            start <= out[-1][1]
            or not any(char.isalnum() or char in "\n(" for char in text[out[-1][1] : start])
        ):
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
    return [
        statement
        for statement in out
        if statement.candidate is not None
        or statement.label is not None
        or _is_floating(article.text, statement)
    ]


def _leads_into(text: str, last: Statement, statement: Statement) -> bool:
    return (
        last.candidate is None
        and last.label is None
        and last.view is statement.view
        and _adjacent(text, last, statement)
    )


def _adjacent(text: str, last: Statement, statement: Statement) -> bool:
    between = text[last.spans[-1][1] : statement.spans[0][0]]
    return not any(char.isalnum() for char in between) or bool(GESTURE_BETWEEN.fullmatch(between))


def _continues(text: str, last: Statement, statement: Statement) -> bool:
    """Tell whether a quotation goes on with the last statement.

    Nothing, or only its attribution, stands between them.
    """
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
    if at < low:
        return _is_mere_tail(last, low, high)
    if at >= high:
        return False
    # One sentence of narration only: '… he said. The minister left. "…"' is a new statement.
    sentence_end = cue.sent.end
    first = statement.holders[0].start
    tail = [
        token
        for token in cue.doc[sentence_end:]
        if token.idx < first and token.pos_ not in ("PUNCT", "SPACE")
    ]
    return not tail


def _is_mere_tail(last: Statement, low: int, high: int) -> bool:
    """Tell whether the narrator only closes the sentence: '“…,” Venn said, “…,” then paused.'."""
    if last.candidate is None or len(last.holders) < 2:
        return False
    sentence = last.candidate.cue.sent
    tail = [t for t in sentence.doc if low <= last.view.starts[t.idx] < high]
    words = [token for token in tail if token.pos_ not in ("PUNCT", "SPACE")]
    is_short = len(words) <= 4 and all(token.i < sentence.end for token in words)
    return is_short and not any(token.dep_ in ("nsubj", "nsubjpass") for token in words)


def _is_floating(text: str, statement: Statement) -> bool:
    """Tell a quotation without a cue from a title or a slogan: it fills whole sentences."""
    start, end = statement.spans[0][0], statement.spans[-1][1]
    return len(text[start:end].split()) >= 4
