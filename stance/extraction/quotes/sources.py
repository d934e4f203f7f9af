"""Who would speak.

The subject of a verb or the holder of a noun, also where the parser has given it none, and the
phrase that names it.
"""

import dataclasses
from typing import TYPE_CHECKING

from stance.core.types import Span
from stance.extraction.quotes.cues import CLASSES, is_reporting, verb_classes
from stance.extraction.text.parser_views import View
from stance.extraction.text.word_lists import BODY_NOUNS, TEXT_NOUNS, is_people_word

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as Tokens

CLOSING = frozenset(["”", "»", '"', "’", "'", "''"])


def find_subject(verb: "Token", depth: int = 0) -> "Token | None":
    """Return the head word of who says it.

    The subject, or that of the clause on which this one hangs.
    """
    for child in verb.children:
        if child.dep_ in ("nsubj", "csubj") and not (
            child.dep_ == "csubj" and child.pos_ == "VERB"
        ):
            return _behind_place(child) or child
    passes_on = verb.lemma_.lower() in ("quote", "cite")
    for child in verb.children:
        # "Ild was quoted by the station as saying …": Ild says it.
        if child.dep_ == "agent" and verb.tag_ == "VBN" and not passes_on:
            return next((c for c in child.children if c.dep_ == "pobj"), None)
    if depth > 6 or verb.head.i == verb.i:
        return inverted_subject(verb) or _behind_opening_place(verb)
    if verb.tag_ == "VBG" and is_reporting(verb) and follows_comma(verb):
        return find_subject(_sayer_above(verb), depth + 1)
    if verb.dep_ in ("acl", "relcl"):
        if verb.head.pos_ in ("NOUN", "PROPN", "PRON") and verb.tag_ != "VB":
            return verb.head
        return find_subject(verb.head, depth + 1)
    passive = next((child for child in verb.children if child.dep_ == "nsubjpass"), None)
    if passive is not None and passes_on:
        return passive
    named = surface_subject(verb, verb.sent) if _stands_alone(verb) else None
    if named is not None:
        return named[0]
    return _subject_above(verb, depth) or passive or inverted_subject(verb)


def _behind_place(place: "Token") -> "Token | None":
    """Return who speaks in "In Lorn, the adviser said".

    The noun behind the comma, which the parser may take for what Lorn is.
    """
    start = place.left_edge.i
    if place.pos_ != "PROPN" or start == 0 or place.doc[start - 1].lower_ != "in":
        return None
    nouns = (child for child in place.children if child.dep_ == "appos" and child.i > place.i)
    return next((noun for noun in nouns if is_people_word(noun.lemma_.lower())), None)


def _behind_opening_place(verb: "Token") -> "Token | None":
    places = (
        place
        for preposition in verb.children
        if preposition.dep_ == "prep" and preposition.i == verb.sent.start
        for place in preposition.children
    )
    return next((noun for place in places if (noun := _behind_place(place)) is not None), None)


def cited_source(verb: "Token") -> "Token | None":
    """Return whom a news agency only passes on.

    "…, Interfax reported, citing the mayor", "the agency quoted the mayor as saying …".
    """
    if verb.tag_ == "VBG" and verb.head.lower_ == "as":
        # "citing the mayor as warning that …": the mayor warns.
        citing = verb.head.head if verb.head.head.lemma_.lower() in ("quote", "cite") else None
    elif verb.lemma_.lower() in ("quote", "cite") and verb.tag_ in ("VBD", "VBZ", "VBP"):
        telling = [c for c in verb.children if c.lower_ in ("telling", "saying")]
        if telling:
            # "the daily quoted Ild telling a rally …"
            objects = (c for c in verb.children if c.dep_ == "dobj")
            return next((c for c in objects if verb.i < c.i < telling[0].i), None)
        says = any(c.dep_ == "prep" and c.lower_ == "as" and c.i > verb.i for c in verb.children)
        citing = verb if says else None
    else:
        citing = next(
            (c for c in verb.children if c.i > verb.i and c.lower_ in ("citing", "quoting")), None
        )
    if citing is None or "say" not in verb_classes(verb.lemma_.lower()):
        return None
    sources = (c for c in citing.children if c.dep_ == "dobj" and c.i > citing.i)
    source = next(sources, None)
    if source is None or source.lemma_.lower() in TEXT_NOUNS | {"reason", "need", "concern"}:
        return None
    lemma = source.lemma_.lower()
    is_somebody = source.pos_ == "PROPN" or lemma in BODY_NOUNS or is_people_word(lemma)
    return source if is_somebody else None


def _subject_above(verb: "Token", depth: int) -> "Token | None":
    """Return the subject of the clause on which a verb without one hangs."""
    if verb.dep_ not in ("conj", "advcl", "xcomp", "pcomp", "prep", "dep", "ccomp", "parataxis"):
        return None
    if verb.head.pos_ in ("VERB", "AUX", "ADP", "SCONJ"):
        inverted = inverted_subject(verb) if verb.dep_ in ("ccomp", "parataxis", "dep") else None
        return inverted or find_subject(verb.head, depth + 1)
    return verb.head if verb.head.pos_ in ("NOUN", "PROPN", "PRON") else None


def _stands_alone(verb: "Token") -> bool:
    """Tell the verb of "…, the Ministry of Trade announced", which the parser joins to another.

    A verb that is joined without "and" and stands right behind a noun has its own subject.
    """
    if verb.dep_ not in ("conj", "advcl") or verb.tag_ not in ("VBD", "VBZ"):
        return False
    if verb.i == verb.sent.start or verb.doc[verb.i - 1].pos_ not in ("NOUN", "PROPN"):
        return False
    between = verb.doc[verb.head.i + 1 : verb.i]
    return not any(
        token.dep_ in ("cc", "mark") and token.head in (verb, verb.head) for token in between
    )


def follows_comma(verb: "Token") -> bool:
    """Tell whether a comma or dash stands before a verb: ", adding that …"."""
    at = verb.i - 1
    while at > 0 and verb.doc[at].pos_ == "ADV":
        at -= 1
    return at > 0 and verb.doc[at].text in (",", "–", "—", "-")


def _sayer_above(verb: "Token") -> "Token":
    """Return the verb to which ', adding that …' belongs.

    Not one inside what is said, but the one that says it.
    """
    token = verb.head
    while token.head.i != token.i and (
        token.pos_ not in ("VERB", "AUX")
        or token.dep_ in ("ccomp", "xcomp", "relcl", "acl", "pcomp")
    ):
        if token.dep_ == "ccomp" and token.pos_ in ("VERB", "AUX"):
            return token.head
        token = token.head
    return token


def inverted_subject(verb: "Token") -> "Token | None":
    """'… said Petra Lindqvist'.

    The noun behind the verb, where the parser has not called it a subject.
    """
    for child in verb.children:
        if (
            child.i > verb.i
            and child.dep_ in ("nsubj", "dobj", "attr", "dep", "npadvmod")
            and child.pos_ == "PROPN"
            and "say" in CLASSES.get(verb.lemma_.lower(), ())
        ) and child.left_edge.i == verb.i + 1:
            return child
        if (
            child.dep_ == "dobj"
            and child.pos_ == "NOUN"
            and child.left_edge.i == verb.i + 1
            and is_behind_quotation(verb)
        ):
            # '"…," tweeted its chair', '"…," read a banner': whatever stands behind such a verb
            # says it.
            return child
        if child.dep_ == "ccomp" and child.left_edge.i == verb.i + 1 and is_behind_quotation(verb):
            # 'said one weary leader', with "weary" taken for a verb.
            nouns = (t for t in verb.doc[verb.i + 1 : child.right_edge.i + 1] if t.pos_ == "NOUN")
            return next(nouns, None)
    return None


def is_behind_quotation(verb: "Token") -> bool:
    """Tell whether a verb of saying stands right behind a closing mark: '"…," said'."""
    return (
        verb.i > 0
        and verb.doc[verb.i - 1].text in CLOSING
        and bool({"say", "show"} & set(verb_classes(verb.lemma_.lower())))
    )


def surface_subject(verb: "Token", sentence: "Tokens") -> tuple["Token", int] | None:
    """Return the noun right before a verb, and where its phrase begins.

    Where the parser has given the verb no subject.

    "…, the head of the administration, Ihar Voit, reported": the phrase begins behind a comma and
    holds no verb.
    """
    doc = verb.doc
    at = verb.i - 1
    while at > sentence.start and (doc[at].dep_ in ("aux", "neg") or doc[at].pos_ == "ADV"):
        at -= 1
    commas = [i for i in range(at, max(sentence.start, at - 30), -1) if doc[i].text == ","]
    if not commas:
        return None
    if doc[at].text == ",":
        if (
            len(commas) < 3
            or at - commas[1] > 12
            or any(doc[i].pos_ in ("VERB", "AUX") for i in range(commas[1], at))
        ):
            return None
        start, end = commas[2] + 1, commas[1]
    else:
        start, end = commas[0] + 1, at + 1
    if start >= end or any(
        doc[i].pos_ in ("VERB", "AUX") and doc[i].tag_ not in ("VBN", "VBG")
        for i in range(start, end)
    ):
        return None
    nouns = [doc[i] for i in range(start, end) if doc[i].pos_ in ("NOUN", "PROPN", "PRON")]
    tops = [noun for noun in nouns if not (start <= noun.head.i < end)] or nouns
    return (tops[0], start) if tops else None


def lost_subject(verb: "Token") -> "Token | None":
    """Return the name between commas right before a verb whose subject the parser has lost.

    "… and its treasurer, Clara Ild, told the crew that …", with "treasurer" hung elsewhere.
    """
    doc, at = verb.doc, verb.i - 1
    if verb.dep_ != "ccomp" or verb.tag_ != "VBD" or at < 3 or doc[at].text != ",":
        return None
    name = doc[at - 1]
    return name if name.pos_ == "PROPN" and name.dep_ == "appos" else None


def holder_of(noun: "Token") -> "Token | None":
    """Return who holds "the fear among farmers that …", "the warning from Oslo that …".

    "among farmers, the hope is that …".
    """
    for word in (noun, noun.head):
        for child in word.children:
            if child.dep_ == "prep" and child.lower_ in (
                ("among", "from", "by") if word is noun else ("among",)
            ):
                return next((c for c in child.children if c.dep_ == "pobj"), None)
    return None


@dataclasses.dataclass(frozen=True, slots=True)
class SourceMention:
    """The words that name a speaker beside a quote."""

    text: str
    span: Span
    head: "Token"
    start: int
    end: int
    view: View


def mention_of(head: "Token | None", view: View) -> SourceMention | None:
    """Return the noun phrase around a speaker's head word.

    Without what only describes it further.
    """
    if head is None or view.holder_at(head.idx) is not None:
        return None
    doc = head.doc
    start, end = head.left_edge.i, head.i + 1
    for at in range(head.i + 1, head.right_edge.i + 1):
        token = doc[at]
        if (
            (token.text in (",", "(", "–", "—", "-", ";", ":", '"') and not _is_hyphen(doc, at))
            or token.tag_ in ("WP", "WDT", "WP$")
            or (token.dep_ in ("relcl", "acl") and token.head == head)
        ):
            break
        end = at + 1
    while (
        end + 1 < len(doc)
        and doc[end].text == "-"
        and not doc[end - 1].whitespace_
        and not doc[end].whitespace_
    ):
        end += 2
    for at in range(head.i - 1, start - 1, -1):
        if doc[at].text in (",", ";", ":", '"', "–", "—") and not _is_listed(doc, at):
            start = at + 1
            break
    while start < head.i and doc[start].pos_ in ("PUNCT", "CCONJ", "ADV", "SPACE", "SCONJ"):
        start += 1
    low, high = view.starts[doc[start].idx], view.ends[doc[end - 1].idx + len(doc[end - 1]) - 1]
    return SourceMention(doc[start:end].text, (low, high), head, start, end, view)


def _is_hyphen(doc: "Doc", at: int) -> bool:
    """Tell the hyphen in "far-left" from a dash."""
    return doc[at].text == "-" and not doc[at - 1].whitespace_ and not doc[at].whitespace_


def _is_listed(doc: "Doc", at: int) -> bool:
    return (
        doc[at].text == "," and doc[at - 1].pos_ == "ADJ" and doc[at + 1].pos_ == "ADJ"
        if 0 < at < len(doc) - 1
        else False
    )
