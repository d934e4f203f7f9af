"""Given names that the tagger takes for another word ("Per Lunde", "Will Berg").

Such a paragraph is parsed again as if it named another.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from stance.extraction.text.word_lists import NOT_PERSON, PERSON_NOUNS, PLACES, TITLES

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

# A stand-in of the same length that every tagger knows for a name keeps each character in its
# place.
STAND_INS = {
    "Per": "Jan",
    "Will": "Karl",
    "Art": "Jan",
    "Rob": "Jan",
    "Bill": "Karl",
    "Mark": "Karl",
    "Grant": "Peter",
    "Hope": "Anna",
    "Drew": "Karl",
}
# Verbs and nouns as often as names where they open a sentence: only these two are looked at there.
OPENING = frozenset(["Per", "Will"])
SEEN = re.compile(rf"\b(?:{'|'.join(STAND_INS)}) [A-Z]")


def with_given_names(doc: "Doc", nlp: "Language") -> "Doc":
    """Return a parse in which given names that look like other words are names.

    The same one where there are none.

    Parameters
    ----------
    doc
        A paragraph as ``nlp`` parsed it.
    nlp
        The pipeline, which is asked again only where it has not read such a name as one.
    """
    if not SEEN.search(doc.text):
        return doc
    mistaken = list(_mistaken(doc))
    if not mistaken:
        return doc
    text = doc.text
    for token in mistaken:
        text = text[: token.idx] + STAND_INS[token.text] + text[token.idx + len(token) :]
    again = nlp(text)
    if [token.idx for token in again] != [token.idx for token in doc]:
        return doc
    return _respelled(again, doc)


def _mistaken(doc: "Doc") -> Iterator["Token"]:
    """Yield the given names that the parser has not joined to the name behind them."""
    for token in doc[: len(doc) - 1]:
        if token.text not in STAND_INS:
            continue
        surname = doc[token.i + 1]
        joined = (
            token.pos_ == "PROPN" and token.dep_ in ("compound", "nmod") and token.head.i > token.i
        )
        if (
            joined
            or surname.pos_ != "PROPN"
            or not surname.text[:1].isupper()
            or surname.lower_ in PLACES | NOT_PERSON
        ):
            continue
        if _opens_a_name(token):
            yield token


def _opens_a_name(token: "Token") -> bool:
    """Tell "But Per Lunde, a professor" from "Will Lunde come?", and "Berg Will Meet Lunde"."""
    doc, at = token.doc, token.i
    if at == token.sent.start or doc[at - 1].text in '"“‘«:':
        if token.text not in OPENING or token.sent.text.rstrip('"”’ ').endswith("?"):
            return False
        behind = doc[at + 2 : at + 4]
        is_source = (
            len(behind) == 2
            and behind[0].text == ","
            and behind[1].lower_ not in ("a", "an", "the", "who", "whose")
            and not behind[1].like_num
        )
        return token.text != "Per" or not is_source
    before = doc[at - 1]
    return (
        not before.text[:1].isupper()
        or before.lower_ in TITLES | PERSON_NOUNS
        or before.i == token.sent.start
    )


def _respelled(parsed: "Doc", doc: "Doc") -> "Doc":
    """Return a parse with the words of another one."""
    from spacy.tokens import Doc

    words = [token.text for token in doc]
    return Doc(
        doc.vocab,
        words=words,
        spaces=[bool(token.whitespace_) for token in doc],
        tags=[token.tag_ for token in parsed],
        pos=[token.pos_ for token in parsed],
        morphs=[str(token.morph) for token in parsed],
        lemmas=[
            word if word != token.text else token.lemma_
            for word, token in zip(words, parsed, strict=True)
        ],
        heads=[token.head.i for token in parsed],
        deps=[token.dep_ for token in parsed],
    )
