"""Running calls as the desk knows them: who is there to take a customer, and which call an order is for.

It knows calls of this process and of workers alike: each is whatever takes its orders.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta

from cases.domain.events import (
    CallEnded,
    CallReferred,
    DialEnded,
    Event,
    ReviewerJoined,
    TransferFailed,
    TransferRequested,
)
from cases.domain.transfer import ReviewerPart
from cases.ports import Clock
from telephony.leg import Leg
from telephony.people.errors import NoCallError
from telephony.people.handover import Order

PRESENT_FOR = timedelta(seconds=100)
"""A reviewer whose page was last heard of so long ago is there no more; browsers let hidden pages act once a minute."""
Record = Callable[[str, Event, str], Awaitable[object]]
"""Records an event: case id, event, event id."""
NewLine = Callable[[str, Order], Leg]
"""Makes a line to the reviewer who gave an order about a case; raises LineMissingError."""


class CallDesk:
    """The calls that reviewers can come into, and the reviewers who are there."""

    def __init__(self, clock: Clock) -> None:
        """Start with no call and nobody.

        Args:
            clock: Where time comes from.
        """
        self._clock = clock
        self._calls: dict[str, Callable[[Order], None]] = {}
        self._rooms: dict[str, bool] = {}
        self._seen: dict[str, datetime] = {}
        self._on_hold: set[str] = set()

    @property
    def on_duty(self) -> bool:
        """Whether a reviewer has a page of the desk open, or had until a moment ago."""
        since = self._clock.now() - PRESENT_FOR
        return any(at >= since for at in self._seen.values())

    def seen(self, by: str) -> None:
        """A page of this reviewer is open; it says so again and again."""
        self._seen[by] = self._clock.now()

    def left(self, by: str) -> None:
        """The reviewer signed out."""
        self._seen.pop(by, None)

    @property
    def on_hold(self) -> int:
        """Customers on hold for a person."""
        return len(self._on_hold)

    def told(self, case_id: str, event: Event) -> None:
        """Take note of what happened in a call, whichever process it runs in."""
        if isinstance(event, TransferRequested):
            self._on_hold.add(case_id)
        elif isinstance(event, TransferFailed | CallReferred | CallEnded | DialEnded) or (
            isinstance(event, ReviewerJoined) and event.part is ReviewerPart.TALKING
        ):
            self._on_hold.discard(case_id)

    def attach(self, case_id: str, take: Callable[[Order], None], *, rooms: bool = False) -> Callable[[], None]:
        """A call of a case runs.

        Args:
            case_id: The case.
            take: Takes an order; returns at once.
            rooms: Whether a page gets its line through a LiveKit room, because the call is in another process.

        Returns:
            What says that it runs no more.
        """
        self._calls[case_id] = take
        self._rooms[case_id] = rooms

        def detach() -> None:
            if self._calls.get(case_id) is take:
                del self._calls[case_id]

        return detach

    def reachable(self, case_id: str) -> bool:
        """Whether a reviewer can come into a call of this case now."""
        return case_id in self._calls

    def in_room(self, case_id: str) -> bool:
        """Whether a page gets its line into this call through a LiveKit room."""
        return self._rooms.get(case_id, False)

    def order(self, case_id: str, order: Order) -> None:
        """Hand an order to the running call of a case.

        Raises:
            NoCallError: None runs that anybody can come into.
        """
        take = self._calls.get(case_id)
        if take is None:
            raise NoCallError("No call of this case is running any more.")
        take(order)


class DeskHandover:
    """The desk as one call of this process sees it; satisfies `telephony.people.handover.Handover`."""

    def __init__(
        self, desk: CallDesk, case_id: str, attempt: int, *, record: Record, new_line: NewLine, queue: str = ""
    ) -> None:
        """Enter a call.

        Args:
            desk: Where its orders come from.
            case_id: The case.
            attempt: Number of the contact attempt.
            record: Records what happens.
            new_line: Makes reviewers' lines.
            queue: Where the telephone network is to hand the call to first, or empty.
        """
        self._desk = desk
        self._case_id = case_id
        self._attempt = attempt
        self._record = record
        self._new_line = new_line
        self._queue = queue
        self._orders: asyncio.Queue[Order | None] = asyncio.Queue()
        self._detach = desk.attach(case_id, self._orders.put_nowait)

    @property
    def on_duty(self) -> bool:
        """Whether a reviewer has a page of the desk open."""
        return self._desk.on_duty

    @property
    def queue(self) -> str:
        """Where the network is to hand the call to first, or empty."""
        return self._queue

    async def orders(self) -> AsyncIterator[Order]:
        """What reviewers want of this call."""
        while (order := await self._orders.get()) is not None:
            yield order

    async def tell(self, event: Event, number: int) -> None:
        """Record what happened."""
        await self._record(self._case_id, event, f"{self._case_id}:{self._attempt}:people:{number}")

    def line(self, order: Order) -> Leg:
        """A fresh line to a reviewer."""
        return self._new_line(self._case_id, order)

    def close(self) -> None:
        """The call is over."""
        self._detach()
        self._orders.put_nowait(None)
