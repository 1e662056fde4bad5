"""The customer's page, which stands for the bank's app: the page itself, and the WebSocket that rings it.

The address carries an unguessable token that ends; the first browser whose script opens the WebSocket keeps it, by a
random secret in its cookie, so that neither a leaked address nor a scanner that loads the page can take a call.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Request, WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect, WebSocketState

from cases.ports import Clock
from desk.customer_page import CustomerPage, Opens, preferred
from desk.throttle import TokenBucket
from telephony.browser import BrowserSwitchboard, Page, PageEvent, PageEventKind, TooManyPagesError
from telephony.browser_peer import MAX_SDP_BYTES

MAX_MESSAGE_CHARACTERS = MAX_SDP_BYTES + 2_000
"""Longest message of a page; servers should refuse longer frames themselves (uvicorn: `ws_max_size`)."""
REFUSED = 4403
"""Close code: this page is not to come back by itself."""

_MESSAGE_BURST, _MESSAGES_PER_SECOND = 40, 10.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,128}")

_Call = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Plain(_Message):
    type: Literal["take", "decline", "no_microphone", "hang_up", "ask_human"]
    call: _Call


class _Offer(_Message):
    type: Literal["offer"]
    call: _Call
    sdp: str = Field(max_length=MAX_SDP_BYTES)


class _Digit(_Message):
    type: Literal["dtmf"]
    call: _Call
    digit: str = Field(pattern=r"^[0-9*#]$")


class _Stills(_Message):
    type: Literal["stills"]
    call: _Call
    allowed: bool


_MESSAGES: TypeAdapter[_Plain | _Offer | _Digit | _Stills] = TypeAdapter(
    Annotated[_Plain | _Offer | _Digit | _Stills, Field(discriminator="type")]
)


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
        await self._serve(websocket, admitted)

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

    async def _serve(self, websocket: WebSocket, page: Page) -> None:
        tell = asyncio.create_task(_tell(websocket, page))
        try:
            await self._listen(websocket, page)
        except WebSocketDisconnect:
            pass
        finally:
            self._board.leave(page)
            page.close()
            tell.cancel()
            await asyncio.gather(tell, return_exceptions=True)
        if websocket.application_state is WebSocketState.CONNECTED and tell.cancelled():
            await _close(websocket, 1008)

    async def _listen(self, websocket: WebSocket, page: Page) -> None:
        """Hand on what the page says; returns at the first message that no page of ours would send."""
        bucket = TokenBucket(_MESSAGE_BURST, _MESSAGES_PER_SECOND)
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text") or ""
            if len(text) > MAX_MESSAGE_CHARACTERS or bucket.take(self._clock.now()):
                return
            try:
                event = _event(_MESSAGES.validate_json(text))
            except ValidationError:
                return
            self._board.handle(page, event)


async def _tell(websocket: WebSocket, page: Page) -> None:
    while (notice := await page.next_notice()) is not None:
        await websocket.send_text(json.dumps(notice, ensure_ascii=False, separators=(",", ":")))
    await _close(websocket, REFUSED)


async def _close(websocket: WebSocket, code: int) -> None:
    try:
        await websocket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        return  # the page closed first


def _event(message: _Plain | _Offer | _Digit | _Stills) -> PageEvent:
    match message:
        case _Offer():
            value = message.sdp
        case _Digit():
            value = message.digit
        case _Stills():
            value = "yes" if message.allowed else "no"
        case _:
            value = ""
    return PageEvent(PageEventKind(message.type), message.call, value)
