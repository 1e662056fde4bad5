"""The case: what its events add up to, and how each event changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.domain.alert import Alert
from cases.domain.analysis import Analysis
from cases.domain.call import Call
from cases.domain.picture import Picture
from cases.domain.ruling import Assessment, ContactAttempt, Decision
from cases.domain.transfer import Transfer
from cases.domain.vocabulary import Arrival, BankAction, Disposition


class CaseState(StrEnum):
    """Where in its life a case stands; the table of moves is cases.domain.lifecycle.TABLE."""

    HOLDING = "holding"
    """The bank was asked to hold the payment; nobody was dialled yet."""
    WAITING = "waiting"
    """The next contact attempt is scheduled."""
    CONTACTING = "contacting"
    """A contact attempt is under way."""
    REVIEW = "review"
    """A person must decide."""
    SETTLING = "settling"
    """The decision is made; the bank has not carried it out yet."""
    CLOSED = "closed"
    """The bank carried out the decision."""


class InstructionStatus(StrEnum):
    """How far an instruction to the bank got."""

    WAITING = "waiting"
    """An earlier instruction of the case is still under way; the bank gets one at a time."""
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One thing the bank is asked to do with the payment.

    Attributes:
        key: Idempotency key: `case:hold`, `case:block` or `case:decision:number`.
        action: Hold, release or block.
        outcome: Outcome identifier, or empty before there is one.
        reasons: Identifiers of why, no personal data.
        decided_by: `policy` or the reviewer's account name.
        at: When it was decided, UTC.
        status: How far it got.
        settled_at: When the bank acknowledged it or was given up on, UTC, or None.
        reference: The bank's own reference, or empty.
        error: Stable code of the last error where it failed, or empty.
    """

    key: str
    action: BankAction
    outcome: str
    reasons: tuple[str, ...]
    decided_by: str
    at: datetime
    status: InstructionStatus
    settled_at: datetime | None = None
    reference: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A conversation as evidence.

    Attributes:
        attempt: Number of the contact attempt.
        disposition: What answered.
        call: The conversation.
        late: Whether it arrived after its attempt had been given up; then it can tighten a result, never loosen one.
        analysis: The first analysis for the reviewer, or None until it is written.
    """

    attempt: int
    disposition: Disposition
    call: Call
    late: bool = False
    analysis: Analysis | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A work item of the desk.

    Attributes:
        reasons: Rule identifiers or outcomes that call for a person.
        opened_at: When it was opened, UTC.
        due_at: When it is late, UTC.
        urgent: Whether the hold ends soon.
        claimed_by: Account name of who works on it, or None.
        claimed_at: When it was claimed, UTC, or None.
        overdue: Whether its time ran out without a decision.
    """

    reasons: tuple[str, ...]
    opened_at: datetime
    due_at: datetime
    urgent: bool = False
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class NextAttempt:
    """A scheduled contact attempt.

    Attributes:
        number: Its number.
        due_at: When it is to start, UTC.
    """

    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingCustomer:
    """A customer who came by themselves and whom no attempt has met yet.

    Attributes:
        arrival: How they came.
        room: Name of the room in which they wait.
        since: When they came, UTC.
    """

    arrival: Arrival
    room: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CallbackCode:
    """A code by which the customer may ring back.

    Attributes:
        digest: Keyed digest (HMAC-SHA-256, hex) that names it.
        issued_at: When it was made, UTC.
        expires_at: When it ends, UTC.
        by: Who asked for it.
    """

    digest: str
    issued_at: datetime
    expires_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ArrivedCustomer:
    """A time that the customer came by themselves.

    Attributes:
        arrival: How they came.
        room: Name of the room in which they waited.
        at: When they came, UTC.
        code: Digest of the callback code that they said, or empty.
    """

    arrival: Arrival
    room: str
    at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Case:
    """Everything known of a case: the fold of its events.

    Attributes:
        id: The alert's id.
        alert: What the bank flagged.
        state: Where it stands.
        seq: Number of the latest event, from 1.
        opened_at: When the alert came in, UTC.
        updated_at: When the latest event happened, UTC.
        attempts: Contact attempts, in order.
        next_attempt: The scheduled attempt while the case waits for it, else None.
        waiting: The customer who came by themselves last, or None once an attempt met them.
        arrivals: Every time that the customer came by themselves, in order.
        codes: Codes by which they may ring back, in the order of their making.
        calls: Conversations, in the order of arrival.
        assessment: Triage's result, or None.
        policies: Content hash of the policies the assessment was made under, or empty.
        review: The latest work item of the desk, or None; open while the state is `review`.
        decision: The ruling, or None.
        instructions: What the bank was asked, in order.
        closed_at: When the case was closed, UTC, or None.
        transfer: Persons in the latest call that had any, or None.
        pictures: Recordings of the customer's picture, in the order in which they were allowed.
    """

    id: str
    alert: Alert
    state: CaseState
    seq: int
    opened_at: datetime
    updated_at: datetime
    attempts: tuple[ContactAttempt, ...] = ()
    next_attempt: NextAttempt | None = None
    waiting: WaitingCustomer | None = None
    arrivals: tuple[ArrivedCustomer, ...] = ()
    codes: tuple[CallbackCode, ...] = ()
    calls: tuple[CallRecord, ...] = ()
    assessment: Assessment | None = None
    policies: str = ""
    review: Review | None = None
    decision: Decision | None = None
    instructions: tuple[Instruction, ...] = ()
    closed_at: datetime | None = None
    transfer: Transfer | None = None
    pictures: tuple[Picture, ...] = ()

    @property
    def attempt(self) -> ContactAttempt | None:
        """The contact attempt under way, or None."""
        return self.attempts[-1] if self.state is CaseState.CONTACTING and self.attempts else None

    @property
    def is_open(self) -> bool:
        """Whether anything is left to do."""
        return self.state is not CaseState.CLOSED

    @property
    def payment(self) -> BankAction | None:
        """What the bank last confirmed it did with the payment, or None before its first acknowledgement."""
        done = [one.action for one in self.instructions if one.status is InstructionStatus.ACKNOWLEDGED]
        return done[-1] if done else None

    def instruction(self, key: str) -> Instruction | None:
        """The instruction with this key, or None."""
        return next((one for one in self.instructions if one.key == key), None)

    def call_of(self, attempt: int) -> CallRecord | None:
        """The conversation of this attempt, or None."""
        return next((one for one in self.calls if one.attempt == attempt), None)

    @property
    def outstanding(self) -> Instruction | None:
        """The instruction that the bank is carrying out now, or None."""
        return next((one for one in self.instructions if one.status is InstructionStatus.SENT), None)
