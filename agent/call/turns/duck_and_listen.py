"""Speak softly at the first sound, fall silent to listen, give the floor up to words, come back from anything else."""

from __future__ import annotations

from dataclasses import dataclass

from agent.brains.completeness import Completeness
from agent.call.turns.overlap import OVER_MS, Overlap, Verdict

HOLD_MS = 190.0
"""Speech over the agent after which the agent falls silent to listen."""
HUMMING_MS = 800.0
"""Speech that goes on for so long is no backchannel, whatever its words."""
YIELD_MS = 480.0
"""Speech with words of its own that takes the floor; the agent has been silent since HOLD_MS and loses nothing."""
WORDLESS_MS = 700.0
"""Speech without words yet that takes the floor: recognition may come late."""


@dataclass(frozen=True, slots=True)
class DuckAndListen:
    """Listens before it gives the floor up; satisfies `BargeIn`."""

    ducks: bool = True

    def judge(self, overlap: Overlap) -> Verdict:
        """What to do now."""
        completeness, voiced_ms = overlap.completeness, overlap.voiced_ms
        wordless = completeness in (Completeness.BACKCHANNEL, Completeness.NOTHING)
        if overlap.silence_ms >= OVER_MS:
            return Verdict.OVER if wordless else Verdict.YIELD
        if completeness is Completeness.BACKCHANNEL:
            return Verdict.YIELD if voiced_ms >= HUMMING_MS else Verdict.DUCK
        if completeness is Completeness.NOTHING:
            if voiced_ms >= WORDLESS_MS:
                return Verdict.YIELD
        elif voiced_ms >= YIELD_MS:
            return Verdict.YIELD
        return Verdict.HOLD if voiced_ms >= HOLD_MS else Verdict.DUCK

    def takes_floor(self, overlap: Overlap) -> bool:
        """Whether it was a turn: words of its own, or much that was not understood."""
        if overlap.completeness is Completeness.BACKCHANNEL:
            return False
        return overlap.completeness is not Completeness.NOTHING or overlap.voiced_ms >= WORDLESS_MS
