"""What every leg promises (telephony.leg.Leg); each kind of line is tried with a customer of its own."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from livekit import api

from cases.domain.vocabulary import Act, Disposition, Language, Speaker
from telephony.browser import PageEventKind
from telephony.leg import (
    MIC_FRAME_BYTES,
    MIC_RATE,
    SPEAKER_FRAME_BYTES,
    Caption,
    Control,
    ControlKind,
    Invitation,
    Leg,
)
from telephony.livekit import InboundLeg, RoomLeg, SipLeg, room_name
from telephony.persona import persona_from
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import Playing, SipPhone, talk
from tests.support.bank_app import CUSTOMER, HandClock, new_switchboard
from tests.support.call_fakes import ToneVoice
from tests.support.phone_network import PhoneNetwork
from tests.support.room_customer import RoomCustomer
from tests.support.scripted_page import ScriptedPage

INVITATION = Invitation("case-1:1", "Bank", CUSTOMER, Language.EN, "42", 20.0)
BANK = "+442079460123"
ASKED = Caption(Speaker.AGENT, "Did you make this payment?", final=False, acts=(Act.ASK_MADE,))


@dataclass
class Line:
    """A leg with the hands of its customer; `pressed` is what `press` gives on this kind of line."""

    leg: Leg
    pick_up: Callable[[], Any]
    press: Callable[[], Any]
    hang_up: Callable[[], Any]
    pressed: Control = Control(ControlKind.ASK_HUMAN)


@asynccontextmanager
async def simulated(answers: bool = True) -> AsyncIterator[Line]:
    """A simulated customer who presses and hangs up at certain acts."""
    customer: dict[str, Any] = {
        "answered_by": "person" if answers else "no_answer",
        "events": [
            {"on": "ask_made", "after_ms": 0, "ask_human": True},
            {"on": "goodbye", "after_ms": 0, "hang_up": True},
        ],
    }
    leg = SimulatedLeg(persona_from(customer, name="test", source="test"), voice=ToneVoice(["x"]))  # type: ignore[arg-type]

    async def nothing() -> None:
        return

    def act(caption: Caption) -> Callable[[], Any]:
        async def say() -> None:
            leg.show(replace(caption, final=True))
            leg.show(caption)
            leg.play(b"\x00\x20" * (SPEAKER_FRAME_BYTES // 2))

        return say

    yield Line(leg, nothing, act(ASKED), act(replace(ASKED, acts=(Act.GOODBYE,))))


@asynccontextmanager
async def browser(answers: bool = True) -> AsyncIterator[Line]:
    """A page of the bank's app that a test plays."""
    board = new_switchboard(HandClock())
    page = ScriptedPage(board, CUSTOMER)

    async def pick_up() -> None:
        await page.expect("ringing")
        await page.answer()
        await page.expect("up")

    async def press() -> None:
        page.say(PageEventKind.ASK_HUMAN)

    async def hang_up() -> None:
        page.say(PageEventKind.HANG_UP)

    try:
        yield Line(board.leg(), pick_up, press, hang_up)
    finally:
        await page.close()
        await board.aclose()


@asynccontextmanager
async def room(network: PhoneNetwork, answers: bool = True) -> AsyncIterator[Line]:
    """A customer who joins a LiveKit room with a page."""
    page = RoomCustomer(network.access, room_name("case-1:1"))
    try:
        yield Line(RoomLeg(network.access, page.room_name), page.join, page.ask_human, page.leave)
    finally:
        await page.leave()


@asynccontextmanager
async def telephone(network: PhoneNetwork, answers: bool = True) -> AsyncIterator[Line]:
    """A customer with a telephone, through LiveKit SIP."""
    with network.phone(answers=False) as phone:

        def hand(deed: Callable[[], None]) -> Callable[[], Any]:
            return lambda: asyncio.to_thread(deed)

        yield Line(
            SipLeg(network.access, network.trunk(phone.address), phone.user, room_name("case-1:1")),
            hand(phone.answer),
            hand(lambda: phone.press("1")),
            hand(phone.hang_up),
            Control(ControlKind.DTMF, "1"),
        )


@asynccontextmanager
async def rung_in(network: PhoneNetwork, answers: bool = True) -> AsyncIterator[Line]:
    """A customer who rings the bank's number and is put into a room by LiveKit SIP."""
    direct = api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name="inbound-contract"))
    async with network.number(BANK, rule=direct) as bank, SipPhone() as phone:
        keys = Playing(bytes(MIC_RATE))
        calls: list[asyncio.Task[None]] = []

        async def pick_up() -> None:
            call = await phone.call(BANK, bank)
            await call.answered()
            calls.append(asyncio.create_task(talk(call, keys)))

        async def press() -> None:
            media = phone.calls[-1].media
            assert media is not None
            media.press("1")

        async def hang_up() -> None:
            await phone.calls[-1].hang_up()

        leg = InboundLeg(network.access, "inbound-contract")
        try:
            yield Line(leg, pick_up, press, hang_up, Control(ControlKind.DTMF, "1"))
        finally:
            await leg.hang_up()
            await keys.hang_up()
            await asyncio.gather(*calls)


Kind = Callable[..., AbstractAsyncContextManager[Line]]


@pytest.fixture(params=[simulated, browser, room, telephone, rung_in], ids=lambda kind: kind.__name__)
def kind(request: pytest.FixtureRequest) -> Kind:
    """A kind of line; those through LiveKit share the session's telephone network."""
    if request.param in (room, telephone, rung_in):
        return functools.partial(request.param, request.getfixturevalue("phone_network"))
    return request.param  # type: ignore[no-any-return]


async def connect(line: Line) -> None:
    ring = asyncio.create_task(line.leg.ring(INVITATION))
    await asyncio.wait_for(line.leg.ringing(), 10)
    await line.pick_up()
    assert await asyncio.wait_for(ring, 20) is Disposition.ANSWERED


async def listen(leg: Leg, frames: list[bytes], enough: asyncio.Event) -> None:
    async for frame in leg.microphone():
        frames.append(frame)
        if len(frames) == 25:
            enough.set()


async def test_brings_frames_until_the_agent_hangs_up(kind: Kind) -> None:
    async with kind() as line:
        await connect(line)
        frames: list[bytes] = []
        enough = asyncio.Event()
        listening = asyncio.create_task(listen(line.leg, frames, enough))
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.wait_for(enough.wait(), 20)
        assert loop.time() - began > 0.3, "real-time pace, whatever waited at the start"
        await line.leg.hang_up()
        await line.leg.hang_up()
        await asyncio.wait_for(listening, 10)
        assert {len(frame) for frame in frames} == {MIC_FRAME_BYTES}


async def test_a_customer_who_hangs_up_ends_microphone_and_controls(kind: Kind) -> None:
    async with kind() as line:
        await connect(line)
        frames: list[bytes] = []
        enough = asyncio.Event()
        listening = asyncio.create_task(listen(line.leg, frames, enough))
        pressed = asyncio.create_task(_collect(line.leg))
        await asyncio.wait_for(enough.wait(), 20)
        await line.hang_up()
        await asyncio.wait_for(listening, 10)
        assert await asyncio.wait_for(pressed, 10) == [Control(ControlKind.HANG_UP)]


async def test_tells_what_is_pressed(kind: Kind) -> None:
    async with kind() as line:
        await connect(line)
        frames: list[bytes] = []
        listening = asyncio.create_task(listen(line.leg, frames, asyncio.Event()))
        await line.press()
        controls = line.leg.controls()
        assert await asyncio.wait_for(anext(controls), 10) == line.pressed
        await line.leg.hang_up()
        await asyncio.wait_for(listening, 10)


async def test_nobody_answers(kind: Kind) -> None:
    async with kind(answers=False) as line:
        disposition = await asyncio.wait_for(line.leg.ring(replace(INVITATION, ring_seconds=0.2)), 10)
        assert disposition is Disposition.NO_ANSWER


async def test_takes_only_whole_frames(kind: Kind) -> None:
    async with kind() as line:
        await connect(line)
        line.leg.play(bytes(SPEAKER_FRAME_BYTES))
        with pytest.raises(ValueError, match="960"):
            line.leg.play(bytes(100))
        await line.leg.hang_up()
        line.leg.play(bytes(SPEAKER_FRAME_BYTES))
        line.leg.show(ASKED)


async def test_has_a_name_and_no_stills_without_consent(kind: Kind) -> None:
    async with kind() as line:
        assert line.leg.kind and line.leg.stills() == ()
        await line.leg.hang_up()


async def _collect(leg: Leg) -> list[Control]:
    return [control async for control in leg.controls()]
