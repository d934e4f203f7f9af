"""What the narrator tells behind the words that a cue reports, in the same sentence.

A further verb of the speaker's, another report, when it was said, what went on meanwhile.
"""

from typing import TYPE_CHECKING

from stance.extraction.quotes.cues import is_reporting, verb_classes
from stance.extraction.quotes.sources import lost_subject
from stance.extraction.text.word_lists import BODY_NOUNS, TEXT_NOUNS, is_people_word

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

JOINTS = frozenset("and but whereas while yet though".split())
# On what occasion somebody spoke: "as he landed in Lorn".
TRAVEL = frozenset("land arrive depart leave board head travel fly return disembark".split())
# Who acts in a body, and the endings of words for those that act.
CROWDS = frozenset(
    "troop nation party power ally militia insurgent militant community public majority minority "
    "opposition coalition leadership population regime faction tribe gang crowd family "
    "superpower republic".split()
)
ACTORS = ("er", "or", "ist", "ian", "ant", "ent", "ee")
# What a speaker does beside stating a fact.
TAKING_SIDES = frozenset(
    "dismiss reject accuse criticize criticise condemn denounce urge praise welcome blame deny "
    "rebuff".split()
)
SPECIFYING = frozenset(
    "say elaborate specify give provide offer name explain detail disclose clarify".split()
)
CLOSE_MOUTHED = frozenset("reticent vague silent coy evasive unclear".split())
# What the narrator calls a statement that was just reported: ", a claim the mayor denied".
CLAIMS = frozenset(
    "claim charge accusation allegation assertion statement demand proposal suggestion threat "
    "warning promise position view stance remark comment".split()
)


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
            end = at - 1 if doc[at - 1].text == "," else at
            break
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
        if doc[at - 1].text == "," and (
            (token.lower_ in ("while", "though", "although") and _narrates(doc, at, end))
            or (token.lower_ == "but" and _leaves_open(doc, at, end))
        ):
            return at - 1
        if not tails and doc[at - 1].text == "," and _judges_beside(cue, at):
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
    """Tell whether the narrator adds what went on beside: ", despite heavy losses"."""
    word = cue.doc[at]
    if cue.tag_ != "VBD" or "say" not in verb_classes(cue.lemma_.lower()):
        return False
    return word.lower_ in ("despite", "amid") and word.dep_ == "prep"


def _goes_on_telling(cue: "Token", at: int) -> bool:
    """Tell whether the same speaker does something else: "said it was late and urged patience".

    Only where what is said has a subject that cannot do it: "it", or a thing that urges or blames
    somebody. A treaty may well demand or promise something.
    """
    doc = cue.doc
    verb = doc[at].head
    if doc[at].lower_ != "and" or cue.tag_ != "VBD" or doc[at].dep_ != "cc":
        return False
    other = next((c for c in verb.children if c.dep_ == "conj" and c.i > at), None)
    subject = next((c for c in verb.children if c.dep_ in ("nsubj", "nsubjpass")), None)
    if other is None or other.tag_ != "VBD" or subject is None or subject.i < cue.i:
        return False
    own = any(c.dep_ in ("nsubj", "nsubjpass", "aux", "auxpass") for c in other.children)
    if not is_reporting(other) or own or other.lemma_.lower() == "go":
        return False
    # "said the army had left, and denied …": two tenses, and a comma between them.
    shifted = any(c.dep_ in ("aux", "auxpass") for c in verb.children)
    return (
        (subject.lower_ in ("it", "there") and verb.lemma_ == "be")
        or (_is_thing(subject) and other.lemma_.lower() in TAKING_SIDES)
        or (shifted and doc[at - 1].text == ",")
    )


def _is_thing(subject: "Token") -> bool:
    """Tell what cannot speak: "it", "the bridge"."""
    if subject.lower_ in ("it", "this", "that", "there", "which"):
        return True
    lemma = subject.lemma_.lower()
    return (
        subject.tag_ in ("NN", "NNS")
        and lemma not in BODY_NOUNS | TEXT_NOUNS | CROWDS
        and not is_people_word(lemma)
        and not lemma.endswith(ACTORS)
    )


def _judges_beside(cue: "Token", at: int) -> bool:
    """Tell the narrator's ", dismissing it as a rumour" behind what a thing is said to do."""
    verb = cue.doc[at]
    if verb.tag_ != "VBG" or verb.lemma_.lower() not in TAKING_SIDES or cue.tag_ != "VBD":
        return False
    clause = verb.head
    subject = next((c for c in clause.children if c.dep_ in ("nsubj", "nsubjpass", "expl")), None)
    return clause.i == cue.i or (subject is not None and subject.i > cue.i and _is_thing(subject))


def _begins_another_report(cue: "Token", at: int, end: int) -> bool:
    """Tell whether a clause begins in which the narrator reports somebody else, or a claim.

    "the guild said it had failed, but the mayor warned that …", "…, a claim the mayor denied".
    """
    doc = cue.doc
    if doc[at].lower_ in ("a", "an") and doc[at - 1].text == ",":
        nouns = [token for token in doc[at + 1 : at + 4] if token.pos_ == "NOUN"]
        return (
            bool(nouns)
            and nouns[0].lemma_.lower() in CLAIMS
            and any(child.dep_ in ("relcl", "acl") for child in nouns[0].children)
        )
    if doc[at].lower_ == "something" and doc[at - 1].text == ",":
        # ", something confirmed by the mayor"
        return at + 1 < end and doc[at + 1].tag_ in ("VBN", "VBD")
    if doc[at].lower_ == "as" and _is_travel(doc[at]):
        return True
    if doc[at].lower_ == "as" and doc[at - 1].text == "," and doc[at].dep_ == "mark":
        # ", as police cleared the square": the narrator tells what went on meanwhile.
        clause = doc[at].head
        subject = next((c for c in clause.children if c.dep_ == "nsubj"), None)
        return (
            clause.tag_ == "VBD"
            and cue.tag_ in ("VBD", "VBG")
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
            subject = lost_subject(verb) if subject is None else subject
            return (
                reports
                and subject is not None
                and at < subject.i
                and subject.pos_ in ("NOUN", "PROPN")
                and any(c.dep_ == "ccomp" and c.i > verb.i for c in verb.children)
            )
    return False


def _is_travel(mark: "Token") -> bool:
    """Tell "as he landed in Lorn", which says when somebody spoke."""
    clause = mark.head
    subject = next((c for c in clause.children if c.dep_ == "nsubj"), None)
    return (
        mark.dep_ == "mark"
        and clause.tag_ == "VBD"
        and clause.lemma_.lower() in TRAVEL
        and not any(c.dep_ == "aux" for c in clause.children)
        and subject is not None
        and subject.i == mark.i + 1
        and subject.lower_ in ("he", "she", "they")
    )


def _leaves_open(doc: "Doc", but: int, end: int) -> bool:
    """Tell ", but he did not say when", ", but she has been vague about the date"."""
    if but + 3 >= end or doc[but + 1].lower_ not in ("he", "she", "they", "it"):
        return False
    verb = doc[but + 1].head
    if not any(c.lower_ in ("did", "has", "have") for c in verb.children):
        return False
    if any(c.dep_ == "neg" for c in verb.children):
        return verb.lemma_.lower() in SPECIFYING
    return any(c.lower_ in CLOSE_MOUTHED for c in verb.children if c.dep_ == "acomp")


def _narrates(doc: "Doc", start: int, end: int) -> bool:
    """Tell the narrator's ", though he conceded …" from the speaker's ", though it was closed"."""
    return any(
        "say" in verb_classes(token.lemma_.lower())
        and (token.tag_ == "VBD" or any(c.lower_ == "did" for c in token.children))
        for token in doc[start : min(start + 12, end)]
    )
