"""Which candidates report speech: chosen by the cue model, the outer one first."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from stance.core.types import Span
from stance.extraction.quotes.candidates import CueCandidate, quotation_candidates
from stance.extraction.quotes.cues import CueModel, cue_lemma, is_voiced, verb_classes
from stance.extraction.quotes.non_reports import reports_nothing
from stance.extraction.quotes.quoted_words import goes_on, in_quoted_words, quoted_tokens
from stance.extraction.quotes.sources import follows_comma
from stance.extraction.text.parser_views import Placeholder, View

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

THRESHOLD = 0.5
QUOTE_THRESHOLD = 0.3
# A verb of speaking with a clause behind it hardly needs the model: it only sorts out "would say",
# "if he says", "needless to say".
CLAUSE_THRESHOLD = 0.25
# Our reports hold few nominal cues, so the model thinks too little of them.
NOUN_THRESHOLD = 0.15
# "has repeatedly called for a truce": the weights take a participle for a passive.
PERFECT_THRESHOLD = 0.4
# "The government is losing patience, threatening to leave."
PARTICIPLE_THRESHOLD = 0.45
# ", claiming it was late" behind a comma hardly needs the model.
ADDED_THRESHOLD = 0.25
ADDED_FRAMES = frozenset(["that", "bare", "object", "preposition"])
# "A third myth says that …", "the silence suggests that …": nobody speaks.
SAYS_NOTHING = frozenset(
    "saying war experience sign move silence history clock calendar thermometer vote explosion "
    "attack step decision development situation reality evidence gesture absence timing incident "
    "pattern trend precedent weather myth misconception rumor rumour legend cliché cliche proverb "
    "adage joke accusation allegation theory logic wisdom tradition".split()
)


def announcer_of(
    doc: "Doc", view: View, holder: Placeholder, model: CueModel
) -> CueCandidate | None:
    """Return the verb that announces a whole quotation, if one does."""
    best: CueCandidate | None = None
    for candidate in quotation_candidates(doc, view, holder):
        candidate.score = model.probability(candidate.features(view))
        if candidate.score < QUOTE_THRESHOLD:
            continue
        if _stands_before(candidate, holder):
            # "… condemned the raid and said that “…”": the verb right before it announces it.
            return candidate
        if best is None or candidate.score > best.score:
            best = candidate
    return best


def _stands_before(candidate: CueCandidate, holder: Placeholder) -> bool:
    """Tell whether a verb of saying stands right before a quotation: "said that “…”"."""
    cue, doc = candidate.cue, candidate.cue.doc
    if "say" not in verb_classes(cue.lemma_.lower()):
        return False
    if cue.tag_ not in ("VBD", "VBZ", "VBP") and not (cue.tag_ == "VBG" and _is_added(cue)):
        return False
    behind = cue.i + 1
    while behind < len(doc) and (doc[behind].text in ",:" or doc[behind].lower_ == "that"):
        behind += 1
    return behind < len(doc) and holder.start <= doc[behind].idx < holder.end


def _is_added(cue: "Token") -> bool:
    """Tell the second half of '“…,” she said, adding that “…”'."""
    behind = cue.doc[cue.i + 1 : cue.i + 2]
    return cue.i > 0 and cue.nbor(-1).text == "," and bool(behind) and behind[0].lower_ == "that"


def choose(candidates: Sequence[CueCandidate], view: View, model: CueModel) -> list[CueCandidate]:
    """Keep the likely candidates.

    Where one lies within what another reports, the outer one stays.
    """
    for candidate in candidates:
        candidate.score = model.probability(candidate.features(view))
    kept: list[CueCandidate] = []
    covered: dict[int, int] = {}
    likely = [
        candidate
        for candidate in candidates
        if candidate.score >= _least(candidate)
        and not in_quoted_words(candidate.cue, view)
        and not reports_nothing(candidate.cue, candidate.frame)
    ]
    likely = [
        candidate
        for candidate in likely
        if candidate.subject is None or candidate.subject.lemma_.lower() not in SAYS_NOTHING
    ]
    likely = [
        candidate for candidate in likely if not any(_relays(candidate, other) for other in likely)
    ]
    likely = [
        candidate for candidate in likely if not any(_adds(candidate, other) for other in likely)
    ]
    for candidate in sorted(likely, key=lambda c: (_depth(c), -c.score)):
        inside = {i for start, end in candidate.ranges for i in range(start, end)}
        if candidate.cue.i in covered:
            continue
        if any(i in covered for i in inside):
            candidate.ranges = _without(candidate.ranges, covered)
            if not candidate.ranges:
                continue
        kept.append(candidate)
        for start, end in candidate.ranges:
            covered.update((i, candidate.cue.i) for i in range(start, end))
    _take_quoted_words(kept, view)
    _give_narrated_subjects(kept)
    return kept


def _take_quoted_words(kept: Sequence[CueCandidate], view: View) -> None:
    """Lengthen each content to the quoted words that go on with it.

    In 'called it impossible “after what we saw”' and 'insisted that the maps stay, “or nobody
    signs”' the parser often ends the content before the mark.
    """
    taken = {i for candidate in kept for start, end in candidate.ranges for i in range(start, end)}
    cues = {candidate.cue.i for candidate in kept}
    for candidate in kept:
        if not candidate.ranges or candidate.frame in ("fronted", "inserted", "according"):
            continue
        start, end = candidate.ranges[-1]
        for first, last in quoted_tokens(candidate.cue.doc, view, end):
            between = range(end, first)
            if last > candidate.cue.sent.end or any(i in taken | cues for i in range(end, last)):
                break
            if not goes_on(candidate.cue.doc, between):
                break
            candidate.ranges[-1] = start, last
            taken.update(range(end, last))
            end = last


def _give_narrated_subjects(kept: Sequence[CueCandidate]) -> None:
    """Give the subject of "said" to "urged" in "said Lorn was late and urged patience".

    The parser gives it the one inside what is said.
    """
    reported = {
        i: candidate
        for candidate in kept
        for low, high in candidate.ranges
        for i in range(low, high)
    }
    for candidate in kept:
        outer = reported.get(candidate.subject.i) if candidate.subject is not None else None
        is_own = reported.get(candidate.cue.i, candidate) is candidate
        is_told = candidate.cue.dep_ == "conj" and is_own
        if (
            outer is not None
            and outer is not candidate
            and is_told
            and outer.cue.i < candidate.cue.i
        ):
            candidate.subject = outer.subject


def _relays(outer: CueCandidate, inner: CueCandidate) -> bool:
    """Tell whether one only passes on whom another reports.

    In "the envoy said that it failed, the agency reported" the envoy speaks.
    """
    if outer.frame not in ("fronted", "inserted", "according"):
        return False
    if inner.frame not in ("that", "bare") or outer is inner or outer.cue.i < inner.cue.i:
        return False
    if any(child.lower_ == "had" for child in inner.cue.children):
        # "The mediators had told Kyiv so, an aide said": the aide speaks.
        return False
    (start, end), (low, high) = outer.ranges[0], inner.ranges[-1]
    return (
        len(outer.ranges) == 1
        and start <= inner.cue.i < end
        and start <= low
        and high <= end + 1
        and (2 * (high - low) > end - start or _opens_with(inner, start))
    )


def _opens_with(candidate: CueCandidate, start: int) -> bool:
    """Tell whether the words from ``start`` on begin with who says it."""
    subject = candidate.subject
    return subject is not None and start <= subject.left_edge.i <= start + 1


def _adds(outer: CueCandidate, inner: CueCandidate) -> bool:
    """Tell whether a cue only breaks up what its sentence reports already; then join the two.

    "Venn said she would come, but, she added, not alone."
    """
    if outer is inner or outer.frame != "inserted" or inner.frame not in ("that", "bare"):
        return False
    if outer.subject is None or outer.subject.lower_ not in ("he", "she", "they", "it"):
        return False
    (start, end), rest = outer.ranges[0], outer.ranges[1:]
    opens = start <= inner.cue.i < end and inner.subject is not None and inner.subject.i >= start
    if not opens or inner.subject is None or inner.subject.left_edge.i != start:
        return False
    doc = inner.cue.doc
    joint = end + (doc[end].text == ",")
    end = joint + 1 if doc[joint].pos_ == "CCONJ" else end
    inner.ranges = [(inner.ranges[-1][0], end), *rest]
    return True


def _least(candidate: CueCandidate) -> float:
    cue = candidate.cue
    # "The talks will resume, sources tell the paper": the parser has seen the clause before.
    has_clause = candidate.frame in ("that", "bare") or (
        candidate.frame == "fronted"
        and any(c.dep_ == "ccomp" and c.i < cue.i for c in cue.children)
    )
    plain = has_clause and verb_classes(cue.lemma_.lower())[:1] == ("say",)
    if _is_nominal(candidate):
        return NOUN_THRESHOLD
    if cue.tag_ == "VBG" and cue.dep_ in ("acl", "advcl") and candidate.subject is not None:
        is_added = candidate.frame in ADDED_FRAMES and follows_comma(cue)
        return ADDED_THRESHOLD if is_added else PARTICIPLE_THRESHOLD
    if candidate.frame in ("that", "infinitive") and _is_told(cue):
        return CLAUSE_THRESHOLD
    if _is_perfect(cue) and "stance" in verb_classes(cue_lemma(cue)):
        return PERFECT_THRESHOLD
    return CLAUSE_THRESHOLD if plain else THRESHOLD


def _is_told(cue: "Token") -> bool:
    """Tell "made (it) clear that …" and "told the crew to wait"."""
    lemma = cue.lemma_.lower()
    if lemma == "make":
        return any(token.lower_ in ("clear", "plain") for token in cue.doc[cue.i + 1 : cue.i + 5])
    return lemma == "tell" and cue.tag_ in ("VBD", "VBZ")


def _is_perfect(cue: "Token") -> bool:
    main = cue.dep_ == "ROOT" or (cue.dep_ == "conj" and cue.head.dep_ == "ROOT")
    if not main or cue.tag_ not in ("VBN", "VBD"):
        return False
    auxiliaries = [c for c in cue.children if c.dep_ in ("aux", "auxpass")]
    has = any(c.lemma_ in ("have", "'ve", "'s") for c in auxiliaries)
    return has and not any(c.dep_ == "auxpass" for c in auxiliaries)


def _is_nominal(candidate: CueCandidate) -> bool:
    """Tell a noun that announces a that-clause.

    Or a light verb with such a noun ("voiced doubts about …").
    """
    if candidate.frame == "noun-that":
        return True
    return candidate.frame == "object" and is_voiced(candidate.cue)


def _depth(candidate: CueCandidate) -> int:
    if candidate.frame in ("fronted", "inserted", "according"):
        # These hang below what they report; yet all of it is theirs.
        return 0
    depth, token = 1, candidate.cue
    while token.head.i != token.i and depth < 60:
        token, depth = token.head, depth + 1
    return depth


def _without(ranges: Sequence[Span], covered: Mapping[int, int]) -> list[Span]:
    out: list[Span] = []
    for start, end in ranges:
        free = [i for i in range(start, end) if i not in covered]
        if len(free) >= 0.6 * (end - start):
            low = free[0]
            high = next((i for i in range(low, end) if i in covered), end)
            out.append((low, high))
    return out
