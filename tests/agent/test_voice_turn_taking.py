"""Calls on virtual time in which the customer hesitates, turns away, or asks for a moment."""

from __future__ import annotations

import asyncio

import pytest

from agent.call.turns.preparing import PrepareEarly
from agent.call.turns.taking import TurnTaking
from agent.observer import SilentObserver
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, Language, Question, Speaker
from telephony.simulated import SimulatedLeg
from tests.support.call_fakes import PlannedTalk, reply
from tests.support.voice_setting import ANSWERS, BYE, GREET, MADE, Setting, spoken, texts


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


def nothing_matters(text: str, question: Question | None, language: Language) -> bool:
    return False


@pytest.fixture
def turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever speaks is a little softer than the customer was."""
    monkeypatch.setattr("agent.call.ears.Ears.away", lambda self, *, free: True)


@pytest.mark.usefixtures("turned_away")
def test_words_past_the_telephone_are_answered_where_nothing_follows() -> None:
    setting = Setting({"answers": {**ANSWERS, "greet": "mother where is it"}}, GREET, MADE, BYE)
    call = setting.run(matters=nothing_matters)
    assert setting.talk.noted == [] and setting.talk.considered == ["mother where is it", "no it was not me"]
    said, asked = call.turns[1], call.turns[2]
    assert asked.acts == (Act.ASK_MADE,) and 2_400 < asked.started_ms - said.ended_ms < 4_000


@pytest.mark.usefixtures("turned_away")
def test_words_past_the_telephone_change_nothing_where_an_answer_follows() -> None:
    async def turn_back(leg: SimulatedLeg) -> None:
        await spoken(leg, 1)
        await asyncio.sleep(1.5)
        leg._mouth += leg._audio["yes it is me"]

    answers = {**ANSWERS, "greet": "mother where is it", "still_there": "yes it is me"}
    setting = Setting({"answers": answers}, GREET, MADE, BYE, during=turn_back)
    call = setting.run(matters=nothing_matters)
    assert setting.talk.noted == ["mother where is it"] and call.turns[1].reading is None
    assert call.turns[2].text == "yes it is me"
    assert setting.talk.considered[1:] == ["yes it is me", "no it was not me"], "the first was only prepared"


@pytest.mark.usefixtures("turned_away")
def test_words_past_the_telephone_do_not_take_the_floor() -> None:
    watcher = Watcher()
    events = [{"on": "ask_made", "after_ms": 600, "say": "mother where is it"}]
    setting = Setting({"answers": ANSWERS, "default": "", "events": events}, GREET, MADE, BYE, observer=watcher)
    call = setting.run(matters=nothing_matters)
    asked = next(turn for turn in call.turns if turn.acts == (Act.ASK_MADE,))
    assert asked.heard_text == MADE.text and not asked.interrupted and watcher.went


@pytest.mark.usefixtures("turned_away")
def test_doubtful_words_on_which_the_customer_hangs_up_still_count() -> None:
    async def hang_up(leg: SimulatedLeg) -> None:
        await spoken(leg, 1)
        await asyncio.sleep(1.5)
        leg._end()

    setting = Setting({"answers": {**ANSWERS, "greet": "mother where is it"}}, GREET, MADE, BYE, during=hang_up)
    setting.run(matters=nothing_matters)
    assert setting.talk.considered == ["mother where is it"]


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
