"""The phone's own recording: what it said and what it heard, on one clock."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from telephony.leg import FRAME_MS, MIC_RATE
from telephony.line.filters import Samples


class PhoneRecording:
    """Both directions frame by frame; sample 0 is the first frame after the answer.

    Attributes:
        began: When the first frame was, on the event loop's clock, where somebody notes that.
        lateness_ms: How much later than its time each frame was, where somebody measures that.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._said = bytearray()
        self._heard = bytearray()
        self.began: float | None = None
        self.lateness_ms: list[float] = []

    def add(self, said: bytes, heard: bytes) -> None:
        """Add a frame of each, 16-bit mono at MIC_RATE, equally long."""
        if len(said) != len(heard):
            raise ValueError(f"{len(said)} bytes said and {len(heard)} heard; frames are equally long")
        self._said += said
        self._heard += heard

    @property
    def rate(self) -> int:
        """Samples a second."""
        return MIC_RATE

    @property
    def frames(self) -> int:
        """How many frames it holds."""
        return len(self._said) // (MIC_RATE * FRAME_MS // 1000 * 2)

    @property
    def said(self) -> Samples:
        """What the customer said, full scale 1."""
        return _samples(self._said)

    @property
    def heard(self) -> Samples:
        """What the customer heard, full scale 1."""
        return _samples(self._heard)

    def save(self, path: Path) -> None:
        """Write a WAV file: said left, heard right."""
        both = np.stack([np.frombuffer(bytes(side), np.int16) for side in (self._said, self._heard)], axis=1)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(MIC_RATE)
            file.writeframes(np.ascontiguousarray(both).tobytes())


def _samples(pcm: bytearray) -> Samples:
    return np.asarray(np.frombuffer(bytes(pcm), np.int16).astype(np.float32) / 32768)
