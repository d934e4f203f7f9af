"""Where the content begins and ends that a cue reports, by the frame in which it stands.

A clause, an infinitive, an object, an adjunct.
"""

from typing import TYPE_CHECKING

from stance.extraction.quotes.boundaries import (
    NO_WORDS,
    SAYING_PREPOSITIONS,
    Range,
    has_negation,
    narrated_end,
    object_end,
    with_negation,
    with_tails,
)
from stance.extraction.quotes.cues import ATTITUDES, cue_lemma, is_voiced, verb_classes
from stance.extraction.quotes.endings import trim_end
from stance.extraction.quotes.sources import inverted_subject, is_behind_quotation
from stance.extraction.quotes.times import behind_time
from stance.extraction.text.parser_views import View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

ADDRESSED = frozenset("tell inform remind assure notify warn advise brief".split())
# An opening clause that belongs to the statement, not to the narrator ("Given the losses, she says
# …"); "after", "while", "as" are the narrator's.
THEIR_OPENERS = frozenset("given by if unless because without instead".split())
# Verbs whose that-clause is not what the speaker holds: with them the statement begins at the
# verb.
DISCLAIMING = frozenset("doubt deny dispute demand question reject refuse regret".split())
ASKING = frozenset("ask question wonder inquire query doubt".split())
SMALL_CLAUSE = frozenset(
    "consider regard see view describe want deem characterize characterise".split()
)
# What a narrator does beside speaking ("he said, referring to …").
NARRATING = frozenset(
    "refer cite speak talk comment use pause gesture quote point echo follow recall "
    "respond look mean sit stand hold renew echo repeat voice express hint insist warn".split()
)
# "responded to reports that …": what somebody else has said.
POINTING = frozenset("respond react refer point".split())
SCENES = frozenset(["advcl", "acl", "prep", "csubj"])
LIGHT_VERBS = frozenset(
    "voice express make issue have give raise offer repeat renew reiterate".split()
)


def holds(token: "Token", view: View) -> bool:
    """Tell whether a word lies inside a whole quotation."""
    return view.holder_at(token.idx) is not None


def clause_content(verb: "Token", sentence: "Span", view: View) -> tuple[str, list[Range]] | None:
    """'said (that) the talks failed', 'asked whether …'.

    What follows the verb up to where the narrator goes on.
    """
    doc = verb.doc
    clauses = _clauses(verb)
    child = clauses[0] if clauses else None
    clear = _made_clear(verb, sentence)
    if clear is not None:
        has_that = doc[clear].lower_ == "that"
        start, frame, end = clear + has_that, "that" if has_that else "bare", verb.right_edge.i + 1
    elif child is None or (is_infinitive(child) and len(clauses) == 1):
        that = _loose_that(verb, sentence)
        if that is None:
            return None
        start, frame = that, "that"
        end = max(
            narrated_end(verb, start, sentence), doc[min(that, len(doc) - 1)].head.right_edge.i + 1
        )
        if is_voiced(verb) and doc[that - 2].lemma_.lower() in ATTITUDES:
            # "repeating demands that …": the statement begins with its verb.
            return "object", [(with_negation(verb), trim_end(verb, start, end))]
    else:
        start, frame = _opening(verb, child)
        end = narrated_end(verb, start, sentence)
        start = behind_time(doc, start, child) if frame == "bare" else start
    if (
        child is not None
        and child.pos_ not in ("VERB", "AUX")
        and verb.lemma_.lower() in SMALL_CLAUSE
    ):
        return "object", [
            (with_negation(verb), trim_end(verb, verb.i, with_tails(verb, end), tails=True))
        ]
    if (
        frame != "that"
        and doc[start - 1].text == ","
        and start > verb.i + 1
        and (
            any(holds(t, view) for t in doc[max(sentence.start, verb.i - 12) : verb.i])
            or any(c.dep_ == "ccomp" and c.i < verb.i for c in verb.children)
        )
    ):
        # '"It failed," he said in a speech, in which he also …': the quotation is what he said.
        return None
    if frame == "bare" and start > verb.i + 1 and doc[start - 1].text == ";":
        # "…, she said; the ferry sank": another sentence, told by the narrator.
        return None
    if frame == "bare" and start == verb.i + 1 and is_behind_quotation(verb):
        # '"It failed," said one weary leader': who says it, whatever the parser takes it for.
        return None
    if start >= len(doc) or any(holds(token, view) for token in doc[start : start + 2]):
        return None
    end = trim_end(verb, start, end)
    if frame in ("that", "bare") and (
        verb.lemma_.lower() in DISCLAIMING
        or (has_negation(verb) and "belief" in verb_classes(verb.lemma_.lower()))
    ):
        return frame, [(with_negation(verb), with_tails(verb, end))]
    return frame, [*_their_opening(verb, sentence), (start, end)]


def _made_clear(verb: "Token", sentence: "Span") -> int | None:
    """Return where the content of "made (it) clear that …" begins."""
    if verb.lemma_.lower() != "make":
        return None
    for at in range(verb.i + 1, min(verb.i + 5, sentence.end - 2)):
        if verb.doc[at].lower_ in ("clear", "plain", "known"):
            return _behind_addressee(verb.doc, at + 1, sentence.end - 2)
    return None


def _behind_addressee(doc: "Doc", at: int, end: int) -> int:
    """Pass over "to the mayor" in "made it clear to the mayor that …"."""
    if doc[at].lower_ != "to" or doc[at].pos_ == "PART":
        return at
    return next((i for i in range(at + 1, min(at + 10, end)) if doc[i].lower_ == "that"), at)


def _loose_that(verb: "Token", sentence: "Span") -> int | None:
    """Return where a that-clause begins which the parser has not seen.

    "told reporters after a meeting that …".
    """
    classes = set(verb_classes(verb.lemma_.lower()))
    if (
        "say" not in classes
        or ("stance" in classes and verb.lemma_.lower() not in ADDRESSED)
        or verb.lemma_.lower() == "call"
        or (verb.lemma_.lower() in POINTING and _has_to(verb))
    ):
        return None
    addressed = verb.lemma_.lower() in ADDRESSED
    for at in range(verb.i + 1, min(verb.i + 20, sentence.end - 2)):
        token = verb.doc[at]
        if token.tag_ == "VB" or (
            token.tag_ == "VBG"
            and (verb.doc[at - 1].text == "," or "say" in verb_classes(token.lemma_.lower()))
        ):
            return None
        if token.lower_ == "that" and verb.doc[at - 1].lower_ in ("so", "condition", ","):
            return None
        if (
            token.lower_ == "that"
            and (token.tag_ in ("IN", "DT") or (addressed and token.dep_ == "mark"))
            and token.dep_ in ("mark", "det", "nsubj", "dobj", "advmod")
        ):
            return at + 1
        if token.tag_ in ("VBD", "VBZ", "VBP", "MD"):
            return None
    return None


def _has_to(verb: "Token") -> bool:
    return any(c.dep_ == "prep" and c.lower_ == "to" for c in verb.children)


def _clauses(verb: "Token") -> list["Token"]:
    """Return the heads of the clauses that could be what a verb reports, the finite ones first."""
    behind = [child for child in verb.children if child.i > verb.i]
    clauses = [child for child in behind if _is_clause(child) and child.pos_ in ("VERB", "AUX")]
    if verb.lemma_.lower() in ASKING and not clauses:
        clauses = [
            c
            for c in behind
            if c.dep_ == "advcl"
            and c.left_edge.lower_ in ("if", "whether")
            and c.left_edge.i == verb.i + 1
        ]
    return clauses or [
        child for child in behind if child.dep_ == "ccomp" and child.lower_ != "clear"
    ]


def _is_clause(child: "Token") -> bool:
    """Tell a clause, also where the parser sees an infinitive: "told her he could not go"."""
    if child.dep_ == "ccomp":
        return True
    return (
        child.dep_ == "xcomp"
        and any(c.dep_ == "nsubj" and c.i < child.i for c in child.children)
        and any(c.dep_ == "aux" and c.tag_ in ("MD", "VBD", "VBZ", "VBP") for c in child.children)
    )


def _opening(verb: "Token", clause: "Token") -> tuple[int, str]:
    """Return where a reported clause begins, behind its "that", and its frame."""
    doc = verb.doc
    start = max(clause.left_edge.i, verb.i + 1)
    for at in range(start, min(clause.i + 1, start + 15)):
        token = doc[at]
        if token.lower_ == "that" and token.dep_ == "mark":
            return at + 1, "that"
        if token.tag_ in ("WP", "WRB", "WDT") or (
            token.lower_ in ("whether", "if") and token.dep_ == "mark" and at - start < 2
        ):
            return start, "wh"
    return start, "bare"


def _their_opening(verb: "Token", sentence: "Span") -> list[Range]:
    """Return the clause before 'she says' that belongs to what she says."""
    if sentence.start >= verb.i:
        return []
    at = sentence.start
    if sentence.doc[at].tag_ == "CC":
        at += 1
    if sentence.doc[at].lower_ not in THEIR_OPENERS:
        return []
    commas = [i for i in range(at, verb.i) if verb.doc[i].text == ","]
    if not commas or verb.i - commas[-1] > 4 or commas[-1] - at < 4:
        return []
    return [(sentence.start, commas[-1])]


def is_infinitive(verb: "Token") -> bool:
    """Tell "to agree", "to have agreed" from a finite verb."""
    return verb.tag_ in ("VB", "VBP", "VBN") and any(
        child.lower_ == "to" and child.dep_ == "aux" for child in verb.children
    )


def infinitive_content(
    verb: "Token", _sentence: "Span", _view: View
) -> tuple[str, list[Range]] | None:
    """'vowed to come', 'suggested restarting the talks', 'urged Russia to agree'.

    The statement begins with the verb.
    """
    for child in verb.children:
        if verb.lemma_.lower() == "tell" and child.dep_ in ("xcomp", "ccomp"):
            told = _what_to_do(verb, child)
            return None if told is None else ("infinitive", [told])
        if (
            child.i > verb.i
            and child.dep_ in ("xcomp", "ccomp", "advcl")
            and (is_infinitive(child) or (child.tag_ in ("VBG", "VBN") and child.dep_ == "xcomp"))
        ):
            if "stance" not in verb_classes(verb.lemma_.lower()) and (
                child.dep_ == "advcl" or any(c.dep_ == "dobj" for c in verb.children)
            ):
                continue
            end = with_tails(verb, max(child.right_edge.i + 1, object_end(verb)))
            return "infinitive" if child.tag_ != "VBG" else "gerund", [
                (with_negation(verb), trim_end(verb, verb.i, end, tails=True))
            ]
    return None


def _what_to_do(verb: "Token", child: "Token") -> Range | None:
    """Return "to wait" in "told the crew to wait"."""
    to = next((c.i for c in child.children if c.lower_ == "to" and c.dep_ == "aux"), None)
    if to is None or to < verb.i:
        return None
    return to, trim_end(verb, to, child.right_edge.i + 1)


def object_content(verb: "Token", sentence: "Span", view: View) -> tuple[str, list[Range]] | None:
    """'welcomed the offer', 'called for a truce', 'stressed the need for talks'.

    Only for verbs of the table.
    """
    classes = set(verb_classes(cue_lemma(verb)))
    small, voiced = verb.lemma_.lower() in SMALL_CLAUSE, is_voiced(verb)
    if not (classes & {"stance", "say"} or small or voiced) or verb.lemma_.lower() in (
        "say",
        "tell",
        "let",
        "go",
    ):
        return None
    if verb.i <= sentence.start + 1 and verb.tag_ in ("VBN", "VBG") and verb.dep_ in SCENES:
        # "Asked about the raid, …", "Commenting on …": the narrator sets the scene.
        return None
    objects = [
        child for child in verb.children if child.i > verb.i and child.dep_ in ("dobj", "oprd")
    ]
    prepositions = [
        c
        for c in verb.children
        if c.i > verb.i and c.dep_ == "prep" and c.lower_ in SAYING_PREPOSITIONS
    ]
    if verb.lemma_.lower() in ("speak", "talk") and any(
        c.lower_ in ("to", "with") and c.i > verb.i for c in verb.children
    ):
        # "She spoke to the paper about the talks": not a word of what she said.
        return None
    speaker = inverted_subject(verb)
    if speaker in objects:
        # '"It failed," grumbled Dora Venn, leaning on the rail': no object, but who says it.
        return None
    if any(holds(child, view) for child in objects) or not (objects or prepositions):
        return None
    if "stance" in classes or small or voiced or verb.lemma_.lower() in LIGHT_VERBS:
        end = trim_end(verb, verb.i, with_tails(verb, object_end(verb)), tails=True)
        return ("object" if objects else "preposition"), [(with_negation(verb), end)]
    end = trim_end(verb, verb.i, narrated_end(verb, object_end(verb), sentence))
    start = objects[0].left_edge.i if objects else prepositions[0].i + 1
    return ("object" if objects else "preposition"), [(max(start, verb.i + 1), end)]


def adjunct_content(doc: "Doc", low: int, high: int, sentence: "Span") -> list[Range]:
    """Return what is said around a source named between ``low`` and ``high``.

    Before it, behind it or both.
    """
    leading = [
        i
        for i in range(sentence.start, low)
        if doc[i].pos_ not in ("CCONJ", "PUNCT", "SPACE", "ADV")
    ]
    if not leading:
        return [(high, sentence.end)]
    rest = [i for i in range(high, sentence.end) if doc[i].pos_ not in NO_WORDS]
    if any(
        doc[i].text in "–—" or doc[i].text == "-" for i in range(high, min(high + 1, sentence.end))
    ):
        return [(sentence.start, low)]
    # ", which published …": the relative clause belongs to the source named.
    if (
        not rest
        or doc[rest[0]].tag_ in ("WDT", "WP", "WP$", "VBG", "WRB")
        or doc[rest[0]].lower_ in ("a", "an", "the", "but")
        or doc[rest[0]].pos_ == "PROPN"
    ):
        return [(sentence.start, low)]
    if doc[low - 1].lower_ in ("and", "but") or (
        doc[low - 1].text == "," and doc[low - 2].lower_ in ("and", "but")
    ):
        return [(high, sentence.end)]
    if doc[low - 1].lower_ in ("that", "while"):
        return [(high, sentence.end)]
    return (
        [(sentence.start, low), (high, sentence.end)]
        if doc[low - 1].text == ","
        else [(sentence.start, low)]
    )
