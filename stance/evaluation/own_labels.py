"""How often a model errs in the user's own articles, measured on a random sample of their quotes.

Each quote counts with the inverse of the probability with which it was drawn, and the intervals
draw whole articles. Labels of quotes that were chosen because a model was unsure are left out.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.types import STANCES, Article, Judgment, Quote
from stance.evaluation.bootstrap import N_RESAMPLES, bounds, draw_sums, ratio_interval, units_of
from stance.evaluation.scores import likeliest, macro_f1, to_coarse
from stance.extraction.text.context import context_of
from stance.labels.judgments import read_all_judgments, read_annotators
from stance.labels.labelled_articles import Labelled
from stance.labels.own_articles import person_judgments, read_own
from stance.labels.samples import inclusion, read_samples
from stance.prediction.model import Model

FEW = 10  # quotes of a stance, below which its figures say little


@dataclasses.dataclass(frozen=True, slots=True)
class LabelledSample:
    """The drawn quotes that a person has labelled, and what is known of the rest.

    ``weights`` are the inverse probabilities of being drawn; ``corrections`` the judgments that
    correct a quote, None where it was found as it is. ``n_population`` quotes stand in the
    articles that were drawn from; ``n_drawn`` were drawn, of which ``n_learned`` were learned from
    by the model and left out here. ``n_chosen`` labelled quotes were chosen, not drawn.
    """

    items: list[tuple[Article, Quote]]
    truth: list[str]
    weights: np.ndarray
    corrections: list[Judgment | None]
    n_population: int
    n_drawn: int
    n_chosen: int
    n_learned: int
    people: tuple[str, ...]

    @property
    def articles(self) -> list[str]:
        """Each quote's article."""
        return [article.id for article, _ in self.items]

    def keep(self, chosen: Sequence[bool]) -> "LabelledSample":
        """Return the sample with some of its quotes only."""
        places = [k for k, kept in enumerate(chosen) if kept]
        return dataclasses.replace(
            self,
            items=[self.items[k] for k in places],
            truth=[self.truth[k] for k in places],
            weights=self.weights[places],
            corrections=[self.corrections[k] for k in places],
        )


def labelled_sample(folder: Path, learned: Sequence[str] = ()) -> LabelledSample:
    """Read the random sample with the labels of persons.

    Parameters
    ----------
    folder
        ``labels/``.
    learned
        Quotes that the measured model learned from; they are left out.

    Raises
    ------
    DataError
        If nothing was drawn or no drawn quote has a person's label.
    """
    reports, samples = read_own(folder), read_samples(folder)
    if not samples:
        raise DataError(
            "labels/own: no random sample was drawn, and other labels do not say how often a model "
            "errs; draw one: stance labels suggest ARTICLES --random 50 --n 0 --out sample.csv"
        )
    labels, people = person_judgments(folder)
    by_id = {quote.id: (article, quote) for article, quotes in reports for quote in quotes}
    probability = inclusion(samples, {name: article.id for name, (article, _) in by_id.items()})
    judged = [name for name in by_id if name in probability and name in labels]
    if not judged:
        raise DataError(
            f"labels/own: none of the {counted(len(probability), 'quote')} that were drawn at "
            "random has a person's label; import some (stance labels import FILE)"
        )
    left = [name for name in judged if name not in set(learned)]
    if not left:
        raise DataError(
            f"the model learned from all {counted(len(judged), 'label')} of the random sample, so "
            "they cannot say how well it does; label articles that it did not learn from, or give "
            "--model standard"
        )
    sampled = {name for sample in samples for name in sample.articles}
    return LabelledSample(
        [by_id[name] for name in left],
        [labels[name].stance for name in left],
        np.array([1 / probability[name] for name in left]),
        [labels[name].correction for name in left],
        _population(reports, sampled),
        len(probability),
        sum(name in by_id and name not in probability for name in labels),
        len(judged) - len(left),
        people,
    )


def _population(reports: Sequence[Labelled], sampled: set[str]) -> int:
    return sum(len(quotes) for article, quotes in reports if article.id in sampled)


@dataclasses.dataclass(frozen=True, slots=True)
class SampleScores:
    """What a model or annotator does on a random sample.

    ``figures`` maps a name (``error``, ``kappa``, ``macro_f1``, ``coarse_macro_f1``, then for each
    stance ``support.precision``, ``.recall``, ``.f1``) to its value and its 95% interval.
    ``counts`` are the labels, unweighted. ``unit`` is what the bootstrap drew. ``found`` has the
    shares of drawn quotes that are quotes (``quotes``), are cut right, too (``cut_right``), and
    have the right speaker, too (``speaker_right``).
    """

    name: str
    sample: LabelledSample
    figures: dict[str, tuple[float, float, float]]
    counts: dict[str, int]
    unit: str
    found: dict[str, tuple[float, float, float]]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        sample = self.sample
        return {
            "model": self.name,
            "n_quotes": len(sample.truth),
            "n_articles": len(set(sample.articles)),
            "n_drawn": sample.n_drawn,
            "n_population": sample.n_population,
            "n_learned": sample.n_learned,
            "n_chosen": sample.n_chosen,
            "unit": self.unit,
            "labels": self.counts,
            **{
                part: {
                    name: {"value": value, "low": low, "high": high}
                    for name, (value, low, high) in figures.items()
                }
                for part, figures in (("figures", self.figures), ("found", self.found))
            },
            "sentence": self.sentence(),
            "limits": self.limits(),
        }

    def sentence(self) -> str:
        """Return the sentence for the methods section of a paper."""
        sample = self.sample
        articles = counted(len(set(sample.articles)), "article")
        error, kappa, f1 = (self.figures[name] for name in ("error", "kappa", "macro_f1"))
        whose = "one person" if len(sample.people) == 1 else f"{len(sample.people)} people"
        return (
            f"On a random sample of {counted(len(sample.truth), 'quote')} from {articles} "
            f"({sample.n_population} quotes were extracted from the sampled articles; labels by "
            f"{whose}), {self.name} mislabelled {_percent(error[0])} of the quotes (95% CI "
            f"{_percent(error[1])} to {_percent(error[2])}); macro-F1 over the five labels was "
            f"{_figures(f1)}, Cohen's kappa {_figures(kappa)} (quotes weighted by their inverse "
            f"inclusion probability; percentile bootstrap, {N_RESAMPLES} resamples of "
            f"{self.unit}s)."
        )

    def limits(self) -> list[str]:
        """Return what the figures cannot say, one sentence each."""
        sample = self.sample
        n_open = sample.n_drawn - len(sample.truth) - sample.n_learned
        rare = [name for name in STANCES if self.counts[name] < FEW]
        found = [
            "They hold for the articles that were drawn from, not for other sources or times.",
            "They say nothing of quotes that were not found: stance evaluate quotes measures that.",
            "They count a person's mistakes as the model's."
            + (
                " Only one person labelled, so nobody knows how many there are; stance labels "
                "export writes the quotes for a second one."
                if len(sample.people) == 1
                else " stance labels agree shows how far the people differ."
            ),
        ]
        if n_open:
            found.append(
                f"{counted(n_open, 'drawn quote')} without a label: the figures assume that the "
                "model errs there as often as elsewhere."
            )
        if rare:
            found.append(
                f"Fewer than {FEW} quotes are labelled {', '.join(rare)}: the figures of these "
                "stances, and so macro-F1, say little."
            )
        if self.unit == "quote":
            found.append(
                "There are too few articles to draw whole ones: the intervals draw quotes and are "
                "too narrow where quotes of one article are alike."
            )
        if sample.n_chosen:
            found.append(
                f"{counted(sample.n_chosen, 'label')} of quotes that were chosen, not drawn, "
                "are not counted: a model errs more often there."
            )
        if sample.n_learned:
            found.append(
                f"{counted(sample.n_learned, 'drawn quote')} that the model learned from are not "
                "counted."
            )
        return found


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def _figures(found: tuple[float, float, float]) -> str:
    return "{:.2f} ({:.2f} to {:.2f})".format(*found)


def score_sample(
    name: str, sample: LabelledSample, answers: Sequence[str], *, seed: int = 0
) -> SampleScores:
    """Score answers to a random sample's quotes, one a quote in the same order.

    Of what is no quote only the extraction is scored.
    """
    found = found_right(sample, seed=seed)
    is_quote = [one is None or one.is_quote for one in sample.corrections]
    answers = [answer for answer, kept in zip(answers, is_quote, strict=True) if kept]
    sample = sample.keep(is_quote)
    if not sample.truth:
        raise DataError(
            "labels/own: nothing in the random sample is a quote, so there is no stance"
        )
    units, unit = units_of(sample.articles)
    tables = np.zeros((units.max() + 1, len(STANCES), len(STANCES)))
    rows, columns = (
        np.array([STANCES.index(stance) for stance in given]) for given in (sample.truth, answers)
    )
    np.add.at(tables, (units, rows, columns), sample.weights)
    drawn = np.concatenate([tables.sum(axis=0)[None], draw_sums(tables, seed=seed)])
    figures = {
        figure: (float(values[0]), *bounds(values[1:])) for figure, values in _scores(drawn).items()
    }
    counts = {stance: sample.truth.count(stance) for stance in STANCES}
    return SampleScores(name, sample, figures, counts, unit, found)


def found_right(sample: LabelledSample, *, seed: int = 0) -> dict[str, tuple[float, float, float]]:
    """Return which shares of a sample's quotes were found as they are, with 95% intervals."""
    units, _ = units_of(sample.articles)
    right = np.ones((3, len(sample.truth)))
    for k, judged in enumerate(sample.corrections):
        if judged is not None:
            cut = judged.is_quote and judged.text is None
            right[:, k] = judged.is_quote, cut, cut and judged.speaker is None
    weighted = right * sample.weights
    return {
        name: (
            float(row.sum() / sample.weights.sum()),
            *ratio_interval(row, sample.weights, units, seed=seed),
        )
        for name, row in zip(("quotes", "cut_right", "speaker_right"), weighted, strict=True)
    }


def _scores(tables: np.ndarray) -> Mapping[str, np.ndarray]:
    """Return the figures of weighted confusion tables, shape (n, 5, 5) -> (n,) each."""
    hits = np.diagonal(tables, axis1=1, axis2=2)
    total, truth, given = tables.sum(axis=(1, 2)), tables.sum(axis=2), tables.sum(axis=1)
    agreed = hits.sum(axis=1) / total
    by_chance = (truth * given).sum(axis=1) / total**2
    # Where all labels and answers are one and the same, chance agrees as well: no kappa.
    beyond = np.where(by_chance < 1, 1 - by_chance, 1)
    kappa = np.where(by_chance < 1, (agreed - by_chance) / beyond, 0.0)
    found = {
        "error": 1 - agreed,
        "kappa": kappa,
        "macro_f1": macro_f1(tables),
        "coarse_macro_f1": macro_f1(to_coarse(tables)),
    }
    for k, stance in enumerate(STANCES):
        both = truth[:, k] + given[:, k]
        found |= {
            f"{stance}.precision": _ratio(hits[:, k], given[:, k]),
            f"{stance}.recall": _ratio(hits[:, k], truth[:, k]),
            f"{stance}.f1": _ratio(2 * hits[:, k], both),
        }
    return found


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(below > 0, above / np.where(below > 0, below, 1), 0.0))


def score_model(folder: Path, model: Model) -> SampleScores:
    """Score a model on the random sample in ``labels/``; quotes that it learned from are left out.

    Raises
    ------
    DataError
        As `labelled_sample`.
    """
    sample = labelled_sample(folder, model.card.get("data", {}).get("own", ()))
    rows = [
        {"text": quote.text, "cue": quote.cue or "", "context": context_of(article, quote)}
        for article, quote in sample.items
    ]
    name = f"the model {model.label['name']} {model.label['version']}"
    return score_sample(name, sample, likeliest(model.probabilities(rows)))


def score_annotator(folder: Path, annotator: str) -> SampleScores:
    """Score an annotator's judgments of the random sample as if they were a model's answers.

    Raises
    ------
    DataError
        As `labelled_sample`, or if the annotator is one of the persons who gave the labels, or
        judged none of them.
    """
    sample = labelled_sample(folder)
    known = read_annotators(folder)
    if annotator not in known:
        raise DataError(
            f"annotator {annotator!r}: unknown; expected one of {', '.join(sorted(known))}"
        )
    if annotator in sample.people:
        raise DataError(
            f"annotator {annotator!r} gave labels that would be the measure; stance labels agree "
            "compares persons"
        )
    said = {
        one.quote: one.stance for one in read_all_judgments(folder) if one.annotator == annotator
    }
    kept = sample.keep([quote.id in said for _, quote in sample.items])
    if not kept.truth:
        raise DataError(
            f"annotator {annotator!r} judged no quote of the random sample that a person labelled"
        )
    return score_sample(
        f"the annotator {annotator}", kept, [said[quote.id] for _, quote in kept.items]
    )
