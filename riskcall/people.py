"""How reviewers come into running calls: their pages, their telephones, and the desk that both are asked through."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial

from agent.placements import NewHandover
from cases.domain.case import Case
from cases.ports import Clock, DialRequest
from desk.accounts import Accounts
from desk.deps import Admission, CallPeople
from riskcall.settings import Settings
from riskcall.telephone import dial_limits, livekit_access, room_key, sip_trunk
from telephony.browser import AppSessions, BrowserSwitchboard, IceServer
from telephony.leg import Leg
from telephony.limited_dialer import explain_number
from telephony.limits import number_refusal
from telephony.livekit import LiveKitAccess, ReviewerLeg, SipLeg, listener_token, room_name
from telephony.people.desk import CallDesk, DeskHandover, Record
from telephony.people.errors import LineMissingError
from telephony.people.handover import Handover, LineKind, Order


def reviewer_room(attempt_id: str, by: str) -> str:
    """The LiveKit room of a reviewer's line: apart from the customer's, and telling nothing of either."""
    return room_name(hashlib.sha256(f"{attempt_id}/{by}".encode()).hexdigest())


def phone_line(settings: Settings, number: str, attempt_id: str, by: str) -> Leg:
    """A line to a reviewer's telephone, where it may be dialled at all; a call comes with each customer's, no oftener.

    Raises:
        LineMissingError: There is no number, no trunk, or the number may not be dialled.
    """
    if not number or not settings.has_trunk:
        raise LineMissingError("no telephone number of the account, or no trunk to call it on")
    if refused := number_refusal(number, settings.sip_countries):
        raise LineMissingError(
            f"the account's telephone is not called: {explain_number(refused, dial_limits(settings))}"
        )
    return SipLeg(livekit_access(settings), sip_trunk(settings), number, reviewer_room(attempt_id, by))


def reviewer_line(settings: Settings, attempt_id: str, order: Order, phone: str) -> Leg:
    """A worker's line to a reviewer: a telephone, or a page in a LiveKit room of its own.

    Raises:
        LineMissingError: There is no number, or no trunk.
    """
    if order.line is LineKind.PHONE:
        return phone_line(settings, phone, attempt_id, order.by)
    room = reviewer_room(attempt_id, order.by)
    return ReviewerLeg(livekit_access(settings), room, key=room_key(settings, room).encode() or None)


def let_reviewer_in(settings: Settings, attempt_id: str, by: str) -> Admission:
    """What lets a reviewer's page into the LiveKit room of their line: to listen, until the call lets them speak."""
    access, room = livekit_access(settings), reviewer_room(attempt_id, by)
    public = LiveKitAccess(settings.livekit_public_url or settings.livekit_url, "", "").socket_url
    return Admission(public, listener_token(access, room), room_key(settings, room))


class PeopleLines:
    """Reviewers of one process.

    Attributes:
        calls: The calls that reviewers can come into.
        accounts: Knows the telephones of reviewers; set before the first call.
    """

    accounts: Accounts

    def __init__(self, settings: Settings, clock: Clock, ice_servers: Sequence[IceServer]) -> None:
        """Start with nobody."""
        self._settings = settings
        self.calls = CallDesk(clock)
        self._pages = BrowserSwitchboard(AppSessions(clock), ice_servers=ice_servers)

    def for_desk(self) -> CallPeople:
        """What the desk is given."""
        settings = self._settings
        if not settings.livekit_url:
            return CallPeople(self.calls, self._pages)
        public = LiveKitAccess(settings.livekit_public_url or settings.livekit_url, "", "").socket_url
        rooms = partial(let_reviewer_in, settings)
        return CallPeople(self.calls, self._pages, settings.has_trunk, rooms, public)

    def handovers(self, record: Record) -> NewHandover:
        """Makes the way to the desk for calls of this process.

        Args:
            record: Records events of a case.
        """

        def handover(case: Case, request: DialRequest) -> Handover:
            def line(case_id: str, order: Order) -> Leg:
                return self._line(request.attempt_id, order)

            return DeskHandover(
                self.calls, case.id, request.attempt, record=record, new_line=line, queue=self._settings.sip_transfer_to
            )

        return handover

    def phone_of(self, by: str) -> str:
        """A reviewer's number, or empty."""
        account = self.accounts.find(by)
        return account.phone if account is not None else ""

    async def aclose(self) -> None:
        """Close every page's line."""
        await self._pages.aclose()

    def _line(self, attempt_id: str, order: Order) -> Leg:
        if order.line is LineKind.PAGE:
            return self._pages.leg()
        return phone_line(self._settings, self.phone_of(order.by), attempt_id, order.by)
