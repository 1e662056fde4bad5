"""The customer's page, which stands for the bank's app: the page itself, and the WebSocket that rings it.

The address carries an unguessable token that ends; the first browser whose script opens the WebSocket keeps it, by a
random secret in its cookie, so that neither a leaked address nor a scanner that loads the page can take a call.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import Response

from cases.ports import Clock
from desk.customer_page import CustomerPage, Opens, preferred
from desk.page_socket import REFUSED, attend
from telephony.browser import BrowserSwitchboard, Page, TooManyPagesError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,128}")


def router(switchboard: BrowserSwitchboard, *, clock: Clock, bank_name: str, origins: Sequence[str]) -> APIRouter:
    """Routes `/app/{token}` and `/app/{token}/live`.

    Args:
        switchboard: Where pages and calls meet.
        clock: Where time comes from.
        bank_name: Whose app the page is.
        origins: Origins that browsers use, such as `https://calls.bank.example`; a WebSocket from any other is
            refused, and with https the cookie is Secure and carries the `__Host-` prefix.

    Raises:
        ValueError: No origin was given.
    """
    page = CustomerPage(folder="call", screen="waiting", bank_name=bank_name, origins=origins, cookie="riskcall-app")
    door = _Door(switchboard, clock, page)
    routes = APIRouter()
    routes.add_api_route("/app/{token}", door.page, methods=["GET"], include_in_schema=False, response_model=None)
    routes.add_api_websocket_route("/app/{token}/live", door.live)
    return routes


class _Door:
    """Lets customers' pages in."""

    def __init__(self, switchboard: BrowserSwitchboard, clock: Clock, page: CustomerPage) -> None:
        self._board = switchboard
        self._clock = clock
        self._page = page
        self._opens = Opens(clock)

    async def page(self, request: Request, token: str) -> Response:
        """The page of a session, or a page that says why there is none."""
        session = self._board.sessions.find(token) if _TOKEN.fullmatch(token) else None
        if session is None:
            return self._page.render(preferred(request), refused="expired", status=404)
        if not self._opens.allow(f"page {session.customer_reference}"):
            return self._page.render(session.language, refused="too_often", status=429)
        response = self._page.render(session.language)
        self._page.mark(request, response)
        return response

    async def live(self, websocket: WebSocket, token: str) -> None:
        """The page's line: what the switchboard tells it, and what the customer does."""
        if not self._page.own(websocket) or not _TOKEN.fullmatch(token):
            await websocket.close()
            return
        await websocket.accept()
        admitted = self._admit(websocket, token)
        if isinstance(admitted, str):
            await websocket.send_json({"type": "refused", "reason": admitted})
            await websocket.close(REFUSED)
            return
        await attend(websocket, self._board, admitted, self._clock)

    def _admit(self, websocket: WebSocket, token: str) -> Page | str:
        known = self._board.sessions.find(token)
        if known is None:
            return "expired"
        if not self._opens.allow(f"live {known.customer_reference}"):
            return "too_often"
        session = self._board.sessions.bind(token, self._page.browser(websocket))
        if session is None:
            return "other_browser"
        try:
            return self._board.join(session)
        except TooManyPagesError as error:
            return error.code
