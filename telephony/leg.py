"""The seam between a conversation and a line: audio in and out in 20 ms frames, live state, controls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

from cases.domain.vocabulary import Act, Disposition, Language, Speaker

MIC_RATE = 16_000
"""Sample rate of audio from the customer, Hz."""
SPEAKER_RATE = 24_000
"""Sample rate of audio to the customer, Hz."""
FRAME_MS = 20
"""Length of every frame, ms."""
MIC_FRAME_BYTES = MIC_RATE * FRAME_MS // 1000 * 2
SPEAKER_FRAME_BYTES = SPEAKER_RATE * FRAME_MS // 1000 * 2


FORWARDED = "forwarded"
"""Detail of an answered line: the call was sent on, and somebody took it on another line than the one dialled."""


class Band(StrEnum):
    """How much of the customer's voice a line carries, and of the agent's back."""

    WIDE = "wide"
    """All that MIC_RATE holds."""
    NARROW = "narrow"
    """A telephone's 300 to 3 400 Hz, whatever the sample rate of the frames."""


class LegError(Exception):
    """Base of what goes wrong on a line.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "leg"


class LegLostError(LegError):
    """The line broke while a call was up."""

    code = "leg_lost"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the customer's side may show while it rings: nothing about the payment.

    Attributes:
        attempt_id: `case:attempt`.
        bank_name: Who is calling.
        customer_reference: Which customer's app rings; never shown.
        language: Language of the page.
        match_code: The number that the app shows and the agent can read out.
        ring_seconds: How long to ring before `no_answer`.
        stills_allowed: Whether the customer consented to still frames of a video call.
    """

    attempt_id: str
    bank_name: str
    customer_reference: str
    language: Language
    match_code: str
    ring_seconds: float
    stills_allowed: bool = False


class ControlKind(StrEnum):
    """A button or key of the customer."""

    HANG_UP = "hang_up"
    ASK_HUMAN = "ask_human"
    DTMF = "dtmf"


@dataclass(frozen=True, slots=True)
class Control:
    """What the customer did beside speaking.

    Attributes:
        kind: Which control.
        value: The digit of a DTMF control, else empty.
    """

    kind: ControlKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Caption:
    """One utterance as shown to the customer while it is spoken or heard.

    Attributes:
        speaker: Whose it is.
        text: The words so far.
        final: Whether it will change no more.
        acts: The agent's acts in this utterance; empty for the customer.
    """

    speaker: Speaker
    text: str
    final: bool
    acts: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True)
class StillFrame:
    """A still of the customer's video, taken only with consent.

    Attributes:
        jpeg: The picture.
        offset_ms: When it was taken, from the answer.
    """

    jpeg: bytes
    offset_ms: int


@dataclass(frozen=True, slots=True)
class PictureChange:
    """The customer lets their moving picture be recorded, or takes that back.

    Attributes:
        track: LiveKit's id of the camera track that may be recorded from now; empty where nothing may be any more.
    """

    track: str


@runtime_checkable
class Filmed(Protocol):
    """A line whose customer may let their moving picture be recorded, by somebody else than the call's process."""

    def picture(self) -> AsyncIterator[PictureChange]:
        """What the customer allows, as it changes; ends when the line ends."""
        ...


class Leg(Protocol):
    """One line to one customer: simulated, or a browser; used for one attempt."""

    @property
    def kind(self) -> str:
        """Which kind of leg this is, as events name it."""
        ...

    @property
    def band(self) -> Band:
        """How much of a voice it carries; known before it rings, for engines are chosen by it."""
        ...

    @property
    def detail(self) -> str:
        """Why the line ended, as a stable code for the operator; empty where there is nothing to add."""
        ...

    async def ring(self, invitation: Invitation) -> Disposition:
        """Ring until somebody answers or the attempt ends; `answered` means that audio flows."""
        ...

    async def ringing(self) -> None:
        """Return once the customer's side is known to ring."""
        ...

    def microphone(self) -> AsyncIterator[bytes]:
        """Frames of MIC_FRAME_BYTES (16-bit mono little endian) at real-time pace; ends when the line ends."""
        ...

    def play(self, frame: bytes) -> None:
        """Send one frame of SPEAKER_FRAME_BYTES now; the caller keeps the pace, the leg does not queue."""
        ...

    def controls(self) -> AsyncIterator[Control]:
        """What the customer presses; ends when the line ends."""
        ...

    def show(self, caption: Caption) -> None:
        """Show a caption where the customer's side has a screen."""
        ...

    def stills(self) -> tuple[StillFrame, ...]:
        """Still frames taken so far; empty without video or consent."""
        ...

    async def hang_up(self) -> None:
        """End the line; a second call does nothing."""
        ...
