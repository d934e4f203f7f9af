"""The figures of the dataset card ``labels/README.md``, written by a command.

A command writes them so that they cannot differ from the data.
"""

from collections import Counter
from pathlib import Path

from stance.core.errors import DataError
from stance.core.files import read_text, write_whole
from stance.core.formatting import table
from stance.core.types import FORMS, STANCES
from stance.labels.agreement import report_agreement
from stance.labels.consensus import Label, read_labels
from stance.labels.labelled_articles import Labelled
from stance.labels.splits import read_splits

START, END = "<!-- figures: written by stance pages labels -->", "<!-- end of figures -->"


def figures(folder: Path) -> str:
    """Return the figures as Markdown: counts of every split, then the agreement.

    The user's own articles and judgments are left out: the card is published with the project, and
    they are not.
    """
    reports, labels = read_labels(folder, own=False)
    batches = read_splits(folder / "splits.toml")
    by_split: dict[str, list[Labelled]] = {}
    for article, quotes in reports:
        name = {"news": "seeds"}.get(article.origin or "") or batches[article.id.split("_")[0]]
        by_split.setdefault(name, []).append((article, quotes))
    head = ("split", "articles", "quotes", *STANCES, "off target", *FORMS, "interrupted")
    order = [name for name in ("train", "validation", "test", "seeds") if name in by_split]
    lines = [table(head, [_row(name, by_split[name], labels) for name in order])]
    conflicts = {article.conflict for article, _ in reports if article.conflict}
    unnamed = sum(article.conflict is None for article, _ in reports)
    lines += [
        "",
        f"{len(conflicts)} conflicts and processes are named in the field `conflict` ({unnamed} "
        "articles name none there).",
    ]
    lines += ["", "```text", *report_agreement(folder, own=False), "```"]
    return "\n".join(lines)


def _row(name: str, reports: list[Labelled], labels: dict[str, Label]) -> list[object]:
    quotes = [quote for _, found in reports for quote in found]
    stances = Counter(labels[quote.id].stance for quote in quotes if quote.id in labels)
    off = sum(not labels[quote.id].on_target for quote in quotes if quote.id in labels)
    forms = Counter(quote.form for quote in quotes)
    several = sum(len(quote.spans) > 1 for quote in quotes)
    return [
        name,
        len(reports),
        len(quotes),
        *(stances[stance] for stance in STANCES),
        off,
        *(forms[form] for form in FORMS),
        several,
    ]


def write_card(folder: Path) -> Path:
    """Write the figures between their marks in ``README.md`` and return its path.

    Raises
    ------
    DataError
        If the marks are not there.
    """
    path = folder / "README.md"
    before, start, rest = read_text(path).partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise DataError(
            f"{path}: lacks the lines {START!r} and {END!r}; the figures stand between them"
        )
    write_whole(path, f"{before}{START}\n\n{figures(folder)}\n\n{END}{after}")
    return path
