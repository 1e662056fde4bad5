"""Whole calls on virtual time: a real session, real pacing, real recording; tones for speech and a planned talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agent.call.session import VoiceSession
from agent.call.turns.preparing import PrepareInSilence
from agent.call.turns.taking import TurnTaking
from cases.domain.call import Call, CallVersions, Engines
from cases.domain.vocabulary import Act, Language, Speaker
from telephony.leg import Invitation
from telephony.persona import persona_from
from telephony.simulated import SimulatedLeg
from tests.support import call_fakes as fakes
from tests.support.call_fakes import HumMouth, LevelProbe, PlannedTalk, StepClock, ToneEars, ToneVoice, reply
from tests.support.virtual_time import run_virtual

GREET = reply(Act.GREET, "hello this is the bank is this alex")
MADE = reply(Act.ASK_MADE, "did you make this payment to the builder")
BYE = reply(Act.GOODBYE, "thank you goodbye", ends=True)
TURNS = TurnTaking(preparing=PrepareInSilence())
VERSIONS = CallVersions("prompts", "policies", Engines("asr", "tts", "llm", "vad"))
ANSWERS = {"greet": "yes it is me", "ask_made": "no it was not me"}


class Setting:
    """A call to be made: who answers, what is planned, what is broken."""

    def __init__(self, customer: dict[str, Any], *replies: fakes.PlannedReply, **options: Any) -> None:
        self.persona = persona_from(customer, name="test", source="test")
        self.talk = options.pop("talk", None) or PlannedTalk(*replies)
        self.ears: dict[str, Any] = options.pop("ears", {})
        self.leg_options: dict[str, Any] = options.pop("leg", {})
        self.leg_type: type[SimulatedLeg] = options.pop("leg_type", SimulatedLeg)
        self.during: Callable[[SimulatedLeg], Any] | None = options.pop("during", None)
        self.options = {"synthesizer": HumMouth(), "recording": None, "max_seconds": 60.0, "turns": TURNS, **options}
        self.leg: SimulatedLeg
        self.recognizer: ToneEars

    async def hold(self) -> Call:
        lines = list(self.persona.lines()) or ["nothing"]
        self.leg = self.leg_type(self.persona, voice=ToneVoice(lines), **self.leg_options)  # type: ignore[arg-type]
        self.recognizer = ToneEars(lines, **self.ears)
        await self.leg.ring(Invitation("c:1", "Bank", "ref", Language.EN, "42", 5.0))
        session = VoiceSession(
            call_id="c:1",
            conversation=self.talk,
            recognizer=self.recognizer,
            leg=self.leg,
            clock=StepClock(),
            versions=VERSIONS,
            new_probe=LevelProbe,  # type: ignore[arg-type]
            **self.options,
        )
        acting = asyncio.create_task(self.during(self.leg)) if self.during else None
        call = await session.run()
        if acting is not None:
            acting.cancel()
        return call

    def run(self, matters: Callable[..., bool] = lambda text, question, language: True) -> Call:
        """Hold the call on virtual time; no lexicon is loaded, which tones have no use for."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("agent.call.session._warm", lambda conversation: None)
            patch.setattr("agent.call.weighing.judge", fakes.judge_tones)
            patch.setattr("agent.call.weighing.matters", matters)
            patch.setattr("agent.call.weighing.takes_anything", lambda question, language: False)
            patch.setattr("agent.call.weighing.of_anybody", lambda text, question, language: False)
            patch.setattr("agent.call.floor.expected_phrases", lambda language, question: ())
            return run_virtual(self.hold())


def texts(call: Call, speaker: Speaker) -> list[str]:
    return [turn.heard_text for turn in call.turns if turn.speaker is speaker]


async def spoken(leg: SimulatedLeg, count: int) -> None:
    """Return once the customer has said so many lines."""
    while len(leg.spoken) < count or leg.spoken[count - 1].ended_ms < 0:  # noqa: ASYNC110 - polls virtual time
        await asyncio.sleep(0.02)
