"""Find articles that repeat an earlier one in nearly the same words: wire copies.

Outlets print the same agency report with another headline, a place before it, a few words changed
or its end cut off. Its speakers must not count once for each outlet. Two articles are compared by
their sequences of five words (MinHash with locality-sensitive hashing: Broder 1997,
doi:10.1109/SEQUEN.1997.666900; the library is datasketch).
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError, install_hint

if TYPE_CHECKING:
    import numpy as np

WORDS = 5
SAME = 0.35  # share of the sequences of words in either article that both have
N_HASHES = 128
BANDS = (42, 3)  # of three hashes each: an article at the bound is missed once in six times
# An article is compared with so many originals before it at least, and with twice as many at most:
# so the memory has a bound, 14 kB for each of them.
REMEMBERED = 10_000
_WORD = re.compile(r"[^\W_]+")


class WireCopies:
    """Remembers articles as they come, and tells of each whether it is a copy of an earlier one.

    Parameters
    ----------
    remembered
        How many originals are remembered at least; see `REMEMBERED`.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        try:
            from datasketch import MinHash, MinHashLSH
        except ImportError as fault:
            raise DataError(
                f"wire copies need the package datasketch: {install_hint('quotes')}, or give "
                "--no-copies"
            ) from fault
        self._remembered = remembered
        new_hash: Any = MinHash  # both are untyped
        new_index: Any = MinHashLSH
        self._new_hash: Any = new_hash(num_perm=N_HASHES).copy
        self._new_index: Any = lambda: new_index(num_perm=N_HASHES, params=BANDS)
        self._indexes: list[Any] = [self._new_index()]
        self._signatures: list[dict[str, np.ndarray]] = [{}]

    def original_of(self, article: str, text: str) -> str | None:
        """Return the id of the earlier article that this one repeats.

        Where there is none, the article is remembered as an original.
        """
        signature = self._new_hash()
        signature.update_batch(list(sequences(text)))
        if signature.is_empty():
            return None
        if (original := self._likest(signature)) is not None:
            return original
        if len(self._signatures[-1]) >= self._remembered:
            self._indexes = [self._indexes[-1], self._new_index()]
            self._signatures = [self._signatures[-1], {}]
        if article not in self._signatures[-1]:
            self._indexes[-1].insert(article, signature)
            self._signatures[-1][article] = signature.hashvalues
        return None

    def _likest(self, signature: Any) -> str | None:
        """Return the remembered article that is most alike, if it is alike enough."""
        best, most = None, SAME
        for index, signatures in zip(self._indexes, self._signatures, strict=True):
            # sorted: the index gives its candidates in no order
            for candidate in sorted(index.query(signature)):
                alike = float((signatures[candidate] == signature.hashvalues).mean())
                if alike > most or (alike == most and best is None):
                    best, most = candidate, alike
        return best


def sequences(text: str) -> Iterator[bytes]:
    """Yield every `WORDS` words that follow each other, without marks and capitals.

    A shorter text is one sequence.

    >>> list(sequences("Talks will go on, he said on Monday."))[:2]
    [b'talks will go on he', b'will go on he said']
    """
    words = [word.lower() for word in _WORD.findall(text)]
    for start in range(max(len(words) - WORDS + 1, min(len(words), 1))):
        yield " ".join(words[start : start + WORDS]).encode("utf-8", "replace")
