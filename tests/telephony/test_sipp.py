"""How carriers and exchanges answer, played by SIPp: each way gives its Disposition on a SipLeg."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import MIC_RATE, SPEAKER_FRAME_BYTES, Invitation
from telephony.livekit import LiveKitAccess, MediaEncryption, SipLeg, SipTransport, SipTrunk
from tests.support.phone_network import PhoneNetwork
from tests.support.sipp_phone import TONE_HZ, SippPhone, sipp_phone
from tests.support.sound import hertz_of

pytestmark = pytest.mark.audio
NUMBER, CALLER = "+447700900001", "+442079460001"
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)
REFUSALS = [
    (404, "Not Found", Disposition.FAILED),
    (480, "Temporarily Unavailable", Disposition.NO_ANSWER),
    (486, "Busy Here", Disposition.BUSY),
    (500, "Server Internal Error", Disposition.FAILED),
    (503, "Service Unavailable", Disposition.FAILED),
    (600, "Busy Everywhere", Disposition.BUSY),
    (603, "Decline", Disposition.REJECTED),
    (604, "Does Not Exist Anywhere", Disposition.FAILED),
]


def leg_to(phone: SippPhone, network: PhoneNetwork, room: str) -> SipLeg:
    access = LiveKitAccess(network.url, network.api_key, network.api_secret)
    trunk = SipTrunk(
        address=phone.address,
        transport=SipTransport.UDP,
        caller_id=CALLER,
        media_encryption=MediaEncryption.OFF,
    )
    return SipLeg(access, trunk, NUMBER, room)


async def dial(leg: SipLeg, ring_seconds: float = 20.0) -> Disposition:
    return await asyncio.wait_for(leg.ring(replace(INVITATION, ring_seconds=ring_seconds)), 30)


async def ended(phone: SippPhone) -> None:
    await asyncio.to_thread(phone.wait_for_end)


async def hear(leg: SipLeg, frames: int | None = None) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """So many frames of the customer, or all until the line ends."""
    heard = bytearray()
    async with asyncio.timeout(20):
        async for frame in leg.microphone():
            leg.play(bytes(SPEAKER_FRAME_BYTES))
            heard += frame
            if frames is not None and len(heard) >= frames * len(frame):
                break
    return np.frombuffer(bytes(heard), np.int16)


@pytest.mark.parametrize(("status", "reason", "disposition"), REFUSALS)
async def test_a_refusal(phone_network: PhoneNetwork, status: int, reason: str, disposition: Disposition) -> None:
    with sipp_phone("refuse", phone_network, status=status, reason=reason) as phone:
        leg = leg_to(phone, phone_network, f"sipp-{status}")
        assert await dial(leg) is disposition
        await ended(phone)
        await leg.hang_up()
    assert leg.detail == f"sip_{status}"


@pytest.mark.parametrize(
    ("scenario", "disposition", "detail"),
    [
        ("refuse_at_once", Disposition.BUSY, "sip_486"),
        ("early_media_then_refuse", Disposition.BUSY, "sip_486"),
        ("redirect", Disposition.FORWARDED, "sip_302"),
    ],
)
async def test_a_call_that_is_not_taken(
    phone_network: PhoneNetwork, scenario: str, disposition: Disposition, detail: str
) -> None:
    with sipp_phone(scenario, phone_network) as phone:
        leg = leg_to(phone, phone_network, f"sipp-{scenario}")
        assert await dial(leg) is disposition
        await ended(phone)
        await leg.hang_up()
    assert leg.detail == detail


async def test_nobody_answers(phone_network: PhoneNetwork) -> None:
    with sipp_phone("no_answer", phone_network) as phone:
        leg = leg_to(phone, phone_network, "sipp-no-answer")
        assert await dial(leg, ring_seconds=1.0) is Disposition.NO_ANSWER
        await ended(phone)
        await leg.hang_up()


async def test_the_agent_gives_up_while_it_rings(phone_network: PhoneNetwork) -> None:
    with sipp_phone("no_answer", phone_network) as phone:
        leg = leg_to(phone, phone_network, "sipp-given-up")
        ring = asyncio.create_task(dial(leg))
        await asyncio.wait_for(leg.ringing(), 10)
        await leg.hang_up()
        assert await asyncio.wait_for(ring, 10) is Disposition.NO_ANSWER
        await ended(phone)


async def test_early_media_is_no_answer_and_is_not_taken_for_the_customer(phone_network: PhoneNetwork) -> None:
    with sipp_phone("early_media", phone_network) as phone:
        leg = leg_to(phone, phone_network, "sipp-early")
        ring = asyncio.create_task(dial(leg))
        await asyncio.wait_for(leg.ringing(), 10)
        assert not ring.done(), "the network plays a tone before the answer"
        assert await ring is Disposition.ANSWERED
        heard = await hear(leg, frames=75)
        await leg.hang_up()
        await ended(phone)
    assert hertz_of(heard, MIC_RATE) == pytest.approx(TONE_HZ, abs=5)


@pytest.mark.parametrize("lost", [0, 5])
async def test_the_customer_hangs_up(phone_network: PhoneNetwork, lost: int) -> None:
    with sipp_phone("hang_up", phone_network, talks_ms=1_500, lost=lost) as phone:
        leg = leg_to(phone, phone_network, f"sipp-hang-up-{lost}")
        assert await dial(leg) is Disposition.ANSWERED
        heard = await hear(leg)
        await ended(phone)
        await leg.hang_up()
    assert hertz_of(heard, MIC_RATE) == pytest.approx(TONE_HZ, abs=5)
    assert leg.detail == "customer_hung_up"


async def test_a_customer_who_hangs_up_at_once_ends_the_line(phone_network: PhoneNetwork) -> None:
    with sipp_phone("hang_up", phone_network, talks_ms=1) as phone:
        leg = leg_to(phone, phone_network, "sipp-hang-up-at-once")
        if await dial(leg) is Disposition.ANSWERED:
            await hear(leg)
        await ended(phone)
        await leg.hang_up()
    assert leg.detail == "customer_hung_up"


async def test_the_agent_hangs_up(phone_network: PhoneNetwork) -> None:
    with sipp_phone("answer", phone_network) as phone:
        leg = leg_to(phone, phone_network, "sipp-answer")
        assert await dial(leg) is Disposition.ANSWERED
        await hear(leg, frames=10)
        await leg.hang_up()
        await ended(phone)
    assert leg.detail == "agent_hung_up"
