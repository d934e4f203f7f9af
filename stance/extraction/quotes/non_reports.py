"""Constructions with a reporting word in which nobody says anything.

"accused of theft", "declined to comment", "did not condemn the raid", "approved the budget".
"""

from typing import TYPE_CHECKING

from stance.extraction.quotes.cues import is_reporting, verb_classes

if TYPE_CHECKING:
    from spacy.tokens import Token

# Frames in which the statement begins with its verb.
OWN_VERB = frozenset(["object", "preposition", "infinitive", "gerund"])
# "to comment", "to be drawn"; who "declined to say whether …" has left something to be said.
SILENT = frozenset(
    "comment discuss detail elaborate speculate talk speak be answer respond specify identify "
    "confirm take meet clarify disclose reveal provide".split()
)
JUDGING = frozenset(
    "condemn denounce criticize criticise blame praise hail applaud welcome endorse mention "
    "comment address".split()
)
# What one does, whatever one says about it.
DEEDS = frozenset("approve publish deliver".split())
EFFORTS = frozenset("push press".split())
ANSWERS = frozenset("comment response reply clarification".split())  # what reporters seek
QUESTIONS = frozenset("question letter call email phone".split())
GOING_ON = frozenset("go continue".split())


def reports_nothing(cue: "Token", frame: str) -> bool:
    """Tell whether a reporting word stands where nobody says anything."""
    lemma = cue.lemma_.lower()
    if lemma == "ask" and _is_scene(cue):
        return True
    if frame not in OWN_VERB or cue.pos_ not in ("VERB", "AUX"):
        return False
    return (
        _is_suffered(cue, frame)
        or (lemma == "decline" and _stays_silent(cue))
        or (lemma in JUDGING and _is_left_undone(cue))
        or (lemma == "seek" and _object_lemma(cue) in ANSWERS)
        or (lemma in DEEDS and not _is_announced(cue))
        or (lemma in EFFORTS and cue.tag_ == "VBG" and _has_aux(cue, ("be", "have")))
        or (lemma == "answer" and _object_lemma(cue) in QUESTIONS)
        or (lemma in ("cite", "quote") and _cites_as_saying(cue))
        or (lemma in GOING_ON and _goes_on_to_report(cue))
    )


def _has_aux(verb: "Token", lemmas: tuple[str, ...]) -> bool:
    return any(c.dep_ in ("aux", "auxpass") and c.lemma_ in lemmas for c in verb.children)


def _object_lemma(verb: "Token") -> str | None:
    return next((c.lemma_.lower() for c in verb.children if c.dep_ == "dobj"), None)


def _is_suffered(verb: "Token", frame: str) -> bool:
    """Tell "was accused of theft" and "men accused of theft", where nobody is named who accuses."""
    if verb.tag_ != "VBN" or "stance" not in verb_classes(verb.lemma_.lower()):
        return False
    if any(c.dep_ == "agent" for c in verb.children):
        return False
    if any(c.dep_ == "auxpass" for c in verb.children):
        return True
    accusing = verb.lemma_.lower() in ("accuse", "blame", "charge")
    return accusing and frame == "preposition" and verb.dep_ in ("acl", "amod", "advcl")


def _stays_silent(verb: "Token") -> bool:
    return any(c.dep_ == "xcomp" and c.lemma_.lower() in SILENT for c in verb.children)


def _is_left_undone(verb: "Token") -> bool:
    negated = any(c.dep_ == "neg" for c in verb.children)
    return negated and any(c.lower_ in ("did", "has", "have", "had") for c in verb.children)


def _is_announced(verb: "Token") -> bool:
    """Tell what somebody says will be done: "would approve it only if …"."""
    return any(c.dep_ == "aux" and c.tag_ == "MD" for c in verb.children)


def _is_scene(verb: "Token") -> bool:
    """Tell "the mayor, asked about the raid, said …"."""
    doc = verb.doc
    if (
        not 0 < verb.i < len(doc) - 1
        or doc[verb.i - 1].text != ","
        or verb.tag_ not in ("VBN", "VBD")
    ):
        return False
    if doc[verb.i + 1].lower_ not in ("about", "whether", "if", "why", "how", "what", "when"):
        return False
    behind = doc[verb.i + 2 : verb.sent.end]
    return any(t.text == "," and t.i + 1 < len(doc) and _spoke(doc[t.i + 1]) for t in behind)


def _spoke(verb: "Token") -> bool:
    return verb.tag_ == "VBD" and is_reporting(verb)


def _cites_as_saying(verb: "Token") -> bool:
    """Tell "citing the mayor as warning that …", where "warning" reports."""
    if verb.tag_ != "VBG" and not any(c.dep_ == "auxpass" for c in verb.children):
        return False
    by = (c for c in verb.children if c.dep_ == "prep" and c.lower_ == "as")
    return any(
        c.dep_ == "pcomp" and c.tag_ == "VBG" for preposition in by for c in preposition.children
    )


def _goes_on_to_report(verb: "Token") -> bool:
    """Tell "went on to say that …" and "continue to believe that …"."""
    for child in verb.children:
        if child.dep_ == "xcomp" and {"say", "belief"} & set(verb_classes(child.lemma_.lower())):
            return any(c.dep_ == "ccomp" and c.i > child.i for c in child.children)
    return False
