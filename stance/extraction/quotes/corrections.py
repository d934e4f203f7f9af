"""What the tagger corrects in the statements that the rules find.

Rules and tagger err in different places. Where the tagger is sure, a statement is cut elsewhere,
parted in two, left out, or added. Whole quotations and labelled turns stay as they are.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from stance.core.types import Span
from stance.extraction.quotes.boundaries import has_negation
from stance.extraction.quotes.candidates import CueCandidate
from stance.extraction.quotes.cues import verb_classes
from stance.extraction.quotes.selection import SAYS_NOTHING
from stance.extraction.quotes.sources import find_subject, mention_of
from stance.extraction.quotes.statements import Statement
from stance.extraction.text.paragraphs import BODY
from stance.extraction.text.parser_views import View
from stance.extraction.text.tagger import Tagger
from stance.extraction.text.tags import FEWEST_LETTERS, TaggedSpan, letters_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# Chosen on the validation reports (batch w14).
LEAST = 0.05  # mean probability of content below which a paraphrase is left out
SURE = 0.9  # mean of the tagger's certainty where it differs from the rules, for another cut
ADDED = 0.95  # mean probability of content from which a statement is added
SAME = 0.8  # share of the letters of both: then the rules' cut stays
FREE = 0.2  # most of a span's letters that another statement may hold
NOBODY = frozenset("neither nobody none no".split())
# Where such a content ends the parse knows better: the tagger may only shorten it.
CLAUSES = frozenset(["that", "bare", "gerund", "fronted", "inserted", "according"])
# What begins with one of these tells when or how it was said.
CIRCUMSTANCES = frozenset("before after while as without when during despite amid".split())


def correct(
    text: str,
    statements: Sequence[Statement],
    tagger: Tagger,
    views: Sequence[View],
    docs: "Sequence[Doc]",
) -> list[Statement]:
    """Return the statements of an article as the tagger corrects them.

    Parameters
    ----------
    text
        The article's.
    statements
        As `stance.extraction.quotes.statements.find_statements` finds them.
    views, docs
        The article's paragraphs and their parses, in the same order.
    """
    if statements and all(statement.label for statement in statements):
        return list(statements)  # a transcript: who speaks stands before each turn
    by_view: dict[int, list[Statement]] = {}
    for statement in statements:
        by_view.setdefault(id(statement.view), []).append(statement)
    corrected: list[Statement] = []
    for view, doc in zip(views, docs, strict=True):
        own = by_view.get(id(view), [])
        if view.paragraph.zone == BODY and not any(statement.label for statement in own):
            own = _Paragraph(text, tagger, view, doc).corrected(own)
        corrected += own
    return corrected


class _Paragraph:
    """A paragraph, its tags and its parse."""

    def __init__(self, text: str, tagger: Tagger, view: View, doc: "Doc") -> None:
        self.text, self.view, self.doc = text, view, doc
        self.tags = tagger.tags(text, view.paragraph.start, view.paragraph.end)
        self.spans = self.tags.spans(text)

    def corrected(self, statements: Iterable[Statement]) -> list[Statement]:
        likely = [statement for statement in statements if not self._is_narration(statement)]
        out: list[Statement] = []
        for statement in likely:
            others = self._letters(other for other in likely if other is not statement)
            out += self._recut(statement, others)
        taken = self._letters(out)
        cues = {statement.candidate.cue.i for statement in out if statement.candidate is not None}
        for span in self.spans:
            if span.score >= ADDED and _is_free(span, taken):
                out += filter(None, [self._new(span, taken, cues=cues)])
        return out

    def _letters(self, statements: Iterable[Statement]) -> frozenset[int]:
        return letters_of(self.text, (span for each in statements for span in each.spans))

    def _holds(self, statement: Statement) -> bool:
        """Tell whether a statement stays in the paragraph; an open quotation may run on."""
        low, high = self.view.paragraph.start, self.view.paragraph.end
        return all(low <= start and end <= high for start, end in statement.spans)

    def _is_narration(self, statement: Statement) -> bool:
        """Tell a paraphrase that the tagger takes for the narrator's own words."""
        candidate = statement.candidate
        if candidate is None or statement.holders or not self._holds(statement):
            return False
        if "stance" in verb_classes(candidate.cue.lemma_.lower()):
            # "agreed to a truce", "rejected the plan": a deed, and yet a statement.
            return False
        letters = self._letters([statement])
        if len(letters) < FEWEST_LETTERS:
            return False  # "Not so, says Venn."
        return float(self.tags.of_content(letters).mean()) < LEAST

    def _recut(self, statement: Statement, others: frozenset[int]) -> list[Statement]:
        """Return the statement, with other ends or in parts where the tagger is sure of them."""
        if len(statement.spans) != 1 or statement.candidate is None or _is_quotation(statement):
            return [statement]
        if not self._holds(statement):
            return [statement]
        letters = self._letters([statement])
        spans = [s for s in self.spans if s.letters & letters and _is_free(s, others)]
        if not spans or not self._is_sure(statement.candidate.frame, letters, spans):
            return [statement]
        if self._adds_circumstance(statement, spans):
            return [statement]
        place = self.view.starts[statement.candidate.cue.idx]
        home = min(spans, key=lambda span: _distance(span, place))
        taken = frozenset[int]().union(*(span.letters for span in spans))
        parts = [
            self._moved(statement, span) if span is home else self._new(span, taken, statement)
            for span in spans
        ]
        return [statement] if None in parts else [part for part in parts if part is not None]

    def _is_sure(self, frame: str, letters: frozenset[int], spans: Sequence[TaggedSpan]) -> bool:
        tagged = frozenset[int]().union(*(span.letters for span in spans))
        if len(spans) == 1:
            is_same = len(letters & tagged) >= SAME * len(letters | tagged)
            if is_same or (frame in CLAUSES and tagged - letters):
                return False
        more, less = self.tags.of_content(tagged - letters), self.tags.of_content(letters - tagged)
        n_differing = len(more) + len(less)
        return not n_differing or more.sum() + (1 - less).sum() >= SURE * n_differing

    def _adds_circumstance(self, statement: Statement, spans: Sequence[TaggedSpan]) -> bool:
        """Tell "rejected the offer | before she left"."""
        tail = self.text[statement.spans[-1][1] : spans[-1].end]
        first = next(iter(re.findall(r"\w+", tail)), "")
        return len(spans) == 1 and first.lower() in CIRCUMSTANCES

    def _moved(self, statement: Statement, span: TaggedSpan) -> Statement:
        holders = [h for h in statement.holders if span.start <= h.quotation.start < span.end]
        return dataclasses.replace(statement, spans=[self._with_stop(span)], holders=holders)

    def _with_stop(self, span: TaggedSpan) -> Span:
        """Take in the stop at the end of the words quoted last."""
        end = span.end
        for quotation in (*self.view.fragments, *(h.quotation for h in self.view.holders)):
            if span.start <= quotation.start < end < quotation.end <= end + 2:
                end = quotation.end
        return span.start, end

    def _new(
        self,
        span: TaggedSpan,
        taken: frozenset[int],
        beside: Statement | None = None,
        cues: Collection[int] = (),
    ) -> Statement | None:
        """Return a statement that the tagger alone has found; None where nobody says it.

        Nor where its cue is one of ``cues``: one attribution is one statement.
        """
        cue = self._nearest(span, lambda place: self.tags.cue[place], taken - span.letters)
        if cue is None or cue.i in cues or _is_denied(cue):
            return None
        source = self._nearest(span, lambda place: self.tags.source[place], taken)
        subject = source or find_subject(cue)
        mention = mention_of(subject, self.view) or (beside.mention if beside else None)
        # "I told them …" is the writer's own, or an interview's.
        if mention is None or mention.head.lemma_.lower() in SAYS_NOTHING | {"i", "we"}:
            return None
        candidate = CueCandidate(cue, "tagged", [], subject, score=span.score, cue_end=cue.i + 1)
        holders = [h for h in self.view.holders if span.start <= h.quotation.start < span.end]
        spans = [self._with_stop(span)]
        return Statement(spans, candidate, holders, self.view, mention, round(span.score, 2))

    def _nearest(
        self, span: TaggedSpan, likely: Callable[[int], float], closed: frozenset[int]
    ) -> "Token | None":
        """Return the likely token nearest to a span in its sentence, or the head of its phrase."""
        starts, base = self.view.starts, self.tags.start

        def is_likely(token: "Token") -> bool:
            place = starts[token.idx]
            return place not in closed and likely(place - base) >= 0.5

        tokens = [t for t in self._sentences(span) if t.text[:1].isalnum() and is_likely(t)]
        if not tokens:
            return None
        token = min(tokens, key=lambda token: _distance(span, starts[token.idx]))
        while token.head.i != token.i and is_likely(token.head):
            token = token.head
        return token

    def _sentences(self, span: TaggedSpan) -> Iterator["Token"]:
        starts = self.view.starts
        for sentence in self.doc.sents:
            low, high = starts[sentence.start_char], starts[sentence.end_char - 1]
            if low <= span.end and span.start <= high:
                yield from sentence


def _is_denied(cue: "Token") -> bool:
    """Tell "did not say when", "neither said when", "nobody said when": nothing is reported."""
    subject = find_subject(cue)
    if has_negation(cue) or subject is None:
        return has_negation(cue)
    words = [subject, *(child for child in subject.children if not subject.like_num)]
    return any(word.lower_ in NOBODY for word in words)


def _distance(span: TaggedSpan, place: int) -> int:
    return max(span.start - place, place - span.end, 0)


def _is_free(span: TaggedSpan, taken: frozenset[int]) -> bool:
    return len(span.letters & taken) < FREE * len(span.letters)


def _is_quotation(statement: Statement) -> bool:
    """Tell a statement that is one whole quotation."""
    quotations = [(h.quotation.start, h.quotation.end) for h in statement.holders]
    return bool(quotations) and all(span in quotations for span in statement.spans)
