"""Tell whether a text is English: the extractor reads nothing else, and must say so instead of staying silent."""

import re
from itertools import islice

WORD = re.compile(r"[^\W\d_]+")
# Function words that other languages of Europe do not share; in English news two of ten words or more are among them.
ENGLISH = frozenset(
    "the of and to that for with his her he she it they this from by are be has had have not but which who will would been their at as said "
    "you there what when its than after about into could should out if did does in on".split()
)
MAX_WORDS = 2_000
MIN_WORDS = 10
MIN_LETTERS = 20
LEAST = 0.15


def looks_english(text: str) -> bool:
    """Return False where hardly a word is an English function word, or most letters are not Latin; of a few words nothing is said."""
    words = [match.group() for match in islice(WORD.finditer(text[: 20 * MAX_WORDS]), MAX_WORDS)]
    letters = "".join(words)
    if len(letters) >= MIN_LETTERS and 2 * sum(letter.isascii() for letter in letters) < len(letters):
        return False
    return len(words) < MIN_WORDS or sum(word.lower() in ENGLISH for word in words) >= LEAST * len(words)
