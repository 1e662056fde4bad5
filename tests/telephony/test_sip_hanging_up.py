"""A customer who hangs up the telephone at each act of the agent's ends the call, whatever was being said."""

from __future__ import annotations

import asyncio

import pytest

from agent.call.session import VoiceSession
from cases.domain.call import Call, CallEnding
from cases.domain.vocabulary import Act, Disposition, Language
from telephony.leg import Invitation
from telephony.persona import Persona, persona_from
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import EndedBy, IncomingCall, SipPhone, customer
from tests.support import call_fakes as fakes
from tests.support.call_fakes import HumMouth, LevelProbe, PlannedTalk, StepClock, ToneEars, ToneVoice, reply
from tests.support.phone_network import PhoneNetwork
from tests.support.telling_leg import TellingLeg
from tests.support.voice_setting import ANSWERS, GREET, MADE, TURNS, VERSIONS

pytestmark = pytest.mark.audio
LINES = list(ANSWERS.values())
BYE = reply(Act.GOODBYE, "thank you for your time and for your patience with all of this goodbye", ends=True)
"""Long enough that the customer hangs up first, however late the line brings it."""
ACTS = (Act.GREET, Act.ASK_MADE, Act.GOODBYE)


def who_hangs_up_at(act: Act) -> Persona:
    events = [{"on": act.value, "after_ms": 300, "hang_up": True}]
    return persona_from({"answers": ANSWERS, "events": events}, name="test", source="test")


async def talk(leg: TellingLeg) -> Call:
    assert await leg.ring(Invitation("c:1", "Bank", "ref", Language.EN, "42", 20.0)) is Disposition.ANSWERED
    session = VoiceSession(
        call_id="c:1",
        conversation=PlannedTalk(GREET, MADE, BYE),
        recognizer=ToneEars(LINES),
        synthesizer=HumMouth(),
        leg=leg,
        clock=StepClock(),
        versions=VERSIONS,
        recording=None,
        max_seconds=60.0,
        turns=TURNS,
        new_probe=LevelProbe,  # type: ignore[arg-type]
    )
    try:
        return await session.run()
    finally:
        await leg.hang_up()


async def test_hanging_up_at_each_act(phone_network: PhoneNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.call.session._warm", lambda conversation: None)
    monkeypatch.setattr("agent.call.weighing.judge", fakes.judge_tones)
    monkeypatch.setattr("agent.call.weighing.matters", lambda text, question, language: True)
    monkeypatch.setattr("agent.call.floor.expected_phrases", lambda language, question: ())
    lines = {
        f"+1202555010{place}": SimulatedLeg(who_hangs_up_at(act), voice=ToneVoice(LINES))  # type: ignore[arg-type]
        for place, act in enumerate(ACTS)
    }

    async def answer(call: IncomingCall) -> None:
        await customer(lambda _: lines[call.called])(call)

    async with asyncio.timeout(60), SipPhone(answer) as phone:
        legs = []
        for number, line in lines.items():
            trunk = phone_network.trunk(phone.uri)
            legs.append(TellingLeg(phone_network.access, trunk, number, f"hang-up-{number[-1]}", line))
        calls = await asyncio.gather(*map(talk, legs))
    assert [call.ending for call in calls] == [CallEnding.CUSTOMER_HUNG_UP] * len(ACTS)
    assert [leg.detail for leg in legs] == ["customer_hung_up"] * len(ACTS)
    assert all(call.ended_by is EndedBy.HERE for call in phone.calls)
    assert [call.turns[-1].acts for call in calls] == [(act,) for act in ACTS], "it was at that act"
