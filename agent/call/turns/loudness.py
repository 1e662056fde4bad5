"""How loud the customer is in this call, and whether a voice is so much softer that it is somebody else's."""

from __future__ import annotations

from collections import deque
from statistics import median

REMEMBERED = 5
"""Turns of the customer that the level is learned from."""
SOFT_DB = 8.0
"""A voice so far below the customer's is taken for one behind them: across a room speech loses 10 dB and more."""


class Loudness:
    """Learns the customer's level from their turns."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._levels: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def usual_dbfs(self) -> float | None:
        """The customer's level, or None before their first turn."""
        return median(self._levels) if self._levels else None

    def learn(self, level_dbfs: float | None) -> None:
        """Take the level of a turn that was the customer's; None where it is unknown."""
        if level_dbfs is not None:
            self._levels.append(level_dbfs)

    def soft(self, level_dbfs: float | None) -> bool:
        """Whether a voice of this level is somebody else's; never while either level is unknown."""
        usual = self.usual_dbfs
        return usual is not None and level_dbfs is not None and level_dbfs < usual - SOFT_DB
