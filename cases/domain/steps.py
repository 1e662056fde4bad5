"""What follows at once from an event, by policy: the next attempt, an outcome, an escalation, a decision, the end."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cases.domain import events as ev
from cases.domain.call import Call, Confirmation, Identity
from cases.domain.case import Case, CaseState, InstructionStatus
from cases.domain.contact import DialLater, DialNow, plan_attempt
from cases.domain.fold import POLICY, find_attempt, is_current
from cases.domain.rules import CaseRules
from cases.domain.ruling import Assessment, Decision
from cases.domain.vocabulary import BankAction, DialRefusal, Disposition, Outcome

TRY_AGAIN: frozenset[Outcome] = frozenset({Outcome.UNREACHED, Outcome.CALLBACK_REQUESTED})
"""Outcomes after which the ladder goes on while it has attempts left; every other one settles the contact."""

_FOR_GOOD = frozenset(one.value for one in DialRefusal if not one.passes)
_NO_SUCH_NUMBER = re.compile(r"unallocated|sip_(404|410|604)(_q850_\d+)?|sip_\d+_q850_(1|22)")
"""Details with which the telephone network says that a number is not in use, in words or by its status."""
_SAID_SO = 2
"""How often the network must say so: an announcement may be misheard, and a carrier misroute a call, once."""
_Events = tuple[ev.Event, ...]


def reactions(before: Case | None, event: ev.Event, after: Case, at: datetime, rules: CaseRules) -> _Events:
    """Events that follow at once from this one."""
    react = _REACTIONS.get(type(event))
    return () if react is None or before is None else react(before, event, after, at, rules)


def _escalation(case: Case, reasons: tuple[str, ...], at: datetime, rules: CaseRules) -> ev.EscalationOpened:
    """A review that is late before the hold ends, with notice where there is time for it."""
    deadline = case.alert.hold_deadline
    notice = deadline - rules.timings.deadline_notice
    urgent = at >= notice
    latest = max(at, deadline) if urgent else notice
    return ev.EscalationOpened(reasons, min(at + rules.review_limit(case.alert), latest), urgent)


def _contact(case: Case, number: int, not_before: datetime, at: datetime, rules: CaseRules) -> _Events:
    """Meet a customer who waits; else begin an attempt, put it off, or call for a person where none may be made."""
    waiting = case.waiting
    if waiting is not None and at - waiting.since <= rules.timings.arrival_waits:
        expires_at = at + rules.attempt_limit(case.alert)
        return (ev.AttemptStarted(number, None, expires_at, waiting.arrival, waiting.room),)
    attempt, contact_rules = _dial_number(case, number), rules.contact(case.alert)
    match plan_attempt(case.alert, attempt, not_before, at, contact_rules, _given_up(case)):
        case DialNow(contact):
            return (ev.AttemptStarted(number, contact, at + rules.attempt_limit(case.alert)),)
        case DialLater(due_at):
            return (ev.AttemptScheduled(number, due_at),)
        case never:
            return (_escalation(case, (never.reason,), at, rules),)


def _dial_number(case: Case, number: int) -> int:
    """An attempt's number among those that dial: customers who came by themselves use up none that policy allows."""
    return number - sum(one.arrival is not None for one in case.attempts)


def _given_up(case: Case) -> frozenset[int]:
    """Contacts that are dialled no more: the number was refused and will be again, or is said not to be in use."""
    refused = {one.contact for one in case.attempts if one.contact is not None and one.detail in _FOR_GOOD}
    unused = Counter(
        one.contact
        for one in case.attempts
        if one.contact is not None and one.disposition is Disposition.FAILED and _NO_SUCH_NUMBER.fullmatch(one.detail)
    )
    return frozenset(refused | {contact for contact, count in unused.items() if count >= _SAID_SO})


def _first_contact(case: Case, at: datetime, rules: CaseRules) -> _Events:
    return _contact(case, 1, at, at, rules)


def _bank_acknowledged(
    before: Case, event: ev.BankAcknowledged, after: Case, at: datetime, rules: CaseRules
) -> _Events:
    if after.state is CaseState.HOLDING:
        return _first_contact(after, at, rules)
    latest = after.instructions[-1]
    if after.state is CaseState.SETTLING and latest.key == event.key:
        return (ev.CaseClosed(latest.action),)
    return ()


def _bank_unreachable(before: Case, event: ev.BankUnreachable, after: Case, at: datetime, rules: CaseRules) -> _Events:
    given_up = after.instruction(event.key)
    if given_up is None or given_up.status is not InstructionStatus.FAILED:
        return ()
    if after.state is CaseState.HOLDING:
        # The customer is the faster way to the truth; what the bank missed is weighed with the outcome.
        return _first_contact(after, at, rules)
    unsettled = after.state is CaseState.SETTLING and after.outstanding is None
    if unsettled or after.state is CaseState.REVIEW:
        return (_escalation(after, ("bank_unreachable",), at, rules),)
    return ()


def _customer_arrived(before: Case, event: ev.CustomerArrived, after: Case, at: datetime, rules: CaseRules) -> _Events:
    """Meet them at once; where another attempt is under way, it comes to its end first."""
    if after.state not in (CaseState.HOLDING, CaseState.WAITING):
        return ()
    return _contact(after, len(after.attempts) + 1, at, at, rules)


def _timer_fired(before: Case, event: ev.TimerFired, after: Case, at: datetime, rules: CaseRules) -> _Events:
    match event.name, after.state:
        case "hold_ack", CaseState.HOLDING:
            return _first_contact(after, at, rules)
        case "next_attempt", CaseState.WAITING:
            due = after.next_attempt
            if due is not None and due.number == event.attempt:
                return _contact(after, due.number, due.due_at, at, rules)
        case "attempt", CaseState.CONTACTING:
            if is_current(before, event.attempt):
                return _unanswered(after, event.attempt, at, rules)
        case "hold_deadline", CaseState.HOLDING | CaseState.WAITING | CaseState.CONTACTING | CaseState.REVIEW:
            return (_escalation(after, ("hold_deadline",), at, rules),)
        case "settle", CaseState.SETTLING if after.outstanding is None:
            return (_escalation(after, ("bank_silent",), at, rules),)
    return ()


def _dial_ended(before: Case, event: ev.DialEnded, after: Case, at: datetime, rules: CaseRules) -> _Events:
    return _unanswered(after, event.attempt, at, rules) if is_current(before, event.attempt) else ()


def _unanswered(case: Case, number: int, at: datetime, rules: CaseRules) -> _Events:
    """An attempt ended without a conversation."""
    attempt = find_attempt(case, number)
    assert attempt is not None and attempt.disposition is not None
    assessment = rules.assess(case.alert, attempt.disposition, None)
    return _try_again(case, number, assessment, at, rules)


def _try_again(case: Case, number: int, assessment: Assessment, at: datetime, rules: CaseRules) -> _Events:
    """Go on with the ladder, or call for a person at its end."""
    ended = find_attempt(case, number)
    # Nothing rang where the number was refused, so that another one need not wait.
    rang = ended is None or ended.detail not in _FOR_GOOD
    wait = rules.contact(case.alert).wait_before(_dial_number(case, number + 1)) if rang else timedelta(0)
    following = _contact(case, number + 1, at + wait, at, rules)
    if not isinstance(following[0], ev.EscalationOpened):
        return following
    reasons = _reasons(assessment)
    # Used-up attempts are what `unreached` says already; any other cause is worth naming.
    if following[0].reasons != ("attempts_used",):
        reasons = (*reasons, *following[0].reasons)
    return (ev.OutcomeReached(assessment, rules.policy.version), _escalation(case, reasons, at, rules))


def _reasons(assessment: Assessment) -> tuple[str, ...]:
    return (assessment.outcome.value, *(one.rule for one in assessment.findings if one.hard))


def _call_ended(before: Case, event: ev.CallEnded, after: Case, at: datetime, rules: CaseRules) -> _Events:
    if len(after.calls) == len(before.calls):
        return ()
    assessment = rules.assess(after.alert, event.disposition, event.call)
    if not is_current(before, event.attempt):
        return _late(after, assessment, at, rules)
    if assessment.outcome in TRY_AGAIN:
        return _try_again(after, event.attempt, assessment, at, rules)
    outcome = ev.OutcomeReached(assessment, rules.policy.version)
    doubts = _doubts(after, event, assessment, rules)
    if assessment.escalate or assessment.action is BankAction.HOLD or doubts:
        return (outcome, _escalation(after, (*_reasons(assessment), *doubts), at, rules))
    decision = Decision(assessment.action, POLICY, assessment.outcome.value, at)
    return (outcome, ev.DecisionMade(decision))


def _late(case: Case, assessment: Assessment, at: datetime, rules: CaseRules) -> _Events:
    """A conversation that came in after its attempt was given up: it can call for a person, never settle a case."""
    outcome = ev.OutcomeReached(assessment, rules.policy.version)
    if case.state is CaseState.REVIEW:
        return (outcome,)
    tightens = assessment.outcome not in TRY_AGAIN and assessment.action is not BankAction.RELEASE
    if tightens and case.state in (CaseState.WAITING, CaseState.CONTACTING):
        return (outcome, _escalation(case, (*_reasons(assessment), "late_call"), at, rules))
    return ()


def _doubts(case: Case, event: ev.CallEnded, assessment: Assessment, rules: CaseRules) -> tuple[str, ...]:
    """Why a release by policy must wait for a person all the same; the last line of defence behind triage."""
    if assessment.action is not BankAction.RELEASE:
        return ()
    doubts = []
    if assessment.outcome is not Outcome.CONFIRMED_GENUINE or not _supports_release(event.call):
        doubts.append("unsupported_release")
    if event.disposition is not Disposition.ANSWERED:
        doubts.append("not_a_person")
    if any(one.status is InstructionStatus.FAILED for one in case.instructions):
        doubts.append("bank_unreachable")
    for record in case.calls:
        earlier = rules.assess(case.alert, record.disposition, record.call)
        if earlier.outcome not in TRY_AGAIN and earlier.action is not BankAction.RELEASE:
            doubts.append("earlier_call")
            break
    return tuple(doubts)


def _supports_release(call: Call) -> bool:
    """Whether the recorded answers carry a confirmation at all."""
    seen = call.verification
    # A customer may have answered a question before it was put.
    settled = {*seen.asked, *(answer.question for answer in seen.answers)}
    return (
        seen.identity is Identity.PASSED
        and seen.confirmation is Confirmation.CONFIRMED
        and seen.request is None
        and set(seen.required) <= settled
    )


_REACTIONS: Mapping[type[ev.Event], Callable[[Case, Any, Case, datetime, CaseRules], _Events]] = {
    ev.BankAcknowledged: _bank_acknowledged,
    ev.CustomerArrived: _customer_arrived,
    ev.BankUnreachable: _bank_unreachable,
    ev.TimerFired: _timer_fired,
    ev.DialEnded: _dial_ended,
    ev.CallEnded: _call_ended,
}
