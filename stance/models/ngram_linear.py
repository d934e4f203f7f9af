"""TF-IDF blocks of terms and a logistic regression over them, without scikit-learn.

It answers many rows at once and remembers the words it has met.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np

from stance.core.link_functions import softmax
from stance.features.analyzers import ANALYZERS, ROW_TERMS, WORD, char_terms, word_runs
from stance.features.row_text import VIEWS, stretches_of, view_of

# Stretches of letters that are remembered: enough for a newspaper's vocabulary, about 20 MB when
# full.
MOST_KEPT = 50_000
LONGEST_KEPT = 40
LONGEST_TERM = 20  # letters or words


@dataclasses.dataclass(frozen=True, slots=True)
class TermBlock:
    """Terms with their columns.

    They come from a view's n-grams (``analyze``), or from the whole row where ``view`` is None.
    """

    analyze: Callable[..., list[str]]
    view: str | None
    low: int
    high: int
    index: dict[str, int]

    def terms(self, row: Mapping[str, Any]) -> list[str]:
        """Return the terms of one row, known or not."""
        return (
            self.analyze(row)
            if self.view is None
            else self.analyze(view_of(row, self.view).lower(), self.low, self.high)
        )


def _term_block(description: Mapping[str, Any], index: dict[str, int]) -> TermBlock:
    name = description["analyzer"]
    if name in ROW_TERMS:
        return TermBlock(ROW_TERMS[name], None, 1, 1, index)
    if description["view"] not in VIEWS:
        raise ValueError(f"view {description['view']!r} is unknown")
    low, high = int(description["low"]), int(description["high"])
    if not 1 <= low <= high <= LONGEST_TERM:
        raise ValueError(f"terms of {low} to {high} parts, expected 1 to {LONGEST_TERM}")
    return TermBlock(ANALYZERS[name], description["view"], low, high, index)


@dataclasses.dataclass(frozen=True, slots=True)
class Counted:
    """The known terms of some texts.

    It has the text of each term, its column, and the sums that result if no term occurs twice in
    its text. The sums come by unit, shape (n_units, n_classes + 1): a unit is a term, or a stretch
    of letters with all its terms.
    """

    text_of: np.ndarray
    places: np.ndarray
    unit_text: np.ndarray
    unit_sums: np.ndarray


class NgramLinear:
    """TF-IDF blocks of terms, and a multinomial logistic regression over them.

    The terms of a block are n-grams of a view, or terms of the whole row.
    """

    def __init__(
        self, blocks: Sequence[Mapping[str, Any]], arrays: Mapping[str, np.ndarray]
    ) -> None:
        self.coef = arrays["coef"].T.copy()
        self.intercept = arrays["intercept"]
        self.blocks: list[TermBlock] = []
        start = 0
        for block in blocks:
            terms = block["terms"]
            if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
                raise ValueError("terms are no list of texts")
            self.blocks.append(
                _term_block(block, {term: start + k for k, term in enumerate(terms)})
            )
            start += len(terms)
        if start != len(self.coef):
            raise ValueError(f"{start} terms for {len(self.coef)} coefficients")
        self._idf = np.concatenate(
            [np.zeros(0), *(arrays[f"idf{number}"] for number in range(len(blocks)))]
        )
        if self._idf.size and self._idf.min() < 0:
            raise ValueError("idf: holds numbers below 0")
        # What one occurrence of a term adds: to the sum of each class, and to the square of the
        # block's length.
        self._adds = np.column_stack([self.coef * self._idf[:, None], self._idf**2])
        self._block_of = np.repeat(
            np.arange(len(blocks)), [len(block["terms"]) for block in blocks]
        )
        # Per block, what stretches of letters met before came to. Threads may write the same entry
        # twice, never a different one.
        self._known: list[dict[str, Any]] = [{} for _ in self.blocks]

    def contributions(self, row: Mapping[str, Any]) -> tuple[list[str], np.ndarray, np.ndarray]:
        """Return one row's known terms, their TF-IDF values and their coefficients.

        The coefficients have shape (n_terms, n_classes).
        """
        names: list[str] = []
        values: list[np.ndarray] = []
        places: list[np.ndarray] = []
        for block in self.blocks:
            count: dict[str, int] = {}
            for term in block.terms(row):
                if term in block.index:
                    count[term] = count.get(term, 0) + 1
            if not count:
                continue
            at = np.fromiter(
                (block.index[term] for term in count), dtype=np.int64, count=len(count)
            )
            weight = (
                1 + np.log(np.fromiter(count.values(), dtype=np.float64, count=len(count)))
            ) * self._idf[at]
            names.extend(count)
            values.append(weight / np.sqrt((weight**2).sum()))
            places.append(at)
        if not values:
            return [], np.zeros(0), np.zeros((0, self.coef.shape[1]))
        return names, np.concatenate(values), self.coef[np.concatenate(places)]

    def probabilities(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the probabilities of each row."""
        return softmax(self.scores(rows))

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Return the sums of each row, shape (n_rows, n_columns).

        All rows of a call are counted together. The order of adding within a text does not depend
        on the other texts, so an answer is the same to the last bit in every batch.
        """
        views = {block.view: _stretches(rows, block.view) for block in self.blocks if block.view}
        found = [
            self._find(rows, views, block, known)
            for block, known in zip(self.blocks, self._known, strict=True)
        ]
        return np.asarray(self.intercept + self._sums(len(rows), found))

    def _find(
        self,
        rows: Sequence[Mapping[str, Any]],
        views: Mapping[str, tuple[list[str], np.ndarray]],
        block: TermBlock,
        known: dict[str, Any],
    ) -> Counted:
        if block.view is None:
            return self._row_terms(rows, block)
        if block.analyze is char_terms:
            return self._letters(*views[block.view], block, known)
        return self._words(*views[block.view], block, known)

    def _row_terms(self, rows: Sequence[Mapping[str, Any]], block: TermBlock) -> Counted:
        terms = [block.terms(row) for row in rows]
        text_of = np.repeat(np.arange(len(rows)), list(map(len, terms)))
        return self._known_terms([(list(chain.from_iterable(terms)), text_of, text_of)], block)

    def _words(
        self, stretches: list[str], text_of: np.ndarray, block: TermBlock, known: dict[str, Any]
    ) -> Counted:
        found = _look_up(stretches, known, lambda new: [tuple(WORD.findall(one)) for one in new])
        words = list(chain.from_iterable(found))
        text_of = np.repeat(text_of, list(map(len, found)))
        sizes = range(block.low, min(block.high, len(words)) + 1)
        return self._known_terms(
            [(word_runs(words, n), text_of[: len(words) - n + 1], text_of[n - 1 :]) for n in sizes],
            block,
        )

    def _known_terms(
        self, runs: Sequence[tuple[list[str], np.ndarray, np.ndarray]], block: TermBlock
    ) -> Counted:
        """Keep the terms that are known, and that lie within one text."""
        texts, places = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for terms, first_of, last_of in runs:
            at = np.fromiter(
                map(block.index.get, terms, repeat(-1)), dtype=np.int64, count=len(terms)
            )
            kept = np.flatnonzero((at >= 0) & (first_of == last_of))
            texts.append(first_of[kept])
            places.append(at[kept])
        text_of, found = np.concatenate(texts), np.concatenate(places)
        return Counted(text_of, found, text_of, self._adds[found])

    def _letters(
        self, stretches: list[str], text_of: np.ndarray, block: TermBlock, known: dict[str, Any]
    ) -> Counted:
        """Look up stretches by the n-grams of their letters.

        No n-gram crosses a blank, so the terms of a stretch are computed once.
        """
        found = _look_up(stretches, known, lambda new: self._work_out(new, block))
        # Not zip(*found): its thousands of iterators would set the garbage collector off in every
        # batch.
        raw = [one[0] for one in found]
        sums = b"".join([one[1] for one in found])
        places = np.frombuffer(b"".join(raw), dtype=np.int32)
        n_places = np.fromiter(map(len, raw), dtype=np.int64, count=len(raw)) // places.itemsize
        return Counted(
            np.repeat(text_of, n_places),
            places,
            text_of,
            np.frombuffer(sums).reshape(-1, self._adds.shape[1]),
        )

    def _work_out(self, stretches: Sequence[str], block: TermBlock) -> list[tuple[bytes, bytes]]:
        """Return for each stretch the columns of its letters' n-grams, and their sums.

        They are kept as bytes, which are small and quick to join.
        """
        found = [
            [
                at
                for at in map(block.index.get, char_terms(one, block.low, block.high))
                if at is not None
            ]
            for one in stretches
        ]
        sizes = list(map(len, found))
        places = np.fromiter(chain.from_iterable(found), dtype=np.int32, count=sum(sizes))
        sums = _add_up(np.repeat(np.arange(len(found)), sizes), self._adds[places], len(found))
        ends = np.cumsum(sizes).tolist()
        return [
            (places[end - size : end].tobytes(), one.tobytes())
            for size, end, one in zip(sizes, ends, sums, strict=True)
        ]

    def _sums(self, n_texts: int, found: Sequence[Counted]) -> np.ndarray:
        """Return the sums of each class, shape (n_texts, n_classes).

        Each block is summed by itself and scaled to length 1, then the blocks are added. A term
        that occurs n times in its text counts 1 + log n times. Few do: the sums are first computed
        as if each term occurred once, and then corrected.
        """
        n_blocks = len(found)
        if not n_blocks:
            return np.zeros((n_texts, len(self.intercept)))
        bins = np.concatenate(
            [one.unit_text * n_blocks + number for number, one in enumerate(found)]
        )
        total = _add_up(bins, np.concatenate([one.unit_sums for one in found]), n_texts * n_blocks)
        text_of, places, count = self._repeated(n_texts, found)
        if len(places):
            weight = 1 + np.log(count)
            surplus = self._adds[places]
            surplus[:, :-1] *= (weight - count)[:, None]
            surplus[:, -1] *= weight * weight - count
            total += _add_up(
                text_of * n_blocks + self._block_of[places], surplus, n_texts * n_blocks
            )
        length = np.sqrt(total[:, -1:])
        length[length == 0] = 1.0
        scaled: np.ndarray = (total[:, :-1] / length).reshape(n_texts, n_blocks, -1)
        return np.asarray(scaled.sum(axis=1))

    def _repeated(
        self, n_texts: int, found: Sequence[Counted]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return text, column and count of the terms that occur more than once in their text."""
        n_terms = len(self.coef)
        kind = (
            np.int32 if n_texts * n_terms < 2**31 else np.int64
        )  # half the bytes sort twice as fast
        keys: np.ndarray = np.concatenate([one.text_of for one in found]).astype(kind)
        keys *= kind(n_terms)
        keys += np.concatenate([one.places for one in found]).astype(kind, copy=False)
        keys.sort()
        again = np.flatnonzero(keys[1:] == keys[:-1])
        first = (
            np.flatnonzero(again[1:] - again[:-1] > 1) + 1
        )  # equal neighbours without a gap are of one term
        ends = np.concatenate([first, [len(again)]])
        first = np.concatenate([[0], first])[: len(again)]
        text_of, places = np.divmod(keys[again[first]].astype(np.int64), n_terms)
        return text_of, places, ends[: len(first)] - first + 1


def _stretches(rows: Sequence[Mapping[str, Any]], view: str) -> tuple[list[str], np.ndarray]:
    """Return the stretches of letters between blanks of all rows, and which row each is of."""
    found = [stretches_of(row, view) for row in rows]
    return list(chain.from_iterable(found)), np.repeat(np.arange(len(rows)), list(map(len, found)))


def _look_up(
    stretches: Sequence[str],
    known: dict[str, Any],
    work_out: Callable[[Sequence[str]], Sequence[Any]],
) -> list[Any]:
    """Return what is known of each stretch.

    New stretches are computed together, and kept while there is room.
    """
    found = list(map(known.get, stretches))
    if None not in found:
        return found
    missing = list(
        dict.fromkeys(part for part, one in zip(stretches, found, strict=True) if one is None)
    )
    new = dict(zip(missing, work_out(missing), strict=True))
    if len(known) < MOST_KEPT:
        known.update((part, one) for part, one in new.items() if len(part) <= LONGEST_KEPT)
    return [new[part] if one is None else one for part, one in zip(stretches, found, strict=True)]


def _add_up(place: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Return the sums of the rows of ``values`` that share a place, shape (n, n_columns).

    The rows are added in the order given.
    """
    width = values.shape[1]
    cells = place[:, None] * width + np.arange(width)
    return np.bincount(cells.ravel(), values.ravel(), minlength=n * width).reshape(n, width)
