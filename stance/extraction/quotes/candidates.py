"""Candidates: the words of a paragraph that may report speech.

Each comes with its content, its frame and its speaker.
"""

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stance.extraction.quotes.boundaries import Range, clean_content, phrase_end
from stance.extraction.quotes.contents import (
    ASKING,
    NARRATING,
    SCENES,
    adjunct_content,
    clause_content,
    holds,
    infinitive_content,
    is_infinitive,
    object_content,
)
from stance.extraction.quotes.cues import NOUNS, cue_features
from stance.extraction.quotes.endings import trim_end
from stance.extraction.quotes.fronted_contents import fronted_content
from stance.extraction.quotes.quoted_words import before_other_deeds
from stance.extraction.quotes.sources import (
    cited_source,
    find_subject,
    holder_of,
    lost_subject,
    surface_subject,
)
from stance.extraction.text.parser_views import Placeholder, View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

VIEW_NOUNS = frozenset(
    "view opinion word words assessment judgment judgement account telling estimation "
    "reckoning".split()
)


@dataclasses.dataclass(slots=True)
class CueCandidate:
    """One word that may report speech.

    ``ranges`` are token stretches of the paragraph's doc, ``holders`` the whole quotations that it
    announces, ``subject`` the head of the mention.
    """

    cue: "Token"
    frame: str
    ranges: list[Range]
    subject: "Token | None"
    holders: list[Placeholder] = dataclasses.field(default_factory=list)
    score: float = 0.0
    cue_end: int = 0

    def features(self, view: View) -> dict[str, float]:
        """Return the model's features."""
        doc = self.cue.doc
        content = [doc[i] for start, end in self.ranges for i in range(start, end)]
        first = doc[self.ranges[0][0] - 1] if self.ranges and self.ranges[0][0] > 0 else None
        has_that = first is not None and first.lower_ == "that"
        return cue_features(
            self.cue,
            frame=self.frame,
            subject=self.subject,
            content=content,
            quoted=quoted_part(self, view),
            has_that=has_that,
        )


def quoted_part(candidate: CueCandidate, view: View) -> str:
    """Say whether all, some or none of a candidate's content stands in quotation marks."""
    if candidate.holders and not candidate.ranges:
        return "all"
    if candidate.holders:
        return "some"
    doc = candidate.cue.doc
    for start, end in candidate.ranges:
        low, high = view.starts[doc[start].idx], view.ends[doc[end - 1].idx + len(doc[end - 1]) - 1]
        if any(low <= quotation.start and quotation.end <= high for quotation in view.fragments):
            return "some"
        if any(
            holder.start >= doc[start].idx and holder.end <= doc[end - 1].idx + len(doc[end - 1])
            for holder in view.holders
        ):
            return "some"
    return "none"


def find_candidates(doc: "Doc", view: View) -> list[CueCandidate]:
    """Find all candidates of one paragraph, in text order."""
    candidates: list[CueCandidate] = []
    for sentence in doc.sents:
        for token in sentence:
            if view.holder_at(token.idx) is not None:
                continue
            if token.lower_ == "according" or (
                token.lemma_.lower() in VIEW_NOUNS and token.dep_ == "pobj"
            ):
                candidate = adjunct_candidate(token, sentence)
            elif token.lower_ in ("per", "as"):
                candidate = _put_candidate(token, sentence)
            elif token.pos_ in ("VERB", "AUX"):
                candidate = verb_candidate(token, sentence, view)
            elif token.pos_ == "NOUN" and token.lemma_.lower() in NOUNS:
                candidate = noun_candidate(token)
            else:
                continue
            if candidate is not None:
                before_other_deeds(candidate.cue, candidate.ranges, view)
                candidates.append(candidate)
    return candidates


def verb_candidate(verb: "Token", sentence: "Span", view: View) -> CueCandidate | None:
    """Return what a verb would report, by the first frame that fits."""
    if (
        verb.i <= sentence.start + 1
        and verb.tag_ in ("VBN", "VBG")
        and verb.dep_ in SCENES
        and verb.lemma_.lower() in ASKING | NARRATING
    ):
        # "Asked whether he would resign, …", "Commenting on …": the narrator sets the scene.
        return None
    subject = cited_source(verb) or lost_subject(verb) or find_subject(verb)
    if subject is None:
        named = surface_subject(verb, sentence)
        subject = named[0] if named is not None else None
    elif verb.lemma_ == "be" and subject.lemma_.lower() in NOUNS:
        # "The expectation is that …": whoever holds it speaks.
        subject = next(
            (child for child in subject.children if child.dep_ == "poss"), None
        ) or holder_of(subject)
    for frame in (clause_content, infinitive_content, fronted_content, object_content):
        hit = frame(verb, sentence, view)
        if hit is not None:
            name, ranges = hit
            ranges = [
                cleaned for start, end in ranges if (cleaned := clean_content(verb.doc, start, end))
            ]
            if ranges:
                return CueCandidate(verb, name, ranges, subject, cue_end=_cue_end(verb))
    return None


def _cue_end(verb: "Token") -> int:
    """Return where the cue ends: a particle right behind belongs to it ("pointed out")."""
    end = verb.i + 1
    if end < len(verb.doc) and verb.doc[end].dep_ == "prt":
        end += 1
    return end


def adjunct_candidate(token: "Token", sentence: "Span") -> CueCandidate | None:
    """'According to the ministry, …', '…, in her view, …'."""
    doc = token.doc
    if token.lower_ == "according":
        to = token.i + 1
        if to >= sentence.end or doc[to].lower_ != "to":
            return None
        subject = next((child for child in doc[to].children if child.dep_ == "pobj"), None)
        low = token.i
    else:
        preposition = token.head
        if preposition.lower_ not in ("in", "by") or preposition.i > token.i:
            return None
        if any(c.dep_ == "prep" and c.lower_ in ("on", "about") for c in token.children):
            # "at odds in their views about the ferry": what they differ in.
            return None
        subject = next((child for child in token.children if child.dep_ == "poss"), None)
        of = next((child for child in token.children if child.lower_ == "of"), None)
        subject = subject or (
            next((c for c in of.children if c.dep_ == "pobj"), None) if of is not None else None
        )
        low = preposition.i
    if subject is None:
        return None
    high = phrase_end(token, subject, sentence)
    ranges = [
        cleaned
        for start, end in adjunct_content(doc, low, high, sentence)
        if (cleaned := clean_content(doc, start, end))
    ]
    return (
        CueCandidate(
            token,
            "according",
            ranges,
            subject,
            cue_end=token.i + 2 if token.lower_ == "according" else token.i + 1,
        )
        if ranges
        else None
    )


def _put_candidate(token: "Token", sentence: "Span") -> CueCandidate | None:
    """'As Dora Venn put it, …', '…, as Dora Venn puts it', '…, per Dora Venn'."""
    doc = token.doc
    opens, behind = token.i == sentence.start, doc[max(0, token.i - 1)].text == ","
    if not (opens or behind):
        return None
    if token.lower_ == "per":
        subject = next((child for child in token.children if child.dep_ == "pobj"), None)
        cue, high = token, sentence.end
        if subject is None or subject.pos_ != "PROPN" or opens:
            return None
    else:
        ends = range(token.i + 2, min(token.i + 16, sentence.end - 1))
        put = next((i for i in ends if doc[i].lemma_ == "put" and doc[i + 1].lower_ == "it"), None)
        if put is None:
            return None
        cue, high = doc[put], put + 2
        subject = find_subject(cue)
        while high < sentence.end and doc[high].text != "," and opens:
            high += 1
    content = (high, sentence.end) if opens else (sentence.start, token.i)
    cleaned = clean_content(doc, *content)
    if cleaned is None or subject is None:
        return None
    return CueCandidate(cue, "according", [cleaned], subject, cue_end=cue.i + 1)


def noun_candidate(noun: "Token") -> CueCandidate | None:
    """'his warning that …', 'their refusal to …', 'the expectation is that …'.

    'there are reports that …'.
    """
    subject = next((child for child in noun.children if child.dep_ == "poss"), None) or holder_of(
        noun
    )
    for child in noun.children:
        if (
            child.i > noun.i
            and child.dep_ in ("acl", "ccomp", "relcl")
            and child.pos_ in ("VERB", "AUX")
        ):
            start, end = child.left_edge.i, child.right_edge.i + 1
            if noun.doc[start].lower_ == "that" and noun.doc[start].dep_ == "mark":
                return CueCandidate(
                    noun,
                    "noun-that",
                    [(start + 1, trim_end(noun, start, end))],
                    subject or find_subject(noun.head),
                    cue_end=noun.i + 1,
                )
            if is_infinitive(child) and subject is not None:
                return CueCandidate(
                    noun, "noun-infinitive", [(noun.i, end)], subject, cue_end=noun.i + 1
                )
    head = noun.head
    if noun.dep_ == "nsubj" and head.lemma_ == "be":
        for child in head.children:
            if child.i > head.i and child.dep_ == "ccomp":
                cleaned = clean_content(noun.doc, child.left_edge.i, child.right_edge.i + 1)
                return (
                    CueCandidate(noun, "noun-is", [cleaned], subject, cue_end=noun.i + 1)
                    if cleaned
                    else None
                )
    return None


def quotation_candidates(doc: "Doc", view: View, holder: Placeholder) -> Iterator[CueCandidate]:
    """Yield the verbs that may announce a whole quotation.

    What the parser hangs it on first, then the neighbours.
    """
    inside = [token for token in doc if holder.start <= token.idx < holder.end]
    if not inside:
        return
    seen: set[int] = set()
    low, high = inside[0].i, inside[-1].i + 1
    heads = [token.head for token in inside if token.head.i < low or token.head.i >= high]
    for token in [*heads, *_neighbours(doc, view, low, high)]:
        if token.i in seen or token.pos_ not in ("VERB", "AUX") or holds(token, view):
            continue
        seen.add(token.i)
        side = "after" if token.i > low else "before"
        near = "hung" if token in heads else "near"
        yield CueCandidate(
            token,
            f"quote-{side}-{near}",
            [],
            cited_source(token) or find_subject(token),
            [holder],
            cue_end=_cue_end(token),
        )


def _neighbours(doc: "Doc", view: View, low: int, high: int) -> Iterator["Token"]:
    """Yield the verbs of the narrator's words right behind and right before a quotation."""
    closing = view.text[doc[high - 1].idx - 1] if high - 1 >= 0 and doc[high - 1].idx > 0 else ""
    stopped = closing == "."
    if not stopped:
        for at in range(high, min(high + 40, len(doc))):
            if holds(doc[at], view) or (doc[at].text in (".", "!", "?") and at > high):
                break
            yield doc[at]
    for at in range(low - 1, max(-1, low - 40), -1):
        if holds(doc[at], view) or (doc[at].text in (".", "!", "?", ";")):
            break
        yield doc[at]
