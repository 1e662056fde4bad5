"""Telephone calls through LiveKit SIP, from the agent's side; how calls are refused: test_sipp.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import FORWARDED, MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE, Invitation, LegLostError
from telephony.livekit import LiveKitAccess, MediaEncryption, SipLeg, SipTransport
from telephony.livekit.errors import LiveKitRefusedError, LiveKitUnreachableError, TrunkUnencryptedError
from telephony.pacing import QUEUE_FRAMES
from telephony.sip_phone import EndedBy, IncomingCall, Playing, SipPhone, answering, unanswered
from tests.support.phone_network import PhoneNetwork, running_network
from tests.support.sound import hertz_of, tone

pytestmark = pytest.mark.audio
NUMBER = "+447700900001"
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)


@asynccontextmanager
async def leg_to(phone: SipPhone, network: PhoneNetwork, room: str) -> AsyncIterator[SipLeg]:
    leg = SipLeg(network.access, network.trunk(phone.uri), NUMBER, room)
    try:
        yield leg
    finally:
        await leg.hang_up()


async def ring(leg: SipLeg, seconds: float = 20.0) -> Disposition:
    return await asyncio.wait_for(leg.ring(replace(INVITATION, ring_seconds=seconds)), 40)


async def say(leg: SipLeg, pcm: bytes) -> None:
    """Play at the pace of the customer's frames."""
    async with asyncio.timeout(20):
        microphone = leg.microphone()
        for at in range(0, len(pcm) - SPEAKER_FRAME_BYTES + 1, SPEAKER_FRAME_BYTES):
            leg.play(pcm[at : at + SPEAKER_FRAME_BYTES])
            await anext(microphone)


async def until_the_end(leg: SipLeg) -> None:
    async with asyncio.timeout(30):
        async for _ in leg.microphone():
            pass


async def test_what_is_said_is_heard_at_once_and_whole_though_the_agent_hangs_up(phone_network: PhoneNetwork) -> None:
    async with SipPhone(answering()) as phone, leg_to(phone, phone_network, "first-word") as leg:
        assert await ring(leg) is Disposition.ANSWERED
        await say(leg, tone(900, 0.5, SPEAKER_RATE))
        call = await phone.next_call()
        await leg.hang_up()
        await asyncio.wait_for(call.over.wait(), 10)
    assert call.ended_by is EndedBy.THERE
    heard = call.recording.heard
    loud = np.flatnonzero(np.abs(heard) > 0.02)
    assert loud.size, "the customer heard nothing"
    assert hertz_of(heard[loud[0] : loud[-1]], MIC_RATE) == pytest.approx(900, abs=5)
    assert (loud[-1] - loud[0]) / MIC_RATE == pytest.approx(0.5, abs=0.06), "neither its beginning nor its end is lost"
    assert loud[0] / MIC_RATE < 1.0


async def test_the_agents_voice_is_there_before_the_answer_and_none_of_it_is_heard(
    phone_network: PhoneNetwork,
) -> None:
    leg: SipLeg

    async def once_heard(call: IncomingCall) -> None:
        call.ring()
        await asyncio.wait_for(leg.call.agent_heard.wait(), 10)
        for _ in range(QUEUE_FRAMES):
            leg.call.play(tone(600, 0.02, SPEAKER_RATE))
        await answering(after_s=0.5)(call)

    async with SipPhone(once_heard) as phone, leg_to(phone, phone_network, "handed") as leg:
        assert await ring(leg) is Disposition.ANSWERED
        call = await phone.next_call()
        answered = call.moments.answered
        assert answered is not None
        await say(leg, tone(900, 0.4, SPEAKER_RATE))
        await leg.hang_up()
    heard = call.recording.heard
    loud = np.flatnonzero(np.abs(heard) > 0.02)
    assert loud.size, "the customer heard nothing"
    assert hertz_of(heard[loud[0] : loud[-1]], MIC_RATE) == pytest.approx(900, abs=50)
    assert (loud[-1] - loud[0]) / MIC_RATE == pytest.approx(0.4, abs=0.15)


async def test_the_voice_is_handed_to_a_second_line_where_the_first_refused(phone_network: PhoneNetwork) -> None:
    async def refuses_encryption(call: IncomingCall) -> None:
        if len(phone.calls) == 1:
            call.refuse(488)
        else:
            await answering(after_s=0.0)(call)

    async with SipPhone(refuses_encryption) as phone:
        trunk = replace(phone_network.trunk(phone.uri), media_encryption=MediaEncryption.ALLOW)
        leg = SipLeg(phone_network.access, trunk, NUMBER, "handed-twice")
        assert await ring(leg) is Disposition.ANSWERED
        assert leg.call.agent_heard.is_set(), "nobody takes the voice yet"
        await say(leg, tone(900, 0.4, SPEAKER_RATE))
        await leg.hang_up()
        heard = phone.calls[1].recording.heard
    loud = np.flatnonzero(np.abs(heard) > 0.02)
    assert loud.size, "the customer heard nothing"
    assert (loud[-1] - loud[0]) / MIC_RATE == pytest.approx(0.4, abs=0.15)


async def test_a_telephone_rings_until_time_is_up(phone_network: PhoneNetwork) -> None:
    async with SipPhone(unanswered()) as phone, leg_to(phone, phone_network, "rings-out") as leg:
        assert await ring(leg, 1.0) is Disposition.NO_ANSWER
        call = await phone.next_call()
        await asyncio.wait_for(call.over.wait(), 10)
    assert call.ended_by is EndedBy.CANCELLED
    assert leg.detail == "ringing_timeout"


async def test_a_worker_that_is_stopped_leaves_no_telephone_ringing(phone_network: PhoneNetwork) -> None:
    async with SipPhone(unanswered()) as phone, leg_to(phone, phone_network, "stopped") as leg:
        ringing = asyncio.create_task(ring(leg))
        call = await asyncio.wait_for(phone.next_call(), 10)
        ringing.cancel()
        await asyncio.wait({ringing})
        await leg.hang_up()
        await asyncio.wait_for(call.over.wait(), 10)
    assert call.ended_by is EndedBy.CANCELLED


async def test_nothing_at_the_other_end_of_the_trunk(phone_network: PhoneNetwork) -> None:
    trunk = phone_network.trunk(f"127.0.0.1:{phone_network.ports.take()}")
    leg = SipLeg(phone_network.access, trunk, NUMBER, "nothing-there")
    assert await ring(leg, 1.0) is Disposition.FAILED
    await leg.hang_up()
    assert leg.detail == "no_response"


@pytest.mark.parametrize(
    ("header", "value", "detail"),
    [
        ("Diversion", "<sip:+447700900001@carrier.example>;reason=unconditional", FORWARDED),
        ("History-Info", "<sip:+447700900002@carrier.example;cause=302>;index=1.1", FORWARDED),
        ("History-Info", "<sip:+447700900001@carrier.example>;index=1", ""),
    ],
)
async def test_a_call_that_was_sent_on_says_so(
    phone_network: PhoneNetwork, header: str, value: str, detail: str
) -> None:
    async with SipPhone(answering(headers={header: value})) as phone, leg_to(phone, phone_network, "sent-on") as leg:
        assert await ring(leg) is Disposition.ANSWERED
        assert leg.detail == detail


async def test_where_encryption_is_required_nobody_is_rung_over_a_trunk_without_it(
    phone_network: PhoneNetwork,
) -> None:
    async with SipPhone() as phone:
        trunk = replace(phone_network.trunk(phone.uri), media_encryption=MediaEncryption.REQUIRE)
        leg = SipLeg(phone_network.access, trunk, NUMBER, "unencrypted")
        with pytest.raises(TrunkUnencryptedError, match="tls"):
            await ring(leg)
        await leg.hang_up()
        assert not phone.calls


def test_encrypted_signalling_may_carry_keys() -> None:
    trunk = replace(PhoneNetwork.trunk("sip.example"), media_encryption=MediaEncryption.REQUIRE)
    replace(trunk, transport=SipTransport.TLS).check()
    replace(trunk, trunk_id="ST_1").check()
    with pytest.raises(TrunkUnencryptedError):
        replace(trunk, transport=SipTransport.TCP).check()


def test_no_secret_shows_where_a_trunk_or_an_access_is_printed() -> None:
    trunk = replace(PhoneNetwork.trunk("sip.example"), password="geheim")
    assert "geheim" not in repr(trunk) + repr(LiveKitAccess("ws://x", "key", "geheim"))


async def test_a_secret_that_livekit_does_not_take(phone_network: PhoneNetwork) -> None:
    access = replace(phone_network.access, api_secret="wrong" * 8)
    leg = SipLeg(access, phone_network.trunk("127.0.0.1:1"), NUMBER, "refused")
    with pytest.raises(LiveKitRefusedError, match="RISKCALL_LIVEKIT_API_KEY"):
        await ring(leg)
    await leg.hang_up()


@pytest.fixture
def own_network(tmp_path: Path) -> Iterator[PhoneNetwork]:
    with running_network(tmp_path) as network:
        yield network


async def test_a_call_whose_server_dies_is_lost(own_network: PhoneNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.livekit.call_room.RECONNECT_SECONDS", 1.0)
    monkeypatch.setattr("telephony.livekit.closing.CLOSE_SECONDS", 1.0)
    async with SipPhone(answering()) as phone, leg_to(phone, own_network, "server-dies") as leg:
        assert await ring(leg) is Disposition.ANSWERED
        own_network.server.kill()
        with pytest.raises(LegLostError):
            await until_the_end(leg)
        assert leg.detail == "room_lost"


async def test_a_call_outlives_a_server_that_starts_again(own_network: PhoneNetwork) -> None:
    speaks = answering(lambda _: Playing(tone(600, 60.0)))
    async with SipPhone(speaks) as phone, leg_to(phone, own_network, "server-restarts") as leg:
        assert await ring(leg) is Disposition.ANSWERED
        own_network.server.kill()
        own_network.server.start()
        async with asyncio.timeout(30):
            silent = 0
            async for frame in leg.microphone():
                loud = np.abs(np.frombuffer(frame, np.int16)).max() > 300
                silent += not loud
                if silent > 25 and loud:
                    break
        assert leg.call.end is None


async def test_a_telephone_is_hung_up_though_redis_forgot_its_room(own_network: PhoneNetwork) -> None:
    async with SipPhone(answering()) as phone, leg_to(phone, own_network, "redis-forgot") as leg:
        assert await ring(leg) is Disposition.ANSWERED
        call = await phone.next_call()
        own_network.redis.kill()
        own_network.redis.start()
        own_network.redis.wait()
        await leg.hang_up()
        await asyncio.wait_for(call.over.wait(), 10)
    assert call.ended_by is EndedBy.THERE


async def test_livekit_sip_that_is_not_there_is_asked_again_and_then_given_up(
    own_network: PhoneNetwork, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("telephony.livekit.sip_leg._TRIES", 2)
    own_network.sip.kill()
    leg = SipLeg(own_network.access, own_network.trunk("127.0.0.1:1"), NUMBER, "no-sip")
    assert await ring(leg, 1.0) is Disposition.FAILED
    await leg.hang_up()
    assert leg.detail == "sip_unavailable"
    assert "dialled again" in caplog.text
    own_network.server.kill()
    leg = SipLeg(own_network.access, own_network.trunk("127.0.0.1:1"), NUMBER, "no-server")
    with pytest.raises(LiveKitUnreachableError, match="RISKCALL_LIVEKIT_URL"):
        await ring(leg)
    await leg.hang_up()
