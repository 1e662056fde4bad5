"""Shares, medians and differences with 95 % intervals; scenarios are the unit, runs of one are not independent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""
SEED = 4
"""Seed of the bootstrap, so that the same runs give the same report."""
DRAWS = 1000
"""Resamples of a bootstrap."""
_FEWEST_DRAWS = 200
_MOST_CELLS = 8_000_000
"""Most numbers that a bootstrap of a quantile holds at once."""

Weights = NDArray[np.int32]
"""How often each scenario stands in each resample: draws x scenarios."""
Samples = NDArray[np.float64]
"""A figure in each resample."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its Wilson score interval (Wilson 1927, 95 %).

    Attributes:
        hits: How many.
        of: Out of how many.
        low: Lower bound; 0 where nothing was counted.
        high: Upper bound; 1 where nothing was counted.
    """

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share itself, or None where nothing was counted."""
        return self.hits / self.of if self.of else None


def rate(hits: int, of: int, effective: float | None = None) -> Rate:
    """A share with its interval.

    Args:
        hits: How many.
        of: Out of how many.
        effective: How many independent tries they are worth; None takes all for independent.

    Raises:
        ValueError: The counts are negative, or there are more hits than tries.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"hits must be between 0 and {of}, not {hits}")
    if of == 0:
        return Rate(0, 0, 0.0, 1.0)
    return Rate(hits, of, *wilson(hits / of, of if effective is None else effective))


def wilson(share: float, tries: float) -> tuple[float, float]:
    """Wilson's score interval of a share that was found in so many tries."""
    z2 = Z_95**2
    middle = (share + z2 / (2 * tries)) / (1 + z2 / tries)
    half = Z_95 / (1 + z2 / tries) * sqrt(share * (1 - share) / tries + z2 / (4 * tries * tries))
    # At the ends the exact bounds are 0 and 1; floating point leaves a trace of the other side.
    return 0.0 if share == 0 else middle - half, 1.0 if share == 1 else middle + half


def clustered_rate(counts: Iterable[tuple[int, int]]) -> Rate:
    """A share over scenarios that were run several times.

    The interval is Wilson's at the effective sample size, tries over the design effect (Korn & Graubard 1998), between
    the number of scenarios and the number of tries: three equal runs of a deterministic agent count once.

    Args:
        counts: Hits and tries of each scenario.
    """
    used = [(hits, of) for hits, of in counts if of]
    hits, of, clusters = sum(one for one, _ in used), sum(one for _, one in used), len(used)
    if of == clusters:
        return rate(hits, of)
    share = hits / of
    if share in (0.0, 1.0) or clusters < 2:
        return rate(hits, of, clusters)
    spread = sum((one - share * tries) ** 2 for one, tries in used) * clusters / (clusters - 1) / (of * of)
    independent = share * (1 - share) / of
    effect = spread / independent
    return rate(hits, of, min(float(of), max(float(clusters), of / effect if effect else float(of))))


def pass_hat_k(passes_of_runs: Iterable[tuple[int, int]], k: int) -> float | None:
    """Probability that k runs of one scenario all pass, averaged over scenarios (tau-bench's unbiased estimator).

    Args:
        passes_of_runs: For each scenario how many of how many valid runs passed.
        k: How many runs must all pass.

    Returns:
        The average over scenarios with at least k valid runs, or None where there are none.
    """
    values = pass_hat_k_of_each(passes_of_runs, k)
    return fmean(values) if values else None


def pass_hat_k_of_each(passes_of_runs: Iterable[tuple[int, int]], k: int) -> list[float]:
    """The same of each scenario with at least k valid runs.

    Raises:
        ValueError: k is less than 1.
    """
    if k < 1:
        raise ValueError("k must be at least 1")
    return [comb(passed, k) / comb(runs, k) for passed, runs in passes_of_runs if runs >= k]


def resamples(scenarios: int, values: int = 0) -> Weights:
    """Draws scenarios with replacement, always the same way.

    Args:
        scenarios: How many there are.
        values: How many values hang on them; very many get fewer draws, so that they fit into memory.
    """
    draws = DRAWS if values * DRAWS <= _MOST_CELLS else max(_FEWEST_DRAWS, _MOST_CELLS // values)
    shares = np.full(scenarios, 1 / scenarios)
    return np.random.default_rng(SEED).multinomial(scenarios, shares, size=draws).astype(np.int32)


def ratio_samples(parts: Sequence[tuple[float, float]], weights: Weights) -> Samples:
    """The ratio of two sums in each resample; NaN where the lower one is 0.

    Args:
        parts: What each scenario adds above and below.
        weights: As resamples gives them.
    """
    table = weights @ np.asarray(parts, dtype=np.float64).reshape(-1, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios: Samples = np.where(table[:, 1] > 0, table[:, 0] / table[:, 1], np.nan)
    return ratios


def quantile_samples(values: Sequence[Sequence[float]], share: float, weights: Weights) -> Samples:
    """A quantile of all values (nearest rank) in each resample; NaN where a resample has none.

    Args:
        values: The values of each scenario.
        share: Which quantile, 0 to 1.
        weights: As resamples gives them.
    """
    flat = np.asarray([value for group in values for value in group], dtype=np.float64)
    if not len(flat):
        return np.full(len(weights), np.nan)
    owner = np.repeat(np.arange(len(values)), [len(group) for group in values])
    order = np.argsort(flat, kind="stable")
    reached = np.cumsum(weights[:, owner[order]], axis=1)
    total = reached[:, -1]
    place = np.argmax(reached >= np.maximum(1, np.ceil(share * total))[:, None], axis=1)
    return np.where(total > 0, flat[order][place], np.nan)


def quantile(values: Iterable[float], share: float) -> float | None:
    """A quantile by nearest rank, or None without values."""
    ordered = sorted(values)
    return ordered[max(0, int(np.ceil(share * len(ordered))) - 1)] if ordered else None


def interval(samples: Samples) -> tuple[float, float] | None:
    """The middle 95 % of what a bootstrap found, or None where it found nothing."""
    known = samples[~np.isnan(samples)]
    if not len(known):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def mcnemar(fixed: int, broken: int) -> float:
    """Two-sided p of McNemar's exact test (McNemar 1947; binomial): could the changes be chance?

    Args:
        fixed: Scenarios that failed before and pass now.
        broken: Scenarios that passed before and fail now.
    """
    changed = fixed + broken
    tail = sum(comb(changed, count) for count in range(min(fixed, broken) + 1))
    return min(1.0, 2 * tail / 2**changed) if changed else 1.0
