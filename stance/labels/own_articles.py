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
from stance.core.types import Article, Judgment, Quote, Span
from stance.labels.consensus import agree, read_labels
from stance.labels.judgments import (
    ANNOTATORS,
    OWN_JUDGMENTS,
    adjudicators_among,
    merge,
    people_among,
    read_annotators,
    read_judgments,
)
from stance.labels.labelled_articles import Labelled, read_reports

FILE = "articles.jsonl"
_NEW_ANNOTATOR = """\
role = "second reader"
kind = "person"
who = "labels imported by the user\""""


def add_articles(folder: Path, found: Iterable[tuple[Article, Sequence[Quote]]]) -> int:
    """Add articles with their quotes to ``own/articles.jsonl`` and return how many are new.

    Raises
    ------
    DataError
        If an article's id is taken by another text.
    """
    path = folder / "own" / FILE
    known = {
        article.id: (article, quotes)
        for article, quotes in (read_reports(path, folder.parent) if path.is_file() else [])
    }
    taken = {article.id for article, _ in read_labels(folder)[0]} - set(known)
    n_before = len(known)
    for article, quotes in found:
        old = known.get(article.id)
        if article.id in taken or (old and old[0].text != article.text):
            raise DataError(
                f"article {article.id!r}: the id is taken by another text in labels/; rename the "
                "file"
            )
        if old is None:
            # Optional quotes (headlines, captions) are not learned from, so nobody needs to label
            # them.
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

    The names of the people are added to ``own/annotators.toml``.
    """
    reports, labels = read_labels(folder)
    old = own_judgments(folder)
    merged = merge(old, new, [quote.id for _, quotes in reports for quote in quotes])
    added = merged[len(old) :]
    _name_annotators(folder, sorted({one.annotator for one in added}))
    write_whole(folder / "judgments" / OWN_JUDGMENTS, to_jsonl(one.to_dict() for one in merged))
    return Imported(
        len(added), sum(one.quote in labels for one in added), tuple(_twins(old, added))
    )


def shown_otherwise(folder: Path, shown: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (quote, words shown, words of the quote) where a task showed other words.

    Letters and digits are compared. A quote that is not known is no matter here.
    """
    quotes = {quote.id: quote for _, quotes in read_labels(folder)[0] for quote in quotes}
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


def _name_annotators(folder: Path, names: Sequence[str]) -> None:
    path = folder / "own" / ANNOTATORS
    known = read_annotators(folder)
    clash = [name for name in names if known.get(name, {}).get("kind", "person") != "person"]
    if clash:
        raise DataError(
            f"{ANNOTATORS}: {clash[0]!r} is a model's name; give --annotator another one"
        )
    new = [name for name in names if name not in known]
    if not new:
        return
    text = (
        path.read_text(encoding="utf-8").rstrip("\n")
        if path.is_file()
        else "# Who judged of those whose labels you imported."
    )
    for name in new:
        # JSON's escapes are TOML's too.
        text += f"\n\n[{json.dumps(name, ensure_ascii=False)}]\n{_NEW_ANNOTATOR}"
    try:
        tomllib.loads(text)  # a name that breaks the file must not be written
    except tomllib.TOMLDecodeError as fault:
        raise DataError(
            f"annotators {', '.join(map(repr, new))}: a name cannot be written ({fault}); give "
            "--annotator one of letters and digits"
        ) from fault
    write_whole(path, text + "\n")


def person_labels(folder: Path) -> dict[tuple[str, tuple[Span, ...]], str]:
    """Return the stances that persons gave to quotes of the user's own articles.

    The keys are (the article's text, the quote's spans). Only the very same quote counts: the same
    place of the same text. Where persons differ and nobody has decided there is no label.
    """
    path = folder / "own" / FILE
    if not path.is_file():
        return {}
    annotators = read_annotators(folder)
    deciding = adjudicators_among(annotators)
    able = {*people_among(annotators), *deciding}
    labels, _ = agree([one for one in own_judgments(folder) if one.annotator in able], deciding)
    reports = read_reports(path, folder.parent)
    return {
        (article.text, quote.spans): labels[quote.id].stance
        for article, quotes in reports
        for quote in quotes
        if quote.id in labels
    }


def waiting(reports: Sequence[Labelled], labelled: Iterable[str]) -> list[tuple[Article, Quote]]:
    """Return the own quotes that have no label yet."""
    have = set(labelled)
    return [
        (article, quote)
        for article, quotes in reports
        if article.origin == "own"
        for quote in quotes
        if quote.id not in have
    ]
