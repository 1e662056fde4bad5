"""What reads of the record return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.domain.audit import TreeHead
from cases.domain.case import CaseState
from cases.domain.events import Event
from cases.domain.money import Money
from cases.domain.vocabulary import BankAction, Language, Outcome


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event with its place in the record.

    Attributes:
        case_id: The case.
        seq: Number within the case, from 1.
        event_id: The event's own key; the same key is stored once.
        at: When it happened, UTC.
        event: What happened.
        previous: Leaf hash (hex) of the case's event before it, or empty for the first.
        leaf_hash: Leaf hash in the Merkle log, hex.
        position: Place in the Merkle log, from 0.
    """

    case_id: str
    seq: int
    event_id: str
    at: datetime
    event: Event
    previous: str
    leaf_hash: str
    position: int


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """One line of a list of cases.

    Attributes:
        case_id: The case.
        state: Where it stands.
        seq: Number of its latest event.
        opened_at: When the alert came in, UTC.
        updated_at: When the latest event happened, UTC.
        closed_at: When it was closed, UTC, or None.
        hold_deadline: When a hold without decision must end by law, UTC.
        customer_reference: The bank's customer key.
        customer_name: Who is asked.
        payee_name: Who is paid.
        amount: What is paid.
        language: The call's language.
        score: Fraud score of the alert, 0 to 1.
        points: Points of triage, or None before it.
        outcome: What triage concluded, or None before it.
        payment: What the bank last confirmed it did, or None.
        attempts: Contact attempts begun.
        review_due_at: When the open review is late, UTC, or None without one.
        review_urgent: Whether the open review goes before others.
        review_overdue: Whether the open review's time ran out.
        claimed_by: Who works on the open review, or None.
    """

    case_id: str
    state: CaseState
    seq: int
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    hold_deadline: datetime
    customer_reference: str
    customer_name: str
    payee_name: str
    amount: Money
    language: Language
    score: float
    points: int | None
    outcome: Outcome | None
    payment: BankAction | None
    attempts: int
    review_due_at: datetime | None
    review_urgent: bool
    review_overdue: bool
    claimed_by: str | None


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer row.

    Attributes:
        case_id: The case.
        name: Which timer.
        attempt: Number of the contact attempt it belongs to, or 0.
        due_at: When it fires, UTC.
    """

    case_id: str
    name: str
    attempt: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class DialUsage:
    """How many dials on one kind of leg count against a new one; refused ones do not.

    Attributes:
        at_once: Under way.
        last_minute: Placed in the last minute.
        last_day: Placed in the last 24 hours.
        number_last_day: Of those, to the same address.
    """

    at_once: int
    last_minute: int
    last_day: int
    number_last_day: int

    def __add__(self, other: DialUsage) -> DialUsage:
        """What two records count together."""
        return DialUsage(
            self.at_once + other.at_once,
            self.last_minute + other.last_minute,
            self.last_day + other.last_day,
            self.number_last_day + other.number_last_day,
        )


@dataclass(frozen=True, slots=True)
class LogCheck:
    """Result of recomputing the whole log.

    Attributes:
        head: Size and root over the recomputed leaves.
        faults: What does not fit, one sentence each; empty where the log is whole.
    """

    head: TreeHead
    faults: tuple[str, ...]
