"""The verbs of labels: agree, suggest, import, export, learn, annotate.

Nothing heavy is imported before a verb runs.
"""

import os
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
    n: Annotated[
        int, typer.Option(min=0, help="How many quotes to choose that the model is unsure of.")
    ] = 50,
    n_random: Annotated[
        int,
        typer.Option(
            "--random", min=0, help="How many quotes to draw at random, to measure the model on."
        ),
    ] = 0,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the random draw; another one draws other quotes.")
    ] = 0,
    model: ModelName = None,
) -> None:
    """Choose the quotes of your own articles to label first.

    They are written as tasks for Label Studio or as a spreadsheet. Quotes that the model is unsure
    of teach it most; only quotes drawn at random say how often it errs (stance evaluate labels).

    Example: stance labels suggest articles/*.txt --out tasks.json
    """
    from stance.extraction.pipeline import extract as extract_all
    from stance.extraction.text.articles import read_all
    from stance.labels.annotation_tasks import check_unfilled, write_tasks
    from stance.labels.own_articles import (
        add_articles,
        own_judgments,
        person_judgments,
        read_own,
        waiting,
    )
    from stance.labels.samples import random_items
    from stance.prediction.active_learning import most_worth

    check_unfilled(out, own_judgments(home() / "labels"))
    articles = [article for article in read_all(sources, say_aside) if article.text.strip()]
    n_new = add_articles(home() / "labels", zip(articles, extract_all(articles), strict=True))
    names = {article.id for article in articles}
    own = read_own(home() / "labels")
    # A language model's judgment is no reason not to ask a person.
    by_people = person_judgments(home() / "labels")[0]
    pool = [(article, quote) for article, quote in waiting(own, by_people) if article.id in names]
    drawn = {}
    if n_random:
        of_articles = [
            (article, quote) for article, quotes in own for quote in quotes if article.id in names
        ]
        drawn = random_items(home() / "labels", of_articles, n_random, seed)
    to_label = [pair for pair in pool if pair[1].id in drawn]
    unsure = [pair for pair in pool if pair[1].id not in drawn]
    items = most_worth(stance.load(model), unsure, n) if n else []
    # Without the model's guess, which would pull the judgments towards it.
    write_tasks([*((*pair, None) for pair in to_label), *items], out, drawn)
    random_words = (
        f"{len(to_label)} of {counted(len(drawn), 'quote')} drawn at random and " if drawn else ""
    )
    say_aside(
        f"{counted(len(articles), 'article')} ({n_new} new in labels/own), "
        f"{counted(len(pool), 'quote')} without label, {random_words}{len(items)} written to {out}"
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
    from stance.labels.labelled_articles import read_all_reports
    from stance.labels.own_articles import own_judgments

    check_unfilled(out, own_judgments(home() / "labels"))
    # As they were found: the other reader is to see what the first one saw.
    reports, labels = read_all_reports(home() / "labels"), read_labels(home() / "labels")[1]
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


def learn(
    model: Annotated[
        str, typer.Option(help="The adapted model to start from; standard is the released one.")
    ] = "standard",
    pull: Annotated[
        float,
        typer.Option(min=0.01, help="How firmly the model stays what it was; less: learn faster."),
    ] = 10.0,
) -> None:
    """Teach the released model your own labels, in about a minute.

    Only its last layer is fitted anew, to the labels that persons gave. It is cross-validated by
    article and set beside the model it started from; the result is a tracked run with a model.

    Example: stance labels learn
    """
    from stance.cli.tables import say
    from stance.experiments.own_head import learn as learn_from_own

    learned = learn_from_own(model, pull, typer.echo)
    before, after, gain = learned.before, learned.after, learned.difference
    say(
        f"on your {counted(learned.n_labels, 'labelled quote')}, macro-F1 over five labels: "
        f"{model} {before.five}; with your labels {after.five}, cross-validated by article"
    )
    say(f"difference: {gain}")
    name = learned.result.folder.name
    if gain.low > 0:
        say(f"better. To use it by default: stance promote {learned.result.run_name}")
    else:
        say(
            "not clearly better: more labels may show it. docs/your-articles.md says what to "
            "expect of how many"
        )
    say(f"to use it by name: --model {name}")


def annotate(
    endpoint: Annotated[
        str, typer.Option(help="The server's address, such as http://127.0.0.1:8080/v1.")
    ],
    model: Annotated[str, typer.Option(help="The model's name, as the server knows it.")],
    send: Annotated[
        bool,
        typer.Option("--send", help="Send the quotes; without it only what would be sent is said."),
    ] = False,
    articles: Annotated[
        list[str] | None, typer.Option("--article", help="Only these articles of yours, by id.")
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Only the quotes that were drawn at random.")
    ] = False,
    n: Annotated[
        int | None, typer.Option(min=1, help="At most so many quotes; by default all of them.")
    ] = None,
    temperature: Annotated[
        float, typer.Option(min=0, max=2, help="0: as far as the server can, always the same.")
    ] = 0.0,
    timeout_s: Annotated[float, typer.Option(min=1, help="Most seconds for one answer.")] = 60.0,
    input_price: Annotated[
        float, typer.Option(min=0, help="Price of a million tokens sent, to tell the cost.")
    ] = 0.0,
    output_price: Annotated[
        float, typer.Option(min=0, help="Price of a million tokens answered, to tell the cost.")
    ] = 0.0,
) -> None:
    """Let a language model judge the quotes of your own articles, by the codebook.

    Any server that speaks OpenAI's chat completions; a key is taken from the variable
    STANCE_ANNOTATE_KEY. Nothing is sent without --send. After an interruption the same command
    goes on. A person's label goes before a model's.

    Example: stance labels annotate --endpoint http://127.0.0.1:8080/v1 --model qwen3 --sample
    """
    from stance.labels.annotation_prompt import Prompt, estimated_tokens
    from stance.labels.model_annotator import KEY_VARIABLE, Endpoint, annotate
    from stance.labels.own_articles import add_model_judgments, read_own, unjudged
    from stance.labels.samples import read_samples

    folder = home() / "labels"
    server = Endpoint(endpoint, model, os.environ.get(KEY_VARIABLE) or None, temperature, timeout_s)
    prompt = Prompt.of_codebook(folder)
    name = server.annotator(prompt)
    only = {quote for one in read_samples(folder) for quote in one.quotes} if sample else None
    items = unjudged(folder, name, articles, only)[:n]
    tokens = estimated_tokens(prompt, items)
    whither = "this machine" if server.is_local else "NOT this machine: the texts leave it"
    prices = (input_price, output_price)
    say_aside(
        f"{counted(len(items), 'quote')} of your articles for {server.url} ({whither}), model "
        f"{model}, as annotator {name}; about {_tokens(tokens, prices)}"
    )
    if not send:
        say_aside("nothing was sent; --send sends them")
        return
    everything = [quote.id for _, quotes in read_own(folder) for quote in quotes]
    done = annotate(
        server,
        prompt,
        items,
        lambda new: add_model_judgments(
            folder, new, f"{model} at {server.url}, prompt {prompt.fingerprint}", everything
        ),
    )
    say_aside(
        f"{counted(done.n_judged, 'judgment')} added; "
        f"{_tokens((done.tokens_in, done.tokens_out), prices)} as the server counts"
    )
    for reason, count in done.left_out.items():
        say_aside(f"left out: {reason} ({count}), for example: {done.examples[reason]}")


def _tokens(tokens: tuple[int, int], prices: tuple[float, float]) -> str:
    """Say how many tokens go out and come back, and what they cost where prices were given."""
    cost = sum(n * price / 1e6 for n, price in zip(tokens, prices, strict=True))
    return f"{tokens[0]} tokens out and {tokens[1]} back" + (
        f", which cost {cost:.2f}" if any(prices) else ""
    )
