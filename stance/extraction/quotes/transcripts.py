"""The turns of transcripts and interviews, by their labels.

``MR. KIRBY: …``, ``Q: …``, ``Edda Moe, mayor: …``, ``[00:01:12] Speaker 1: …``, or a name on a line
of its own.
"""

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from stance.core.types import Span
from stance.extraction.text.parser_views import View
from stance.extraction.text.word_lists import NOT_PERSON

Turn = tuple[str, Span, list[Span]]

PARTICLE = r"(?:van|von|der|den|de|da|di|al|el|bin|ben|la|le)"
NAME = (
    rf"(?:{PARTICLE} )*[A-Z][\w.'’-]*"
    rf"(?: (?:[A-Z0-9][\w.'’-]*|of|the|for|{PARTICLE})){{0,6}}"
)
TIME = r"[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?[\])]?"
STAMP = rf"(?:(?P<time>{TIME})\s*[-–—]?\s*)?"
ASIDE = r"(?: ?[(\[][^()\[\]\n]{1,60}[)\]])?"
ROLE = r"(?:, [^:\n“\"]{2,60})?"
# "MR. KIRBY:", "THE PRESIDENT:", "SECRETARY OF STATE RUBIO (via video):", "WITNESS 10:"
CAPITALS = re.compile(
    rf"[\s*_]*{STAMP}[*_]*(?P<name>[A-Z][A-Z0-9.'’\- ]{{1,50}}[A-Z0-9])"
    rf"{ASIDE}(?:, [^:\na-z“\"]{{2,60}})?{ASIDE}:[*_]*\s*"
)
# "Q    Will you …", "Q: …", "A. …"
LETTER = re.compile(
    rf"[\s*_]*{STAMP}[*_]*(?P<name>[QA](?=[:.])|Q)"
    r"(?:\s{2,}|[:.][*_]*\s| (?=[A-Z]))[*_]*\s*"
)
MIXED = re.compile(rf"[\s*_]*{STAMP}[*_]*(?P<name>{NAME}){ASIDE}{ROLE}{ASIDE}[*_]*:[*_]*\s+(?=\S)")
OWN_LINE = re.compile(
    rf"[\s*_]*{STAMP}(?P<name>{NAME}){ASIDE}{ROLE}(?:\s+(?P<behind>{TIME}))?:?[*_]*\s*$"
)
# "[Edda Moe] …", "<Edda Moe> …", "(Edda Moe) …", "[THE MAYOR]: …"
BRACKET = re.compile(
    rf"[\s*_]*{STAMP}[*_]*(?P<open>[\[<(])(?P<name>{NAME}){ROLE}(?:\]|>|\)):?[*_]*\s+(?=\S)"
)
# "Edda Moe — …", "Moe. - …", "EDDA MOE > …", "EDDA MOE | …"
DASH = re.compile(
    rf"[\s*_]*{STAMP}[*_]*(?P<name>{NAME}?){ASIDE}{ROLE}\.?[*_]*\s?(?:[–—]|--|[->|]+(?=\s))[*_]*\s+"
    r"(?=[\w“\"'‘¿])"
)
BOLD_QUESTION = re.compile(r"\s*(?P<mark>\*\*|__)(?P<name>[^*_\n]{2,300}\?)(?P=mark)\s*$")
CLOSING = re.compile(
    r"[\s*_(]*(?:Th(?:e|is) (?:interview|conversation|transcript|text|discussion)\b"
    r"|Interview(?:ed)? by\b|(?:Edited|Translated|Moderated) by\b)"
)
QUESTIONERS = frozenset(
    "q question questions questioner interviewer moderator reporter reporters journalist "
    "audience".split()
)
# What stands before a colon and speaks not.
NO_LABELS = frozenset(
    "note notes location place venue date time when where what why who how source sources photo "
    "photos image video update updates correction clarification price prices tickets background "
    "warning example also related address phone email contact website result results summary "
    "conclusion step option part chapter figure table total answer first second third applause "
    "laughter crosstalk inaudible music pause silence".split()
)
MIN_TURNS = 3
MIN_SHARE = 0.15
# Labels in small letters look like any other words before a colon.
MIN_MIXED_SHARE = 0.6
MIN_REPEATED_SHARE = 0.3


@dataclasses.dataclass(frozen=True, slots=True)
class SpeakerLabel:
    """A label that may open a turn; the words of the turn begin at ``end``."""

    name: str
    span: Span
    end: int
    kind: str
    timed: bool = False


def find_turns(text: str, views: Sequence[View]) -> list[Turn]:
    """Return the turns of a transcript as (name, where it stands, what is said).

    Parameters
    ----------
    text
        The article's text.
    views
        Its paragraphs.

    Returns
    -------
    list of Turn
        Without those of a questioner. None where the text is no transcript: that is one where at
        least three paragraphs open with a label, and 15% of them with one in capitals, or most
        with another. A paragraph without a label goes on with the turn before it.
    """
    opened = [(view, label) for view in views for label in [_label(text, view)]]
    labels = [label for _, label in opened if label is not None]
    if all(label.name != "Q" for label in labels):
        # "A. Moe said …"
        labels = [label for label in labels if label.kind != "letter"]
    kinds = _trusted_kinds(labels, len(views))
    if not kinds:
        return []
    names = {label.name for label in labels if label.kind in kinds and label.kind != "bold"}
    names |= {"A"} if "Q" in names else set()
    turns: list[Turn] = []
    for view, label in opened:
        start, end = view.paragraph.start, view.paragraph.end
        if label is not None and label.kind in kinds:
            turns.append((label.name if label.kind != "bold" else "Q", label.span, []))
            start = label.end
        elif CLOSING.match(text, start, end):
            turns.append(("Q", (start, start), []))
        for name, at, (low, high) in _inner_turns(text, start, end, names):
            if name is not None:
                turns.append((name, at, []))
            if turns and low < high:
                turns[-1][2].append((low, high))
    questioners = _questioners(text, turns)
    return [turn for turn in turns if turn[2] and turn[0] not in questioners]


def _label(text: str, view: View) -> SpeakerLabel | None:
    """Return the label at the start of a paragraph, if there is one."""
    start, end = view.paragraph.start, view.paragraph.end
    if text[max(0, start - 200) : start].rpartition("\n")[2].strip(" \t>|"):
        return None
    patterns = (("bold", BOLD_QUESTION), ("letter", LETTER), ("capitals", CAPITALS))
    others = (("mixed", MIXED), ("line", OWN_LINE), ("bracket", BRACKET), ("dash", DASH))
    for kind, pattern in (*patterns, *others):
        match = pattern.match(text, start, end)
        if match is None or match["name"].lower().split()[0] in NO_LABELS - QUESTIONERS:
            continue
        if kind == "line" and not re.match(r"[ \t]*\n[ \t]*\S", text[end : end + 80]):
            # The words must follow on the next line.
            continue
        timed = any(match.groupdict().get(name) for name in ("time", "behind"))
        name = match["name"].rstrip(".") if kind == "dash" else match["name"]
        at = match.start("name"), match.start("name") + len(name)
        return SpeakerLabel(name, at, match.end(), kind, timed)
    return None


def _trusted_kinds(labels: Sequence[SpeakerLabel], n_paragraphs: int) -> set[str]:
    """Return the kinds of label that make a text a transcript."""
    by_kind = {kind: [x for x in labels if x.kind == kind] for kind in {x.kind for x in labels}}
    if len(labels) > 1 and all(x.timed for x in labels) and 2 * len(labels) >= n_paragraphs:
        return set(by_kind)
    capitals = {"letter", "capitals", "bold"} & set(by_kind)
    n_capitals = sum(len(by_kind[kind]) for kind in capitals)
    kinds: set[str] = set()
    if capitals - {"bold"} and n_capitals >= MIN_TURNS and n_capitals >= MIN_SHARE * n_paragraphs:
        kinds |= capitals
    mixed = by_kind.get("mixed", [])
    n_mixed = len(mixed) + len(by_kind.get("bold", [])) + n_capitals * bool(kinds)
    repeats = _most_frequent(mixed) > 1
    least = MIN_REPEATED_SHARE if repeats or "bold" in by_kind or kinds else MIN_MIXED_SHARE
    if mixed and n_mixed >= MIN_TURNS and n_mixed >= least * n_paragraphs:
        kinds |= {"mixed", *capitals}
    lines = by_kind.get("line", [])
    if len(lines) >= MIN_TURNS and _most_frequent(lines) > 1 and 3 * len(lines) >= n_paragraphs:
        kinds.add("line")
    for kind in ("bracket", "dash"):
        labels_so = by_kind.get(kind, [])
        # A dash stands behind many words: several names must take turns, each paragraph with one.
        names = {label.name for label in labels_so}
        least = 1 if kind == "bracket" else 2
        is_frequent = (4 - least) * len(labels_so) >= n_paragraphs
        if len(labels_so) >= MIN_TURNS and _most_frequent(labels_so) > 1 and is_frequent:
            kinds |= {kind} if len(names) >= least else set()
    return kinds


def _most_frequent(labels: Sequence[SpeakerLabel]) -> int:
    """Return how often the most frequent last word of the labels stands there."""
    return max(Counter(label.name.split()[-1] for label in labels).values(), default=0)


def _inner_turns(
    text: str, start: int, end: int, names: set[str]
) -> Iterator[tuple[str | None, Span, Span]]:
    """Cut a paragraph where another label stands in it: "Q: Why? A: So it was."."""
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    inner = re.compile(rf"(?<=[.?!…”\"] )[*_]*(?P<name>{known})[*_]*:[*_]*\s+") if known else None
    name, at = None, (start, start)
    for match in inner.finditer(text, start, end) if inner else ():
        yield name, at, _trimmed(text, start, match.start())
        name, at, start = match["name"], match.span("name"), match.end()
    yield name, at, _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Span:
    while end > start and (text[end - 1].isspace() or text[end - 1] in "*_"):
        end -= 1
    return start, end


def _questioners(text: str, turns: Sequence[Turn]) -> set[str]:
    """Return the labels of those who only ask: "Q", "Interviewer", a newspaper, its initials."""
    said: dict[str, list[str]] = {}
    for name, _, spans in turns:
        said.setdefault(name, []).extend(text[start:end] for start, end in spans[-1:])
    asking = {name for name in said if name.strip(".").lower() in QUESTIONERS}
    papers = [name for name in said if name.split()[-1].lower() in NOT_PERSON]
    initials = [name for name in said if name.isupper() and 1 < len(name.strip(".")) <= 4]
    for name in (*initials, *papers):
        questions = [words for words in said[name] if words.rstrip('”"* ').endswith("?")]
        if len(said) == 2 and len(questions) == len(said[name]) > 1:
            asking.add(name)
    return asking
