"""What is reported before or around a cue that is put in behind it: "…, she said, …"."""

from typing import TYPE_CHECKING

from stance.extraction.quotes.boundaries import Range
from stance.extraction.quotes.contents import ADDRESSED, NARRATING, THEIR_OPENERS, holds
from stance.extraction.quotes.cues import verb_classes
from stance.extraction.quotes.sources import find_subject, surface_subject
from stance.extraction.text.parser_views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

# "…, the agency has learned": the newspaper itself; whom it heard comes before.
FINITE = frozenset(["VBD", "VBZ", "VBP"])
OPENING = frozenset("The A An He She It They This These There".split())
# "the newspaper The Lorn Post"
NAMED_BEHIND = frozenset(
    "newspaper paper magazine daily weekly outlet site website agency broadcaster network film "
    "book song series play novel band group".split()
)
HEARING = frozenset("learn understand hear know".split())


def fronted_content(verb: "Token", sentence: "Span", view: View) -> tuple[str, list[Range]] | None:
    """'The talks failed, she said.' and 'The talks, she said, have failed.'."""
    doc = verb.doc
    before = [child for child in verb.children if child.dep_ == "ccomp" and child.i < verb.i]
    known = verb_classes(verb.lemma_.lower())[:1] in (("say",), ("belief",)) and (
        before or verb.dep_ not in ("relcl", "acl", "xcomp", "pcomp") or _stands_apart(verb)
    )
    if not before and any(
        c.i > verb.i
        and (c.dep_ == "xcomp" or (c.dep_ == "prep" and c.lower_ in ("to", "for", "of", "as")))
        for c in verb.children
    ):
        known = known and verb.dep_ == "parataxis"
    if (
        verb.pos_ == "AUX"
        or (verb.lemma_.lower() not in ("quote", "cite") and _is_passive(verb))
        or not (before or verb.dep_ == "parataxis" or known)
        or verb.lemma_.lower() in HEARING
        # "…, and they went home": only "he went on" speaks.
        or (verb.lemma_.lower() == "go" and doc[min(verb.i + 1, len(doc) - 1)].lower_ != "on")
    ):
        return None
    has_object = (
        any(c.dep_ in ("dobj", "attr", "acomp", "oprd") and c.i > verb.i for c in verb.children)
        and verb.lemma_.lower() not in ADDRESSED
    )
    if has_object and not (before and find_subject(verb) is not None):
        return None
    low, high = _narrator(verb, sentence)
    if doc[low].pos_ == "CCONJ" and verb.tag_ in FINITE and not before:
        # "…, and Lorn agreed": no words about who has said what stands before.
        return None
    if low <= sentence.start + 1 or doc[low - 1].text not in (",", "-", "–", "—", "?", "!"):
        return None
    if holds(doc[max(low - 2, 0)], view):
        return None
    rest = _rest(verb, high, sentence)
    if (
        _announces(verb, sentence, view)
        and not before
        and doc[sentence.start].lower_ not in THEIR_OPENERS
    ):
        # "Asked about the raid, she said: …": the opening clause is the narrator's.
        return None
    has_verb = any(doc[i].pos_ in ("VERB", "AUX") for i in range(sentence.start, low))
    if not has_verb and not rest and not _says_behind(verb):
        return None
    start = sentence.start
    held = [i for i in range(start, low) if holds(doc[i], view)]
    start = max(held) + 1 if held else behind_heading(doc, start, low)
    return ("inserted" if rest else "fronted"), [(start, low - 1), *rest]


def behind_heading(doc: "Doc", start: int, end: int) -> int:
    """Return where the sentence begins behind a heading that lost its line.

    "A good year for ferries The pier will open in May, …": no verb stands in the heading, and
    an article or a pronoun with a capital opens the sentence.
    """
    for at in range(start, end):
        token = doc[at]
        if token.tag_ in FINITE or token.tag_ == "MD":
            return start
        opens = at > start + 1 and token.text in OPENING and doc[at - 1].pos_ == "NOUN"
        if opens and doc[at - 1].text.islower() and doc[at - 1].lower_ not in NAMED_BEHIND:
            return at
    return start


def _is_passive(verb: "Token") -> bool:
    return any(child.dep_ == "auxpass" for child in verb.children)


def _says_behind(verb: "Token") -> bool:
    """Tell "Not so, says Dora Venn": what stands before needs no verb of its own."""
    subject = find_subject(verb)
    if verb.sent[0].lower_ in ("so", "thus", "or"):
        return False
    return verb.lemma_.lower() == "say" and subject is not None and subject.i > verb.i


def _stands_apart(verb: "Token") -> bool:
    """Tell ", she recalled," from a relative clause: subject and verb alone between commas."""
    doc = verb.doc
    subject = next(
        (c for c in verb.children if c.dep_ == "nsubj" and c.tag_ not in ("WP", "WDT")), None
    )
    if subject is None or verb.i + 1 >= len(doc) or doc[verb.i + 1].text != ",":
        return False
    low = subject.left_edge.i
    return low > 0 and doc[low - 1].text == "," and subject.i == verb.i - 1


def _announces(verb: "Token", sentence: "Span", view: View) -> bool:
    """Tell whether a whole quotation follows a verb in its sentence."""
    behind = verb.doc[verb.i + 1 : min(sentence.end, verb.i + 30)]
    holder = next((view.holder_at(t.idx) for t in behind if holds(t, view)), None)
    # 'The pact was possible, she said, “but not by Friday.”': the quotation goes on with it.
    has_begun = sentence[0].tag_ not in ("VBN", "VBG", "IN", "WRB", "TO")
    return holder is not None and not (holder.goes_on and has_begun)


def _narrator(verb: "Token", sentence: "Span") -> Range:
    """Return the tokens of the narrator's own clause around a verb."""
    doc = verb.doc
    subject = next((child for child in verb.children if child.dep_ in ("nsubj", "nsubjpass")), None)
    low = verb.i
    if subject is not None and subject.i < verb.i:
        low = subject.left_edge.i
        if low <= sentence.start or doc[low - 1].text != ",":
            # The parser hung part of the statement on the subject: the last comma before its own
            # words counts.
            commas = [
                i
                for i in range(subject.i - 1, max(sentence.start, subject.i - 12), -1)
                if doc[i].text == ","
            ]
            low = commas[0] + 1 if commas else low
    elif subject is None:
        named = surface_subject(verb, sentence)
        low = named[1] if named is not None else low
    else:
        for child in verb.children:
            joined = all(token.text != "," for token in doc[child.i : verb.i])
            if child.i < verb.i and joined and child.dep_ in ("aux", "advmod"):
                low = min(low, child.i)
    return low, verb.i + 1


def _speaks(verb: "Token") -> bool:
    classes = set(verb_classes(verb.lemma_.lower()))
    if verb.pos_ != "VERB":
        return False
    return "say" in classes or ("stance" in classes and verb.tag_ == "VBD")


def _others_speak(verb: "Token", comma: int, sentence: "Span") -> bool:
    """Tell ", and the envoys believe that …" behind 'she said': another report."""
    for other in verb.doc[comma + 2 : min(comma + 10, sentence.end)]:
        if other.lemma_.lower() in ("continue", "go"):
            continue
        if other.pos_ == "VERB" and other.tag_ in FINITE | {"VB"}:
            classes = {"say", "belief"} & set(verb_classes(other.lemma_.lower()))
            subject = find_subject(other)
            return (
                bool(classes)
                and any(c.dep_ == "ccomp" and c.i > other.i for c in other.children)
                and subject is not None
                and comma < subject.i < other.i
                and subject.pos_ in ("NOUN", "PROPN")
            )
    return False


def _rest(verb: "Token", high: int, sentence: "Span") -> list[Range]:
    """Return the part of a statement that follows an inserted 'she said,'.

    Nothing where the narrator goes on.
    """
    doc = verb.doc
    commas = [
        i
        for i in range(high, min(verb.i + 25, sentence.end - 2))
        if doc[i].text == "," or doc[i].text in "–—"
    ]
    if any(
        doc[i].pos_ in ("VERB", "AUX") and doc[i].tag_ in ("VBD", "VBZ", "VBP", "MD")
        for i in range(high, commas[0] if commas else high)
    ):
        return []
    names = 0
    for comma in commas:
        after = doc[comma + 1]
        if (
            after.pos_ in ("PROPN", "NOUN")
            or after.lower_ in ("a", "an")
            or after.tag_ in ("WP", "WP$", "CD")
            or (after.pos_ == "DET" and names == 0 and after.head.dep_ == "appos")
        ):
            names += 1
            if names > 3:
                return []
            # An apposition to the speaker, or the time of day: the statement may go on behind the
            # next comma, if verbs do.
            if not any(
                doc[i].tag_ in ("VBD", "VBZ", "VBP", "MD") for i in range(comma + 1, sentence.end)
            ):
                return []
            if after.tag_ in ("WP", "WP$") or after.lower_ in ("a", "an"):
                return []
            continue
        if after.tag_ == "VBG" and (
            "say" in verb_classes(after.lemma_.lower()) or after.lemma_.lower() in NARRATING
        ):
            return []
        if after.pos_ == "CCONJ" and (
            any(_speaks(doc[i]) for i in range(comma + 2, min(comma + 4, sentence.end)))
            or _others_speak(verb, comma, sentence)
        ):
            return []
        if after.lower_ in (
            "as",
            "while",
            "after",
            "when",
            "in",
            "during",
            "at",
            "on",
            "according",
            "two",
            "one",
            "three",
            "hours",
            "days",
            "who",
            "adding",
        ):
            return []
        return [(comma + 1, sentence.end)]
    return []
