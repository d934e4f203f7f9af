"""Places are given back when a thread has ended, not when somebody stops waiting for it."""

import asyncio
import threading

import pytest

from stance.interfaces.workers import BusyError, StoppedError, Workers

WAIT_S = 30


def test_a_request_that_was_given_up_keeps_its_place_until_its_thread_stops():
    ended, began, go_on = threading.Event(), threading.Event(), threading.Event()

    def work(check):
        began.set()
        go_on.wait(WAIT_S)
        try:
            check()
        except StoppedError:
            ended.set()
            raise

    async def scenario():
        workers = Workers(threads=1, waiting=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await workers.run(work)
        assert began.is_set()
        assert not ended.is_set()
        waiting = asyncio.create_task(workers.run(lambda _: "answered"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert workers.full
        with pytest.raises(BusyError, match="too many requests at once"):
            await workers.run(lambda _: "refused")
        go_on.set()
        assert await asyncio.wait_for(waiting, WAIT_S) == "answered"
        assert not workers.full

    asyncio.run(scenario())
    assert ended.is_set()


def test_who_gives_up_in_the_line_leaves_it_and_his_work_never_begins():
    go_on = threading.Event()
    begun = []

    async def scenario():
        workers = Workers(threads=1, waiting=5)
        first = asyncio.create_task(workers.run(lambda _: go_on.wait(WAIT_S)))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(workers.run(begun.append)) for _ in range(5)]
        await asyncio.sleep(0.05)
        assert workers.full
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        assert not workers.full
        go_on.set()
        assert await asyncio.wait_for(first, WAIT_S)

    asyncio.run(scenario())
    assert begun == []


def test_however_many_come_no_more_threads_work_than_were_asked_for():
    most, now, lock = 0, 0, threading.Lock()

    def work(_):
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.005)
        with lock:
            now -= 1
        return True

    async def scenario():
        workers = Workers(threads=2, waiting=1000)
        return await asyncio.gather(*(workers.run(work) for _ in range(100)))

    assert asyncio.run(scenario()) == [True] * 100
    assert most == 2


def test_a_fault_of_the_work_comes_back_and_gives_its_place_back():
    async def scenario():
        workers = Workers(threads=1, waiting=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await workers.run(lambda _: 1 / 0)
            await asyncio.sleep(0.05)
        return await workers.run(lambda _: 1)

    assert asyncio.run(scenario()) == 1
