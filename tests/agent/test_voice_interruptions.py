"""Calls on virtual time in which the customer or the agent is cut off."""

from __future__ import annotations

import pytest

from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act
from tests.support.call_fakes import reply
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, Setting


def test_a_barge_in_cuts_the_agent_off_and_is_answered() -> None:
    events = [{"on": "ask_made", "after_ms": 900, "say": "wait who are you"}]
    setting = Setting({"answers": ANSWERS, "events": events}, GREET, MADE, BYE)
    call = setting.run()
    cut = call.turns[2]
    assert cut.interrupted and cut.text == MADE.text and MADE.text.startswith(cut.heard_text) and cut.heard_text
    assert setting.talk.heard[1] == (cut.heard_text, False)
    assert cut.yield_ms is not None and cut.yield_ms <= 300
    assert setting.talk.considered[-1] == "wait who are you"
    assert call.ending is CallEnding.COMPLETED


@pytest.mark.parametrize(("key", "words"), [("backchannel", "mm hmm"), ("say", "(cough)")])
def test_a_hum_or_a_cough_does_not_stop_the_agent(key: str, words: str) -> None:
    events = [{"on": "ask_made", "after_ms": 600, key: words}]
    setting = Setting({"answers": ANSWERS, "default": "", "events": events}, GREET, MADE, BYE, silence_seconds=3.0)
    call = setting.run()
    asked = next(turn for turn in call.turns if turn.acts == (Act.ASK_MADE,))
    assert asked.heard_text == MADE.text and not asked.interrupted
    assert setting.talk.noted == (["mm hmm"] if key == "backchannel" else [])


def test_a_secret_is_cut_short() -> None:
    answers = {"greet": "my pin is one two three four five", "refuse_secret": ""}
    setting = Setting({"answers": answers}, GREET, BYE, silence_seconds=3.0, max_seconds=14.0)
    call = setting.run()
    refusal = next(turn for turn in call.turns if turn.acts == (Act.REFUSE_SECRET,))
    line = setting.leg.spoken[0]
    assert refusal.started_ms < line.ended_ms, "the agent speaks while the customer still does"
    assert refusal.heard_text == "please stop there"
    assert call.turns[1].text.startswith("my pin is") and "five" not in call.turns[1].text


def test_the_button_brings_a_person_at_once() -> None:
    events = [{"on": "ask_made", "after_ms": 500, "ask_human": True}]
    call = Setting({"answers": ANSWERS, "events": events}, GREET, MADE, BYE).run()
    assert call.turns[-1].acts == (Act.TRANSFER_TO_HUMAN,) and call.ending is CallEnding.COMPLETED
    assert call.turns[-2].interrupted


def test_a_goodbye_that_is_cut_off_is_followed_by_an_answer() -> None:
    long_bye = reply(Act.GOODBYE, "thank you very much for your time goodbye", ends=True)
    events = [{"on": "goodbye", "after_ms": 700, "say": "what should i do now"}]
    answers = {"greet": "yes it is me", "goodbye": ""}
    setting = Setting({"answers": answers, "events": events}, GREET, long_bye)
    call = setting.run()
    assert call.ending is CallEnding.COMPLETED
    assert [turn.interrupted for turn in call.turns if turn.acts == (Act.GOODBYE,)] == [True, False]


def test_what_may_not_be_interrupted_is_not() -> None:
    warning = reply(Act.WARN, "this may well be a fraud and your money is lost", interruptible=False)
    events = [{"on": "warn", "after_ms": 700, "say": "wait who are you"}]
    setting = Setting(
        {"answers": {"greet": "yes it is me"}, "events": events}, GREET, warning, BYE, silence_seconds=2.0
    )
    call = setting.run()
    warned = next(turn for turn in call.turns if turn.acts == (Act.WARN,))
    assert warned.heard_text == warning.text and setting.talk.noted == ["wait who are you"]
    assert call.ending is not CallEnding.ENGINE_FAILED
