"""When a reply is prepared before the customer's turn has ended: what is prepared too early is thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.brains.completeness import Completeness

PREPARE_MS = 30.0
"""Silence after which a turn may have ended."""


class Preparing(Protocol):
    """Decides when a reply is worth preparing."""

    def worth(self, completeness: Completeness, silence_ms: float, prepared: int) -> bool:
        """Whether to prepare the reply to new words.

        Args:
            completeness: What they are worth.
            silence_ms: How long the customer has paused.
            prepared: Replies that were prepared in this turn while the customer spoke.
        """
        ...


@dataclass(frozen=True, slots=True)
class PrepareEarly:
    """Prepares as soon as the words are an answer, even before the silence; satisfies `Preparing`.

    Attributes:
        most: Replies prepared in one turn while the customer is still speaking.
    """

    most: int = 2

    def worth(self, completeness: Completeness, silence_ms: float, prepared: int) -> bool:
        """Whether to prepare the reply to new words."""
        if completeness in (Completeness.NOTHING, Completeness.ELSEWHERE):
            return False
        return silence_ms >= PREPARE_MS or (completeness is Completeness.COMPLETE and prepared < self.most)


@dataclass(frozen=True, slots=True)
class PrepareInSilence:
    """Prepares once the customer pauses; satisfies `Preparing`."""

    def worth(self, completeness: Completeness, silence_ms: float, prepared: int) -> bool:
        """Whether to prepare the reply to new words."""
        return silence_ms >= PREPARE_MS and completeness not in (Completeness.NOTHING, Completeness.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class PrepareNever:
    """Begins with the reply when the turn has ended; satisfies `Preparing`."""

    def worth(self, completeness: Completeness, silence_ms: float, prepared: int) -> bool:
        """Whether to prepare the reply to new words."""
        return False
