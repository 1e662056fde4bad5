"""Persons in a running call: why one was called for, who joined and how, what went wrong; what a case keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.domain.call import Verification


class TransferCause(StrEnum):
    """Why a customer is put through to a person."""

    CUSTOMER_ASKED = "customer_asked"
    PERSON_NEEDED = "person_needed"
    """The script calls for a person: distress, questions without an answer, another language."""


class TransferFailure(StrEnum):
    """Why a customer was not put through."""

    NOBODY_ON_DUTY = "nobody_on_duty"
    """No reviewer is at the desk and none has a telephone number."""
    NOBODY_FREE = "nobody_free"
    """Nobody took the customer within the time that policy gives."""
    NOT_ANSWERED = "not_answered"
    """The reviewer who took the customer did not answer their line."""
    LINE_FAILED = "line_failed"
    """The reviewer's line could not be made."""
    REVIEWER_DROPPED = "reviewer_dropped"
    """The reviewer's line broke while they spoke with the customer."""
    REFER_REFUSED = "refer_refused"
    """The telephone network did not take the call over to the bank's queue."""
    REFER_UNSUPPORTED = "refer_unsupported"
    """The customer's line cannot be handed to the bank's queue."""
    CUSTOMER_CHANGED_MIND = "customer_changed_mind"
    """The customer asked for a call back, or did not want to wait."""
    CUSTOMER_LEFT = "customer_left"
    """The customer hung up while waiting."""
    CALL_FAILED = "call_failed"
    """The call broke off while the customer waited."""


class ReviewerPart(StrEnum):
    """What a reviewer does in a call."""

    LISTENING = "listening"
    """Hears both sides; nobody hears them."""
    TALKING = "talking"
    """Speaks with the customer; the agent is silent."""


class LeftReason(StrEnum):
    """Why a reviewer's part in a call ended."""

    DONE = "done"
    """They ended it: a listener stopped listening, or the talk with the customer is over."""
    HANDED_BACK = "handed_back"
    """The agent goes on with the customer."""
    TOOK_OVER = "took_over"
    """A listener began to talk."""
    DROPPED = "dropped"
    """Their line broke."""
    NOT_ANSWERED = "not_answered"
    """They took the customer and did not answer their line."""
    LINE_FAILED = "line_failed"
    """They took the customer and their line could not be made."""
    CALL_ENDED = "call_ended"
    """The call ended first."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Persons in the call of one contact attempt.

    Attributes:
        attempt: Number of the contact attempt.
        cause: Why a person was called for, or None where nobody was.
        requested_at: When, UTC, or None.
        so_far: What the script had recorded by then, or None.
        accepted_by: Account name of who took the customer, or empty.
        talking: Account name of who speaks with the customer now, or empty.
        listening: Account names of who listens now, in the order in which they came.
        spoke: Account names of all who spoke with the customer, in order.
        failure: Why the customer was not put through the last time, or None.
        referred: Whether the call was handed to the bank's queue by the telephone network.
        over: Whether the call has ended.
    """

    attempt: int
    cause: TransferCause | None = None
    requested_at: datetime | None = None
    so_far: Verification | None = None
    accepted_by: str = ""
    talking: str = ""
    listening: tuple[str, ...] = ()
    spoke: tuple[str, ...] = ()
    failure: TransferFailure | None = None
    referred: bool = False
    over: bool = False

    @property
    def waiting(self) -> bool:
        """Whether the customer is on hold for a person."""
        return self.cause is not None and not (self.talking or self.failure or self.referred or self.over)
