"""The lifecycle's table and what each event leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cases.domain import events as ev
from cases.domain.alert import ContactKind
from cases.domain.case import Case, CaseState, InstructionStatus
from cases.domain.errors import IllegalEventError, InvalidValueError
from cases.domain.lifecycle import DERIVED, STATE_TIMERS, TABLE, decide, evolve
from cases.domain.vocabulary import BankAction, DialRefusal, Disposition, Outcome
from tests.support import case_facts as facts
from tests.support.case_story import RULES, Story, dialled


def test_an_alert_holds_the_payment_before_anything_else() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    assert story.state is CaseState.HOLDING
    assert story.instructions == [("a-1:hold", BankAction.HOLD)]
    assert set(story.timers) == {"hold_ack", "hold_deadline"}
    assert not story.dials


def test_an_alert_that_no_policy_covers_is_refused() -> None:
    alert = replace(facts.example_alert(), jurisdiction="BR")
    with pytest.raises(InvalidValueError):
        Story(alert).on(ev.AlertReceived(alert))


def test_the_customer_is_dialled_once_the_bank_holds() -> None:
    story = dialled()
    assert story.state is CaseState.CONTACTING
    assert story.dials == [1]
    assert set(story.timers) == {"attempt", "hold_deadline"}


def test_a_silent_bank_does_not_keep_the_customer_waiting() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    story.on(ev.TimerFired("hold_ack"))
    assert story.dials == [1]
    story.ack("a-1:hold")
    assert story.dials == [1]


def test_a_clean_confirmation_releases_and_closes() -> None:
    story = dialled()
    story.end(facts.GENUINE)
    assert story.state is CaseState.SETTLING
    assert story.instructions[-1] == ("a-1:decision:1", BankAction.RELEASE)
    story.ack("a-1:decision:1")
    assert story.state is CaseState.CLOSED
    assert not story.timers
    assert story.case is not None
    assert story.case.payment is BankAction.RELEASE


def test_a_denial_blocks() -> None:
    story = dialled()
    story.end(facts.DENIES)
    assert story.instructions[-1] == ("a-1:decision:1", BankAction.BLOCK)


def test_attempts_are_spaced_and_then_a_person_decides() -> None:
    story = dialled()
    for attempt in (1, 2):
        story.on(ev.DialEnded(attempt, Disposition.NO_ANSWER))
        assert story.state is CaseState.WAITING
        assert story.timers["next_attempt"] - story.now == timedelta(seconds=600 if attempt == 1 else 1800)
        story.now = story.timers["next_attempt"]
        story.on(ev.TimerFired("next_attempt", attempt + 1), timedelta())
    story.on(ev.DialEnded(3, Disposition.BUSY))
    assert story.dials == [1, 2, 3]
    assert story.state is CaseState.REVIEW
    assert story.case is not None
    assert story.case.assessment is not None
    assert story.case.assessment.outcome is Outcome.UNREACHED
    assert [one.disposition for one in story.case.attempts] == ["no_answer", "no_answer", "busy"]


def test_a_number_refused_for_good_makes_way_for_the_next_at_once_and_then_for_a_person() -> None:
    story = dialled()
    story.on(ev.DialEnded(1, Disposition.FAILED, DialRefusal.COUNTRY_NOT_ALLOWED.value))
    assert story.dials == [1, 2] and story.case is not None
    assert [one.contact for one in story.case.attempts] == [0, 1]
    story.on(ev.DialEnded(2, Disposition.FAILED, DialRefusal.PREMIUM_NUMBER.value))
    assert story.state is CaseState.REVIEW and story.case.review is not None
    assert "numbers_refused" in story.case.review.reasons
    assert len(story.case.attempts) == 2


@pytest.mark.parametrize("second", ["unallocated", "sip_404", "sip_480_q850_1"])
def test_a_number_that_the_network_twice_says_is_not_in_use_is_dialled_no_more(second: str) -> None:
    alert = facts.example_alert()
    phone = [one for one in alert.customer.contacts if one.kind is ContactKind.PHONE][:1]
    story = Story(replace(alert, customer=replace(alert.customer, contacts=tuple(phone))))
    story.on(ev.AlertReceived(story.alert))
    story.ack("a-1:hold")
    story.on(ev.DialEnded(1, Disposition.FAILED, "unallocated"))
    assert story.state is CaseState.WAITING, "what was heard once may have been misheard"
    story.now = story.timers["next_attempt"]
    story.on(ev.TimerFired("next_attempt", 2), timedelta())
    story.on(ev.DialEnded(2, Disposition.FAILED, second))
    assert story.state is CaseState.REVIEW and story.dials == [1, 2]
    assert story.case is not None and story.case.review is not None
    assert "numbers_refused" in story.case.review.reasons


def test_a_number_that_is_not_in_use_makes_way_for_the_others_alone() -> None:
    story = dialled()
    story.on(ev.DialEnded(1, Disposition.FAILED, "sip_404"))
    for attempt in (2, 3):
        story.now = story.timers["next_attempt"]
        story.on(ev.TimerFired("next_attempt", attempt), timedelta())
        if attempt == 2:
            story.on(ev.DialEnded(2, Disposition.BUSY, "sip_486_q850_1"))
    assert story.case is not None and [one.contact for one in story.case.attempts] == [0, 1, 0]


def test_a_cap_that_was_reached_is_waited_for() -> None:
    story = dialled()
    story.on(ev.DialEnded(1, Disposition.FAILED, DialRefusal.CALLS_PER_MINUTE.value))
    assert story.state is CaseState.WAITING and story.dials == [1]


def test_a_call_without_a_result_in_time_is_lost_and_tried_again() -> None:
    story = dialled()
    story.now = story.timers["attempt"]
    story.on(ev.TimerFired("attempt", 1), timedelta())
    assert story.state is CaseState.WAITING
    assert story.case is not None
    assert (story.case.attempts[0].disposition, story.case.attempts[0].detail) == (Disposition.FAILED, "lost")


def test_a_wish_to_be_called_back_is_met_by_the_ladder() -> None:
    story = dialled()
    story.end(facts.CALL_BACK)
    assert story.state is CaseState.WAITING


def test_a_late_confirmation_releases_nothing_and_is_kept() -> None:
    story = dialled()
    story.on(ev.TimerFired("attempt", 1), timedelta(hours=1))
    story.end(facts.GENUINE)
    assert story.state is CaseState.WAITING
    assert story.case is not None
    assert story.case.calls[0].late
    assert story.instructions == [("a-1:hold", BankAction.HOLD)]


def test_a_decision_waits_for_the_hold_to_be_settled() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    story.on(ev.TimerFired("hold_ack"))
    story.end(facts.GENUINE)
    assert story.state is CaseState.SETTLING
    assert story.instructions == [("a-1:hold", BankAction.HOLD)]
    story.ack("a-1:hold")
    assert story.instructions[-1] == ("a-1:decision:1", BankAction.RELEASE)
    assert story.state is CaseState.SETTLING


def test_an_instruction_without_any_answer_is_given_up_on() -> None:
    story = Story()
    story.on(ev.AlertReceived(story.alert))
    story.on(ev.TimerFired("hold_ack"))
    story.end(facts.GENUINE)
    story.on(ev.TimerFired("settle"))
    assert story.instructions[-1] == ("a-1:decision:1", BankAction.RELEASE), "the decision no longer waits"
    assert story.timers["settle"] > story.now
    story.on(ev.TimerFired("settle"))
    assert story.state is CaseState.REVIEW
    assert story.case is not None
    assert all(one.status is InstructionStatus.FAILED for one in story.case.instructions)


def test_repeated_and_stale_facts_change_nothing() -> None:
    story = dialled()
    story.end(facts.DENIES)
    story.ack("a-1:decision:1")
    closed = story.case
    assert closed is not None
    for event in (
        ev.DialEnded(1, Disposition.NO_ANSWER),
        ev.TimerFired("attempt", 1),
        ev.TimerFired("hold_deadline"),
        ev.BankAcknowledged(BankAction.HOLD, "a-1:hold", "other"),
        ev.BankUnreachable(BankAction.BLOCK, "a-1:decision:1", "late"),
        ev.CallEnded(1, Disposition.ANSWERED, facts.call("a-1", 1)),
    ):
        decided = story.on(event)
        assert decided.events == (event,)
        assert decided.effects == ()
        assert replace(decided.case, seq=closed.seq, updated_at=closed.updated_at) == closed


@pytest.mark.parametrize(
    "event",
    [
        ev.BankAcknowledged(BankAction.RELEASE, "a-1:decision:1", "ref"),
        ev.DialEnded(2, Disposition.BUSY),
        ev.CustomerRinging(7),
        ev.ReviewClaimed("rosa"),
        ev.CaseClosed(BankAction.RELEASE),
        ev.EscalationOpened((), facts.NOON),
        ev.AttemptStarted(2, 0, facts.NOON),
    ],
)
def test_what_cannot_have_happened_is_refused_and_changes_nothing(event: ev.Event) -> None:
    story = dialled()
    with pytest.raises(IllegalEventError):
        story.on(event)
    with pytest.raises(IllegalEventError):
        decide(None, event, case_id="a-1", at=facts.NOON, rules=RULES)


def test_the_fold_of_the_log_is_the_case() -> None:
    story = dialled()
    story.on(ev.DialPlaced(1, "simulated", "42"))
    story.on(ev.CustomerRinging(1))
    story.on(ev.CallAnswered(1))
    story.end(facts.DENIES)
    story.ack("a-1:decision:1")
    case: Case | None = None
    for seq, (event, at) in enumerate(story.log, 1):
        case = evolve(case, event, case_id="a-1", seq=seq, at=at)
    assert case == story.case
    assert case is not None
    assert case.attempts[0].match_code == "42"


def test_the_highest_claim_counts_whatever_comes_late() -> None:
    story = dialled()
    story.on(ev.DialPlaced(1, "sip", "42"))
    for claim in (1, 2, 1):
        story.on(ev.CallClaimed(1, claim))
    assert story.case is not None
    assert story.case.attempts[0].claims == 2
    assert story.state is CaseState.CONTACTING
    with pytest.raises(IllegalEventError):
        story.on(ev.CallClaimed(2, 1))


def test_every_state_can_be_left_and_has_a_timer() -> None:
    for state in CaseState:
        leaves = {target for (source, _), target in TABLE.items() if source is state} - {state}
        assert bool(leaves) == (state is not CaseState.CLOSED)
        assert (state in STATE_TIMERS) == (state is not CaseState.CLOSED)


def test_every_event_has_a_row_and_derived_ones_none_in_closed() -> None:
    assert {event for _, event in TABLE} == set(ev.EVENT_TYPES.values())
    assert not any((CaseState.CLOSED, event) in TABLE for event in DERIVED)
