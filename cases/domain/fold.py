"""How each event changes a case. It asks no policy and no clock, so that old events give the same case for ever."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.domain import events as ev
from cases.domain.case import (
    ArrivedCustomer,
    CallbackCode,
    CallRecord,
    Case,
    CaseState,
    Instruction,
    InstructionStatus,
    NextAttempt,
    Review,
    WaitingCustomer,
)
from cases.domain.errors import IllegalEventError
from cases.domain.fold_picture import PICTURE_CHANGES
from cases.domain.fold_transfer import TRANSFER_CHANGES, hung_up
from cases.domain.ruling import ContactAttempt
from cases.domain.vocabulary import BankAction, Disposition

POLICY = "policy"
"""Who decided where no person did."""
LOST = "lost"
"""Detail of an attempt that brought no result in time."""


def apply(case: Case | None, event: ev.Event, *, case_id: str, seq: int, at: datetime, state: CaseState) -> Case:
    """The case after one more event, in the state that the lifecycle's table names.

    Raises:
        IllegalEventError: There is no such case, or the event is of no known type.
    """
    if case is None:
        if not isinstance(event, ev.AlertReceived):
            raise IllegalEventError(f"case {case_id} does not exist: its first event must be AlertReceived")
        return _opened(event, case_id, seq, at, state)
    change = _CHANGES.get(type(event))
    changed = case if change is None else change(case, event, at)
    return replace(changed, state=state, seq=seq, updated_at=max(case.updated_at, at))


def _opened(event: ev.AlertReceived, case_id: str, seq: int, at: datetime, state: CaseState) -> Case:
    hold = Instruction(
        key=f"{case_id}:hold",
        action=BankAction.HOLD,
        outcome="",
        reasons=event.alert.reason_codes,
        decided_by=POLICY,
        at=at,
        status=InstructionStatus.SENT,
    )
    return Case(id=case_id, alert=event.alert, state=state, seq=seq, opened_at=at, updated_at=at, instructions=(hold,))


def _instructed(case: Case, instruction: Instruction) -> Case:
    """Add an instruction; it waits while the bank is still carrying out an earlier one."""
    status = InstructionStatus.WAITING if case.outstanding else InstructionStatus.SENT
    return replace(case, instructions=(*case.instructions, replace(instruction, status=status)))


def _settled(case: Case, key: str, change: Callable[[Instruction], Instruction]) -> Case:
    """Note what became of an instruction and let the next one go."""
    instructions = tuple(change(one) if one.key == key else one for one in case.instructions)
    if not any(one.status is InstructionStatus.SENT for one in instructions):
        waiting = next((one.key for one in instructions if one.status is InstructionStatus.WAITING), None)
        instructions = tuple(
            replace(one, status=InstructionStatus.SENT) if one.key == waiting else one for one in instructions
        )
    return replace(case, instructions=instructions)


def _bank_acknowledged(case: Case, event: ev.BankAcknowledged, at: datetime) -> Case:
    def change(one: Instruction) -> Instruction:
        if one.status is InstructionStatus.ACKNOWLEDGED:
            return one
        done = InstructionStatus.ACKNOWLEDGED
        return replace(one, status=done, settled_at=at, reference=event.reference, error="")

    return _settled(case, event.key, change)


def _given_up(instruction: Instruction, error: str, at: datetime) -> Instruction:
    return replace(instruction, status=InstructionStatus.FAILED, settled_at=at, error=error)


def _bank_unreachable(case: Case, event: ev.BankUnreachable, at: datetime) -> Case:
    def change(one: Instruction) -> Instruction:
        return _given_up(one, event.error, at) if one.status is InstructionStatus.SENT else one

    return _settled(case, event.key, change)


def _attempt_scheduled(case: Case, event: ev.AttemptScheduled, at: datetime) -> Case:
    return replace(case, next_attempt=NextAttempt(event.attempt, event.due_at))


def _callback_code_issued(case: Case, event: ev.CallbackCodeIssued, at: datetime) -> Case:
    return replace(case, codes=(*case.codes, CallbackCode(event.digest, at, event.expires_at, event.by)))


def _customer_arrived(case: Case, event: ev.CustomerArrived, at: datetime) -> Case:
    arrived = ArrivedCustomer(event.arrival, event.room, at, event.code)
    waiting = WaitingCustomer(event.arrival, event.room, at)
    return replace(case, waiting=waiting, arrivals=(*case.arrivals, arrived))


def _attempt_started(case: Case, event: ev.AttemptStarted, at: datetime) -> Case:
    attempt = ContactAttempt(
        id=f"{case.id}:{event.attempt}",
        number=event.attempt,
        started_at=at,
        expires_at=event.expires_at,
        contact=event.contact,
        arrival=event.arrival,
        room=event.room,
    )
    return replace(case, attempts=(*case.attempts, attempt), next_attempt=None, waiting=None)


def _attempt(case: Case, number: int, **first: Any) -> Case:
    """Set fields of an attempt that were not set yet: what was known first stays."""

    def change(one: ContactAttempt) -> ContactAttempt:
        if one.number != number:
            return one
        return replace(one, **{name: value for name, value in first.items() if not getattr(one, name)})

    return replace(case, attempts=tuple(change(one) for one in case.attempts))


def _ended(case: Case, number: int, at: datetime, disposition: Disposition, detail: str) -> Case:
    case = hung_up(case, number)
    attempt = find_attempt(case, number)
    if attempt is None or attempt.ended_at is not None:
        return case
    return _attempt(case, number, ended_at=at, disposition=disposition, detail=detail)


def find_attempt(case: Case, number: int) -> ContactAttempt | None:
    """The attempt with this number, or None."""
    return next((one for one in case.attempts if one.number == number), None)


def is_current(case: Case, number: int) -> bool:
    """Whether this attempt is under way, so that its result still counts."""
    attempt = case.attempt
    return attempt is not None and attempt.number == number and attempt.ended_at is None


def _dial_placed(case: Case, event: ev.DialPlaced, at: datetime) -> Case:
    return _attempt(case, event.attempt, leg=event.leg, match_code=event.match_code)


def _call_claimed(case: Case, event: ev.CallClaimed, at: datetime) -> Case:
    def change(one: ContactAttempt) -> ContactAttempt:
        return replace(one, claims=max(one.claims, event.claim)) if one.number == event.attempt else one

    return replace(case, attempts=tuple(change(one) for one in case.attempts))


def _ringing(case: Case, event: ev.CustomerRinging, at: datetime) -> Case:
    return _attempt(case, event.attempt, rang_at=at)


def _answered(case: Case, event: ev.CallAnswered, at: datetime) -> Case:
    return _attempt(case, event.attempt, answered_at=at)


def _dial_ended(case: Case, event: ev.DialEnded, at: datetime) -> Case:
    return _ended(case, event.attempt, at, event.disposition, event.detail)


def _call_ended(case: Case, event: ev.CallEnded, at: datetime) -> Case:
    if any(one.attempt == event.attempt for one in case.calls):
        return case
    record = CallRecord(event.attempt, event.disposition, event.call, late=not is_current(case, event.attempt))
    ended = _ended(case, event.attempt, at, event.disposition, event.call.detail)
    return replace(ended, calls=(*case.calls, record))


def _analysis_written(case: Case, event: ev.AnalysisWritten, at: datetime) -> Case:
    def change(one: CallRecord) -> CallRecord:
        return replace(one, analysis=event.analysis) if one.attempt == event.attempt else one

    return replace(case, calls=tuple(change(one) for one in case.calls))


def _timer_fired(case: Case, event: ev.TimerFired, at: datetime) -> Case:
    if event.name == "attempt" and is_current(case, event.attempt):
        return _ended(case, event.attempt, at, Disposition.FAILED, LOST)
    if event.name == "review_sla" and case.state is CaseState.REVIEW and case.review is not None:
        return replace(case, review=replace(case.review, overdue=True))
    if event.name == "settle" and case.state is CaseState.SETTLING and case.outstanding is not None:
        return _settled(case, case.outstanding.key, lambda one: _given_up(one, "silent", at))
    return case


def _outcome_reached(case: Case, event: ev.OutcomeReached, at: datetime) -> Case:
    assessment = event.assessment
    if case.assessment is not None and assessment.action is BankAction.RELEASE:
        # A late call may tighten what is known of a case; it never loosens it.
        return case
    concluded = replace(case, assessment=assessment, policies=event.policies)
    if case.state is CaseState.CONTACTING and assessment.action is BankAction.BLOCK and assessment.escalate:
        reasons = tuple(one.rule for one in assessment.findings)
        key, status = f"{case.id}:block", InstructionStatus.WAITING
        outcome = assessment.outcome.value
        return _instructed(concluded, Instruction(key, BankAction.BLOCK, outcome, reasons, POLICY, at, status))
    return concluded


def _escalation_opened(case: Case, event: ev.EscalationOpened, at: datetime) -> Case:
    if case.state is CaseState.REVIEW and case.review is not None:
        before = case.review
        reasons = (*before.reasons, *(one for one in event.reasons if one not in before.reasons))
        due = min(before.due_at, event.due_at)
        merged = replace(before, reasons=reasons, due_at=due, urgent=before.urgent or event.urgent)
        return replace(case, review=merged, next_attempt=None)
    review = Review(event.reasons, at, event.due_at, event.urgent)
    return replace(case, review=review, next_attempt=None)


def _review_claimed(case: Case, event: ev.ReviewClaimed, at: datetime) -> Case:
    if case.review is None:
        raise IllegalEventError(f"case {case.id} has no review to claim")
    return replace(case, review=replace(case.review, claimed_by=event.by, claimed_at=at))


def _decision_made(case: Case, event: ev.DecisionMade, at: datetime) -> Case:
    decision = event.decision
    number = 1 + sum(one.key.startswith(f"{case.id}:decision:") for one in case.instructions)
    assessment = case.assessment
    instruction = Instruction(
        key=f"{case.id}:decision:{number}",
        action=decision.action,
        outcome="" if assessment is None else assessment.outcome.value,
        reasons=() if assessment is None else tuple(one.rule for one in assessment.findings),
        decided_by=decision.by,
        at=decision.decided_at,
        status=InstructionStatus.WAITING,
    )
    return _instructed(replace(case, decision=decision, next_attempt=None), instruction)


def _case_closed(case: Case, event: ev.CaseClosed, at: datetime) -> Case:
    return replace(case, closed_at=at)


_CHANGES: Mapping[type[ev.Event], Callable[[Case, Any, datetime], Case]] = {
    ev.BankAcknowledged: _bank_acknowledged,
    ev.BankUnreachable: _bank_unreachable,
    ev.AttemptScheduled: _attempt_scheduled,
    ev.CallbackCodeIssued: _callback_code_issued,
    ev.CustomerArrived: _customer_arrived,
    ev.AttemptStarted: _attempt_started,
    ev.DialPlaced: _dial_placed,
    ev.CallClaimed: _call_claimed,
    ev.CustomerRinging: _ringing,
    ev.CallAnswered: _answered,
    ev.DialEnded: _dial_ended,
    ev.CallEnded: _call_ended,
    ev.AnalysisWritten: _analysis_written,
    ev.TimerFired: _timer_fired,
    ev.OutcomeReached: _outcome_reached,
    ev.EscalationOpened: _escalation_opened,
    ev.ReviewClaimed: _review_claimed,
    ev.DecisionMade: _decision_made,
    ev.CaseClosed: _case_closed,
    **TRANSFER_CHANGES,
    **PICTURE_CHANGES,
}
