from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cases.domain.vocabulary import Act, Disposition, Language, Speaker
from telephony.customer import REACTION_MS, CustomerMind, Deed
from telephony.leg import SPEAKER_FRAME_BYTES, Caption, Control, ControlKind, Invitation, LegLostError
from telephony.persona import Persona, persona_from
from telephony.simulated import SimulatedLeg
from tests.support.call_fakes import ToneVoice
from tests.support.virtual_time import run_virtual

LOUD = b"\x00\x20" * (SPEAKER_FRAME_BYTES // 2)


def persona(**document: Any) -> Persona:
    return persona_from(document, name="test", source="test")


def live(
    who: Persona, *utterances: tuple[int, int, Act], until_ms: int = 20_000, final: bool = True
) -> list[tuple[int, Deed]]:
    """What a customer does while the agent performs acts at certain times."""
    mind = CustomerMind(who)
    deeds: list[tuple[int, Deed]] = []
    for now in range(0, until_ms, 20):
        for start, end, act in utterances:
            if now == start:
                mind.see(Caption(Speaker.AGENT, "...", final=False, acts=(act,)))
            if now == end and final:
                mind.see(Caption(Speaker.AGENT, "....", final=True, acts=(act,)))
        audible = any(start <= now < end for start, end, _ in utterances)
        deeds += [(now, deed) for deed in mind.tick(now, agent_audible=audible, speaking=False)]
    return deeds


def test_answers_a_human_moment_after_the_agent_has_fallen_silent() -> None:
    ((at, deed),) = live(persona(answers={"greet": "yes"}), (0, 2000, Act.GREET))
    assert deed.say == "yes"
    assert REACTION_MS[0] - 40 <= at - 2000 <= REACTION_MS[1] + 20


def test_waits_longer_where_nothing_says_that_the_agent_has_finished() -> None:
    ((at, _),) = live(persona(answers={"greet": "yes"}), (0, 2000, Act.GREET), final=False)
    assert at >= 4400


def test_the_same_seed_is_the_same_customer() -> None:
    who = persona(answers={"greet": "yes", "ask_made": "no"})
    talk = ((0, 2000, Act.GREET), (5000, 7000, Act.ASK_MADE))
    assert live(who, *talk) == live(who, *talk)
    assert [deed.say for _, deed in live(who, *talk)] == ["yes", "no"]


def test_speaks_over_the_agent_and_does_not_answer_again() -> None:
    who = persona(answers={"greet": "yes"}, events=[{"on": "greet", "after_ms": 700, "say": "wait"}])
    assert [(at, deed.say) for at, deed in live(who, (100, 2000, Act.GREET))] == [(800, "wait")]


def test_hums_and_answers_all_the_same() -> None:
    who = persona(answers={"greet": "yes"}, events=[{"on": "greet", "after_ms": 700, "backchannel": "mm"}])
    assert [deed.say for _, deed in live(who, (0, 2000, Act.GREET))] == ["mm", "yes"]


def test_stays_silent_for_a_while() -> None:
    who = persona(answers={"greet": "yes"}, events=[{"on": "greet", "silence_ms": 7000}])
    ((at, _),) = live(who, (0, 2000, Act.GREET))
    assert 9000 <= at - REACTION_MS[0] <= 9300


def test_an_event_happens_once() -> None:
    who = persona(answers={"greet": "yes"}, events=[{"on": "greet", "after_ms": 700, "say": "wait"}])
    said = [deed.say for _, deed in live(who, (0, 2000, Act.GREET), (5000, 7000, Act.GREET))]
    assert said == ["wait", "yes"]


def test_presses_and_hangs_up() -> None:
    who = persona(
        answers={"greet": "yes"},
        events=[
            {"on": "greet", "dtmf": "12"},
            {"on": "ask_made", "after_ms": 300, "ask_human": True},
            {"on": "ask_purpose", "hang_up": True},
        ],
    )
    deeds = live(who, (0, 2000, Act.GREET), (4000, 6000, Act.ASK_MADE), (8000, 9000, Act.ASK_PURPOSE))
    assert [deed.control or deed.say for _, deed in deeds] == [
        Control(ControlKind.DTMF, "1"),
        Control(ControlKind.DTMF, "2"),
        "yes",
        Control(ControlKind.ASK_HUMAN),
        Control(ControlKind.HANG_UP),
    ]


def invitation(seconds: float = 20.0) -> Invitation:
    return Invitation("case:1", "Bank", "ref", Language.EN, "42", seconds)


def leg(who: Persona, **options: Any) -> SimulatedLeg:
    return SimulatedLeg(who, voice=ToneVoice(who.lines() or ("x",)), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answered_by", "disposition"),
    [
        ("no_answer", Disposition.NO_ANSWER),
        ("busy", Disposition.BUSY),
        ("reject", Disposition.REJECTED),
        ("voicemail", Disposition.VOICEMAIL),
        ("screener", Disposition.SCREENER),
    ],
)
def test_dials_end_as_the_persona_says(answered_by: str, disposition: Disposition) -> None:
    async def ring() -> tuple[Disposition, list[bytes]]:
        line = leg(persona(answered_by=answered_by))
        result = await line.ring(invitation())
        return result, [frame async for frame in line.microphone()]

    assert run_virtual(ring()) == (disposition, [])


def test_hanging_up_ends_the_ringing() -> None:
    async def ring() -> Disposition:
        line = leg(persona(answered_by="no_answer"))
        ringing = asyncio.create_task(line.ring(invitation()))
        await line.ringing()
        await line.hang_up()
        return await asyncio.wait_for(ringing, 1)

    assert run_virtual(ring()) is Disposition.NO_ANSWER


def converse(line: SimulatedLeg, during: Callable[[int], None], until_ms: int) -> list[bytes]:
    async def talk() -> list[bytes]:
        assert await line.ring(invitation()) is Disposition.ANSWERED
        frames = []
        async for frame in line.microphone():
            during(len(frames) * 20)
            frames.append(frame)
            if len(frames) * 20 >= until_ms:
                await line.hang_up()
        return frames

    return run_virtual(talk())


def test_speaks_real_audio_in_a_quiet_room_and_keeps_the_truth() -> None:
    line = leg(persona(answers={"greet": "yes it is me"}))

    def agent(now: int) -> None:
        if now == 0:
            line.show(Caption(Speaker.AGENT, "hello", final=False, acts=(Act.GREET,)))
        if now < 1000:
            line.play(LOUD)
        if now == 1000:
            line.show(Caption(Speaker.AGENT, "hello", final=True, acts=(Act.GREET,)))

    samples = np.frombuffer(b"".join(converse(line, agent, 4000)), np.int16).astype(float)
    (truth,) = line.spoken
    assert truth.text == "yes it is me" and truth.ended_ms - truth.started_ms == 720
    speech = samples[truth.started_ms * 16 : truth.ended_ms * 16]
    noise = samples[: truth.started_ms * 16]
    assert np.abs(speech).mean() > 2000 and 4 < noise.std() < 12


def test_a_line_may_break() -> None:
    async def talk() -> None:
        line = leg(persona(), lost_after_ms=500)
        await line.ring(invitation())
        with pytest.raises(LegLostError):
            async for _ in line.microphone():
                pass

    run_virtual(talk())


def test_refuses_half_frames() -> None:
    async def play() -> None:
        with pytest.raises(ValueError, match="960"):
            leg(persona()).play(b"\0\0")

    run_virtual(play())
