"""The user's own articles in ``labels/own/``.

Their quotes wait for labels; once they have some, models learn from them. All that is the user's
lies in ``labels/own/`` and in ``labels/judgments/own.jsonl``. Git ignores both, so that nothing of
it is published by accident.
"""

import dataclasses
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stance.core.errors import DataError
from stance.core.files import to_jsonl, write_whole
from stance.core.part_files import only_writer
from stance.core.types import Article, Judgment, Quote, Span
from stance.labels.consensus import Label, agree, read_labels
from stance.labels.corrections import checked
from stance.labels.judgments import (
    ANNOTATORS,
    OWN_JUDGMENTS,
    adjudicators_among,
    merge,
    people_among,
    read_annotators,
    read_judgments,
)
from stance.labels.labelled_articles import Labelled, read_all_reports, read_each, read_reports

FILE = "articles.jsonl"
PERSON = {"role": "second reader", "kind": "person", "who": "labels imported by the user"}


def add_articles(folder: Path, found: Iterable[tuple[Article, Sequence[Quote]]]) -> int:
    """Add articles with their quotes to ``own/articles.jsonl`` and return how many are new.

    Raises
    ------
    DataError
        If an article's id is taken by another text, or another process writes the file.
    """
    path = folder / "own" / FILE
    with only_writer(path):
        known = {article.id: (article, quotes) for article, quotes in read_own(folder)}
        taken = {article.id for article, _ in read_labels(folder)[0]} - set(known)
        n_before = len(known)
        for article, quotes in found:
            old = known.get(article.id)
            if article.id in taken or (old and old[0].text != article.text):
                raise DataError(
                    f"article {article.id!r}: the id is taken by another text in labels/; rename "
                    "the file"
                )
            if old is None:
                # Optional quotes (headlines, captions) are not learned from, so nobody needs to
                # label them.
                known[article.id] = (
                    dataclasses.replace(article, origin="own"),
                    tuple(quote for quote in quotes if not quote.optional),
                )
        write_whole(path, to_jsonl(_row(*one) for one in known.values()))
        return len(known) - n_before


def _row(article: Article, quotes: Sequence[Quote]) -> dict[str, object]:
    row = {
        key: value for key, value in dataclasses.asdict(article).items() if value not in (None, ())
    }
    return {**row, "quotes": [quote.to_dict() for quote in quotes]}


def own_judgments(folder: Path) -> list[Judgment]:
    """Return the judgments that were imported so far."""
    path = folder / "judgments" / OWN_JUDGMENTS
    return read_judgments(path) if path.is_file() else []


@dataclasses.dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    ``added`` judgments are new, ``second`` of them on quotes that had a label already. ``twins``
    names annotators who may be one person: another person had already judged, in exactly the same
    way, all that one annotator judged now. Its entries are (annotator, the other, how many).
    """

    added: int
    second: int
    twins: tuple[tuple[str, str, int], ...] = ()


def import_judgments(folder: Path, new: Sequence[Judgment]) -> Imported:
    """Add people's judgments to ``judgments/own.jsonl``; nothing is overwritten.

    The names of the people are added to ``own/annotators.toml``. Both files are made up before
    either is written.

    Raises
    ------
    DataError
        If a judgment fits no quote, a name is a model's, or another process writes the file.
    """
    path = folder / "judgments" / OWN_JUDGMENTS
    with only_writer(path):
        labels = read_labels(folder)[1]
        old = own_judgments(folder)
        raw = read_all_reports(folder)
        by_id = {quote.id: (article, quote) for article, quotes in raw for quote in quotes}
        new = read_each(
            ((one.quote, one) for one in new),
            lambda one, _: checked(*by_id[one.quote], one) if one.quote in by_id else one,
        )
        merged = merge(old, new, by_id)
        added = merged[len(old) :]
        text = to_jsonl(one.to_dict() for one in merged)
        _name_annotators(folder, dict.fromkeys(sorted({one.annotator for one in added}), PERSON))
        write_whole(path, text)
        return Imported(
            len(added), sum(one.quote in labels for one in added), tuple(_twins(old, added))
        )


def shown_otherwise(folder: Path, shown: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (quote, words shown, words of the quote) where a task showed other words.

    Letters and digits are compared. A quote that is not known is no matter here.
    """
    quotes = {quote.id: quote for _, quotes in read_all_reports(folder) for quote in quotes}
    return [
        (name, words, quotes[name].shown_text)
        for name, words in shown.items()
        if name in quotes and _letters(words) != _letters(quotes[name].shown_text)
    ]


def _letters(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", text.casefold()))


def _twins(old: Sequence[Judgment], added: Sequence[Judgment]) -> Iterator[tuple[str, str, int]]:
    """Yield (annotator, another, how many) where both may be one person.

    That is where the other has judged all these quotes before, in exactly the same way.
    """
    said = {
        one.annotator: {
            dataclasses.replace(judged, annotator="")
            for judged in old
            if judged.annotator == one.annotator
        }
        for one in old
    }
    for name in sorted({one.annotator for one in added}):
        now = {dataclasses.replace(one, annotator="") for one in added if one.annotator == name}
        yield from (
            (name, other, len(now))
            for other, before in said.items()
            if other != name and now <= before
        )


def _name_annotators(folder: Path, entries: Mapping[str, Mapping[str, str]]) -> None:
    """Add annotators who are not known yet to ``own/annotators.toml``."""
    path = folder / "own" / ANNOTATORS
    known = read_annotators(folder)
    clash = [
        name
        for name, entry in entries.items()
        if name in known and known[name].get("kind", "person") != entry["kind"]
    ]
    if clash:
        kind = known[clash[0]].get("kind", "person")
        raise DataError(
            f"{ANNOTATORS}: {clash[0]!r} is a {kind}'s name; give --annotator another one"
        )
    new = {name: entry for name, entry in entries.items() if name not in known}
    if not new:
        return
    text = (
        path.read_text(encoding="utf-8").rstrip("\n")
        if path.is_file()
        else "# Who judged of those whose labels you imported."
    )
    for name, entry in new.items():
        # JSON's escapes are TOML's too.
        quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in entry.items()}
        text += f"\n\n[{json.dumps(name, ensure_ascii=False)}]"
        text += "".join(f"\n{key} = {value}" for key, value in quoted.items())
    try:
        tomllib.loads(text)  # a name that breaks the file must not be written
    except tomllib.TOMLDecodeError as fault:
        raise DataError(
            f"annotators {', '.join(map(repr, new))}: a name cannot be written ({fault}); give "
            "--annotator one of letters and digits"
        ) from fault
    write_whole(path, text + "\n")


def add_model_judgments(
    folder: Path, new: Sequence[Judgment], who: str, quotes: Iterable[str]
) -> None:
    """Add a language model's judgments to ``judgments/own.jsonl``; nothing is overwritten.

    Parameters
    ----------
    who
        What is to stand beside its name in ``own/annotators.toml``.
    quotes
        The quotes that there are.
    """
    path = folder / "judgments" / OWN_JUDGMENTS
    with only_writer(path):
        # Read anew each time: a person may import while the model still answers.
        text = to_jsonl(one.to_dict() for one in merge(own_judgments(folder), new, quotes))
        entry = {"role": "second reader", "kind": "model", "who": who}
        _name_annotators(folder, {one.annotator: entry for one in new})
        write_whole(path, text)


def read_own(folder: Path) -> list[Labelled]:
    """Return the user's own articles with their quotes."""
    path = folder / "own" / FILE
    return read_reports(path, folder.parent) if path.is_file() else []


def person_judgments(folder: Path) -> tuple[dict[str, Label], tuple[str, ...]]:
    """Return the labels that persons alone gave, by quote, and the names of the persons.

    Where persons differ and nobody has decided there is no label.
    """
    annotators = read_annotators(folder)
    deciding = adjudicators_among(annotators)
    people = people_among(annotators)
    judgments = [one for one in own_judgments(folder) if one.annotator in {*people, *deciding}]
    labels, _ = agree(judgments, deciding)
    return labels, tuple(sorted({one.annotator for one in judgments} & set(people)))


def person_labels(folder: Path) -> dict[tuple[str, tuple[Span, ...]], str]:
    """Return the stances that persons gave to quotes of the user's own articles.

    The keys are (the article's text, the quote's spans). Only the very same quote counts: the same
    place of the same text.
    """
    reports = read_own(folder)
    labels = person_judgments(folder)[0] if reports else {}
    return {
        (article.text, quote.spans): labels[quote.id].stance
        for article, quotes in reports
        for quote in quotes
        if quote.id in labels
    }


def waiting(reports: Sequence[Labelled], labelled: Iterable[str]) -> list[tuple[Article, Quote]]:
    """Return the own quotes that are not among the labelled ones."""
    have = set(labelled)
    return [
        (article, quote)
        for article, quotes in reports
        if article.origin == "own"
        for quote in quotes
        if quote.id not in have
    ]


def unjudged(
    folder: Path,
    annotator: str,
    articles: Sequence[str] | None = None,
    only: Iterable[str] | None = None,
) -> list[tuple[Article, Quote]]:
    """Return the own quotes that an annotator has not judged yet.

    Parameters
    ----------
    articles
        Only those of these articles.
    only
        Only these quotes.

    Raises
    ------
    DataError
        If there are no own articles, or one of those that are named is unknown.
    """
    reports = read_own(folder)
    known = {article.id for article, _ in reports}
    unknown = sorted(set(articles or ()) - known)
    if not known or unknown:
        raise DataError(
            f"labels/own: {'no article ' + unknown[0] if unknown else 'no articles yet'}; add some "
            "(stance labels suggest ARTICLES --out tasks.csv)"
        )
    judged = {one.quote for one in own_judgments(folder) if one.annotator == annotator}
    wanted = None if only is None else set(only)
    return [
        (article, quote)
        for article, quotes in reports
        for quote in quotes
        if (not articles or article.id in articles)
        and (wanted is None or quote.id in wanted)
        and quote.id not in judged
    ]
