"""Keys in calls with audio, on virtual time: when they take effect, and what the record then holds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent.call.keypad import KEYS_S, Keypad
from agent.dialogue.conversation import Conversation
from agent.dialogue.keys import KEYPAD
from cases.domain.call import Call
from cases.domain.vocabulary import Act, Language, Outcome, Question, Speaker
from telephony.leg import Control, ControlKind
from telephony.simulated import SimulatedLeg
from tests.support.text_talk import ALERTS, EN, judged, talk
from tests.support.voice_setting import Setting

ALERT = ALERTS[Language.EN]


def asks_for_keys(*events: dict[str, Any]) -> dict[str, Any]:
    answers = {name: EN[name] for name in ("greet", "ask_identity")}
    return {
        "answers": {**answers, "ask_made": ["Can I press a button?", "", ""], "offer_keys": ""},
        "events": list(events),
    }


def held(customer: dict[str, Any], **options: Any) -> tuple[Call, Conversation, Setting]:
    conversation = talk(ALERT)
    setting = Setting(customer, talk=conversation, **options)
    return setting.run(), conversation, setting


def keys_of(call: Call) -> list[str]:
    return [turn.text for turn in call.turns if turn.brain == KEYPAD]


def test_a_key_answers_after_the_offer_and_lies_in_the_recording() -> None:
    call, _, _ = held(asks_for_keys({"on": "offer_keys", "dtmf": "2"}))
    assert keys_of(call) == ["[key 2]"] and judged(ALERT, call).outcome is Outcome.DENIED
    index = next(turn.index for turn in call.turns if turn.brain == KEYPAD)
    offer, key, settled = call.turns[index - 1 : index + 2]
    assert Act.OFFER_KEYS in offer.acts and settled.acts[0] is Act.REASSURE_DENIED
    assert offer.ended_ms < key.started_ms < key.ended_ms <= settled.started_ms
    assert KEYS_S * 1000 - 100 <= settled.started_ms - key.started_ms <= KEYS_S * 1000 + 400


def test_a_key_pressed_over_the_offer_cuts_it_and_a_no_counts() -> None:
    call, _, _ = held(asks_for_keys({"on": "offer_keys", "after_ms": 400, "dtmf": "2"}))
    offer = next(turn for turn in call.turns if Act.OFFER_KEYS in turn.acts)
    assert offer.interrupted and offer.heard_text != offer.text
    assert judged(ALERT, call).outcome is Outcome.DENIED


def test_a_yes_pressed_before_the_offer_was_heard_is_asked_again() -> None:
    call, _, _ = held(asks_for_keys({"on": "offer_keys", "after_ms": 400, "dtmf": "1"}))
    assert keys_of(call) == ["[key 1]"]
    assert not [answer for answer in call.verification.answers if answer.question is Question.MADE]
    again = next(turn for turn in call.turns if turn.index > 1 and turn.brain == KEYPAD).index + 1
    assert call.turns[again].acts == (Act.OFFER_KEYS, Act.ASK_MADE)


def test_a_number_is_refused_and_none_of_it_kept() -> None:
    call, _, _ = held(asks_for_keys({"on": "ask_identity", "after_ms": 300, "dtmf": "1203"}))
    assert keys_of(call) == ["[several keys]"]
    refused = next(turn for turn in call.turns if Act.REFUSE_DIGITS in turn.acts)
    assert refused.acts == (Act.REFUSE_DIGITS, Act.ASK_IDENTITY)
    assert "1203" not in repr(call)


def test_a_key_that_means_nothing_does_not_even_cut_the_agent_off() -> None:
    call, _, _ = held(asks_for_keys({"on": "greet", "after_ms": 300, "dtmf": "1"}))
    assert keys_of(call) == [] and not call.turns[0].interrupted


def test_zero_over_the_greeting_reaches_a_person() -> None:
    call, _, _ = held(asks_for_keys({"on": "greet", "after_ms": 300, "dtmf": "0"}))
    assert keys_of(call) == ["[key 0]"] and call.turns[0].interrupted
    assert call.turns[-1].acts == (Act.TRANSFER_TO_HUMAN, Act.GOODBYE) and not call.verification.disclosed


def test_words_that_wait_for_an_answer_when_a_key_comes_stand_in_the_record() -> None:
    customer = asks_for_keys()
    customer["answers"]["ask_made"][1] = "well let me think about"

    async def press(leg: SimulatedLeg) -> None:
        while len(leg.spoken) < 4 or leg.spoken[3].ended_ms < 0:  # noqa: ASYNC110 - polls virtual time
            await asyncio.sleep(0.02)
        leg._controls.put_nowait(Control(ControlKind.DTMF, "2"))

    call, _, _ = held(customer, during=press)
    said = [turn.text for turn in call.turns if turn.speaker is Speaker.CUSTOMER]
    assert said[-2:] == ["well let me think about", "[key 2]"]
    assert judged(ALERT, call).outcome is Outcome.DENIED


@pytest.mark.parametrize(("keys", "taken"), [("1", "1"), ("12", "more"), ("1234567890", "more"), ("", None)])
def test_of_a_row_no_key_is_kept(keys: str, taken: str | None) -> None:
    pad = Keypad()
    for place, key in enumerate(keys):
        pad.press(key, 1_000.0 + place * 200)
    pressed = pad.take()
    assert (pressed.keys if pressed else None) == taken
    assert pad.take() is None
    if pressed is not None:
        assert (pressed.span.from_ms, pressed.span.until_ms) == (1_000.0, 1_100.0 + (len(keys) - 1) * 200)
