"""A dialer that asks the limits first; nothing reaches the dialer behind it that they refuse."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

from cases.domain.alert import ContactKind
from cases.domain.case import Case
from cases.domain.fold import find_attempt
from cases.domain.vocabulary import DialRefusal
from cases.ports import Clock, Dialer, DialRefusedError, DialRequest
from cases.store import DialUsage
from telephony.limits import DialLimits, refusal

_LOG = logging.getLogger(__name__)

TELEPHONE = "sip"
"""Kind of the leg that dials telephone numbers, as events name it."""


class FindUsage(Protocol):
    """Counts what was dialled before; satisfied by `cases.store.Store.dial_usage`."""

    async def __call__(self, attempt_id: str, *, leg: str, address: str, at: datetime) -> DialUsage:
        """What counts against a dial at this moment."""
        ...


def together(*sources: FindUsage) -> FindUsage:
    """Counts what several records tell of."""

    async def find(attempt_id: str, *, leg: str, address: str, at: datetime) -> DialUsage:
        total = DialUsage(0, 0, 0, 0)
        for source in sources:
            total += await source(attempt_id, leg=leg, address=address, at=at)
        return total

    return find


class LimitedDialer:
    """Lets through what the limits allow and every leg that dials no telephone number; satisfies cases.ports.Dialer."""

    def __init__(
        self,
        inner: Dialer,
        *,
        find_case: Callable[[str], Awaitable[Case | None]],
        find_usage: FindUsage,
        limits: DialLimits,
        clock: Clock,
    ) -> None:
        """Stand before a dialer.

        Args:
            inner: Dials what is allowed.
            find_case: Reads a case.
            find_usage: Counts what was dialled before.
            limits: What may be dialled, and how often.
            clock: Tells what counts by now.
        """
        self._inner = inner
        self._find_case = find_case
        self._find_usage = find_usage
        self._limits = limits
        self._clock = clock

    async def leg_of(self, case_id: str) -> str:
        """Which kind of leg it would dial for a case.

        Raises:
            DialRefusedError: There is no such case.
        """
        return await self._inner.leg_of(case_id)

    async def dial(self, request: DialRequest) -> None:
        """Begin an attempt where the limits allow it.

        Raises:
            DialRefusedError: They do not, with a `DialRefusal` as its code; or the dialer behind refuses.
        """
        if await self._inner.leg_of(request.case_id) == TELEPHONE:
            await self._check(request)
        await self._inner.dial(request)

    async def _check(self, request: DialRequest) -> None:
        case = await self._find_case(request.case_id)
        attempt = None if case is None else find_attempt(case, request.attempt)
        if case is None or attempt is None:
            raise DialRefusedError(f"there is no attempt {request.attempt_id}")
        if attempt.contact is None:
            # The customer came by themselves: nobody is dialled.
            return
        contacts = case.alert.customer.contacts
        number = contacts[attempt.contact].address
        given = [one.address for one in contacts if one.kind is ContactKind.PHONE]
        usage = await self._find_usage(request.attempt_id, leg=TELEPHONE, address=number, at=self._clock.now())
        refused = refusal(number, given, usage, self._limits)
        if refused is not None:
            told = explain(refused, usage, self._limits)
            _LOG.warning("dial %s refused: %s", request.attempt_id, told)
            raise DialRefusedError(told, refused.value)


def explain(refused: DialRefusal, usage: DialUsage, limits: DialLimits) -> str:
    """What an operator reads about a refusal: the setting and the count, never a number or a name."""
    match refused:
        case DialRefusal.CALLS_AT_ONCE:
            why = f"{usage.at_once} calls are under way and RISKCALL_SIP_CALLS_AT_ONCE={limits.at_once}"
        case DialRefusal.CALLS_PER_MINUTE:
            why = f"{usage.last_minute} calls in a minute and RISKCALL_SIP_CALLS_PER_MINUTE={limits.per_minute}"
        case DialRefusal.CALLS_PER_DAY:
            why = f"{usage.last_day} calls in 24 hours and RISKCALL_SIP_CALLS_PER_DAY={limits.per_day}"
        case DialRefusal.CALLS_PER_NUMBER:
            cap = f"RISKCALL_SIP_CALLS_PER_NUMBER_PER_DAY={limits.per_number_per_day}"
            why = f"{usage.number_last_day} calls to one number in 24 hours and {cap}"
        case _:
            return explain_number(refused, limits)
    return f"{refused.value}: {why}"


def explain_number(refused: DialRefusal, limits: DialLimits) -> str:
    """The same of a refusal that lies in the number."""
    listed = ", ".join(sorted(limits.countries)) or "no country"
    why = {
        DialRefusal.NOT_A_CONTACT: "the number is no telephone contact of the alert",
        DialRefusal.NOT_E164: "the number is not in E.164 form: + and the country code, digits only",
        DialRefusal.INVALID_NUMBER: "the number is not in use in its country's numbering plan",
        DialRefusal.PREMIUM_NUMBER: "the number is no ordinary fixed or mobile line",
        DialRefusal.COUNTRY_NOT_ALLOWED: f"its country is not in RISKCALL_SIP_COUNTRIES, which lists {listed}",
    }
    return f"{refused.value}: {why[refused]}"
