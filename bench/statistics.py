"""Figures of a sample: median, 95th percentile and their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
"""Bootstrap resamples; more change the interval by less than the measurement's own rounding."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its 95 % percentile bootstrap interval (Efron 1979).

    Attributes:
        value: The statistic of the sample.
        low: Lower end of the interval.
        high: Upper end of the interval.
    """

    value: float
    low: float
    high: float


def estimate(sample: Sequence[float], statistic: Callable[[NDArray[np.float64]], float], *, seed: int = 0) -> Estimate:
    """A statistic of a sample with its interval; the same seed gives the same interval.

    Raises:
        ValueError: The sample is empty.
    """
    if not sample:
        raise ValueError("a sample needs at least one value")
    values = np.asarray(sample, dtype=np.float64)
    draws = np.random.default_rng(seed).integers(0, values.size, (RESAMPLES, values.size))
    resampled = [statistic(values[draw]) for draw in draws]
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Estimate(float(statistic(values)), float(low), float(high))


def median(values: NDArray[np.float64]) -> float:
    """The middle value."""
    ordered = np.sort(values)
    return float((ordered[(ordered.size - 1) // 2] + ordered[ordered.size // 2]) / 2)


def p95(values: NDArray[np.float64]) -> float:
    """The smallest value that 95 % of all values do not exceed (nearest rank)."""
    return float(np.sort(values)[(95 * values.size + 99) // 100 - 1])


def ratio(above: Sequence[float], below: Sequence[float], *, seed: int = 0) -> Estimate:
    """How many times as large the median of one sample is as that of another, with its interval.

    Raises:
        ValueError: A sample is empty, or the lower one's median is 0.
    """
    if not above or not below:
        raise ValueError("both samples need at least one value")
    over, under = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    random = np.random.default_rng(seed)

    def again(values: NDArray[np.float64]) -> float:
        return median(values[random.integers(0, values.size, values.size)])

    drawn = [again(over) / again(under) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Estimate(median(over) / median(under), float(low), float(high))
