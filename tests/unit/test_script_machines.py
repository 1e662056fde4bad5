"""The script with call screeners and machines, and with people who pick up behind them."""

from __future__ import annotations

import pytest

from cases.domain import script
from cases.domain.errors import IllegalInputError
from cases.domain.vocabulary import Act, Intent, Stage
from tests.support.script_talk import POLICY, Talk, card_alert


def screen(talk: Talk, *, waits: bool = False) -> tuple[Act, ...]:
    return talk._take(script.on_screener(talk.plan, talk.state, waits=waits), True)


def pick_up(talk: Talk) -> tuple[Act, ...]:
    talk.turn += 2
    return talk._take(script.on_pick_up(talk.plan, talk.state, talk.turn), True)


def test_a_screener_is_told_who_calls_and_whoever_picks_up_is_greeted() -> None:
    talk = Talk(card_alert())
    assert screen(talk) == (Act.ANSWER_SCREENER,) and talk.step.question is None
    assert not talk.state.greeted
    assert talk.say(Intent.CONFIRM) == (Act.GREET,)
    assert talk.say(Intent.CONFIRM) == (Act.ASK_IDENTITY,)
    assert talk.say(Intent.ANSWER, identity="03-12") == (Act.ASK_MADE,)


@pytest.mark.parametrize("intent", [Intent.DENY, Intent.UNCLEAR, Intent.ASK_WHO, Intent.ANSWER, Intent.GOODBYE])
def test_the_first_words_behind_a_screener_answer_nothing(intent: Intent) -> None:
    talk = Talk(card_alert())
    screen(talk)
    assert talk.say(intent) == (Act.GREET,)


@pytest.mark.parametrize(
    ("intent", "act"), [(Intent.WRONG_PERSON, Act.CLOSE_WRONG_PARTY), (Intent.ASK_HUMAN, Act.TRANSFER_TO_HUMAN)]
)
def test_who_says_what_they_want_behind_a_screener_is_heard(intent: Intent, act: Act) -> None:
    talk = Talk(card_alert())
    screen(talk)
    assert talk.say(intent)[0] is act


def test_a_screener_is_borne_with_so_often() -> None:
    talk = Talk(card_alert())
    for _ in range(POLICY.limits.screener.answers):
        assert screen(talk) == (Act.ANSWER_SCREENER,)
        assert screen(talk, waits=True) == (Act.WAIT,)
    assert screen(talk) == (Act.GOODBYE,) and talk.step.ends


def test_nobody_behind_a_screener_ends_the_call_at_the_first_silence() -> None:
    talk = Talk(card_alert())
    screen(talk)
    assert talk.silence() == (Act.GOODBYE,) and talk.step.ends and not talk.state.disclosed


def test_a_person_who_speaks_over_the_message_begins_the_call() -> None:
    talk = Talk(card_alert())
    assert talk.machine() == (Act.LEAVE_VOICEMAIL,) and talk.step.ends
    assert pick_up(talk) == (Act.GREET,) and not talk.step.ends
    assert talk.state.stage is Stage.OPENING
    assert talk.say(Intent.CONFIRM) == (Act.ASK_IDENTITY,)
    with pytest.raises(IllegalInputError, match="no message"):
        script.on_pick_up(talk.plan, talk.state, talk.turn + 2)


def test_a_call_that_closed_for_another_reason_is_not_begun_anew() -> None:
    talk = Talk(card_alert())
    talk.say(Intent.WRONG_PERSON)
    with pytest.raises(IllegalInputError, match="no message"):
        script.on_pick_up(talk.plan, talk.state, talk.turn + 2)


def test_nothing_is_a_screener_once_the_customer_is_known() -> None:
    talk = Talk(card_alert()).identified()
    with pytest.raises(IllegalInputError):
        script.on_screener(talk.plan, talk.state)
