"""Reads of the record, away from the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa

from cases.domain.audit import leaf_hash, tree_head
from cases.domain.case import Case, CaseState
from cases.domain.lifecycle import evolve
from cases.store import dials, log
from cases.store.database import Database
from cases.store.feed import ChangeFeed, Subscription
from cases.store.records import CaseSummary, DialUsage, DueTimer, LogCheck, StoredEvent
from cases.store.tables import CASES, EVENTS

T = TypeVar("T")

READ_THREADS = 4
"""Threads for reads; SQLite in WAL mode serves them beside the writer."""


class Store:
    """What the desk, the timers and the effects read; every call runs in a thread of the store."""

    def __init__(self, database: Database, feed: ChangeFeed | None = None) -> None:
        """Read from a migrated database; changes come from the feed that the intake publishes to."""
        self._database = database
        self._feed = feed or ChangeFeed()
        self._threads = ThreadPoolExecutor(READ_THREADS, thread_name_prefix="store-read")

    async def _run(self, work: Callable[[sa.Connection], T]) -> T:
        def task() -> T:
            with self._database.read() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._threads, task)

    def subscribe(self) -> Subscription:
        """Changes from now on, in the running event loop; use it in a `with` statement."""
        return self._feed.subscribe()

    async def case(self, case_id: str) -> Case | None:
        """A case as its events make it, or None.

        Raises:
            StoreUnavailableError: The database does not answer.
            EventFormatError: A stored event cannot be read.
        """
        return await self._run(lambda connection: load_case(connection, case_id))

    async def events(self, case_id: str, after: int = 0) -> tuple[StoredEvent, ...]:
        """A case's events in order, from the one behind `after` on; empty for an unknown case."""
        return await self._run(lambda connection: tuple(log.load_events(connection, case_id, after)))

    async def event(self, event_id: str) -> StoredEvent | None:
        """The event of this key, whatever its case, or None.

        Raises:
            StoreUnavailableError: The database does not answer.
            EventFormatError: The stored event cannot be read.
        """

        def find(connection: sa.Connection) -> StoredEvent | None:
            row = log.find_event(connection, event_id)
            return None if row is None else log.stored_event(row)

        return await self._run(find)

    async def cases(
        self,
        *,
        states: Collection[CaseState] | None = None,
        customer_reference: str | None = None,
        limit: int = 200,
        offset: int = 0,
    ) -> tuple[CaseSummary, ...]:
        """Cases that need a person first, then by risk (triage points, then fraud score), newest first among equals.

        Args:
            states: Only these states, or None for all.
            customer_reference: Only this customer's, or None for all.
            limit: How many at most.
            offset: How many to skip.
        """
        query = sa.select(CASES).order_by(
            sa.case(
                (CASES.c.state == CaseState.REVIEW.value, 0), (CASES.c.state == CaseState.CLOSED.value, 2), else_=1
            ),
            CASES.c.review_urgent.desc(),
            CASES.c.review_overdue.desc(),
            sa.func.coalesce(CASES.c.points, 0).desc(),
            CASES.c.score.desc(),
            CASES.c.opened_at.desc(),
            CASES.c.case_id,
        )
        if states is not None:
            query = query.where(CASES.c.state.in_([state.value for state in states]))
        if customer_reference is not None:
            query = query.where(CASES.c.customer_reference == customer_reference)
        query = query.limit(limit).offset(offset)
        return await self._run(lambda connection: tuple(log.summary(row) for row in connection.execute(query)))

    async def counts(self) -> dict[CaseState, int]:
        """How many cases stand in each state; a state without cases counts 0."""
        query = sa.select(CASES.c.state, sa.func.count()).group_by(CASES.c.state)
        found = await self._run(lambda connection: {state: n for state, n in connection.execute(query)})
        return {state: found.get(state.value, 0) for state in CaseState}

    async def due_timers(self, now: datetime, limit: int = 200) -> tuple[DueTimer, ...]:
        """Timers that are due, longest due first."""
        return await self._run(lambda connection: log.due_timers(connection, now, limit))

    async def next_due(self) -> datetime | None:
        """When the next timer is due, UTC, or None without timers."""
        return await self._run(log.next_due)

    async def dial_usage(self, attempt_id: str, *, leg: str, address: str, at: datetime) -> DialUsage:
        """What counts against a dial: those on its kind of leg that were placed before it and not refused.

        Args:
            attempt_id: `case:attempt` of the dial; one that is not recorded stands behind all that are.
            leg: Kind of leg.
            address: What it would dial.
            at: Current time, UTC.
        """
        return await self._run(
            lambda connection: dials.dial_usage(connection, attempt_id, leg=leg, address=address, at=at)
        )

    async def verify_log(self) -> LogCheck:
        """Recompute every leaf, every case's chain and the tree head from the stored rows."""
        return await self._run(verify_log)

    def close(self) -> None:
        """Let the threads go; the database is its owner's to dispose of."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def load_case(connection: sa.Connection, case_id: str, known: Case | None = None) -> Case | None:
    """Fold a case's events onto what is already known of it."""
    case = known
    for stored in log.load_events(connection, case_id, 0 if case is None else case.seq):
        case = evolve(case, stored.event, case_id=case_id, seq=stored.seq, at=stored.at)
    return case


def verify_log(connection: sa.Connection) -> LogCheck:
    """Recompute the log; a changed, missing, moved or added row shows up as a fault or as another tree head."""
    faults: list[str] = []
    latest: dict[str, tuple[int, str]] = {}
    leaves: list[bytes] = []
    for place, row in enumerate(connection.execute(sa.select(EVENTS).order_by(EVENTS.c.position))):
        name = f"event {row.seq} of case {row.case_id}"
        seq, previous = latest.get(row.case_id, (0, ""))
        leaf = leaf_hash(
            log.leaf_content(
                case_id=row.case_id,
                seq=row.seq,
                event_id=row.event_id,
                type_name=row.type,
                version=row.version,
                at=row.at,
                body=row.body,
                previous=row.previous,
            )
        )
        if row.position != place:
            faults.append(f"{name} stands at position {row.position} where {place} is next: a leaf is missing")
        if row.seq != seq + 1:
            faults.append(f"{name} follows event {seq}: an event is missing or out of order")
        if row.previous != previous:
            faults.append(f"{name} does not name the event before it")
        if row.leaf_hash != leaf.hex():
            faults.append(f"{name} was changed: its content does not give its leaf hash")
        latest[row.case_id] = (row.seq, row.leaf_hash)
        leaves.append(leaf)
    return LogCheck(tree_head(leaves), tuple(faults))
