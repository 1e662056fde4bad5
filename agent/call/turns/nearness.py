"""How near the customer's mouth is in this call, and whether a voice is so much further that it is somebody else's.

Two things tell: how loud a voice is, and how fast it falls silent between its sounds (`falls`). Both are compared with
the customer's own turns in the call, so that a soft speaker or one at a loudspeaker telephone is not taken for distant.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

REMEMBERED = 5
"""Turns of the customer that are compared with."""
FALL_WEIGHT = 2.0
"""What a decibel less of fall tells, in decibels less of level."""
LEVEL_WEIGHT = 2.5
"""The same for a decibel of level where the falls are unknown."""
MOST_FALL_DB = 25.0
"""What falls further is direct sound alone: how much further tells nothing of where it comes from."""
NOISY_DB = 34.0
"""A background no further below the customer hides how fast voices fall silent."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far behind the customer's own voice is too far, in decibels of level.

    Attributes:
        away: Somebody may speak past the telephone: one own turn in twenty is further behind.
        turned: Somebody does, whatever is said: one own turn in fifty is.
        far: It is somebody else, across the room.
        unheard_fall_db: Falls below which a voice may be past the telephone before the customer's first turn.
    """

    away: float
    turned: float
    far: float
    unheard_fall_db: float


QUIET = Bounds(away=11.0, turned=16.0, far=22.0, unheard_fall_db=19.0)
"""On a quiet line."""
NOISY = Bounds(away=7.5, turned=14.0, far=20.0, unheard_fall_db=15.5)
"""On a noisy one, where no voice falls far."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice as it is heard.

    Attributes:
        level_dbfs: How loud it is; None where that is unknown.
        fall_db: How far it falls between its sounds; None where that is unknown.
        behind_dbfs: How loud the background is; None where that is unknown.
    """

    level_dbfs: float | None = None
    fall_db: float | None = None
    behind_dbfs: float | None = None


class Nearness:
    """Learns the customer's voice from their turns."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._levels: deque[float] = deque(maxlen=REMEMBERED)
        self._falls: deque[float] = deque(maxlen=REMEMBERED)

    @property
    def usual_dbfs(self) -> float | None:
        """The customer's level, or None before their first turn."""
        return median(self._levels) if self._levels else None

    def learn(self, voice: Voice) -> None:
        """Take the voice of a turn that was the customer's."""
        if voice.level_dbfs is not None:
            self._levels.append(voice.level_dbfs)
        if voice.fall_db is not None:
            self._falls.append(min(voice.fall_db, MOST_FALL_DB))

    def behind(self, voice: Voice) -> float | None:
        """How far a voice is behind the customer's own, in decibels of level; None where that is unknown."""
        usual = self.usual_dbfs
        if usual is None or voice.level_dbfs is None:
            return None
        softer = usual - voice.level_dbfs
        if voice.fall_db is None or not self._falls:
            return LEVEL_WEIGHT * softer
        return softer + FALL_WEIGHT * (median(self._falls) - min(voice.fall_db, MOST_FALL_DB))

    def far(self, voice: Voice) -> bool:
        """Whether a voice is somebody else's; never before the customer's first turn."""
        behind = self.behind(voice)
        return behind is not None and behind > self._bounds(voice).far

    def turned(self, voice: Voice) -> bool:
        """Whether a voice is past the telephone, whatever is said; never before the customer's first turn."""
        behind = self.behind(voice)
        return behind is not None and behind > self._bounds(voice).turned

    def away(self, voice: Voice) -> bool:
        """Whether a voice may be past the telephone."""
        behind, bounds = self.behind(voice), self._bounds(voice)
        if behind is not None:
            return behind > bounds.away
        return self.usual_dbfs is None and voice.fall_db is not None and voice.fall_db < bounds.unheard_fall_db

    def _bounds(self, voice: Voice) -> Bounds:
        speech = voice.level_dbfs if self.usual_dbfs is None else self.usual_dbfs
        if speech is None or voice.behind_dbfs is None:
            return QUIET
        return NOISY if voice.behind_dbfs > speech - NOISY_DB else QUIET
