from __future__ import annotations

from dataclasses import replace

import pytest

from cases.domain import script
from cases.domain.call import CallEnding, Confirmation, CustomerRequest, Identity
from cases.domain.errors import IllegalInputError
from cases.domain.script_reading import Cue
from cases.domain.script_table import TABLE
from cases.domain.vocabulary import (
    Act,
    BankAction,
    Disposition,
    Intent,
    Language,
    Outcome,
    Question,
    SignalCode,
    Stage,
    Tier,
    Typology,
)
from tests.support.script_talk import BIRTHDAY, POLICY, Talk, card_alert, make_alert, reading


def ended(talk: Talk, *acts: Act) -> bool:
    return talk.step.ends and talk.acts == acts


class TestStraightOn:
    def test_greets_then_asks_identity_then_the_payment(self) -> None:
        talk = Talk()
        assert talk.acts == (Act.GREET,)
        assert talk.step.question is None
        assert talk.say(Intent.CONFIRM) == (Act.ASK_IDENTITY,)
        assert talk.step.question is Question.IDENTITY
        assert not talk.state.disclosed
        assert talk.say(Intent.ANSWER, identity=BIRTHDAY) == (Act.ASK_MADE,)
        assert talk.state.identity is Identity.PASSED
        assert talk.state.disclosed

    def test_a_confirmed_card_payment_is_released_without_probes(self) -> None:
        talk = Talk(card_alert()).confirmed()
        assert ended(talk, Act.RELEASE_CONFIRMED, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE
        assert talk.assess().action is BankAction.RELEASE
        assert not talk.assess().escalate

    def test_a_clean_transfer_is_released_after_all_probes(self) -> None:
        talk = Talk().confirmed()
        assert talk.acts == (Act.ASK_PURPOSE,)
        talk.answer_probes()
        assert talk.state.asked == (Question.IDENTITY, Question.MADE, *POLICY.probes.general)
        assert ended(talk, Act.RELEASE_CONFIRMED, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

    @pytest.mark.parametrize(
        ("typology", "question"),
        [
            (Typology.MERCHANDISE, Question.SEEN_GOODS),
            (Typology.PROPERTY_RENTAL, Question.SEEN_GOODS),
            (Typology.INVESTMENT, Question.RETURNS),
            (Typology.ROMANCE_IMPOSTER, Question.MET_IN_PERSON),
            (Typology.BUSINESS_IMPOSTER, Question.INVOICE_CHECKED),
            (Typology.ADVANCE_FEE_JOB_OR_LOAN, Question.FEE_UPFRONT),
        ],
    )
    def test_a_typology_adds_its_question(self, typology: Typology, question: Question) -> None:
        talk = Talk(make_alert(typology)).confirmed().answer_probes()
        assert talk.state.asked[-1] is question
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

    def test_many_hypotheses_keep_the_number_of_probes_sane(self) -> None:
        scams = [one for one in Typology if one is not Typology.UNAUTHORISED_USE]
        plan = script.plan_call(make_alert(*scams), POLICY)
        assert len(plan.probes) == POLICY.probes.most
        assert plan.probes[:5] == POLICY.probes.general

    def test_unauthorised_use_of_a_transfer_still_gets_probes(self) -> None:
        assert script.plan_call(make_alert(Typology.UNAUTHORISED_USE), POLICY).probes == POLICY.probes.general

    def test_a_card_with_a_scam_hypothesis_gets_probes(self) -> None:
        alert = replace(card_alert(), typologies=(Typology.UNAUTHORISED_USE, Typology.ROMANCE_IMPOSTER))
        assert Question.MET_IN_PERSON in script.plan_call(alert, POLICY).probes

    def test_a_volunteered_free_answer_is_not_asked_again(self) -> None:
        talk = Talk().identified()
        assert talk.say(Intent.CONFIRM, made="yes", purpose="my rent") == (Act.ASK_PAYEE_SOURCE,)

    def test_a_volunteered_no_to_a_safety_question_is_asked_all_the_same(self) -> None:
        talk = Talk().identified()
        talk.say(Intent.CONFIRM, made="yes", told_what_to_say="no", remote_access="no", contacted="no")
        talk.answer_probes()
        assert {Question.TOLD_WHAT_TO_SAY, Question.REMOTE_ACCESS, Question.CONTACTED} <= set(talk.state.asked)

    def test_the_next_question_follows_an_answer_to_the_customers_own(self) -> None:
        talk = Talk().confirmed()
        assert talk.say(Intent.ASK_DETAILS, purpose="rent") == (Act.ANSWER_QUESTION, Act.ASK_PAYEE_SOURCE)
        assert talk.say(Intent.ASK_WHO, payee_source="my landlord") == (Act.EXPLAIN_WHO, Act.ASK_CONTACTED)

    def test_chinese_is_planned_in_chinese(self) -> None:
        assert script.plan_call(make_alert(locale="zh-CN"), POLICY).language is Language.ZH


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


class TestDenial:
    def test_a_denial_blocks_and_escalates(self) -> None:
        talk = Talk().identified()
        talk.say(Intent.DENY)
        assert ended(talk, Act.REASSURE_DENIED, Act.GOODBYE)
        result = talk.assess()
        assert (result.outcome, result.action, result.escalate) == (Outcome.DENIED, BankAction.BLOCK, True)
        assert result.typologies[0] is Typology.UNAUTHORISED_USE

    def test_a_later_denial_replaces_a_confirmation_and_is_a_contradiction(self) -> None:
        talk = Talk().confirmed()
        talk.say(Intent.DENY, made="no")
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.close().confirmation is Confirmation.DENIED
        codes = [observed.signal.code for observed in talk.close().signals]
        assert codes == [SignalCode.CONTRADICTION]
        assert talk.assess().outcome is Outcome.DENIED
        assert talk.assess().action is BankAction.HOLD

    def test_taking_a_denial_back_while_the_call_closes_never_releases(self) -> None:
        talk = Talk(card_alert()).identified()
        talk.say(Intent.DENY)
        talk.say(Intent.CONFIRM, made="yes")
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD

    def test_a_denial_in_distress_is_settled_and_handed_over(self) -> None:
        talk = Talk().identified()
        talk.say(Intent.DENY, SignalCode.DISTRESS)
        assert ended(talk, Act.REASSURE_DENIED, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.DENIED

    def test_a_denial_that_contradicts_itself_is_asked_again(self) -> None:
        talk = Talk().identified()
        assert talk.say(Intent.DENY, made="yes") == (Act.CLARIFY, Act.ASK_MADE)

    def test_being_unsure_twice_more_goes_to_a_person(self) -> None:
        talk = Talk().identified()
        assert talk.say(Intent.UNSURE) == (Act.CLARIFY, Act.ASK_MADE)
        assert talk.say(Intent.UNSURE) == (Act.CLARIFY, Act.ASK_MADE)
        talk.say(Intent.UNSURE)
        assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.INCONCLUSIVE


class TestScamSigns:
    def test_a_hard_answer_stops_the_probes_with_a_warning(self) -> None:
        talk = Talk().confirmed().answer_probes(told_what_to_say="yes")
        assert talk.acts == (Act.WARN, Act.ASK_PROCEED)
        assert Question.REMOTE_ACCESS not in talk.state.asked
        assert talk.state.warned

    def test_a_hard_signal_in_any_answer_warns_at_once(self) -> None:
        talk = Talk().confirmed()
        assert talk.say(Intent.ANSWER, SignalCode.SAFE_ACCOUNT, purpose="safe account") == (Act.WARN, Act.ASK_PROCEED)

    @pytest.mark.parametrize("reply", [Intent.CONFIRM, Intent.DENY])
    def test_after_a_warning_a_person_decides_whatever_is_replied(self, reply: Intent) -> None:
        talk = Talk().confirmed()
        talk.say(Intent.ANSWER, SignalCode.CALLER_CLAIMS_BANK)
        talk.say(reply)
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        result = talk.assess()
        assert (result.outcome, result.action, result.escalate) == (Outcome.SUSPECTED_SCAM, BankAction.HOLD, True)
        assert result.typologies[0] is Typology.BANK_IMPOSTER

    def test_soft_signs_that_add_up_are_warned_of_after_the_probes(self) -> None:
        talk = Talk(make_alert(Typology.INVESTMENT)).confirmed().answer_probes(returns="yes")
        assert talk.acts == (Act.WARN, Act.ASK_PROCEED)
        talk.say(Intent.CONFIRM)
        assert talk.assess().outcome is Outcome.SUSPECTED_SCAM

    def test_a_hard_signal_before_identity_waits_until_the_payment_was_asked_about(self) -> None:
        talk = Talk()
        assert talk.say(Intent.CONFIRM, SignalCode.OTHER_CALL_IN_PROGRESS) == (Act.ASK_IDENTITY,)
        assert talk.say(Intent.ANSWER, identity=BIRTHDAY) == (Act.ASK_MADE,)
        assert talk.say(Intent.CONFIRM) == (Act.WARN, Act.ASK_PROCEED)

    def test_a_warning_cut_off_is_given_again(self) -> None:
        talk = Talk().confirmed()
        talk.say(Intent.ANSWER, SignalCode.SAFE_ACCOUNT, played=False)
        assert not talk.state.warned
        assert talk.say(Intent.ASK_WHO) == (Act.EXPLAIN_WHO, Act.WARN, Act.ASK_PROCEED)
        assert talk.state.warned

    def test_a_warning_is_repeated_with_its_question(self) -> None:
        talk = Talk().confirmed()
        talk.say(Intent.ANSWER, SignalCode.SAFE_ACCOUNT)
        assert talk.say(Intent.ASK_REPEAT) == (Act.REPEAT, Act.WARN, Act.ASK_PROCEED)

    def test_the_high_tier_is_never_released(self) -> None:
        talk = Talk(make_alert(tier=Tier.HIGH)).confirmed().answer_probes()
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.INCONCLUSIVE

    def test_a_forwarded_line_is_never_released_and_the_customer_is_told_so(self) -> None:
        talk = Talk(card_alert(), disposition=Disposition.FORWARDED).confirmed()
        assert ended(talk, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD

    @pytest.mark.parametrize("code", [SignalCode.DISTRESS, SignalCode.VULNERABLE])
    @pytest.mark.parametrize("identified", [False, True])
    def test_distress_and_vulnerability_go_to_a_person(self, code: SignalCode, identified: bool) -> None:
        talk = Talk().identified() if identified else Talk()
        talk.say(Intent.UNCLEAR, code)
        assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert talk.assess().escalate

    @pytest.mark.parametrize("code", [SignalCode.IDENTITY_MISMATCH, SignalCode.FRAUDSTER_SUSPECTED])
    def test_a_voice_that_is_not_trusted_is_closed_neutrally(self, code: SignalCode) -> None:
        talk = Talk().confirmed()
        talk.say(Intent.ANSWER, code, purpose="rent")
        assert ended(talk, Act.CLOSE_WRONG_PARTY)
        assert talk.assess().outcome is Outcome.IDENTITY_FAILED


class TestAnywhere:
    @pytest.mark.parametrize("stage", list(Stage))
    def test_a_person_is_there_at_once_from_any_stage(self, stage: Stage) -> None:
        for by_button in (False, True):
            talk = at(stage)
            talk.press(CustomerRequest.HUMAN) if by_button else talk.say(Intent.ASK_HUMAN)
            assert Act.TRANSFER_TO_HUMAN in talk.acts
            assert talk.step.ends
            assert talk.close().request is CustomerRequest.HUMAN
            assert talk.assess().action is not BankAction.RELEASE

    @pytest.mark.parametrize("stage", list(Stage))
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

    @pytest.mark.parametrize("stage", [Stage.IDENTITY, Stage.TRANSACTION, Stage.PROBE, Stage.WARN])
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
        assert talk.say(intent) == (Act.CLARIFY, Act.GREET)
        assert talk.say(Intent.CONFIRM) == (Act.ASK_IDENTITY,)


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
    def test_words_during_a_goodbye_change_nothing_that_was_said(self) -> None:
        talk = Talk(card_alert()).confirmed()
        for intent in (Intent.GOODBYE, Intent.OFF_TOPIC, Intent.CONFIRM, Intent.ASK_WAIT):
            talk.say(intent)
            assert ended(talk, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.CONFIRMED_GENUINE

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


class TestIllegal:
    def test_silence_after_the_last_words_is_illegal(self) -> None:
        talk = Talk(card_alert()).confirmed()
        before = talk.state
        with pytest.raises(IllegalInputError, match="silence has no place in stage resolve"):
            script.on_silence(talk.plan, talk.state)
        assert talk.state == before

    def test_a_machine_after_identity_is_illegal(self) -> None:
        talk = Talk().identified()
        with pytest.raises(IllegalInputError) as caught:
            script.on_machine(talk.plan, talk.state)
        assert caught.value.code == "illegal_input"

    def test_a_turn_is_read_once(self) -> None:
        talk = Talk().identified()
        with pytest.raises(IllegalInputError, match="was read already"):
            script.on_reading(talk.plan, talk.state, reading(Intent.CONFIRM), talk.turn)

    def test_an_utterance_has_an_act(self) -> None:
        talk = Talk()
        with pytest.raises(IllegalInputError):
            script.on_played(talk.plan, talk.state, (), True)


class TestTable:
    def test_every_stage_takes_every_cue_of_a_reading(self) -> None:
        """What a customer can say is never illegal, whatever was said before."""
        only_where = {
            Cue.SCAM_SIGN: {Stage.TRANSACTION, Stage.PROBE, Stage.WARN, Stage.RESOLVE, Stage.CLOSE},
            Cue.DISPUTED: {Stage.RESOLVE},
            Cue.BACK: set(Stage) - {Stage.RESOLVE, Stage.CLOSE},
        }
        beside = {Cue.SILENCE, Cue.MACHINE}
        for stage, rows in TABLE.items():
            expected = {cue for cue in Cue if cue not in beside and stage in only_where.get(cue, set(Stage))}
            assert expected <= set(rows), stage

    def test_the_table_knows_every_stage(self) -> None:
        assert set(TABLE) == set(Stage)


def at(stage: Stage) -> Talk:
    """A call that stands in this stage."""
    talk = Talk()
    if stage is Stage.OPENING:
        return talk
    if stage is Stage.IDENTITY:
        talk.say(Intent.CONFIRM)
    elif stage is Stage.TRANSACTION:
        talk.identified()
    elif stage is Stage.PROBE:
        talk.confirmed()
    elif stage is Stage.WARN:
        talk.confirmed().say(Intent.ANSWER, SignalCode.SAFE_ACCOUNT)
    elif stage is Stage.RESOLVE:
        talk.confirmed().answer_probes()
    else:
        talk.say(Intent.WRONG_PERSON)
    assert talk.state.stage is stage
    return talk
