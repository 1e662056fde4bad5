"""The agent's own voice as it comes back: from the fork of a telephone line, or out of a loudspeaker into the room."""

from __future__ import annotations

import numpy as np

from telephony.leg import MIC_RATE, SPEAKER_RATE
from telephony.line.channel import Echo
from telephony.line.filters import Samples
from telephony.pcm import Resampler

_PER_MS = MIC_RATE // 1000
_REFLECTIONS = 0.5
"""Part of the echo's power that comes by way of the walls, in a room that reverberates."""


class EchoPath:
    """Delays and weakens what the agent says and gives it back, frame by frame; the same seed gives the same room."""

    def __init__(self, echo: Echo, random: np.random.Generator) -> None:
        """Begin in silence.

        Args:
            echo: Level, delay and room.
            random: Draws the room.
        """
        self._delay = echo.delay_ms * _PER_MS
        self._response = 10 ** (echo.level_db / 20) * _room(echo.room_ms, random)
        self._narrow = Resampler(SPEAKER_RATE, MIC_RATE)
        self._coming = np.zeros(0, np.float32)
        self._written = 0

    def hear(self, frame: bytes) -> None:
        """Take a frame of the agent (16-bit mono at SPEAKER_RATE) that goes out now."""
        samples = np.frombuffer(self._narrow.push(frame), np.int16).astype(np.float32)
        start = max(self._written, self._delay)
        self._written = start + samples.size
        if not samples.size:
            return
        sound = np.convolve(samples, self._response).astype(np.float32)
        if self._coming.size < start + sound.size:
            self._coming = np.pad(self._coming, (0, start + sound.size - self._coming.size))
        self._coming[start : start + sound.size] += sound

    def take(self, count: int) -> Samples:
        """What comes back in the next samples, at MIC_RATE."""
        now = self._coming[:count]
        self._coming = self._coming[count:]
        self._written = max(0, self._written - count)
        return np.pad(now, (0, count - now.size))


def _room(reverberation_ms: int, random: np.random.Generator) -> Samples:
    """An impulse response of power 1: the direct sound, and noise that falls by 60 dB in the reverberation time."""
    if not reverberation_ms:
        return np.ones(1, np.float32)
    size = reverberation_ms * _PER_MS
    walls = random.normal(size=size) * 10 ** (-3 * np.arange(size) / size)
    walls[0] = 0.0
    walls *= np.sqrt(_REFLECTIONS / np.sum(walls * walls))
    walls[0] = np.sqrt(1 - _REFLECTIONS)
    return walls.astype(np.float32)
