"""What is known of speech over the agent's, and what the agent can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.brains.completeness import Completeness
from agent.call.turns.hum import Sound

OVER_MS = 160.0
"""Silence after which speech over the agent is over."""


class Verdict(StrEnum):
    """What the agent does about speech over its own."""

    DUCK = "duck"
    """Speak on, more softly, and listen; go on softly where it was silent."""
    HOLD = "hold"
    """Fall silent, keep the place and listen."""
    YIELD = "yield"
    """Give up the floor."""
    OVER = "over"
    """It has ended without words of its own: what is finally recognised decides between YIELD and going on."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Speech over the agent's, so far.

    Attributes:
        completeness: What its words are worth.
        voiced_ms: How much speech there was.
        silence_ms: How long it has paused.
        sound: What it is like.
        far: Whether the voice is somebody else's, across the room.
        lag_ms: How much silence it takes until the words of the last speech must be there.
        away: Whether the voice may be past the telephone.
        turned: Whether it is, whatever is said.
        again: Whether somebody across the room was heard over the agent a moment ago, or the agent itself is.
    """

    completeness: Completeness
    voiced_ms: float
    silence_ms: float = 0.0
    sound: Sound = Sound.SPEECH
    far: bool = False
    lag_ms: float = 0.0
    away: bool = False
    turned: bool = False
    again: bool = False


class BargeIn(Protocol):
    """Decides whether somebody who speaks while the agent speaks wants the floor, hums along, or only coughed."""

    @property
    def ducks(self) -> bool:
        """Whether the agent speaks more softly from the first sound on."""
        ...

    def judge(self, overlap: Overlap) -> Verdict:
        """What to do now."""
        ...

    def takes_floor(self, overlap: Overlap) -> bool:
        """Whether speech that has ended was a turn."""
        ...
