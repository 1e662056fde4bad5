"""The same silence ends every turn, whatever was said."""

from __future__ import annotations

from dataclasses import dataclass

from agent.call.turns.ending import Pause


@dataclass(frozen=True, slots=True)
class FixedSilence:
    """Waits for a fixed silence; satisfies `TurnEnd`.

    Attributes:
        silence_ms: How long.
    """

    silence_ms: float = 700.0

    def silence_needed(self, pause: Pause) -> float:
        """Silence in ms after which the turn is over."""
        return self.silence_ms
