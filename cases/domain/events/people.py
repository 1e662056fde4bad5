"""Events of persons in a running call."""

from __future__ import annotations

from dataclasses import dataclass

from cases.domain.call import Verification
from cases.domain.events.base import Event
from cases.domain.transfer import LeftReason, ReviewerPart, TransferCause, TransferFailure


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
