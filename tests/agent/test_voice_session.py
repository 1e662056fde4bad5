"""Whole calls on virtual time, from the greeting to the goodbye: turns, times, silences, captions."""

from __future__ import annotations

import asyncio

import pytest

from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, Speaker
from telephony.simulated import SimulatedLeg
from tests.support.call_fakes import HumMouth, PlannedTalk, ToneVoice, reply
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, VERSIONS, Setting, spoken, texts


def test_a_call_runs_from_greeting_to_goodbye() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE)
    call = setting.run()
    assert call.ending is CallEnding.COMPLETED and setting.talk.closed_with is CallEnding.COMPLETED
    assert [turn.index for turn in call.turns] == [0, 1, 2, 3, 4]
    assert texts(call, Speaker.AGENT) == [GREET.text, MADE.text, BYE.text]
    assert texts(call, Speaker.CUSTOMER) == ["yes it is me", "no it was not me"]
    assert setting.talk.considered == ["yes it is me", "no it was not me"]
    assert setting.talk.heard == [(planned.text, True) for planned in (GREET, MADE, BYE)]
    assert all(not turn.interrupted for turn in call.turns)
    assert call.leg == "simulated" and call.recording is None and call.versions is VERSIONS
    assert call.ended_at > call.started_at


def test_times_come_from_the_waveform_and_replies_are_prepared_inside_the_silence() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE)
    call = setting.run()
    customer = [turn for turn in call.turns if turn.speaker is Speaker.CUSTOMER]
    for turn, line in zip(customer, setting.leg.spoken, strict=True):
        assert abs(turn.started_ms - line.started_ms) <= 45 and abs(turn.ended_ms - line.ended_ms) <= 45
    responses = [turn.response_ms for turn in call.turns if turn.response_ms is not None]
    assert len(responses) == 2 and all(150 <= response <= 240 for response in responses)


def test_a_slow_brain_costs_no_more_than_its_own_time() -> None:
    talk = PlannedTalk(GREET, MADE, BYE, thinks_s=0.3)
    responses = [turn.response_ms for turn in Setting({"answers": ANSWERS}, talk=talk).run().turns if turn.response_ms]
    assert len(responses) == 2 and all(response <= 450 for response in responses)


def test_words_that_come_before_the_reply_belong_to_the_same_turn() -> None:
    setting = Setting(
        {"answers": {"greet": "no it was not", "ask_made": "yes"}}, talk=PlannedTalk(GREET, MADE, BYE, thinks_s=0.8)
    )

    async def go_on(leg: SimulatedLeg) -> None:
        await spoken(leg, 1)
        await asyncio.sleep(0.4)
        leg._mouth += await ToneVoice(list(setting.persona.lines())).speak("yes")

    setting.during = go_on
    setting.run()
    assert setting.talk.considered[:2] == ["no it was not", "no it was not yes"]
    assert setting.talk.committed[1].customer_text == "no it was not yes"
    assert len([planned for planned in setting.talk.committed if planned.customer_text]) == 2


def test_hello_before_the_greeting_answers_nothing() -> None:
    async def hello(leg: SimulatedLeg) -> None:
        leg._mouth += await ToneVoice(["hello there", *setting.persona.lines()]).speak("hello there")

    mouth = HumMouth(starts_after_s=0.4)
    answers = {"repeat": "hello there", **ANSWERS}
    setting = Setting({"answers": answers}, GREET, MADE, BYE, during=hello, synthesizer=mouth)
    call = setting.run()
    assert setting.talk.noted == ["hello there"] and call.turns[0].text == "hello there"
    assert setting.talk.considered == ["yes it is me", "no it was not me"]
    assert call.ending is CallEnding.COMPLETED


def test_an_unfinished_sentence_gets_patience() -> None:
    setting = Setting({"answers": {"greet": "the payment was for"}}, GREET, BYE)
    assert 1550 <= (setting.run().turns[-1].response_ms or 0) <= 1800


def test_silence_is_answered_and_ends_the_call() -> None:
    farewell = reply(Act.GOODBYE, "goodbye then", ends=True)
    talk = PlannedTalk(GREET, silence=farewell)
    call = Setting({"default": ""}, talk=talk, silence_seconds=4.0).run()
    assert call.ending is CallEnding.SILENCE and talk.silences == 1
    assert call.turns[1].started_ms - call.turns[0].ended_ms == pytest.approx(4000, abs=100)


def test_patience_after_hold_on_is_longer() -> None:
    waits = reply(Act.WAIT, "take your time", patience=2.5)
    talk = PlannedTalk(GREET, waits, silence=reply(Act.GOODBYE, "goodbye then", ends=True))
    call = Setting({"answers": {"greet": "hold on please"}}, talk=talk, silence_seconds=4.0).run()
    assert call.turns[-1].started_ms - call.turns[-2].ended_ms == pytest.approx(10_000, abs=100)


def test_speech_without_words_is_asked_again() -> None:
    setting = Setting({"answers": {"greet": "yes it is me"}}, GREET, BYE, ears={"deaf": True})
    call = setting.run()
    assert setting.talk.considered == [""] and call.ending is CallEnding.COMPLETED


def test_other_readings_are_considered_where_the_words_were_unclear() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE, ears={"alternatives": ("yes",)})
    setting.run()
    assert setting.talk.considered == ["yes it is me", "no it was not me"], "clear words are read once"


def test_the_length_of_a_call_is_capped_after_the_sentence() -> None:
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, max_seconds=3.5).run()
    assert call.ending is CallEnding.LENGTH_CAP
    assert call.turns[-1].heard_text == MADE.text and not call.turns[-1].interrupted


def test_captions_tell_the_customer_what_is_said_as_it_is_said() -> None:
    setting = Setting({"answers": ANSWERS}, GREET, MADE, BYE)
    setting.run()
    greeting = [c for c in setting.leg.captions if c.speaker is Speaker.AGENT and c.acts == (Act.GREET,)]
    shown = [caption.text for caption in greeting]
    assert shown[0] == "" and shown[1] == "hello" and shown[-1] == GREET.text
    assert [caption.final for caption in greeting] == [False] * (len(greeting) - 1) + [True]
    assert "yes it is me" in [c.text for c in setting.leg.captions if c.speaker is Speaker.CUSTOMER and c.final]
