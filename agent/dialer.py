"""Places calls inside this process: joins a line, a conversation and the record; satisfies cases.ports.Dialer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from cases.domain.case import Case
from cases.domain.events import (
    CallAnswered,
    CallEnded,
    CustomerRinging,
    DialEnded,
    Event,
    PictureAllowed,
    PictureWithdrawn,
)
from cases.domain.vocabulary import Disposition
from cases.ports import DialRefusedError, DialRequest

_LOG = logging.getLogger(__name__)

Record = Callable[[str, Event, str], Awaitable[object]]
"""Records an event: case id, event, event id."""


class News:
    """What a placement tells of its attempt while it is under way."""

    def __init__(self, request: DialRequest, record: Record) -> None:
        """Record news of one attempt."""
        self._request = request
        self._record = record

    async def ringing(self) -> None:
        """The customer's side rings."""
        await self._tell(CustomerRinging(self._request.attempt), "ringing")

    async def answered(self) -> None:
        """Somebody, or something, answered."""
        await self._tell(CallAnswered(self._request.attempt), "answered")

    async def picture(self, event: PictureAllowed | PictureWithdrawn, number: int) -> None:
        """What the customer lets be recorded changed; the number counts these news of the attempt, from 1."""
        await self._tell(event, f"picture:{number}")

    async def ended(self, event: DialEnded | CallEnded) -> None:
        """The attempt is over."""
        await self._tell(event, "ended")

    async def _tell(self, event: Event, what: str) -> None:
        await self._record(self._request.case_id, event, f"{self._request.attempt_id}:{what}")


class Placement(Protocol):
    """One way to reach a customer and hold the conversation."""

    @property
    def leg(self) -> str:
        """Which kind of leg it uses."""
        ...

    async def hold(self, case: Case, request: DialRequest, news: News) -> DialEnded | CallEnded:
        """Reach the customer, hold the conversation, and say how the attempt ended.

        Cancellation ends the call; what was said so far is still returned where there is any.
        """
        ...


class CallDialer:
    """Runs each attempt as a task of this process; its news and its end become events of the case."""

    def __init__(
        self,
        *,
        placement: Callable[[Case], Placement],
        find_case: Callable[[str], Awaitable[Case | None]],
        record: Record,
        max_calls: int,
    ) -> None:
        """Dial through placements.

        Args:
            placement: Chooses how a case's customer is reached.
            find_case: Reads a case.
            record: Records events of a case.
            max_calls: Calls at once; further dials are refused.
        """
        self._placement = placement
        self._find_case = find_case
        self._record = record
        self._max_calls = max_calls
        self._running: dict[str, asyncio.Task[None]] = {}
        self._customers: set[str] = set()

    async def leg_of(self, case_id: str) -> str:
        """Which kind of leg it would dial for a case.

        Raises:
            DialRefusedError: There is no such case.
        """
        return self._placement(await self._case(case_id)).leg

    async def dial(self, request: DialRequest) -> None:
        """Begin an attempt; one that is already running is left alone.

        Raises:
            DialRefusedError: Too many calls run, the customer is on another call, or there is no such case.
        """
        if request.attempt_id in self._running:
            return
        case = await self._case(request.case_id)
        if request.attempt_id in self._running:
            return
        if len(self._running) >= self._max_calls:
            raise DialRefusedError(f"{self._max_calls} calls are running; raise RISKCALL_MAX_CALLS or wait")
        if case.alert.customer.reference in self._customers:
            raise DialRefusedError("the customer is on another call")
        self._customers.add(case.alert.customer.reference)
        task = asyncio.create_task(self._attempt(case, request), name=f"call {request.attempt_id}")
        self._running[request.attempt_id] = task

    async def _case(self, case_id: str) -> Case:
        case = await self._find_case(case_id)
        if case is None:
            raise DialRefusedError(f"there is no case {case_id}")
        return case

    async def aclose(self) -> None:
        """End every running call and wait until each has told how it ended."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _attempt(self, case: Case, request: DialRequest) -> None:
        news = News(request, self._record)
        try:
            ended = await hold_attempt(self._placement, case, request, news)
            await asyncio.shield(news.ended(ended))
        finally:
            self._customers.discard(case.alert.customer.reference)
            self._running.pop(request.attempt_id, None)


async def hold_attempt(
    choose: Callable[[Case], Placement], case: Case, request: DialRequest, news: News
) -> DialEnded | CallEnded:
    """Hold the conversation; whatever goes wrong is a failed attempt, which leaves the payment held."""
    try:
        return await choose(case).hold(case, request, news)
    except Exception as error:
        code = str(getattr(error, "code", type(error).__name__))
        _LOG.error("attempt %s failed: %s", request.attempt_id, code, exc_info=error)
        return DialEnded(request.attempt, Disposition.FAILED, code)
