from __future__ import annotations

import asyncio
import gc
import weakref

from agent.call.alarms import Alarms
from agent.call.happenings import Due, Timer
from tests.support.virtual_time import run_virtual


class Post:
    """Keeps what is due."""

    def __init__(self) -> None:
        self.due: list[Due] = []

    def __call__(self, due: Due) -> None:
        self.due.append(due)


def test_a_timer_set_anew_is_due_once() -> None:
    async def run() -> list[Due]:
        post = Post()
        alarms = Alarms(post)
        alarms.set(Timer.QUIET, 1.0)
        await asyncio.sleep(0.5)
        alarms.set(Timer.QUIET, 1.0)
        alarms.set(Timer.PLAY, 0.2)
        await asyncio.sleep(5)
        return [due for due in post.due if alarms.current(due)]

    assert [due.timer for due in run_virtual(run())] == [Timer.PLAY, Timer.QUIET]


def test_what_was_due_before_it_was_stopped_is_stale() -> None:
    async def run() -> bool:
        post = Post()
        alarms = Alarms(post)
        alarms.set(Timer.QUIET, 0.1)
        await asyncio.sleep(1)
        alarms.stop(Timer.QUIET)
        return alarms.current(post.due[0])

    assert run_virtual(run()) is False


def test_a_call_that_is_over_is_kept_by_no_timer() -> None:
    async def run() -> bool:
        post = Post()
        kept = weakref.ref(post)
        alarms = Alarms(post)
        alarms.set(Timer.CAP, 600.0)
        alarms.set(Timer.QUIET, 6.0)
        alarms.stop_all()
        del alarms, post
        await asyncio.sleep(0.1)
        gc.collect()
        return kept() is None

    assert run_virtual(run())
