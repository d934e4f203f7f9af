"""Where what is said begins and ends among the narrator's own words."""

from typing import TYPE_CHECKING

from stance.extraction.quotes.cues import verb_classes

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

Range = tuple[int, int]

# Prepositions that carry what is said ("called for a truce", "accused them of stalling"); "in",
# "at", "after" tell where and when.
SAYING_PREPOSITIONS = frozenset("for on of as to against with about from into".split())
# What opens a condition wherever it stands; "before" and "while" may also tell when something was
# said.
CONDITIONS = frozenset("unless until till if once provided".split())
GROUNDS = frozenset("ground grounds basis condition".split())
NO_WORDS = frozenset("PUNCT SPACE".split())


def has_negation(verb: "Token") -> bool:
    """Tell whether a "not" hangs on a verb itself."""
    return any(child.dep_ == "neg" for child in verb.children)


def with_negation(verb: "Token") -> int:
    """Return where a verb begins, with its negation: 'does not believe'."""
    if not has_negation(verb):
        return verb.i
    return min(
        child.i
        for child in verb.children
        if (child.dep_ in ("aux", "neg") and child.i <= verb.i) or child.dep_ == "neg"
    )


def narrated_end(verb: "Token", start: int, sentence: "Span") -> int:
    """Return where the narrator takes over again behind what a verb reports.

    The parser cuts long statements short more often than it draws them out: all that hangs on the
    verb behind the content is taken to belong to the content, up to a further verb of the
    narrator's.
    """
    doc = verb.doc
    end = max(verb.right_edge.i + 1, start)
    for child in verb.children:
        if child.i <= start or child.i < verb.i:
            continue
        first = child.left_edge.i
        if child.dep_ == "conj":
            if not _is_reported(child):
                end = min(end, before_joint(doc, first))
        elif (
            (
                child.dep_ == "advcl"
                and doc[first].lower_ in ("while", "as", "after", "before", "when")
                and doc[first - 1].text == ","
            )
            or (
                child.dep_ in ("advcl", "acl")
                and child.tag_ == "VBG"
                and doc[first - 1].text == ","
                and "say" in verb_classes(child.lemma_.lower())
            )
            or (
                child.dep_ in ("npadvmod", "appos", "attr", "dobj")
                and doc[first - 1].text == ","
                and first > start + 3
            )
        ):
            end = min(end, first - 1)
    return min(max(end, start + 1), sentence.end)


def _is_reported(verb: "Token") -> bool:
    """Tell whether a verb joined to the cue still reports what is said.

    "…, but that it would …" does; ", and left the room" is told by the narrator.
    """
    children = {child.dep_ for child in verb.children}
    if "mark" in children and any(
        child.lower_ == "that" for child in verb.children if child.dep_ == "mark"
    ):
        return True
    classes = set(verb_classes(verb.lemma_.lower()))
    shifted = any(
        child.dep_ in ("aux", "auxpass") and child.lower_ not in ("has", "have", "did", "to")
        for child in verb.children
    )
    own = bool(children & {"nsubj", "nsubjpass", "expl"})
    if classes & {"say", "stance"} and verb.tag_ in ("VBD", "VBZ", "VBP", "VBN") and not shifted:
        return False
    return own or shifted


def before_joint(doc: "Doc", first: int) -> int:
    """Return where 'and', 'but' or a comma before a joined verb begins."""
    while first > 0 and (
        doc[first - 1].text == "," or doc[first - 1].dep_ == "cc" or doc[first - 1].pos_ == "ADV"
    ):
        first -= 1
    return first


def with_tails(verb: "Token", end: int) -> int:
    """Take in what goes on with a statement that begins with its verb.

    'rejected the plan, calling it a trap', but not a further verb ('and said …').
    """
    doc = verb.doc
    for child in verb.children:
        if child.i <= verb.i:
            continue
        classes = set(verb_classes(child.lemma_.lower()))
        first = child.left_edge.i
        gerund = (
            child.dep_ in ("advcl", "acl")
            and child.tag_ == "VBG"
            and doc[first - 1].text == ","
            and child.lemma_.lower() != "add"
        )
        if classes & {"say", "stance"} and gerund:
            end = max(end, child.right_edge.i + 1)
        elif classes & {"say", "stance"} and child.dep_ == "conj" and child.tag_ == verb.tag_:
            return min(end, before_joint(doc, first))
    return end


def object_end(verb: "Token") -> int:
    """Return where the objects of a verb end, with the reason given for them."""
    end = verb.i + 1
    for child in verb.children:
        if child.i > verb.i and (
            _is_object(child)
            or (end > verb.i + 1 and (_is_reason(child) or _is_condition(child, verb)))
        ):
            end = max(end, child.right_edge.i + 1)
    return _with_grounds(verb.doc, end)


def _with_grounds(doc: "Doc", end: int) -> int:
    """Take in the clause of "rejected it on the grounds that …", wherever the parser hangs it."""
    if end + 1 >= len(doc) or doc[end - 1].lemma_.lower() not in GROUNDS:
        return end
    return doc[end].sent.end if doc[end].lower_ == "that" else end


def _is_object(child: "Token") -> bool:
    if child.dep_ == "prep" and child.lower_ == "in":
        # "praised their role in bringing about a truce"
        return any(c.dep_ == "pcomp" and c.tag_ == "VBG" for c in child.children)
    return child.dep_ in ("dobj", "oprd", "prt", "xcomp", "dative") or (
        child.dep_ == "prep" and child.lower_ in SAYING_PREPOSITIONS
    )


def _is_reason(child: "Token") -> bool:
    return child.dep_ == "advcl" and any(
        c.dep_ == "mark" and c.lower_ in ("because", "since") for c in child.children
    )


def _is_condition(child: "Token", verb: "Token") -> bool:
    """Tell whether words behind a stance limit it.

    "until the troops have left" and "without guarantees" do; "before he left" says when it was
    told.
    """
    first = child.left_edge
    if child.dep_ == "advmod":
        # "as long as the border is closed": the clause hangs on "long".
        return (
            child.lower_ in ("long", "soon")
            and first.lower_ in ("as", "so")
            and any(c.dep_ == "advcl" for c in child.children)
        )
    if child.dep_ == "prep":
        has_object = any(
            c.dep_ == "pobj" or (c.dep_ == "prep" and c.lower_ == "after") for c in child.children
        )
        named = (
            child.lower_ in CONDITIONS
            or child.lower_ == "without"
            or (child.lower_ == "before" and verb.lemma_.lower() == "rule")
        )
        return has_object and named
    if child.dep_ != "advcl":
        return False
    marks = {c.lower_ for c in child.children if c.dep_ in ("mark", "advmod") and c.i < child.i}
    if marks & CONDITIONS:
        return True
    # The narrator tells the past ("before he left"); what is yet to come limits the stance
    # ("before the shelling ends").
    finite = [child, *(c for c in child.children if c.dep_ in ("aux", "auxpass"))]
    lasting = any(token.tag_ in ("VBZ", "VBP", "MD") for token in finite)
    return bool(marks & {"before", "while"}) and lasting and verb.doc[first.i - 1].text != ","


def clean_content(doc: "Doc", start: int, end: int) -> Range | None:
    """Drop stops, joining words and a leading 'that' at the edges of a content."""
    while start < end and (doc[start].pos_ in NO_WORDS or doc[start].text in "-–—"):
        start += 1
    while end > start and (
        doc[end - 1].pos_ in NO_WORDS or doc[end - 1].dep_ == "cc" or doc[end - 1].text in "-–—"
    ):
        end -= 1
    if end - start > 1 and doc[start].lower_ == "that" and doc[start].dep_ == "mark":
        start += 1
    return (start, end) if start < end else None


def phrase_end(token: "Token", subject: "Token", sentence: "Span") -> int:
    """Return where a source ends that was named by "according to" or "in the view of"."""
    doc = token.doc
    last = max(subject.i, token.i)
    for at in range(last + 1, sentence.end):
        if doc[at].text in (",", ".", ";", "–", "—", '"'):
            return at
        is_subject = doc[at].dep_ in ("nsubj", "nsubjpass", "expl")
        if is_subject and doc[at].left_edge.i > subject.right_edge.i:
            return doc[at].left_edge.i
    return sentence.end
