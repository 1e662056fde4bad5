"""The phone on real calls through LiveKit SIP, a room participant at the other end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from livekit import api

from telephony.leg import MIC_RATE
from telephony.sip_phone import EndedBy, IncomingCall, Playing, SipPhone, answering, busy, unanswered
from tests.support.phone_network import PhoneNetwork
from tests.support.room_agent import RoomAgent
from tests.support.sound import hertz_of, tone

pytestmark = pytest.mark.audio
NUMBER, CALLER = "+447700900001", "+442079460001"


@asynccontextmanager
async def agent_in(network: PhoneNetwork, room: str) -> AsyncIterator[RoomAgent]:
    agent = RoomAgent(network, room)
    await agent.join()
    try:
        yield agent
    finally:
        await agent.leave()


async def over(call: IncomingCall) -> None:
    await asyncio.wait_for(call.over.wait(), 10)


async def test_a_call_rings_is_heard_both_ways_and_the_customer_hangs_up(phone_network: PhoneNetwork) -> None:
    speaks = answering(lambda _: Playing(tone(600, 3.0), keys="1#", keys_after_s=1.5, hang_up_after_s=3.0))
    async with SipPhone(speaks) as phone, agent_in(phone_network, "phone-both-ways") as agent:
        agent.play(tone(1000, 3.0, 24_000), 24_000)
        await agent.dial(phone.uri, NUMBER, CALLER)
        call = await asyncio.wait_for(phone.next_call(), 10)
        await over(call)
        await asyncio.wait_for(agent.gone.wait(), 10)
    assert (call.caller, call.called) == (CALLER, NUMBER)
    assert call.ended_by is EndedBy.HERE
    assert hertz_of(call.recording.heard[MIC_RATE:], MIC_RATE) == pytest.approx(1000, abs=5)
    assert hertz_of(agent.heard(), MIC_RATE) == pytest.approx(600, abs=5)
    assert agent.keys == "1#"


async def test_the_agent_presses_keys_and_hangs_up(phone_network: PhoneNetwork) -> None:
    async with SipPhone() as phone, agent_in(phone_network, "phone-agent-ends") as agent:
        await agent.dial(phone.uri, NUMBER, CALLER)
        call = await asyncio.wait_for(phone.next_call(), 10)
        await asyncio.wait_for(agent.answered.wait(), 10)
        await agent.press("42")
        assert call.media is not None
        assert await asyncio.wait_for(call.media.pressed(2), 10) == "42"
        await agent.hang_up()
        await over(call)
    assert call.ended_by is EndedBy.THERE


async def test_a_busy_phone(phone_network: PhoneNetwork) -> None:
    async with SipPhone(busy()) as phone, agent_in(phone_network, "phone-busy") as agent:
        with pytest.raises(api.SipCallError) as failure:
            await agent.dial(phone.uri, NUMBER, CALLER, wait=True)
    assert failure.value.sip_status_code == 486


async def test_the_agent_gives_up_while_it_rings(phone_network: PhoneNetwork) -> None:
    async with SipPhone(unanswered()) as phone, agent_in(phone_network, "phone-cancel") as agent:
        await agent.dial(phone.uri, NUMBER, CALLER)
        call = await asyncio.wait_for(phone.next_call(), 10)
        await agent.hang_up()
        await over(call)
    assert call.ended_by is EndedBy.CANCELLED


async def test_a_call_over_a_lossy_line_is_still_heard(phone_network: PhoneNetwork) -> None:
    speaks = answering(lambda _: Playing(tone(600, 3.0), hang_up_after_s=3.0))
    async with SipPhone(speaks, loss=0.05, seed=3) as phone, agent_in(phone_network, "phone-loss") as agent:
        agent.play(tone(1000, 3.0, 24_000), 24_000)
        await agent.dial(phone.uri, NUMBER, CALLER)
        call = await asyncio.wait_for(phone.next_call(), 10)
        await over(call)
        assert call.media is not None
    assert call.media.lost > 0
    assert hertz_of(call.recording.heard[MIC_RATE:], MIC_RATE) == pytest.approx(1000, abs=5)
    assert np.abs(agent.heard()).max() > 0.05
