"""Articles to rows of quotes, a chunk at a time.

The work is cut into chunks of `CHUNK` articles as they come. A chunk is always answered as a whole,
so neither the number of processes nor an interruption changes a row.
"""

import dataclasses
import hashlib
import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from stance.core.types import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stance.core.types import Article
    from stance.prediction.article_rows import ArticleRow
    from stance.prediction.model import Model
    from stance.prediction.wire_copies import WireCopies

CHUNK = 16
REPEATED = "the id came before"  # a remark on an article that is read all the same


@dataclasses.dataclass
class Chunk:
    """Some articles of a stream that follow each other.

    ``tasks`` are those to be read: article, metadata, and the id of the one it is a copy of.
    ``aside`` are rows that tell what is wrong with some. ``digest`` is that of all their content.
    """

    digest: str
    n_articles: int
    tasks: list[tuple["Article", "Mapping[str, Any]", str | None]]
    aside: list[dict[str, Any]]

    @property
    def n_copies(self) -> int:
        """How many of the articles are copies of earlier ones."""
        return sum(copy_of is not None for _, _, copy_of in self.tasks)


@dataclasses.dataclass(frozen=True)
class Answered:
    """The rows of a chunk's quotes, and rows that tell what could not be read."""

    rows: list[dict[str, Any]]
    aside: list[dict[str, Any]]


class Ids:
    """Tells which ids of articles came before; they lie on the disk, whatever their number."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("")  # a file without a name, which ends with the connection
        self._seen.execute("CREATE TABLE ids (id BLOB PRIMARY KEY, n INTEGER) WITHOUT ROWID")

    def count(self, name: str) -> int:
        """Return how often an id has come, with this time."""
        (n,) = self._seen.execute(
            "INSERT INTO ids VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET n = n + 1 RETURNING n",
            (name.encode("utf-8", "surrogatepass"),),
        ).fetchone()
        return int(n)


def chunks_of(rows: "Iterable[ArticleRow]", copies: "WireCopies | None") -> Iterator[Chunk]:
    """Cut a stream of articles into chunks, and mark copies and repeated ids."""
    ids, stream = Ids(), iter(rows)
    while batch := list(itertools.islice(stream, CHUNK)):
        digest = hashlib.sha256()
        chunk = Chunk("", len(batch), [], [])
        for row in batch:
            digest.update(row.content() + b"\n")
            if row.fault:
                chunk.aside.append(_told(row, row.fault))
                continue
            article, n = row.article, ids.count(row.article.id)
            if n > 1:
                article = dataclasses.replace(article, id=f"{article.id}~{n}")
                chunk.aside.append(_told(row, f"{REPEATED}; this one is read as {article.id}"))
            copy_of = copies.original_of(article.id, article.text) if copies else None
            chunk.tasks.append((article, row.fields, copy_of))
        chunk.digest = digest.hexdigest()
        yield chunk


def _told(row: "ArticleRow", reason: str) -> dict[str, Any]:
    return {
        "source": row.source,
        "row": row.number,
        "article": row.article.id,
        "url": row.fields.get("url"),
        "reason": reason,
    }


def read_chunk(model: "Model", chunk: Chunk) -> Answered:
    """Find the quotes of a chunk's articles and predict their stances.

    An article on which the program fails is told and left out: it must not end the work of a night.
    """
    try:
        return Answered(_rows(model, chunk.tasks), [])
    except Exception:  # noqa: BLE001 - whatever it is, it concerns one article
        rows: list[dict[str, Any]] = []
        aside = []
        for task in chunk.tasks:
            try:
                rows += _rows(model, [task])
            except Exception as fault:  # noqa: BLE001
                reason = f"{type(fault).__name__} while it was read: {fault}; please report it"
                aside.append({"article": task[0].id, "url": task[1].get("url"), "reason": reason})
        return Answered(rows, aside)


def _rows(model: "Model", tasks: Iterable[Any]) -> list[dict[str, Any]]:
    from stance.extraction.pipeline import extract_each
    from stance.prediction.quote_table import quote_row
    from stance.prediction.rows import row_of

    tasks = list(tasks)
    found = [
        (article, fields, copy_of, quote)
        for (article, fields, copy_of), (_, quotes) in zip(
            tasks, extract_each(article for article, _, _ in tasks), strict=True
        )
        for quote in quotes
    ]
    rows: list[Row] = [row_of(article, quote) for article, _, _, quote in found]
    predictions = model.predict_many(rows)
    return [
        quote_row(article, fields, copy_of, quote, prediction)
        for (article, fields, copy_of, quote), prediction in zip(found, predictions, strict=True)
    ]
