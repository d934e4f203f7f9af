"""The names, groups and pronouns in a text that may hold a stance.

A group is a phrase such as "the government". Only words are read; there is no parse.
"""

import dataclasses
import re

from stance.core.types import Span

LONGEST_NAME = 5
_NAME = (
    r"[A-Z][\w-]*(?:[’'](?!s\b)\w+)?"
    r"(?:[^\S\n]+(?:(?:of|of the|al|bin|de|van|von)[^\S\n]+)?[A-Z][\w-]*)*"
)
_GROUPS = """
    side sides party parties government governments leadership leaderships army armies militants
    rebels fighters movement front council regime capital capitals ministry president minister
    ministers commander commanders generals general delegation delegations mediator mediators
    opposition faction factions union unions association authorities administration command
    commands leader leaders people politicians lawmakers parliament cabinet coalition neighbours
    neighbour enemy opponents opponent adversary partners partner state states country countries
    envoy envoys negotiator negotiators insurgents junta brigades respondents families residents
    voters employers company management workers committee commission kremlin elite hawks hardliners
    colleagues host hosts team officials official guarantors
""".split()
_DETERMINERS = """
    the both this that these those our their his her your all some each either neither every one
    two three several many most certain
""".split()
_MODIFIERS = """
    other opposite opposing warring own same whole entire ruling central military rebel armed
    foreign former new present political two three
""".split()
_GROUP = (
    rf"(?:\b(?i:{'|'.join(_DETERMINERS)})\s+)*"
    rf"(?:(?:(?i:{'|'.join(_MODIFIERS)})|[A-Z][\w-]+(?:[’']s)?)\s+){{0,3}}"
    rf"\b(?i:{'|'.join(_GROUPS)})\b"
    rf"(?:\s+(?:of|in|from)\s+(?:the\s+)?{_NAME})?"
)
_PRONOUN = r"\b(?i:they|them|their|he|him|his|she|her|it|its)\b"
_PAIR = r"\b(?i:both|neither|each|either|the two|one side|the other)\b"
_MENTION = re.compile(
    rf"(?P<group>{_GROUP})|(?P<pronoun>{_PRONOUN})|(?P<pair>{_PAIR})|(?P<name>\b{_NAME})"
)
PRONOUNS = {"them": "they", "their": "they", "him": "he", "his": "he", "her": "she", "its": "it"}
# Capitals that begin a sentence or stand for time, not for anybody.
NO_NAME = frozenset(
    """
    a an the this that these those there here i we you he she it they who what when where why how if
    unless until after before while as because since so but and or nor yet not no never nothing
    nobody neither both all some each every any one two three only even also then now today
    yesterday tomorrow our my your his her their its in on at by for from with without to of into
    over under under about against between is are was were be been do does did has have had will
    would can could may might must should shall let look listen yes perhaps maybe once again still
    just first second third last next monday tuesday wednesday thursday friday saturday sunday
    january february march april may june july august september october november december god mr mrs
    ms peace talks war negotiations whoever whatever anyone anybody everyone everybody everything
    something somebody someone such more most many much few thus however therefore moreover
    meanwhile instead although though despite indeed otherwise hence nevertheless nonetheless
    besides whereas whether almost half nearly about around less than per among amid within beyond
    above below like as both four five six seven eight nine ten another same whose whom
    """.split()
)
# The words of a holder's name that say nothing of who it is.
EMPTY = frozenset(
    """
    the a an of and or in on for to by other some all both side sides party parties our their his
    her its own this that these those people government leadership army
    """.split()
)
# A state's capital, government house and people stand for it: who "they" are is not told apart by
# them. What is judged of a name does not depend on it.
_STATES = """
    russia: moscow kremlin; ukraine: kyiv kiev; america: washington white-house u.s usa; china:
    beijing chinese; iran: tehran iranian; israel: jerusalem; britain: london british uk; france:
    paris french elysee; germany: berlin; turkey: ankara turkish turk türkiye turkiye; poland:
    warsaw polish; azerbaijan: baku azeri; armenia: yerevan; georgia: tbilisi; serbia: belgrade;
    kosovo: pristina; syria: damascus; lebanon: beirut; egypt: cairo; qatar: doha; oman: muscat;
    yemen: sanaa; sudan: khartoum; ethiopia: addis; congo: kinshasa; rwanda: kigali; india: delhi;
    pakistan: islamabad; afghanistan: kabul afghan; thailand: bangkok thai; cambodia: phnom;
    colombia: bogota bogotá; venezuela: caracas; cyprus: nicosia cypriot; greece: athens greek;
    moldova: chisinau; belarus: minsk; hungary: budapest; spain: madrid spanish; switzerland: swiss;
    sweden: swedish; denmark: danish; netherlands: dutch; philippines: manila philippine filipino;
    myanmar: naypyidaw; korea: seoul pyongyang; japan: tokyo; europe: brussels eu
"""
_STEM = 5


def _states() -> dict[str, str]:
    pairs = (entry.split(":") for entry in _STATES.split(";"))
    return {word[:_STEM]: state.strip()[:_STEM] for state, words in pairs for word in words.split()}


@dataclasses.dataclass(slots=True)
class HolderMention:
    """A mention of somebody in a quote.

    It has the words of the first mention, their span, their kind, and the spans of all mentions.
    """

    text: str
    span: Span
    kind: str
    places: list[Span]

    @property
    def head(self) -> str:
        """The last word, in small letters: of "the Serbian side" it is "side"."""
        return self.text.split()[-1].lower()


def find_mentions(text: str) -> list[HolderMention]:
    """Return everybody that a quote mentions except the speaker's "we".

    Names, pronouns and groups come in text order, each once.
    """
    found: dict[str, HolderMention] = {}
    for match in _MENTION.finditer(text):
        kind, words, span = str(match.lastgroup), match.group(), match.span()
        if kind == "name":
            first, _, rest = words.partition(" ")
            # "Clearly," and its like begin a sentence too.
            if first.lower() in NO_NAME or (
                not rest and first.endswith("ly") and text[span[1] : span[1] + 1] == ","
            ):
                if not rest or not rest[:1].isupper():
                    continue
                words, span = rest, (span[1] - len(rest), span[1])
            key = words.lower()
        elif kind == "pronoun":
            key = PRONOUNS.get(words.lower(), words.lower())
        else:
            key = re.sub(r"^(?:the|this|that|these|those)\s+", "", words.lower())
            if re.match(r"(?:our|your)\b", words.lower()):
                continue  # "our delegation" is the speaker's own side
        if key in found:
            found[key].places.append(span)
        else:
            found[key] = HolderMention(words, span, kind, [span])
    return list(found.values())


def is_named(mention: HolderMention) -> bool:
    """Tell whether a mention holds a name.

    "Moscow" and "the Ukrainian side" do, "they" and "both sides" do not.
    """
    return mention.kind == "name" or (
        mention.kind == "group" and any(letter.isupper() for letter in mention.text[1:])
    )


def telling(name: str) -> list[str]:
    """Return the first five letters of each word of a name that tells who it is.

    Russia, the Russian leadership and Moscow share one.
    """
    words = re.findall(r"[^\W\d_]+", _AMERICA.sub("america", name).lower())
    return list(
        dict.fromkeys(
            STATE_OF.get(word[:_STEM], word[:_STEM]) for word in words if word not in EMPTY
        )
    )


def stems(name: str) -> set[str]:
    """Return `telling` as a set."""
    return set(telling(name))


STATE_OF = _states()
_AMERICA = re.compile(r"\bUnited States\b|\bU\.?S\b\.?|\bUSA\b|\bWhite House\b")
