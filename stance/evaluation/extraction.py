"""Measure the extractor on labelled articles, as a run in the tracking store.

The run has the scores with their interval, and every miss and false alarm in a table.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError
from stance.core.files import read_rows, sha256
from stance.core.paths import display_path, home
from stance.core.types import FORMS, Article, Quote, Span
from stance.evaluation.quote_overlap import Counts, interval, score_quotes, total
from stance.extraction.pipeline import extract_each
from stance.extraction.text.parser import load_nlp
from stance.extraction.text.tagger import tagger_version
from stance.labels.labelled_articles import Labelled, read_each, read_report
from stance.tracking import runs, store

if TYPE_CHECKING:
    from spacy.language import Language

# Metric names: what is compared -> how it is called in the tracking store.
NAMES = {
    "overlap": "quotes",
    "overlap_speaker": "speaker",
    "exact": "exact",
    "exact_speaker": "exact_speaker",
    "loose": "loose",
    "char": "char",
}
MEASURED = ("overlap", "overlap_speaker")


@dataclasses.dataclass(frozen=True, slots=True)
class ExtractionScores:
    """The result of measuring the extractor.

    It has the counts by article and in all, and the 95% intervals of F1 where there are enough
    articles.
    """

    run_name: str
    counts: tuple[Counts, ...]
    whole: Counts
    intervals: dict[str, tuple[float, float] | None]
    words_per_s: float

    def metrics(self) -> dict[str, float]:
        """Return the figures by their short names."""
        out: dict[str, float] = {}
        for kind, scores in self.whole.scores().items():
            if kind in NAMES:
                out |= {
                    f"{NAMES[kind]}_{name}": round(value, 4)
                    for name, value in zip(("p", "r", "f1"), scores, strict=True)
                }
        for kind, found in self.intervals.items():
            if found is not None:
                out |= {
                    f"{NAMES[kind]}_low": round(found[0], 4),
                    f"{NAMES[kind]}_high": round(found[1], 4),
                }
        for form in self.whole.by_form:
            out[f"recall_{form}"] = round(self.whole.recall(form, "overlap"), 4)
        for name, (right, n) in (("cue", self.whole.cue), ("form", self.whole.form)):
            if n:
                out[f"{name}_right"] = round(right / n, 4)
        return {
            **out,
            "gold_n": self.whole.gold,
            "found_n": self.whole.found,
            "articles_n": len(self.counts),
            "words_per_s": round(self.words_per_s),
        }


def read_gold(path: Path, *, speech_only: bool = False) -> list[Labelled]:
    """Read labelled articles, the project's own or those of a corpus.

    A row of a corpus is ``{"doc_id", "text", "quotes": [{"start", "end", "kind", …}]}``.

    Parameters
    ----------
    path
        JSONL, one article a line.
    speech_only
        Take quotes with ``"speech": false`` (thoughts and beliefs) as optional.

    Raises
    ------
    DataError
        With all faulty rows at once.
    """
    found = read_each(
        read_rows(path), lambda row, place: _gold_row(row, place, speech_only=speech_only)
    )
    if not found:
        raise DataError(
            f"{display_path(path)}: holds no article; expected one a line, as in labels/seeds.jsonl"
        )
    repeated = [name for name, n in Counter(article.id for article, _ in found).items() if n > 1]
    if repeated:
        raise DataError(
            f"{display_path(path)}: article {repeated[0]!r} stands there twice; ids must differ"
        )
    return found


def _gold_row(row: Mapping[str, Any], place: str, *, speech_only: bool) -> Labelled:
    article, quotes = (
        read_report(row, place, home()) if "source" in row else _corpus_row(row, place)
    )
    silent = [speech_only and not one.get("speech", True) for one in row.get("quotes", ())]
    return article, tuple(
        dataclasses.replace(quote, optional=quote.optional or aside)
        for quote, aside in zip(quotes, silent, strict=True)
    )


def _corpus_row(row: Mapping[str, Any], place: str) -> Labelled:
    text, given = row.get("text"), row.get("doc_id", row.get("id"))
    if not isinstance(text, str) or given is None:
        raise DataError(
            f"{place}: expected doc_id (or id) and text, found the fields {', '.join(sorted(row))}"
        )
    article = Article(str(given), text)
    return article, tuple(
        _corpus_quote(one, article, number, place)
        for number, one in enumerate(row.get("quotes", ()), 1)
    )


def _corpus_quote(row: Mapping[str, Any], article: Article, number: int, place: str) -> Quote:
    try:
        spans = _joined(
            (int(start), int(end))
            for start, end in row.get("spans") or [(row["start"], row["end"])]
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise DataError(
            f"{place}: quote {number}: has neither spans nor start and end; expected [[start, "
            "end], …]"
        ) from fault
    at = row.get("speaker_span") or (row.get("speaker_start"), row.get("speaker_end"))
    whole = {
        # Only what the spans cover is compared; corpora write the words of several spans in many
        # ways.
        "id": f"{article.id}#{number}",
        "spans": spans,
        "text": article.cut(spans),
        "form": row.get("kind", row.get("form")),
        "cue": row.get("cue"),
        "speaker": row.get("speaker"),
        "speaker_span": None if None in at else at,
        "optional": bool(row.get("optional")),
    }
    try:
        return Quote.from_dict(whole, article)
    except DataError as fault:
        raise DataError(f"{place}: {fault}") from fault


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order, with touching ones joined.

    Corpora cut them where their tokens end.
    """
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)


def measure(
    gold: Sequence[Labelled],
    *,
    nlp: "Language | None" = None,
    iou: float = 0.8,
    speaker: str = "name",
    kinds: Collection[str] = FORMS,
) -> tuple[list[Counts], float]:
    """Extract the quotes of labelled articles and compare.

    Returns the counts by article, and words per second of processor time. Quotes inside a quote are
    left out: the labels hold outer ones only.

    Parameters
    ----------
    iou, speaker, kinds
        See `stance.evaluation.quote_overlap.compare`.
    """
    start = time.process_time()
    found = {
        article.id: [quote for quote in quotes if quote.parent is None]
        for article, quotes in extract_each((one for one, _ in gold), nlp=nlp)
    }
    seconds = time.process_time() - start
    texts = {article.id: article.text for article, _ in gold}
    counts = score_quotes(
        texts,
        {article.id: quotes for article, quotes in gold},
        found,
        iou=iou,
        speaker=speaker,
        kinds=kinds,
    )
    return counts, sum(len(text.split()) for text in texts.values()) / max(seconds, 1e-6)


def run_measure(
    path: Path,
    *,
    iou: float = 0.8,
    speaker: str = "name",
    kinds: Collection[str] = FORMS,
    speech_only: bool = False,
    seed: int = 0,
) -> ExtractionScores:
    """Measure the extractor on a file of labelled articles and track it as a run.

    Parameters
    ----------
    path
        See `read_gold`.
    iou, speaker, kinds
        See `stance.evaluation.quote_overlap.compare`.
    speech_only
        Leave thoughts and beliefs out, where the labels tell them from speech.
    seed
        Of the bootstrap.
    """
    gold = read_gold(path, speech_only=speech_only)
    nlp = load_nlp()
    mlflow = store.open_store()
    question = f"How many quotes of {path.name} are found, and with the right speaker?"
    with runs.start_run(mlflow, "quotes", f"quotes-{path.stem}", question) as started:
        counts, words_per_s = measure(gold, nlp=nlp, iou=iou, speaker=speaker, kinds=kinds)
        found = ExtractionScores(
            str(started.info.run_name),
            tuple(counts),
            total(counts),
            {kind: interval(counts, kind, seed=seed) for kind in MEASURED},
            words_per_s,
        )
        options = {
            "iou": iou,
            "speaker": speaker,
            "kinds": ",".join(kinds),
            "speech_only": speech_only,
            "seed": seed,
        }
        pipeline = {
            "pipeline": f"{nlp.meta['lang']}_{nlp.meta['name']}",
            "pipeline_version": nlp.meta["version"],
            "spacy": version("spacy"),
            "tagger": tagger_version(),
        }
        mlflow.log_params(
            {"experiment": f"quotes-{path.stem}", "gold": display_path(path), **options, **pipeline}
        )
        _log(mlflow, path, gold, found)
    return found


def _log(mlflow: Any, path: Path, gold: Sequence[Labelled], found: ExtractionScores) -> None:
    import pandas as pd

    rows = [
        {"quote": quote.id, "article": article.id, "text": quote.text, "speaker": quote.speaker}
        for article, quotes in gold
        for quote in quotes
    ]
    data = mlflow.data.from_pandas(pd.DataFrame(rows), name=path.stem, digest=sha256(path)[:12])
    mlflow.log_input(data, context="evaluation")
    mlflow.log_metrics(found.metrics())
    columns = ["kind", "article", "form", "gold", "found", "gold_speaker", "found_speaker", "cue"]
    mlflow.log_table(pd.DataFrame(found.whole.errors, columns=columns), "errors.json")
    forms = [{"form": form, **counts} for form, counts in sorted(found.whole.by_form.items())]
    mlflow.log_table(pd.DataFrame(forms).fillna(0), "forms.json")
