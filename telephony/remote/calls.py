"""The server's side of calls that workers hold: dispatches them, takes claims and news, ends what was lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from cases.domain.case import Case, CaseState
from cases.domain.events import CallClaimed, CallEnded, CustomerRinging, DialEnded, Event
from cases.domain.fold import find_attempt, is_current
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import Disposition
from cases.intake import Recorded
from cases.ports import Clock, DialRequest
from cases.runtime import WORKER_LOST
from cases.store import Store, StoreUnavailableError
from telephony.remote.documents import EVENT_KEYS, RESULTS, ClaimedCall
from telephony.remote.errors import (
    CallOverError,
)
from telephony.remote.leases import Holding, Lease, LeaseLimits, Leases, Verdict
from telephony.remote.link import EndCall, ServerMessage
from telephony.remote.records import CallRecords, check_call, for_worker
from telephony.remote.rooms import Rooms
from telephony.remote.tokens import CallGrant, CallTokens

NO_WORKER = "no_worker"
"""Detail of an attempt that no worker took."""
LONGEST_SLEEP_S = 1.0
"""How long to sleep at most, seconds, so that a clock that was set is noticed."""
RETRY_S = 1.0
"""How long to wait while the record does not answer, seconds."""
_MOST_CASES = 100_000
_log = logging.getLogger(__name__)

Record = Callable[[str, Event, str], Awaitable[Recorded]]
"""Records an event: case id, event, event id."""
Tell = Callable[[ServerMessage], None]
"""Sends a message down a link; returns at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of what a worker told.

    Attributes:
        duplicate: Whether it had been told before.
        current: Whether the attempt was under way until now, so that it counts.
    """

    duplicate: bool
    current: bool


class RemoteCalls:
    """Calls on legs that workers hold; everything runs on one event loop."""

    def __init__(
        self,
        *,
        store: Store,
        record: Record,
        rooms: Rooms,
        tokens: CallTokens,
        clock: Clock,
        legs: frozenset[str],
        limits: LeaseLimits | None = None,
    ) -> None:
        """Hold no call yet.

        Args:
            store: Reads cases.
            record: Records events of a case.
            rooms: Brings workers to rooms.
            tokens: Issues call tokens.
            clock: Where time comes from.
            legs: Kinds of legs that workers dial.
            limits: How long to wait for workers.
        """
        self.legs = legs
        self._store = store
        self._records = CallRecords(store, legs)
        self._record = record
        self._rooms = rooms
        self._tokens = tokens
        self._clock = clock
        self._leases = Leases(limits)
        self._tell: dict[str, Tell] = {}
        self._keeping: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        # Calls whose news are being recorded: whoever records them sees to their end.
        self._ending: set[str] = set()

    @property
    def under_way(self) -> tuple[Lease, ...]:
        """Calls that are dispatched or held."""
        return self._leases.all()

    async def start(self) -> None:
        """Give the workers of calls that an earlier process began the grace to come back, and watch over all.

        Raises:
            StoreUnavailableError: The record cannot be read.
        """
        for summary in await self._store.cases(states={CaseState.CONTACTING}, limit=_MOST_CASES):
            case = await self._store.case(summary.case_id)
            attempt = None if case is None else case.attempt
            if case is not None and attempt is not None and attempt.leg in self.legs and attempt.ended_at is None:
                self._leases.resume(
                    DialRequest(case.id, attempt.number, attempt.match_code),
                    leg=attempt.leg,
                    customer=case.alert.customer.reference,
                    claim=attempt.claims,
                    rung=attempt.rang_at is not None,
                    now=self._clock.now(),
                    waits_in=attempt.room,
                )
        self._ready.set()
        self._keeping = asyncio.create_task(self._keep(), name="riskcall.leases")

    async def aclose(self) -> None:
        """Stop watching; calls go on at their workers and come back to the next process."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        await self._rooms.aclose()

    def find(self, call_id: str) -> Lease | None:
        """A call under way, or None."""
        return self._leases.find(call_id)

    def busy(self, customer: str) -> bool:
        """Whether a call with this customer is under way."""
        return any(one.customer == customer for one in self._leases.all())

    async def begin(self, case: Case, request: DialRequest, leg: str) -> None:
        """Have a worker take a call; the same one twice is one.

        A dispatch that LiveKit does not take now is tried again like one that no worker claims.
        """
        # An effect that was resumed may come before what is under way is known.
        await self._ready.wait()
        if request.attempt_id in self._leases:
            return
        attempt = find_attempt(case, request.attempt)
        lease = self._leases.begin(
            request,
            leg=leg,
            customer=case.alert.customer.reference,
            now=self._clock.now(),
            waits_in="" if attempt is None else attempt.room,
        )
        await self._rooms.summon(lease.room, lease.call_id)

    async def claim(self, call_id: str) -> ClaimedCall:
        """Give a call to a worker.

        Raises:
            CallUnknownError: There is no such call.
            CallOverError: It is not under way.
            ClaimRefusedError: Another worker has it.
            StoreUnavailableError: Nothing was recorded; try again.
        """
        case, attempt = await self._records.find(call_id)
        lease = self._leases.find(call_id)
        if lease is None or not is_current(case, attempt.number):
            raise CallOverError(f"call {call_id} is not under way")
        number = self._leases.claim(call_id, self._clock.now())
        claimed = False
        try:
            event = CallClaimed(attempt.number, number)
            recorded = await self._record(case.id, event, f"{call_id}:claim:{number}")
            claimed = True
        finally:
            if not claimed:
                self._leases.unclaim(call_id, number, self._clock.now())
        return ClaimedCall(
            case=for_worker(recorded.case, attempt.number),
            request=lease.request,
            leg=lease.leg,
            room=lease.room,
            claim=number,
            token=self._tokens.issue(call_id, number),
            grace_s=self._leases.limits.grace.total_seconds(),
        )

    async def renew(self, call_id: str, claim: int) -> str:
        """A new token for the latest claim of a call, also when the call is over: its result may be late.

        Raises:
            CallUnknownError: There is no such call.
            CallSupersededError: It is not the latest claim.
        """
        await self._records.latest(call_id, claim)
        return self._tokens.issue(call_id, claim)

    def renewed(self, grant: CallGrant) -> str | None:
        """A new token in place of one that fades, or None while it does not."""
        return self._tokens.issue(grant.call_id, grant.claim) if self._tokens.fades(grant) else None

    async def tell_event(self, grant: CallGrant, event: Event, key: str = "") -> Told:
        """Record what a worker tells of its call; the same again changes nothing.

        Raises:
            CallUnknownError: There is no such call.
            CallSupersededError: A later claim has it.
            EventRefusedError: It cannot be of this call.
            ResultConflictError: The call has another result.
            StoreUnavailableError: Nothing was recorded; tell it again.
        """
        case, attempt = await self._records.latest(grant.call_id, grant.claim)
        if isinstance(event, CallEnded):
            check_call(event, case.id, grant.call_id)
        if isinstance(event, CustomerRinging):
            # Before it is recorded: whoever may have been rung is not rung again for this attempt.
            self._leases.rang(grant.call_id)
        current = is_current(case, attempt.number)
        event_id = f"{grant.call_id}:{key or EVENT_KEYS[type(event)]}"
        if isinstance(event, RESULTS):
            await self._records.check_result(case.id, event_id, event)
        self._ending.add(grant.call_id)
        try:
            recorded = await self._record(case.id, event, event_id)
        finally:
            self._ending.discard(grant.call_id)
        if isinstance(event, RESULTS):
            if recorded.duplicate:
                await self._records.check_result(case.id, event_id, event)
            lease = self._leases.find(grant.call_id)
            # The worker has closed the room, if it could; the room of who rang in is left to who meets them there.
            self._end(grant.call_id, close=lease is not None and not lease.waits_in)
        return Told(recorded.duplicate, current)

    async def check_media(self, grant: CallGrant) -> ContactAttempt:
        """The attempt that media of a call belong to.

        Raises:
            CallUnknownError: There is no such call.
            CallSupersededError: A later claim has it.
        """
        return (await self._records.latest(grant.call_id, grant.claim))[1]

    def linked(self, grant: CallGrant, tell: Tell) -> int:
        """A worker's link is up; returns its number.

        Args:
            grant: What its token allows.
            tell: Sends a message down the link.

        Raises:
            CallOverError: The call is not under way.
            CallSupersededError: A later claim has it.
        """
        number = self._leases.linked(grant.call_id, grant.claim)
        self._tell[grant.call_id] = tell
        return number

    def unlinked(self, grant: CallGrant, link: int) -> None:
        """A worker's link was lost."""
        lease = self._leases.find(grant.call_id)
        if lease is not None and (lease.claim, lease.link) == (grant.claim, link):
            self._tell.pop(grant.call_id, None)
        self._leases.unlinked(grant.call_id, grant.claim, link, self._clock.now())

    def tell(self, call_id: str, message: ServerMessage) -> bool:
        """Send a message to the worker of a call; whether its link is up."""
        tell = self._tell.get(call_id)
        if tell is not None:
            tell(message)
        return tell is not None

    async def check(self) -> None:
        """Act on what is overdue now, and on calls whose attempt the case has given up.

        Raises:
            StoreUnavailableError: The record does not answer; what is overdue stays so.
        """
        for lease, verdict in self._leases.overdue(self._clock.now()):
            if verdict is Verdict.DISPATCH_AGAIN:
                _log.warning("call %s is dispatched again: it was %s", lease.call_id, lease.holding.value)
                self._leases.dispatched_again(lease.call_id, self._clock.now())
                if not lease.waits_in:
                    await self._rooms.close(lease.room, lease.call_id)
                await self._rooms.summon(lease.room, lease.call_id)
            else:
                await self._give_up(lease)

    async def _give_up(self, lease: Lease) -> None:
        """The worker was lost: the attempt is over and the line goes down; policy says what comes next."""
        lost = lease.claim > 0
        _log.error("call %s is given up: it was %s", lease.call_id, lease.holding.value)
        request = lease.request
        event = DialEnded(request.attempt, Disposition.FAILED, WORKER_LOST if lost else NO_WORKER)
        if not lease.received:
            # The room first: the customer's line is down before policy can have the customer called again.
            await self._rooms.close(lease.room, lease.call_id)
        await self._record(request.case_id, event, f"{lease.call_id}:lost")
        self._end(lease.call_id, close=True)

    def _end(self, call_id: str, *, close: bool = False) -> None:
        """Forget a call; closing its room is tried until it is gone."""
        lease = self._leases.end(call_id)
        self._tell.pop(call_id, None)
        if close and lease is not None and not lease.received:
            self._rooms.close_for_good(lease.room, call_id, lambda: call_id in self._leases)

    async def _keep(self) -> None:
        """Act on what falls due, and on attempts that end otherwise, until cancelled."""
        watching = asyncio.create_task(self._watch())
        try:
            while True:
                try:
                    await self.check()
                except StoreUnavailableError as error:
                    _log.error("leases: %s, trying again", error.code)
                    await asyncio.sleep(RETRY_S)
                await asyncio.sleep(self._until_due())
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def _until_due(self) -> float:
        due = self._leases.next_deadline()
        if due is None:
            return LONGEST_SLEEP_S
        return min(max((due - self._clock.now()) / timedelta(seconds=1), 0.01), LONGEST_SLEEP_S)

    async def _watch(self) -> None:
        """End calls whose attempt is over for the case by other means, such as its time limit."""
        with self._store.subscribe() as changes:
            async for change in changes:
                for lease in self._leases.all():
                    if lease.request.case_id == change.case_id:
                        with suppress(StoreUnavailableError):
                            await self._end_if_over(lease)

    async def _end_if_over(self, lease: Lease) -> None:
        case = await self._store.case(lease.request.case_id)
        if case is None or is_current(case, lease.request.attempt):
            return
        if lease.call_id not in self._leases or lease.call_id in self._ending:
            return
        if lease.holding is Holding.LINKED and self.tell(lease.call_id, EndCall("attempt_over")):
            # The worker hangs up and delivers what was said.
            self._end(lease.call_id)
        else:
            self._end(lease.call_id, close=True)
