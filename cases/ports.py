"""What the case needs from outside: each Protocol has two real implementations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cases.domain.analysis import Analysis, Dossier
from cases.domain.call import MediaRef
from cases.domain.vocabulary import BankAction


class PortError(Exception):
    """Base of failures beyond our walls.

    Attributes:
        code: Stable identifier for programs.
        retryable: Whether the same call may go through later.
    """

    code = "port"
    retryable = False


class BankUnavailableError(PortError):
    """The bank did not answer or answered with a server error; try again."""

    code = "bank_unavailable"
    retryable = True


class BankRefusedError(PortError):
    """The bank refused the instruction; a person must look at its answer."""

    code = "bank_refused"


class DialRefusedError(PortError):
    """The dial may not be placed now (limits, another call with this customer, missing leg)."""

    code = "dial_refused"

    def __init__(self, message: str, code: str = "") -> None:
        """Refuse.

        Args:
            message: What is wrong and what to do, without an address.
            code: Stable identifier of the cause where there is a narrower one, such as a `DialRefusal`.
        """
        super().__init__(message)
        self.code = code or self.code


class Clock(Protocol):
    """Where time comes from: the system clock, or a simulated one."""

    def now(self) -> datetime:
        """Current time, UTC and aware."""
        ...


@dataclass(frozen=True, slots=True)
class BankInstruction:
    """What the bank is asked to do.

    Attributes:
        key: Idempotency key; the bank does the same key once.
        case_id: The case.
        alert_id: The bank's own key of the alert.
        action: Hold, release or block.
        outcome: Outcome identifier, or empty before there is one.
        reasons: Why: identifiers, no personal data.
        decided_by: `policy` or a reviewer's account name.
        at: When it was decided, UTC.
    """

    key: str
    case_id: str
    alert_id: str
    action: BankAction
    outcome: str
    reasons: tuple[str, ...]
    decided_by: str
    at: datetime


class Bank(Protocol):
    """The bank that holds, releases or blocks the payment."""

    async def instruct(self, instruction: BankInstruction) -> str:
        """Carry out an instruction once per key and return the bank's reference.

        Raises:
            BankUnavailableError: The bank cannot be reached now; the same key may be sent again.
            BankRefusedError: The bank understood and refused.
        """
        ...


@dataclass(frozen=True, slots=True)
class DialRequest:
    """One contact attempt to place.

    Attributes:
        case_id: The case.
        attempt: Number of the attempt, from 1.
        match_code: The number that the app shows and the agent reads out.
    """

    case_id: str
    attempt: int
    match_code: str

    @property
    def attempt_id(self) -> str:
        """Idempotency key of the attempt: `case:attempt`."""
        return f"{self.case_id}:{self.attempt}"


class Dialer(Protocol):
    """Reaches the customer on a leg; everything that follows comes back as events through cases.intake."""

    async def leg_of(self, case_id: str) -> str:
        """Which kind of leg it would dial for a case."""
        ...

    async def dial(self, request: DialRequest) -> None:
        """Begin an attempt and return as soon as it is under way; the same attempt twice is one dial.

        Raises:
            DialRefusedError: It may not be placed; the attempt counts as failed.
        """
        ...


class Analyst(Protocol):
    """Writes the first analysis of a call for the reviewer: by a language model, or by a template."""

    async def analyse(self, dossier: Dossier) -> Analysis:
        """Write it; every statement rests on the dossier, and only what was checked against it is in the result.

        A model that is away, slow or wrong is no error: the template writes then, and the findings say why.
        """
        ...


class Blobs(Protocol):
    """Write-once store for recordings and stills."""

    async def put(self, key: str, source: AsyncIterator[bytes], media_type: str) -> MediaRef:
        """Store a stream under a new key.

        Raises:
            FileExistsError: The key is taken.
        """
        ...

    def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Read a blob, or its bytes from start up to, not including, end.

        Raises:
            FileNotFoundError: No such key.
        """
        ...

    async def size(self, key: str) -> int:
        """Length in bytes.

        Raises:
            FileNotFoundError: No such key.
        """
        ...
