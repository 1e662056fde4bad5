"""The seam between one running call and the people at the desk: orders come in, news goes out, lines are made.

A reviewer is reached on a leg, as a customer is. Legs carry audio to and from the call's own process, which alone
decides who hears whom: a listener's microphone goes nowhere because nothing passes it on, and a brief that is spoken
to a reviewer is played on the reviewer's leg alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cases.domain.events import Event
from telephony.leg import Leg


class LineKind(StrEnum):
    """How a reviewer is reached."""

    PAGE = "page"
    """In the browser, on the desk's page."""
    PHONE = "phone"
    """On the telephone."""


class OrderKind(StrEnum):
    """What a reviewer wants of a running call."""

    ACCEPT = "accept"
    """Take the customer who waits for a person."""
    LISTEN = "listen"
    """Hear both sides, heard by nobody."""
    TAKE_OVER = "take_over"
    """Speak with the customer instead of the agent."""
    HAND_BACK = "hand_back"
    """Have the agent go on; the reviewer listens."""
    LEAVE = "leave"
    """Leave the call; whoever spoke with the customer ends it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What one reviewer wants of one running call.

    Attributes:
        kind: What.
        by: Account name.
        line: How the reviewer is reached; needed for `accept`, `listen` and `take_over` of somebody not in the call.
    """

    kind: OrderKind
    by: str
    line: LineKind = LineKind.PAGE


def reference_of(by: str, attempt_id: str) -> str:
    """What rings for a reviewer about one call: stands in an invitation where a customer's reference would.

    Args:
        by: Account name.
        attempt_id: `case:attempt`.
    """
    return f"{by}:{attempt_id}"


class Handover(Protocol):
    """The people at the desk, as one running call sees them."""

    @property
    def on_duty(self) -> bool:
        """Whether anybody is there who could take a customer now."""
        ...

    @property
    def queue(self) -> str:
        """Where the telephone network is to hand the call to first (a `tel:` or `sip:` URI), or empty."""
        ...

    def orders(self) -> AsyncIterator[Order]:
        """What reviewers want of this call, from its beginning on; ends with `close`."""
        ...

    async def tell(self, event: Event, number: int) -> None:
        """Tell what happened; it becomes an event of the case.

        Args:
            event: What happened.
            number: How many the call told before: the same number twice is the same event.
        """
        ...

    def line(self, order: Order) -> Leg:
        """A fresh line to the reviewer who gave an order.

        Raises:
            LineMissingError: There is no such line to them.
        """
        ...

    def close(self) -> None:
        """The call is over: nobody is taken into it any more."""
        ...
