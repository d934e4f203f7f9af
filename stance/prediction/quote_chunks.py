"""Articles to rows of quotes, a chunk at a time, in this process or in several.

The work is cut into chunks of `CHUNK` articles as they come. A chunk is always answered as a whole
and chunks leave in their order, so neither the number of processes nor an interruption changes a
row.
"""

import dataclasses
import hashlib
import itertools
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from stance.core.errors import DataError
from stance.core.types import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stance.core.types import Article
    from stance.prediction.article_rows import ArticleRow
    from stance.prediction.model import Model
    from stance.prediction.wire_copies import WireCopies

CHUNK = 16
AHEAD = 2  # chunks that wait for each process: none is idle, and memory stays bounded


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
            copy_of = copies.original_of(article.id, article.text) if copies else None
            if n > 1:
                article = dataclasses.replace(article, id=f"{article.id}~{n}")
                chunk.aside.append(
                    _told(row, f"the id came before; this one is read as {article.id}")
                )
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


def answer_chunks(
    model: "Model", chunks: Iterable[Chunk], jobs: int = 1
) -> Iterator[tuple[Chunk, Answered]]:
    """Yield every chunk with its rows, in their order, computed by ``jobs`` processes.

    Raises
    ------
    DataError
        If a process ends before its work is done.
    """
    if jobs <= 1:
        for chunk in chunks:
            yield chunk, read_chunk(model, chunk)
        return
    pool = _pool(model, jobs)
    waiting: deque[tuple[Chunk, Future[Answered]]] = deque()
    try:
        for chunk in chunks:
            waiting.append((chunk, pool.submit(_work, chunk)))
            if len(waiting) >= AHEAD * jobs:
                yield _next(waiting)
        while waiting:
            yield _next(waiting)
    except BrokenProcessPool as fault:
        raise DataError(
            "a process ended before its work was done: it was killed, or there was no memory "
            "left; repeat the command to go on, with fewer --jobs if memory is short"
        ) from fault
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _next(waiting: "deque[tuple[Chunk, Future[Answered]]]") -> tuple[Chunk, Answered]:
    chunk, answered = waiting.popleft()
    return chunk, answered.result()


def _pool(model: "Model", jobs: int) -> ProcessPoolExecutor:
    import multiprocessing

    # Several processes with several threads each would wait for each other.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Not forked: onnxruntime's threads do not survive that.
    return ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), _start, (str(model.folder),)
    )


_MODEL: "Model | None" = None


def _start(folder: str) -> None:
    """Make a new process ready: its model, and its end with the one that started it."""
    import signal
    from multiprocessing import parent_process

    from stance.prediction.model import load

    global _MODEL
    # Ctrl-C goes to all processes of a terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = parent_process()
    if parent is not None:

        def end_with_parent() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=end_with_parent, daemon=True).start()
    _MODEL = load(folder)


def _work(chunk: Chunk) -> Answered:
    if _MODEL is None:
        raise RuntimeError("this process was not made ready")
    return read_chunk(_MODEL, chunk)
