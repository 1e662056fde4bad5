"""A worker's side of a call against a real server on the loopback address: held, shown, delivered once."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from agent.dialer import News
from agent.observer import CallObserver
from agent.remote.api import CallsApi
from agent.remote.call import RemoteCall
from agent.remote.delivery import deliver_abandoned
from agent.remote.errors import ApiAwayError, ApiRefusedError
from agent.remote.link import LinkTimings
from agent.remote.spool import Spool
from cases.domain.call import CallEnding
from cases.domain.case import Case
from cases.domain.events import CallAnswered, CallEnded, CustomerRinging, DialEnded, ReviewerJoined, ReviewerLeft
from cases.domain.transfer import LeftReason, ReviewerPart
from cases.domain.vocabulary import Disposition, Language
from cases.ports import Blobs, DialRequest
from desk.live import LivePhase
from riskcall.servers import listen, origin_of, serving
from telephony.leg import Leg
from telephony.people.errors import LineMissingError
from telephony.people.handover import Handover, LineKind, Order, OrderKind
from telephony.remote.documents import ClaimedCall, event_document
from telephony.remote.leases import Holding
from telephony.remote.link import EndCall
from tests.support.desk_cases import coached_call, stream_of
from tests.support.desk_harness import desk
from tests.support.remote_calls import KEY, WorkerDesk, worker_desk

QUICK = LinkTimings(heartbeat_s=0.05, first_wait_s=0.02, longest_wait_s=0.05)
RECORDING = b"OggS" + bytes(70_000)
WAIT_S = 20.0


async def until(holds: Callable[[], bool]) -> None:
    """Look until a condition holds: what the other end of a connection notices has no event here."""
    async with asyncio.timeout(WAIT_S):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


@dataclass
class Script:
    """A placement that rings, is answered, and talks until it is told to end."""

    observer: CallObserver
    blobs: Blobs
    handover: Handover | None = None
    talking: asyncio.Event = field(default_factory=asyncio.Event)
    end: asyncio.Event = field(default_factory=asyncio.Event)
    leg: str = "sip"

    async def hold(self, case: Case, request: DialRequest, news: News) -> DialEnded | CallEnded:
        call = replace(coached_call(case.id), id=request.attempt_id)
        await news.ringing()
        await news.answered()
        self.observer.started(request.attempt_id, Language.EN)
        self.observer.agent_spoke(call.turns[0])
        self.talking.set()
        ending = CallEnding.COMPLETED
        try:
            await self.end.wait()
        except asyncio.CancelledError:
            ending = CallEnding.WORKER_LOST
        media = await self.blobs.put(f"{case.id}/{request.attempt}.ogg", stream_of(RECORDING), "audio/ogg")
        return CallEnded(request.attempt, Disposition.ANSWERED, replace(call, recording=media, ending=ending))


def _no_line(order: Order, phone: str) -> Leg:
    raise LineMissingError("nobody is called here")


class House:
    """A server that can be stopped and started, and a worker."""

    def __init__(self, made: WorkerDesk, spool: Spool, port: int) -> None:
        self.made, self.spool, self.port = made, spool, port
        self.api = CallsApi(f"http://127.0.0.1:{port}", KEY)
        self.scripts: list[Script] = []

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        with listen("127.0.0.1", self.port) as sock:
            async with serving(self.made.desk.app, sock):
                yield

    def call(self) -> RemoteCall:
        def place(claimed: ClaimedCall, observer: CallObserver, blobs: Blobs, handover: Handover | None) -> Script:
            self.scripts.append(Script(observer, blobs, handover))
            return self.scripts[-1]

        return RemoteCall(self.api, self.spool, place, QUICK, reviewers=lambda claimed: _no_line)

    async def talking(self, call: RemoteCall, call_id: str) -> asyncio.Task[bool]:
        """The call, once it is answered."""
        held = asyncio.create_task(call.hold(call_id))
        await until(lambda: bool(self.scripts))
        async with asyncio.timeout(WAIT_S):
            await self.scripts[-1].talking.wait()
        return held

    async def holding(self, call_id: str, holding: Holding) -> None:
        await until(lambda: (lease := self.made.calls.find(call_id)) is not None and lease.holding is holding)

    async def events(self, case_id: str = "a-1") -> list[str]:
        kinds = (CustomerRinging, CallAnswered, DialEnded, CallEnded)
        found = await self.made.desk.store.events(case_id)
        return [type(one.event).__name__ for one in found if isinstance(one.event, kinds)]

    async def told(self, *names: str) -> None:
        """Return once the record holds these events of the call."""
        async with asyncio.timeout(WAIT_S):
            with self.made.desk.store.subscribe() as changes:
                if await self.events() == list(names):
                    return
                async for _ in changes:
                    if await self.events() == list(names):
                        return


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    with listen("127.0.0.1", 0) as sock:
        port = int(origin_of(sock).rpartition(":")[2])
    async with desk(tmp_path) as bench, worker_desk(bench) as made:
        one = House(made, Spool(tmp_path / "spool"), port)
        yield one
        await one.api.aclose()


async def test_a_call_is_held_shown_and_delivered(house: House) -> None:
    async with house.up():
        call_id = await house.made.dispatched()
        held = await house.talking(house.call(), call_id)
        await house.holding(call_id, Holding.LINKED)
        await house.told("CustomerRinging", "CallAnswered")
        assert house.made.desk.live.phase("a-1") is LivePhase.TALKING
        assert len(house.spool) == 1
        house.scripts[0].end.set()
        assert await held
    await house.told("CustomerRinging", "CallAnswered", "CallEnded")
    case = await house.made.desk.store.case("a-1")
    assert case is not None and case.calls[0].call.recording is not None
    kept = b"".join([part async for part in house.made.desk.blobs.open(case.calls[0].call.recording.key)])
    assert kept == RECORDING
    assert len(house.spool) == 0
    assert house.made.calls.find(call_id) is None


async def test_reviewers_orders_reach_the_call_and_its_news_are_events(house: House) -> None:
    people = house.made.desk.deps.people
    assert people is not None
    async with house.up():
        call_id = await house.made.dispatched()
        held = await house.talking(house.call(), call_id)
        await house.holding(call_id, Holding.LINKED)
        handover = house.scripts[0].handover
        assert handover is not None and people.calls.in_room("a-1")
        people.calls.seen("rosa")
        await until(lambda: handover.on_duty)
        order = Order(OrderKind.TAKE_OVER, "rosa", LineKind.PHONE)
        people.calls.order("a-1", order)
        async with asyncio.timeout(WAIT_S):
            assert await anext(aiter(handover.orders())) == order
        await handover.tell(ReviewerJoined(1, "rosa", ReviewerPart.TALKING), 1)
        await handover.tell(ReviewerLeft(1, "rosa", ReviewerPart.TALKING, LeftReason.DONE), 2)
        house.scripts[0].end.set()
        assert await held
    await house.told("CustomerRinging", "CallAnswered", "CallEnded")
    stored = await house.made.desk.store.events("a-1")
    keys = [one.event_id for one in stored if isinstance(one.event, ReviewerJoined | ReviewerLeft)]
    assert keys == [f"{call_id}:people:1", f"{call_id}:people:2"]
    assert not people.calls.reachable("a-1")


async def test_a_call_outlives_a_restart_of_the_server(house: House) -> None:
    call_id = await house.made.dispatched()
    async with house.up():
        held = await house.talking(house.call(), call_id)
        await house.holding(call_id, Holding.LINKED)
    await house.holding(call_id, Holding.UNLINKED)
    async with house.up():
        await house.holding(call_id, Holding.LINKED)
        lease = house.made.calls.find(call_id)
        assert lease is not None and (lease.claim, lease.link) == (1, 2)
        house.scripts[0].end.set()
        assert await held
        await house.told("CustomerRinging", "CallAnswered", "CallEnded")


async def test_a_result_waits_on_the_disk_for_a_server_that_is_away(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.remote.call.DELIVER_S", 0.2)
    call_id = await house.made.dispatched()
    async with house.up():
        held = await house.talking(house.call(), call_id)
        await house.told("CustomerRinging", "CallAnswered")
    house.scripts[0].end.set()
    assert await held
    assert len(house.spool) == 1
    with pytest.raises(ApiAwayError):
        await deliver_abandoned(house.spool, house.api)
    async with house.up():
        assert await deliver_abandoned(house.spool, house.api) == 1
        assert await deliver_abandoned(house.spool, house.api) == 0
    await house.told("CustomerRinging", "CallAnswered", "CallEnded")
    assert len(house.spool) == 0


async def test_a_result_that_comes_after_the_call_was_given_up_is_late(house: House) -> None:
    call_id = await house.made.dispatched()
    async with house.up():
        held = await house.talking(house.call(), call_id)
        await house.told("CustomerRinging", "CallAnswered")
    house.made.desk.clock.advance(timedelta(seconds=6))
    await house.made.calls.check()
    async with house.up():
        # Its link is refused: the worker hangs up by itself and delivers what was said.
        assert await held
    case = await house.made.desk.store.case("a-1")
    assert case is not None
    assert case.attempts[0].detail == "worker_lost"
    assert case.calls[0].late and case.calls[0].call.ending is CallEnding.WORKER_LOST


async def test_the_server_can_end_a_call(house: House) -> None:
    async with house.up():
        call_id = await house.made.dispatched()
        held = await house.talking(house.call(), call_id)
        await house.holding(call_id, Holding.LINKED)
        assert house.made.calls.tell(call_id, EndCall("test"))
        assert await held
    case = await house.made.desk.store.case("a-1")
    assert case is not None and case.calls[0].call.ending is CallEnding.WORKER_LOST


async def test_a_call_that_another_worker_has_is_left_alone(house: House) -> None:
    async with house.up():
        call_id = await house.made.dispatched()
        held = await house.talking(house.call(), call_id)
        assert not await house.call().hold(call_id)
        house.scripts[0].end.set()
        assert await held
    assert len(house.scripts) == 1
    await house.told("CustomerRinging", "CallAnswered", "CallEnded")


async def test_what_a_dead_process_left_without_a_result_is_let_go(house: House) -> None:
    entry = house.spool.create("a-1:1", 1)
    assert await deliver_abandoned(house.spool, house.api) == 0
    assert len(house.spool) == 1
    entry.release()
    assert await deliver_abandoned(house.spool, house.api) == 1
    assert len(house.spool) == 0


async def test_only_this_user_reads_the_spool(house: House, tmp_path: Path) -> None:
    entry = house.spool.create("a-1:1", 1)
    entry.finish([{"type": "x"}])
    for path in [tmp_path / "spool", *(tmp_path / "spool").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    entry.remove()


async def test_a_result_that_a_server_of_another_version_does_not_take_stays(
    house: House,
) -> None:
    call_id = await house.made.dispatched()
    async with house.up():
        claimed = await house.api.claim(call_id)
        strange = house.spool.create(call_id, claimed.claim)
        strange.finish([{"type": "DialEnded", "version": 99, "body": {}}])
        strange.release()
        with pytest.raises(ApiRefusedError, match="event_refused"):
            await deliver_abandoned(house.spool, house.api)
        assert len(house.spool) == 1
        (entry,) = house.spool.abandoned()
        entry.finish([event_document(DialEnded(1, Disposition.BUSY, "sip_486"))])
        entry.release()
        assert await deliver_abandoned(house.spool, house.api) == 1
    await house.told("DialEnded")
    assert len(house.spool) == 0


async def test_entries_that_wait_for_a_server_are_all_tried_again(house: House) -> None:
    calls = [await house.made.dispatched(case_id) for case_id in ("a-1", "a-2")]
    async with house.up():
        for call_id in calls:
            entry = house.spool.create(call_id, (await house.api.claim(call_id)).claim)
            entry.finish([event_document(DialEnded(1, Disposition.BUSY, "sip_486"))])
            entry.release()
    for _ in range(2):
        with pytest.raises(ApiAwayError):
            await deliver_abandoned(house.spool, house.api)
    async with house.up():
        assert await deliver_abandoned(house.spool, house.api) == 2


async def test_a_result_of_a_claim_that_was_overtaken_is_let_go(house: House) -> None:
    call_id = await house.made.dispatched()
    async with house.up():
        old = await house.api.claim(call_id)
        entry = house.spool.create(call_id, old.claim)
        entry.finish([event_document(DialEnded(1, Disposition.BUSY, "sip_486"))])
        entry.release()
        house.made.desk.clock.advance(timedelta(seconds=6))
        await house.made.calls.check()
        new = await house.api.claim(call_id)
        assert new.claim == 2
        await deliver_abandoned(house.spool, house.api)
    assert len(house.spool) == 0
    assert await house.events() == []
