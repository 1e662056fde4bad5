"""A reviewer's page gets its line into a worker's call through a real LiveKit room: a listener can send nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from livekit import api, rtc

from cases.domain import events as ev
from cases.domain.transfer import ReviewerPart
from cases.domain.vocabulary import Disposition, Language
from desk.deps import Admission
from riskcall.people import reviewer_room
from riskcall.servers import confirm_ready, listen, origin_of, serving
from riskcall.video import CLIENT
from telephony.leg import FRAME_MS, SPEAKER_FRAME_BYTES, SPEAKER_RATE, Invitation
from telephony.livekit import CUSTOMER, LiveKitAccess, ReviewerLeg, listener_token
from telephony.people.handover import Order, OrderKind
from tests.support.chromium import Chromium, Page
from tests.support.desk_harness import PASSWORD, Desk, desk
from tests.support.needs import lacks
from tests.support.page_sound import EARS, until_heard
from tests.support.phone_network import PhoneNetwork
from tests.support.sound import tone

pytestmark = [pytest.mark.audio, pytest.mark.timeout(180)]
KEY = "a-passphrase-that-the-server-of-the-room-does-not-have"
ROOM = reviewer_room("alert-1:1", "m.lindqvist")
INVITATION = Invitation("alert-1:1", "Bank", "ref", Language.EN, "", 20.0)
AGENT_HZ = 500
WAIT_S = 20.0


class Call:
    """The agent's end of a reviewer's line: hums, and hears."""

    def __init__(self, leg: ReviewerLeg) -> None:
        self.leg = leg
        self.loudest = 0.0
        self._heard = asyncio.Event()
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._hum())]

    @classmethod
    @contextlib.asynccontextmanager
    async def on(cls, leg: ReviewerLeg) -> AsyncIterator[Call]:
        """A line that the reviewer's page is on."""
        assert await leg.ring(INVITATION) is Disposition.ANSWERED
        call = cls(leg)
        try:
            yield call
        finally:
            for task in call._tasks:
                task.cancel()
            await asyncio.gather(*call._tasks, return_exceptions=True)
            await leg.hang_up()

    async def hears(self, above: float) -> None:
        """Return once something as loud has come."""
        self.loudest = 0.0
        async with asyncio.timeout(WAIT_S):
            while self.loudest < above:
                self._heard.clear()
                await self._heard.wait()

    async def loudest_within(self, seconds: float) -> float:
        """What comes at its loudest for so long."""
        self.loudest = 0.0
        await asyncio.sleep(seconds)
        return self.loudest

    async def _hear(self) -> None:
        async for frame in self.leg.microphone():
            samples = np.frombuffer(frame, np.int16).astype(np.float64)
            self.loudest = max(self.loudest, float(np.sqrt(np.mean(samples * samples))))
            self._heard.set()

    async def _hum(self) -> None:
        pcm, loop = tone(AGENT_HZ, 1.0, SPEAKER_RATE), asyncio.get_running_loop()
        began = loop.time()
        for count in range(100_000):
            at = count * SPEAKER_FRAME_BYTES % len(pcm)
            self.leg.play(pcm[at : at + SPEAKER_FRAME_BYTES].ljust(SPEAKER_FRAME_BYTES, b"\0"))
            await asyncio.sleep(max(0.0, began + (count + 1) * FRAME_MS / 1000 - loop.time()))


async def seen_by_server(access: LiveKitAccess) -> tuple[bool, int]:
    """Whether the server takes tracks of the reviewer, and how many there are."""
    async with access.client() as client:
        who = await client.room.get_participant(api.RoomParticipantIdentity(room=ROOM, identity=CUSTOMER))
    return who.permission.can_publish or who.permission.can_publish_data, len(who.tracks)


async def until_seen(access: LiveKitAccess, what: tuple[bool, int]) -> None:
    """Return once the server sees the reviewer so."""
    async with asyncio.timeout(WAIT_S):
        while await seen_by_server(access) != what:  # noqa: ASYNC110 - the server is asked
            await asyncio.sleep(0.05)


@dataclass
class Reviewing:
    """A reviewer's page on the case of a running call, and what it orders."""

    bench: Desk
    page: Page
    orders: asyncio.Queue[Order]

    async def press(self, kind: OrderKind) -> None:
        await self.page.click(f"#order-{kind.value}")
        order = await asyncio.wait_for(self.orders.get(), 30)
        assert (order.kind, order.by) == (kind, "m.lindqvist")


@contextlib.asynccontextmanager
async def reviewing(folder: Path, access: LiveKitAccess) -> AsyncIterator[Reviewing]:
    def let_in(attempt_id: str, by: str) -> Admission:
        return Admission(access.socket_url, listener_token(access, reviewer_room(attempt_id, by)), KEY)

    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(listen("127.0.0.1", 0))
        origin = origin_of(sock)
        bench = await stack.enter_async_context(desk(folder, origin=origin, rooms=let_in, rooms_at=access.socket_url))
        await bench.open_case()
        await bench.record("alert-1", ev.CallAnswered(1), "answered")
        orders: asyncio.Queue[Order] = asyncio.Queue()
        assert bench.deps.people is not None
        bench.deps.people.calls.attach("alert-1", orders.put_nowait, rooms=True)
        await stack.enter_async_context(serving(bench.app, sock))
        await confirm_ready(sock)
        browser = await stack.enter_async_context(Chromium.launch())
        page = await browser.open(f"{origin}/cases/alert-1", before=EARS)
        await page.fill("input[name=name]", "m.lindqvist")
        await page.fill("input[name=password]", PASSWORD)
        await page.follow("button[type=submit].primary")
        yield Reviewing(bench, page, orders)
        assert page.errors == []


async def test_a_reviewers_page_listens_speaks_and_listens_again(tmp_path: Path, phone_network: PhoneNetwork) -> None:
    if not (Path(str(files("desk"))) / CLIENT).exists():
        lacks("the page's client library is not built: `make web` builds it")
    access = phone_network.access
    async with reviewing(tmp_path, access) as desk:
        await desk.press(OrderKind.LISTEN)
        async with Call.on(ReviewerLeg(access, ROOM, key=KEY.encode())) as call:
            await desk.page.until("document.getElementById('people-voice').srcObject?.getAudioTracks().length === 1")
            await until_heard(desk.page, "people-voice", AGENT_HZ)
            assert await seen_by_server(access) == (False, 0)
            await desk.bench.record("alert-1", ev.ReviewerJoined(1, "m.lindqvist", ReviewerPart.LISTENING), "people:1")
            await desk.page.until("document.querySelector('#people')?.innerText.includes('You listen')")
            await desk.press(OrderKind.TAKE_OVER)
            assert await call.loudest_within(1.0) < 5, "whoever is not let speak is heard by nobody"
            await call.leg.let_speak(True)
            await call.hears(above=200)
            await call.leg.let_speak(False)
            await until_seen(access, (False, 0))
            await asyncio.sleep(0.5)
            assert await call.loudest_within(1.5) < 5, "whoever listens again is heard by nobody"


async def refused(room: rtc.Room, source: rtc.TrackSource.ValueType) -> bool:
    """Whether the server takes no track of a kind."""
    audio = source == rtc.TrackSource.SOURCE_MICROPHONE
    track: rtc.LocalTrack
    if audio:
        track = rtc.LocalAudioTrack.create_audio_track("voice", rtc.AudioSource(SPEAKER_RATE, 1))
    else:
        track = rtc.LocalVideoTrack.create_video_track("picture", rtc.VideoSource(64, 64))
    try:
        await asyncio.wait_for(room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=source)), 2)
    except (rtc.participant.PublishTrackError, TimeoutError):
        return True
    return False


async def test_the_server_takes_nothing_from_a_listener(phone_network: PhoneNetwork) -> None:
    access = phone_network.access
    room = rtc.Room()
    await room.connect(access.socket_url, listener_token(access, ROOM))
    try:
        async with Call.on(ReviewerLeg(access, ROOM)) as call:
            for source in (rtc.TrackSource.SOURCE_MICROPHONE, rtc.TrackSource.SOURCE_SCREENSHARE):
                assert await refused(room, source)
            await room.local_participant.publish_data('{"kind": "hang_up"}', topic="riskcall.controls")
            assert await seen_by_server(access) == (False, 0)
            await call.leg.let_speak(True)
            assert await refused(room, rtc.TrackSource.SOURCE_SCREENSHARE)
            assert not await refused(room, rtc.TrackSource.SOURCE_MICROPHONE)
            await until_seen(access, (True, 1))
            await call.leg.let_speak(False)
            await until_seen(access, (False, 0))
            assert await refused(room, rtc.TrackSource.SOURCE_MICROPHONE)
            assert call.leg.call.end is None, "a listener's data reach nobody"
    finally:
        await room.disconnect()


async def test_who_has_no_key_hears_nothing_of_an_encrypted_line(phone_network: PhoneNetwork) -> None:
    access = phone_network.access
    levels: list[float] = []

    async def reviewer(encryption: rtc.E2EEOptions | None) -> float:
        room = rtc.Room()
        came: asyncio.Future[rtc.Track] = asyncio.get_running_loop().create_future()
        room.on("track_subscribed", lambda track, *_: came.done() or came.set_result(track))
        await room.connect(access.socket_url, listener_token(access, ROOM), rtc.RoomOptions(encryption=encryption))
        try:
            async with Call.on(ReviewerLeg(access, ROOM, key=KEY.encode())):
                return await _level(await asyncio.wait_for(came, WAIT_S))
        finally:
            await room.disconnect()

    shared = rtc.E2EEOptions(key_provider_options=rtc.KeyProviderOptions(shared_key=KEY.encode()))
    for encryption in (shared, None):
        levels.append(await reviewer(encryption))
    assert levels[0] > 2_000 and levels[1] < levels[0] / 10, levels


async def _level(track: rtc.Track) -> float:
    """Level of the agent's tone in a second of a track."""
    stream = rtc.AudioStream(track, sample_rate=SPEAKER_RATE, num_channels=1, frame_size_ms=FRAME_MS)
    frames: list[bytes] = []
    try:
        async with asyncio.timeout(WAIT_S):
            async for event in stream:
                frames.append(bytes(event.frame.data))
                if len(frames) >= 100:
                    break
    finally:
        await stream.aclose()
    samples = np.frombuffer(b"".join(frames[50:]), np.int16).astype(np.float64)
    at = np.arange(samples.size) / SPEAKER_RATE
    return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * AGENT_HZ * at))))
