"""Linear-phase filters over a stream of frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Audio, 16-bit sample values as floats."""


class Fir:
    """A symmetric filter that keeps its place from frame to frame; delays by `delay` samples."""

    def __init__(self, taps: NDArray[np.float64]) -> None:
        """Filter with taps, an odd number of them."""
        self._taps = taps
        self._past = np.zeros(taps.size - 1, np.float32)
        self.delay = taps.size // 2

    def push(self, samples: Samples) -> Samples:
        """Filter the next samples; as many come out as go in."""
        joined = np.concatenate((self._past, samples))
        self._past = joined[-(self._taps.size - 1) :]
        return np.convolve(joined, self._taps, "valid").astype(np.float32)


def low_pass(cutoff_hz: float, rate: int, taps: int) -> NDArray[np.float64]:
    """Taps of a low-pass filter: a sinc under a Blackman window, gain 1 at 0 Hz.

    Args:
        cutoff_hz: Where the gain is one half.
        rate: Sample rate, Hz.
        taps: How many, odd.
    """
    at = np.arange(taps) - taps // 2
    shape = np.sinc(2 * cutoff_hz / rate * at) * np.blackman(taps)
    return np.asarray(shape / shape.sum())


def band_pass(low_hz: float, high_hz: float, rate: int, taps: int) -> NDArray[np.float64]:
    """Taps of a band-pass filter; arguments as for low_pass."""
    return low_pass(high_hz, rate, taps) - low_pass(low_hz, rate, taps)
