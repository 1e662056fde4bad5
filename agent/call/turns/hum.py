"""What a sound is like before its words are known: a hum through closed lips, a noise without pitch, or speech."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from telephony.leg import MIC_RATE

HUM_DB = -21.0
"""In a hum the sound above SPLIT_HZ lies so far below the rest in every window: lips closed, nothing but the nose."""
SPLIT_HZ = 700.0
LEAST_HZ, MOST_HZ = 80.0, 4_000.0
"""What is looked at: below lies the line's own noise, above the telephone ends."""
PITCHED = 0.3
"""Height of the autocorrelation's peak at a pitch, of the power, from which a window has a voice in it."""
LOWEST_PITCH_HZ, HIGHEST_PITCH_HZ = 70.0, 400.0
LEAST_WINDOWS = 3
"""Windows before which a sound is taken for speech."""
HUM_WINDOWS = 5
"""The same where it is like a hum: an "oo" or a "w" begins like one."""
STEADY_DB = 6.0
"""A hum keeps its level within this once it has begun."""
_FFT = 1_024


class Sound(StrEnum):
    """What a sound is like."""

    SPEECH = "speech"
    HUM = "hum"
    """Steady and through the nose: "mm-hm"."""
    NOISE = "noise"
    """Nothing in it has a pitch: a cough, a rustle, or the "s" that a word begins with."""


class Listener:
    """Listens to one sound, window by window; about 0.1 ms of work for each."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._windows = 0
        self._nasal = 0
        self._pitched = 0
        self._levels: list[float] = []

    def hear(self, window: bytes) -> bool:
        """Take one window of the sound (16-bit mono at MIC_RATE); whether there is a voice in it."""
        samples = np.frombuffer(window, np.int16).astype(np.float64)
        samples -= samples.mean()
        power = np.abs(np.fft.rfft(samples * np.hanning(samples.size), _FFT)) ** 2
        hertz = np.fft.rfftfreq(_FFT, 1 / MIC_RATE)
        low = float(power[(hertz >= LEAST_HZ) & (hertz < SPLIT_HZ)].sum()) + 1.0
        high = float(power[(hertz >= SPLIT_HZ) & (hertz < MOST_HZ)].sum()) + 1.0
        alike = np.fft.irfft(np.abs(np.fft.rfft(samples, _FFT)) ** 2)
        pitch = alike[int(MIC_RATE / HIGHEST_PITCH_HZ) : int(MIC_RATE / LOWEST_PITCH_HZ)]
        self._windows += 1
        self._nasal += bool(10 * np.log10(high / low) <= HUM_DB)
        self._levels.append(10 * np.log10(float(np.mean(samples * samples)) + 1.0))
        pitched = bool(pitch.max() >= PITCHED * (alike[0] + 1.0))
        self._pitched += pitched
        return pitched

    @property
    def sound(self) -> Sound:
        """What it is like so far."""
        if self._windows < LEAST_WINDOWS:
            return Sound.SPEECH
        steady = max(self._levels[1:]) - min(self._levels[1:]) <= STEADY_DB
        if self._windows >= HUM_WINDOWS and self._nasal == self._windows and steady:
            return Sound.HUM
        return Sound.NOISE if not self._pitched else Sound.SPEECH
