"""Dialers for more than one place: workers for telephones and rooms, this process for the page of the bank's app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from cases.domain.case import Case
from cases.domain.fold import find_attempt
from cases.ports import Dialer, DialRefusedError, DialRequest
from telephony.remote.calls import RemoteCalls

FindCase = Callable[[str], Awaitable[Case | None]]
"""Reads a case."""


class DispatchDialer:
    """Has workers dial; satisfies cases.ports.Dialer."""

    def __init__(self, calls: RemoteCalls, *, leg: str, find_case: FindCase) -> None:
        """Dispatch calls on legs of one kind.

        Args:
            calls: Calls that workers hold.
            leg: Which kind of leg.
            find_case: Reads a case.
        """
        self._calls = calls
        self._leg = leg
        self._find_case = find_case

    async def leg_of(self, case_id: str) -> str:
        """The kind of leg."""
        return self._leg

    async def dial(self, request: DialRequest) -> None:
        """Have a worker take the call; the same attempt twice is one dial.

        Raises:
            DialRefusedError: The customer is on another call, or there is no such case.
        """
        if any(one.call_id == request.attempt_id for one in self._calls.under_way):
            return
        case = await found(self._find_case, request.case_id)
        attempt = find_attempt(case, request.attempt)
        # Whoever came by themselves is on the line already.
        came = attempt is not None and attempt.arrival is not None
        if not came and self._calls.busy(case.alert.customer.reference):
            raise DialRefusedError("the customer is on another call")
        await self._calls.begin(case, request, self._leg)


class RoutedDialer:
    """Chooses a dialer by the address that the attempt is to reach; satisfies cases.ports.Dialer."""

    def __init__(self, choose: Callable[[Case], Dialer], find_case: FindCase) -> None:
        """Route by a case whose latest attempt has begun."""
        self._choose = choose
        self._find_case = find_case

    async def leg_of(self, case_id: str) -> str:
        """Which kind of leg would be dialled.

        Raises:
            DialRefusedError: There is no such case.
        """
        return await (await self._for(case_id)).leg_of(case_id)

    async def dial(self, request: DialRequest) -> None:
        """Begin an attempt.

        Raises:
            DialRefusedError: It may not be placed.
        """
        await (await self._for(request.case_id)).dial(request)

    async def _for(self, case_id: str) -> Dialer:
        return self._choose(await found(self._find_case, case_id))


async def found(find_case: FindCase, case_id: str) -> Case:
    """A case.

    Raises:
        DialRefusedError: There is none of this id.
    """
    case = await find_case(case_id)
    if case is None:
        raise DialRefusedError(f"there is no case {case_id}")
    return case
