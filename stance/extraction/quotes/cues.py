"""Cues: the words that announce reported speech.

A table of reporting words, features of a candidate, and a small linear model over them.

The table is for reading and mending; the model weighs it against the grammar around the word, so
that a verb that is not in the table is found by the company it keeps. Weights are plain JSON:
loading them executes nothing.
"""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.core.errors import ModelError
from stance.extraction.text.word_lists import BODY_NOUNS, PERSON_NOUNS, TEXT_NOUNS

if TYPE_CHECKING:
    from spacy.tokens import Token

WEIGHTS = "cue_weights.json"

# say: words for speaking, whatever is said stands outside them. stance: the word itself takes a
# side, so the statement begins with it. belief: what somebody thinks, reported. show: documents
# and facts "say". perceive: learning, not speaking.
VERBS: dict[str, str] = {
    "say": "say tell add write announce note state report explain reply answer respond claim argue "
    "stress emphasize emphasise insist maintain assert "
    "declare proclaim remark observe comment mention recall reiterate repeat confirm admit "
    "acknowledge concede allege contend affirm point continue "
    "conclude recount relate reveal disclose testify tweet post joke quip muse vow pledge promise "
    "swear warn caution predict forecast hint imply "
    "suggest indicate signal inform assure remind notify brief complain lament boast exclaim "
    "shout whisper murmur mutter inquire ask wonder query "
    "elaborate specify clarify counter retort rebut summarize estimate put describe call speak "
    "underline underscore highlight opine speculate "
    "theorize agree quote cite publish issue voice express deliver go "
    "grumble sigh groan moan snap growl mumble scoff yell scream chuckle sneer laugh blog text "
    "message email "
    "intone interject chime sum declaim preach advise "
    "propose outline detail stipulate swear profess protest plead beg urge tout brag rail fume "
    "thunder gush offer rule decree read reckon refer",
    "stance": "reject welcome condemn denounce dismiss oppose support back endorse criticize "
    "criticise praise hail laud applaud slam blast decry "
    "deplore deny refuse decline demand urge call appeal ask request propose offer suggest accuse "
    "blame threaten warn vow pledge promise agree "
    "accept approve rule question doubt dispute challenge defend favor favour advocate recommend "
    "advise plead press push object refute "
    "rebuff ridicule mock thank congratulate commend regret apologize vowed invite order instruct "
    "encourage discourage seek insist commit "
    "disavow disown contest contradict castigate scorn deride reproach brand berate resist assail "
    "lambast lambaste rebuke chide scold tout champion",
    "belief": "think believe hope expect fear consider regard see view feel suspect assume know "
    "understand doubt want wish worry anticipate intend "
    "figure guess imagine presume suppose hold judge deem favor favour prefer love hate like "
    "dislike trust",
    "show": "show suggest demonstrate indicate reveal find document prove reflect illustrate read "
    "state record conclude",
    "perceive": "learn hear discover realize realise notice remember forget decide determine "
    "ensure make let help see find watch",
}
CLASSES: dict[str, tuple[str, ...]] = {}


for _name, _words in VERBS.items():
    for _word in _words.split():
        CLASSES[_word] = (*CLASSES.get(_word, ()), _name)


NOUNS = frozenset(
    "warning claim statement proposal call demand threat promise doubt expectation message report "
    "argument accusation view hope refusal offer pledge "
    "vow announcement suggestion assertion allegation assurance insistence declaration opinion "
    "belief concern fear remark comment appeal request "
    "prediction confirmation admission criticism charge contention notion idea conviction "
    "skepticism scepticism support opposition regret confidence "
    "readiness willingness objection reservation condemnation".split()
)
PHRASAL = {
    ("turn", "down"): "reject",
    ("put", "forward"): "propose",
    ("step", "up"): "renew",
    ("brush", "off"): "dismiss",
    ("brush", "aside"): "dismiss",
    ("wave", "aside"): "dismiss",
    ("wave", "away"): "dismiss",
}
# Rarer verbs that report as a common one does.
ALIKE = {
    "characterize": "describe",
    "characterise": "describe",
    "rebuff": "reject",
    "spurn": "reject",
}
# What is put forward in words: "put forward a plan".
PUT_FORWARD = frozenset(
    "plan proposal idea offer draft initiative formula roadmap demand suggestion condition term "
    "scheme".split()
)
# Nouns for what somebody feels or wants; "expressed the view that …" only says who speaks.
ATTITUDES = frozenset(
    "doubt regret hope fear concern demand call request appeal skepticism scepticism objection "
    "reservation support opposition".split()
)
# Verbs that only voice what their object names: "raised concerns that …", "renewed his call …".
VOICING = frozenset("voice express raise repeat reiterate renew echo".split())
# What one turns down with a knob.
SWITCHED = frozenset(
    "volume heating heat music sound radio television tv light lamp thermostat flame gas "
    "temperature bed sheet road street lane path".split()
)
THIRD = frozenset("he she they it".split())


def verb_classes(lemma: str) -> tuple[str, ...]:
    """Return the classes of the table that a verb belongs to.

    None where the table does not know it.
    """
    return CLASSES.get(lemma, ())


def is_reporting(verb: "Token") -> bool:
    """Tell a verb of saying, or one that takes a side."""
    return not {"say", "stance"}.isdisjoint(verb_classes(verb.lemma_.lower()))


def cue_lemma(verb: "Token") -> str:
    """Return a verb's lemma.

    For a phrasal verb that takes a side that of the plain one ("turned down the offer": reject).
    """
    lemma = verb.lemma_.lower()
    if lemma in ALIKE:
        return ALIKE[lemma]
    # The parser calls "aside" an adverb, "down" a particle.
    particle = next(
        (
            c.lower_
            for c in verb.children
            if c.dep_ == "prt" or (c.dep_ == "advmod" and c.i == verb.i + 1)
        ),
        None,
    )
    if particle is None or any(
        child.dep_ == "dobj" and child.lemma_.lower() in SWITCHED for child in verb.children
    ):
        return lemma
    if particle == "forward" and not has_object(verb, PUT_FORWARD):
        return lemma
    return PHRASAL.get((lemma, particle), lemma)


def has_object(verb: "Token", lemmas: frozenset[str]) -> bool:
    """Tell whether one of these words is a verb's object."""
    return any(c.dep_ == "dobj" and c.lemma_.lower() in lemmas for c in verb.children)


def is_voiced(verb: "Token") -> bool:
    """Tell a verb that only voices what its object names ("raised concerns that …")."""
    return cue_lemma(verb) in VOICING and has_object(verb, NOUNS)


def subject_kind(subject: "Token | None") -> str:
    """Say what kind of thing speaks, from its head word alone.

    An entity recogniser would take two thirds of the time.
    """
    if subject is None:
        return "none"
    word = subject.lower_
    if subject.pos_ == "PRON":
        if word in THIRD:
            return word if word == "it" else "third"
        return (
            "first"
            if word in ("i", "we", "you")
            else "relative"
            if word in ("who", "which", "that")
            else "pron"
        )
    if subject.pos_ == "PROPN":
        return "name"
    if word in PERSON_NOUNS or subject.lemma_.lower() in PERSON_NOUNS:
        return "person"
    if subject.lemma_.lower() in BODY_NOUNS:
        return "body"
    if subject.lemma_.lower() in TEXT_NOUNS:
        return "text"
    return "things" if subject.tag_ == "NNS" else "thing"


def cue_features(
    cue: "Token",
    *,
    frame: str,
    subject: "Token | None",
    content: Sequence["Token"],
    quoted: str,
    has_that: bool,
) -> dict[str, float]:
    """Describe a candidate for the model; training and use go through this one function.

    Parameters
    ----------
    cue
        The word that would report.
    frame
        How the content hangs on it: "that", "bare", "fronted", "inserted", "infinitive", "object",
        "according" …
    subject
        Head of the speaker's mention, if there is one.
    content
        Tokens of what would be said.
    quoted
        "all", "some" or "none" of the content stands in quotation marks.
    has_that
        The content begins with "that".
    """
    lemma = cue_lemma(cue)
    classes = verb_classes(lemma) or ("unknown",)
    kind = subject_kind(subject)
    children = {child.dep_ for child in cue.children}
    auxiliaries = {child.lower_ for child in cue.children if child.dep_ in ("aux", "auxpass")}
    modal = (
        "modal"
        if auxiliaries & {"would", "could", "should", "may", "might", "can", "must"}
        else "will"
        if auxiliaries & {"will", "'ll"}
        else "plain"
    )
    marks = {child.lower_ for child in cue.children if child.dep_ == "mark"}
    size = min(6, int(math.log2(len(content) + 1)))
    names = [
        f"lemma={lemma}",
        f"frame={frame}",
        f"subject={kind}",
        f"tag={cue.tag_}",
        f"dep={cue.dep_}",
        f"modal={modal}",
        f"quoted={quoted}",
        f"size={size}",
    ]
    names += [
        f"lemma={lemma}|frame={frame}",
        f"frame={frame}|subject={kind}",
        f"frame={frame}|quoted={quoted}",
        f"frame={frame}|size={size}",
    ]
    names += [f"tag={cue.tag_}|dep={cue.dep_}", f"frame={frame}|tag={cue.tag_}"]
    for name in classes:
        names += [
            f"class={name}",
            f"class={name}|frame={frame}",
            f"class={name}|subject={kind}",
            f"class={name}|modal={modal}",
        ]
    names += [f"mark={word}" for word in marks]
    if "neg" in children:
        names += ["negated", f"negated|class={classes[0]}"]
    if has_that:
        names += ["that", f"that|class={classes[0]}"]
    if content:
        first = content[0]
        names += [f"first={first.tag_}", f"frame={frame}|first={first.tag_}"]
        backshift = any(token.tag_ == "MD" or token.tag_ == "VBD" for token in content)
        names += [f"finite={backshift}|frame={frame}"]
    if cue.dep_ in ("relcl", "acl", "advcl", "pcomp", "xcomp", "ccomp", "conj"):
        names += [f"dep={cue.dep_}|class={classes[0]}", f"dep={cue.dep_}|frame={frame}"]
    return dict.fromkeys(names, 1.0)


class CueModel:
    """Logistic regression as a table of weights.

    Parameters
    ----------
    weights
        Weight per feature name.
    bias
        The constant.
    """

    def __init__(self, weights: Mapping[str, float], bias: float) -> None:
        self.weights = dict(weights)
        self.bias = bias

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how sure the model is that a candidate reports speech, from 0 to 1."""
        score = self.bias + sum(
            self.weights.get(name, 0.0) * value for name, value in features.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))

    def to_json(self) -> str:
        """Return the JSON form, weights rounded to four places."""
        table = {
            name: round(weight, 4)
            for name, weight in sorted(self.weights.items())
            if abs(weight) >= 5e-4
        }
        return (
            json.dumps(
                {"format": 1, "bias": round(self.bias, 4), "weights": table},
                ensure_ascii=False,
                indent=0,
            )
            + "\n"
        )

    @classmethod
    def from_json(cls, text: str, where: str = WEIGHTS) -> "CueModel":
        """Read what `to_json` wrote.

        Raises
        ------
        ModelError
            If it is something else.
        """
        try:
            row: dict[str, Any] = json.loads(text)
            if row["format"] != 1:
                raise ValueError(f"format {row['format']!r}, expected 1")
            return cls(
                {str(name): float(weight) for name, weight in row["weights"].items()},
                float(row["bias"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            raise ModelError(
                f"{where}: not a table of cue weights ({fault}); train it anew with stance "
                "weights cues"
            ) from fault


def weights_path() -> Path:
    """Return where the package's weights lie."""
    return Path(__file__).parent / WEIGHTS


@functools.cache
def load_cues() -> CueModel:
    """Load the weights that come with the package.

    Raises
    ------
    ModelError
        If they cannot be read or are damaged.
    """
    source = weights_path()
    try:
        return CueModel.from_json(source.read_text(encoding="utf-8"), str(source))
    except OSError as fault:
        raise ModelError(
            f"{source}: cannot be read ({fault.strerror}); install stance anew, or train the cues "
            "with stance weights cues"
        ) from fault
