"""Turns of customers who speak Chinese aloud end as soon as those of customers who speak English.

On virtual time, with voices of espeak-ng and a recognizer that gives the true words as they are spoken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from statistics import median

import numpy as np
import pytest

from agent.call.session import VoiceSession
from agent.call.turns.ending import LEAST_SPEECH_MS
from agent.speech.engine import NOTHING_HEARD, Hints, Partial, Transcript
from agent.speech.vad import warm_vad
from cases.domain.call import Call
from cases.domain.vocabulary import Act, Language, Speaker
from telephony.customer_speech import CustomerVoice
from telephony.leg import MIC_RATE, Invitation
from telephony.persona import persona_from
from telephony.simulated import SimulatedLeg
from tests.support.call_fakes import HumMouth, PlannedTalk, StepClock, reply
from tests.support.needs import needs_program
from tests.support.virtual_time import run_virtual
from tests.support.voice_setting import TURNS, VERSIONS

LAG_MS = 150
"""How far the recognizer's words are behind the sound."""
QUIET = 200
"""Sample value under which a customer's audio is silence."""
ASKED = (Act.GREET, Act.ASK_IDENTITY, Act.ASK_MADE, Act.ASK_CONTACTED)
SAID = {
    Language.EN: [
        ("yes, speaking", "the twelfth of March", "no, that wasn't me", "nobody called me about it"),
        ("that's me", "it's the fifth of June", "yes, I made it", "no, it was my own idea"),
        ("yes, it is", "the thirtieth of August", "I never paid that", "a man rang me yesterday"),
    ],
    Language.ZH: [
        ("对，我就是", "三月十二号", "不是我付的", "没有人联系我"),
        ("是我", "我是六月五号出生的", "是我自己付的", "没有，是我自己想买的"),
        ("我是本人", "八月三十号", "我没有付过这笔钱", "昨天有人给我打过电话"),
    ],
}
VOICES = {Language.EN: "espeak-ng:en-gb", Language.ZH: "espeak-ng:cmn"}


class TrueWords:
    """Gives the words of the line that the customer says, spread evenly over its sound."""

    name = model = "true-words"

    def __init__(self, leg: SimulatedLeg, lengths_ms: dict[str, float]) -> None:
        self.leg = leg
        self.lengths_ms = lengths_ms

    def hears(self, language: Language) -> bool:
        return True

    async def warm(self) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def begin(self, hints: Hints) -> TrueUtterance:
        return TrueUtterance(self)


class TrueUtterance:
    def __init__(self, ears: TrueWords) -> None:
        self._ears = ears
        self._pcm = bytearray()

    def _text(self, lag_ms: float) -> str:
        loud = np.flatnonzero(np.abs(np.frombuffer(bytes(self._pcm), np.int16).astype(np.int32)) > QUIET)
        if not loud.size or not self._ears.leg.spoken:
            return ""
        line = self._ears.leg.spoken[-1].text
        heard_ms = (len(self._pcm) // 2 - int(loud[0])) * 1000 / MIC_RATE - lag_ms
        spoken = line[: max(0, int(len(line) * heard_ms / self._ears.lengths_ms[line]))]
        return spoken if len(spoken) == len(line) or " " not in line else spoken.rpartition(" ")[0]

    async def feed(self, pcm: bytes) -> Partial | None:
        self._pcm += pcm
        text = self._text(LAG_MS)
        given_ms = len(self._pcm) * 500 / MIC_RATE
        return Partial(text, text, 0.9, int(max(0.0, given_ms - LAG_MS))) if text else None

    async def finish(self) -> Transcript:
        text = self._text(0.0)
        return Transcript(text, 0.9) if text else NOTHING_HEARD

    async def discard(self) -> None:
        pass


def length_ms(pcm: bytes) -> float:
    loud = np.flatnonzero(np.abs(np.frombuffer(pcm, np.int16).astype(np.int32)) > QUIET)
    return float(loud[-1] - loud[0]) * 1000 / MIC_RATE


def hold(language: Language, said: Sequence[str]) -> tuple[Call, PlannedTalk]:
    """One call in which the customer says one line after the other."""
    voice = CustomerVoice()
    speaks = VOICES[language]
    lengths = {line: length_ms(asyncio.run(voice.speak(line, speaks))) for line in said}
    assert all(length > LEAST_SPEECH_MS for length in lengths.values())
    answers = {act.value: line for act, line in zip(ASKED, said, strict=True)}
    persona = persona_from(
        {"language": language.value, "voice": speaks, "answers": answers}, name="test", source="test"
    )
    asks = [reply(act, "well then what about this one here") for act in ASKED]
    talk = PlannedTalk(*asks, reply(Act.GOODBYE, "thank you goodbye", ends=True))
    talk.language = language

    async def call() -> Call:
        leg = SimulatedLeg(persona, voice=voice)
        await leg.ring(Invitation("c:1", "Bank", "ref", language, "42", 5.0))
        session = VoiceSession(
            call_id="c:1",
            conversation=talk,  # type: ignore[arg-type]
            recognizer=TrueWords(leg, lengths),
            synthesizer=HumMouth(),  # type: ignore[arg-type]
            leg=leg,
            clock=StepClock(),
            versions=VERSIONS,
            recording=None,
            max_seconds=90.0,
            turns=TURNS,
        )
        return await session.run()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agent.call.session._warm", lambda conversation: warm_vad())
        return run_virtual(call()), talk


def responses(language: Language) -> list[int]:
    """Milliseconds from the last sound of each answer to the first of the reply; each line is one turn."""
    found: list[int] = []
    for said in SAID[language]:
        call, talk = hold(language, said)
        assert [turn.text for turn in call.turns if turn.speaker is Speaker.CUSTOMER] == list(said)
        assert not any(turn.interrupted for turn in call.turns)
        found += [turn.response_ms for turn in call.turns if turn.response_ms is not None]
    return found


def test_a_chinese_answer_is_replied_to_as_soon_as_an_english_one() -> None:
    needs_program("espeak-ng", "customers speak with it")
    english, chinese = responses(Language.EN), responses(Language.ZH)
    assert len(english) == len(chinese) == len(ASKED) * len(SAID[Language.EN])
    assert median(chinese) <= median(english) + 60, (english, chinese)
    assert max(chinese) <= max(english) + 150, (english, chinese)
