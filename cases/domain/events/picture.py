"""Events of recording the customer's moving picture."""

from __future__ import annotations

from dataclasses import dataclass

from cases.domain.events.base import Event
from cases.domain.picture import PictureFailure, PictureFile


@dataclass(frozen=True, slots=True)
class PictureAllowed(Event):
    """The customer lets their picture be recorded, on a page that said so, and their camera is on.

    Attributes:
        attempt: Number of the contact attempt.
        number: Number of the recording within the attempt, from 1.
        track: LiveKit's id of the camera track.
    """

    attempt: int
    number: int
    track: str


@dataclass(frozen=True, slots=True)
class PictureWithdrawn(Event):
    """The customer took the consent back: no recording of this attempt is kept.

    Attributes:
        attempt: Number of the contact attempt.
    """

    attempt: int


@dataclass(frozen=True, slots=True)
class PictureBegun(Event):
    """LiveKit's egress took the recording.

    Attributes:
        attempt: Number of the contact attempt.
        number: Number of the recording.
        egress: LiveKit's id of it.
    """

    attempt: int
    number: int
    egress: str


@dataclass(frozen=True, slots=True)
class PictureKept(Event):
    """A recording is finished.

    Attributes:
        attempt: Number of the contact attempt.
        number: Number of the recording.
        file: What was recorded.
    """

    attempt: int
    number: int
    file: PictureFile


@dataclass(frozen=True, slots=True)
class PictureFailed(Event):
    """There is no recording, or it is not kept; the call goes on all the same.

    Attributes:
        attempt: Number of the contact attempt.
        number: Number of the recording.
        reason: Why.
        detail: Stable code of the cause, or where a file may still lie; empty where neither is known.
    """

    attempt: int
    number: int
    reason: PictureFailure
    detail: str = ""
