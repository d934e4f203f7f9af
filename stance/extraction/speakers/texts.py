"""Who issued "the statement" or "the letter" that says something later."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stance.extraction.quotes.sources import SourceMention
from stance.extraction.text.word_lists import TEXT_NOUNS

if TYPE_CHECKING:
    from spacy.tokens import Token

# What a study or a map says is not what its author says.
ISSUED_TEXTS = TEXT_NOUNS - frozenset(
    "report poll survey study data figures map census sheet".split()
) | frozenset(
    "declaration commentary announcement appeal petition leaflet post tweet message memorandum "
    "resolution pamphlet".split()
)
ISSUING = frozenset(
    "issue release publish post write send sign circulate adopt distribute make put read".split()
)
# What any of these texts may be called later.
ANY_TEXT = ("text", "document")


def issued_texts(mention: SourceMention) -> Iterator[str]:
    """Yield the nouns of the texts that a subject issues or speaks in.

    "In a statement, the pilots said …", "The ministry published a commentary": their author
    is the subject, and so it is of what "the statement" or "the document" says afterwards.
    """
    verb = mention.head.head
    is_infinitive = any(child.lower_ == "to" and child.dep_ == "aux" for child in verb.children)
    if mention.head.dep_ != "nsubj" or verb.pos_ != "VERB" or is_infinitive:
        return
    for noun in verb.subtree:
        is_text = noun.lemma_.lower() in ISSUED_TEXTS and _is_own(noun)
        if is_text and (_is_issued(noun, verb) or _is_spoken_in(noun, verb)):
            yield noun.lemma_.lower()
            yield from ANY_TEXT


def _is_issued(noun: "Token", verb: "Token") -> bool:
    """Tell "published a letter", but not "published a letter from prisoners"."""
    is_others = any(child.lower_ in ("from", "by") for child in noun.children)
    is_object = noun.dep_ == "dobj" and noun.head.i == verb.i
    return is_object and not is_others and verb.lemma_.lower() in ISSUING


def _is_spoken_in(noun: "Token", verb: "Token") -> bool:
    """Tell "in a statement", wherever the parser hangs it below a verb.

    Not in another clause: "said that the mayor wrote in a letter".
    """
    if noun.dep_ != "pobj" or noun.head.lower_ != "in" or noun.i == verb.i:
        return False
    above = noun.head.head
    while above.i != verb.i:
        if above.tag_ in ("VBD", "VBZ", "VBP") or above.head.i == above.i:
            return False
        above = above.head
    return True


def _is_own(noun: "Token") -> bool:
    """Tell "a statement" and "its statement" from "the court's statement"."""
    own = ("a", "an", "its", "their", "his", "her")
    return any(c.lower_ in own for c in noun.children if c.dep_ in ("det", "poss"))
