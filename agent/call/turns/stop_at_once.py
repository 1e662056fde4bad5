"""Give the floor up to any speech, as soon as it is speech."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brains.completeness import Completeness
from agent.call.turns.overlap import OVER_MS, Overlap, Verdict


@dataclass(frozen=True, slots=True)
class StopAtOnce:
    """Stops for everybody who speaks for a moment; satisfies `BargeIn`.

    Attributes:
        ducks: Whether the agent speaks more softly before that.
        stop_ms: Speech that stops the agent.
    """

    ducks: bool = False
    stop_ms: float = 150.0

    def judge(self, overlap: Overlap) -> Verdict:
        """What to do now."""
        if overlap.voiced_ms >= self.stop_ms:
            return Verdict.YIELD
        return Verdict.OVER if overlap.silence_ms >= OVER_MS else Verdict.DUCK

    def takes_floor(self, overlap: Overlap) -> bool:
        """Whether it was a turn: it had words."""
        return overlap.completeness is not Completeness.NOTHING
