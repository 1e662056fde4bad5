"""Events of reaching the customer, and of the calls that come of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from cases.domain.analysis import Analysis
from cases.domain.call import Call
from cases.domain.events.base import Event
from cases.domain.vocabulary import Arrival, Disposition


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
class CallbackCodeIssued(Event):
    """A code was made for this case; whoever rings the bank's number and says it arrives by it.

    Attributes:
        digest: Keyed digest (HMAC-SHA-256, hex) of the code, which names it to whoever holds the key and no one else.
        expires_at: When the code ends, UTC.
        by: Who asked for it: `bank`.
    """

    digest: str
    expires_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class CustomerArrived(Event):
    """The customer came by themselves; they wait in a room until an attempt meets them there.

    Attributes:
        arrival: How they came.
        room: Name of the room in which they wait.
        visitor: Digest (SHA-256, hex) of the secret that tells their browser from others, or empty.
        code: Digest of the callback code that they said, or empty.

    Version 2 added `code`; before, nobody came by a code.
    """

    version: ClassVar[int] = 2
    arrival: Arrival
    room: str
    visitor: str = ""
    code: str = ""


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
