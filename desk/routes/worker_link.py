"""The link of a running call: the worker's heartbeat and what it shows come up, commands go down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from desk.live import LiveCalls
from desk.remote_view import RemoteView
from telephony.people.desk import CallDesk
from telephony.people.handover import LineKind, Order
from telephony.remote.calls import RemoteCalls
from telephony.remote.errors import CallOverError, CallSupersededError, LinkMessageError, RemoteCallError
from telephony.remote.link import (
    CLOSED_NOT_UNDERSTOOD,
    CLOSED_OVER,
    CLOSED_SILENT,
    CLOSED_SUPERSEDED,
    CLOSED_TOKEN_REFUSED,
    SILENT_S,
    Duty,
    Heartbeat,
    Linked,
    Ordered,
    ServerMessage,
    TokenRenewed,
    server_says,
    worker_says,
)
from telephony.remote.tokens import CallGrant, CallTokens, bearer


class WorkerLinks:
    """Serves links."""

    def __init__(
        self, calls: RemoteCalls, tokens: CallTokens, live: LiveCalls, people: CallDesk, phone_of: Callable[[str], str]
    ) -> None:
        """Serve the links of these calls.

        Args:
            calls: Calls that workers hold.
            tokens: Reads call tokens.
            live: Shows running calls.
            people: Where reviewers' orders come from.
            phone_of: A reviewer's telephone number, or empty.
        """
        self._people = people
        self._phone_of = phone_of
        self._calls = calls
        self._tokens = tokens
        self._live = live

    async def serve(self, websocket: WebSocket, call_id: str) -> None:
        """One link, until either side ends it."""
        await websocket.accept()
        down: asyncio.Queue[ServerMessage] = asyncio.Queue()
        try:
            grant = bearer(websocket.headers.get("authorization", ""), call_id, self._tokens)
            number = self._calls.linked(grant, down.put_nowait)
        except RemoteCallError as error:
            codes = {CallOverError: CLOSED_OVER, CallSupersededError: CLOSED_SUPERSEDED}
            await websocket.close(codes.get(type(error), CLOSED_TOKEN_REFUSED))
            return
        down.put_nowait(Linked())

        def order(one: Order) -> None:
            phone = self._phone_of(one.by) if one.line is LineKind.PHONE else ""
            down.put_nowait(Ordered(one, phone))

        detach = self._people.attach(call_id.rpartition(":")[0], order, rooms=True)
        sending = asyncio.create_task(_send(websocket, down))
        code = CLOSED_SILENT
        try:
            code = await self._listen(websocket, grant, down)
        finally:
            detach()
            self._calls.unlinked(grant, number)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            if websocket.application_state is WebSocketState.CONNECTED:
                await _close(websocket, code)

    async def _listen(self, websocket: WebSocket, grant: CallGrant, down: asyncio.Queue[ServerMessage]) -> int:
        """Show what the worker says until it has gone, or has said nothing for too long; returns the close code."""
        case_id, _, attempt = grant.call_id.rpartition(":")
        view = RemoteView(self._live, case_id, int(attempt))
        on_duty: bool | None = None
        while True:
            if on_duty is not (on_duty := self._people.on_duty):
                down.put_nowait(Duty(on_duty))
            try:
                async with asyncio.timeout(SILENT_S):
                    message = worker_says.read(await websocket.receive_text())
            except (WebSocketDisconnect, TimeoutError):
                return CLOSED_SILENT
            except LinkMessageError:
                return CLOSED_NOT_UNDERSTOOD
            if isinstance(message, Heartbeat):
                if (token := self._calls.renewed(grant)) is not None:
                    grant = self._tokens.read(token)
                    down.put_nowait(TokenRenewed(token))
            elif message is not None:
                view.show(message)


async def _send(websocket: WebSocket, down: asyncio.Queue[ServerMessage]) -> None:
    while True:
        await websocket.send_text(server_says.write(await down.get()))


async def _close(websocket: WebSocket, code: int) -> None:
    try:
        await websocket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        return  # the worker closed first
