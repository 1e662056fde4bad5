"""The people at the desk as a call in a worker sees them: orders come down the link, news go up as events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from cases.domain.events import Event
from telephony.leg import Leg
from telephony.people.handover import Order
from telephony.remote.link import Duty, Ordered

NewLine = Callable[[Order, str], Leg]
"""Makes a line to the reviewer who gave an order; given the order and the reviewer's number, or empty."""


class LinkHandover:
    """One call's; satisfies `telephony.people.handover.Handover`."""

    def __init__(
        self, call_id: str, *, tell: Callable[[str, Event, str], Awaitable[None]], new_line: NewLine, queue: str = ""
    ) -> None:
        """Begin with nobody at the desk; the server says who is there.

        Args:
            call_id: `case:attempt`.
            tell: Has an event told: case id, event, event id.
            new_line: Makes reviewers' lines.
            queue: Where the telephone network is to hand the call to first, or empty.
        """
        self._call_id = call_id
        self._tell = tell
        self._new_line = new_line
        self._orders: asyncio.Queue[Order | None] = asyncio.Queue()
        self._phones: dict[str, str] = {}
        self.on_duty = False
        self.queue = queue

    def hear(self, message: Ordered | Duty) -> None:
        """Take what the server says."""
        if isinstance(message, Duty):
            self.on_duty = message.on_duty
        else:
            self._phones[message.order.by] = message.phone
            self._orders.put_nowait(message.order)

    async def orders(self) -> AsyncIterator[Order]:
        """What reviewers want of this call."""
        while (order := await self._orders.get()) is not None:
            yield order

    async def tell(self, event: Event, number: int) -> None:
        """Tell what happened."""
        await self._tell(self._call_id.rpartition(":")[0], event, f"{self._call_id}:people:{number}")

    def line(self, order: Order) -> Leg:
        """A fresh line to a reviewer."""
        return self._new_line(order, self._phones.get(order.by, ""))

    def close(self) -> None:
        """The call is over."""
        self._orders.put_nowait(None)
