"""What two recorded channels alone tell about speed: voiced stretches, response latency, yield latency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VOICED_PEAK = 300
"""Sample value (of 32767) above which a millisecond may be voiced in a quiet channel: -41 dBFS."""
NOISE_FACTOR = 5.0
"""A voiced millisecond also stands this far above the channel's quietest tenth."""
LOUDEST_NOISE = 1_500
"""The threshold is never above this peak (-27 dBFS), so that a channel full of speech does not pass for noise."""
CLICK_WINDOW_MS = 10
CLICK_LEAST_MS = 3
"""A millisecond counts only among at least so many loud ones in the window around it: a click is no speech."""
BRIDGE_MS = 250
"""Pauses up to this length lie inside a stretch: between words, not between utterances."""

Peaks = NDArray[np.int32]
"""Largest absolute sample value of each millisecond of one channel."""
Mask = NDArray[np.bool_]
"""Which milliseconds of one channel are voiced."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A voiced stretch; both ends in milliseconds from the start, the end not included."""

    start_ms: int
    end_ms: int


class Envelope:
    """The peaks of one channel, a value a millisecond, as its audio comes in: 7 MB an hour."""

    def __init__(self, rate: int) -> None:
        """Begin at zero.

        Args:
            rate: Sample rate in Hz, a multiple of 1000.

        Raises:
            ValueError: A millisecond would not be a whole number of samples.
        """
        if rate % 1000:
            raise ValueError(f"the sample rate {rate} is not a multiple of 1000 Hz")
        self._step = rate // 1000
        self._rest = np.zeros(0, np.int16)
        self._peaks = np.zeros(60_000, np.int16)
        self._count = 0

    def push(self, samples: NDArray[np.int16]) -> None:
        """Take the next samples."""
        joined = np.concatenate((self._rest, samples)) if self._rest.size else samples
        whole = joined.size // self._step
        self._rest = joined[whole * self._step :].copy()
        if not whole:
            return
        blocks = joined[: whole * self._step].reshape(whole, self._step).astype(np.int32)
        if self._count + whole > self._peaks.size:
            self._peaks = np.concatenate((self._peaks, np.zeros(max(60_000, whole), np.int16)))
        self._peaks[self._count : self._count + whole] = np.minimum(np.abs(blocks).max(axis=1), 32767)
        self._count += whole

    @property
    def peaks(self) -> Peaks:
        """The peaks so far."""
        return self._peaks[: self._count].astype(np.int32)


def threshold_of(peaks: Peaks) -> float:
    """The peak above which this channel's milliseconds may be voiced: a fixed floor, or well above its noise."""
    if not peaks.size:
        return VOICED_PEAK
    quiet = float(np.partition(peaks, peaks.size // 10)[peaks.size // 10])
    return min(max(VOICED_PEAK, NOISE_FACTOR * quiet), LOUDEST_NOISE)


def voiced(peaks: Peaks, threshold: float | None = None) -> Mask:
    """Which milliseconds are voiced."""
    loud = peaks > (threshold_of(peaks) if threshold is None else threshold)
    if not loud.size:
        return loud
    near = np.convolve(loud.astype(np.uint8), np.ones(CLICK_WINDOW_MS, np.uint8), mode="full")
    centred = near[CLICK_WINDOW_MS // 2 : CLICK_WINDOW_MS // 2 + loud.size]
    return loud & (centred >= CLICK_LEAST_MS)


def stretches(mask: Mask, bridge_ms: int = BRIDGE_MS) -> tuple[Stretch, ...]:
    """Voiced stretches; pauses up to `bridge_ms` are bridged."""
    at = np.flatnonzero(mask)
    if not at.size:
        return ()
    breaks = np.flatnonzero(np.diff(at) > bridge_ms + 1)
    starts = np.concatenate((at[:1], at[breaks + 1]))
    ends = np.concatenate((at[breaks], at[-1:])) + 1
    return tuple(Stretch(int(start), int(end)) for start, end in zip(starts, ends, strict=True))


def extent(mask: Mask, start_ms: int, end_ms: int) -> Stretch | None:
    """From the first to the last voiced millisecond within a span, or None where there is none."""
    first = max(0, start_ms)
    at = np.flatnonzero(mask[first : max(first, end_ms)])
    return Stretch(first + int(at[0]), first + int(at[-1]) + 1) if at.size else None


def response_ms(customer: Mask, agent: Mask, agent_start_ms: int) -> int | None:
    """Customer's last voiced millisecond to the agent's first one.

    Args:
        customer: Voiced milliseconds of the customer.
        agent: Voiced milliseconds of the agent.
        agent_start_ms: First voiced millisecond of the agent's utterance.

    Returns:
        The latency in ms, or None where the agent spoke since the customer did: it answers nobody then.
    """
    before = np.flatnonzero(customer[:agent_start_ms])
    if not before.size:
        return None
    last = int(before[-1])
    return None if bool(agent[last + 1 : agent_start_ms].any()) else agent_start_ms - last - 1


def yield_ms(agent: Mask, barge_start_ms: int, agent_end_ms: int) -> int | None:
    """First voiced millisecond of a barge-in to the agent's silence.

    Args:
        agent: Voiced milliseconds of the agent.
        barge_start_ms: First voiced millisecond of the barge-in.
        agent_end_ms: Where the cut utterance was over at the latest.

    Returns:
        The latency in ms, 0 where the agent was silent by chance.
    """
    rest = np.flatnonzero(agent[barge_start_ms:agent_end_ms])
    return int(rest[-1]) + 1 if rest.size else 0


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Median, 95th percentile and number of latencies; the figures are None where there are none."""

    p50: int | None
    p95: int | None
    n: int


def percentiles(values: Iterable[int]) -> Percentiles:
    """Median and 95th percentile (nearest rank) of latencies in ms."""
    ordered = sorted(values)
    if not ordered:
        return Percentiles(None, None, 0)

    def rank(share: float) -> int:
        return ordered[max(0, int(np.ceil(share * len(ordered))) - 1)]

    return Percentiles(rank(0.5), rank(0.95), len(ordered))
