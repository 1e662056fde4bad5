"""The only door through which a case changes.

`Intake.record` takes one event. In ONE transaction it is appended to the log, the case is folded, the lifecycle
decides what follows, those events are appended too, effects are enqueued and timers are set. Events of many
callers share a commit, so that acknowledgements stay fast while effects compete for the database.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cases.domain.alert import Alert
from cases.domain.case import Case
from cases.domain.events import AlertReceived, Event, TimerFired
from cases.domain.lifecycle import Effect, decide, evolve
from cases.domain.rules import CaseRules
from cases.store import (
    Change,
    ChangeFeed,
    Database,
    StoreError,
    StoreUnavailableError,
    encode_event,
    log,
)
from cases.store.dials import write_dials

BATCH = 64
"""How many events share one commit at most."""
CACHE = 512
"""How many folded cases are kept in memory."""

Enqueue = Callable[[sa.Connection, str, Effect], None]
"""Puts an effect of a case on its queue, inside the transaction of the event it follows from."""


class IntakeError(Exception):
    """Base of what the door refuses.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "intake"


class AlertConflictError(IntakeError):
    """An alert with this id but other content is a case already; give the new alert an id of its own."""

    code = "alert_conflict"


class EventConflictError(IntakeError):
    """The event's key belongs to an event of another case or type; keys are used once."""

    code = "event_conflict"


class IntakeClosedError(IntakeError):
    """The intake is stopping; nothing was stored, try again."""

    code = "intake_closed"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer to an event.

    Attributes:
        case: The case after it; for a duplicate, as it is now.
        seq: Number of the event within its case.
        duplicate: Whether the event had been recorded before; then nothing changed.
    """

    case: Case
    seq: int
    duplicate: bool


@dataclass(slots=True)
class _Request:
    case_id: str
    event: Event
    event_id: str
    at: datetime
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Recorded]


@dataclass(slots=True)
class _Outcome:
    request: _Request
    recorded: Recorded | None = None
    error: Exception | None = None


class Intake:
    """Records events, one writer thread a process; call it from any event loop."""

    def __init__(self, database: Database, *, rules: CaseRules, enqueue: Enqueue, feed: ChangeFeed) -> None:
        """Write to a migrated database; `start` begins the work.

        Args:
            database: Where the record lies.
            rules: The policies to decide by.
            enqueue: Puts effects on their queue.
            feed: Learns of every commit.
        """
        self._database = database
        self._rules = rules
        self._enqueue = enqueue
        self._feed = feed
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._cases: OrderedDict[str, tuple[Case, str]] = OrderedDict()
        self._nudges: list[Callable[[], None]] = []
        self._position = 0
        self._gate = threading.Lock()
        self._thread: threading.Thread | None = None

    def nudge_after_commit(self, nudge: Callable[[], None]) -> None:
        """Call this after every commit, from the writer thread; it must return at once and raise nothing."""
        self._nudges.append(nudge)

    def start(self) -> None:
        """Begin to take events."""
        with self._gate:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="intake", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Finish what was accepted and take no more; blocks until the writer has gone."""
        with self._gate:
            thread, self._thread = self._thread, None
            if thread is not None:
                self._requests.put(None)
        if thread is not None:
            thread.join()

    async def receive(self, alert: Alert, *, at: datetime) -> Recorded:
        """Record an alert; its id is the case's. The same alert again is answered with the case as it is.

        Raises:
            AlertConflictError: The id is taken by an alert with other content.
            InvalidValueError: No jurisdiction covers the alert's country.
            IntakeClosedError: The intake is stopping.
            StoreUnavailableError: Nothing was stored; try again.
        """
        return await self.record(alert.id, AlertReceived(alert), event_id=f"{alert.id}:alert", at=at)

    async def record(self, case_id: str, event: Event, *, event_id: str, at: datetime) -> Recorded:
        """Record an event and everything that follows from it at once.

        Args:
            case_id: The case.
            event: What happened.
            event_id: Key of this happening, the same however often it is told, unique over all cases:
                `case:attempt:ringing`, `case:decision:nonce`…
            at: When it happened, UTC.

        Raises:
            IllegalEventError: It cannot happen to this case now; nothing changed.
            InvalidValueError: An alert that no jurisdiction covers.
            AlertConflictError: An alert with this id and other content was recorded.
            EventConflictError: The key belongs to another event.
            IntakeClosedError: The intake is stopping.
            StoreUnavailableError: Nothing was stored; try again.
        """
        loop = asyncio.get_running_loop()
        request = _Request(case_id, event, event_id, at, loop, loop.create_future())
        with self._gate:
            if self._thread is None:
                raise IntakeClosedError("the service is stopping or not started; nothing was stored, try again")
            self._requests.put(request)
        return await request.answer

    def _work(self) -> None:
        """Take what has come in, commit it together, answer; until told to stop."""
        while True:
            batch: list[_Request] = []
            first = self._requests.get()
            if first is None:
                return
            batch.append(first)
            stopping = False
            while len(batch) < BATCH and not stopping:
                try:
                    following = self._requests.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    stopping = True
                else:
                    batch.append(following)
            self._commit(batch)
            if stopping:
                return

    def _commit(self, batch: list[_Request]) -> None:
        try:
            with self._database.write() as connection:
                # The write lock is ours until the commit, so nobody else hands out places meanwhile.
                self._position = log.next_position(connection)
                outcomes = [self._one(connection, request) for request in batch]
        except (StoreError, sa.exc.SQLAlchemyError) as error:
            # What broke the transaction broke it for every caller; what was folded in it never happened.
            self._cases.clear()
            outcomes = [_Outcome(request, error=error) for request in batch]
        recorded = [one.recorded for one in outcomes if one.recorded is not None and not one.recorded.duplicate]
        if recorded:
            latest = {one.case.id: one.case.seq for one in recorded}
            self._feed.publish(tuple(Change(case_id, seq) for case_id, seq in latest.items()))
            for nudge in self._nudges:
                nudge()
        for one in outcomes:
            _answer(one)

    def _one(self, connection: sa.Connection, request: _Request) -> _Outcome:
        """Record one event in a savepoint of its own, so that a refused one takes no other with it."""
        savepoint = connection.begin_nested()
        try:
            recorded = self._record(connection, request)
        except (StoreUnavailableError, sa.exc.SQLAlchemyError):
            raise
        except Exception as error:
            # Whatever this event broke on is its caller's to see; the others of the batch go on.
            savepoint.rollback()
            self._cases.pop(request.case_id, None)
            return _Outcome(request, error=error)
        savepoint.commit()
        return _Outcome(request, recorded=recorded)

    def _record(self, connection: sa.Connection, request: _Request) -> Recorded:
        case, leaf = self._load(connection, request.case_id)
        known = log.find_event(connection, request.event_id)
        if known is not None:
            _check_same(known, request)
            assert case is not None
            _take_timer(connection, request)
            return Recorded(case, known.seq, duplicate=True)
        if case is not None and not _take_timer(connection, request):
            # The timer was stopped or set anew after it had been read as due.
            return Recorded(case, case.seq, duplicate=True)
        if isinstance(request.event, AlertReceived) and request.event.alert.id != request.case_id:
            raise EventConflictError("an alert's id is its case's key")
        decided = decide(case, request.event, case_id=request.case_id, at=request.at, rules=self._rules)
        first = 1 if case is None else case.seq + 1
        for count, event in enumerate(decided.events):
            leaf = log.append_event(
                connection,
                event,
                case_id=request.case_id,
                seq=first + count,
                event_id=request.event_id if count == 0 else f"{request.event_id}+{count}",
                at=request.at,
                previous=leaf,
                position=self._position + count,
            )
        log.change_timers(connection, request.case_id, decided.timers)
        for effect in decided.effects:
            self._enqueue(connection, request.case_id, effect)
        log.write_view(connection, decided.case, new=case is None)
        write_dials(connection, case, decided.case, self._position)
        self._position += len(decided.events)
        self._remember(decided.case, leaf)
        return Recorded(decided.case, first, duplicate=False)

    def _load(self, connection: sa.Connection, case_id: str) -> tuple[Case | None, str]:
        """The case and the leaf hash of its latest event; what memory holds is brought up to date."""
        case, leaf = self._cases.get(case_id, (None, ""))
        for stored in log.load_events(connection, case_id, 0 if case is None else case.seq):
            case = evolve(case, stored.event, case_id=case_id, seq=stored.seq, at=stored.at)
            leaf = stored.leaf_hash
        return case, leaf

    def _remember(self, case: Case, leaf: str) -> None:
        self._cases[case.id] = (case, leaf)
        self._cases.move_to_end(case.id)
        if len(self._cases) > CACHE:
            self._cases.popitem(last=False)


def _take_timer(connection: sa.Connection, request: _Request) -> bool:
    """Remove the timer that an event tells of; False where it is not due any more."""
    event = request.event
    if not isinstance(event, TimerFired):
        return True
    return log.take_timer(connection, request.case_id, event.name, event.attempt, request.at)


def _check_same(known: sa.Row[Any], request: _Request) -> None:
    """Refuse a key that belongs to another event.

    Raises:
        AlertConflictError: An alert with other content.
        EventConflictError: Another case or type.
    """
    type_name, _, body = encode_event(request.event)
    if known.case_id != request.case_id or known.type != type_name:
        raise EventConflictError(f"key {request.event_id} belongs to another event; keys are used once")
    if isinstance(request.event, AlertReceived) and known.body != body:
        raise AlertConflictError(f"alert {request.case_id} was received before with other content; use a new id")


def _answer(outcome: _Outcome) -> None:
    """Hand the result to the caller's event loop; a caller that has gone needs none."""
    request = outcome.request

    def deliver() -> None:
        if request.answer.done():
            return
        if outcome.recorded is not None:
            request.answer.set_result(outcome.recorded)
        else:
            assert outcome.error is not None
            request.answer.set_exception(outcome.error)

    # A loop that closed while its event was stored has nobody left to tell.
    with suppress(RuntimeError):
        request.loop.call_soon_threadsafe(deliver)
