"""Callers on a real telephone line whom nobody receives, whom the network takes over, and whom the agent meets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from livekit import api

from cases.domain.vocabulary import Disposition, Language
from riskcall.errors import SettingsInvalidError
from riskcall.reception import check, receive
from riskcall.settings import Settings, load_settings
from telephony.leg import Invitation
from telephony.livekit import Closing, InboundLeg, ReceptionLeg, close_room
from telephony.people.errors import ReferRefusedError
from telephony.sip_phone import CallRefusedError, EndedBy, OutgoingCall, SipPhone, answering
from tests.support.phone_network import PhoneNetwork

pytestmark = pytest.mark.audio
NUMBER = "+442079460011"
INVITATION = Invitation("", "Bank", "", Language.EN, "", 10.0)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"RISKCALL_{name.upper()}", raising=False)


@asynccontextmanager
async def rung(network: PhoneNetwork, phone: SipPhone, room: str) -> AsyncIterator[OutgoingCall]:
    """A caller whose telephone has been put into a room."""
    rule = api.SIPDispatchRule(dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name=room))
    async with network.number(NUMBER, rule=rule) as bank:
        call = await phone.call(NUMBER, bank)
        try:
            yield call
        finally:
            await call.hang_up()
            await close_room(network.access, room)


async def test_a_worker_without_a_reception_hangs_up(phone_network: PhoneNetwork) -> None:
    settings = load_settings(
        livekit_url=phone_network.url,
        livekit_api_key=phone_network.api_key,
        livekit_api_secret=phone_network.api_secret,
    )
    nothing: Any = None
    async with SipPhone() as phone, rung(phone_network, phone, "inbound-nobody") as call:
        await asyncio.wait_for(call.rings.wait(), 10)
        await receive(settings, nothing, nothing, "inbound-nobody")
        with pytest.raises(CallRefusedError):
            await asyncio.wait_for(call.answered(), 20)
    assert await close_room(phone_network.access, "inbound-nobody") is Closing.UNKNOWN


async def test_the_network_takes_a_caller_over(phone_network: PhoneNetwork) -> None:
    leg = ReceptionLeg(phone_network.access, "inbound-refer")
    async with SipPhone(answering()) as queue, SipPhone() as phone, rung(phone_network, phone, "inbound-refer") as call:
        try:
            ringing = asyncio.create_task(leg.ring(INVITATION))
            await asyncio.wait_for(call.answered(), 20)
            assert await asyncio.wait_for(ringing, 20) is Disposition.ANSWERED
            assert leg.caller.startswith("sip_")
            # LiveKit says so of a call that ends with its transfer, where the end is noticed first.
            with suppress(ReferRefusedError):
                await leg.refer(f"sip:queue@{queue.uri}")
            assert call.transferred is not None and call.transferred.up
        finally:
            await leg.hang_up()


async def test_a_network_that_takes_nobody_over(phone_network: PhoneNetwork) -> None:
    leg = ReceptionLeg(phone_network.access, "inbound-refused")
    async with SipPhone() as phone, rung(phone_network, phone, "inbound-refused") as call:
        try:
            ringing = asyncio.create_task(leg.ring(INVITATION))
            await asyncio.wait_for(call.answered(), 20)
            await asyncio.wait_for(ringing, 20)
            with pytest.raises(ReferRefusedError):
                await leg.refer("tel:+442079460000")
            assert call.up
        finally:
            await leg.hang_up()


async def test_the_reception_leaves_the_caller_with_the_agent(phone_network: PhoneNetwork) -> None:
    reception = ReceptionLeg(phone_network.access, "inbound-met")
    agent = InboundLeg(phone_network.access, "inbound-met")
    async with SipPhone() as phone, rung(phone_network, phone, "inbound-met") as call:
        try:
            ringing = asyncio.create_task(reception.ring(INVITATION))
            await asyncio.wait_for(call.answered(), 20)
            await asyncio.wait_for(ringing, 20)
            meeting = asyncio.create_task(reception.agent_there())
            assert await asyncio.wait_for(agent.ring(INVITATION), 20) is Disposition.ANSWERED
            await asyncio.wait_for(meeting, 10)
            await reception.leave()
            assert call.up
            await agent.hang_up()
            await asyncio.wait_for(call.over.wait(), 10)
            assert call.ended_by is EndedBy.THERE
        finally:
            await reception.leave()
            await agent.hang_up()


def test_a_language_that_nothing_here_hears_is_refused() -> None:
    with pytest.raises(SettingsInvalidError, match=r"RISKCALL_RECEPTION_LANGUAGES has zh: .*no Chinese"):
        check(load_settings(asr="pocketsphinx", reception_languages=["en", "zh"]))
    with pytest.raises(SettingsInvalidError, match="needs RISKCALL_WORKER_IDLE=2 or more"):
        check(load_settings(asr="pocketsphinx", reception_languages=["en"], worker_idle=1))
    check(load_settings(asr="pocketsphinx", reception_languages=["en"]))
    check(load_settings())
