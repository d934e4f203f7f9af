"""Tags of a paragraph's characters, and the stretches that they mark as content."""

import dataclasses
import re
from collections.abc import Iterable, Sequence

import numpy as np

from stance.core.types import Span

WORD = re.compile(r"\w+(?:[’'-]\w+)*")
FEWEST_LETTERS = 13  # of a stretch, in two words at least


@dataclasses.dataclass(frozen=True, slots=True)
class Tags:
    """Probabilities of the characters of a paragraph, each of shape (n_chars,), from 0 to 1.

    Parameters
    ----------
    start
        Where the paragraph begins in its article. All methods take places in the article.
    content, cue, source
        That the character belongs to one.
    begins
        That a content begins here; 0 but on the first character of a token.
    """

    start: int
    content: np.ndarray
    begins: np.ndarray
    cue: np.ndarray
    source: np.ndarray

    def of_content(self, places: Iterable[int]) -> np.ndarray:
        """Return the probabilities of content at some places of the article.

        Raises
        ------
        IndexError
            If one lies outside the paragraph.
        """
        at = np.array([place - self.start for place in places], dtype=np.intp)
        if at.size and at.min() < 0:
            raise IndexError(f"place {at.min() + self.start} lies before the paragraph")
        return self.content[at]

    def spans(self, text: str) -> "list[TaggedSpan]":
        """Return the stretches of the paragraph whose words are more likely content than not.

        Parameters
        ----------
        text
            The whole article's.
        """
        stretches: list[list[Span]] = []
        inside = False
        for match in WORD.finditer(text, self.start, self.start + len(self.content)):
            low, high = match.start() - self.start, match.end() - self.start
            content = float(self.content[low:high].mean())
            if content <= 0.5:
                inside = False
            elif inside and self.begins[low] <= 0.5 * content:
                stretches[-1].append(match.span())
            else:
                stretches.append([match.span()])
                inside = True
        spans = (self._span(text, words) for words in stretches if len(words) > 1)
        return [span for span in spans if len(span.letters) >= FEWEST_LETTERS]

    def _span(self, text: str, words: Sequence[Span]) -> "TaggedSpan":
        start, end = words[0][0], words[-1][1]
        means = [self.of_content(range(*word)).mean() for word in words]
        return TaggedSpan(start, end, float(np.mean(means)), letters_of(text, [(start, end)]))


@dataclasses.dataclass(frozen=True, slots=True)
class TaggedSpan:
    """A stretch that the tagger takes for content.

    ``score`` is the mean probability of its words, ``letters`` the places of its letters and
    digits.
    """

    start: int
    end: int
    score: float
    letters: frozenset[int]


def letters_of(text: str, spans: Iterable[Span]) -> frozenset[int]:
    """Return the places of the letters and digits of spans."""
    return frozenset(at for start, end in spans for at in range(start, end) if text[at].isalnum())
