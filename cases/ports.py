"""What the case needs from outside: each Protocol has two real implementations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cases.domain.analysis import Analysis, Dossier
from cases.domain.call import MediaRef
from cases.domain.picture import PictureFailure, PictureFile
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


class PictureUnavailableError(PortError):
    """Whoever records pictures did not answer; try again."""

    code = "picture_unavailable"
    retryable = True


class PictureRefusedError(PortError):
    """A picture is not recorded, or a recording came to nothing; the reason says why."""

    code = "picture_refused"

    def __init__(self, reason: PictureFailure, detail: str = "") -> None:
        """Refuse.

        Args:
            reason: Why, for the record.
            detail: Stable code of the cause, or empty.
        """
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


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


class PictureRecorder(Protocol):
    """Records the customer's camera outside of the call's own process: LiveKit's egress, or nobody.

    Every method raises PictureUnavailableError where the same may go through later.
    """

    async def begin(self, room: str, track: str, name: str) -> str:
        """Begin to record a camera track of a room and return the recording's id; one that runs already is returned.

        Args:
            room: Name of the room.
            track: LiveKit's id of the track.
            name: What the file is to be called, without suffix.

        Raises:
            PictureRefusedError: It is not recorded.
        """
        ...

    async def end(self, recording: str) -> None:
        """Have a recording end; one that has ended, or is unknown, is left alone."""
        ...

    async def finished(self, recording: str) -> PictureFile | None:
        """What was recorded, or None while the file is not finished.

        Raises:
            PictureRefusedError: The recording came to nothing.
        """
        ...

    async def keep(self, file: PictureFile, key: str) -> MediaRef | None:
        """Copy a file into the store of recordings under a key; the same again is fine. None where it is out of reach.

        Raises:
            PictureRefusedError: What lies there is not what was kept under the key before.
        """
        ...

    async def discard(self, file: PictureFile) -> bool:
        """Delete a file where it was recorded; whether none lies there any more."""
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
