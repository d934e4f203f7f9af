"""Is a text English? Asked before predicting.

A model of English words answers anything else with nonsense that looks sure.
"""

import hashlib
import io
import lzma
from array import array
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from stance.core.cache import kept

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

# Common in English and no words of the languages that share the alphabet ("will", "was", "have",
# "by", "for" are).
_ENGLISH = frozenset(
    "the and that with they this their there would should could been which from our what when who "
    "were said says these those them it's we're you your "
    "because about".split()
)
# One of these may stand in another language, two different ones hardly.
_LIKELY = frozenset(
    "to are not be it has only if will is any into than its us can nothing until both without "
    "before after more talks don't won't two three four five seven "
    "nine first next year years day days week weeks month months people called asked since while "
    "each some other against up down out through within "
    "between during must may might cannot can't own very every still even just also such "
    "why does did his she having nobody neither".split()
)
SURE = 0.99
ARTICLE_CHARS = 20_000


def foreign(text: str) -> str | None:
    """Return the likeliest language of a text that is surely not English, else None.

    Most English text is told by its common words alone (2 µs). The rest is shown to py3langid (50
    µs, after a second for loading it once). Fewer than three words in Latin letters are never
    refused: names and short answers look like any language. None of the 5,554 labelled English
    quotes is refused, and 236 of spaCy's 246 example sentences in 31 other languages are.
    """
    words = text.lower().split()
    if len(_ENGLISH.intersection(words)) >= min(3, 1 + len(words) // 15):
        return None
    if len(words) < 30 and len(_LIKELY.intersection(words)) >= 2:
        return None
    if len(words) < 3 and text.isascii():
        return None
    if len(words) < 3 and sum(letter > "\u024f" for letter in text if letter.isalpha()) < 2:
        return None
    ranked: dict[str, Any] = dict(_identifier().rank(text[:2000]))
    best = max(ranked, key=lambda code: float(ranked[code]))
    # Nigerian Pidgin is what terse English wire copy is taken for.
    english = float(ranked["en"]) + float(ranked.get("pcm", 0.0))
    return best if english < 1 - SURE and best not in ("en", "pcm") else None


def article_note(text: str) -> str | None:
    """Return what to say of an article that does not look English, else None."""
    # The beginning tells the language; all words of a long text would take 50 MB.
    return (
        "the text does not look English, and quotes are found in English only"
        if foreign(text[:ARTICLE_CHARS])
        else None
    )


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    """Return py3langid's model.

    It comes packed; unpacking takes longer than all the rest of a first answer. So it is kept
    unpacked in the cache.
    """
    import numpy as np
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    packed = (MODEL_DIR / MODEL_FILE).read_bytes()
    name = f"language-{hashlib.sha256(packed).hexdigest()[:16]}.npz"
    unpacked = kept(name, lambda: lzma.decompress(packed))
    with np.load(io.BytesIO(unpacked), allow_pickle=False) as stored:
        try:
            moves, rows = (_plain(stored[part]) for part in ("nextmove", "nextmove_row"))
            return LanguageIdentifier(
                stored["ptc"],
                stored["pc"],
                stored["classes"].tolist(),
                moves,
                stored["out_feat"].tolist(),
                norm_probs=True,
                tk_row=rows,
            )
        except (KeyError, TypeError):  # a version that lays its model out in another way
            return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _plain(numbers: Any) -> "array[int]":
    """Return an array of numpy as one of Python, whose single numbers are quicker to get at."""
    return array({2: "H", 4: "I", 8: "L"}[numbers.dtype.itemsize], numbers.tobytes())
