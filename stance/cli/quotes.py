"""The verb quotes: articles to a table of quotes. Nothing heavy is imported before it runs."""

from pathlib import Path
from typing import Annotated

import typer

import stance
from stance.cli.options import ModelName, say_aside


def quotes(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="[ARTICLES…|FOLDER|-]",
            help="Articles: .jsonl, .csv, .tsv, .parquet (also .gz, .zst), .txt, .md, .html; "
            "folders of them; - for standard input.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            help="The table to write: .parquet, .csv or .jsonl (also .gz, .zst). It appears when "
            "it is complete. After an interruption the same command continues."
        ),
    ],
    jobs: Annotated[int, typer.Option(min=1, help="How many processes work at the same time.")] = 1,
    model: ModelName = None,
    text_column: Annotated[str, typer.Option(help="The field that holds the article.")] = "text",
    id_column: Annotated[
        str, typer.Option(help="The field with the article's id; without one, its url is the id.")
    ] = "id",
    column: Annotated[
        list[str] | None,
        typer.Option(help="Also pass this field of the articles on; may be repeated."),
    ] = None,
    copies: Annotated[
        bool,
        typer.Option(help="Mark articles that nearly repeat an earlier one (copy_of)."),
    ] = True,
    progress: Annotated[
        bool | None, typer.Option(help="A progress bar on stderr; by default only in a terminal.")
    ] = None,
) -> None:
    """Write a table of all quotes of many articles.

    It has one row per quote: the metadata of its article, its speaker and its stance. Articles
    that cannot be read, and those in other languages, are listed with the reason in a file beside
    it.

    Example: stance quotes articles.jsonl.gz --out quotes.parquet --jobs 4
    """
    from stance.cli.progress import watched
    from stance.prediction.article_rows import ArticleColumns, find_article_files
    from stance.prediction.quote_files import quotes_to_file, skipped_file
    from stance.prediction.table_files import format_of

    format_of(out.name)
    files = find_article_files(sources)
    columns = ArticleColumns(text_column, id_column, tuple(column or ()))
    loaded = stance.load(model)
    try:
        with watched(_number_of(files), wanted=progress) as watch:
            summary = quotes_to_file(
                loaded, files, out, columns=columns, jobs=jobs, copies=copies, seen=watch.done
            )
    except KeyboardInterrupt:
        say_aside("interrupted; what is done is kept, repeat the command to go on")
        raise typer.Exit(130) from None
    say_aside(f"{out}: {summary}")
    if summary.reasons:
        say_aside(f"{skipped_file(out)}: what was not read, and repeated ids")


def _number_of(files: list[str]) -> int | None:
    """Return how many articles are to be read, None where only reading them would tell."""
    from stance.extraction.text.articles import count_articles
    from stance.prediction.article_rows import ONE_ARTICLE

    if any(Path(name).suffix.lower() not in (".jsonl", *ONE_ARTICLE) for name in files):
        return None
    return count_articles(files)
