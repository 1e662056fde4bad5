"""Everything that keeps cases going in one process, started and stopped together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import tzinfo
from zoneinfo import ZoneInfo

from dbos import DBOS

from cases.domain.case import CaseState
from cases.domain.events import DialEnded
from cases.domain.policy import Policy
from cases.domain.rules import CaseRules, CaseTimings
from cases.domain.vocabulary import Disposition
from cases.effects import EffectLimits, EffectQueue, Effects
from cases.intake import Intake
from cases.ports import Analyst, Bank, Clock, Dialer, PictureRecorder
from cases.store import ChangeFeed, Database, Store
from cases.timers import Timers

WORKER_LOST = "worker_lost"
"""Detail of an attempt whose process ended while it was under way."""


class CaseRuntime:
    """Intake, store, effects and timers on one database, for a process that has it to itself.

    The dialer usually needs the intake, which is there before `start`; give it with `use_dialer` then.

    Attributes:
        intake: The only door through which a case changes.
        store: Reads and change subscription.
        rules: The policies as the lifecycle asks them.
    """

    def __init__(
        self,
        store_url: str,
        *,
        policy: Policy,
        bank: Bank,
        analyst: Analyst,
        clock: Clock,
        dialer: Dialer | None = None,
        pictures: PictureRecorder | None = None,
        timings: CaseTimings | None = None,
        limits: EffectLimits | None = None,
        remote_legs: frozenset[str] = frozenset(),
    ) -> None:
        """Put the parts together; nothing is opened before `start`.

        Args:
            store_url: SQLAlchemy URL of the database, such as `sqlite:////var/lib/riskcall/cases.db`.
            policy: The policies to decide by.
            bank: Holds, releases and blocks.
            analyst: Writes the first analysis of a call.
            clock: Where time comes from.
            dialer: Reaches the customer; may follow by `use_dialer` before `start`.
            pictures: Records customers' cameras; None where nobody does.
            timings: How long a case waits for what is outside.
            limits: How effects run.
            remote_legs: Kinds of legs whose calls are held by other processes and outlive this one; whoever dispatches
                them gives up those that do not come back.
        """
        self._remote_legs = remote_legs
        self._database = Database(store_url)
        self._bank = bank
        self._analyst = analyst
        self._clock = clock
        self._dialer = dialer
        self._pictures = pictures
        self._limits = limits
        self._effects: Effects | None = None
        self._timer_task: asyncio.Task[None] | None = None
        feed = ChangeFeed()
        self.rules = CaseRules(policy, zones_of(policy), timings or CaseTimings())
        self.store = Store(self._database, feed)
        self.intake = Intake(self._database, rules=self.rules, enqueue=EffectQueue(self._database).enqueue, feed=feed)

    @property
    def running(self) -> bool:
        """Whether effects and timers run."""
        return self._timer_task is not None and not self._timer_task.done()

    def use_dialer(self, dialer: Dialer) -> None:
        """Give the dialer before `start`."""
        self._dialer = dialer

    async def start(self) -> None:
        """Migrate, give up attempts that an earlier process left, resume effects, run timers.

        Raises:
            RuntimeError: There is no dialer.
            StoreUnavailableError: The database cannot be opened.
        """
        if self._dialer is None:
            raise RuntimeError("CaseRuntime needs a dialer before it starts: call use_dialer")
        await asyncio.to_thread(self._database.migrate)
        await asyncio.to_thread(DBOS.migrate, self._database.url)
        self.intake.start()
        # Before effects resume: an attempt that died with its process must not ring again.
        await self._give_up_lost_attempts()
        effects = Effects(
            self._database,
            self.store,
            self.intake,
            rules=self.rules,
            bank=self._bank,
            dialer=self._dialer,
            analyst=self._analyst,
            clock=self._clock,
            pictures=self._pictures,
            limits=self._limits,
        )
        timers = Timers(self.store, self.intake, self._clock)
        self.intake.nudge_after_commit(effects.nudge)
        self.intake.nudge_after_commit(timers.nudge)
        self._effects = effects
        await effects.start()
        self._timer_task = asyncio.create_task(timers.run(), name="timers")

    async def stop(self) -> None:
        """Stop in the opposite order; what is under way is resumed at the next start."""
        if self._timer_task is not None:
            self._timer_task.cancel()
            with suppress(asyncio.CancelledError):
                await self._timer_task
            self._timer_task = None
        if self._effects is not None:
            await self._effects.stop()
            self._effects = None
        await asyncio.to_thread(self.intake.stop)
        self.store.close()
        self._database.dispose()

    async def _give_up_lost_attempts(self) -> None:
        """An attempt that was placed lives in its process; when that has gone, so has the attempt."""
        for summary in await self.store.cases(states={CaseState.CONTACTING}, limit=100_000):
            case = await self.store.case(summary.case_id)
            attempt = None if case is None else case.attempt
            here = attempt is not None and attempt.leg is not None and attempt.leg not in self._remote_legs
            if attempt is not None and here and attempt.ended_at is None:
                await self.intake.record(
                    summary.case_id,
                    DialEnded(attempt.number, Disposition.FAILED, WORKER_LOST),
                    event_id=f"{attempt.id}:lost",
                    at=self._clock.now(),
                )


def zones_of(policy: Policy) -> Mapping[str, tzinfo]:
    """The time zones that the policies name, by IANA name.

    Raises:
        ZoneInfoNotFoundError: The time zone database lacks one.
    """
    names = {name for area in policy.jurisdictions.values() for country in area.time_zones.values() for name in country}
    return {name: ZoneInfo(name) for name in names}
