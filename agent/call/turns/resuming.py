"""Where speech that was held goes on: at the beginning of the word that was cut, as people do."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

JUST_BEGUN_MS = 80.0
"""A word of which no more than this was said goes on where it was cut: its first sound alone was hardly heard."""
LONGEST_WORD_MS = 700.0
"""A word that was cut so late goes on where it was cut: most of it was understood."""
PAUSE_MS = 100.0
"""Quiet audio of this length before the cut is a pause between words; the closure of a stop sound is shorter."""
QUIET_PEAK = 130
"""Sample value (-48 dBFS) up to which audio is quiet."""


def back_ms(word_starts: Sequence[float], cut_ms: float, said: NDArray[np.int16], rate: int) -> float:
    """How far before the cut speech goes on, ms; 0 at the cut itself.

    Args:
        word_starts: Where the words of the utterance begin that are known so far, ms, in order.
        cut_ms: Where the utterance was cut.
        said: Its audio up to the cut; the last LONGEST_WORD_MS of it are enough.
        rate: Sample rate of that audio, Hz.
    """
    begun = bisect_right(word_starts, cut_ms)
    if not begun:
        return 0.0
    spoken_ms = cut_ms - word_starts[begun - 1]
    if not JUST_BEGUN_MS < spoken_ms <= LONGEST_WORD_MS:
        return 0.0
    last = said[-int(PAUSE_MS * rate / 1000) :]
    in_pause = last.size > 0 and int(np.abs(last.astype(np.int32)).max()) <= QUIET_PEAK
    return 0.0 if in_pause else spoken_ms
