"""Every family of terms by its name, the same for training and prediction."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

from stance.features.lexicon import frame_terms, masked_terms, speaker_terms

WORD = re.compile(r"(?u)\b\w\w+\b")
_BLANKS = re.compile(r"\s\s+")


def word_terms(text: str, low: int, high: int) -> list[str]:
    """Return the word n-grams of lower-cased text, as scikit-learn's word analyzer does."""
    words = WORD.findall(text)
    return list(chain.from_iterable(word_runs(words, n) for n in range(low, high + 1)))


def word_runs(words: Sequence[str], n: int) -> list[str]:
    """Return every run of ``n`` words, joined by a blank."""
    if n == 1:
        return list(words)
    return list(map(" ".join, zip(*(words[k:] for k in range(n)), strict=False)))


def char_terms(text: str, low: int, high: int) -> list[str]:
    """Return the character n-grams within words padded by blanks.

    These are the terms of scikit-learn's ``char_wb`` analyzer.
    """
    terms = []
    for word in _BLANKS.sub(" ", text).split():
        padded = f" {word} "
        for n in range(low, high + 1):
            terms.append(padded[:n])
            terms.extend(padded[k : k + n] for k in range(1, len(padded) - n + 1))
            if n >= len(padded):
                break  # a word shorter than n counts once
    return terms


def _parse_terms(row: Mapping[str, Any]) -> list[str]:
    """Return `stance.features.syntax.parse_terms`, which is imported only where it is asked for."""
    from stance.features.syntax import parse_terms

    return parse_terms(row)


# N-grams of a view's text.
ANALYZERS = {"word": word_terms, "char_wb": char_terms}
# Terms of the whole row: of its cue, context and speaker as well as its text. A feature of your own
# goes here; experiment files, training and prediction then know it by its name. The parse needs
# spaCy, which only a model with this family loads.
ROW_TERMS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "masked": masked_terms,
    "frames": frame_terms,
    "speaker": speaker_terms,
    "parse": _parse_terms,
}
