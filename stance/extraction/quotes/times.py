"""When something was said: "said on Friday it would go", "said August 16, 2024, its troops …"."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

MONTH_NAMES = frozenset(
    "january february march april may june july august september october november december".split()
)
MONTHS = MONTH_NAMES | frozenset("jan. feb. aug. sept. oct. nov. dec.".split())
TIMES = MONTH_NAMES | frozenset(
    "monday tuesday wednesday thursday friday saturday sunday today yesterday week month year "
    "weekend morning evening night afternoon earlier later "
    "statement interview conference television".split()
)


def behind_time(doc: "Doc", start: int, clause: "Token") -> int:
    """Pass over the narrator's 'on Friday' in "said on Friday it would go"."""
    subject = next((c for c in clause.children if c.dep_ in ("nsubj", "nsubjpass", "expl")), None)
    behind = _behind_date(doc, start)
    if subject is not None and behind <= subject.left_edge.i:
        # "said March 2020 changed everything": a date may also be what is spoken of.
        start = behind
    if subject is None or not start < subject.left_edge.i <= start + 6:
        return start
    lead = doc[start : subject.left_edge.i]
    if any(token.text == "," or token.pos_ in ("VERB", "AUX") for token in lead):
        return start
    return subject.left_edge.i if any(token.lower_ in TIMES for token in lead) else start


def _behind_date(doc: "Doc", start: int) -> int:
    """Pass over the date in "said August 16, 2024, its troops had left"."""
    if start + 3 >= len(doc) or doc[start].lower_ not in MONTHS or not doc[start + 1].like_num:
        return start
    end = start + 2
    while end + 1 < len(doc) and (doc[end].text == "," or len(doc[end].text) == 4):
        if doc[end].text != "," and not doc[end].like_num:
            break
        end += 1
    return end
