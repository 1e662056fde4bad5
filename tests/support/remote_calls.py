"""A desk whose calls are held by workers: real intake and store, a dispatch that only takes notes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2

from cases.domain.events import DialPlaced, Event
from cases.intake import Recorded
from cases.ports import DialRequest
from desk.routes.worker_calls import router
from telephony.remote.calls import RemoteCalls
from telephony.remote.dispatch import RecordedDispatch
from telephony.remote.documents import event_document
from telephony.remote.leases import LeaseLimits
from telephony.remote.rooms import Rooms
from telephony.remote.tokens import CallTokens
from tests.support.desk_cases import alert
from tests.support.desk_harness import Desk

KEY = "worker-key-" + "k" * 32
LIMITS = LeaseLimits(claim=timedelta(seconds=15), grace=timedelta(seconds=5), dispatches=3)


@dataclass
class WorkerDesk:
    """The parts under test."""

    desk: Desk
    calls: RemoteCalls
    dispatch: RecordedDispatch
    tokens: CallTokens
    client: httpx2.AsyncClient

    async def post(self, path: str, body: Any = None, bearer: str = KEY) -> httpx2.Response:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return await self.client.post(f"/v1/calls/{path}", json=body, headers=headers)

    async def claim(self, call_id: str) -> dict[str, Any]:
        answer = await self.post(f"{call_id}/claim")
        assert answer.status_code == 201, answer.text
        claimed: dict[str, Any] = answer.json()
        return claimed

    async def tell(self, call_id: str, token: str, event: Event) -> httpx2.Response:
        return await self.post(f"{call_id}/events", event_document(event), token)

    async def dispatched(self, case_id: str = "a-1") -> str:
        """A case whose first attempt is dispatched; returns the call's id."""
        await self.desk.open_case(alert(id=case_id))
        await self.desk.record(case_id, DialPlaced(1, "sip", "42"), "1:placed")
        case = await self.desk.store.case(case_id)
        assert case is not None
        await self.calls.begin(case, DialRequest(case_id, 1, "42"), "sip")
        return f"{case_id}:1"


@asynccontextmanager
async def worker_desk(desk: Desk) -> AsyncIterator[WorkerDesk]:
    """Let workers in at a desk."""

    async def record(case_id: str, event: Event, event_id: str) -> Recorded:
        return await desk.intake.record(case_id, event, event_id=event_id, at=desk.clock.now())

    dispatch, tokens = RecordedDispatch(), CallTokens(b"s" * 32, desk.clock)
    calls = RemoteCalls(
        store=desk.store,
        record=record,
        rooms=Rooms(dispatch),
        tokens=tokens,
        clock=desk.clock,
        legs=frozenset({"sip", "livekit"}),
        limits=LIMITS,
    )
    assert desk.deps.people is not None
    people = desk.deps.people.calls
    desk.app.include_router(router(calls, tokens=tokens, keys=(KEY,), blobs=desk.blobs, live=desk.live, people=people))
    await calls.start()
    transport = httpx2.ASGITransport(desk.app)
    async with httpx2.AsyncClient(transport=transport, base_url=desk.deps.origins[0]) as client:
        try:
            yield WorkerDesk(desk, calls, dispatch, tokens, client)
        finally:
            await calls.aclose()
