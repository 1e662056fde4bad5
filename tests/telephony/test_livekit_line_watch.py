"""Lines that LiveKit SIP no longer carries: noticed in seconds, and a silent telephone is not taken for one."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import Invitation, LegLostError
from telephony.livekit import SipLeg
from telephony.livekit.line_watch import AGAIN_SECONDS, ANSWER_SECONDS, SILENT_SECONDS, LineWatch
from telephony.sip_phone import Playing, SipPhone, answering, unanswered
from tests.support.phone_network import PhoneNetwork, running_network
from tests.support.sound import tone
from tests.support.virtual_time import run_virtual

NUMBER = "+447700900001"
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)


def watched(sounds: Callable[[float], bool], answers: Callable[[float], bool], until: float) -> tuple[float, int]:
    """When a line is lost that sounds and answers at such times, or `until`; and how often it was asked."""

    async def watch() -> tuple[float, int]:
        loop, lost, asked = asyncio.get_running_loop(), asyncio.Event(), 0

        def sounded_at() -> float:
            steps = range(round(loop.time() * 50) + 1)
            return max((step / 50 for step in steps if sounds(step / 50)), default=float("-inf"))

        async def ask() -> bool:
            nonlocal asked
            asked += 1
            if answers(loop.time()):
                return True
            await asyncio.sleep(ANSWER_SECONDS)
            return False

        watching = asyncio.create_task(LineWatch(sounded_at=sounded_at, ask=ask, lost=lost.set).run())
        ended = asyncio.create_task(lost.wait())
        await asyncio.wait({ended}, timeout=until)
        watching.cancel()
        ended.cancel()
        return round(loop.time(), 3), asked

    return run_virtual(watch())


def test_a_line_that_sounds_is_never_asked() -> None:
    assert watched(lambda at: True, lambda at: False, 10.0) == (10.0, 0)


def test_a_line_that_falls_silent_and_answers_nothing_is_lost() -> None:
    at, asked = watched(lambda at: at <= 2.0, lambda at: False, 20.0)
    assert asked == 1
    assert at == pytest.approx(2.0 + SILENT_SECONDS + ANSWER_SECONDS, abs=0.15)


def test_a_muted_telephone_is_asked_once_a_second() -> None:
    at, asked = watched(lambda at: False, lambda at: True, 10.0)
    assert (at, asked) == (10.0, round(10.0 / AGAIN_SECONDS))


def test_a_sound_while_it_is_asked_is_an_answer() -> None:
    at, asked = watched(lambda at: at <= 2.0 or 4.0 <= at, lambda at: False, 10.0)
    assert (at, asked) == (10.0, 1)


@pytest.fixture
def own_network(tmp_path: Path) -> Iterator[PhoneNetwork]:
    with running_network(tmp_path) as network:
        yield network


def leg_to(phone: SipPhone, network: PhoneNetwork, room: str) -> SipLeg:
    return SipLeg(network.access, network.trunk(phone.uri), NUMBER, room)


@pytest.mark.audio
@pytest.mark.parametrize("says", [b"", tone(600, 60.0)], ids=["silent", "speaking"])
async def test_a_line_whose_livekit_sip_is_killed_is_lost_in_seconds(own_network: PhoneNetwork, says: bytes) -> None:
    async with SipPhone(answering(lambda _: Playing(says))) as phone:
        leg = leg_to(phone, own_network, "sip-killed")
        assert await asyncio.wait_for(leg.ring(INVITATION), 40) is Disposition.ANSWERED
        loop = asyncio.get_running_loop()
        own_network.sip.kill()
        killed_at = loop.time()
        with pytest.raises(LegLostError):
            async with asyncio.timeout(15):
                async for _ in leg.microphone():
                    pass
        took = loop.time() - killed_at
        await leg.hang_up()
    assert leg.detail == "customer_lost"
    assert took < 8.0


@pytest.mark.audio
async def test_a_telephone_that_rings_when_livekit_sip_is_killed_is_no_answer_to_wait_for(
    own_network: PhoneNetwork,
) -> None:
    async with SipPhone(unanswered()) as phone:
        leg = leg_to(phone, own_network, "killed-ringing")
        ringing = asyncio.create_task(leg.ring(INVITATION))
        await asyncio.wait_for(phone.next_call(), 20)
        await asyncio.wait_for(leg.ringing(), 20)
        own_network.sip.kill()
        assert await asyncio.wait_for(ringing, 10) is Disposition.FAILED
        await leg.hang_up()
    assert leg.detail == "customer_lost"


@pytest.mark.audio
async def test_a_silent_telephone_outlives_two_seconds_without_livekit_sip(own_network: PhoneNetwork) -> None:
    async with SipPhone(answering()) as phone:
        leg = leg_to(phone, own_network, "sip-stopped")
        assert await asyncio.wait_for(leg.ring(INVITATION), 40) is Disposition.ANSWERED
        microphone = leg.microphone()
        os.kill(own_network.sip.pid, signal.SIGSTOP)
        for _ in range(100):
            await anext(microphone)
        os.kill(own_network.sip.pid, signal.SIGCONT)
        for _ in range(200):
            await anext(microphone)
        assert leg.call.end is None
        await leg.hang_up()
