"""The verbs of labels: agree, suggest, import, export.

Nothing heavy is imported before a verb runs.
"""

from pathlib import Path
from typing import Annotated

import typer

import stance
from stance.cli.options import ModelName, Sources, say_aside
from stance.core.errors import DataError
from stance.core.formatting import counted
from stance.core.paths import home


def agree(
    disputed: Annotated[
        bool, typer.Option("--disputed", help="Also list the quotes on which annotators disagree.")
    ] = False,
) -> None:
    """Show the agreement between annotators.

    Cohen's kappa for each pair and Krippendorff's alpha, overall and by stance.

    Example: stance labels agree --disputed
    """
    from stance.labels.agreement import report_agreement

    for line in report_agreement(home() / "labels", disputed=disputed):
        typer.echo(line)


def suggest(
    sources: Sources,
    out: Annotated[
        Path,
        typer.Option(help="The file to write: .json for Label Studio, .csv for a spreadsheet."),
    ],
    n: Annotated[int, typer.Option(min=1, help="How many quotes to choose.")] = 50,
    model: ModelName = None,
) -> None:
    """Choose the quotes of your own articles to label first.

    They are written as tasks for Label Studio or as a spreadsheet.

    Example: stance labels suggest articles/*.txt --out tasks.json
    """
    from stance.extraction.pipeline import extract as extract_all
    from stance.extraction.text.articles import read_all
    from stance.labels.annotation_tasks import check_unfilled, write_tasks
    from stance.labels.consensus import read_labels
    from stance.labels.own_articles import add_articles, own_judgments, waiting
    from stance.prediction.active_learning import most_worth

    check_unfilled(out, own_judgments(home() / "labels"))
    articles = [article for article in read_all(sources, say_aside) if article.text.strip()]
    n_new = add_articles(home() / "labels", zip(articles, extract_all(articles), strict=True))
    reports, labels = read_labels(home() / "labels")
    names = {article.id for article in articles}
    pool = [(article, quote) for article, quote in waiting(reports, labels) if article.id in names]
    items = most_worth(stance.load(model), pool, n)
    write_tasks(items, out)
    say_aside(
        f"{counted(len(articles), 'article')} ({n_new} new in labels/own), "
        f"{counted(len(pool), 'quote')} without label, {len(items)} written to {out}"
    )


def export_labels(
    out: Annotated[
        Path,
        typer.Argument(help="The file to write: .json for Label Studio, .csv for a spreadsheet."),
    ],
    articles: Annotated[
        list[str] | None, typer.Option("--article", help="Only these articles, by id.")
    ] = None,
) -> None:
    """Write labelled quotes without labels, for another reader.

    Example: stance labels export second-look.csv --article w1_01
    """
    from stance.labels.annotation_tasks import check_unfilled, write_tasks
    from stance.labels.consensus import read_labels
    from stance.labels.own_articles import own_judgments

    check_unfilled(out, own_judgments(home() / "labels"))
    reports, labels = read_labels(home() / "labels")
    rows = [
        (article, quote, None)
        for article, quotes in reports
        for quote in quotes
        if not articles or article.id in articles
    ]
    if not rows:
        raise DataError(
            f"labels: no article {', '.join(articles or [])}; ids look like {reports[0][0].id}"
        )
    chosen = [row for row in rows if row[1].id in labels]
    n_without = len(rows) - len(chosen)
    without = f"{counted(n_without, 'quote')} without label (stance labels suggest writes those)"
    if not chosen:
        raise DataError(f"labels: nothing to look at again: {without}")
    write_tasks(chosen, out)
    say_aside(
        f"{counted(len(chosen), 'quote')} written to {out}"
        + (f"; left out: {without}" if n_without else "")
    )


def import_labels(
    file: Annotated[
        Path,
        typer.Argument(help="A Label Studio export (.json) or a filled-in spreadsheet (.csv)."),
    ],
    annotator: Annotated[str | None, typer.Option(help="Who labelled; needed for .csv.")] = None,
) -> None:
    """Add the labels that people gave.

    They stand beside earlier judgments and overwrite none.

    Example: stance labels import export.json
    """
    from stance.labels.annotation_imports import read_import
    from stance.labels.own_articles import import_judgments, shown_otherwise

    source = read_import(file, annotator)
    imported = import_judgments(home() / "labels", source.judgments)
    say_aside(
        f"{counted(imported.added, 'judgment')} added, {imported.second} of them on quotes that "
        "had a label"
    )
    if source.left_out:
        say_aside(
            "left out: " + ", ".join(f"{reason} ({n})" for reason, n in source.left_out.items())
        )
    for quote, shown, words in shown_otherwise(home() / "labels", source.shown):
        say_aside(
            f"warning: {quote}: the annotator saw {shown[:60]!r}, but the quote is "
            f"{words[:60]!r}; if the file belongs to other articles, delete this quote's line in "
            "labels/judgments/own.jsonl"
        )
    for name, other, n_same in imported.twins:
        say_aside(
            f"warning: what {name} judged ({n_same}) is the same as what {other} judged before; "
            "if they are one person, delete one "
            "name's lines in labels/judgments/own.jsonl, or agreement will look better than it is",
        )
