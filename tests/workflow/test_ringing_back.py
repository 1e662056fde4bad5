"""A customer who was not reached rings back: alert, call, code, arrival and meeting; the dispatch only takes notes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from pydantic import SecretStr

from agent.analysis.template import TemplateAnalyst
from cases.adapters import FakeBank, SystemClock
from cases.adapters.blobs_memory import MemoryBlobs
from cases.domain.case import Case, CaseState
from cases.domain.events import CallEnded, CustomerArrived, DialEnded, Event
from cases.domain.vocabulary import Arrival, BankAction, Disposition
from cases.effects import EffectLimits
from cases.intake import Recorded
from cases.runtime import CaseRuntime
from desk.accounts import Accounts
from desk.deps import DeskDeps
from desk.live import LiveCalls
from desk.main import create_app
from evals import alerts
from riskcall.callbacks import callback_routers
from riskcall.settings import Settings
from riskcall.telephone import dial_limits, remote_leg
from riskcall.workers import Workers, remote_desk
from telephony.limited_dialer import LimitedDialer
from telephony.livekit import room_name
from telephony.people.desk import CallDesk
from telephony.remote.dispatch import RecordedDispatch
from telephony.remote.documents import event_document
from telephony.remote.leases import LeaseLimits
from tests.support import case_facts as facts
from tests.support.case_policy import small_policy
from tests.support.desk_harness import ORIGIN, SECRETS, signed

CLOCK = SystemClock()
NUMBER = "+442079460000"
ROOM = "inbound-_9f86d081_kX2"
BANK, WORKER = {"authorization": "Bearer bank"}, {"authorization": f"Bearer {'w' * 32}"}
QUICK = LeaseLimits(claim=timedelta(seconds=0.5), grace=timedelta(seconds=30), dispatches=3)
SLOW = LeaseLimits(claim=timedelta(seconds=60), grace=timedelta(seconds=30), dispatches=3)
WAIT_S = 30.0


class NotedDispatch(RecordedDispatch):
    """Says when somebody is summoned."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def summon(self, room: str, call_id: str) -> None:
        await super().summon(room, call_id)
        self.calls.put_nowait((room, call_id))

    async def next(self) -> tuple[str, str]:
        async with asyncio.timeout(WAIT_S):
            return await self.calls.get()


class Nobody:
    """Reaches customers in this process; here nobody is."""

    async def leg_of(self, case_id: str) -> str:
        return "browser"

    async def dial(self, request: object) -> None:
        raise AssertionError("every customer of these tests has a telephone")


class House:
    """A server in this process, a bank that talks to it, and a worker without a voice."""

    def __init__(self, runtime: CaseRuntime, dispatch: NotedDispatch, client: httpx.AsyncClient) -> None:
        self.runtime, self.dispatch, self.client = runtime, dispatch, client

    async def alert(self, case_id: str = "a-1", customer: str = "") -> None:
        changes = {
            "customer.contacts": [{"kind": "phone", "address": NUMBER, "verified_at": "2026-01-01T00:00:00Z"}],
            "customer.reference": customer or case_id,
        }
        body = json.dumps(alerts.load("new-payee-transfer", now=CLOCK.now(), alert_id=case_id, changes=changes))
        answer = await self.client.post(
            "/v1/alerts", content=body, headers=signed(body.encode(), CLOCK.now(), message_id=case_id)
        )
        assert answer.status_code in (200, 201, 202), answer.text

    async def code(self, case_id: str = "a-1") -> str:
        answer = await self.client.post(f"/v1/cases/{case_id}/callback-codes", json={}, headers=BANK)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["code"])

    async def arrive(self, code: str, room: str = ROOM) -> str:
        body = {"code": code, "room": room, "caller": NUMBER}
        answer = await self.client.post("/v1/arrivals", json=body, headers=WORKER)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["meets"])

    async def refused(self, code: str, room: str) -> str:
        body = {"code": code, "room": room, "caller": NUMBER}
        answer = await self.client.post("/v1/arrivals", json=body, headers=WORKER)
        assert answer.status_code == 409, answer.text
        return str(answer.json()["code"])

    async def claim(self, call_id: str) -> dict[str, Any]:
        answer = await self.client.post(f"/v1/calls/{call_id}/claim", headers=WORKER)
        assert answer.status_code == 201, answer.text
        claimed: dict[str, Any] = answer.json()
        return claimed

    async def end(self, claimed: dict[str, Any], event: Event) -> None:
        request = claimed["request"]
        answer = await self.client.post(
            f"/v1/calls/{request['case_id']}:{request['attempt']}/events",
            json=event_document(event),
            headers={"authorization": f"Bearer {claimed['token']}"},
        )
        assert answer.status_code == 201, answer.text

    async def unreached(self, case_id: str = "a-1") -> None:
        """An alert, and a first call that nobody answers."""
        await self.alert(case_id)
        assert await self.dispatch.next() == (room_name(f"{case_id}:1"), f"{case_id}:1")
        claimed = await self.claim(f"{case_id}:1")
        assert claimed["leg"] == "sip"
        await self.end(claimed, DialEnded(1, Disposition.NO_ANSWER, "sip_480"))
        assert (await self.case(case_id)).state is CaseState.WAITING

    async def case(self, case_id: str = "a-1") -> Case:
        case = await self.runtime.store.case(case_id)
        assert case is not None
        return case

    async def settled(self) -> Case:
        return await self.until(lambda case: case.state is CaseState.CLOSED)

    async def until(self, holds: Callable[[Case], bool]) -> Case:
        async with asyncio.timeout(WAIT_S):
            with self.runtime.store.subscribe() as changes:
                while not holds(case := await self.case()):
                    await anext(aiter(changes))
        return case


def house_settings(folder: Path, dials: int) -> Settings:
    return Settings(
        data_dir=folder,
        api_keys=(SecretStr("bank"),),
        session_secret=SecretStr("s" * 32),
        worker_key=SecretStr("w" * 32),
        livekit_url="ws://127.0.0.1:9",
        livekit_api_key="key",
        livekit_api_secret=SecretStr("l" * 32),
        sip_address="carrier.example",
        sip_caller_id="+442071838750",
        sip_countries=("GB",),
        # Whoever rings is not dialled, so with a cap of one every customer who rings back is met all the same.
        sip_calls_per_day=dials,
    )


def desk_of(
    runtime: CaseRuntime, folder: Path, routers: tuple[APIRouter, ...], *, blobs: MemoryBlobs, live: LiveCalls
) -> DeskDeps:
    return DeskDeps(
        intake=runtime.intake,
        store=runtime.store,
        blobs=blobs,
        policy=runtime.rules.policy,
        clock=CLOCK,
        webhook_secrets=SECRETS,
        api_keys=("bank",),
        session_secret=b"s" * 32,
        accounts=Accounts(folder / "accounts.json"),
        origins=(ORIGIN,),
        live=live,
        alert_examples=dict,
        routers=routers,
    )


@asynccontextmanager
async def house(folder: Path, limits: LeaseLimits = SLOW, dials: int = 1) -> AsyncIterator[House]:
    """Start on a folder; at the end everything stops, and the next house goes on with what is there."""
    settings = house_settings(folder, dials)
    runtime = CaseRuntime(
        f"sqlite:///{folder}/cases.db",
        policy=small_policy(attempts=2, spacing=(3600,)),
        bank=FakeBank(),
        analyst=TemplateAnalyst(),
        clock=CLOCK,
        limits=EffectLimits(bank_tries=3, bank_wait_s=0.01),
        remote_legs=frozenset({"sip", "livekit", "inbound"}),
    )

    async def record(case_id: str, event: Event, event_id: str) -> Recorded:
        return await runtime.intake.record(case_id, event, event_id=event_id, at=CLOCK.now())

    dispatch, live, people, blobs = NotedDispatch(), LiveCalls(), CallDesk(CLOCK), MemoryBlobs()
    async with AsyncExitStack() as stack:
        remote = remote_desk(
            Workers(dispatch, lambda case: remote_leg(settings, case), limits=limits),
            settings,
            stack,
            runtime=runtime,
            local=Nobody(),
            record=record,
            blobs=blobs,
            live=live,
            clock=CLOCK,
            people=people,
            phone_of=lambda by: "",
        )
        stack.push_async_callback(runtime.stop)
        find_case, find_usage = runtime.store.case, runtime.store.dial_usage
        runtime.use_dialer(
            LimitedDialer(
                remote.dialer, find_case=find_case, find_usage=find_usage, limits=dial_limits(settings), clock=CLOCK
            )
        )
        await runtime.start()
        await remote.calls.start()
        routers = (*callback_routers(settings, runtime, clock=CLOCK, dispatch=dispatch), remote.router)
        app = create_app(desk_of(runtime, folder, routers, blobs=blobs, live=live))
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN)
        await stack.enter_async_context(client)
        yield House(runtime, dispatch, client)


def genuine(case_id: str, attempt: int) -> CallEnded:
    return CallEnded(attempt, Disposition.ANSWERED, facts.call(case_id, attempt, facts.GENUINE, CLOCK.now()))


async def test_a_customer_who_rings_back_is_met_in_their_room_once_and_settles_the_case(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.unreached()
        code = await home.code()
        assert await home.arrive(code) == "agent"
        assert await home.dispatch.next() == (ROOM, "a-1:2")
        assert await home.arrive(code) == "agent"
        claimed = await home.claim("a-1:2")
        assert (claimed["leg"], claimed["room"], claimed["request"]["attempt"]) == ("inbound", ROOM, 2)
        assert await home.arrive(code) == "agent"
        await home.end(claimed, genuine("a-1", 2))
        case = await home.settled()
        assert await home.arrive(code) == "nobody"
    assert case.payment is BankAction.RELEASE
    assert [(one.leg, one.arrival, one.contact) for one in case.attempts] == [
        ("sip", None, 0),
        ("inbound", Arrival.INBOUND, None),
    ]
    assert home.dispatch.summoned == [(room_name("a-1:1"), "a-1:1"), (ROOM, "a-1:2")]


async def test_a_customer_who_rings_while_they_are_called_is_met_once_that_call_has_ended(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.alert()
        await home.dispatch.next()
        first = await home.claim("a-1:1")
        code = await home.code()
        assert [await home.arrive(code) for _ in range(3)] == ["agent"] * 3
        assert len(home.dispatch.summoned) == 1
        await home.end(first, DialEnded(1, Disposition.BUSY, "sip_486"))
        assert await home.dispatch.next() == (ROOM, "a-1:2")
        assert await home.arrive(code) == "agent"
        await home.end(await home.claim("a-1:2"), genuine("a-1", 2))
        case = await home.settled()
    assert [one.number for one in case.attempts] == [1, 2]
    assert len(home.dispatch.summoned) == 2


@pytest.mark.parametrize("down", [True, False], ids=["before-anybody-was-asked", "before-anybody-answered"])
async def test_a_customer_who_waits_is_met_by_the_server_that_was_started_again(tmp_path: Path, down: bool) -> None:
    async with house(tmp_path) as home:
        await home.unreached()
        code = await home.code()
        home.dispatch.down = down
        assert await home.arrive(code) == "agent"
        if not down:
            assert await home.dispatch.next() == (ROOM, "a-1:2")
    async with house(tmp_path, QUICK) as again:
        assert await again.arrive(code) == "agent"
        assert await again.dispatch.next() == (ROOM, "a-1:2")
        claimed = await again.claim("a-1:2")
        assert (claimed["leg"], claimed["room"]) == ("inbound", ROOM)
        await again.end(claimed, genuine("a-1", 2))
        case = await again.settled()
    assert [one.number for one in case.attempts] == [1, 2]
    assert ROOM not in again.dispatch.closed


async def test_a_customer_whose_call_was_lost_rings_again_with_the_same_code(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.unreached()
        code = await home.code()
        await home.arrive(code)
        await home.dispatch.next()
        await home.end(await home.claim("a-1:2"), DialEnded(2, Disposition.FAILED, "line_lost"))
        assert (await home.case()).state is CaseState.WAITING
        assert await home.arrive(code, "inbound-2") == "agent"
        assert await home.dispatch.next() == ("inbound-2", "a-1:3")
        claimed = await home.claim("a-1:3")
        assert claimed["room"] == "inbound-2"
        await home.end(claimed, genuine("a-1", 3))
        case = await home.settled()
    assert case.payment is BankAction.RELEASE


async def test_a_customer_who_hung_up_while_they_waited_is_let_in_again_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.alert()
        await home.dispatch.next()
        first = await home.claim("a-1:1")
        code = await home.code()
        await home.arrive(code)
        assert await home.refused(code, "inbound-2") == "callback_code_used"
        home.dispatch.down = True
        assert await home.refused(code, "inbound-2") == "callback_code_used"
        home.dispatch.down = False
        home.dispatch.left.add(ROOM)
        assert await home.arrive(code, "inbound-2") == "agent"
        await home.end(first, DialEnded(1, Disposition.BUSY, "sip_486"))
        assert await home.dispatch.next() == ("inbound-2", "a-1:2")
    assert len(home.dispatch.summoned) == 2


async def test_a_caller_to_whom_no_worker_comes_keeps_their_line_to_hear_so(tmp_path: Path) -> None:
    async with house(tmp_path, QUICK) as home:
        await home.unreached()
        await home.arrive(await home.code())
        for _ in range(QUICK.dispatches):
            assert await home.dispatch.next() == (ROOM, "a-1:2")
        case = await home.until(lambda case: case.attempts[1].ended_at is not None)
    assert (case.attempts[1].detail, case.state) == ("no_worker", CaseState.WAITING)
    assert ROOM not in home.dispatch.closed


@pytest.mark.parametrize("leg", ["inbound", "livekit"])
async def test_a_call_whose_worker_is_lost_takes_its_line_along(tmp_path: Path, leg: str) -> None:
    limits = LeaseLimits(claim=timedelta(seconds=60), grace=timedelta(seconds=0.2), dispatches=1)
    async with house(tmp_path, limits) as home:
        await home.unreached()
        if leg == "inbound":
            await home.arrive(await home.code())
        else:
            arrived = CustomerArrived(Arrival.VIDEO, ROOM)
            await home.runtime.intake.record("a-1", arrived, event_id="came", at=CLOCK.now())
        await home.dispatch.next()
        assert (await home.claim("a-1:2"))["leg"] == leg
        case = await home.until(lambda case: case.attempts[1].ended_at is not None)
    assert case.attempts[1].detail == "worker_lost"
    assert ROOM in home.dispatch.closed


async def test_a_customer_who_is_being_called_about_another_payment_is_met_where_they_ring(tmp_path: Path) -> None:
    async with house(tmp_path, dials=2) as home:
        await home.unreached()
        await home.alert("b-1", customer="a-1")
        assert await home.dispatch.next() == (room_name("b-1:1"), "b-1:1")
        assert await home.arrive(await home.code()) == "agent"
        assert await home.dispatch.next() == (ROOM, "a-1:2")
