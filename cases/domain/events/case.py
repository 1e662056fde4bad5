"""Events of the case itself: its alert, the bank, timers, what was concluded and decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.alert import Alert
from cases.domain.events.base import Event
from cases.domain.ruling import Assessment, Decision
from cases.domain.vocabulary import BankAction


@dataclass(frozen=True, slots=True)
class AlertReceived(Event):
    """The bank's fraud engine flagged a payment; the first event of every case."""

    alert: Alert


@dataclass(frozen=True, slots=True)
class BankAcknowledged(Event):
    """The bank carried out an instruction.

    Attributes:
        action: What it did.
        key: Idempotency key of the instruction.
        reference: The bank's own reference.
    """

    action: BankAction
    key: str
    reference: str


@dataclass(frozen=True, slots=True)
class BankUnreachable(Event):
    """The bank did not take an instruction after every retry; a person must see to it.

    Attributes:
        action: What it was asked to do.
        key: Idempotency key of the instruction.
        error: Stable code of the last error.
    """

    action: BankAction
    key: str
    error: str


@dataclass(frozen=True, slots=True)
class TimerFired(Event):
    """A due timer of the case.

    Attributes:
        name: Which one: `hold_ack`, `attempt`, `next_attempt`, `hold_deadline`, `review_sla` or `settle`.
        attempt: Number of the contact attempt it belongs to, or 0.
    """

    name: str
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class OutcomeReached(Event):
    """Triage concluded; recorded with the policy it was made under, so that later policies change no history.

    Attributes:
        assessment: Outcome and why.
        policies: Content hash of the policies.
    """

    assessment: Assessment
    policies: str


@dataclass(frozen=True, slots=True)
class EscalationOpened(Event):
    """A person must decide; a review waits at the desk.

    Attributes:
        reasons: Rule identifiers or outcomes that call for a person.
        due_at: When the review is late, UTC.
        urgent: Whether the hold ends soon, so that this review goes before others.
    """

    reasons: tuple[str, ...]
    due_at: datetime
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class ReviewClaimed(Event):
    """A reviewer took the review.

    Attributes:
        by: Account name.
    """

    by: str


@dataclass(frozen=True, slots=True)
class DecisionMade(Event):
    """Policy or a reviewer ruled on the payment."""

    decision: Decision


@dataclass(frozen=True, slots=True)
class CaseClosed(Event):
    """The last effect was acknowledged; nothing is left to do.

    Attributes:
        action: What finally happened to the payment.
    """

    action: BankAction


@dataclass(frozen=True, slots=True)
class EvidenceViewed(Event):
    """Somebody looked at a case's evidence (audited, changes no state).

    Attributes:
        by: Account name.
        what: `case`, `recording`, `still`, `picture` or `export`.
    """

    by: str
    what: str
