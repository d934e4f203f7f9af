"""A page for a person to read.

It shows articles with their quotes marked, the speakers on a stance axis, and links every figure to
its quotes. The page is one file and needs no network: style, script, charts and data are inside,
and its content policy forbids the rest. Where the script does not run, articles, speakers and
charts can still be read.
"""

import base64
import datetime
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

import stance
from stance.core.errors import ConfigError, DataError
from stance.core.files import write_whole
from stance.core.formatting import ATTRIBUTED_FROM
from stance.core.types import STANCES, Article
from stance.extraction.text.titles import title_in
from stance.interfaces.report import timeline
from stance.interfaces.report.marked_text import (
    ABSTAINED,
    Placed,
    mark_up,
    place_quotes,
    signed,
)
from stance.interfaces.report.speaker_rows import (
    SpeakerRow,
    date_of,
    folds,
    gather_rows,
    timelines,
)
from stance.labels.splits import SETS, set_words
from stance.models.speaker_pooling import Prior
from stance.prediction.reading import Reading

# Above this number of articles each is folded to its heading, so that the page opens quickly and
# can be leafed through.
OPEN_ARTICLES = 5
_UNPRINTABLE = re.compile("[\x00\ud800-\udfff]")


def write_report(
    readings: Iterable[tuple[Article, Reading]],
    card: Mapping[str, Any],
    out: Path,
    *,
    excerpts: bool = False,
) -> int:
    """Write the page to ``out``, whole or not at all, and return its size in bytes.

    ``excerpts`` says that the articles' texts are their quotes alone (see
    `stance.interfaces.report.from_rows`).

    Raises
    ------
    ConfigError
        If ``out`` is a folder.
    DataError
        If there is no article.
    """
    if out.is_dir():
        raise ConfigError(
            f"{out}: is a folder; expected the name of a file, such as {out / 'report.html'}"
        )
    data = render(list(readings), card, excerpts=excerpts).encode("utf-8")
    write_whole(out, data)
    return len(data)


def render(
    readings: Sequence[tuple[Article, Reading]], card: Mapping[str, Any], *, excerpts: bool = False
) -> str:
    """Return the page as text; everything that comes from articles or the card is escaped.

    Raises
    ------
    DataError
        If there is no article.
    """
    if not readings:
        raise DataError("report: no article to show; give at least one file or folder")
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("stance.interfaces.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"signed": signed, "share": share}
    page = environment.get_template("report.html.j2").render(
        _page(readings, card, excerpts=excerpts)
    )
    # No file can hold these as UTF-8, and an HTML parser would replace them too; one for one, so
    # that offsets stay.
    return _UNPRINTABLE.sub("�", page)


def share(value: float) -> str:
    """Return a share as a percentage."""
    return f"{100 * value:.0f}%"


def _page(
    readings: Sequence[tuple[Article, Reading]], card: Mapping[str, Any], *, excerpts: bool
) -> dict[str, Any]:
    articles = [article for article, _ in readings]
    placed = [place_quotes(number, reading) for number, (_, reading) in enumerate(readings)]
    prior = Prior.of_card(card)
    speakers = gather_rows(placed, prior)
    row_of = {one.anchor: number for number, row in enumerate(speakers) for one in row.quotes}
    everything = list(itertools.chain.from_iterable(placed))
    style, script = _asset("report.css"), _asset("report.js")
    return {
        "title": title_of(articles[0]) if len(articles) == 1 else f"{len(articles)} articles",
        "articles": [
            _article(article, ones, row_of, speakers)
            for article, ones in zip(articles, placed, strict=True)
        ],
        "speakers": speakers,
        "counts": Counter(one.label for one in everything),
        "labels": (*STANCES, ABSTAINED),
        "n_quotes": len(everything),
        "attributed": [
            (one, row_of[one.anchor], held)
            for one in everything
            for held in one.prediction.attributed or ()
            if held.probability >= ATTRIBUTED_FROM
        ],
        "attributed_from": ATTRIBUTED_FROM,
        "timelines": list(timelines(articles, speakers, prior)),
        "drawing": timeline,
        "n_undated": sum(date_of(article) is None for article in articles),
        "unclear_dates": [
            str(article.date) for article in articles if article.date and date_of(article) is None
        ],
        "folds": folds(speakers),
        "excerpts": excerpts,
        "open": len(articles) <= OPEN_ARTICLES,
        "card": card,
        "set_names": {name: ", ".join(set_words(name)) for name in (*SETS, "own")},
        "model": readings[0][1].model,
        "made": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "version": stance.__version__,
        "data": {
            **_data(articles, speakers, everything, row_of),
            "folds": folds(speakers),
            "excerpts": excerpts,
        },
        "style": Markup(style),  # noqa: S704 - the package's own file
        "script": Markup(script),  # noqa: S704
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "several": len(articles) > 1,
    }


def _asset(name: str) -> str:
    text = files("stance.interfaces.report").joinpath("templates", name).read_text(encoding="utf-8")
    if name == "report.css":
        for scheme in (0, 1):
            text = text.replace(
                f"/* colors {scheme} */",
                " ".join(f"--{key}: {pair[scheme]};" for key, pair in timeline.COLORS.items()),
            )
    return text


def title_of(article: Article) -> str:
    """Return the title that a person knows the article by, else its id (the file's name)."""
    return str(article.title or title_in(article.text) or article.id)


def _article(
    article: Article,
    placed: Sequence[Placed],
    row_of: Mapping[str, int],
    speakers: Sequence[SpeakerRow],
) -> dict[str, Any]:
    rows = [row_of[one.anchor] for one in placed]
    return {
        "title": title_of(article),
        "id": article.id,
        "date": str(article.date or date_of(article) or ""),
        "outlet": str(article.outlet or ""),
        "n_quotes": len(placed),
        "n_speakers": len({row for row in rows if speakers[row].pooled.speaker is not None}),
        "body": mark_up(article, placed, rows),
    }


def _data(
    articles: Sequence[Article],
    speakers: Sequence[SpeakerRow],
    everything: Sequence[Placed],
    row_of: Mapping[str, int],
) -> dict[str, Any]:
    """Return the data of the script's table.

    The script takes the words of the quotes from the articles on the page.
    """
    rows = []
    for placed in everything:
        prediction = placed.prediction
        rows.append(
            [
                placed.article,
                placed.number,
                row_of[placed.anchor],
                (*STANCES, None).index(prediction.stance),
                prediction.reason if prediction.abstained else round(prediction.score, 3),
                list(itertools.chain(*placed.quote.spans)),
                int(placed.pale),
            ]
        )
    return {
        "labels": [*STANCES, ABSTAINED],
        "speakers": [row.name for row in speakers],
        "articles": [title_of(article) for article in articles],
        "dates": [str(date_of(article) or "") for article in articles],
        "quotes": rows,
    }
