"""Timer rows become events when they are due; nothing waits in memory for more than the next of them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from cases.domain.errors import DomainError
from cases.domain.events import TimerFired
from cases.intake import Intake, IntakeClosedError
from cases.ports import Clock
from cases.store import DueTimer, Store, StoreError
from cases.store.tables import time_text

LONGEST_SLEEP_S = 30.0
"""How long to sleep at most, seconds, so that a clock that was set is noticed."""
RETRY_S = 1.0
"""How long to wait after a failure, seconds."""

_log = logging.getLogger(__name__)


class Timers:
    """Fires due timers of the store through the intake."""

    def __init__(self, store: Store, intake: Intake, clock: Clock) -> None:
        """Read rows from the store, tell time by the clock."""
        self._store = store
        self._intake = intake
        self._clock = clock
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def nudge(self) -> None:
        """Look again soon, for timers may have been set; safe from any thread."""
        # A loop that closed has no timers to run any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    async def fire_due(self) -> int:
        """Fire every timer that is due now and return how many there were.

        Raises:
            StoreError: The store did not answer, or a case cannot be read; the timers stay.
            DomainError: A case cannot take its timer; the timer stays.
            IntakeClosedError: The intake is stopping.
        """
        due = await self._store.due_timers(self._clock.now())
        failed = [one for one in await asyncio.gather(*map(self._fire, due), return_exceptions=True) if one]
        for failure in failed:
            raise failure
        return len(due)

    async def run(self) -> None:
        """Fire timers as they fall due, until cancelled or the intake stops."""
        while True:
            self._wake.clear()
            try:
                if await self.fire_due():
                    continue
                next_due = await self._store.next_due()
            except (StoreError, DomainError) as error:
                _log.error("timers: %s, trying again", error.code)
                await asyncio.sleep(RETRY_S)
                continue
            except IntakeClosedError:
                return
            sleep = LONGEST_SLEEP_S
            if next_due is not None:
                sleep = min(sleep, max(0.0, (next_due - self._clock.now()).total_seconds()))
            # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the nudge.
            with suppress(TimeoutError):
                async with asyncio.timeout(sleep):
                    await self._wake.wait()

    async def _fire(self, timer: DueTimer) -> None:
        await self._intake.record(
            timer.case_id,
            TimerFired(timer.name, timer.attempt),
            event_id=f"{timer.case_id}:timer:{timer.name}:{timer.attempt}:{time_text(timer.due_at)}",
            at=self._clock.now(),
        )
