"""Noise behind a customer: many people talking, white or pink noise; the same seed gives the same noise."""

from __future__ import annotations

import functools
from pathlib import Path

import av
import numpy as np

from telephony.leg import MIC_RATE
from telephony.line.channel import NoiseKind
from telephony.line.filters import Samples
from telephony.pcm import resample

BABBLE = Path(__file__).parent / "babble.ogg"
"""Eight voices talking at once, made by `python -m telephony.line.render_babble`."""
_LOOP = MIC_RATE * 30


class NoiseSource:
    """Noise without end at a level: a loop of some 30 s, entered at a place that the seed draws."""

    def __init__(self, kind: NoiseKind, level: float, random: np.random.Generator) -> None:
        """Begin somewhere.

        Args:
            kind: What it sounds like.
            level: Root mean square, sample values.
            random: Draws the place.
        """
        self._loop = _loop(kind)
        self._level = level
        self._at = int(random.integers(self._loop.size))

    def take(self, count: int) -> Samples:
        """The next samples."""
        at = (self._at + np.arange(count)) % self._loop.size
        self._at = (self._at + count) % self._loop.size
        return np.asarray(self._loop[at] * self._level, np.float32)


@functools.cache
def _loop(kind: NoiseKind) -> Samples:
    """A loop of noise whose root mean square is 1."""
    samples = _babble() if kind is NoiseKind.BABBLE else _coloured(pink=kind is NoiseKind.PINK)
    return np.asarray(samples / np.sqrt(np.mean(samples * samples)), np.float32)


def _coloured(*, pink: bool) -> Samples:
    """Gaussian noise, white or with power falling by 3 dB an octave from 20 Hz up."""
    white = np.random.default_rng(0).normal(size=_LOOP)
    if not pink:
        return white.astype(np.float32)
    spectrum = np.fft.rfft(white)
    hertz = np.fft.rfftfreq(_LOOP, 1 / MIC_RATE)
    spectrum /= np.sqrt(np.maximum(hertz, 20.0))
    return np.fft.irfft(spectrum, _LOOP).astype(np.float32)


def _babble() -> Samples:
    with av.open(str(BABBLE), "r") as container:
        rate = container.streams.audio[0].rate
        frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    joined = np.concatenate(frames)
    whole = (np.clip(joined, -1, 1) * 32767).astype(np.int16) if joined.dtype.kind == "f" else joined
    return np.frombuffer(resample(whole.tobytes(), rate, MIC_RATE), np.int16).astype(np.float32)
