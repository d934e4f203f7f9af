"""Stances that a quote ascribes to others: "they do not want peace" says of *them* that they oppose talks.

Whoever a quote names (a name, "they", "both sides", "the government") may hold a stance; a linear model over the words around the mention, the frames of
`stance.lexicon` near it, the reporting verb and the stance that the quote itself was given says which, or none. Only words are read, no parse: it works on
bare rows as on articles. Its weights are in ``data/attributed.json``, trained by ``stance evaluate-attributed --write``. Predicting needs numpy only.

How often it is right is in docs/why.md; it is a hint, weaker than the stance of the quote itself.
"""

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stance.aliases import Aliases
from stance.errors import ModelError
from stance.lexicon import TARGETS, cue_acts, find_lists, is_negated, words_of
from stance.records import STANCES, Span

WEIGHTS = "attributed.json"
NONE = "none"
HELD = tuple(stance for stance in STANCES if stance != "neutral")
CLASSES = (NONE, *HELD)
AFTER, BEFORE = 9, 4
STEPS = (0.1, 0.25, 0.5, 0.75)
MOST_NAMES = 12
LONGEST_NAME = 5
_NAME = r"[A-Z][\w-]*(?:[’'](?!s\b)\w+)?(?:\s+(?:(?:of|of the|al|bin|de|van|von)\s+)?[A-Z][\w-]*)*"
_GROUPS = """
    side sides party parties government governments leadership leaderships army armies militants rebels fighters movement front council regime capital capitals
    ministry president minister ministers commander commanders generals general delegation delegations mediator mediators opposition faction factions union
    unions association authorities administration command commands leader leaders people politicians lawmakers parliament cabinet coalition neighbours neighbour
    enemy opponents opponent adversary partners partner state states country countries envoy envoys negotiator negotiators insurgents junta brigades
    respondents families residents voters employers company management workers committee commission kremlin elite hawks hardliners colleagues host hosts team
    officials official guarantors
""".split()
_DETERMINERS = "the both this that these those our their his her your all some each either neither every one two three several many most certain".split()
_MODIFIERS = "other opposite opposing warring own same whole entire ruling central military rebel armed foreign former new present political two three".split()
_GROUP = (
    rf"(?:\b(?i:{'|'.join(_DETERMINERS)})\s+)*(?:(?:(?i:{'|'.join(_MODIFIERS)})|[A-Z][\w-]+(?:[’']s)?)\s+){{0,3}}\b(?i:{'|'.join(_GROUPS)})\b"
    rf"(?:\s+(?:of|in|from)\s+(?:the\s+)?{_NAME})?"
)
_PRONOUN = r"\b(?i:they|them|their|he|him|his|she|her|it|its)\b"
_MENTION = re.compile(rf"(?P<group>{_GROUP})|(?P<pronoun>{_PRONOUN})|(?P<name>\b{_NAME})")
_PRONOUNS = {"them": "they", "their": "they", "him": "he", "his": "he", "her": "she", "its": "it"}
# Capitals that begin a sentence or stand for time, not for anybody.
_NO_NAME = frozenset(
    """
    a an the this that these those there here i we you he she it they who what when where why how if unless until after before while as because since
    so but and or nor yet not no never nothing nobody neither both all some each every any one two three only even also then now today yesterday
    tomorrow our my your his her their its in on at by for from with without to of into over under under about against between is are was were be been
    do does did has have had will would can could may might must should shall let look listen yes perhaps maybe once again still just first second
    third last next monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october
    november december god mr mrs ms peace talks war negotiations whoever whatever anyone anybody everyone everybody everything something somebody
    someone such more most many much few
    thus however therefore moreover meanwhile instead although though despite indeed otherwise hence nevertheless nonetheless besides whereas whether almost
    half nearly about around less than per among amid within beyond above below like as both four five six seven eight nine ten another same whose whom
    """.split()
)
# The words of a holder's name that say nothing of who it is.
_EMPTY = frozenset(
    """
    the a an of and or in on for to by other some all both side sides party parties our their his her its own this that these those people government
    leadership army
    """.split()
)
_END = re.compile(r"[.!?;]")


@dataclasses.dataclass(slots=True)
class Mention:
    """Somebody in a quote: the words that first name him, their place in the text, of what kind they are, and where all his mentions stand."""

    text: str
    span: Span
    kind: str
    places: list[Span]


class Attributed(NamedTuple):
    """A stance that a quote ascribes to somebody else.

    ``holder`` is the name where it is known, else the mention; ``holder_id`` is the same for all spellings of a name (see `stance.aliases`), None where no
    name is known; ``span`` is the first mention's place in the quote's text; ``probability`` says how sure the model is of this mention and stance.
    """

    holder: str
    stance: str
    probability: float
    mention: str
    span: Span
    holder_id: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self._asdict(), "probability": round(self.probability, 4), "span": list(self.span)}


def find_mentions(text: str) -> list[Mention]:
    """Return whoever a quote names but the speaker's "we": names, pronouns and groups in text order, each once."""
    found: dict[str, Mention] = {}
    for match in _MENTION.finditer(text):
        kind, words, span = str(match.lastgroup), match.group(), match.span()
        if kind == "name":
            first, _, rest = words.partition(" ")
            # "Clearly," and its like begin a sentence too.
            if first.lower() in _NO_NAME or (not rest and first.endswith("ly") and text[span[1] : span[1] + 1] == ","):
                if not rest or not rest[:1].isupper():
                    continue
                words, span = rest, (span[1] - len(rest), span[1])
            key = words.lower()
        elif kind == "pronoun":
            key = _PRONOUNS.get(words.lower(), words.lower())
        else:
            key = re.sub(r"^(?:the|this|that|these|those)\s+", "", words.lower())
            if re.match(r"(?:our|your)\b", words.lower()):
                continue  # "our delegation" is the speaker's own side
        if key in found:
            found[key].places.append(span)
        else:
            found[key] = Mention(words, span, kind, [span])
    return list(found.values())


def features_of(row: Mapping[str, Any], mention: Mention, number: int, n_mentions: int, shares: Sequence[float]) -> list[str]:
    """Return what speaks for or against a stance of one mention, as terms.

    Parameters
    ----------
    row
        Has ``text``; ``cue`` and ``speaker`` where known: of the speaker only whether the mention shares a word with the name.
    shares
        The probabilities of the quote's own stance, in the codebook's order.
    """
    text = str(row["text"])
    head = mention.text.split()[-1].lower()
    kind = mention.kind if mention.kind == "name" else f"{mention.kind}:{_PRONOUNS.get(head, head)}"
    terms = {f"kind:{kind}", mention.kind, f"number:{min(number, 3)}", f"of:{min(n_mentions, 4)}", f"times:{min(len(mention.places), 3)}"}
    whole = [word.lower() for word in words_of(text)]
    things, frames = find_lists(whole, "thing"), find_lists(whole, "frame")
    terms.update(f"q:{name}" for name in (*frames, *things))
    terms.update(f"q:{'not:' if is_negated(whole, at) else ''}{name}" for name, places in frames.items() for at in places)
    terms.add("target" if any(name in TARGETS for name in things) else "no target")
    terms.update(f"cue:{act}" for act in cue_acts(row.get("cue")))
    terms.add("we" if {"we", "us", "our", "i"} & set(whole) else "no we")
    speaker = {word.lower() for word in words_of(str(row.get("speaker") or "")) if word[0].isupper()}
    if speaker & {word.lower() for word in words_of(mention.text)}:
        terms.add("self")
    for start, end in mention.places:
        terms.update(_near(text, start, end, mention.kind))
    top = STANCES[int(np.argmax(shares))]
    terms.update(f"{term}&{top}" for term in list(terms) if term.startswith(("f:", "a1:", "kind:")))
    own = [f"top:{top}", *(f"p:{stance}>{least}" for stance, share in zip(STANCES, shares, strict=True) for least in STEPS if share > least)]
    return sorted({*terms, *own, *(f"{mention.kind}&{term}" for term in own)})


def _near(text: str, start: int, end: int, kind: str) -> Iterable[str]:
    """Yield the terms of one place: the words before and behind it, and the frames that follow."""
    stop = _END.search(text, end)
    after = _masked(text[end : stop.start() if stop else len(text)])[:AFTER]
    before = _masked(text[:start])[-BEFORE:]
    yield "first" if not before else "inside"
    yield f"b1:{before[-1] if before else ''}"
    yield f"a1:{after[0] if after else ''}"
    yield f"a12:{' '.join(after[:2])}"
    yield f"a23:{' '.join(after[1:3])}"
    yield f"b21:{' '.join(before[-2:])}"
    yield from (f"a:{word}" for word in after)
    yield from (f"b:{word}" for word in before)
    for group in ("frame", "thing"):
        for name, places in find_lists(after, group).items():
            signed = {f"{'not:' if is_negated(after, at) else ''}{name}" for at in places}
            yield from (f"f:{one}" for one in signed)
            yield from (f"{kind}+f:{one}" for one in signed)
            if min(places) < 4:
                yield from (f"f3:{one}" for one in signed)
    yield from (f"bf:{name}" for name in find_lists(before, "frame"))


def _masked(text: str) -> list[str]:
    """Return the words of a text in small letters, names as NAME: what is learned of one conflict must hold for another."""
    return ["NAME" if word[0].isupper() and word.lower() not in _NO_NAME else word.lower() for word in words_of(text)]


@dataclasses.dataclass(frozen=True, slots=True)
class AttributedModel:
    """Terms to the probabilities of `CLASSES`: multinomial logistic regression, its weights by term, shape (5,) each."""

    weights: Mapping[str, np.ndarray]
    intercept: np.ndarray
    threshold: float

    def probabilities(self, terms: Sequence[str]) -> np.ndarray:
        """Return the probability of each of `CLASSES`."""
        sums = self.intercept + sum((self.weights[term] for term in terms if term in self.weights), np.zeros(len(CLASSES)))
        grown = np.exp(sums - sums.max())
        return np.asarray(grown / grown.sum())

    def predict(self, row: Mapping[str, Any], shares: Sequence[float], aliases: Aliases) -> list[Attributed]:
        """Return the stances that a row with ``text`` ascribes to others, in text order.

        Parameters
        ----------
        row
            As for `features_of`; ``context``, ``speaker_role`` and ``names`` (of the article, see `names_in`) tell who "they" are.
        shares
            The probabilities of the quote's own stance.
        """
        mentions = find_mentions(str(row["text"]))
        found = []
        for number, mention in enumerate(mentions):
            given = self.probabilities(features_of(row, mention, number, len(mentions), shares))
            if 1 - given[0] >= self.threshold:
                best = int(given[1:].argmax()) + 1
                name = resolve(mention, row)
                holder, holder_id = (name, aliases.id_of(name) or None) if name else (mention.text, None)
                found.append(Attributed(holder, CLASSES[best], float(given[best]), mention.text, mention.span, holder_id))
        return found

    def to_json(self) -> str:
        """Return the file's content, a line a term."""
        lines = [f"{json.dumps(term, ensure_ascii=False)}: {json.dumps([round(float(one), 3) for one in self.weights[term]])}" for term in sorted(self.weights)]
        head = {"classes": list(CLASSES), "threshold": self.threshold, "intercept": [round(float(one), 4) for one in self.intercept]}
        return json.dumps(head)[:-1] + ', "weights": {\n' + ",\n".join(lines) + "\n}}\n"


def parse_model(text: str, where: str) -> AttributedModel:
    """Read the file's content.

    Raises
    ------
    ModelError
        If it is not what `AttributedModel.to_json` writes.
    """
    try:
        raw = json.loads(text)
        weights = {str(term): np.array(one, dtype=float) for term, one in raw["weights"].items()}
        intercept = np.array(raw["intercept"], dtype=float)
        if raw["classes"] != list(CLASSES) or any(one.shape != (len(CLASSES),) for one in (intercept, *weights.values())):
            raise ValueError(f"classes {raw['classes']} with weights of another length")
        return AttributedModel(weights, intercept, float(raw["threshold"]))
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        raise ModelError(f"{where}: {fault!r}; expected weights of attributed stances, write them anew: stance evaluate-attributed --write") from fault


def weights_path() -> Path:
    """Return where the package's weights lie."""
    return Path(__file__).parent / "data" / WEIGHTS


@lru_cache(maxsize=1)
def load_attributed() -> AttributedModel:
    """Return the model that comes with the package."""
    return parse_model(weights_path().read_text(encoding="utf-8"), f"stance/data/{WEIGHTS}")


def is_named(mention: Mention) -> bool:
    """Tell whether a mention holds a name: "Moscow", "the Ukrainian side", not "they" or "both sides"."""
    return mention.kind == "name" or (mention.kind == "group" and any(letter.isupper() for letter in mention.text[1:]))


def stems(name: str) -> set[str]:
    """Return the first five letters of each word of a name that tells who it is: Russia and the Russian leadership share one."""
    return {word[:5] for word in re.findall(r"[^\W\d_]+", name.lower()) if word not in _EMPTY}


def names_in(text: str) -> list[str]:
    """Return the names of an article, the most frequent first, each once."""
    times: dict[str, int] = {}
    names: dict[str, str] = {}
    for mention in find_mentions(text):
        # A longer run of capitals is a headline.
        for stem in stems(mention.text) if is_named(mention) and len(mention.text.split()) <= LONGEST_NAME else ():
            times[stem] = times.get(stem, 0) + len(mention.places)
            names.setdefault(stem, mention.text)
    return [names[stem] for stem in sorted(times, key=lambda stem: -times[stem])[:MOST_NAMES]]


def resolve(mention: Mention, row: Mapping[str, Any]) -> str | None:
    """Return who a mention is; None for a group without name, or where nobody is named.

    A name is spelled out as the article does. A pronoun is the name before it in the quote, else the one that the article speaks of most, else the last
    of the context, the speaker's own side always left out.
    """
    names = [str(name) for name in row.get("names") or ()]
    if is_named(mention):
        fuller = [name for name in names if name.endswith(f" {mention.text}")]
        return max(fuller, key=len, default=mention.text)
    if mention.kind == "group":
        return None
    own = stems(f"{row.get('speaker') or ''} {row.get('speaker_role') or ''}")
    before = [one.text for one in find_mentions(str(row["text"])[: mention.span[0]]) if is_named(one)]
    around = [one.text for one in find_mentions(str(row.get("context") or "")) if is_named(one)]
    others = [name for name in (*reversed(before), *names, *reversed(around)) if not stems(name) & own]
    return others[0] if others else None
