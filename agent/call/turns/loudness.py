"""How loud the customer is in this call, and whether a voice is so much softer that it is somebody else's."""

from __future__ import annotations

from collections import deque
from statistics import median

REMEMBERED = 5
"""Turns of the customer that the level is learned from."""
SOFT_DB = 8.0
"""A voice so far below the customer's is taken for one behind them: across a room speech loses 10 dB and more."""
AWAY_DB = 3.5
"""So far below it somebody may speak past the telephone; whoever speaks into it stays within 3 dB nine times in ten."""
AWAY_FREE_DB = 5.0
"""The same where words do not tell: any would answer the open question, or they are said over the agent's."""


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
        return self._below(level_dbfs, SOFT_DB)

    def away(self, level_dbfs: float | None, *, free: bool) -> bool:
        """Whether a voice of this level may be past the telephone.

        Args:
            level_dbfs: The level; None where it is unknown.
            free: Whether the words do not tell.
        """
        return self._below(level_dbfs, AWAY_FREE_DB if free else AWAY_DB)

    def _below(self, level_dbfs: float | None, by_db: float) -> bool:
        usual = self.usual_dbfs
        return usual is not None and level_dbfs is not None and level_dbfs < usual - by_db
