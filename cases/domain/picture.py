"""The customer's moving picture of a video session: what was allowed, recorded, kept or lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.domain.call import MediaRef

MOST_PICTURES = 8
"""Most recordings of one call: a camera that is turned off and on begins a new one."""


class PictureFailure(StrEnum):
    """Why a picture that the customer allowed is not on record."""

    OFF = "off"
    """Nothing records pictures here."""
    NO_EGRESS = "no_egress"
    """The LiveKit server found no egress that takes the recording."""
    REFUSED = "refused"
    """LiveKit refused the recording."""
    UNREACHABLE = "unreachable"
    """The LiveKit server did not answer."""
    GONE = "gone"
    """Call or camera had ended, or the customer had changed their mind, before anything was recorded."""
    BROKEN = "broken"
    """The recording began and failed."""
    UNFINISHED = "unfinished"
    """Nobody said in time what became of the recording."""
    WITHDRAWN = "withdrawn"
    """The customer took their consent back."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """A finished recording.

    Attributes:
        name: Its name in the folder or bucket that recordings are written to.
        location: Where LiveKit's egress says it lies.
        started_at: Its first picture, UTC.
        ended_at: Its last picture, UTC.
        size: Bytes.
        media: The copy that the case keeps, with its digest; None where the file cannot be reached from here.
    """

    name: str
    location: str
    started_at: datetime
    ended_at: datetime
    size: int
    media: MediaRef | None = None

    @property
    def duration_ms(self) -> int:
        """Length, ms."""
        return round((self.ended_at - self.started_at).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Picture:
    """One recording of the customer's picture, as far as it is known.

    Attributes:
        attempt: Number of the contact attempt.
        number: Number within the attempt, from 1.
        track: LiveKit's id of the camera track.
        allowed_at: When the customer allowed it, UTC.
        egress: LiveKit's id of the recording, or empty before it began.
        withdrawn: Whether the customer took the consent back before the recording was kept.
        file: What was recorded, or None while it is not kept.
        failure: Why there is nothing, or None.
        detail: What else is known of the failure: a stable code, or where a file may still lie; else empty.
    """

    attempt: int
    number: int
    track: str
    allowed_at: datetime
    egress: str = ""
    withdrawn: bool = False
    file: PictureFile | None = None
    failure: PictureFailure | None = None
    detail: str = ""

    @property
    def settled(self) -> bool:
        """Whether it is known what became of it."""
        return self.file is not None or self.failure is not None
