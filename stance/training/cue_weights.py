"""Train the cue model on labelled articles, with the features that finding quotes uses."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from stance.core.types import Article, Quote, Span
from stance.extraction.quotes.candidates import find_candidates, quotation_candidates
from stance.extraction.quotes.cues import CueModel
from stance.extraction.quotes.statements import Statement, make_statement
from stance.extraction.text.paragraphs import BODY
from stance.extraction.text.parser import parse
from stance.extraction.text.parser_views import View, make_views
from stance.extraction.text.tags import letters_of

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc


def train_cues(labelled: Iterable[tuple[Article, Sequence[Quote]]], *, nlp: "Language") -> CueModel:
    """Train the cue model on articles with their labelled quotes.

    ``stance weights cues --write`` keeps it.

    Parameters
    ----------
    labelled
        Articles, each with all of its quotes: a verb that none of them names as its cue is a
        counter-example.
    nlp
        The pipeline with which the model will be used.
    """
    rows: list[tuple[dict[str, float], bool]] = []
    for article, gold in labelled:
        views = make_views(article)
        rows += labelled_candidates(article, gold, views, list(parse(views, nlp)))
    return fit_cues(rows)


def labelled_candidates(
    article: Article, gold: Sequence[Quote], views: Sequence[View], docs: "Sequence[Doc]"
) -> list[tuple[dict[str, float], bool]]:
    """Return the rows that the cue model learns from.

    A row has a candidate's features, and whether the candidate reports one of the gold quotes. It
    does so if it covers at least half of the letters of a gold quote, the gold quote covers half of
    its letters, and the cues meet.
    """
    rows: list[tuple[dict[str, float], bool]] = []
    optional = [quote for quote in gold if quote.optional]
    for view, doc in zip(views, docs, strict=True):
        if view.paragraph.zone != BODY:
            continue
        candidates = find_candidates(doc, view)
        candidates += [
            candidate
            for holder in view.holders
            for candidate in quotation_candidates(doc, view, holder)
        ]
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
    spans = (
        [
            span
            for span in quote.spans
            if any(start < span[1] and span[0] < end for start, end in statement.spans)
        ]
        if statement.holders
        else quote.spans
    )
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
    a, b = letters_of(text, ours), letters_of(text, theirs)
    return bool(a | b) and len(a & b) / len(a | b) >= least


def fit_cues(
    rows: Iterable[tuple[Mapping[str, float], bool]],
    *,
    hide_lemmas: float = 1.0,
    strength: float = 0.1,
) -> CueModel:
    """Fit the model to (features, reports speech) rows.

    Parameters
    ----------
    rows
        One row per candidate.
    hide_lemmas
        Weight of the copies of all rows whose lemma is hidden: they teach what to think of a verb
        never seen.
    strength
        Inverse of the regularisation (scikit-learn's ``C``).
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    seen = list(rows)
    known = [dict(features) for features, _ in seen]
    hidden = [
        {name: value for name, value in features.items() if "lemma=" not in name}
        for features in known
    ]
    truth = [positive for _, positive in seen] * 2
    sample_weight = [1.0] * len(seen) + [hide_lemmas] * len(seen)
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(known + hidden)
    # liblinear takes 32-bit indices only.
    matrix.indices, matrix.indptr = matrix.indices.astype("int32"), matrix.indptr.astype("int32")
    model = LogisticRegression(C=strength, max_iter=2000, solver="liblinear", random_state=0)
    model.fit(matrix, truth, sample_weight=sample_weight)
    return CueModel(
        dict(zip(vectorizer.feature_names_, model.coef_[0].tolist(), strict=True)),
        float(model.intercept_[0]),
    )
