"""Calls to the page of the bank's app: a switchboard that knows which pages are open, and the leg of one call.

Everything here runs on one event loop, so that of two answers to one ringing call exactly one is first.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from typing import Any

from telephony.browser_leg import BrowserLeg
from telephony.browser_line import LineEnd, LineState
from telephony.browser_pages import (
    AppSession,
    AppSessions,
    Notice,
    Page,
    PageEvent,
    PageEventKind,
    TooManyPagesError,
)
from telephony.browser_peer import IceServer

__all__ = [
    "AppSession",
    "AppSessions",
    "BrowserLeg",
    "BrowserSwitchboard",
    "IceServer",
    "LineEnd",
    "LineState",
    "Notice",
    "Page",
    "PageEvent",
    "PageEventKind",
    "TooManyPagesError",
]

_log = logging.getLogger(__name__)

SETUP_SECONDS = 45.0
"""From taking a call to audio: the permission prompt is in it."""
PAGES_PER_CUSTOMER = 4
"""Most pages that one customer may have open."""


class BrowserSwitchboard:
    """Connects calls with the open pages of the customer they are for."""

    def __init__(
        self,
        sessions: AppSessions,
        *,
        ice_servers: Sequence[IceServer] = (),
        setup_seconds: float = SETUP_SECONDS,
        pages_per_customer: int = PAGES_PER_CUSTOMER,
    ) -> None:
        """Start with no page and no call.

        Args:
            sessions: Sessions of the bank's app, whose tokens open pages.
            ice_servers: STUN and TURN servers of both sides; none are needed on one network.
            setup_seconds: From taking a call to audio.
            pages_per_customer: Most pages that one customer may have open.
        """
        self.sessions = sessions
        self.ice_servers = tuple(ice_servers)
        self.setup_seconds = setup_seconds
        self._pages_per_customer = pages_per_customer
        self._pages: dict[str, list[Page]] = {}
        self._lines: dict[str, BrowserLeg] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._opened = asyncio.Condition()

    def leg(self) -> BrowserLeg:
        """A new leg, for one attempt."""
        return BrowserLeg(self)

    def busy(self, customer_reference: str) -> bool:
        """Whether a call with this customer is under way; a second one would end as `busy`."""
        return customer_reference in self._lines

    def pages(self, customer_reference: str) -> tuple[Page, ...]:
        """Open pages of a customer."""
        return tuple(self._pages.get(customer_reference, ()))

    def close_expired(self, customer_reference: str) -> None:
        """Close the customer's pages whose session has expired, but not the one that is on a call."""
        line = self._lines.get(customer_reference)
        for page in self.pages(customer_reference):
            if not self.sessions.lives(page.session) and (line is None or line.taker is not page):
                page.tell({"type": "expired"})
                self.leave(page)
                page.close()

    async def opened(self, customer_reference: str) -> None:
        """Return as soon as the customer has a page open."""
        async with self._opened:
            await self._opened.wait_for(lambda: bool(self._pages.get(customer_reference)))

    def join(self, session: AppSession) -> Page:
        """A page opened; it rings at once where a call is waiting.

        Raises:
            TooManyPagesError: The customer has as many open as one may.
        """
        customer = session.customer_reference
        self.close_expired(customer)
        if len(self.pages(customer)) >= self._pages_per_customer:
            raise TooManyPagesError("too many pages of this session are open; close one and load this one again")
        page = Page(session)
        self._pages.setdefault(customer, []).append(page)
        page.tell({"type": "waiting"})
        if (line := self._lines.get(customer)) is not None:
            line.page_opened(page)
        self.run(self._announce())
        return page

    def leave(self, page: Page) -> None:
        """A page closed; a second call does nothing."""
        customer = page.session.customer_reference
        pages = self._pages.get(customer, [])
        if page not in pages:
            return
        pages.remove(page)
        if not pages:
            del self._pages[customer]
        if (line := self._lines.get(customer)) is not None:
            line.page_closed(page)

    def handle(self, page: Page, event: PageEvent) -> None:
        """Act on what a page said; what belongs to no running call is answered with its end."""
        line = self._lines.get(page.session.customer_reference)
        if line is None or line.call != event.call:
            page.tell({"type": "ended", "call": event.call, "reason": "over"})
        else:
            line.page_said(page, event)

    async def aclose(self) -> None:
        """End every call, close every page and wait until their connections are closed."""
        for line in list(self._lines.values()):
            line.give_up()
        for pages in list(self._pages.values()):
            for page in pages:
                page.close()
        self._pages.clear()
        await asyncio.gather(*self._work, return_exceptions=True)

    def connect(self, customer: str, line: BrowserLeg) -> bool:
        """Give the customer's line to a call; False while another call has it."""
        return self._lines.setdefault(customer, line) is line

    def release(self, customer: str, line: BrowserLeg) -> None:
        """Take the customer's line back from a call that ended."""
        if self._lines.get(customer) is line:
            del self._lines[customer]

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do work of a call that `aclose` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("work of a call to a page failed", exc_info=error)

    async def _announce(self) -> None:
        async with self._opened:
            self._opened.notify_all()
