"""The clock of a call that runs as fast as the machine computes: it skips waiting and stands still during work.

While nothing is to be done the clock jumps to the next timer. While an engine works, in a thread or in a process, it
stands still, so that a slow or loaded machine changes nothing in the call: the same call gives the same verdict. What
the work costs is booked as processor time, and `lag_s` tells how late a machine with one core of this kind would have
been; latencies are reported with it.
"""

from __future__ import annotations

import asyncio
import resource
import selectors
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

SETTLED_S = 3_600.0
"""No timer of a call lasts so long."""
STUCK_S = 120.0
"""Work that gives no sign of life for so long is not waited for any more: the clock goes on, and time limits act."""
_CLOCK_OF_PROCESS = 2
"""The scheduler's clock of a process, in the kernel's numbering of clocks."""


class CallLoop(asyncio.SelectorEventLoop):
    """An event loop on the clock of its call."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._clock = _Clock()
        super().__init__(self._clock)

    def time(self) -> float:
        """Seconds on the call's clock."""
        return self._clock.now

    @contextmanager
    def work(self) -> Iterator[None]:
        """The clock stands still within."""
        self._clock.working += 1
        try:
            yield
        finally:
            self._clock.working -= 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """The clock runs at real pace within: for what is not computed on this machine."""
        self._clock.waiting += 1
        try:
            yield
        finally:
            self._clock.waiting -= 1

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        """Run in a thread; the clock stands still until it returns."""
        future = super().run_in_executor(executor, func, *args)
        self._clock.working += 1
        future.add_done_callback(self._returned)
        return future

    def _returned(self, future: asyncio.Future[Any]) -> None:
        self._clock.working -= 1

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        """Start a process, whose processor time is booked."""
        transport, protocol = await super().subprocess_exec(*args, **kwargs)
        self._clock.ledger.watch(transport.get_pid())
        return transport, protocol

    def lag_s(self, at: float) -> float:
        """How late a machine of one core would have been at a moment of this clock, seconds."""
        return self._clock.ledger.lag_s(at)

    async def begin(self) -> None:
        """Begin a call at zero, so that the same call has the same times to the last bit.

        Timers of the call before run out first; what was booked before does not weigh on this one.
        """
        await asyncio.sleep(SETTLED_S)
        self._clock.now = 0.0
        self._clock.ledger.begin(0.0)


class _Clock(selectors.DefaultSelector):
    """Decides, whenever the loop is out of things to do, what the time is."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.working = 0
        self.waiting = 0
        self.ledger = _Ledger()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.ledger.book(self.now)
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.waiting:
            began = time.perf_counter()
            ready = super().select(timeout)
            self.now += min(time.perf_counter() - began, timeout or float("inf"))
            return ready
        if self.working:
            ready = super().select(STUCK_S)
            if ready or timeout is None:
                return ready
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class _Ledger:
    """Processor time of this process and of those that it started, as one core would have worked it off."""

    def __init__(self) -> None:
        self._pids: set[int] = set()
        self._booked = self._spent()
        self._moments: list[float] = []
        self._free_at: list[float] = []

    def watch(self, pid: int) -> None:
        """Count a process."""
        self._pids.add(pid)

    def begin(self, now: float) -> None:
        """Forget the past."""
        self._booked = self._spent()
        self._moments, self._free_at = [now], [now]

    def book(self, now: float) -> None:
        """Book what was spent since the last time at this moment of the call's clock."""
        spent = self._spent()
        cost, self._booked = spent - self._booked, spent
        if not self._moments or cost <= 0:
            return
        free_at = max(self._free_at[-1], now) + cost
        if self._moments[-1] == now:
            self._free_at[-1] = free_at
        else:
            self._moments.append(now)
            self._free_at.append(free_at)

    def lag_s(self, at: float) -> float:
        """How much of the work booked up to a moment would not have been done by then."""
        index = bisect_right(self._moments, at) - 1
        return max(0.0, self._free_at[index] - at) if index >= 0 else 0.0

    def _spent(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        running = sum(self._of(pid) for pid in tuple(self._pids))
        return time.process_time() + ended.ru_utime + ended.ru_stime + running

    def _of(self, pid: int) -> float:
        """Processor time of a running child; one that ended is counted with all that did."""
        if sys.platform != "linux":
            return 0.0
        try:
            return time.clock_gettime((~pid << 3) | _CLOCK_OF_PROCESS)
        except OSError:
            self._pids.discard(pid)
            return 0.0
