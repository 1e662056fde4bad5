"""Whether somebody who speaks while the agent speaks wants the floor, hums along, or only coughed."""

from __future__ import annotations

from enum import StrEnum

from agent.brains.completeness import Completeness

HOLD_MS = 190.0
"""Speech over the agent after which the agent falls silent to listen."""
HUMMING_MS = 800.0
"""Speech that goes on for so long is no backchannel, whatever its words."""
YIELD_MS = 480.0
"""Speech with words of its own that takes the floor; the agent has been silent since HOLD_MS and loses nothing."""
WORDLESS_MS = 700.0
"""Speech without words yet that takes the floor: recognition may come late."""
OVER_MS = 160.0
"""Silence after which speech over the agent is over."""


class Verdict(StrEnum):
    """What the agent does about speech over its own."""

    DUCK = "duck"
    """Speak more softly and listen."""
    HOLD = "hold"
    """Fall silent, keep the place and listen."""
    YIELD = "yield"
    """Give up the floor."""
    OVER = "over"
    """It has ended without words of its own: what is finally recognised decides between YIELD and going on."""


def judge_overlap(completeness: Completeness, voiced_ms: float, silence_ms: float) -> Verdict:
    """Judge speech over the agent's.

    Args:
        completeness: What the words so far are worth.
        voiced_ms: How much speech there was.
        silence_ms: How long it has paused.
    """
    wordless = completeness in (Completeness.BACKCHANNEL, Completeness.NOTHING)
    if silence_ms >= OVER_MS:
        return Verdict.OVER if wordless else Verdict.YIELD
    if completeness is Completeness.BACKCHANNEL:
        return Verdict.YIELD if voiced_ms >= HUMMING_MS else Verdict.DUCK
    if completeness is Completeness.NOTHING:
        if voiced_ms >= WORDLESS_MS:
            return Verdict.YIELD
    elif voiced_ms >= YIELD_MS:
        return Verdict.YIELD
    return Verdict.HOLD if voiced_ms >= HOLD_MS else Verdict.DUCK


def takes_floor(completeness: Completeness, voiced_ms: float) -> bool:
    """Whether speech over the agent that has ended was a turn: words of its own, or much that was not understood."""
    if completeness is Completeness.BACKCHANNEL:
        return False
    return completeness is not Completeness.NOTHING or voiced_ms >= WORDLESS_MS
