"""Train the tagger of reported speech on labelled articles. Needs the extra ``adapt``."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from stance.core.paths import cache_folder
from stance.core.types import Article, Quote, Span
from stance.encoders.files import encoder_digest, find_encoder
from stance.extraction.text.tagger import CLASSES, CONTENT, CUE, LONGEST, SOURCE, windows
from stance.training.adapter_network import SCALE, adapted_network
from stance.training.adapter_steps import mask_and_padding, train_runs
from stance.training.adapters import check_installed
from stance.training.objectives import NOT_COUNTED, TagLoss

# Where content begins and ends matters most.
GROUPS = ((CONTENT, 1.0), (CUE, 0.5), (SOURCE, 0.5))
SMOOTHING = 0.02


@dataclasses.dataclass(frozen=True, slots=True)
class TaggerSettings:
    """How the tagger is trained; see `stance.training.adapters.AdaptedClassifier`.

    ``runs`` trainings whose seeds follow one another are averaged.
    """

    encoder: str = "minilm"
    epochs: float = 4.0
    rank: int = 32
    learning_rate: float = 1e-3
    batch_size: int = 16
    mask_share: float = 0.04
    seed: int = 13
    runs: int = 2
    say: Callable[[str], None] | None = None


def train_tagger(
    labelled: Sequence[tuple[Article, Sequence[Quote]]], settings: TaggerSettings
) -> tuple[dict[str, Any], bytes]:
    """Train on articles with all of their quotes.

    A training that is cut off goes on from its last checkpoint when it is started again.

    Returns
    -------
    card, adapter
        What `stance.extraction.text.tagger.Tagger` takes.

    Raises
    ------
    ModelError
        If the extra ``adapt`` is not installed or the encoder's weights are other ones.
    """
    check_installed()
    encoder = find_encoder(settings.encoder)
    tokenizer = encoder.tokenizer(LONGEST)
    tagged = [
        row for article, quotes in labelled for row in tagged_windows(article, quotes, tokenizer)
    ]
    ids, tags = [row for row, _ in tagged], [row for _, row in tagged]
    weights, digest = encoder.weights()
    digest = encoder_digest(encoder, digest)
    config = json.loads(encoder.read("config.json"))
    objective = TagLoss(tags, GROUPS, SMOOTHING)
    seeds = range(settings.seed, settings.seed + settings.runs)
    each = [dataclasses.replace(settings, seed=seed) for seed in seeds]
    adapter, _ = train_runs(
        each,
        lambda: adapted_network(config, weights, len(CLASSES), settings.rank),
        ids,
        objective,
        mask_and_padding(tokenizer, config),
        [cache_folder() / "taggers" / _key(of_run, digest, ids, tags) for of_run in each],
    )
    card = {
        "encoder": settings.encoder,
        "digest": digest,
        "scale": SCALE,
        "sha256": hashlib.sha256(adapter).hexdigest(),
        "classes": list(CLASSES),
        "data": _checksum([ids, [row.tolist() for row in tags]]),
        "n_articles": len(labelled),
        "n_quotes": sum(len(quotes) for _, quotes in labelled),
        "settings": _plain(settings),
    }
    return card, adapter


def tagged_windows(
    article: Article, quotes: Sequence[Quote], tokenizer: Any
) -> list[tuple[list[int], np.ndarray]]:
    """Return the tokens of each window, and their classes in each group, shape (3, n_tokens)."""
    outer = [quote for quote in quotes if quote.parent is None]
    contents = [span for quote in outer for span in quote.spans]
    cues = [quote.cue_span for quote in outer if quote.cue_span is not None]
    sources = [quote.speaker_span for quote in outer if quote.speaker_span is not None]
    rows = []
    for start, end in windows(article.text):
        encoding = tokenizer.encode(article.text[start:end])
        places = [(start + low, start + high) for low, high in encoding.offsets]
        classes = np.zeros((3, len(places)), dtype=np.int64)
        for span in contents:
            inside = _inside(places, span)
            classes[0, inside] = 2
            if span[0] >= start:  # else it goes on from the window before
                classes[0, inside[:1]] = 1
        for row, spans in ((1, cues), (2, sources)):
            if outer and not spans:
                classes[row] = NOT_COUNTED  # early batches do not say where the sources stand
            for span in spans:
                classes[row, _inside(places, span)] = 1
        # The framing tokens, which stand at the window's start.
        classes[:, [low == high for low, high in places]] = NOT_COUNTED
        rows.append((list(encoding.ids), classes))
    return rows


def _inside(places: Sequence[Span], span: Span) -> list[int]:
    return [
        at
        for at, (low, high) in enumerate(places)
        if low < high and low < span[1] and span[0] < high
    ]


def _plain(settings: TaggerSettings) -> dict[str, Any]:
    return {key: value for key, value in dataclasses.asdict(settings).items() if key != "say"}


def _key(
    settings: TaggerSettings, digest: str, ids: Sequence[Sequence[int]], tags: Sequence[np.ndarray]
) -> str:
    """Return a name for this training: the same windows and settings have the same one."""
    known = {key: value for key, value in _plain(settings).items() if key != "runs"}
    return _checksum([known, digest, ids, [row.tolist() for row in tags]])


def _checksum(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]
