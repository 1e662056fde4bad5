"""What a customer may say at any stage, and what the script makes of it."""

from __future__ import annotations

from collections import Counter

import pytest

from cases.domain import script
from cases.domain.call import CallEnding, Confirmation, CustomerRequest, Identity
from cases.domain.script import AWAY
from cases.domain.vocabulary import Act, BankAction, Intent, Outcome, Question, Stage
from tests.support.script_talk import BIRTHDAY, POLICY, Talk, at, card_alert, ended

ASKING = [stage for stage in Stage if stage not in AWAY]


class TestAnywhere:
    @pytest.mark.parametrize("stage", ASKING)
    def test_a_person_is_there_at_once_from_any_stage(self, stage: Stage) -> None:
        for by_button in (False, True):
            talk = at(stage)
            talk.press(CustomerRequest.HUMAN) if by_button else talk.say(Intent.ASK_HUMAN)
            assert Act.TRANSFER_TO_HUMAN in talk.acts
            assert talk.step.ends
            assert talk.close().request is CustomerRequest.HUMAN
            assert talk.assess().action is not BankAction.RELEASE

    @pytest.mark.parametrize("stage", ASKING)
    def test_a_call_back_is_noted_from_any_stage(self, stage: Stage) -> None:
        talk = at(stage)
        talk.say(Intent.CALLBACK)
        assert ended(talk, Act.OFFER_CALLBACK, Act.GOODBYE)
        assert talk.close().request is CustomerRequest.CALLBACK

    @pytest.mark.parametrize("stage", [Stage.OPENING, Stage.IDENTITY, Stage.TRANSACTION, Stage.PROBE, Stage.WARN])
    @pytest.mark.parametrize(
        ("intent", "request_"),
        [(Intent.WRONG_PERSON, CustomerRequest.WRONG_PERSON), (Intent.THIRD_PARTY, CustomerRequest.THIRD_PARTY)],
    )
    def test_somebody_else_gets_a_neutral_close(self, stage: Stage, intent: Intent, request_: CustomerRequest) -> None:
        talk = at(stage)
        identified = talk.state.identity is Identity.PASSED
        talk.say(intent)
        assert ended(talk, Act.CLOSE_WRONG_PARTY)
        assert talk.close().request is request_
        result = talk.assess()
        assert result.outcome is not Outcome.CONFIRMED_GENUINE
        if not identified:
            assert result.outcome is Outcome.WRONG_PARTY

    @pytest.mark.parametrize("stage", [Stage.TRANSACTION, Stage.PROBE, Stage.WARN])
    def test_leaving_after_identity_holds_the_payment(self, stage: Stage) -> None:
        for intent, request_ in ((Intent.GOODBYE, None), (Intent.REFUSE, CustomerRequest.REFUSED)):
            talk = at(stage)
            talk.say(intent)
            assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
            assert talk.close().request is request_
            assert not talk.close().completed

    def test_leaving_before_identity_is_neutral(self) -> None:
        talk = Talk()
        talk.say(Intent.GOODBYE)
        assert ended(talk, Act.GOODBYE)
        assert talk.assess(CallEnding.CUSTOMER_HUNG_UP).outcome is Outcome.INCONCLUSIVE

    @pytest.mark.parametrize("stage", [Stage.IDENTITY, Stage.TRANSACTION, Stage.WARN])
    def test_what_is_not_understood_is_asked_again_twice_and_then_goes_to_a_person(self, stage: Stage) -> None:
        for intent in (Intent.UNCLEAR, Intent.OFF_TOPIC):
            talk = at(stage)
            question = talk.step.question
            for _ in range(2):
                acts = talk.say(intent)
                assert acts[0] is Act.CLARIFY
                assert talk.step.question is question
            talk.say(intent)
            assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)

    def test_a_probe_that_is_never_answered_is_left_open_and_the_others_are_asked_before_a_person_takes_over(
        self,
    ) -> None:
        talk = at(Stage.PROBE)
        asked = []
        while not talk.step.ends:
            asked.append(talk.step.question)
            talk.say(Intent.ASK_REPEAT if talk.step.question is Question.PURPOSE else Intent.UNCLEAR)
        # Two re-asks of the first, one more of the second, none of the rest: nobody is worn out.
        assert list(Counter(asked).values()) == [3, 2, 1, 1, 1]
        assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert (talk.assess().outcome, talk.assess().action) == (Outcome.INCONCLUSIVE, BankAction.HOLD)

    def test_a_scam_sign_in_a_later_probe_is_warned_of_though_an_earlier_one_was_left_open(self) -> None:
        talk = at(Stage.PROBE)
        while talk.step.question is not Question.TOLD_WHAT_TO_SAY:
            talk.say(Intent.UNCLEAR)
        assert talk.say(Intent.ANSWER, told_what_to_say="yes")[0] is Act.WARN
        assert talk.assess().outcome is Outcome.SUSPECTED_SCAM

    def test_a_probe_left_open_and_answered_later_needs_no_person(self) -> None:
        talk = at(Stage.PROBE)
        for _ in range(3):
            talk.say(Intent.UNCLEAR)
        assert talk.step.question is Question.PAYEE_SOURCE
        talk.say(Intent.ANSWER, payee_source="friend", purpose="rent")
        while not talk.step.ends:
            assert talk.step.question is not Question.PURPOSE
            talk.say(Intent.ANSWER, **{talk.step.question.value: "no"})
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

    def test_re_asks_are_counted_for_each_question(self) -> None:
        talk = Talk()
        talk.say(Intent.CONFIRM)
        talk.say(Intent.UNCLEAR)
        talk.say(Intent.UNCLEAR)
        talk.say(Intent.ANSWER, identity=BIRTHDAY)
        assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.ASK_MADE)

    def test_who_is_calling_is_explained_then_shown_then_a_re_ask(self) -> None:
        talk = Talk().identified()
        assert talk.say(Intent.ASK_WHO) == (Act.EXPLAIN_WHO, Act.ASK_MADE)
        assert talk.say(Intent.ASK_WHO) == (Act.SHOW_CODE, Act.ASK_MADE)
        assert talk.say(Intent.ASK_WHO) == (Act.CLARIFY, Act.ASK_MADE)

    def test_who_is_calling_at_the_opening_goes_on_with_identity(self) -> None:
        talk = Talk()
        assert talk.say(Intent.ASK_WHO) == (Act.EXPLAIN_WHO, Act.ASK_IDENTITY)
        assert talk.step.question is Question.IDENTITY

    def test_questions_are_answered_within_limits(self) -> None:
        talk = Talk().identified()
        for _ in range(POLICY.limits.side_questions):
            assert talk.say(Intent.ASK_DETAILS) == (Act.ANSWER_QUESTION, Act.ASK_MADE)
        assert talk.say(Intent.ASK_DETAILS) == (Act.CLARIFY, Act.ASK_MADE)

    def test_a_repeat_is_in_other_words(self) -> None:
        assert Talk().identified().say(Intent.ASK_REPEAT) == (Act.REPEAT, Act.ASK_MADE)

    def test_a_yes_after_waiting_is_no_answer(self) -> None:
        talk = Talk(card_alert()).identified()
        assert talk.say(Intent.ASK_WAIT) == (Act.WAIT,)
        assert talk.step.question is None
        assert talk.say(Intent.CONFIRM) == (Act.ASK_MADE,)
        assert talk.state.confirmation is Confirmation.UNKNOWN

    def test_a_yes_to_are_you_still_there_is_no_answer(self) -> None:
        talk = Talk(card_alert()).identified()
        assert talk.silence() == (Act.STILL_THERE,)
        assert talk.say(Intent.CONFIRM, made="yes") == (Act.ASK_MADE,)
        assert talk.state.confirmation is Confirmation.UNKNOWN
        talk.say(Intent.CONFIRM)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

    def test_a_denial_after_a_silence_counts(self) -> None:
        talk = Talk().identified()
        talk.silence()
        talk.say(Intent.DENY, made="no")
        assert talk.assess().outcome is Outcome.DENIED

    def test_silence_after_silence_ends_the_call(self) -> None:
        talk = Talk()
        assert talk.silence() == (Act.STILL_THERE,)
        assert talk.silence() == (Act.STILL_THERE,)
        talk.silence()
        assert ended(talk, Act.GOODBYE)
        assert talk.assess(CallEnding.SILENCE).outcome is Outcome.UNREACHED

    def test_silence_after_identity_says_what_happens(self) -> None:
        talk = Talk().identified()
        for _ in range(3):
            talk.silence()
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess(CallEnding.SILENCE).outcome is Outcome.INCONCLUSIVE

    def test_words_between_silences_start_the_count_again(self) -> None:
        talk = Talk().identified()
        for _ in range(4):
            assert talk.silence() == (Act.STILL_THERE,)
            assert talk.say(Intent.UNCLEAR) == (Act.ASK_MADE,)

    @pytest.mark.parametrize("stage", [Stage.IDENTITY, Stage.TRANSACTION, Stage.PROBE, Stage.WARN])
    def test_a_secret_is_refused_and_the_question_put_again(self, stage: Stage) -> None:
        talk = at(stage)
        question = talk.step.question
        assert talk.secret()[0] is Act.REFUSE_SECRET
        assert talk.step.question is question

    def test_a_language_that_is_not_spoken_goes_to_a_person(self) -> None:
        talk = Talk()
        talk.say(Intent.UNCLEAR, language=None)
        assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)

    def test_a_machine_gets_the_neutral_message(self) -> None:
        talk = Talk()
        talk.machine()
        assert ended(talk, Act.LEAVE_VOICEMAIL)
        assert not talk.close().disclosed
        assert script.begin(talk.plan, machine=True).acts == (Act.LEAVE_VOICEMAIL,)
