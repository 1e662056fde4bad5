"""The level of speech while somebody speaks, after ITU-T P.56 (method B)."""

from __future__ import annotations

import numpy as np

from telephony.leg import MIC_RATE
from telephony.line.filters import Samples

MARGIN_DB = 15.9
"""How far the threshold of activity lies under the active level."""
_SMOOTHING_MS = 30.0
_HANGOVER_MS = 200
_PER_MS = MIC_RATE // 1000
_THRESHOLDS = 2.0 ** np.arange(15)
"""Sample values."""


def active_level(samples: Samples) -> float:
    """Root mean square of the active parts, sample values; 0 for silence.

    The envelope is followed in steps of a millisecond.
    """
    whole = samples[: samples.size // _PER_MS * _PER_MS].astype(np.float64)
    if not whole.any():
        return 0.0
    envelope = _smoothed(_smoothed(np.abs(whole).reshape(-1, _PER_MS).mean(axis=1)))
    energy = float((whole * whole).sum())
    level = 0.0
    before: tuple[float, float] | None = None
    for threshold in _THRESHOLDS:
        active = _active_ms(envelope >= threshold) * _PER_MS
        if not active:
            break
        level = 10 * np.log10(energy / active)
        excess = level - 20 * np.log10(threshold) - MARGIN_DB
        if excess <= 0:
            if before is not None:
                share = before[1] / (before[1] - excess)
                level = before[0] + (level - before[0]) * share
            break
        before = (level, excess)
    return float(10 ** (level / 20))


def _smoothed(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    keep = np.exp(-1 / _SMOOTHING_MS)
    smoothed = np.empty_like(values)
    state = 0.0
    for index, value in enumerate(values):
        state = keep * state + (1 - keep) * value
        smoothed[index] = state
    return smoothed


def _active_ms(above: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> int:
    """Milliseconds above the threshold, each with the hangover behind it."""
    at = np.flatnonzero(above)
    if not at.size:
        return 0
    gaps = np.minimum(np.diff(at), _HANGOVER_MS + 1)
    return int(gaps.sum() + 1 + min(_HANGOVER_MS, above.size - 1 - at[-1]))
