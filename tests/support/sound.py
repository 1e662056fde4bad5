"""Tones, and what a piece of audio sounds at."""

from __future__ import annotations

from typing import Any

import numpy as np

from telephony.leg import MIC_FRAME_BYTES, MIC_RATE


def tone(hertz: float, seconds: float, rate: int = MIC_RATE, level: float = 8_000.0) -> bytes:
    """A sine, 16-bit mono."""
    at = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hertz * at)).astype(np.int16).tobytes()


def hertz_of(samples: np.ndarray[Any, Any], rate: int) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples, 1 << 18))
    return float(spectrum.argmax()) * rate / (1 << 18)


def beep() -> bytes:
    """What an answering machine says when it is ready, in whole frames."""
    pcm = tone(2_000, 0.4, level=5_000.0)
    return pcm.ljust(-(-len(pcm) // MIC_FRAME_BYTES) * MIC_FRAME_BYTES, b"\0")
