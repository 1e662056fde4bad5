"""Which worker holds which call, and until when: a state table without clock or I/O; times are arguments.

A call is dispatched, claimed by a worker, and linked while that worker's link is up. A link that stays away for longer
than the grace, or a dispatch that nobody claims, is overdue: the call is dispatched again where nobody was rung yet,
and given up otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.ports import DialRequest
from telephony.livekit.names import room_name
from telephony.remote.documents import INBOUND
from telephony.remote.errors import CallOverError, CallSupersededError, ClaimRefusedError


class Holding(StrEnum):
    """How far a call is with its worker."""

    DISPATCHED = "dispatched"
    """A worker was asked for; none has claimed the call."""
    CLAIMED = "claimed"
    """A worker has claimed it; its link is not up yet."""
    LINKED = "linked"
    """The worker's link is up."""
    UNLINKED = "unlinked"
    """The link was lost; the worker may come back."""


class Verdict(StrEnum):
    """What becomes of a call that is overdue."""

    DISPATCH_AGAIN = "dispatch_again"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class LeaseLimits:
    """How long to wait for workers.

    Attributes:
        claim: How long a dispatch waits for its claim.
        grace: How long a claim waits for its link, and a lost link for its return.
        dispatches: How often one call is dispatched at most.
    """

    claim: timedelta = timedelta(seconds=15)
    grace: timedelta = timedelta(seconds=5)
    dispatches: int = 3


@dataclass(slots=True)
class Lease:
    """One call that is under way.

    Attributes:
        request: The attempt.
        leg: Kind of leg that dials.
        customer: The bank's reference of the customer; one call at a time.
        holding: How far it is.
        claim: Number of the latest claim, or 0.
        link: Number of the latest link of that claim.
        dispatches: How often it was dispatched.
        rung: Whether the customer's side may have rung.
        deadline: When it is overdue, UTC, or None while it is linked.
        waits_in: Name of the room in which a customer who came by themselves waits, or empty.
    """

    request: DialRequest
    leg: str
    customer: str
    holding: Holding
    claim: int
    link: int
    dispatches: int
    rung: bool
    deadline: datetime | None
    waits_in: str = ""

    @property
    def room(self) -> str:
        """Name of the call's room: the customer's, where one waits."""
        return self.waits_in or room_name(self.call_id)

    @property
    def call_id(self) -> str:
        """`case:attempt`."""
        return self.request.attempt_id

    @property
    def received(self) -> bool:
        """Whether a caller is still with whoever received them, who has words for them when nobody comes."""
        return self.leg == INBOUND and self.claim == 0


class Leases:
    """The calls under way."""

    def __init__(self, limits: LeaseLimits | None = None) -> None:
        """Start with none."""
        self.limits = limits or LeaseLimits()
        self._leases: dict[str, Lease] = {}

    def __contains__(self, call_id: str) -> bool:
        """Whether a call is under way."""
        return call_id in self._leases

    def find(self, call_id: str) -> Lease | None:
        """A call under way, or None."""
        return self._leases.get(call_id)

    def all(self) -> tuple[Lease, ...]:
        """Every call under way."""
        return tuple(self._leases.values())

    def begin(self, request: DialRequest, *, leg: str, customer: str, now: datetime, waits_in: str = "") -> Lease:
        """A call is dispatched for the first time."""
        lease = Lease(request, leg, customer, Holding.DISPATCHED, 0, 0, 1, False, now + self.limits.claim, waits_in)
        self._leases[lease.call_id] = lease
        return lease

    def resume(
        self,
        request: DialRequest,
        *,
        leg: str,
        customer: str,
        claim: int,
        rung: bool,
        now: datetime,
        waits_in: str = "",
    ) -> Lease:
        """A call was under way before this process started; its worker gets the grace to come back."""
        lease = self.begin(request, leg=leg, customer=customer, now=now, waits_in=waits_in)
        lease.claim, lease.rung = claim, rung
        if claim:
            lease.holding, lease.deadline = Holding.UNLINKED, now + self.limits.grace
        return lease

    def claim(self, call_id: str, now: datetime) -> int:
        """A worker claims a call; returns the number of its claim.

        Raises:
            CallOverError: The call is not under way.
            ClaimRefusedError: Another worker has it, or may still come back to it.
        """
        lease = self._at(call_id)
        if lease.holding is not Holding.DISPATCHED:
            raise ClaimRefusedError(f"call {call_id} has a worker")
        lease.claim += 1
        lease.link = 0
        lease.holding, lease.deadline = Holding.CLAIMED, now + self.limits.grace
        return lease.claim

    def unclaim(self, call_id: str, claim: int, now: datetime) -> None:
        """A claim could not be recorded: the worker was told so, and another may claim the call under its number."""
        lease = self._leases.get(call_id)
        if lease is not None and lease.claim == claim and lease.holding is Holding.CLAIMED:
            lease.claim -= 1
            lease.holding, lease.deadline = Holding.DISPATCHED, now + self.limits.claim

    def linked(self, call_id: str, claim: int) -> int:
        """A claim's link is up; returns its number. A new link takes the place of the one before.

        Raises:
            CallOverError: The call is not under way.
            CallSupersededError: A later claim has it.
        """
        lease = self._at(call_id)
        if lease.claim != claim or lease.holding is Holding.DISPATCHED:
            raise CallSupersededError(f"claim {claim} of call {call_id} is over")
        lease.link += 1
        lease.holding, lease.deadline = Holding.LINKED, None
        return lease.link

    def unlinked(self, call_id: str, claim: int, link: int, now: datetime) -> None:
        """A link was lost; no matter where a newer one is up."""
        lease = self._leases.get(call_id)
        if lease is None or (lease.claim, lease.link, lease.holding) != (claim, link, Holding.LINKED):
            return
        lease.holding, lease.deadline = Holding.UNLINKED, now + self.limits.grace

    def rang(self, call_id: str) -> None:
        """The customer's side may ring."""
        lease = self._leases.get(call_id)
        if lease is not None:
            lease.rung = True

    def dispatched_again(self, call_id: str, now: datetime) -> None:
        """A call was dispatched once more; what an earlier claim has to say is not taken any more."""
        lease = self._at(call_id)
        lease.dispatches += 1
        lease.holding, lease.deadline = Holding.DISPATCHED, now + self.limits.claim

    def end(self, call_id: str) -> Lease | None:
        """A call is over; returns what was known of it."""
        return self._leases.pop(call_id, None)

    def overdue(self, now: datetime) -> tuple[tuple[Lease, Verdict], ...]:
        """Calls whose time is up, and what becomes of each."""
        due = [one for one in self._leases.values() if one.deadline is not None and one.deadline <= now]
        return tuple((one, self._verdict(one)) for one in due)

    def next_deadline(self) -> datetime | None:
        """When the next call is overdue, UTC, or None."""
        return min((one.deadline for one in self._leases.values() if one.deadline is not None), default=None)

    def _verdict(self, lease: Lease) -> Verdict:
        again = not lease.rung and lease.dispatches < self.limits.dispatches
        return Verdict.DISPATCH_AGAIN if again else Verdict.GIVE_UP

    def _at(self, call_id: str) -> Lease:
        lease = self._leases.get(call_id)
        if lease is None:
            raise CallOverError(f"call {call_id} is not under way")
        return lease
