"""How fast a voice falls silent between its sounds: near a mouth at once, across a room only as the room lets it.

What is heard of a voice is its direct sound and the reverberation of the room: the further away, or turned away, the
more of the latter. Reverberation fades by some 2 dB in 10 ms (60 dB in 0.3 s), direct sound stops. So the steepest
falls in narrow bands tell how much of a voice is direct, whatever is said (the negative slopes by which reverberation
is judged blindly: Wen, Habets and Naylor 2008).
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from agent.speech.vad import WINDOW_SAMPLES
from telephony.leg import MIC_RATE

BANDS_HZ = (300, 450, 600, 800, 1_000, 1_250, 1_500, 1_800, 2_150, 2_550, 3_000, 3_400)
"""Edges of the bands, all within a telephone's."""
STEP = WINDOW_SAMPLES // 4
"""Samples between two spectra: 8 ms."""
SPECTRUM = 3 * STEP
"""Samples of a spectrum."""
FALL_STEPS = 6
"""Steps that a fall is measured over: 48 ms, more than a spectrum lasts."""
STEEP = 0.95
"""Quantile of the falls that tells: a voice holds a few steep ones, the rest are vowels that go on."""
ABOVE_NOISE_DB = 15.0
"""A band falls from so far above what is always in it: lower, it cannot fall far."""
BELOW_TOP_DB = 15.0
"""It falls from no further below the louder part of the utterance in it: a fall from a tail tells nothing."""
LEAST_FALLS = 24
"""Falls without which nothing is known."""
REMEMBERED_WINDOWS = 190
"""Windows that the noise of each band is taken from: 6 s."""
BEFORE_WINDOWS = 5
"""Windows up to the one with which speech is noticed that belong to it."""
_NOISE_QUANTILE, _NOISE_FACTOR = 0.2, 1.3
_TOP = 0.9
_FFT = 512
_BINS = np.array([round(hz * _FFT / MIC_RATE) for hz in BANDS_HZ])
_HANN = np.hanning(SPECTRUM).astype(np.float32)
_STEPS = WINDOW_SAMPLES // STEP

Bands = NDArray[np.float64]


class Falls:
    """Measures the utterances of one side of a line, window by window."""

    def __init__(self) -> None:
        """Begin with silence."""
        self._before = np.zeros(SPECTRUM - STEP, np.float32)
        self._all: deque[Bands] = deque(maxlen=REMEMBERED_WINDOWS)
        self._utterance: list[Bands] = []
        self._noise: Bands = np.zeros(_BINS.size - 1)
        self._fall_db: float | None = None
        self._measured = 0

    def hear(self, window: bytes, *, within: bool) -> None:
        """Take one window.

        Args:
            window: 16-bit mono at MIC_RATE.
            within: Whether it lies within an utterance that `speech_begins` has begun.
        """
        samples = np.concatenate((self._before, np.frombuffer(window, np.int16).astype(np.float32)))
        self._before = samples[-(SPECTRUM - STEP) :]
        pieces = np.lib.stride_tricks.sliding_window_view(samples, SPECTRUM)[::STEP][:_STEPS]
        spectra = np.fft.rfft(pieces * _HANN, _FFT, axis=1)
        sums = np.cumsum(spectra.real**2 + spectra.imag**2, axis=1, dtype=np.float64)
        powers = np.diff(sums[:, _BINS - 1], axis=1) + 1.0
        self._all.append(powers)
        if within:
            self._utterance.append(powers)

    def speech_begins(self) -> None:
        """An utterance has begun with the window taken last."""
        windows = list(self._all)
        self._utterance = windows[-BEFORE_WINDOWS:]
        before = windows[:-BEFORE_WINDOWS] or windows
        self._noise = _NOISE_FACTOR * np.quantile(np.concatenate(before), _NOISE_QUANTILE, axis=0)
        self._fall_db, self._measured = None, 0

    @property
    def fall_db(self) -> float | None:
        """How far the utterance falls within FALL_STEPS where it falls steeply, dB; None while that is unknown."""
        if len(self._utterance) > self._measured:
            self._measure()
        return self._fall_db

    def _measure(self) -> None:
        self._measured = len(self._utterance)
        levels = 10 * np.log10(np.concatenate(self._utterance))
        noise = 10 * np.log10(self._noise)
        if len(levels) <= FALL_STEPS:
            return
        before, after = levels[:-FALL_STEPS], np.maximum(levels[FALL_STEPS:], noise)
        tops = np.quantile(before, _TOP, axis=0)
        falls = (before - after)[(before > noise + ABOVE_NOISE_DB) & (before > tops - BELOW_TOP_DB)]
        self._fall_db = float(np.quantile(falls, STEEP)) if falls.size >= LEAST_FALLS else None
