"""The lifecycle's table and what each event leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cases.domain import events as ev
from cases.domain.alert import Alert
from cases.domain.call import Verification
from cases.domain.case import Case, CaseState, InstructionStatus
from cases.domain.errors import IllegalEventError, InvalidValueError
from cases.domain.lifecycle import (
    DERIVED,
    STATE_TIMERS,
    TABLE,
    Decided,
    InstructBank,
    PlaceDial,
    decide,
    evolve,
)
from cases.domain.policy import OutcomePolicy
from cases.domain.rules import CaseRules
from cases.domain.ruling import Decision
from cases.domain.vocabulary import BankAction, Disposition, Outcome
from tests.support import case_facts as facts
from tests.support.case_policy import OUTCOMES, WORDS, ZONES, small_policy

RULES = CaseRules(small_policy(), ZONES)


class Story:
    """A case as events come in."""

    def __init__(self, alert: Alert | None = None, rules: CaseRules = RULES) -> None:
        self.alert = alert or facts.example_alert()
        self.rules = rules
        self.case: Case | None = None
        self.now = self.alert.raised_at
        self.timers: dict[str, datetime] = {}
        self.instructions: list[tuple[str, BankAction]] = []
        self.dials: list[int] = []
        self.log: list[tuple[ev.Event, datetime]] = []

    def on(self, event: ev.Event, after: timedelta = timedelta(seconds=1)) -> Decided:
        self.now += after
        decided = decide(self.case, event, case_id=self.alert.id, at=self.now, rules=self.rules)
        self.case = decided.case
        self.log.extend((one, self.now) for one in decided.events)
        for timer in decided.timers:
            self.timers.pop(timer.name, None)
            if timer.due_at is not None:
                self.timers[timer.name] = timer.due_at
        for effect in decided.effects:
            if isinstance(effect, InstructBank):
                self.instructions.append((effect.instruction.key, effect.instruction.action))
            else:
                assert isinstance(effect, PlaceDial)
                self.dials.append(effect.attempt)
        return decided

    def ack(self, key: str) -> Decided:
        assert self.case is not None
        instruction = self.case.instruction(key)
        assert instruction is not None
        return self.on(ev.BankAcknowledged(instruction.action, key, "ref"))

    def end(self, seen: Verification, attempt: int = 1, disposition: Disposition = Disposition.ANSWERED) -> Decided:
        return self.on(ev.CallEnded(attempt, disposition, facts.call(self.alert.id, attempt, seen, self.now)))

    def decision(self, action: BankAction, by: str = "rosa", reason: str = "spoke with the customer") -> Decided:
        return self.on(ev.DecisionMade(Decision(action, by, reason, self.now)))

    @property
    def state(self) -> CaseState:
        assert self.case is not None
        return self.case.state


def dialled(rules: CaseRules = RULES) -> Story:
    story = Story(rules=rules)
    story.on(ev.AlertReceived(story.alert))
    story.ack("a-1:hold")
    return story


def in_review(rules: CaseRules = RULES) -> Story:
    story = dialled(rules)
    story.end(facts.HANGS_UP)
    assert story.state is CaseState.REVIEW
    return story


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


def test_a_decision_the_bank_does_not_take_comes_back_to_a_person() -> None:
    story = dialled()
    story.end(facts.DENIES)
    story.on(ev.BankUnreachable(BankAction.BLOCK, "a-1:decision:1", "bank_refused"))
    assert story.state is CaseState.REVIEW
    story.decision(BankAction.BLOCK)
    assert story.instructions[-1] == ("a-1:decision:2", BankAction.BLOCK)


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


def test_every_state_can_be_left_and_has_a_timer() -> None:
    for state in CaseState:
        leaves = {target for (source, _), target in TABLE.items() if source is state} - {state}
        assert bool(leaves) == (state is not CaseState.CLOSED)
        assert (state in STATE_TIMERS) == (state is not CaseState.CLOSED)


def test_every_event_has_a_row_and_derived_ones_none_in_closed() -> None:
    assert {event for _, event in TABLE} == set(ev.EVENT_TYPES.values())
    assert not any((CaseState.CLOSED, event) in TABLE for event in DERIVED)
