"""What the agent sounded like in the last seconds: the reference that an echo is looked for in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telephony.leg import FRAME_MS, MIC_RATE, SPEAKER_RATE
from telephony.line.filters import Fir, low_pass

RATE = 8_000
"""Both sides are compared at this sample rate: a telephone carries no more."""
PER_MS = RATE // 1000
WINDOW = 256
"""Samples whose power is taken at once: 32 ms."""
HOP = 8 * PER_MS
"""Samples from one such window to the next."""
KEPT_MS = 4_096
"""How far back the reference goes."""
TAIL_MS = 160
"""A room brings back what was said up to so long ago."""
TAIL_DB_PER_MS = 0.15
"""How fast that fades: 60 dB in 400 ms."""
HUSH = 12.0
"""Root mean square, in sample values (-69 dBFS), under which audio is silence."""
BANDS_HZ = (200, 400, 600, 800, 1_000, 1_300, 1_600, 2_000, 2_500, 3_000, 3_600)
"""Edges of the bands in which power is taken."""
_CUTOFF_HZ = 3_600.0
_KEPT = KEPT_MS * PER_MS
_ROWS = _KEPT // HOP
_FRAME = FRAME_MS * PER_MS
_BINS = np.array([round(hz * WINDOW / RATE) for hz in BANDS_HZ])
_HANN = np.hanning(WINDOW).astype(np.float32)
_AGES_MS = np.maximum(0, np.arange(TAIL_MS * PER_MS // HOP) - 2) * HOP / PER_MS
_FADING = 10 ** (-TAIL_DB_PER_MS * _AGES_MS / 10)[:, None]
_AUDIBLE = 1e3
_CLEAR = 0.5
"""Part of the most that a band can bring which must be of exactly then for a gain to be learned from it."""

Samples = NDArray[np.float32]
Bands = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coming:
    """Power by band that may come back in a window, were all of it to come back.

    Attributes:
        now: Of what was said then, give or take a hop.
        tail: Of what was said before, as a room lets it fade.
        clear: Of what was said exactly then, where that is not the tail of something louder; else 0.
    """

    now: Bands
    tail: Bands
    clear: Bands

    def or_else(self, others: Sequence[Coming]) -> Coming:
        """What may come back where it may come at other times as well; clear is only what is of exactly then."""
        now = np.max([self.now, *(other.now for other in others)], axis=0)
        tail = np.max([self.tail, *(other.tail for other in others)], axis=0)
        return Coming(now, tail, np.where(self.clear >= _CLEAR * np.maximum(now, tail), self.clear, 0.0))


class Narrow:
    """Brings 16-bit audio of the microphone or of the agent down to RATE."""

    def __init__(self, rate: int) -> None:
        """Take audio of a sample rate, a multiple of RATE."""
        self._filter = Fir(low_pass(_CUTOFF_HZ, rate, 2 * (rate // 1000) + 1))
        self._step = rate // RATE

    @classmethod
    def of_microphone(cls) -> Narrow:
        """For audio at MIC_RATE."""
        return cls(MIC_RATE)

    def push(self, pcm: bytes) -> Samples:
        """Filter the next samples, a multiple of the step of them, and keep every `step`-th."""
        return self._filter.push(np.frombuffer(pcm, np.int16).astype(np.float32))[:: self._step]


class Played:
    """The agent's audio by its place, and its power by band; places are samples at RATE in the recording."""

    def __init__(self) -> None:
        """Begin with silence."""
        self._narrow = Narrow(SPEAKER_RATE)
        self._audio = np.zeros(_KEPT, np.float32)
        self._end = 0
        self._powers: Bands = np.zeros((_ROWS, _BINS.size - 1))
        self._rows_end = 0
        self._loud_until = -_KEPT

    def take(self, frame: bytes, at_ms: float) -> None:
        """Append a frame (16-bit mono at SPEAKER_RATE) at its place; what lies between is silence."""
        samples = self._narrow.push(frame)
        start = round(at_ms * PER_MS)
        if start - self._end >= _FRAME:
            self._push(np.zeros(min(start - self._end, _KEPT), np.float32))
            self._end = start
        self._push(samples)
        self._end += samples.size
        self._take_powers()
        if float(np.dot(samples, samples)) > samples.size * HUSH**2:
            self._loud_until = self._end

    def sounded(self, place: int, within: int) -> bool:
        """Whether anything was audible in so many samples before a place."""
        return place - self._loud_until < within

    def between(self, start: int, end: int) -> Samples:
        """The audio between two places; silence where there is none."""
        first = self._end - _KEPT
        found = self._audio[max(0, start - first) : max(0, end - first)]
        before = min(max(0, first - start), end - start)
        whole = np.zeros(end - start, np.float32)
        whole[before : before + found.size] = found
        return whole

    def coming(self, place: int) -> Coming:
        """What a window that ends at a place, which may be that of an echo, can bring."""
        fading = self._fading(place)
        now, tail = fading[:3].max(axis=0), fading[3:].max(axis=0)
        exactly = fading[1]
        clear = np.where((exactly > _AUDIBLE) & (exactly >= _CLEAR * np.maximum(now, tail)), exactly, 0.0)
        return Coming(now, tail, clear)

    def _fading(self, place: int) -> Bands:
        """Power by band one hop after a place, at it and hop by hop before it, as a room lets it fade."""
        last = round(place / HOP) + 1
        index = last - self._rows_end + _ROWS
        ages = len(_FADING)
        rows = self._powers[max(0, index - ages) : max(0, min(index, _ROWS))][::-1]
        missing = min(ages, max(0, index - _ROWS))
        whole = np.zeros((ages, rows.shape[1]))
        whole[missing : missing + len(rows)] = rows
        return whole * _FADING

    def _push(self, samples: Samples) -> None:
        self._audio = np.concatenate((self._audio[samples.size :], samples))

    def _take_powers(self) -> None:
        """Bring the powers up to the end of the audio: row i is of the window that ends i hops after the start."""
        rows_end = self._end // HOP
        count = min(rows_end - self._rows_end, _ROWS)
        if count <= 0:
            return
        audio = self.between((rows_end - count + 1) * HOP - WINDOW, rows_end * HOP)
        pieces = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]
        self._powers = np.concatenate((self._powers[count:], powers(pieces)))
        self._rows_end = rows_end


def powers(pieces: Samples) -> Bands:
    """Power in each band of pieces of WINDOW samples, one row a piece."""
    spectra = np.fft.rfft(pieces * _HANN, axis=1)
    sums = np.cumsum(spectra.real**2 + spectra.imag**2, axis=1, dtype=np.float64)
    return np.asarray(np.diff(sums[:, _BINS], axis=1) / WINDOW)
