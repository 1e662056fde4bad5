"""The WebSocket of a page on a switchboard: what the switchboard tells it, and what the person at it does."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Literal

from fastapi import WebSocket
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.websockets import WebSocketDisconnect, WebSocketState

from cases.ports import Clock
from desk.throttle import TokenBucket
from telephony.browser import BrowserSwitchboard, Page, PageEvent, PageEventKind
from telephony.browser_peer import MAX_SDP_BYTES

MAX_MESSAGE_CHARACTERS = MAX_SDP_BYTES + 2_000
"""Longest message of a page; servers should refuse longer frames themselves (uvicorn: `ws_max_size`)."""
REFUSED = 4403
"""Close code: this page is not to come back by itself."""
_MESSAGE_BURST, _MESSAGES_PER_SECOND = 40, 10.0
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


async def attend(websocket: WebSocket, board: BrowserSwitchboard, page: Page, clock: Clock) -> None:
    """Serve a page that has joined, until it goes or says what no page of ours would.

    Args:
        websocket: Its accepted socket.
        board: The switchboard that it joined.
        page: The page; it leaves the switchboard at the end.
        clock: Where time comes from.
    """
    tell = asyncio.create_task(_tell(websocket, page))
    try:
        await _listen(websocket, board, page, clock)
    except WebSocketDisconnect:
        pass
    finally:
        board.leave(page)
        page.close()
        tell.cancel()
        await asyncio.gather(tell, return_exceptions=True)
    if websocket.application_state is WebSocketState.CONNECTED and tell.cancelled():
        await _close(websocket, 1008)


async def _listen(websocket: WebSocket, board: BrowserSwitchboard, page: Page, clock: Clock) -> None:
    """Hand on what the page says; returns at the first message that no page of ours would send."""
    bucket = TokenBucket(_MESSAGE_BURST, _MESSAGES_PER_SECOND)
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text") or ""
        if len(text) > MAX_MESSAGE_CHARACTERS or bucket.take(clock.now()):
            return
        try:
            event = _event(_MESSAGES.validate_json(text))
        except ValidationError:
            return
        board.handle(page, event)


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
