"""A video session in a real browser over a real LiveKit server, encrypted end to end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from livekit import rtc

from cases.domain import events as ev
from cases.domain.vocabulary import Act, Disposition, Language, Speaker
from desk.deps import Admission
from desk.routes.video import router as video_page
from desk.summons import Summonses
from riskcall.servers import confirm_ready, listen, origin_of, serving
from telephony.leg import FRAME_MS, SPEAKER_FRAME_BYTES, SPEAKER_RATE, Caption, ControlKind, Invitation
from telephony.livekit import CUSTOMER, LiveKitAccess, RoomLeg
from telephony.stills import Stills
from tests.support.chromium import Chromium, Page
from tests.support.desk_cases import alert
from tests.support.desk_harness import Desk, desk
from tests.support.needs import lacks
from tests.support.phone_network import PhoneNetwork

pytestmark = pytest.mark.audio
PLAIN = "anybody reads this"
KEY = "a-passphrase-that-the-server-of-the-room-does-not-have"


@dataclass
class Sessions:
    """The page served on this machine, and the rooms its customers are let into."""

    desk: Desk
    origin: str
    access: LiveKitAccess
    rooms: asyncio.Queue[str]
    key: str = KEY
    records: bool = False

    def admit(self, room: str) -> Admission:
        """Let the customer into a room."""
        self.rooms.put_nowait(room)
        token = self.access.token(room, CUSTOMER, publishes=("microphone", "camera"))
        return Admission(self.access.socket_url, token, self.key, self.records)

    async def link(self) -> tuple[str, str]:
        """A case whose customer was not reached, and a link to a session about it."""
        agreed = alert()
        consent = replace(agreed.customer.consent, video_stills=True)
        case = await self.desk.open_case(replace(agreed, customer=replace(agreed.customer, consent=consent)))
        await self.desk.record(case.id, ev.DialEnded(1, Disposition.NO_ANSWER), "no answer")
        summonses = Summonses(self.desk.intake, self.desk.store, self.desk.clock)
        token, _ = await summonses.issue(case.id, case.alert.hold_deadline - case.alert.raised_at, by="bank")
        return case.id, f"{self.origin}/video/{token}"


@pytest.fixture
async def sessions(tmp_path: Path, phone_network: PhoneNetwork) -> AsyncIterator[Sessions]:
    if not (Path(str(files("desk"))) / "static/vendor/livekit-client.esm.mjs").exists():
        lacks("the page's client library is not built: `make web` builds it")
    access = LiveKitAccess(phone_network.url, phone_network.api_key, phone_network.api_secret)
    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(listen("127.0.0.1", 0))
        origin = origin_of(sock)
        made = await stack.enter_async_context(desk(tmp_path, origin=origin))
        opened = Sessions(made, origin, access, asyncio.Queue())
        made.app.include_router(
            video_page(
                Summonses(made.intake, made.store, made.clock),
                admit=opened.admit,
                clock=made.clock,
                bank_name="Northbridge Bank",
                origins=(origin,),
                livekit_url=access.socket_url,
            )
        )
        await stack.enter_async_context(serving(made.app, sock))
        await confirm_ready(sock)
        yield opened


@contextlib.asynccontextmanager
async def hum(leg: RoomLeg) -> AsyncIterator[None]:
    """The agent's voice: a tone."""
    times = np.arange(SPEAKER_FRAME_BYTES // 2) / SPEAKER_RATE
    frame = (6000 * np.sin(2 * np.pi * 250 * times)).astype(np.int16).tobytes()

    async def speak() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for count in range(1_000_000):
            leg.play(frame)
            await asyncio.sleep(max(0.0, began + (count + 1) * FRAME_MS / 1000 - loop.time()))

    speaking = asyncio.create_task(speak())
    try:
        yield
    finally:
        speaking.cancel()
        await asyncio.wait({speaking})


@contextlib.asynccontextmanager
async def overheard(access: LiveKitAccess, room: str) -> AsyncIterator[list[str]]:
    """What data packets somebody in the room can read who has no key, as the LiveKit server has none."""
    spy, plain = rtc.Room(), rtc.Room()
    readable: list[str] = []
    came = asyncio.Event()

    def read(packet: rtc.DataPacket) -> None:
        readable.append(packet.data.decode())
        came.set()

    spy.on("data_received", read)
    await spy.connect(access.socket_url, access.token(room, "spy", publishes=(), hidden=True))
    await plain.connect(access.socket_url, access.token(room, "plain"))
    try:
        yield readable
        await plain.local_participant.publish_data(PLAIN)
        await asyncio.wait_for(came.wait(), 10)
    finally:
        await plain.disconnect()
        await spy.disconnect()


def still_kept(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a still frame is kept."""
    kept = asyncio.Event()
    offer = Stills.offer

    async def noted(stills: Stills, frame: object) -> None:
        await offer(stills, frame)  # type: ignore[arg-type]
        if stills.kept:
            kept.set()

    monkeypatch.setattr(Stills, "offer", noted)
    return kept


async def joined(browser: Chromium, url: str) -> Page:
    """The page, with the button pressed."""
    page = await browser.open(url, width=390, height=844)
    await page.until("document.body.dataset.ready === 'yes'")
    await page.click("#with-camera")
    await page.click("#answer")
    return page


async def test_a_customer_joins_by_link_sees_and_hears_the_agent_and_leaves(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = still_kept(monkeypatch)
    case_id, url = await sessions.link()
    async with Chromium.launch() as browser:
        page = await joined(browser, url)
        await page.until("document.body.dataset.screen === 'connecting'")
        room = await asyncio.wait_for(sessions.rooms.get(), 30)
        leg = RoomLeg(sessions.access, room, key=KEY.encode())
        invitation = Invitation(f"{case_id}:2", "Northbridge Bank", "c", Language.EN, "42", 30.0, True)
        assert await leg.ring(invitation) is Disposition.ANSWERED
        await sessions.desk.record(case_id, ev.DialPlaced(2, leg.kind, "42"), "placed")
        try:
            async with overheard(sessions.access, room) as readable, hum(leg):
                await page.until("document.body.dataset.screen === 'call'")
                leg.show(Caption(Speaker.AGENT, "Good morning, this is the automated assistant.", True, (Act.GREET,)))
                await page.until("document.querySelector('#captions').textContent.includes('automated assistant')")
                await page.until("[...document.querySelectorAll('[data-code]')].some((e) => e.textContent === '42')")
                await page.until("document.querySelector('#voice').srcObject?.getAudioTracks().length === 1")
                await hears_the_customer(leg)
                await page.click("#stills-now")
                await asyncio.wait_for(kept.wait(), 20)
                assert leg.stills()[0].jpeg.startswith(b"\xff\xd8")
                await page.click("#keys")
                await page.click("#keypad [data-digit='1']")
                controls = leg.controls()
                pressed = await asyncio.wait_for(anext(controls), 10)
                assert (pressed.kind, pressed.value) == (ControlKind.DTMF, "1")
                await page.click("#person")
                assert (await asyncio.wait_for(anext(controls), 10)).kind is ControlKind.ASK_HUMAN
                await page.click("#hang-up")
                assert (await asyncio.wait_for(anext(controls), 10)).kind is ControlKind.HANG_UP
                await page.until("document.body.dataset.screen === 'ended'")
            assert readable == [PLAIN], "captions and keys are encrypted"
        finally:
            await leg.hang_up()


async def test_when_the_agent_hangs_up_the_page_says_so(sessions: Sessions) -> None:
    case_id, url = await sessions.link()
    async with Chromium.launch() as browser:
        page = await joined(browser, url)
        room = await asyncio.wait_for(sessions.rooms.get(), 30)
        leg = RoomLeg(sessions.access, room, key=KEY.encode())
        invitation = Invitation(f"{case_id}:2", "Northbridge Bank", "c", Language.EN, "42", 30.0)
        assert await leg.ring(invitation) is Disposition.ANSWERED
        async with hum(leg):
            await page.until("document.body.dataset.screen === 'call'")
        await leg.hang_up()
        assert leg.stills() == ()
        await page.until("document.body.dataset.screen === 'ended'")
        await page.until("document.querySelector('#ended-title').textContent === 'Session ended'")


async def test_where_pictures_are_recorded_the_page_says_so_and_the_agent_learns_of_it(sessions: Sessions) -> None:
    sessions.key, sessions.records = "", True
    case_id, url = await sessions.link()
    async with Chromium.launch() as browser:
        page = await joined(browser, url)
        room = await asyncio.wait_for(sessions.rooms.get(), 30)
        leg = RoomLeg(sessions.access, room)
        invitation = Invitation(f"{case_id}:2", "Northbridge Bank", "c", Language.EN, "42", 30.0, True)
        assert await leg.ring(invitation) is Disposition.ANSWERED
        try:
            async with hum(leg), contextlib.aclosing(leg.picture()) as changes:  # type: ignore[type-var]
                await page.until("document.body.dataset.screen === 'call'")
                await page.until("document.querySelector('#stills-in-call').textContent.includes('recorded')")
                await page.click("#stills-now")
                assert (await asyncio.wait_for(anext(changes), 20)).track.startswith("TR_")
                await page.until("document.querySelector('#call-note').textContent.includes('being recorded')")
                await page.click("#stills-now")
                assert (await asyncio.wait_for(anext(changes), 20)).track == ""
                await page.until("document.querySelector('#call-note').textContent.includes('will be deleted')")
        finally:
            await leg.hang_up()


async def hears_the_customer(leg: RoomLeg) -> None:
    """Chromium's microphone beeps: the agent hears it, decrypted."""
    frames = leg.microphone()
    async with asyncio.timeout(20):
        async for frame in frames:
            if float(np.abs(np.frombuffer(frame, np.int16).astype(np.float32)).max()) > 1_000:
                return
    raise AssertionError("the agent heard nothing")


async def test_the_page_can_offer_no_screen(sessions: Sessions) -> None:
    _, url = await sessions.link()
    async with Chromium.launch() as browser:
        page = await browser.open(url)
        await page.until("document.body.dataset.ready === 'yes'")
        shared = "navigator.mediaDevices.getDisplayMedia({video: true}).then(() => 'shared', (error) => error.name)"
        assert await page.evaluate(shared) == "NotAllowedError"
        assert await page.evaluate("document.featurePolicy.allowsFeature('display-capture')") is False


async def test_a_screen_is_not_taken_from_a_customer(phone_network: PhoneNetwork) -> None:
    access = LiveKitAccess(phone_network.url, phone_network.api_key, phone_network.api_secret)
    room = rtc.Room()
    token = access.token("video-screen", CUSTOMER, publishes=("microphone", "camera"))
    await room.connect(access.socket_url, token)
    try:
        track = rtc.LocalVideoTrack.create_video_track("screen", rtc.VideoSource(64, 64))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_SCREENSHARE)
        with pytest.raises((rtc.participant.PublishTrackError, TimeoutError)):
            await asyncio.wait_for(room.local_participant.publish_track(track, options), 2)
        camera = rtc.LocalVideoTrack.create_video_track("camera", rtc.VideoSource(64, 64))
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA)
        await asyncio.wait_for(room.local_participant.publish_track(camera, options), 5)
    finally:
        await room.disconnect()
