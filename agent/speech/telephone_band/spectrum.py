"""The front end of pocketsphinx's English model up to its log mel spectrum, for a stream.

It does what the library does with the model's `feat.params`, noise removal (`remove_noise`) included, so that the
cepstra of wide-band speech are those that the model was trained on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telephony.leg import MIC_RATE

Frames = NDArray[np.float64]
"""One row a frame."""
FILTERS, CEPSTRA = 25, 13
FRAMES_A_SECOND = 100
_LOW_HZ, _HIGH_HZ = 130.0, 6_800.0
_WINDOW, _HOP, _POINTS = 410, MIC_RATE // FRAMES_A_SECOND, 512
_PRE_EMPHASIS, _LIFTER = 0.97, 22
_FLOOR = 1e-4
_KEEP_POWER, _RISE, _FALL, _KEEP_PEAK, _MASKED = 0.7, 0.995, 0.5, 0.85, 0.2
_MOST_GAIN, _SMOOTHING = 20.0, 4


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _edges() -> NDArray[np.float64]:
    """Lower edge, centre and upper edge of each filter in Hz, rounded to points of the transform."""
    step = (_mel(_HIGH_HZ) - _mel(_LOW_HZ)) / (FILTERS + 1)
    mel = _mel(_LOW_HZ) + step * np.add.outer(np.arange(FILTERS), np.arange(3))
    point = MIC_RATE / _POINTS
    return np.asarray(np.floor(700 * (10 ** (mel / 2595) - 1) / point + 0.5) * point)


def _filters() -> NDArray[np.float64]:
    """Triangles of unit area over the points of a power spectrum."""
    low, centre, high = _edges().T[:, :, None]
    hertz = np.arange(_POINTS // 2 + 1)[None] * MIC_RATE / _POINTS
    rising, falling = (hertz - low) / (centre - low), (high - hertz) / (high - centre)
    return np.asarray(np.maximum(np.minimum(rising, falling), 0) * 2 / (high - low))


def _smoothing() -> NDArray[np.float64]:
    """Mean over the neighbouring filters."""
    at = np.arange(FILTERS)
    near = np.abs(np.subtract.outer(at, at)) <= _SMOOTHING
    return np.asarray(near / near.sum(axis=1, keepdims=True))


def _cosines() -> NDArray[np.float64]:
    """The cosine transform to cepstra, with the lifter."""
    order = np.arange(CEPSTRA)[:, None]
    cosines = np.cos(order * np.pi / FILTERS * (np.arange(FILTERS) + 0.5)) * np.sqrt(2 / FILTERS)
    cosines[0] = np.sqrt(1 / FILTERS)
    return np.asarray(cosines * (1 + _LIFTER / 2 * np.sin(order * np.pi / _LIFTER)))


CENTRES_HZ: NDArray[np.float64] = _edges()[:, 1]
"""Where each filter has its peak."""
COSINES: NDArray[np.float64] = _cosines()
"""Log mel spectrum to cepstra: `frames @ COSINES.T`."""
_FILTER_BANK, _NEAR = _filters(), _smoothing()
_HAMMING = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(_WINDOW) / (_WINDOW - 1))


class Spectrum:
    """Log mel spectra of one utterance, noise removed."""

    def __init__(self) -> None:
        """Begin in silence."""
        self._samples = np.zeros(0)
        self._last = 0.0
        self._noise: _NoiseRemoval | None = None

    def push(self, samples: NDArray[np.float64]) -> Frames:
        """Take samples at MIC_RATE, 16-bit values; return the frames that are complete now, FILTERS wide."""
        before = np.concatenate(([self._last], samples[:-1])) if samples.size else samples
        self._last = float(samples[-1]) if samples.size else self._last
        self._samples = np.concatenate((self._samples, samples - _PRE_EMPHASIS * before))
        if self._samples.size < _WINDOW:
            return np.zeros((0, FILTERS))
        windows = np.lib.stride_tricks.sliding_window_view(self._samples, _WINDOW)[::_HOP]
        power = np.abs(np.fft.rfft(windows * _HAMMING, _POINTS)) ** 2 @ _FILTER_BANK.T
        self._samples = self._samples[len(windows) * _HOP :]
        if self._noise is None:
            self._noise = _NoiseRemoval(power[0])
        return np.asarray(np.log(np.stack([self._noise.remove(frame) for frame in power]) + _FLOOR))


class _NoiseRemoval:
    """Noise removal of the library: a floor that rises slowly is taken away, and what a peak masks is lowered."""

    def __init__(self, power: NDArray[np.float64]) -> None:
        self._power = power
        self._noise = self._floor = power / _MOST_GAIN
        self._peak = np.zeros(FILTERS)

    def remove(self, power: NDArray[np.float64]) -> NDArray[np.float64]:
        self._power = _KEEP_POWER * self._power + (1 - _KEEP_POWER) * power
        self._noise = _floor_under(self._power, self._noise)
        signal = np.maximum(self._power - self._noise, 1.0)
        self._floor = _floor_under(signal, self._floor)
        peak = self._peak * _KEEP_PEAK
        self._peak = np.maximum(signal, peak)
        signal = np.maximum(np.where(signal < _KEEP_PEAK * peak, peak * _MASKED, signal), self._floor)
        gain = np.clip(signal / np.maximum(self._power, 1e-300), 1 / _MOST_GAIN, _MOST_GAIN)
        return np.asarray(power * (_NEAR @ gain))


def _floor_under(power: NDArray[np.float64], floor: NDArray[np.float64]) -> NDArray[np.float64]:
    keep = np.where(power >= floor, _RISE, _FALL)
    return np.asarray(keep * floor + (1 - keep) * power)
