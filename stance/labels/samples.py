"""Random samples of the user's own quotes, with the probability with which each was drawn.

Quotes that a model is unsure of are worth labelling, but an error measured on them is too high.
Only a random sample says how often a model errs in the articles that it was drawn from.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from stance.core.errors import DataError
from stance.core.files import read_text, write_whole
from stance.core.part_files import only_writer
from stance.core.paths import display_path
from stance.core.safe_text import parse_json
from stance.core.types import Article, Quote

FILE = "samples.json"


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """A simple random sample: ``quotes`` of the ``n_population`` quotes in ``articles``."""

    articles: tuple[str, ...]
    seed: int
    n_population: int
    quotes: tuple[str, ...]

    @property
    def probability(self) -> float:
        """With which each quote of the articles was drawn."""
        return len(self.quotes) / self.n_population

    @classmethod
    def of_row(cls, row: Mapping[str, Any], place: str) -> Self:
        """Read a sample from its JSON form.

        Raises
        ------
        DataError
            If a field is missing or of another type.
        """
        try:
            sample = cls(
                tuple(map(str, row["articles"])),
                int(row["seed"]),
                int(row["n_population"]),
                tuple(map(str, row["quotes"])),
            )
        except (KeyError, TypeError, ValueError) as fault:
            raise DataError(
                f"{place}: not a sample ({fault!r}); restore the file, or delete it and draw anew "
                "(stance labels suggest --random N)"
            ) from fault
        if not 0 < len(sample.quotes) <= sample.n_population:
            raise DataError(
                f"{place}: {len(sample.quotes)} quotes drawn from {sample.n_population}; restore "
                "the file, or delete it and draw anew (stance labels suggest --random N)"
            )
        return sample


def read_samples(folder: Path) -> list[Sample]:
    """Return the samples that were drawn so far.

    Raises
    ------
    DataError
        If the file was damaged.
    """
    path = folder / "own" / FILE
    if not path.is_file():
        return []
    place = display_path(path)
    try:
        rows = parse_json(read_text(path))
    except (ValueError, RecursionError) as fault:
        raise DataError(f"{place}: not JSON ({fault}); restore the file") from fault
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{place}: expected a list of samples; restore the file")
    return [Sample.of_row(row, f"{place}: sample {k}") for k, row in enumerate(rows, 1)]


def draw(quotes: Sequence[tuple[Article, Quote]], n: int, seed: int) -> Sample:
    """Return a simple random sample of at most ``n`` quotes.

    The order is that of a checksum of seed, articles and quote. So the same call gives the same
    sample, a larger ``n`` a larger one that holds it, and samples of other articles or seeds are
    independent of each other.
    """
    articles = tuple(sorted({article.id for article, _ in quotes}))
    key = json.dumps([seed, articles])
    order = sorted(
        (quote.id for _, quote in quotes),
        key=lambda name: hashlib.sha256(f"{key}\n{name}".encode()).digest(),
    )
    return Sample(articles, seed, len(order), tuple(order[:n]))


def add_sample(folder: Path, sample: Sample) -> Sample:
    """Keep a sample in ``own/samples.json`` and return the one that now stands there.

    One of the same articles and seed is replaced by the larger of the two.

    Raises
    ------
    DataError
        If the articles have other quotes than when the earlier sample was drawn, or another
        process writes the file.
    """
    path = folder / "own" / FILE
    with only_writer(path):
        samples = read_samples(folder)
        for k, known in enumerate(samples):
            if (known.articles, known.seed) != (sample.articles, sample.seed):
                continue
            n_shared = min(len(known.quotes), len(sample.quotes))
            if known.n_population != sample.n_population or (
                known.quotes[:n_shared] != sample.quotes[:n_shared]
            ):
                raise DataError(
                    f"{display_path(path)}: the same articles had "
                    f"{known.n_population} quotes when they were sampled and have "
                    f"{sample.n_population} now; give --seed another number to draw anew"
                )
            samples[k] = max(known, sample, key=lambda one: len(one.quotes))
            sample = samples[k]
            break
        else:
            samples.append(sample)
        rows = [dataclasses.asdict(one) for one in samples]
        write_whole(path, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    return sample


def inclusion(samples: Iterable[Sample], article_of: Mapping[str, str]) -> dict[str, float]:
    """Return for each quote that was drawn the probability that some sample drew it.

    Parameters
    ----------
    article_of
        Each quote's article; quotes that are not in it are left out.

    Notes
    -----
    The samples are independent, so a quote stays out with the product of the probabilities with
    which each sample of its article leaves it out. Quotes are weighted by the inverse: Horvitz and
    Thompson 1952, doi:10.1080/01621459.1952.10483446.
    """
    samples = list(samples)
    found: dict[str, float] = {}
    for name in {name for sample in samples for name in sample.quotes} & set(article_of):
        stays_out = 1.0
        for sample in samples:
            if article_of[name] in sample.articles:
                stays_out *= 1 - sample.probability
        found[name] = 1 - stays_out
    return found


def random_items(
    folder: Path, quotes: Sequence[tuple[Article, Quote]], n: int, seed: int
) -> dict[str, float]:
    """Draw from the quotes, keep the sample, and return the probability of each drawn quote.

    Raises
    ------
    DataError
        If there is no quote, or the articles were sampled with other quotes before.
    """
    if not quotes:
        raise DataError("no quotes to draw from: none was found in the articles; name others")
    sample = add_sample(folder, draw(quotes, n, seed))
    found = inclusion(read_samples(folder), {quote.id: article.id for article, quote in quotes})
    return {name: found[name] for name in sample.quotes}
