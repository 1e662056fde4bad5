"""What is known of a pause when it is to be decided whether the turn has ended, and what such a decision looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.brains.completeness import Completeness

LONGEST_TURN_MS = 30_000.0
"""A turn is ended after so long even without a pause."""
LEAST_SPEECH_MS = 250.0
"""Speech shorter than this that gives no words is a noise; longer speech was said but not understood."""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of the customer.

    Attributes:
        completeness: What the words so far are worth.
        lag_ms: How much silence it takes until the words of the last speech must be there.
        patience: Factor for unfinished words; above 1 after "hold on".
    """

    completeness: Completeness
    lag_ms: float = 0.0
    patience: float = 1.0


class TurnEnd(Protocol):
    """Decides how much silence ends a turn."""

    def silence_needed(self, pause: Pause) -> float:
        """Silence in ms after which the turn is over."""
        ...
