"""The script with a customer who confirms the payment, probes and all, or who denies it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.domain import script
from cases.domain.call import Confirmation, Identity
from cases.domain.vocabulary import Act, BankAction, Intent, Language, Outcome, Question, SignalCode, Typology
from tests.support.script_talk import BIRTHDAY, POLICY, Talk, card_alert, ended, make_alert


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
        assert talk.say(Intent.UNSURE) == (Act.CLARIFY, Act.OFFER_KEYS, Act.ASK_MADE)
        talk.say(Intent.UNSURE)
        assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.INCONCLUSIVE


class TestReadingsThatDisagree:
    def test_the_question_is_put_again_and_a_plain_yes_settles_it(self) -> None:
        talk = Talk(card_alert()).identified()
        assert talk.say(Intent.UNSURE, SignalCode.READINGS_DISAGREE) == (Act.CLARIFY, Act.ASK_MADE)
        assert talk.say(Intent.CONFIRM) == (Act.RELEASE_CONFIRMED, Act.GOODBYE)
        result = talk.assess()
        assert result.outcome is Outcome.CONFIRMED_GENUINE
        assert SignalCode.READINGS_DISAGREE in [finding.rule for finding in result.findings]

    def test_a_second_one_goes_to_a_person_and_holds(self) -> None:
        talk = Talk(card_alert()).identified()
        talk.say(Intent.UNSURE, SignalCode.READINGS_DISAGREE)
        talk.say(Intent.UNSURE, SignalCode.READINGS_DISAGREE)
        assert ended(talk, Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert (talk.assess().action, talk.assess().escalate) == (BankAction.HOLD, True)

    def test_a_doubted_denial_among_the_probes_brings_the_question_back(self) -> None:
        talk = Talk().confirmed()
        assert talk.acts == (Act.ASK_PURPOSE,)
        acts = talk.say(Intent.ANSWER, SignalCode.READINGS_DISAGREE, purpose="rent", made="unsure")
        assert acts == (Act.ASK_MADE,)
        assert talk.state.confirmation is Confirmation.UNKNOWN
