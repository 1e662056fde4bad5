"""The script until the customer is known: greeting and identity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.domain import script
from cases.domain.call import Confirmation, CustomerRequest
from cases.domain.vocabulary import Act, BankAction, Intent, Outcome
from tests.support.script_talk import BIRTHDAY, Talk, ended, make_alert


class TestIdentity:
    def test_one_wrong_answer_is_asked_once_more(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        assert talk.say(Intent.ANSWER, identity="01-01") == (Act.RETRY_IDENTITY,)
        assert talk.say(Intent.ANSWER, identity=BIRTHDAY) == (Act.ASK_MADE,)

    def test_two_wrong_answers_close_neutrally(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        talk.say(Intent.ANSWER, identity="01-01")
        talk.say(Intent.ANSWER, identity="02-02")
        assert ended(talk, Act.CLOSE_WRONG_PARTY)
        assert not talk.close().disclosed
        result = talk.assess()
        assert (result.outcome, result.action, result.escalate) == (Outcome.IDENTITY_FAILED, BankAction.HOLD, True)

    def test_half_an_answer_is_no_wrong_answer(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        assert talk.say(Intent.ANSWER, identity="12", complete=False) == (Act.CLARIFY, Act.ASK_IDENTITY)
        assert talk.state.identity_tries == 0

    def test_not_knowing_is_no_wrong_answer(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        assert talk.say(Intent.UNSURE, identity="unsure") == (Act.CLARIFY, Act.ASK_IDENTITY)

    def test_spelling_of_a_postcode_does_not_matter(self) -> None:
        alert = make_alert()
        question = replace(alert.customer.identity_question, expected="SW1A")
        talk = Talk(replace(alert, customer=replace(alert.customer, identity_question=question)))
        talk.say(Intent.CONFIRM)
        assert talk.say(Intent.ANSWER, identity="sw 1a") == (Act.ASK_MADE,)

    def test_what_is_said_about_the_payment_before_identity_counts_for_nothing(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM, made="yes", told_what_to_say="no")
        assert talk.state.answers == ()
        assert talk.state.confirmation is Confirmation.UNKNOWN

    def test_a_refusal_to_identify_gets_an_explanation_once(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        assert talk.say(Intent.REFUSE) == (Act.EXPLAIN_WHO, Act.ASK_IDENTITY)
        talk.say(Intent.REFUSE)
        assert ended(talk, Act.GOODBYE)
        assert talk.close().request is CustomerRequest.REFUSED
        assert talk.assess().outcome is Outcome.INCONCLUSIVE


class TestOpening:
    def test_no_at_the_opening_is_the_wrong_person(self) -> None:
        talk = Talk()
        talk.say(Intent.DENY)
        assert ended(talk, Act.CLOSE_WRONG_PARTY)
        assert talk.assess().outcome is Outcome.WRONG_PARTY

    def test_a_refusal_at_the_opening_is_accepted(self) -> None:
        talk = Talk()
        talk.say(Intent.REFUSE)
        assert ended(talk, Act.GOODBYE)

    @pytest.mark.parametrize("intent", [Intent.CONFIRM, Intent.ASK_WHO, Intent.ASK_DETAILS])
    def test_a_greeting_cut_off_is_given_again(self, intent: Intent) -> None:
        talk = Talk()
        talk.state = script.on_played(talk.plan, script.begin(talk.plan).state, (Act.GREET,), False)
        assert talk.say(intent) == (Act.GREET,)
        assert talk.say(Intent.CONFIRM) == (Act.ASK_IDENTITY,)
