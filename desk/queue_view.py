"""The queue of cases as the desk shows it: what waits for a person first, by risk."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cases.domain.alert import Alert
from cases.domain.case import Case, CaseState
from cases.domain.money import Money
from cases.domain.vocabulary import HARD_SIGNALS, BankAction, Language, Outcome, SignalCode, Typology

SCORE_BAND = 20
"""Points within which two cases count as equally risky, so that amount and deadline order them."""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One case in the queue.

    Attributes:
        case_id: The case.
        customer: Whom the bank wanted to reach.
        payee: Who is paid.
        amount: What is paid.
        language: The customer's language.
        state: Where the case stands.
        outcome: What the verification concluded, or None.
        score: Triage's points, or None before there are any.
        alert_score: The bank's own fraud score, 0 to 100.
        hard: Hard signals and the words for them.
        hard_findings: How many hard rules hit.
        typology: Likeliest kind of fraud, or None.
        since: Since when it waits: review opened, else case opened.
        deadline: When the hold must end by law.
        review_due: When the open review is late, or None without one.
        claimed_by: Who works on it, or empty.
        attempts: Contact attempts so far.
        ended_at: When the case was closed, or None.
        payment: What the bank last confirmed, or None.
    """

    case_id: str
    customer: str
    payee: str
    amount: Money
    language: Language
    state: CaseState
    outcome: Outcome | None
    score: int | None
    alert_score: int
    hard: tuple[SignalCode, ...]
    hard_findings: int
    typology: Typology | None
    since: datetime
    deadline: datetime
    review_due: datetime | None
    claimed_by: str
    attempts: int
    ended_at: datetime | None
    payment: BankAction | None
    on_hold_since: datetime | None = None

    def late(self, now: datetime) -> bool:
        """Whether review or hold ran out of time while nobody decided."""
        if self.state in (CaseState.SETTLING, CaseState.CLOSED):
            return False
        return now > self.deadline or (self.review_due is not None and now > self.review_due)


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue in its three parts.

    Attributes:
        waiting: Needs a person's decision, riskiest first.
        active: The system works on it, live calls first.
        closed: Latest closed first.
        live: Case id to phase of its running call.
        overdue: How many waiting ones ran out of time.
        on_hold: Customers on hold for a person, longest first.
    """

    waiting: tuple[QueueRow, ...]
    active: tuple[QueueRow, ...]
    closed: tuple[QueueRow, ...]
    live: Mapping[str, str]
    overdue: int
    on_hold: tuple[QueueRow, ...] = ()


def queue_view(rows: Iterable[QueueRow], live: Mapping[str, str], now: datetime) -> QueueView:
    """Order rows for the queue.

    Args:
        rows: Cases to show.
        live: Case id to phase of its running call.
        now: Current time, UTC.
    """
    rows = tuple(rows)
    waiting = sorted((row for row in rows if row.state is CaseState.REVIEW), key=risk_order)
    active = [row for row in rows if row.state not in (CaseState.REVIEW, CaseState.CLOSED)]
    closed = [row for row in rows if row.state is CaseState.CLOSED]
    return QueueView(
        waiting=tuple(waiting),
        active=tuple(sorted(active, key=lambda row: (row.case_id not in live, *risk_order(row)))),
        closed=tuple(sorted(closed, key=lambda row: (row.ended_at or row.since, row.case_id), reverse=True)),
        live=live,
        overdue=sum(row.late(now) for row in waiting),
        on_hold=tuple(sorted((row for row in rows if row.on_hold_since), key=lambda row: row.on_hold_since or now)),
    )


def risk_order(row: QueueRow) -> tuple[bool, int, int, datetime, datetime, str]:
    """Sort key: hard signals, band of the score, order of magnitude of the amount, deadline, then the oldest first."""
    score = row.score if row.score is not None else row.alert_score
    major = max(row.amount.major, 1)
    return (
        not (row.hard or row.hard_findings),
        -(score // SCORE_BAND),
        -int(math.log10(major)),
        row.deadline,
        row.since,
        row.case_id,
    )


def queue_row(case: Case) -> QueueRow:
    """One case's row."""
    alert = case.alert
    review = case.review if case.state is CaseState.REVIEW else None
    findings = case.assessment.findings if case.assessment else ()
    return QueueRow(
        case_id=case.id,
        customer=alert.customer.name,
        payee=alert.transaction.creditor.name,
        amount=alert.transaction.amount,
        language=alert.language,
        state=case.state,
        outcome=case.assessment.outcome if case.assessment else None,
        score=case.assessment.score if case.assessment else None,
        alert_score=round(alert.score * 100),
        hard=hard_signals(case),
        hard_findings=sum(finding.hard for finding in findings),
        typology=_typology(case, alert),
        since=review.opened_at if review else case.opened_at,
        deadline=alert.hold_deadline,
        review_due=review.due_at if review else None,
        claimed_by=(review.claimed_by or "") if review else "",
        attempts=len(case.attempts),
        ended_at=case.closed_at,
        payment=case.payment,
        on_hold_since=case.transfer.requested_at if case.transfer and case.transfer.waiting else None,
    )


def hard_signals(case: Case) -> tuple[SignalCode, ...]:
    """Hard signals observed in any of the case's calls, each once, in order."""
    seen = [one.signal.code for record in case.calls for one in record.call.verification.signals]
    return tuple(dict.fromkeys(code for code in seen if code in HARD_SIGNALS))


def _typology(case: Case, alert: Alert) -> Typology | None:
    likely = (case.assessment.typologies if case.assessment else ()) or alert.typologies
    return likely[0] if likely else None
