"""How a line is described."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from telephony.leg import Band


class Codec(StrEnum):
    """How the line codes the customer's audio."""

    NONE = "none"
    PCMU = "pcmu"
    PCMA = "pcma"
    OPUS = "opus"


class NoiseKind(StrEnum):
    """What is heard behind the customer."""

    BABBLE = "babble"
    WHITE = "white"
    PINK = "pink"


@dataclass(frozen=True, slots=True)
class Noise:
    """Background noise on the customer's side.

    Attributes:
        kind: What it sounds like.
        snr_db: Active speech level (ITU-T P.56) over noise level, decibels.
    """

    kind: NoiseKind
    snr_db: float


@dataclass(frozen=True, slots=True)
class Echo:
    """The agent's own voice in the customer's microphone.

    Attributes:
        level_db: Its level over what the agent sent, decibels; negative.
        delay_ms: How much later it is in the microphone than it was sent, milliseconds.
        room_ms: Reverberation time of the room behind a loudspeaker (60 dB), milliseconds; 0 for a line's echo.
    """

    level_db: float
    delay_ms: int
    room_ms: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """The line in voice mode; text mode takes no notice of it.

    Attributes:
        codec: How audio is coded.
        noise: Background noise, or None.
        loss: Share of lost packets, 0 to 1.
        jitter_ms: Delay behind the quickest packet that 95 % of packets stay within, milliseconds.
        echo: What comes back of the agent's voice, or None.
    """

    codec: Codec = Codec.NONE
    noise: Noise | None = None
    loss: float = 0.0
    jitter_ms: int = 0
    echo: Echo | None = None

    @property
    def band(self) -> Band:
        """How much of a voice it carries."""
        return Band.NARROW if self.codec is Codec.PCMU else Band.WIDE

    def __str__(self) -> str:
        """The line in plain words, such as `pcmu, babble 15 dB, loss 2 %, jitter 40 ms`."""
        parts = [] if self.codec is Codec.NONE else [self.codec.value]
        if self.noise is not None:
            parts.append(f"{self.noise.kind} {self.noise.snr_db:g} dB")
        if self.loss:
            parts.append(f"loss {self.loss * 100:g} %")
        if self.jitter_ms:
            parts.append(f"jitter {self.jitter_ms} ms")
        if self.echo is not None:
            parts.append(f"echo {self.echo.level_db:g} dB after {self.echo.delay_ms} ms")
        return ", ".join(parts) or "clean"


CLEAN = Channel()
"""A line that changes nothing."""
