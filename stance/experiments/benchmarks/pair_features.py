"""Features of a text and the target it is asked about, for corpora with many targets.

They are named blocks, each a scikit-learn transformer of a table.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion, Pipeline

from stance.features.feature_sets import Stateless
from stance.features.sentence_encoder import encode_cached

# Hashtags and names of accounts are words of their own in tweets; the tag that only names the
# shared task says nothing.
WORD = r"[#@]?\w[\w']*"
TASK_TAG = re.compile(r"\s*#semst\b", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# MiniLM reads 128 tokens; one of these pieces stays below it.
LONGEST_PIECE = 400
# How far the sentences nearest to the target outweigh the others.
FOCUS = 10.0
# What a speaker for or against any target might say; the distance between the two is a feature
# that knows no target by name.
CLAIMS = (("I support {}.", "I am against {}."), ("{} is good.", "{} is bad."))

_KNOWN: dict[str, np.ndarray] = {}


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    """Return the MiniLM vectors of the texts, shape (n_texts, 384).

    The cache on disk is read once per process.
    """
    missing = [text for text in dict.fromkeys(texts) if text not in _KNOWN]
    if missing:
        _KNOWN.update(zip(missing, encode_cached(missing, "minilm"), strict=True))
    return (
        np.stack([_KNOWN[text] for text in texts])
        if texts
        else np.zeros((0, 384), dtype=np.float32)
    )


def clean(text: str) -> str:
    """Return a text without the tag of the shared task it was collected for."""
    return TASK_TAG.sub("", text)


def pieces(text: str) -> list[str]:
    """Return the sentences of a text, each no longer than the encoder reads; never empty."""
    found = [
        one[k : k + LONGEST_PIECE]
        for one in SENTENCE_END.split(clean(text).strip())
        if one
        for k in range(0, len(one), LONGEST_PIECE)
    ]
    return found or [text]


class Column(Stateless):
    """One column of a table, as a list of texts."""

    def __init__(self, name: str = "text") -> None:
        self.name = name

    def transform(self, X: pd.DataFrame) -> list[str]:
        """Return one text a row."""
        return [clean(one) for one in X[self.name]]


class TextVectors(Stateless):
    """The vector of the text as a whole, as far as the encoder reads, shape (n_rows, 384)."""

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return one vector a row."""
        return vectors_of([clean(text) for text in X["text"]])


class PairVectors(Stateless):
    """What the text says of the target, as vectors: shape (n_rows, 4 * 384).

    The sentences nearest to the target weigh most; beside their vector stand the target's own, the
    product and the absolute difference of both.
    """

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return the vectors side by side."""
        near = focused(list(X["text"]), list(X["target"]))
        target = vectors_of(list(X["target"]))
        # A product of two unit vectors is small in every place: scaled, so that all four weigh
        # alike.
        return np.hstack(
            [near, target, near * target * np.sqrt(near.shape[1]), np.abs(near - target)]
        )


def focused(texts: Sequence[str], targets: Sequence[str]) -> np.ndarray:
    """Return the mean of each text's sentence vectors, weighted by their nearness to the target.

    Each mean is scaled to length 1.
    """
    out = []
    for sentences, target in _sentences_and_targets(texts, targets):
        weight = np.exp(FOCUS * (sentences @ target))
        mean = weight @ sentences / weight.sum()
        out.append(mean / np.linalg.norm(mean))
    return np.stack(out)


def _sentences_and_targets(
    texts: Sequence[str], targets: Sequence[str]
) -> list[tuple[np.ndarray, np.ndarray]]:
    split = {text: pieces(text) for text in dict.fromkeys(texts)}
    vectors_of([*(piece for one in split.values() for piece in one), *targets])
    sentences = {text: vectors_of(found) for text, found in split.items()}
    return list(zip((sentences[text] for text in texts), vectors_of(list(targets)), strict=True))


class Nearness(Stateless):
    """How near a text is to its target.

    It is measured by the overlap of words, and by cosines of sentences with the target and with
    claims for and against it.
    """

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        """Return shape (n_rows, 7 + 3 * len(CLAIMS))."""
        words = np.array(
            [overlap(text, target) for text, target in zip(X["text"], X["target"], strict=True)]
        )
        near = focused(list(X["text"]), list(X["target"]))
        whole = TextVectors().transform(X)
        target = vectors_of(list(X["target"]))
        cosines = [
            _spread(sentences @ one)
            for sentences, one in _sentences_and_targets(list(X["text"]), list(X["target"]))
        ]
        return np.hstack(
            [
                words,
                np.array(cosines),
                (whole * target).sum(axis=1, keepdims=True),
                self._claims(X, near),
            ]
        )

    def _claims(self, X: pd.DataFrame, near: np.ndarray) -> np.ndarray:
        columns = []
        for claim, counter in CLAIMS:
            first, second = (
                (near * vectors_of([one.format(target) for target in X["target"]])).sum(axis=1)
                for one in (claim, counter)
            )
            columns += [first, second, 5 * (first - second)]
        return np.stack(columns, axis=1)


def _spread(cosines: np.ndarray) -> tuple[float, float, float]:
    return float(cosines.max()), float(cosines.mean()), float(cosines.min())


def overlap(text: str, target: str) -> tuple[float, float, float]:
    """Return how many of the target's words the text has.

    The three numbers are the share of the words, the share by their first five letters, and whether
    the whole target occurs.

    >>> overlap("Taxes hurt; the tax break went to the rich.", "tax breaks")
    (0.5, 1.0, 0.0)
    """
    wanted = re.findall(r"\w+", target.lower())
    said = re.findall(r"\w+", text.lower())
    if not wanted:
        return 0.0, 0.0, 0.0
    whole, stems = set(said), {word[:5] for word in said}
    # "breaks" is in the text where "break" is: stems of five letters.
    exact = sum(word in whole for word in wanted) / len(wanted)
    return (
        exact,
        sum(word[:5] in stems for word in wanted) / len(wanted),
        float(target.lower() in text.lower()),
    )


class WordsWithTarget(Stateless):
    """Each word of the text together with the target's name, as tokens.

    They show what a word means for one target only.
    """

    def transform(self, X: pd.DataFrame) -> list[list[str]]:
        """Return one list of tokens a row."""
        return [
            [f"{target}|", *(f"{target}|{word}" for word in re.findall(WORD, clean(text).lower()))]
            for text, target in zip(X["text"], X["target"], strict=True)
        ]


def _tokens(tokens: list[str]) -> list[str]:
    return tokens


def _words(sizes: tuple[int, int], min_df: int) -> Any:
    return Pipeline(
        [
            ("text", Column()),
            (
                "tfidf",
                TfidfVectorizer(
                    ngram_range=sizes, min_df=min_df, sublinear_tf=True, token_pattern=WORD
                ),
            ),
        ]
    )


def _chars(sizes: tuple[int, int], min_df: int) -> Any:
    return Pipeline(
        [
            ("text", Column()),
            (
                "tfidf",
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=sizes, min_df=min_df, sublinear_tf=True
                ),
            ),
        ]
    )


# The sizes are not used: all blocks are built by the same call.
def _target(sizes: tuple[int, int], min_df: int) -> Any:  # noqa: ARG001
    return Pipeline(
        [
            ("target", Column("target")),
            ("tfidf", TfidfVectorizer(analyzer="word", token_pattern=WORD, min_df=min_df)),
        ]
    )


# The sizes are not used: all blocks are built by the same call.
def _crossed(sizes: tuple[int, int], min_df: int) -> Any:  # noqa: ARG001
    return Pipeline(
        [
            ("words", WordsWithTarget()),
            ("tfidf", TfidfVectorizer(analyzer=_tokens, min_df=min_df, sublinear_tf=True)),
        ]
    )


BLOCKS: dict[str, Callable[[tuple[int, int], int], Any]] = {
    "words": _words,
    "chars": _chars,
    "target": _target,
    "crossed": _crossed,
    "vectors": lambda _sizes, _min_df: TextVectors(),
    "pair": lambda _sizes, _min_df: PairVectors(),
    "nearness": lambda _sizes, _min_df: Nearness(),
}


def build_blocks(
    names: Sequence[str],
    words: tuple[int, int] = (1, 3),
    chars: tuple[int, int] = (2, 5),
    min_df: int = 2,
) -> FeatureUnion:
    """Return the named blocks side by side."""
    return FeatureUnion(
        [(name, BLOCKS[name](chars if name == "chars" else words, min_df)) for name in names]
    )
