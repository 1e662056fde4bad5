"""When a case goes to a person, and what that person may decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.case import CaseState
from cases.domain.dossiers import dossier_of
from cases.domain.errors import IllegalEventError
from cases.domain.policy import OutcomePolicy
from cases.domain.rules import CaseRules
from cases.domain.vocabulary import BankAction, Disposition, Outcome
from tests.support import case_facts as facts
from tests.support.case_policy import OUTCOMES, WORDS, ZONES, small_policy
from tests.support.case_story import Story, dialled, in_review


def test_a_block_that_a_person_must_look_at_blocks_at_once_and_opens_a_review() -> None:
    story = dialled()
    story.end(facts.WRONG_IDENTITY)
    assert story.state is CaseState.REVIEW
    assert story.instructions[-1] == ("a-1:block", BankAction.BLOCK)
    story.decision(BankAction.RELEASE)
    assert story.instructions[-1] == ("a-1:block", BankAction.BLOCK), "the bank gets one instruction at a time"
    story.ack("a-1:block")
    assert story.instructions[-1] == ("a-1:decision:1", BankAction.RELEASE)


def test_a_broken_off_call_goes_to_a_person() -> None:
    story = in_review()
    assert story.instructions == [("a-1:hold", BankAction.HOLD)]
    assert set(story.timers) == {"review_sla", "hold_deadline"}


def test_an_outcome_that_holds_without_asking_for_a_person_gets_one_all_the_same() -> None:
    outcomes = {**OUTCOMES, Outcome.INCONCLUSIVE: OutcomePolicy(BankAction.HOLD, False, WORDS)}
    assert in_review(CaseRules(small_policy(outcomes=outcomes), ZONES)).state is CaseState.REVIEW


def test_a_policy_that_would_release_an_inconclusive_call_is_not_followed() -> None:
    outcomes = {**OUTCOMES, Outcome.INCONCLUSIVE: OutcomePolicy(BankAction.RELEASE, False, WORDS)}
    story = in_review(CaseRules(small_policy(outcomes=outcomes), ZONES))
    assert story.case is not None
    assert story.case.review is not None
    assert "unsupported_release" in story.case.review.reasons


def test_a_late_denial_calls_for_a_person_and_bars_a_release() -> None:
    story = dialled()
    story.on(ev.TimerFired("attempt", 1), timedelta(hours=1))
    story.end(facts.DENIES)
    assert story.state is CaseState.REVIEW
    assert story.case is not None
    assert story.case.review is not None
    assert "late_call" in story.case.review.reasons


def test_a_confirmation_after_the_deadline_changes_no_review() -> None:
    story = dialled()
    story.on(ev.TimerFired("hold_deadline"), timedelta(days=3))
    assert story.state is CaseState.REVIEW
    story.end(facts.GENUINE)
    assert story.state is CaseState.REVIEW
    assert story.instructions == [("a-1:hold", BankAction.HOLD)]


def test_the_deadline_makes_a_review_urgent_and_releases_nothing() -> None:
    story = in_review()
    story.now = story.timers["hold_deadline"]
    story.on(ev.TimerFired("hold_deadline"), timedelta())
    assert story.case is not None
    assert story.case.review is not None
    assert story.case.review.urgent
    assert story.instructions == [("a-1:hold", BankAction.HOLD)]


@pytest.mark.parametrize(
    ("left", "due_in", "urgent"),
    [(timedelta(days=3), timedelta(hours=1), False), (timedelta(minutes=90), timedelta(minutes=30), False)]
    + [(timedelta(minutes=20), timedelta(minutes=20), True), (timedelta(minutes=-5), timedelta(), True)],
)
def test_a_review_is_due_before_the_hold_ends(left: timedelta, due_in: timedelta, urgent: bool) -> None:
    story = Story()
    # Two events of a second each come between the alert and the end of the call.
    story.alert = replace(story.alert, hold_deadline=story.now + timedelta(seconds=3) + left)
    story.on(ev.AlertReceived(story.alert))
    story.ack("a-1:hold")
    story.end(facts.HANGS_UP)
    assert story.case is not None
    review = story.case.review
    assert review is not None
    assert (review.due_at - story.now, review.urgent) == (due_in, urgent)


@pytest.mark.parametrize("action", list(BankAction))
def test_a_reviewers_decision_goes_to_the_bank_and_closes(action: BankAction) -> None:
    story = in_review()
    story.on(ev.ReviewClaimed("rosa"))
    story.decision(action)
    assert story.instructions[-1] == ("a-1:decision:1", action)
    story.ack("a-1:decision:1")
    assert story.state is CaseState.CLOSED
    with pytest.raises(IllegalEventError, match="already decided"):
        story.decision(BankAction.RELEASE)


@pytest.mark.parametrize(("by", "reason"), [("rosa", "  "), ("", "why"), ("policy", "why"), ("rosa", "x" * 2001)])
def test_a_decision_without_a_name_or_a_reason_is_refused(by: str, reason: str) -> None:
    story = in_review()
    before = story.case
    with pytest.raises(IllegalEventError):
        story.decision(BankAction.HOLD, by, reason)
    assert story.case == before


def test_a_claimed_review_is_its_claimants_until_it_is_overdue() -> None:
    story = in_review()
    story.on(ev.ReviewClaimed("rosa"))
    with pytest.raises(IllegalEventError, match="rosa"):
        story.on(ev.ReviewClaimed("liu"))
    with pytest.raises(IllegalEventError, match="rosa"):
        story.decision(BankAction.RELEASE, by="liu")
    story.on(ev.TimerFired("review_sla"))
    story.on(ev.ReviewClaimed("liu"))
    story.decision(BankAction.RELEASE, by="liu")
    assert story.state is CaseState.SETTLING


def test_nobody_decides_while_the_customer_is_being_called() -> None:
    with pytest.raises(IllegalEventError, match="no person's decision"):
        dialled().decision(BankAction.RELEASE)


def test_a_bank_that_never_took_the_hold_bars_a_release_by_policy() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    story.on(ev.BankUnreachable(BankAction.HOLD, "a-1:hold", "bank_unavailable"))
    assert story.dials == [1]
    story.end(facts.GENUINE)
    assert story.state is CaseState.REVIEW
    assert story.case is not None
    assert story.case.review is not None
    assert "bank_unreachable" in story.case.review.reasons


def test_a_decision_the_bank_does_not_take_comes_back_to_a_person() -> None:
    story = dialled()
    story.end(facts.DENIES)
    story.on(ev.BankUnreachable(BankAction.BLOCK, "a-1:decision:1", "bank_refused"))
    assert story.state is CaseState.REVIEW
    story.decision(BankAction.BLOCK)
    assert story.instructions[-1] == ("a-1:decision:2", BankAction.BLOCK)


def test_each_call_is_analysed_once_in_whatever_state_the_case_is() -> None:
    story = dialled()
    story.end(facts.GENUINE)
    assert story.analyses == [1]
    story.on(ev.AnalysisWritten(1, facts.analysis(BankAction.RELEASE)))
    assert story.case is not None and story.case.calls[0].analysis is not None
    assert story.state is CaseState.SETTLING, "an analysis changes no state"
    with pytest.raises(IllegalEventError, match="analysed already"):
        story.on(ev.AnalysisWritten(1, facts.analysis(BankAction.RELEASE)))
    with pytest.raises(IllegalEventError, match="no call of attempt 2"):
        story.on(ev.AnalysisWritten(2, facts.analysis()))


def test_a_dial_without_a_conversation_is_not_analysed() -> None:
    story = dialled()
    story.on(ev.DialEnded(1, Disposition.NO_ANSWER))
    assert story.analyses == []


@pytest.mark.parametrize("action", [BankAction.RELEASE, BankAction.BLOCK])
def test_an_analysis_proposes_nothing_that_triage_did_not_conclude(action: BankAction) -> None:
    story = in_review()
    with pytest.raises(IllegalEventError, match="something else than triage"):
        story.on(ev.AnalysisWritten(1, facts.analysis(action)))


def test_a_release_that_policy_left_to_a_person_is_proposed_as_a_hold() -> None:
    story = dialled()
    story.end(facts.GENUINE)
    assert story.case is not None
    dossier = dossier_of(story.case, 1, story.rules)
    assert dossier is not None and dossier.proposal is BankAction.RELEASE
    late = dialled()
    late.on(ev.TimerFired("attempt", 1))
    late.end(facts.GENUINE)
    assert late.case is not None
    doubted = dossier_of(late.case, 1, late.rules)
    assert doubted is not None
    assert (doubted.assessment.action, doubted.proposal) == (BankAction.RELEASE, BankAction.HOLD)
    assert dossier_of(late.case, 7, late.rules) is None
