"""Whether a telephone is in a room, as the LiveKit server says."""

from __future__ import annotations

import asyncio

import pytest

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import Invitation
from telephony.livekit import LiveKitAccess, SipLeg
from telephony.remote.errors import DispatchFailedError
from telephony.remote.livekit_dispatch import LiveKitDispatch
from telephony.sip_phone import SipPhone, answering
from tests.support.phone_network import PhoneNetwork

ROOM = "inbound-who"
INVITATION = Invitation("case:1", "Bank", "reference", Language.EN, "42", 20.0)


async def test_a_telephone_is_told_from_the_agent_who_is_left_behind(phone_network: PhoneNetwork) -> None:
    dispatch = LiveKitDispatch(phone_network.access)
    assert not await dispatch.holds_telephone(ROOM)
    async with SipPhone(answering()) as phone:
        leg = SipLeg(phone_network.access, phone_network.trunk(phone.uri), "+447700900001", ROOM)
        assert await asyncio.wait_for(leg.ring(INVITATION), 40) is Disposition.ANSWERED
        assert await dispatch.holds_telephone(ROOM)
        call = await phone.next_call()
        await call.hang_up()
        async with asyncio.timeout(30):
            async for _ in leg.microphone():
                pass
            # The agent is told a moment before the server's list is.
            while await dispatch.holds_telephone(ROOM):
                pass
        await leg.hang_up()
    assert not await dispatch.holds_telephone(ROOM)


async def test_a_server_that_is_away_says_nothing() -> None:
    dispatch = LiveKitDispatch(LiveKitAccess("ws://127.0.0.1:9", "key", "s" * 32))
    with pytest.raises(DispatchFailedError):
        await dispatch.holds_telephone(ROOM)
