"""Calls on virtual time in which the customer hesitates, turns away, or asks for a moment."""

from __future__ import annotations

import pytest

from agent.call.turns.preparing import PrepareEarly
from agent.call.turns.taking import TurnTaking
from agent.observer import SilentObserver
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, Speaker
from tests.support.call_fakes import PlannedTalk, reply
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, Setting, texts


class Watcher(SilentObserver):
    def __init__(self) -> None:
        self.wasted = 0
        self.went = 0

    def prepared_in_vain(self) -> None:
        self.wasted += 1

    def went_on(self, at_ms: int) -> None:
        self.went += 1


def test_talk_to_others_is_noted_and_not_answered() -> None:
    answers = {"greet": "darling i am on the phone", "still_there": "yes it is me", "ask_made": "no it was not me"}
    setting = Setting({"answers": answers}, talk=PlannedTalk(GREET, MADE, BYE), silence_seconds=4.0)
    call = setting.run(matters=lambda text, question, language: False)
    aside = call.turns[1]
    assert setting.talk.noted == ["darling i am on the phone"] == [aside.text] and aside.reading is None
    assert call.turns[2].acts == (Act.STILL_THERE,), "nobody answers it"
    assert call.turns[2].started_ms - aside.ended_ms > 7_500, "whoever speaks to others is left twice the time"
    assert setting.talk.considered == ["yes it is me", "no it was not me"]


def test_a_denial_said_to_others_is_a_turn() -> None:
    answers = {**ANSWERS, "greet": "darling i did not pay"}
    setting = Setting({"answers": answers}, GREET, MADE, BYE)
    setting.run(matters=lambda text, question, language: True)
    assert setting.talk.noted == [] and setting.talk.considered[0] == "darling i did not pay"


def test_talk_to_others_over_the_agent_lets_it_go_on_where_it_stopped() -> None:
    watcher = Watcher()
    events = [{"on": "ask_made", "after_ms": 600, "say": "darling not now"}]
    setting = Setting({"answers": ANSWERS, "default": "", "events": events}, GREET, MADE, BYE, observer=watcher)
    call = setting.run(matters=lambda text, question, language: False)
    asked = next(turn for turn in call.turns if turn.acts == (Act.ASK_MADE,))
    assert asked.heard_text == MADE.text and not asked.interrupted and watcher.went
    assert "darling not now" in setting.talk.noted


def test_replies_prepared_too_early_are_counted() -> None:
    watcher = Watcher()
    turns = TurnTaking(preparing=PrepareEarly(most=2))
    call = Setting({"answers": ANSWERS}, GREET, MADE, BYE, turns=turns, observer=watcher).run()
    assert call.ending is CallEnding.COMPLETED
    assert texts(call, Speaker.CUSTOMER) == ["yes it is me", "no it was not me"]
    assert 1 <= watcher.wasted <= 4, "at most two for each turn"


def test_a_moment_is_granted_and_the_silence_left_alone() -> None:
    waits = reply(Act.WAIT, "take your time", patience=5.0)
    talk = PlannedTalk(GREET, waits, silence=reply(Act.STILL_THERE, "are you still there"))
    call = Setting(
        {"answers": {"greet": "hold on please", "still_there": ""}}, talk=talk, silence_seconds=3.0, max_seconds=25.0
    ).run()
    said = [turn for turn in call.turns if turn.speaker is Speaker.AGENT]
    assert [turn.acts[0] for turn in said[:3]] == [Act.GREET, Act.WAIT, Act.STILL_THERE]
    assert said[2].started_ms - said[1].ended_ms == pytest.approx(15_000, abs=200)
