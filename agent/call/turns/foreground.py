"""Who of those that can be heard is on the telephone: speech well above what is always there.

A detector of speech finds it in a café's babble too, and the customer would never seem to fall silent. The background
is what the quietest part of the last seconds was like; people who speak into a telephone stand out from it.
"""

from __future__ import annotations

from collections import deque

import numpy as np

MEMORY_WINDOWS = 190
"""Windows that the background is estimated from: about 6 s."""
LEAST_WINDOWS = 10
"""Before so many windows, a third of a second, nothing is known of the background and all speech counts."""
QUIET_SHARE = 0.15
"""Share of the windows that is taken for background alone."""
ABOVE_DB = 8.0
"""How far speech into the telephone stands above that."""
HUSH_DBFS = -55.0
"""A background below this level hides nothing and is not looked at."""
SMOOTHED_WINDOWS = 3
"""Windows whose power is averaged: babble flutters from one to the next."""
_FULL_SCALE = 32768.0


class Foreground:
    """Tells speech into the telephone from speech behind it, window by window."""

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._levels: deque[float] = deque(maxlen=MEMORY_WINDOWS)
        self._powers: deque[float] = deque(maxlen=SMOOTHED_WINDOWS)
        self._spoken: list[float] = []

    @property
    def background_dbfs(self) -> float | None:
        """Level of the background, or None while too little was heard."""
        if len(self._levels) < LEAST_WINDOWS:
            return None
        ordered = np.sort(np.fromiter(self._levels, np.float64))
        return float(ordered[int(QUIET_SHARE * ordered.size)])

    @property
    def snr_db(self) -> float | None:
        """Level of what stood out since speech began over the background, or None where either is unknown."""
        background = self.background_dbfs
        if background is None or not self._spoken:
            return None
        return _dbfs(sum(self._spoken) / len(self._spoken)) - background

    @property
    def level_dbfs(self) -> float:
        """Level of the window taken last."""
        return _dbfs(self._powers[-1] if self._powers else 0.0)

    def speech_begins(self) -> None:
        """From here on what stands out is one utterance."""
        self._spoken.clear()

    def stands_out(self, window: bytes) -> bool:
        """Take one window (16-bit mono); whether what is heard in it is in the foreground."""
        samples = np.frombuffer(window, np.int16).astype(np.float64)
        self._powers.append(float(np.mean(samples * samples)) if samples.size else 0.0)
        level = _dbfs(sum(self._powers) / len(self._powers))
        self._levels.append(level)
        background = self.background_dbfs
        foreground = background is None or background < HUSH_DBFS or level >= background + ABOVE_DB
        if foreground:
            self._spoken.append(self._powers[-1])
        return foreground


def _dbfs(power: float) -> float:
    """Level of a mean square of 16-bit samples."""
    return 10 * float(np.log10(power / _FULL_SCALE**2 + 1e-12))
