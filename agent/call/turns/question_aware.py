"""Little silence ends an answer to what was asked, much what is unfinished: the words decide, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.brains.completeness import Completeness
from agent.call.turns.ending import Pause

SILENCE_MS: Mapping[Completeness, float] = MappingProxyType(
    {
        Completeness.COMPLETE: 190.0,
        Completeness.SHORT: 320.0,
        Completeness.BACKCHANNEL: 320.0,
        Completeness.WAIT: 400.0,
        Completeness.CLOSED: 410.0,
        Completeness.OPEN: 1_600.0,
        Completeness.ELSEWHERE: 700.0,
        Completeness.NOTHING: 900.0,
    }
)
"""Silence that ends a turn. VAD windows are 32 ms: 190 is six of them, more than a comma takes."""
MOST_PATIENCE = 3.0
"""However patient the agent is after "hold on", unfinished words are answered after so many times their silence."""


@dataclass(frozen=True, slots=True)
class QuestionAware:
    """Judges a pause by the words before it, once they must all be there; satisfies `TurnEnd`.

    Attributes:
        silence_ms: Silence for each judgement of the words.
    """

    silence_ms: Mapping[Completeness, float] = field(default_factory=lambda: SILENCE_MS)

    def silence_needed(self, pause: Pause) -> float:
        """Silence in ms after which the turn is over."""
        needed = max(self.silence_ms[pause.completeness], pause.lag_ms)
        patience = min(MOST_PATIENCE, max(1.0, pause.patience))
        return needed * patience if pause.completeness is Completeness.OPEN else needed
