"""What was not played to its end, and what is said while the call closes."""

from __future__ import annotations

import pytest

from cases.domain import script
from cases.domain.call import CallEnding
from cases.domain.vocabulary import Act, BankAction, Intent, Outcome, SignalCode
from tests.support.script_talk import BIRTHDAY, Talk, card_alert, ended, reading


class TestInterruptions:
    def test_a_yes_to_a_question_that_was_cut_off_is_asked_again(self) -> None:
        talk = Talk(card_alert())
        talk.say(Intent.CONFIRM)
        talk.say(Intent.ANSWER, identity=BIRTHDAY, played=False)
        assert talk.say(Intent.CONFIRM) == (Act.CLARIFY, Act.ASK_MADE)
        talk.say(Intent.CONFIRM)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

    def test_a_no_to_a_question_that_was_cut_off_counts(self) -> None:
        talk = Talk(card_alert())
        talk.say(Intent.CONFIRM)
        talk.say(Intent.ANSWER, identity=BIRTHDAY, played=False)
        talk.say(Intent.DENY)
        assert talk.assess().outcome is Outcome.DENIED

    def test_facts_are_disclosed_as_soon_as_any_of_them_was_played(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        talk.say(Intent.ANSWER, identity=BIRTHDAY, played=False)
        assert talk.close(CallEnding.CUSTOMER_HUNG_UP).disclosed

    def test_facts_that_were_never_played_are_not_disclosed(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        step = script.on_reading(talk.plan, talk.state, reading(Intent.ANSWER, identity=BIRTHDAY), 9)
        assert step.acts == (Act.ASK_MADE,)
        assert not script.close(talk.plan, step.state, CallEnding.LEG_FAILED).disclosed


class TestClosing:
    def test_content_words_during_a_goodbye_change_nothing_that_was_said(self) -> None:
        talk = Talk(card_alert()).confirmed()
        for intent in (Intent.GOODBYE, Intent.CONFIRM, Intent.ASK_WHO):
            talk.say(intent)
            assert ended(talk, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

    @pytest.mark.parametrize("intent", [Intent.UNCLEAR, Intent.OFF_TOPIC, Intent.UNSURE, Intent.ASK_WAIT])
    def test_who_goes_on_after_a_release_is_asked_once_more(self, intent: Intent) -> None:
        talk = Talk(card_alert()).confirmed()
        asked = talk.say(intent)
        assert asked == ((Act.WAIT,) if intent is Intent.ASK_WAIT else (Act.CLARIFY, Act.ASK_MADE))
        assert not talk.state.ended
        for ending in CallEnding:
            assert talk.assess(ending).action is BankAction.HOLD, "nothing is confirmed any more"
        talk.say(Intent.CONFIRM)
        if intent is Intent.ASK_WAIT:
            assert talk.acts == (Act.ASK_MADE,), "a yes after a wait only says that they are back"
            talk.say(Intent.CONFIRM)
        assert ended(talk, Act.RELEASE_CONFIRMED, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE
        talk.say(Intent.UNCLEAR)
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD

    def test_who_takes_the_confirmation_back_when_asked_once_more_has_denied(self) -> None:
        talk = Talk(card_alert()).confirmed()
        talk.say(Intent.ASK_WAIT)
        talk.say(Intent.DENY, made="no")
        assert ended(talk, Act.REASSURE_DENIED, Act.GOODBYE) or ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is not BankAction.RELEASE

    @pytest.mark.parametrize("intent", [Intent.UNCLEAR, Intent.OFF_TOPIC, Intent.ASK_WAIT])
    def test_words_after_a_payment_that_stays_held_change_nothing(self, intent: Intent) -> None:
        talk = Talk(card_alert()).confirmed()
        talk.say(Intent.REFUSE)
        talk.say(intent)
        assert ended(talk, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD

    def test_a_question_during_a_goodbye_is_answered(self) -> None:
        talk = Talk(card_alert()).confirmed()
        talk.say(Intent.ASK_DETAILS)
        assert ended(talk, Act.ANSWER_QUESTION, Act.GOODBYE)
        talk.say(Intent.ASK_REPEAT)
        assert ended(talk, Act.RELEASE_CONFIRMED, Act.GOODBYE)

    @pytest.mark.parametrize(
        ("intent", "signals", "answers"),
        [
            (Intent.DENY, (), {"made": "no"}),
            (Intent.DENY, (), {}),
            (Intent.REFUSE, (), {}),
            (Intent.ANSWER, (SignalCode.CALLER_CLAIMS_BANK,), {}),
            (Intent.ANSWER, (), {"remote_access": "yes"}),
        ],
    )
    def test_doubt_during_a_goodbye_takes_a_release_back(
        self, intent: Intent, signals: tuple[SignalCode, ...], answers: dict[str, str]
    ) -> None:
        talk = Talk(card_alert()).confirmed()
        talk.say(intent, *signals, **answers)
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD

    @pytest.mark.parametrize("ending", [one for one in CallEnding if one is not CallEnding.COMPLETED])
    def test_only_a_hang_up_leaves_a_finished_script_finished(self, ending: CallEnding) -> None:
        talk = Talk(card_alert()).confirmed()
        released = talk.assess(ending).outcome is Outcome.CONFIRMED_GENUINE
        assert released is (ending is CallEnding.CUSTOMER_HUNG_UP)
        assert talk.close(ending).completed is released
