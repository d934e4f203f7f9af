"""Chunks of articles answered in this process or in several, in their order.

What a new process imports before it is made ready stays small: its threads are limited first.
"""

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from stance.core.errors import DataError
from stance.prediction.quote_chunks import Answered, Chunk, read_chunk

if TYPE_CHECKING:
    from stance.prediction.model import Model

AHEAD = 2  # chunks that wait for each process: none is idle, and memory stays bounded


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
