"""Find persons' names: runs of proper nouns without titles, institutions and places.

Also the offices told beside a name.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stance.extraction.quotes.sources import SourceMention, mention_of
from stance.extraction.text.first_names import FEMALE_NAMES, MALE_NAMES
from stance.extraction.text.word_lists import (
    OCCUPATIONS,
    PARTICLES,
    TEXT_NOUNS,
    TITLES,
    is_people_word,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token


def clean_name(words: Sequence[str]) -> list[str]:
    """Drop titles and offices in front of a name: "Mayor of Lorn Dora Venn" -> Dora Venn."""
    kept = list(words)
    for at in range(len(kept) - 1, -1, -1):
        if kept[at].lower().strip(".,’'") in TITLES:
            kept = kept[at + 1 :]
            break
    while kept and (
        kept[-1].lower() in ("'s", "’s", "jr.", "sr.", "jr", "sr")
        or not any(char.isalpha() for char in kept[-1])
    ):
        kept.pop()
    while kept and not any(char.isalpha() for char in kept[0]):
        kept.pop(0)
    while len(kept) > 1 and kept[0].lower() in OCCUPATIONS:
        kept.pop(0)
    return kept


def offices_before(words: Sequence[str], name: Sequence[str]) -> set[str]:
    """Return the offices among the words in front of a name: "mayor" in "Mayor Moe"."""
    before = words[: len(words) - len(name)]
    return {word.lower().strip(".") for word in before} - COURTESY


def gender_of(words: Sequence[str]) -> str | None:
    """Return "m" or "f" for a known first name or a sure ending, "f?" for an unsure one."""
    name = words[0].lower()
    if name in FEMALE_NAMES:
        return "f"
    if name in MALE_NAMES:
        return "m"
    surname = words[-1].lower()
    if surname.endswith(FEMALE_SURNAMES) and len(surname) > 5:
        return "f"
    unsure = (name.endswith("a") and len(name) > 3) or (
        surname.endswith("ova") and len(surname) > 5
    )
    return "f?" if unsure else None


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
            if is_name(doc[end]) or (
                doc[end].lower_ in PARTICLES
                and end + 1 < n
                and (is_name(doc[end + 1]) or doc[end + 1].text == "-")
            ):
                end += 1
            elif (
                doc[end].text == "-"
                and end + 1 < n
                and not doc[end - 1].whitespace_
                and not doc[end].whitespace_
            ):
                # "Ok-byol", "el-Tahwi": the halves are one name, whatever the tagger says.
                end += 2
            else:
                break
        yield at, end
        at = end


def name_run_at(doc: "Doc", place: int) -> tuple[int, int] | None:
    """Return the stretch of a name that covers a token, also where the tagger knows only a part."""
    run = next((run for run in name_runs(doc) if run[0] <= place < run[1]), None)
    if run is not None and not (run[0] > 0 and _looks_named(doc[run[0] - 1])):
        return run
    if run is None and not doc[place].text[:1].isupper():
        return None
    start, end = run or (place, place + 1)
    while start > 0 and _looks_named(doc[start - 1]) and not doc[start - 1].is_sent_start:
        start -= 1
    return start, end


def _looks_named(token: "Token") -> bool:
    """Tell a word that is written as a name and stands behind a comma or another such word."""
    return token.is_title and token.pos_ in ("PROPN", "ADJ", "NOUN", "X", "VERB", "ADV")


# "known as Falcon", "with the call sign Falcon", "who gave only his first name, Petro"
GIVEN = re.compile(
    r"\b(?:known (?:only )?as|(?:nick)?named|by the (?:name|call ?sign|nickname) of"
    r"|call[- ]?sign,?|first name,?|name as|nom de guerre,?|identified (?:only )?as"
    r"|(?:introduced|identified) (?:him|her)self as)"
    r" (?P<name>[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,2})"
)


def given_name(mention: SourceMention) -> list[str]:
    """Return the name that a description gives in other words; empty where it gives none."""
    head = mention.head
    if head.pos_ != "NOUN":
        return []
    # Only what hangs on the description: "an official said a man named Ild" names no official.
    words = head.doc[mention.start : max(head.right_edge.i + 1, mention.end)].text
    match = GIVEN.search(words)
    return match["name"].split() if match is not None else []


def is_name(token: "Token") -> bool:
    """Tell whether a word may be part of a name."""
    return token.pos_ == "PROPN" and token.text[:1].isupper()


# "Petrova" is a woman's name, "Casanova" anybody's: `gender_of` is unsure of "ova".
FEMALE_SURNAMES = ("ová", "yeva", "ieva", "skaya", "skaia", "dottir", "dóttir")
COURTESY = frozenset("mr mrs ms miss dr sir prof madam lord lady dame".split())


def names_beside(mention: SourceMention) -> Iterator[int]:
    """Yield where a name stands next to a description.

    "the bishop, Tobias Landa, said", "Tobias Landa, the bishop, said".
    """
    doc = mention.head.doc
    if (
        mention.end < len(doc)
        and is_people_word(mention.head.lemma_.lower())
        and is_name(doc[mention.end])
    ):
        # "its chair Edda Moe said", where the parser has not joined office and name
        yield mention.end
    if (
        mention.end + 2 < len(doc)
        and doc[mention.end].text == ","
        and (is_name(doc[mention.end + 1]) or doc[mention.end + 1].text[:1].isupper())
    ):
        stop = next(
            (
                i
                for i in range(mention.end + 1, min(mention.end + 8, len(doc)))
                if doc[i].text in (",", ".")
            ),
            None,
        )
        if stop is not None and all(
            any(char.isupper() for char in doc[i].text)
            or doc[i].lower_ in PARTICLES
            or not doc[i - 1].whitespace_
            for i in range(mention.end + 1, stop)
        ):
            yield stop - 1
    if (
        mention.start >= 2
        and doc[mention.start - 1].text == ","
        and is_name(doc[mention.start - 2])
    ):
        yield mention.start - 2


def author_of(mention: SourceMention) -> SourceMention | None:
    """Return who stands behind a text that "says" something.

    "a statement from the Foreign Ministry".
    """
    if mention.head.lemma_.lower() not in TEXT_NOUNS:
        return None
    for child in mention.head.children:
        if child.dep_ == "prep" and child.lower_ in ("from", "by"):
            author = next((c for c in child.children if c.dep_ == "pobj"), None)
            return mention_of(author, mention.view)
        if child.dep_ == "poss" and child.pos_ in ("NOUN", "PROPN"):
            return mention_of(child, mention.view)
    return None


def appositions(head: "Token") -> Iterator["Token"]:
    """Yield the nouns that say what somebody is: "Venn, the envoy"."""
    for child in head.children:
        if child.dep_ == "appos" and child.pos_ in ("NOUN", "PROPN"):
            yield child


def behind_words(doc: "Doc", start: int, n_words: int) -> int:
    """Return the token behind the first ``n_words`` words from ``start``.

    A word may have several tokens ("vice-president").
    """
    at = start
    while n_words > 0 and at < len(doc):
        n_words -= bool(doc[at].whitespace_)
        at += 1
    return at


def role_text(words: str) -> str | None:
    """Return an office as it is shown, without article and stops; None for a mere "Mr"."""
    text = re.sub(r"^(?:the|a|an) ", "", words.strip(" ,;:-–—"), flags=re.I)
    return text[:120] if text and text.lower().strip(".") not in COURTESY else None


def owner_of(mention: SourceMention) -> SourceMention | None:
    """Return whose the thing is that a mention names: "Venn's speech", "an interview with Venn"."""
    if is_people_word(mention.head.lemma_.lower()) or mention.head.pos_ == "PROPN":
        # "Venn's deputy" is somebody else, "the Fishermen's Union" a name.
        return None
    owners = [c for c in mention.head.children if c.dep_ == "poss"]
    if mention.head.lemma_.lower() == "interview":
        beside = (c for c in mention.head.children if c.lower_ == "with")
        owners += [c for word in beside for c in word.children if c.dep_ == "pobj"]
    return mention_of(next((c for c in owners if c.pos_ == "PROPN"), None), mention.view)
