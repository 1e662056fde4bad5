"""The call script around a person: on hold for one, with one, back from one."""

from __future__ import annotations

import pytest

from cases.domain import script
from cases.domain.call import CallEnding, Confirmation, CustomerRequest
from cases.domain.errors import IllegalInputError
from cases.domain.script_reading import Cue
from cases.domain.vocabulary import Act, BankAction, Intent, Outcome, Question, SignalCode, Stage
from tests.support.script_talk import Talk, card_alert, ended


def on_hold() -> Talk:
    """A customer of whom the payment was asked, and who wanted a person instead."""
    talk = Talk(transfers=True).identified()
    talk.say(Intent.ASK_HUMAN)
    assert talk.acts == (Act.PUT_THROUGH,) and not talk.step.ends
    assert talk.state.stage is Stage.ON_HOLD
    return talk


def test_where_nobody_can_join_a_person_calls_back() -> None:
    talk = Talk().identified()
    talk.say(Intent.ASK_HUMAN)
    assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)


def test_a_denied_payment_is_settled_before_the_customer_is_put_through() -> None:
    talk = Talk(card_alert(), transfers=True).identified()
    talk.say(Intent.DENY, SignalCode.DISTRESS)
    assert talk.acts == (Act.REASSURE_DENIED, Act.PUT_THROUGH)
    assert talk.assess(CallEnding.TRANSFERRED).action is BankAction.BLOCK


@pytest.mark.parametrize("intent", [Intent.CONFIRM, Intent.ANSWER, Intent.UNCLEAR, Intent.ASK_WHO, Intent.ASK_HUMAN])
def test_whoever_speaks_to_the_music_hears_that_a_person_is_looked_for(intent: Intent) -> None:
    talk = on_hold()
    talk.say(intent, made="yes")
    assert talk.acts == (Act.STILL_LOOKING,)
    assert talk.state.stage is Stage.ON_HOLD
    assert talk.close().confirmation is Confirmation.UNKNOWN


def test_a_yes_on_hold_answers_nothing_and_a_no_counts() -> None:
    talk = on_hold()
    talk.say(Intent.CONFIRM)
    assert talk.close().confirmation is Confirmation.UNKNOWN
    talk.say(Intent.DENY, made="no")
    assert talk.close().confirmation is Confirmation.DENIED


def test_whoever_does_not_want_to_wait_is_called_back() -> None:
    """The call back is a person's: nobody who waited for one is called by the agent again."""
    for intent in (Intent.CALLBACK, Intent.GOODBYE, Intent.REFUSE):
        talk = on_hold()
        talk.say(intent)
        assert ended(talk, Act.OFFER_CALLBACK, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.HUMAN_REQUESTED


@pytest.mark.parametrize(
    ("cue", "act"), [(Cue.NOBODY_FREE, Act.NOBODY_FREE), (Cue.PERSON_LOST, Act.PERSON_LOST)], ids=str
)
def test_a_transfer_that_fails_ends_with_an_apology_and_a_call_back_by_a_person(cue: Cue, act: Act) -> None:
    talk = on_hold()
    talk.person(cue)
    assert ended(talk, act, Act.GOODBYE)
    assert talk.close().request is CustomerRequest.HUMAN
    assert talk.assess().outcome is Outcome.HUMAN_REQUESTED and talk.assess().escalate


def test_waiting_costs_no_turns() -> None:
    talk = on_hold()
    before = talk.state.agent_turns
    for _ in range(40):
        assert talk.person(Cue.WAITED) == (Act.STILL_LOOKING,)
    assert talk.state.agent_turns == before


def test_a_person_who_hands_back_leaves_the_question_that_was_open() -> None:
    talk = on_hold()
    assert talk.person(Cue.PERSON_JOINED) == (Act.INTRODUCE,)
    assert talk.state.stage is Stage.WITH_PERSON and talk.state.question is None
    assert talk.person(Cue.HANDED_BACK) == (Act.TAKE_BACK, Act.ASK_MADE)
    assert talk.step.question is Question.MADE


def test_a_warning_that_was_not_heard_out_is_given_again() -> None:
    talk = Talk(transfers=True).confirmed()
    talk.say(Intent.ANSWER, SignalCode.SAFE_ACCOUNT, played=False)
    talk.person(Cue.PERSON_JOINED)
    assert talk.person(Cue.HANDED_BACK) == (Act.TAKE_BACK, Act.WARN, Act.ASK_PROCEED)


def test_after_a_person_spoke_nothing_is_released_by_policy() -> None:
    """A clean call into which a reviewer came for a moment holds; the same without releases."""
    for took_over in (False, True):
        talk = Talk(transfers=True).confirmed()
        if took_over:
            talk.person(Cue.PERSON_JOINED)
            talk.person(Cue.HANDED_BACK)
        talk.answer_probes()
        assert talk.step.ends
        result = talk.assess()
        assert (result.action is BankAction.RELEASE) is not took_over
        if took_over:
            assert result.escalate and "person_spoke" in {finding.rule for finding in result.findings}
            assert Act.HOLD_FOR_REVIEW in talk.acts


def test_nothing_is_read_while_a_person_talks() -> None:
    talk = on_hold()
    talk.person(Cue.PERSON_JOINED)
    before = talk.state
    with pytest.raises(IllegalInputError):
        talk.say(Intent.CONFIRM, made="yes")
    assert talk.state == before


def test_a_person_may_come_while_the_call_closes() -> None:
    talk = Talk().confirmed().answer_probes()
    assert talk.step.ends
    talk.person(Cue.PERSON_JOINED)
    assert not talk.step.ends
    assert talk.assess().action is not BankAction.RELEASE
    talk.person(Cue.PERSON_DONE)
    assert ended(talk, Act.GOODBYE)
    assert talk.assess(CallEnding.TRANSFERRED).action is not BankAction.RELEASE


def test_handing_back_where_nothing_was_open_closes() -> None:
    talk = Talk().confirmed().answer_probes()
    talk.person(Cue.PERSON_JOINED)
    talk.person(Cue.HANDED_BACK)
    assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)


def test_people_have_no_place_where_none_is() -> None:
    talk = Talk(transfers=True).identified()
    for cue in script.PERSON_CUES - {Cue.PERSON_JOINED}:
        with pytest.raises(IllegalInputError):
            talk.person(cue)
