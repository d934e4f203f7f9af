"""A tagger of reported speech: how likely each character is content, cue or source.

A sentence encoder with an adapter and a linear head over each token's last hidden state, learned
from this project's own labelled reports. It reads words and their order where the rules read a
parse, so the two err in different places.
"""

import functools
import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from stance.core.errors import ModelError
from stance.core.link_functions import softmax
from stance.core.types import Span
from stance.encoders.adapters import HEAD_BIAS, HEAD_WEIGHT, head_sums, write_adapted
from stance.encoders.files import encoder_digest, find_encoder
from stance.encoders.networks import Network, assembled
from stance.extraction.text.tags import Tags

WEIGHTS, CARD = "tagger.safetensors", "tagger.json"  # beside this module
SWITCH = "STANCE_TAGGER"  # "off" in the environment: rules alone
LONGEST = 190  # tokens of a window, the two framing ones among them
WINDOW_WORDS = 120  # a longer paragraph is cut where a sentence ends
# What the head tells apart, in three groups that do not exclude one another.
CLASSES = ("no content", "content begins", "content", "no cue", "cue", "no source", "source")
CONTENT, CUE, SOURCE = slice(0, 3), slice(3, 5), slice(5, 7)
LINE = re.compile(r"[^\n]+")
SENTENCE_END = re.compile(r"(?<=[.!?…”\"])\s+(?=[“\"‘'A-Z0-9])")
WORD = re.compile(r"\w+|[^\w\s]")


class Tagger:
    """Tags texts with the network of an encoder and an adapter, loaded at the first text.

    Parameters
    ----------
    card
        ``encoder`` (its name), ``digest`` (see `encoder_digest`), ``scale`` of the adapter, and
        ``sha256`` of the adapter's file.
    adapter
        The bytes of the safetensors file.

    Raises
    ------
    ModelError
        If the encoder is not installed, or is another one than it was trained with.
    """

    def __init__(self, card: Mapping[str, Any], adapter: bytes) -> None:
        from safetensors.numpy import load

        self.card = dict(card)
        if hashlib.sha256(adapter).hexdigest() != card["sha256"]:
            raise ModelError("tagger: its adapter is not the one of its card; install stance again")
        self._arrays = load(adapter)
        self._files = find_encoder(card["encoder"])
        if encoder_digest(self._files) != card["digest"]:
            raise ModelError(
                f"encoder {card['encoder']!r} in {self._files.place} is another one than the "
                "tagger was trained with; install that encoder, or set STANCE_TAGGER=off"
            )

    def tags(self, text: str, start: int, end: int) -> Tags:
        """Return the tags of a paragraph, which ``text`` holds from ``start`` to ``end``.

        Lines in it are taken as broken to a width.
        """
        paragraph = text[start:end].replace("\n", " ")
        begins, cue, source = np.zeros((3, len(paragraph)), dtype=np.float32)
        # What does not fit into a window is undecided.
        content = np.full(len(paragraph), 0.5, dtype=np.float32)
        for low, high in windows(paragraph):
            encoding = self._tokenizer.encode(paragraph[low:high])
            states = self._network.states(encoding.ids)
            logits = head_sums(states, self._arrays[HEAD_WEIGHT], self._arrays[HEAD_BIAS])
            groups = [softmax(logits[:, part]) for part in (CONTENT, CUE, SOURCE)]
            for number, (first, last) in enumerate(encoding.offsets):
                place = slice(low + first, low + last)
                content[place] = groups[0][number, 1:].sum()
                cue[place], source[place] = groups[1][number, 1], groups[2][number, 1]
                begins[place][:1] = groups[0][number, 1]
        return Tags(start, content, begins, cue, source)

    @functools.cached_property
    def _tokenizer(self) -> Any:
        return self._files.tokenizer(LONGEST)

    @functools.cached_property
    def _network(self) -> Network:
        def write() -> bytes:
            return write_adapted(self._files, self._arrays, self.card["scale"], pooled=False)

        return Network(assembled({"tagger": self.card["sha256"]}, write))


def windows(text: str) -> Iterator[Span]:
    """Yield the stretches of a text that are tagged by themselves: its lines.

    A long line is cut where a sentence seems to end, and a sentence of more than `WINDOW_WORDS`
    words between two of them.
    """
    for line in LINE.finditer(text):
        if line[0].strip():
            yield from _parts(text, *line.span())


def _parts(text: str, low: int, high: int) -> Iterator[Span]:
    ends = {match.end() for match in SENTENCE_END.finditer(text, low, high)}
    start, n_words, last_end = low, 0, low
    for word in WORD.finditer(text, low, high):
        if word.start() in ends:
            last_end = word.start()
        n_words += 1
        if n_words > WINDOW_WORDS:
            cut = last_end if last_end > start else word.start()
            yield start, cut
            start = last_end = cut
            n_words = len(WORD.findall(text, cut, word.end()))
    yield start, high


def weights_paths() -> tuple[Path, Path]:
    """Return where the package's adapter and its card lie."""
    folder = Path(__file__).parent
    return folder / WEIGHTS, folder / CARD


def default_tagger() -> Tagger | None:
    """Return the package's tagger; None where it is switched off or its encoder is missing.

    ``STANCE_TAGGER=off`` in the environment switches it off.
    """
    if os.environ.get(SWITCH, "").lower() in ("off", "0", "no", "false"):
        return None
    return _load()


@functools.cache
def _load() -> Tagger | None:
    weights, card = weights_paths()
    try:
        return Tagger(json.loads(card.read_bytes()), weights.read_bytes())
    except (ModelError, OSError, ValueError, LookupError) as fault:
        warnings.warn(f"quotes are found without the tagger: {fault}", stacklevel=3)
        return None


def tagger_version() -> str | None:
    """Return which tagger `default_tagger` gives; None where it gives none."""
    tagger = default_tagger()
    return None if tagger is None else str(tagger.card["sha256"])[:8]
