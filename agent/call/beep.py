"""The beep of an answering machine, found in a line's audio: one pure tone that stands still and then ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telephony.leg import MIC_RATE

WINDOW_MS = 40
"""Length of a window; windows follow each other without overlap."""
LEAST_MS = 200
"""A beep lasts at least so long; the windows at its edges are not pure and do not count."""
MOST_MS = 2_000
"""A tone that lasts longer is a whistle or a line's own tone."""
FREQUENCIES_HZ = (600.0, 2_200.0)
"""Where beeps lie. Lower are voices and the tones of networks (350 to 480 Hz), higher the data tones."""
PURITY = 0.85
"""Least share of a window's energy that lies within one bin of its peak: speech, music and DTMF share it out."""
DRIFT_HZ = 15.0
"""A beep's frequency stays within so much; a whistle and a sung note glide."""
LEAST_RMS = 200.0
"""Root mean square in 16-bit sample values below which a window holds nothing (-44 dBFS)."""
_SAMPLES = MIC_RATE * WINDOW_MS // 1000
_HANN = np.hanning(_SAMPLES)
_BIN_HZ = MIC_RATE / _SAMPLES
_LOWEST_BIN = 3
"""Below lies mains hum."""


class BeepDetector:
    """Listens for a beep; fed with audio in any pieces."""

    def __init__(self) -> None:
        """Begin with silence."""
        self._rest = np.empty(0, np.float64)
        self._tone: float | None = None
        self._windows = 0

    def hear(self, pcm: bytes) -> bool:
        """Take 16-bit mono audio at MIC_RATE; whether a beep ended in it."""
        samples = np.concatenate([self._rest, np.frombuffer(pcm, np.int16).astype(np.float64)])
        whole = samples.size // _SAMPLES
        self._rest = samples[whole * _SAMPLES :]
        ended = [self._window(window) for window in samples[: whole * _SAMPLES].reshape(whole, _SAMPLES)]
        return any(ended)

    def _window(self, window: NDArray[np.float64]) -> bool:
        tone = pure_tone(window)
        if tone is not None and self._tone is not None and abs(tone - self._tone) <= DRIFT_HZ:
            self._windows += 1
            return False
        lasted = self._windows * WINDOW_MS
        self._tone, self._windows = tone, int(tone is not None)
        return tone is None and LEAST_MS <= lasted <= MOST_MS


def pure_tone(window: NDArray[np.float64]) -> float | None:
    """The frequency in Hz of the only tone in a window of WINDOW_MS, or None where it holds anything else."""
    if float(np.sqrt(np.mean(window * window))) < LEAST_RMS:
        return None
    energy = np.abs(np.fft.rfft(window * _HANN)) ** 2
    energy[:_LOWEST_BIN] = 0.0
    peak = int(np.argmax(energy))
    near = energy[peak - 1 : peak + 2]
    total = float(energy.sum())
    if total <= 0 or near.size < 3 or float(near.sum()) < PURITY * total:
        return None
    frequency = float(np.average(np.arange(peak - 1, peak + 2), weights=near)) * _BIN_HZ
    return frequency if FREQUENCIES_HZ[0] <= frequency <= FREQUENCIES_HZ[1] else None
