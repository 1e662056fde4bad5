"""Whole calls over WebRTC in one process: a leg and a page that is played by the test."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.mediastreams import AudioStreamTrack

from cases.domain.vocabulary import Act, Disposition, Speaker
from telephony import browser_peer
from telephony import stills as stills_of_calls
from telephony.browser import BrowserLeg, BrowserSwitchboard, PageEventKind
from telephony.browser_audio import Microphone
from telephony.browser_peer import BadOfferError, Peer
from telephony.leg import Caption, Control, ControlKind, LegLostError
from tests.support.bank_app import CUSTOMER, HandClock, invitation, new_switchboard
from tests.support.scripted_page import ScriptedPage, loudest_hertz, tone_frames

CallUp = Callable[..., Awaitable[tuple[BrowserLeg, ScriptedPage]]]


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def board(clock: HandClock) -> AsyncIterator[BrowserSwitchboard]:
    board = new_switchboard(clock)
    yield board
    await board.aclose()


@pytest.fixture
async def call_up(board: BrowserSwitchboard) -> AsyncIterator[CallUp]:
    pages: list[ScriptedPage] = []

    async def up(*, video: bool = False, **changes: object) -> tuple[BrowserLeg, ScriptedPage]:
        page, leg = ScriptedPage(board, CUSTOMER), board.leg()
        pages.append(page)
        ring = asyncio.create_task(leg.ring(invitation(**changes)))
        await page.expect("ringing")
        await page.answer(video=video)
        assert await ring is Disposition.ANSWERED
        await page.expect("up")
        return leg, page

    yield up
    for page in pages:
        await page.close()


async def play_tone(leg: BrowserLeg, frames: int) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    for frame in tone_frames(700.0, frames):
        leg.play(frame)
        due += 0.02
        await asyncio.sleep(max(0.0, due - loop.time()))


async def test_voice_flows_both_ways_and_the_customer_hangs_up(call_up: CallUp) -> None:
    leg, page = await call_up()
    frames: list[bytes] = []

    async def listen() -> None:
        async for frame in leg.microphone():
            frames.append(frame)

    listening = asyncio.create_task(listen())
    await play_tone(leg, 60)
    page.say(PageEventKind.DTMF, "7")
    page.say(PageEventKind.ASK_HUMAN)
    leg.show(Caption(Speaker.AGENT, "Good morning.", True, (Act.GREET,)))
    caption = await page.expect("caption")
    assert (caption["speaker"], caption["text"], caption["final"]) == ("agent", "Good morning.", True)
    page.say(PageEventKind.HANG_UP)
    await asyncio.wait_for(listening, 10)
    assert loudest_hertz(b"".join(frames), 16_000) == pytest.approx(500, abs=20)
    heard = b"".join(page.heard)
    assert loudest_hertz(heard[-48_000 * 2 :], 48_000) == pytest.approx(700, abs=20)
    assert [control async for control in leg.controls()] == [
        Control(ControlKind.DTMF, "7"),
        Control(ControlKind.ASK_HUMAN),
        Control(ControlKind.HANG_UP),
    ]
    assert leg.detail == "customer_hung_up" and leg.kind == "browser"


async def test_a_page_that_closes_ends_the_call_as_a_hang_up(board: BrowserSwitchboard, call_up: CallUp) -> None:
    leg, page = await call_up()
    await page.close()
    async with asyncio.timeout(10):
        async for _ in leg.microphone():
            pass
    assert leg.detail == "page_closed"
    assert not board.busy(CUSTOMER)


async def test_a_connection_that_breaks_is_an_error(call_up: CallUp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_peer, "SILENT_SECONDS", 0.5)
    leg, page = await call_up()
    assert page._peer is not None
    await page._peer.getSenders()[0].stop()
    with pytest.raises(LegLostError):
        async with asyncio.timeout(20):
            async for _ in leg.microphone():
                pass
    assert leg.detail == "audio_lost"
    assert (await page.expect("ended"))["reason"] == "audio_lost"


async def test_our_hang_up_ends_the_page_and_twice_is_once(call_up: CallUp) -> None:
    leg, page = await call_up()
    await leg.hang_up()
    await leg.hang_up()
    assert (await page.expect("ended"))["reason"] == "agent_hung_up"
    assert page.types().count("ended") == 1
    leg.play(bytes(960))


@pytest.mark.parametrize(
    ("allowed", "consent", "kept"), [(True, "yes", True), (True, "no", False), (False, "yes", False)]
)
async def test_stills_need_both_consents(
    call_up: CallUp, monkeypatch: pytest.MonkeyPatch, allowed: bool, consent: str, kept: bool
) -> None:
    monkeypatch.setattr(stills_of_calls, "STILL_SPACING_SECONDS", 0.0)
    seen = asyncio.Event()
    keep = stills_of_calls.Stills.offer

    async def counted(stills: stills_of_calls.Stills, frame: object) -> None:
        await keep(stills, frame)  # type: ignore[arg-type]
        if stills._answered_at is not None and (stills.kept or not kept):
            seen.set()

    monkeypatch.setattr(stills_of_calls.Stills, "offer", counted)
    leg, page = await call_up(video=True, stills_allowed=allowed)
    page.say(PageEventKind.STILLS, consent)
    await asyncio.wait_for(seen.wait(), 30)
    stills = leg.stills()
    assert bool(stills) is kept
    for still in stills:
        assert still.jpeg.startswith(b"\xff\xd8") and still.offset_ms >= 0
    if kept:
        await asyncio.wait_for(_until(lambda: len(leg.stills()) == stills_of_calls.MAX_STILLS, seen), 30)
        page.say(PageEventKind.STILLS, "no")
        assert leg.stills() == ()
    await leg.hang_up()


async def _until(condition: object, woken: asyncio.Event) -> None:
    assert callable(condition)
    while not condition():
        woken.clear()
        await woken.wait()


async def offer() -> str:
    peer = RTCPeerConnection(RTCConfiguration([]))
    peer.addTrack(AudioStreamTrack())
    peer.addTransceiver("video", direction="sendonly")
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp
    await peer.close()
    return sdp


async def test_any_damage_to_an_offer_is_refused_or_answered() -> None:
    good = await offer()
    rng = random.Random(20260302)
    for _ in range(150):
        peer = Peer((), Microphone(), lambda: None, lambda: None)
        try:
            assert "m=audio" in await peer.accept(_damaged(good, rng))
        except BadOfferError as error:
            assert error.code == "bad_offer"
        finally:
            await peer.close()


def _damaged(offer: str, rng: random.Random) -> str:
    lines = offer.split("\r\n")
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(lines))
        line = lines[place]
        cut = rng.randrange(len(line) + 1)
        lines[place : place + 1] = rng.choice(
            [[], [line, line], [line[:cut]], [line[:cut] + chr(rng.randrange(32, 127)) + line[cut + 1 :]]]
        )
    return "\r\n".join(lines)


@pytest.mark.parametrize(
    "change",
    [
        lambda sdp: sdp + "a=" + "x" * 20_000,
        lambda sdp: sdp.replace("m=video", "m=application"),
        lambda sdp: sdp.replace(
            "a=candidate", "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 41 + "a=candidate", 1
        ),
        lambda sdp: sdp.replace("BUNDLE 0 1", "BUNDLE 0"),
        lambda sdp: sdp.replace("a=mid:1", "a=mid:0"),
        lambda sdp: "\r\n".join(line for line in sdp.split("\r\n") if not line.startswith("a=fingerprint")),
        lambda sdp: sdp.replace("s=-", "s=\u202e"),
    ],
)
async def test_offers_beyond_the_limits_never_reach_the_parser(change: object) -> None:
    assert callable(change)
    peer = Peer((), Microphone(), lambda: None, lambda: None)
    with pytest.raises(BadOfferError):
        await peer.accept(change(await offer()))
    assert peer._connection.signalingState == "stable"
    await peer.close()


async def test_lost_packets_cost_their_own_length_and_no_lasting_delay(call_up: CallUp) -> None:
    rng = random.Random(7)
    leg, page = await call_up()
    assert leg._peer is not None
    (receiver,) = [each for each in leg._peer._connection.getReceivers() if each.track.kind == "audio"]
    deliver = receiver._handle_rtp_packet
    waiting: list[int] = []
    delivered = heard = 0

    async def lossy(packet: object, arrival_time_ms: int) -> None:
        nonlocal delivered
        if rng.random() >= 0.05:
            delivered += 1
            await deliver(packet, arrival_time_ms)

    hear = leg._microphone.hear

    def counted(frame: object) -> None:
        nonlocal heard
        heard += 1
        waiting.append(delivered - heard)
        hear(frame)  # type: ignore[arg-type]

    receiver._handle_rtp_packet = lossy  # type: ignore[method-assign]
    leg._microphone.hear = counted  # type: ignore[method-assign, assignment]
    count = 0
    async for _ in leg.microphone():
        count += 1
        if count == 150:
            break
    assert float(np.median(waiting)) <= 1
    await leg.hang_up()


async def test_expiry_is_no_concern_of_a_call_that_is_up(
    clock: HandClock, board: BrowserSwitchboard, call_up: CallUp
) -> None:
    leg, page = await call_up()
    clock.pass_time(timedelta(hours=3))
    board.close_expired(CUSTOMER)
    assert leg.detail == "" and board.pages(CUSTOMER) == (page.page,)
    await leg.hang_up()
    board.close_expired(CUSTOMER)
    assert board.pages(CUSTOMER) == ()


async def test_work_on_media_that_fails_ends_the_call_and_is_logged(
    call_up: CallUp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    leg, _ = await call_up()

    def broken(frame: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(leg._microphone, "hear", broken)
    with pytest.raises(LegLostError):
        async with asyncio.timeout(10):
            async for _ in leg.microphone():
                pass
    assert leg.detail == "audio_lost"
    assert "media of a page failed" in caplog.text
