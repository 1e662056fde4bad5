"""Calls on virtual time that break off: the customer hangs up, or a part of the session fails."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, Language, Speaker
from telephony.simulated import SimulatedLeg
from tests.support.call_fakes import HumMouth, PlannedTalk
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, Setting, spoken, texts


@pytest.mark.parametrize("act", ["greet", "ask_made", "goodbye"])
@pytest.mark.parametrize("after_ms", [300, None])
def test_hanging_up_at_any_act_leaves_a_partial_call(act: str, after_ms: int | None) -> None:
    event = {"on": act, "hang_up": True} | ({} if after_ms is None else {"after_ms": after_ms})
    call = Setting({"answers": ANSWERS, "events": [event]}, GREET, MADE, BYE).run()
    finished = act == "goodbye" and after_ms is None
    assert call.ending is (CallEnding.COMPLETED if finished else CallEnding.CUSTOMER_HUNG_UP)
    assert call.turns[-1].acts == (Act(act),)


def test_words_on_which_the_customer_hangs_up_count() -> None:
    async def hang_up(leg: SimulatedLeg) -> None:
        await spoken(leg, 2)
        leg._end()

    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE, during=hang_up)
    call = setting.run()
    assert call.ending is CallEnding.CUSTOMER_HUNG_UP
    assert call.turns[-1].text == "no it was not me" == setting.talk.committed[-1].customer_text


def test_a_broken_line_ends_the_call_as_failed() -> None:
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, leg={"lost_after_ms": 3000}).run()
    assert call.ending is CallEnding.LEG_FAILED and len(call.turns) >= 2


def test_ears_that_break_end_the_call_and_keep_what_was_said() -> None:
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, ears={"fails_after": 1}).run()
    assert call.ending is CallEnding.ENGINE_FAILED
    assert texts(call, Speaker.CUSTOMER) == ["yes it is me"]


def test_a_mouth_that_breaks_is_helped_out() -> None:
    spare = HumMouth()
    call = Setting(
        {"answers": ANSWERS}, GREET, MADE, BYE, synthesizer=HumMouth(fails_after_words=10), spare=spare
    ).run()
    assert call.ending is CallEnding.COMPLETED
    assert texts(call, Speaker.AGENT) == [GREET.text, MADE.text, BYE.text] and len(spare.spoken) == 2


@pytest.mark.parametrize("stalls", [False, True])
def test_a_mouth_that_breaks_without_help_ends_the_call_soon(stalls: bool) -> None:
    mouth = HumMouth(fails_after_words=10, stalls=stalls)
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, synthesizer=mouth).run()
    assert call.ending is CallEnding.ENGINE_FAILED
    assert call.turns[-1].acts == (Act.ASK_MADE,) and call.turns[-1].heard_text == "did you"


def test_a_mouth_without_audio_ends_the_call() -> None:
    class Mute(HumMouth):
        async def synthesize(self, text: str, language: Language) -> Any:
            return
            yield

    assert Setting({"answers": ANSWERS}, GREET, BYE, synthesizer=Mute()).run().ending is CallEnding.ENGINE_FAILED


def test_a_brain_that_breaks_ends_the_call() -> None:
    class Broken(PlannedTalk):
        async def consider(self, text: str, **heard: Any) -> Any:
            raise RuntimeError("broken")

    call = Setting({"answers": ANSWERS}, talk=Broken(GREET, BYE)).run()
    assert call.ending is CallEnding.ENGINE_FAILED and texts(call, Speaker.AGENT) == [GREET.text]


@pytest.mark.parametrize("step", ["commit", "played", "note"])
def test_a_conversation_that_breaks_ends_the_call_and_never_loses_it(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError(step)

    setting = Setting(
        {"answers": ANSWERS, "events": [{"on": "greet", "after_ms": 500, "backchannel": "mm hmm"}]}, GREET, MADE, BYE
    )
    monkeypatch.setattr(setting.talk, step, broken)
    assert setting.run().ending is CallEnding.ENGINE_FAILED


def test_a_session_that_does_not_start_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr("agent.call.verifier.FrameworkSession.start", refuse)
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE).run()
    assert call.ending is CallEnding.ENGINE_FAILED and call.turns == ()


def test_a_session_that_confirms_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.call.verifier.Verifier.on_user_turn_completed", lambda *_: asyncio.sleep(0))
    assert Setting({"answers": ANSWERS}, GREET, MADE, BYE).run().ending is CallEnding.ENGINE_FAILED
