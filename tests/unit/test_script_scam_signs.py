"""The script once something said points to a scam, or to a customer who needs a person."""

from __future__ import annotations

import pytest

from cases.domain.vocabulary import (
    Act,
    BankAction,
    Disposition,
    Intent,
    Outcome,
    Question,
    SignalCode,
    Tier,
    Typology,
)
from tests.support.script_talk import BIRTHDAY, Talk, card_alert, ended, make_alert


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
