"""From the log mel spectrum of a telephone line to the cepstra that the whole band would have had."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.speech.telephone_band.spectrum import CENTRES_HZ, CEPSTRA, FILTERS, Frames, Spectrum

WEIGHTS = Path(__file__).parent / "mapping.npz"
"""What `python -m agent.speech.telephone_band.learning` wrote."""
BEFORE, AFTER = 6, 4
"""Frames of 10 ms beside the one that is mapped."""
PRESENT: NDArray[np.intp] = np.flatnonzero((CENTRES_HZ >= 230) & (CENTRES_HZ <= 3_500))
"""Filters of which a telephone line brings something."""
_LEVEL_IN_FIRST = float(np.sqrt(FILTERS))
"""How much the first cepstrum grows with the level of the log spectrum."""
_FLUSH = 3
"""Frames on either side from which the decoder takes differences."""


@dataclass(frozen=True, slots=True)
class Network:
    """Layers of a feed-forward network, the hidden ones rectified.

    Attributes:
        weights: One matrix a layer, inputs by outputs.
        biases: One vector a layer.
    """

    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    def __call__(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Outputs of inputs, row by row."""
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            inputs = inputs @ weight + bias
            if layer < last:
                inputs = np.maximum(inputs, 0)
        return inputs


@cache
def shipped() -> Network:
    """The network that lies beside this module."""
    with np.load(WEIGHTS) as file:
        layers = len(file.files) // 2
        weights = tuple(file[f"weight{n}"].astype(np.float32) for n in range(layers))
        return Network(weights, tuple(file[f"bias{n}"].astype(np.float32) for n in range(layers)))


def windows(spectra: Frames) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """What the network sees of each frame that has BEFORE frames before and AFTER behind it, and its level.

    The level, the mean of what is seen, is taken out, so that loud and soft speech look alike.
    """
    seen = np.lib.stride_tricks.sliding_window_view(spectra[:, PRESENT], BEFORE + 1 + AFTER, axis=0)
    flat = seen.transpose(0, 2, 1).reshape(len(seen), -1)
    level = flat.mean(axis=1)
    return (flat - level[:, None]).astype(np.float32), level


def padded(spectra: Frames) -> Frames:
    """A whole utterance with its first and last frame repeated, so that `windows` gives one row a frame."""
    return np.concatenate((np.repeat(spectra[:1], BEFORE, 0), spectra, np.repeat(spectra[-1:], AFTER, 0)))


def without_level(cepstra: Frames, level: NDArray[np.float64]) -> Frames:
    """Cepstra as they would be at level 0: what the network gives."""
    return np.concatenate((cepstra[:, :1] - level[:, None] * _LEVEL_IN_FIRST, cepstra[:, 1:]), axis=1)


class TelephoneFrontEnd:
    """Cepstra of one utterance on a telephone line, as the decoder takes them; AFTER frames late."""

    def __init__(self, network: Network) -> None:
        """Map with a network."""
        self._network = network
        self._spectrum = Spectrum()
        self._seen: Frames = np.zeros((0, FILTERS))

    def push(self, pcm: bytes) -> NDArray[np.float32]:
        """Take 16-bit audio at MIC_RATE; return the frames that are known now, CEPSTRA wide."""
        spectra = self._spectrum.push(np.frombuffer(pcm, np.int16).astype(np.float64))
        if not len(spectra):
            return np.zeros((0, CEPSTRA), np.float32)
        if not len(self._seen):
            spectra = np.concatenate((np.repeat(spectra[:1], BEFORE, 0), spectra))
        return self._map(spectra)

    def finish(self) -> NDArray[np.float32]:
        """The frames that waited for more, and those that the decoder holds back at the end."""
        if not len(self._seen):
            return np.zeros((0, CEPSTRA), np.float32)
        return self._map(np.repeat(self._seen[-1:], AFTER + _FLUSH, 0))

    def _map(self, spectra: Frames) -> NDArray[np.float32]:
        seen = np.concatenate((self._seen, spectra))
        self._seen = seen[-(BEFORE + AFTER) :]
        if len(seen) <= BEFORE + AFTER:
            return np.zeros((0, CEPSTRA), np.float32)
        inputs, level = windows(seen)
        cepstra = self._network(inputs)
        cepstra[:, 0] += (level * _LEVEL_IN_FIRST).astype(np.float32)
        return cepstra
