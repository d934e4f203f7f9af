"""Where what is said begins and ends among the narrator's own words.

Time and place before it, further verbs and tails behind it.
"""

from typing import TYPE_CHECKING

from stance.extraction.quotes.cues import verb_classes

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

Range = tuple[int, int]

# Prepositions that carry what is said ("called for a truce", "accused them of stalling"); "in",
# "at", "after" tell where and when.
SAYING_PREPOSITIONS = frozenset("for on of as to against with about from into".split())
TIMES = frozenset(
    "monday tuesday wednesday thursday friday saturday sunday today yesterday week month year "
    "weekend morning evening night afternoon january february march "
    "april may june july august september october november december earlier later "
    "statement interview conference television".split()
)
# What opens a condition wherever it stands; "before" and "while" may also tell when something was
# said.
CONDITIONS = frozenset("unless until till if once provided".split())
NO_WORDS = frozenset("PUNCT SPACE".split())
# What the narrator calls a statement that was just reported: ", a claim the mayor denied".
CLAIMS = frozenset(
    "claim charge accusation allegation assertion statement demand proposal suggestion threat "
    "warning promise position view stance remark comment".split()
)


def behind_time(doc: "Doc", start: int, clause: "Token") -> int:
    """Pass over the narrator's 'on Friday' in "said on Friday it would go"."""
    subject = next((c for c in clause.children if c.dep_ in ("nsubj", "nsubjpass", "expl")), None)
    if subject is None or not start < subject.left_edge.i <= start + 6:
        return start
    lead = doc[start : subject.left_edge.i]
    if any(token.text == "," or token.pos_ in ("VERB", "AUX") for token in lead):
        return start
    return subject.left_edge.i if any(token.lower_ in TIMES for token in lead) else start


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
    return end


def _is_object(child: "Token") -> bool:
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


def trim_end(cue: "Token", start: int, end: int, *, tails: bool = False) -> int:
    """Cut the narrator's own words off the end of what a cue reports.

    With ``tails`` a closing ', saying …' stays.
    """
    doc = cue.doc
    end = min(end, len(doc))
    dashes = [
        i
        for i in range(start + 2, end)
        if doc[i].text in ("–", "—", "--") or (doc[i].text == "-" and doc[i].whitespace_)
    ]
    if len(dashes) == 1 and doc[
        dashes[0] + 1 if dashes[0] + 1 < len(doc) else dashes[0]
    ].lower_ in ("a", "an", "although", "though", "which", "while"):
        end = dashes[0]
    for at in range(start + 2, end):
        if _begins_another_report(cue, at, end) or _goes_on_telling(cue, at):
            return at - 1 if doc[at - 1].text == "," else at
    for at in range(start + 3, end):
        token = doc[at]
        if token.lower_ == "according" and doc[at - 1].text == ",":
            return at - 1
        if (
            token.lower_ == "but"
            and doc[at - 1].text == ","
            and at + 1 < end
            and "say" in verb_classes(doc[at + 1].lemma_.lower())
            and doc[at + 1].tag_ == "VBD"
        ):
            return at - 1
        if token.lower_ in ("as", "while") and tails and doc[at - 1].lower_ in ("just", ","):
            return at - 1
        if doc[at - 1].text == "," and _tells_meanwhile(cue, at):
            return at - 1
        if (
            token.lower_ in ("while", "though", "although")
            and doc[at - 1].text == ","
            and _narrates(doc, at, end)
        ):
            return at - 1
        is_gerund = (
            token.tag_ == "VBG"
            and "say" in verb_classes(token.lemma_.lower())
            and token.dep_ in ("advcl", "acl", "conj")
        )
        if (
            is_gerund
            and doc[at - 1].text == ","
            and (not tails or token.lemma_.lower() == "add")
            and token.lemma_.lower() not in ("offer", "express", "make", "call", "suggest", "put")
        ):
            return at - 1
    return end


def _tells_meanwhile(cue: "Token", at: int) -> bool:
    """Tell whether the narrator adds what went on beside: ", despite heavy losses".

    Also ", even as shells fell", ", before leaving for the airport".
    """
    doc = cue.doc
    word, behind = doc[at], doc[min(at + 1, len(doc) - 1)]
    if cue.tag_ != "VBD" or "say" not in verb_classes(cue.lemma_.lower()):
        return False
    return (
        (word.lower_ in ("despite", "amid") and word.dep_ == "prep")
        or (word.lower_ == "even" and behind.lower_ == "as")
        or (word.lower_ == "before" and behind.tag_ == "VBG")
    )


JOINTS = frozenset("and but whereas while yet though".split())


def _goes_on_telling(cue: "Token", at: int) -> bool:
    """Tell whether the same speaker does something else: "said it was late and urged patience".

    Only where what is said has a thing for its subject, which urges nobody.
    """
    doc = cue.doc
    verb = doc[at].head
    if doc[at].lower_ != "and" or cue.tag_ != "VBD" or doc[at].dep_ != "cc":
        return False
    other = next((c for c in verb.children if c.dep_ == "conj" and c.i > at), None)
    subject = next((c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass")), None)
    if other is None or other.tag_ != "VBD" or subject is None or subject.i < cue.i:
        return False
    reports = {"say", "stance"} & set(verb_classes(other.lemma_.lower()))
    own = any(c.dep_ in ("nsubj", "nsubjpass", "aux", "auxpass") for c in other.children)
    return bool(reports) and not own and subject.lower_ in ("it", "this", "that", "there", "which")


def _begins_another_report(cue: "Token", at: int, end: int) -> bool:
    """Tell whether a clause begins in which the narrator reports somebody else, or a claim.

    "the army said the road was open, but the mayor warned that …", "…, a claim the mayor denied".
    """
    doc = cue.doc
    if doc[at].lower_ in ("a", "an") and doc[at - 1].text == ",":
        nouns = [token for token in doc[at + 1 : at + 4] if token.pos_ == "NOUN"]
        return bool(nouns) and nouns[0].lemma_.lower() in CLAIMS
    if doc[at].lower_ == "as" and doc[at - 1].text == "," and doc[at].dep_ == "mark":
        # ", as police cleared the square": the narrator tells what went on meanwhile.
        clause = doc[at].head
        subject = next((c for c in clause.children if c.dep_ == "nsubj"), None)
        return (
            clause.tag_ == "VBD"
            and cue.tag_ == "VBD"
            and subject is not None
            and subject.pos_ in ("NOUN", "PROPN")
            and not any(c.dep_ == "aux" for c in clause.children)
        )
    if doc[at].lower_ not in JOINTS or cue.tag_ not in ("VBD", "VBZ", "VBP"):
        return False
    for verb in doc[at + 1 : min(at + 16, end)]:
        if verb.pos_ in ("VERB", "AUX") and verb.tag_ in ("VBD", "VBZ", "VBP", "MD"):
            reports = verb.tag_ == cue.tag_ and "say" in verb_classes(verb.lemma_.lower())
            subject = next((c for c in verb.children if c.dep_ == "nsubj" and c.i < verb.i), None)
            return (
                reports
                and subject is not None
                and at < subject.i
                and subject.pos_ in ("NOUN", "PROPN")
                and any(c.dep_ == "ccomp" and c.i > verb.i for c in verb.children)
            )
    return False


def _narrates(doc: "Doc", start: int, end: int) -> bool:
    """Tell the narrator's ", though he conceded …" from the speaker's ", though it was closed"."""
    return any(
        "say" in verb_classes(token.lemma_.lower())
        and (token.tag_ == "VBD" or any(c.lower_ == "did" for c in token.children))
        for token in doc[start : min(start + 12, end)]
    )


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
        if at > last + 1 and doc[at].dep_ == "nsubj" and doc[at].i > subject.right_edge.i:
            return doc[at].left_edge.i
    return sentence.end
