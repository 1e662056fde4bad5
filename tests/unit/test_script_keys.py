"""The script with a customer who answers by keys of the telephone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cases.domain import script
from cases.domain.call import Confirmation, CustomerRequest
from cases.domain.limits import KeyLimits, KeysOffered
from cases.domain.policy import Policy
from cases.domain.vocabulary import Act, BankAction, Intent, Key, Outcome, Question, Stage
from tests.support.script_talk import POLICY, Talk, at, card_alert, ended

ALONE = [stage for stage in Stage if stage not in (Stage.ON_HOLD, Stage.WITH_PERSON)]
"""Stages in which the agent talks with the customer."""


def with_keys(offered: KeysOffered, failures: int = 2) -> Policy:
    return replace(POLICY, limits=replace(POLICY.limits, keys=KeyLimits(offered, failures)))


def offered(policy: Policy = POLICY) -> Talk:
    """A call about a card payment in which the keys were offered after two failures."""
    talk = Talk(card_alert(), policy=policy).identified()
    assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.ASK_MADE)
    assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.OFFER_KEYS, Act.ASK_MADE)
    return talk


class TestOffer:
    def test_the_question_stays_last_and_open(self) -> None:
        assert offered().step.question is Question.MADE

    def test_silence_counts_as_a_failure(self) -> None:
        talk = Talk(card_alert()).identified()
        assert talk.silence() == (Act.STILL_THERE,)
        assert talk.silence() == (Act.STILL_THERE, Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.step.question is Question.MADE
        assert talk.key(Key.MADE) == (Act.RELEASE_CONFIRMED, Act.GOODBYE)

    def test_always_offers_with_the_first_question_and_then_when_due(self) -> None:
        talk = Talk(card_alert(), policy=with_keys(KeysOffered.ALWAYS)).identified()
        assert talk.acts == (Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.ASK_MADE)
        assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.OFFER_KEYS, Act.ASK_MADE)

    def test_never_offers_none_even_on_request(self) -> None:
        talk = Talk(card_alert(), policy=with_keys(KeysOffered.NEVER)).identified()
        assert talk.say(Intent.ASK_KEYS) == (Act.EXPLAIN_KEYS, Act.ASK_MADE)
        assert talk.key(Key.MADE) is None
        assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.ASK_MADE)

    def test_a_request_is_met_at_once(self) -> None:
        talk = Talk(card_alert()).identified()
        assert talk.say(Intent.ASK_KEYS) == (Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.key(Key.NOT_MADE) == (Act.REASSURE_DENIED, Act.GOODBYE)

    def test_a_request_before_identity_discloses_nothing_and_is_remembered(self) -> None:
        talk = Talk(card_alert())
        assert talk.say(Intent.ASK_KEYS) == (Act.EXPLAIN_KEYS, Act.GREET)
        assert talk.say(Intent.CONFIRM) == (Act.ASK_IDENTITY,)
        assert talk.say(Intent.ASK_KEYS) == (Act.EXPLAIN_KEYS, Act.ASK_IDENTITY)
        assert not talk.state.disclosed
        assert talk.say(Intent.ANSWER, identity="03-12") == (Act.OFFER_KEYS, Act.ASK_MADE)

    def test_no_other_question_offers_keys(self) -> None:
        talk = Talk().confirmed()
        assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.ASK_PURPOSE)
        assert talk.say(Intent.UNCLEAR) == (Act.CLARIFY, Act.ASK_PURPOSE)


class TestAnswers:
    def test_one_confirms_with_the_key_as_its_quote(self) -> None:
        talk = offered()
        talk.key(Key.MADE)
        answer = talk.state.answer(Question.MADE)
        assert answer is not None and (answer.value, answer.quote, answer.turn) == ("yes", "[key 1]", talk.turn)
        assert ended(talk, Act.RELEASE_CONFIRMED, Act.GOODBYE)
        assert talk.assess().action is BankAction.RELEASE

    def test_two_denies(self) -> None:
        talk = offered()
        assert talk.key(Key.NOT_MADE) == (Act.REASSURE_DENIED, Act.GOODBYE)
        assert talk.assess().outcome is Outcome.DENIED

    def test_one_goes_on_with_the_probes_of_a_transfer(self) -> None:
        talk = Talk().identified()
        talk.say(Intent.ASK_KEYS)
        assert talk.key(Key.MADE) == (Act.ASK_PURPOSE,)
        assert talk.key(Key.MADE) == (Act.EXPLAIN_KEYS, Act.ASK_PURPOSE)
        assert [answer.question for answer in talk.state.answers] == [Question.IDENTITY, Question.MADE]

    def test_a_yes_needs_the_offer_heard_to_its_end_and_a_no_does_not(self) -> None:
        for key, confirmation in ((Key.MADE, Confirmation.UNKNOWN), (Key.NOT_MADE, Confirmation.DENIED)):
            talk = Talk(card_alert()).identified()
            talk.say(Intent.ASK_KEYS, played=False)
            talk.key(key)
            assert talk.state.confirmation is confirmation

    def test_a_yes_needs_the_question_heard_to_its_end(self) -> None:
        talk = Talk(card_alert(), policy=with_keys(KeysOffered.ALWAYS))
        talk.say(Intent.CONFIRM)
        talk.say(Intent.ANSWER, identity="03-12", played=False)
        assert talk.acts == (Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.key(Key.MADE) == (Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.state.confirmation is Confirmation.UNKNOWN

    def test_a_yes_to_are_you_still_there_is_none_to_the_question(self) -> None:
        talk = offered()
        talk.say(Intent.ASK_WAIT)
        assert talk.key(Key.MADE) == (Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.state.confirmation is Confirmation.UNKNOWN

    def test_a_no_after_a_yes_takes_it_back_and_holds(self) -> None:
        talk = offered()
        talk.key(Key.MADE)
        assert talk.key(Key.NOT_MADE) == (Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD


class TestOtherKeys:
    @pytest.mark.parametrize("stage", ALONE)
    def test_zero_reaches_a_person_from_any_stage(self, stage: Stage) -> None:
        talk = at(stage)
        acts = talk.key(Key.PERSON)
        assert acts is not None and acts[-2:] == (Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert talk.state.request is CustomerRequest.HUMAN and talk.step.ends
        assert talk.assess().action is not BankAction.RELEASE

    @pytest.mark.parametrize("stage", ALONE)
    @pytest.mark.parametrize("key", [Key.MADE, Key.NOT_MADE, Key.OTHER])
    def test_keys_mean_nothing_where_none_were_offered(self, stage: Stage, key: Key) -> None:
        talk = at(stage)
        before = talk.state
        assert talk.key(key) is None and talk.state == before

    def test_another_key_gets_the_offer_again_and_then_a_person(self) -> None:
        talk = Talk(card_alert()).identified()
        talk.say(Intent.ASK_KEYS)
        for _ in range(POLICY.limits.reasks):
            assert talk.key(Key.OTHER) == (Act.OFFER_KEYS, Act.ASK_MADE)
        assert talk.key(Key.OTHER) == (Act.TRANSFER_TO_HUMAN, Act.GOODBYE)
        assert talk.state.confirmation is Confirmation.UNKNOWN

    @pytest.mark.parametrize("stage", [Stage.OPENING, Stage.IDENTITY, Stage.TRANSACTION, Stage.PROBE, Stage.WARN])
    def test_a_row_of_keys_is_refused_and_answers_nothing(self, stage: Stage) -> None:
        talk = at(stage)
        answers = talk.state.answers
        acts = talk.key(Key.SEVERAL)
        assert acts is not None and acts[0] is Act.REFUSE_DIGITS and not talk.step.ends
        assert talk.state.answers == answers

    def test_a_row_of_keys_after_a_key_that_answered_holds_the_payment(self) -> None:
        talk = offered()
        talk.key(Key.MADE)
        assert talk.key(Key.SEVERAL) == (Act.REFUSE_DIGITS, Act.HOLD_FOR_REVIEW, Act.GOODBYE)
        assert talk.assess().action is BankAction.HOLD

    def test_a_row_of_keys_after_a_spoken_confirmation_changes_nothing(self) -> None:
        talk = Talk(card_alert()).confirmed()
        assert talk.key(Key.SEVERAL) == (Act.REFUSE_DIGITS, Act.GOODBYE)
        assert talk.assess().action is BankAction.RELEASE

    def test_keys_while_a_person_is_looked_for_or_speaks_change_nothing(self) -> None:
        talk = offered()
        held = replace(talk.state, stage=Stage.ON_HOLD, pending=None, held=Act.ASK_MADE)
        for key in Key:
            step = script.on_key(talk.plan, held, key, talk.turn + 2, "[key]")
            assert step is not None and step.acts[-1] is Act.STILL_LOOKING
            assert step.state.answers == held.answers
            spoken = replace(held, stage=Stage.WITH_PERSON)
            assert script.on_key(talk.plan, spoken, key, talk.turn + 2, "[key]") is None
