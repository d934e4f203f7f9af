"""Threads that answer requests: at most so many at work, and so many requests that wait.

A thread cannot be ended from outside. So a request that was given up keeps its place until its
thread has stopped, and the work asks between its steps whether it should stop. However many
requests come, there are no more threads and no more waiting requests than was said.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from stance.core.errors import StanceError

Result = TypeVar("Result")
# Called by the work between its steps; raises `StoppedError` where nobody waits any more.
Check = Callable[[], None]


class BusyError(StanceError):
    """All places are taken; the same request may be answered later."""


class StoppedError(Exception):
    """The work was given up; nobody sees this."""


class Workers:
    """Some threads and a line of bounded length before them.

    Parameters
    ----------
    threads
        How many requests are worked on at the same time.
    waiting
        How many more may wait; the next one is refused.
    """

    def __init__(self, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="stance")
        self._places = asyncio.Semaphore(threads)
        self._most_waiting = waiting
        self._waiting = 0

    @property
    def full(self) -> bool:
        """Whether the next request would be refused."""
        return self._places.locked() and self._waiting >= self._most_waiting

    async def run(self, work: Callable[[Check], Result]) -> Result:
        """Return what the work returns, once it had its turn.

        Where this call is cancelled (its time is up), the work is told to stop.

        Raises
        ------
        BusyError
            If as many wait as may.
        """
        if self.full:
            raise BusyError("too many requests at once; send this one again in a while")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        stop = threading.Event()

        def check() -> None:
            if stop.is_set():
                raise StoppedError

        loop = asyncio.get_running_loop()

        def give_back(_: Future[Result]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._places.release)

        # The thread ends later than the waiting for it where that is cancelled: the place is given
        # back when the thread has ended.
        future = self._pool.submit(work, check)
        future.add_done_callback(give_back)
        try:
            return await asyncio.wrap_future(future)
        finally:
            stop.set()
