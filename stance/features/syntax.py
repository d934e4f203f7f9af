"""Terms from the parse of a quote.

They say who wants what, whether it is denied, under which condition, and how certainly it is said.
The word lists of `stance.features.lexicon` say which words are about the talks and which carry a
stance. The parse says how they belong together: what a negation or a modal verb reaches, who is the
subject, what stands in an *if* clause. It needs spaCy (extra ``quotes``) for training and for
predicting; `stance.features.lexicon.frame_terms` does without it and looks at neighbouring words.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError, ModelError
from stance.extraction.text.parser import default_nlp
from stance.features.lexicon import NEGATORS, PERSONS, TARGETS, find_lists

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

MODALS = {
    "must": "must should need ought shall",
    "will": "will 'll wo",
    "would": "would 'd",
    "can": "can ca could",
    "may": "may might",
}
_MODALS = {word: name for name, listed in MODALS.items() for word in listed.split()}
# Conditions by what they ask: a fact to come about, an exception, a moment, nothing less.
CONDITIONS = {
    "if": "if",
    "provided": "if",
    "once": "when",
    "when": "when",
    "after": "when",
    "before": "until",
    "until": "until",
    "till": "until",
    "unless": "unless",
}
CONCESSIONS = frozenset("although though despite even while whereas".split())
HEDGES = frozenset(
    (
        "perhaps maybe possibly probably likely apparently seem appear suggest think believe hope "
        "guess somewhat rather quite relatively"
    ).split()
)
BOOSTERS = frozenset(
    (
        "never always absolutely certainly clearly completely fully definitely simply very only "
        "any all every total categorically firmly"
    ).split()
)
SUBJECTS = ("nsubj", "nsubjpass", "csubj")
OBJECTS = ("dobj", "pobj", "attr", "oprd", "dative")
CLAUSES = ("ROOT", "advcl", "ccomp", "xcomp", "conj", "relcl", "acl", "pcomp", "csubj")
# Parses met in this process; a training run asks for each quote's several times.
_PARSED: dict[str, list[str]] = {}
MOST_KEPT = 50_000


def parse_terms(row: Mapping[str, Any]) -> list[str]:
    """Return what the parse of a quote says, as terms.

    Parameters
    ----------
    row
        Has ``text``.

    Returns
    -------
    list of str
        Per verb with a frame of the lexicon ``ready``, ``not:ready``, ``must:ready``, ``if:ready``
        and with its subject and object (``we>ready``, ``ready>talk``); per word of the target its
        place and its verb (``talk:subject``, ``hold>talk``, ``not>talk``); of the whole the main
        verb's tense and aspect, conditions, concessions, hedges and boosters.

    Raises
    ------
    ModelError
        If spaCy or its pipeline is not installed.
    """
    text = _text_of(row)
    if text not in _PARSED:
        warm_parses([row])
    return _PARSED[text]


def warm_parses(rows: Iterable[Mapping[str, Any]]) -> None:
    """Parse the quotes that were not met before, many at once: four times as fast as one by one.

    Raises
    ------
    ModelError
        If spaCy or its pipeline is not installed.
    """
    texts = [text for text in dict.fromkeys(map(_text_of, rows)) if text not in _PARSED]
    if not texts:
        return
    try:
        nlp = default_nlp()
    except DataError as fault:
        raise ModelError(f"this model reads the parse of a quote: {fault}") from fault
    if len(_PARSED) + len(texts) > MOST_KEPT:
        _PARSED.clear()
    for text, doc in zip(texts, nlp.pipe(texts, batch_size=64), strict=True):
        _PARSED[text] = list(_terms(doc))


def _text_of(row: Mapping[str, Any]) -> str:
    return " ".join(str(row["text"]).split())


def _terms(doc: "Doc") -> Iterator[str]:
    words = [token.lower_ for token in doc]
    aims = _lists_by_place(words, "thing", TARGETS)
    frames = _lists_by_place(words, "frame")
    for token in doc:
        for frame in frames.get(token.i, ()):
            yield from _frame(token, frame, aims)
        for aim in aims.get(token.i, ()):
            yield from _aim(token, aim, frames)
        if (
            token.dep_ in ("mark", "advmod")
            and token.lower_ in CONDITIONS
            and token.head.dep_ in CLAUSES
        ):
            inside = {aim for one in token.head.subtree for aim in aims.get(one.i, ())}
            yield from (
                f"condition:{CONDITIONS[token.lower_]}{rest}"
                for rest in ("", *(f">{aim}" for aim in sorted(inside)))
            )
        if token.lower_ in CONCESSIONS:
            yield "concession"
        if token.lemma_ in HEDGES or token.lower_ in HEDGES:
            yield "hedge"
        if token.lower_ in BOOSTERS:
            yield "booster"
        if token.dep_ == "ROOT":
            yield from (
                f"root:{one}"
                for one in (
                    token.lemma_.lower(),
                    *_manner(token),
                    *(f"subject:{who}" for who in _subjects(token)),
                )
            )


def _lists_by_place(
    words: list[str], group: str, only: Iterable[str] | None = None
) -> dict[int, list[str]]:
    out: dict[int, list[str]] = {}
    for name, places in find_lists(words, group).items():
        if only is None or name in only:
            for place in places:
                out.setdefault(place, []).append(name)
    return out


def _frame(token: "Token", frame: str, aims: Mapping[int, list[str]]) -> Iterator[str]:
    verb = _clause(token)
    signed = f"not:{frame}" if _is_denied(token) else frame
    yield signed
    yield from (f"{how}:{signed}" for how in _manner(verb))
    yield from (f"{who}>{signed}" for who in _subjects(verb))
    below = {aim for one in token.subtree for aim in aims.get(one.i, ())}
    yield from (f"{signed}>{aim}" for aim in sorted(below))


def _aim(token: "Token", aim: str, frames: Mapping[int, list[str]]) -> Iterator[str]:
    verb = _clause(token)
    place = (
        "subject" if token.dep_ in SUBJECTS else "object" if token.dep_ in OBJECTS else token.dep_
    )
    signed = "not>" if _is_denied(token) else ""
    yield from (f"{aim}:{place}", f"{signed}{verb.lemma_.lower()}>{aim}")
    if signed:
        yield f"not>{aim}"
    yield from (f"{how}>{aim}" for how in _manner(verb))
    yield from (f"{who}>{aim}" for who in _subjects(verb))
    above = {frame for one in token.ancestors for frame in frames.get(one.i, ())}
    yield from (f"{frame}>>{aim}" for frame in sorted(above))


def _clause(token: "Token") -> "Token":
    """Return the verb (or other head) of the clause that a word stands in."""
    while token.dep_ not in CLAUSES and token.head.i != token.i:
        token = token.head
    return token


def _is_denied(token: "Token") -> bool:
    """Tell whether a negation reaches a word.

    The negation may stand at the word itself, at a head above it up to its clause's verb, or at the
    verb whose complement the clause is.
    """
    while True:
        if any(
            child.dep_ == "neg"
            or (child.lower_ in NEGATORS and child.dep_ in ("det", "advmod", "preconj", "cc"))
            for child in token.children
        ):
            return True
        if token.head.i == token.i or token.dep_ in ("advcl", "relcl", "conj", "acl"):
            return token.lower_ in NEGATORS
        if token.lower_ in NEGATORS:
            return True
        token = token.head


def _manner(verb: "Token") -> Iterator[str]:
    """Yield the modal verb, tense, aspect and condition of a clause."""
    auxiliaries = [child for child in verb.children if child.dep_ in ("aux", "auxpass")]
    yield from (_MODALS[one.lower_] for one in auxiliaries if one.lower_ in _MODALS)
    tenses = verb.morph.get("Tense", []) or [
        tense for one in auxiliaries for tense in one.morph.get("Tense", [])
    ]
    yield from (f"tense-{tense.lower()}" for tense in tenses[:1])
    if any(one.lemma_ == "have" for one in auxiliaries):
        yield "perfect"
    if "Prog" in verb.morph.get("Aspect", []):
        yield "ongoing"
    if any(one.dep_ == "auxpass" for one in auxiliaries):
        yield "passive"
    yield from (
        CONDITIONS[child.lower_]
        for child in verb.children
        if child.dep_ in ("mark", "advmod") and child.lower_ in CONDITIONS
    )


def _subjects(verb: "Token") -> Iterator[str]:
    """Yield what kind of subject a clause has.

    A clause without a subject of its own takes that of the clause above it.
    """
    for _ in range(3):
        found = [child for child in verb.children if child.dep_ in SUBJECTS]
        if found or verb.head.i == verb.i or verb.dep_ not in ("xcomp", "conj"):
            break
        verb = verb.head
    for subject in found:
        listed = next(
            (person for person, words in PERSONS.items() if subject.lower_ in words), None
        )
        yield listed or (
            "name" if subject.pos_ == "PROPN" else "noun" if subject.pos_ == "NOUN" else "other"
        )
