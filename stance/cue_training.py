"""Train the cue model on labelled articles, with the features that finding quotes uses."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from stance.candidates import find_candidates, quotation_candidates
from stance.cues import CueModel, fit_cues
from stance.quotes import make_views, parse
from stance.records import Article, Quote, Span
from stance.statements import Statement, make_statement
from stance.views import View
from stance.zones import BODY

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


def train_cues(labelled: Iterable[tuple[Article, Sequence[Quote]]], *, nlp: "Language") -> CueModel:
    """Train the cue model on articles with their labelled quotes; ``stance train-cues --write`` keeps it.

    Parameters
    ----------
    labelled
        Articles, each with all of its quotes: a verb that none of them names as its cue is a counter-example.
    nlp
        The pipeline with which the model will be used.
    """
    rows: list[tuple[dict[str, float], bool]] = []
    for article, gold in labelled:
        views = make_views(article)
        rows += labelled_candidates(article, gold, views, list(parse(views, nlp)))
    return fit_cues(rows)


def labelled_candidates(article: Article, gold: Sequence[Quote], views: Sequence[View], docs: "Sequence[Doc]") -> list[tuple[dict[str, float], bool]]:
    """Return the rows from which the cue model learns: each candidate's features, and whether it reports one of the gold quotes.

    A candidate is right if it covers at least half of the letters of a gold quote and they half of its own, and the cues meet.
    """
    rows: list[tuple[dict[str, float], bool]] = []
    optional = [quote for quote in gold if quote.optional]
    for view, doc in zip(views, docs, strict=True):
        if view.paragraph.zone != BODY:
            continue
        candidates = find_candidates(doc, view)
        candidates += [candidate for holder in view.holders for candidate in quotation_candidates(doc, view, holder)]
        for candidate in candidates:
            statement = make_statement(article, view, candidate)
            at = view.starts[candidate.cue.idx]
            if any(meets(article.text, statement.spans, quote.spans) for quote in optional):
                continue
            right = any(_reports(article.text, statement, at, quote) for quote in gold)
            if not right and any(start <= at < end for quote in gold for start, end in quote.spans):
                # Inside a quote a verb never comes to be judged: the outer statement covers it.
                continue
            rows.append((candidate.features(view), right))
    return rows


def _reports(text: str, statement: Statement, cue_start: int, quote: Quote) -> bool:
    if quote.cue_span is not None and not quote.cue_span[0] - 1 <= cue_start <= quote.cue_span[1]:
        return False
    spans = [span for span in quote.spans if any(start < span[1] and span[0] < end for start, end in statement.spans)] if statement.holders else quote.spans
    return bool(spans) and meets(text, statement.spans, spans)


def meets(text: str, ours: Sequence[Span], theirs: Sequence[Span], least: float = 0.5) -> bool:
    """Tell whether two quotes cover the same letters and digits, by intersection over union.

    Parameters
    ----------
    ours, theirs
        Spans in ``text``.
    least
        Smallest intersection over union, from 0 to 1, that counts as the same.
    """
    a = {i for start, end in ours for i in range(start, end) if text[i].isalnum()}
    b = {i for start, end in theirs for i in range(start, end) if text[i].isalnum()}
    return bool(a | b) and len(a & b) / len(a | b) >= least
