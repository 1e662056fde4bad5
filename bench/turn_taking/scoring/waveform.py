"""Where an agent is heard: stretches of sound found by level alone, exact to the sample.

The agent's own normal level is the median of the root mean squares of its 10 ms frames that are at most 20 dB under
the loudest. A sample is voiced where its magnitude is 35 dB under that level or more: speech that is ducked by 12 dB
stays voiced, and what falls by 35 dB is silence. Voiced samples less than 60 ms apart belong together, because frames
that come late leave such holes and so do the closures of consonants; what lasts less than 10 ms alone is a click.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float64]
"""Samples of one channel, full scale 1."""

UNDER_LEVEL_DB = 35.0
"""How far under the agent's normal level silence begins."""
COUNTS_DB = 20.0
"""How far under the loudest frame those are that still count for the normal level."""
FRAME_S = 0.01
HOLE_S = 0.06
"""Holes shorter than this are pacing, or belong to the speech."""
CLICK_S = 0.01
"""What is voiced for less than this, alone, is no speech."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch in which the agent is heard; times in seconds from the first sample.

    Attributes:
        begin_s: First voiced sample.
        end_s: Last voiced sample.
    """

    begin_s: float
    end_s: float


def normal_level(samples: Samples, rate: int) -> float:
    """The agent's normal level, root mean square at full scale 1; 0 where nothing sounds."""
    length = int(rate * FRAME_S)
    frames = samples[: samples.size // length * length].reshape(-1, length)
    levels = np.sqrt(np.mean(frames * frames, axis=1))
    loud = levels[levels >= max(levels.max(initial=0.0) * 10 ** (-COUNTS_DB / 20), np.finfo(np.float64).tiny)]
    return float(np.median(loud)) if loud.size else 0.0


def stretches(samples: Samples, rate: int) -> tuple[Stretch, ...]:
    """Where the agent is heard, in order."""
    level = normal_level(samples, rate)
    if not level:
        return ()
    voiced = np.flatnonzero(np.abs(samples) >= level * 10 ** (-UNDER_LEVEL_DB / 20))
    breaks = np.flatnonzero(np.diff(voiced) > HOLE_S * rate)
    begins = voiced[np.concatenate(([0], breaks + 1))]
    ends = voiced[np.concatenate((breaks, [voiced.size - 1]))]
    found = [Stretch(begin / rate, end / rate) for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    return tuple(one for one in found if one.end_s - one.begin_s >= CLICK_S)


def joined(found: tuple[Stretch, ...], gap_s: float) -> tuple[Stretch, ...]:
    """Stretches with every gap shorter than `gap_s` closed."""
    if not found:
        return ()
    cuts = [at for at, (one, after) in enumerate(pairwise(found), 1) if after.begin_s - one.end_s >= gap_s]
    return tuple(
        Stretch(found[first].begin_s, found[last - 1].end_s)
        for first, last in zip([0, *cuts], [*cuts, len(found)], strict=True)
    )


def level_db(samples: Samples, rate: int, from_s: float, to_s: float, normal: float) -> float | None:
    """Level of what is voiced between two times against the normal level, dB; None where nothing is."""
    piece = samples[max(0, round(from_s * rate)) : max(0, round(to_s * rate))]
    length = int(rate * FRAME_S)
    frames = piece[: piece.size // length * length].reshape(-1, length)
    power = np.mean(frames * frames, axis=1)
    loud = power[power >= (normal * 10 ** (-UNDER_LEVEL_DB / 20)) ** 2]
    return float(10 * np.log10(np.mean(loud) / normal**2)) if loud.size and normal else None


def same_sound(one: Samples, other: Samples, rate: int) -> bool:
    """Whether two pieces of equal length sound the same, whatever their level, up to 5 ms apart."""
    reach = int(0.005 * rate)
    inner = one[reach:-reach]
    for shift in range(2 * reach + 1):
        piece = other[shift : shift + inner.size]
        power = float(np.sqrt(np.dot(inner, inner) * np.dot(piece, piece)))
        if power and float(np.dot(inner, piece)) / power >= 0.95:
            return True
    return False
