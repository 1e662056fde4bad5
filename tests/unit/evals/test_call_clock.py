"""The clock of a call: waiting costs nothing, work stands still, and what work costs is booked."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from evals.voice.clock import CallLoop

SPIN_S = 0.05


def run(main: Callable[[CallLoop], Coroutine[Any, Any, Any]]) -> Any:
    loop = CallLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main(loop))


def spin(seconds: float) -> None:
    """Burn processor time in this thread."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_waiting_takes_no_time() -> None:
    async def main(loop: CallLoop) -> float:
        await asyncio.sleep(3_600)
        return loop.time()

    began = time.perf_counter()
    assert run(main) >= 3_600
    assert time.perf_counter() - began < 5


def test_timers_keep_their_order() -> None:
    async def main(loop: CallLoop) -> list[int]:
        done: list[int] = []

        async def after(seconds: int) -> None:
            await asyncio.sleep(seconds)
            done.append(seconds)

        await asyncio.gather(*(after(seconds) for seconds in (3, 1, 2)))
        return done

    assert run(main) == [1, 2, 3]


def test_the_clock_stands_still_while_a_thread_works() -> None:
    async def main(loop: CallLoop) -> tuple[float, bool]:
        held = threading.Event()
        timer = asyncio.create_task(asyncio.sleep(0.001))
        work = asyncio.create_task(asyncio.to_thread(held.wait, 20))
        threading.Timer(0.2, held.set).start()
        await work
        return loop.time(), timer.done()

    assert run(main) == (0.0, False)


def test_the_clock_stands_still_while_a_process_works() -> None:
    async def main(loop: CallLoop) -> float:
        with loop.work():
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "print(input())", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            async with asyncio.timeout(0.001):
                assert await process.communicate(b"heard\n") == (b"heard\n", None)
        return loop.time()

    assert run(main) == 0.0


def test_the_clock_runs_at_real_pace_while_another_machine_is_waited_for() -> None:
    async def main(loop: CallLoop) -> float:
        with loop.waiting():
            await asyncio.sleep(0.1)
        await asyncio.sleep(100)
        return loop.time()

    began = time.perf_counter()
    assert 100.1 <= run(main) < 101
    assert time.perf_counter() - began >= 0.1


def test_work_that_never_ends_does_not_hold_the_clock_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evals.voice.clock.STUCK_S", 0.05)

    async def main(loop: CallLoop) -> None:
        with loop.work():
            async with asyncio.timeout(5):
                await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        run(main)


@pytest.mark.parametrize("where", ["loop", "thread"])
def test_processor_time_is_booked_and_worked_off_while_the_call_goes_on(where: str) -> None:
    async def main(loop: CallLoop) -> list[float]:
        await loop.begin()
        if where == "loop":
            spin(SPIN_S)
        else:
            await asyncio.to_thread(spin, SPIN_S)
        await asyncio.sleep(0.02)
        await asyncio.sleep(10)
        return [loop.lag_s(at) for at in (0.0, 0.02, 10.0)]

    at_once, later, at_last = run(main)
    assert SPIN_S * 0.9 <= at_once < SPIN_S + 0.5
    assert at_once - later == pytest.approx(0.02, abs=0.015)
    assert at_last == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads the clock of another process")
def test_processor_time_of_a_running_process_is_booked_too() -> None:
    spinning = f"end = time.process_time() + {SPIN_S}\nwhile time.process_time() < end: pass"
    script = f"import time\ninput()\n{spinning}\nprint(1)\ninput()"

    async def main(loop: CallLoop) -> float:
        with loop.work():
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", script, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
        assert process.stdin is not None and process.stdout is not None
        await loop.begin()
        with loop.work():
            process.stdin.write(b"\n")
            await process.stdout.readline()
        await asyncio.sleep(0)
        await asyncio.sleep(0.001)
        lag = loop.lag_s(0.0)
        with loop.work():
            await process.communicate(b"\n")
        return lag

    assert run(main) >= SPIN_S * 0.9


def test_every_call_begins_at_zero_and_hears_nothing_of_the_one_before() -> None:
    async def main(loop: CallLoop) -> tuple[list[float], bool]:
        begun = []
        loop.call_later(500, begun.append, -1.0)
        for _ in range(2):
            await loop.begin()
            begun.append(loop.time())
            await asyncio.sleep(0.02)
        return begun, loop.time() == 0.02

    assert run(main) == ([-1.0, 0.0, 0.0], True)
