"""A reviewer's page gets its line into a worker's call through a real LiveKit room: heard by nobody, then heard."""

from __future__ import annotations

import asyncio
import contextlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from cases.domain import events as ev
from cases.domain.transfer import ReviewerPart
from cases.domain.vocabulary import Disposition, Language
from riskcall.people import reviewer_room
from riskcall.servers import confirm_ready, listen, origin_of, serving
from telephony.leg import FRAME_MS, Invitation
from telephony.livekit import CUSTOMER, RoomLeg
from telephony.people.handover import Order, OrderKind
from tests.support.chromium import Chromium
from tests.support.desk_harness import PASSWORD, desk
from tests.support.needs import lacks
from tests.support.phone_network import PhoneNetwork
from tests.support.sound import tone

pytestmark = [pytest.mark.audio, pytest.mark.timeout(180)]


async def test_a_reviewers_page_listens_and_then_speaks(tmp_path: Path, phone_network: PhoneNetwork) -> None:
    if not (Path(str(files("desk"))) / "static/vendor/livekit-client.esm.mjs").exists():
        lacks("the page's client library is not built: `make web` builds it")
    access = phone_network.access

    def room_token(attempt_id: str, by: str) -> str:
        return access.token(reviewer_room(attempt_id, by), CUSTOMER)

    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(listen("127.0.0.1", 0))
        origin = origin_of(sock)
        bench = await stack.enter_async_context(
            desk(tmp_path, origin=origin, rooms=room_token, rooms_at=access.socket_url)
        )
        await bench.open_case()
        await bench.record("alert-1", ev.CallAnswered(1), "answered")
        orders: asyncio.Queue[Order] = asyncio.Queue()
        assert bench.deps.people is not None
        bench.deps.people.calls.attach("alert-1", orders.put_nowait, rooms=True)
        await stack.enter_async_context(serving(bench.app, sock))
        await confirm_ready(sock)
        browser = await stack.enter_async_context(Chromium.launch())
        page = await browser.open(f"{origin}/cases/alert-1")
        await page.fill("input[name=name]", "m.lindqvist")
        await page.fill("input[name=password]", PASSWORD)
        await page.follow("button[type=submit].primary")
        await page.until("document.querySelector('#order-listen')")
        await page.click("#order-listen")
        ordered = await asyncio.wait_for(orders.get(), 30)
        assert (ordered.kind, ordered.by) == (OrderKind.LISTEN, "m.lindqvist")

        leg = RoomLeg(access, reviewer_room("alert-1:1", "m.lindqvist"))
        invitation = Invitation("alert-1:1", "Bank", "ref", Language.EN, "", 20.0)
        assert await leg.ring(invitation) is Disposition.ANSWERED
        levels: list[float] = []

        async def hear() -> None:
            async for frame in leg.microphone():
                samples = np.frombuffer(frame, np.int16).astype(np.float64)
                levels.append(float(np.sqrt(np.mean(samples * samples))))

        async def speak() -> None:
            pcm = tone(500, 1.0, 24_000)
            for at in range(0, 100 * len(pcm), 960):
                leg.play(pcm[at % len(pcm) :][:960].ljust(960, b"\0"))
                await asyncio.sleep(FRAME_MS / 1000)

        tasks = [asyncio.create_task(hear()), asyncio.create_task(speak())]
        await page.until("document.getElementById('people-voice').srcObject?.getAudioTracks().length === 1")
        await asyncio.sleep(2)
        assert levels and max(levels) < 5, "whoever listens is heard by nobody"
        await bench.record("alert-1", ev.ReviewerJoined(1, "m.lindqvist", ReviewerPart.LISTENING), "people:1")
        await page.until("document.querySelector('#people')?.innerText.includes('You listen')")
        levels.clear()
        await page.click("#order-take_over")
        assert (await asyncio.wait_for(orders.get(), 30)).kind is OrderKind.TAKE_OVER
        await asyncio.sleep(3)
        assert max(levels) > 200, "whoever speaks is heard"
        for task in tasks:
            task.cancel()
        await leg.hang_up()
        assert page.errors == []
