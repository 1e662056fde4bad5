"""Everything that can happen to a case, in the past tense; a case is the fold of these.

Each event class carries a `version`; a stored event names its type and version, so that an old one is read
as it was meant when it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cases.domain.alert import Alert
from cases.domain.analysis import Analysis
from cases.domain.call import Call, Verification
from cases.domain.ruling import Assessment, Decision
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause, TransferFailure
from cases.domain.vocabulary import Arrival, BankAction, Disposition


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events.

    Attributes:
        version: Version of the class's fields.
    """

    version: ClassVar[int] = 1


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
class AttemptScheduled(Event):
    """Contact rules put the next contact attempt off until later.

    Attributes:
        attempt: Number of the attempt, from 1.
        due_at: When it is to start, UTC.
    """

    attempt: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class SummonsIssued(Event):
    """A link to a video session was made for this case; whoever opens it first, once, arrives by it.

    Attributes:
        summons: Digest (SHA-256, hex) of the link's token, which names the summons without opening it.
        expires_at: When the link ends, UTC.
        by: Who asked for it: `bank`, or a reviewer's account name.
    """

    summons: str
    expires_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CustomerArrived(Event):
    """The customer came by themselves; they wait in a room until an attempt meets them there.

    Attributes:
        arrival: How they came.
        room: Name of the room in which they wait.
        visitor: Digest (SHA-256, hex) of the secret that tells their browser from others, or empty.
    """

    arrival: Arrival
    room: str
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class AttemptStarted(Event):
    """Contact rules let an attempt start now; a dial effect goes with it.

    Attributes:
        attempt: Number of the attempt, from 1.
        contact: Which address, as an index into the customer's contacts; None where the customer came by themselves.
        expires_at: When an attempt without a result counts as lost, UTC.
        arrival: How the customer came by themselves, or None where they are dialled.
        room: Name of the room in which the customer waits, or empty where they are dialled.

    Version 2 added `arrival` and `room`; before, every customer was dialled.
    """

    version: ClassVar[int] = 2
    attempt: int
    contact: int | None
    expires_at: datetime
    arrival: Arrival | None = None
    room: str = ""


@dataclass(frozen=True, slots=True)
class DialPlaced(Event):
    """A dial effect began to reach the customer.

    Attributes:
        attempt: Number of the contact attempt, from 1.
        leg: Which kind of leg.
        match_code: The two-digit number that the app shows and the agent reads out.
    """

    attempt: int
    leg: str
    match_code: str


@dataclass(frozen=True, slots=True)
class CallClaimed(Event):
    """A worker took a call upon itself; whoever claimed it before has nothing more to say of it.

    Attributes:
        attempt: Number of the contact attempt.
        claim: Number of the claim of this attempt, from 1.
    """

    attempt: int
    claim: int


@dataclass(frozen=True, slots=True)
class CustomerRinging(Event):
    """The customer's side rings."""

    attempt: int


@dataclass(frozen=True, slots=True)
class CallAnswered(Event):
    """Somebody, or something, answered."""

    attempt: int


@dataclass(frozen=True, slots=True)
class DialEnded(Event):
    """A dial ended without a conversation.

    Attributes:
        attempt: Number of the contact attempt.
        disposition: How it ended; never `answered`.
        detail: Stable code of the cause, for the operator.
    """

    attempt: int
    disposition: Disposition
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TransferRequested(Event):
    """The customer is on hold for a person; a reviewer is looked for.

    Attributes:
        attempt: Number of the contact attempt.
        cause: Why a person was called for.
        so_far: What the script had recorded by then: the reviewer's brief.
    """

    attempt: int
    cause: TransferCause
    so_far: Verification


@dataclass(frozen=True, slots=True)
class TransferAccepted(Event):
    """A reviewer takes the waiting customer; their line is being made.

    Attributes:
        attempt: Number of the contact attempt.
        by: Account name.
    """

    attempt: int
    by: str


@dataclass(frozen=True, slots=True)
class TransferFailed(Event):
    """The customer was not put through.

    Attributes:
        attempt: Number of the contact attempt.
        reason: Why.
    """

    attempt: int
    reason: TransferFailure


@dataclass(frozen=True, slots=True)
class CallReferred(Event):
    """The telephone network took the call over to the bank's queue (SIP REFER, RFC 3515).

    Attributes:
        attempt: Number of the contact attempt.
    """

    attempt: int


@dataclass(frozen=True, slots=True)
class ReviewerJoined(Event):
    """A reviewer is in the call.

    Attributes:
        attempt: Number of the contact attempt.
        by: Account name.
        part: What they do there.
    """

    attempt: int
    by: str
    part: ReviewerPart


@dataclass(frozen=True, slots=True)
class ReviewerLeft(Event):
    """A reviewer's part in the call ended.

    Attributes:
        attempt: Number of the contact attempt.
        by: Account name.
        part: What they did there.
        reason: Why it ended.
    """

    attempt: int
    by: str
    part: ReviewerPart
    reason: LeftReason


@dataclass(frozen=True, slots=True)
class CallEnded(Event):
    """A conversation ended, complete or partial.

    Attributes:
        attempt: Number of the contact attempt.
        disposition: `answered`, or what answered instead of a person (`voicemail`, `screener`, `forwarded`).
        call: The conversation.

    Version 2 added `muted` to the call's turns; before, nothing was muted. Version 3 added `person_spoke` to its
    verification; before, no reviewer spoke in a call. Version 4 added `answered_by` and `detail` to the call; before,
    the disposition alone told who answered.
    """

    version: ClassVar[int] = 4
    attempt: int
    disposition: Disposition
    call: Call


@dataclass(frozen=True, slots=True)
class AnalysisWritten(Event):
    """The first analysis of a call was written and checked against the record; it changes no state.

    Attributes:
        attempt: Number of the contact attempt whose call it is of.
        analysis: What it says.
    """

    attempt: int
    analysis: Analysis


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
        what: `case`, `recording`, `still` or `export`.
    """

    by: str
    what: str


EVENT_TYPES: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (
        AlertReceived,
        BankAcknowledged,
        BankUnreachable,
        AttemptScheduled,
        SummonsIssued,
        CustomerArrived,
        AttemptStarted,
        DialPlaced,
        CallClaimed,
        CustomerRinging,
        CallAnswered,
        DialEnded,
        TransferRequested,
        TransferAccepted,
        TransferFailed,
        CallReferred,
        ReviewerJoined,
        ReviewerLeft,
        CallEnded,
        AnalysisWritten,
        TimerFired,
        OutcomeReached,
        EscalationOpened,
        ReviewClaimed,
        DecisionMade,
        CaseClosed,
        EvidenceViewed,
    )
}
"""Stored type name to class."""
