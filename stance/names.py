"""What is a person's name: runs of proper nouns, without titles, institutions and places."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

TITLES = frozenset(
    "mr mrs ms miss dr sir prof professor president vice-president senator sen rep reps gov governor minister ministers prime premier chancellor secretary "
    "foreign defence defense interior finance deputy vice chief general gen colonel col lt maj major captain capt admiral king queen prince princess "
    "ambassador envoy special representative spokesman spokeswoman spokesperson mayor judge justice director commander chairman chairwoman speaker "
    "opposition leader analyst lawmaker former ex ex-president congressman congresswoman attorney press adviser advisor columnist archbishop "
    "bishop cardinal reverend rev father sheikh ayatollah imam crown emir sultan state head commissioner coach officer sergeant lady lord dame "
    "democrat republican sens candidate nominee democratic gop rival".split()
)
# What ends the name of an institution or place, never that of a person.
NOT_PERSON = frozenset(
    "ministry department council union institute center centre street party times post news agency states nations house committee forces army bank "
    "university office government administration republic federation kingdom parliament congress senate court commission association group company "
    "corporation organization organisation fund endowment foundation journal herald tribune telegraph guardian radio television tv service services police "
    "staff force command front movement alliance league board bureau society network channel club school college hospital church kremlin city county "
    "region province district island islands sea gulf river east west north south day act treaty agreement accord plan summit conference war games "
    "accords treasury mission authority assembly cabinet workshop observatory forum partners capital securities asset management inc ltd corp co".split()
)
PLACES = frozenset(
    "ukraine russia moscow kyiv kiev washington london paris berlin brussels beijing china israel gaza iran tehran hamas turkey ankara istanbul europe "
    "germany france britain poland hungary america japan india pakistan syria damascus lebanon hezbollah egypt cairo qatar doha riyadh geneva "
    "armenia azerbaijan baku yerevan belarus minsk nato eu un u.n u.s us uk usa kremlin pentagon reuters afp tass ap cnn bbc monday tuesday wednesday "
    "thursday friday saturday sunday january february march april may june july august september october november december".split()
)
NOT_FIRST = frozenset(
    "south north east west new saint st port mount lake upper lower great greater united supreme national international european central "
    "southern northern eastern western fort cape los las san".split()
)
FEMALE_NAMES = frozenset(
    "kaja ursula giorgia angela hillary melania nancy elizabeth karine marine annalena sanna mette jacinda theresa liz susan mary jennifer linda sarah karen "
    "lisa emily kate jane anne helen ruth carol janet kelly michelle rachel rebecca ingrid ellen kim alice agnes irene yvonne simone isabel carmen "
    "leyla zeynep fatma hind mai condoleezza kellyanne madeleine caroline catherine claire petra".split()
)
MALE_NAMES = frozenset(
    "joshua luca mustafa andrea nikita sasha ilya mischa musa issa abdulla mitja joe john james robert michael david william richard thomas donald barack "
    "vladimir volodymyr sergei sergey dmitry emmanuel olaf friedrich viktor recep benjamin antony "
    "boris rishi keir jens jake lloyd xi joaquim luka juba seba costa "
    "sava jovica nikola danila kuzma foma luka ezra noah elijah isa zakaria mahamadou moussa moustapha krishna shiva aditya".split()
)
# Words that open a sentence inside quotation marks, where no tagger looks.
NO_NAME = frozenset(
    "because when if after before while since although though and but so yet or nor then now as at in on for from with without by to of that this these "
    "those the a an my our your his her its their we you he she it they who what why how where not no yes even only both unless until till once is are "
    "was were has have had do does did will would can could should may might must let ask tell dear thank thanks".split()
)
PARTICLES = frozenset("al el bin ibn de da di du der den van von la le abu ben ter dos".split())
NAME_IN_QUOTE = re.compile(r"\b[A-Z][\w-]+(?: (?:(?:al|bin|de|van|von) )?[A-Z][\w.-]*){1,3}")


def clean_name(words: Sequence[str]) -> list[str]:
    """Drop titles and offices in front of a name: "U.S. Secretary of State Marco Rubio" -> Marco Rubio."""
    kept = list(words)
    for at in range(len(kept) - 1, -1, -1):
        if kept[at].lower().strip(".,’'") in TITLES:
            kept = kept[at + 1 :]
            break
    while kept and (kept[-1].lower() in ("'s", "’s", "jr.", "sr.", "jr", "sr") or not any(char.isalpha() for char in kept[-1])):
        kept.pop()
    while kept and not any(char.isalpha() for char in kept[0]):
        kept.pop(0)
    return kept


def gender_of(first: str) -> str | None:
    """Return "m" or "f" for a known first name, "f?" where its ending alone suggests it."""
    name = first.lower()
    if name in FEMALE_NAMES:
        return "f"
    if name in MALE_NAMES:
        return "m"
    return "f?" if name.endswith("a") and len(name) > 3 else None


def title_gender(words: Sequence[str]) -> str | None:
    """Return "m" or "f" where a courtesy title before a name tells it."""
    titles = {word.lower().strip(".") for word in words[:-1]}
    return "m" if "mr" in titles else "f" if titles & {"mrs", "ms", "miss"} else None


def name_runs(doc: "Doc") -> Iterator[tuple[int, int]]:
    """Yield the stretches of proper nouns, with the particles inside them."""
    at, n = 0, len(doc)
    while at < n:
        if not is_name(doc[at]):
            at += 1
            continue
        end = at + 1
        while end < n:
            if is_name(doc[end]) or (doc[end].lower_ in PARTICLES and end + 1 < n and (is_name(doc[end + 1]) or doc[end + 1].text == "-")):
                end += 1
            elif doc[end].text == "-" and end + 1 < n and not doc[end - 1].whitespace_ and not doc[end].whitespace_:
                # "Ok-byol", "el-Tahwi": the halves are one name, whatever the tagger says.
                end += 2
            else:
                break
        yield at, end
        at = end


def is_name(token: "Token") -> bool:
    """Tell whether a word may be part of a name."""
    return token.pos_ == "PROPN" and token.text[:1].isupper()
