"""Little silence ends an answer to what was asked, much what is unfinished: the words decide, question by question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.brains.completeness import Completeness
from agent.call.turns.ending import Pause

SILENCE_MS: Mapping[Completeness, float] = MappingProxyType(
    {
        Completeness.COMPLETE: 120.0,
        Completeness.SHORT: 300.0,
        Completeness.BACKCHANNEL: 400.0,
        Completeness.WAIT: 500.0,
        Completeness.CLOSED: 450.0,
        Completeness.OPEN: 1_600.0,
        Completeness.ELSEWHERE: 700.0,
        Completeness.NOTHING: 900.0,
    }
)
"""Silence that ends a turn. VAD windows are 32 ms: 120 is four of them."""


@dataclass(frozen=True, slots=True)
class QuestionAware:
    """Judges a pause by the words before it; satisfies `TurnEnd`.

    Attributes:
        silence_ms: Silence for each judgement of the words.
    """

    silence_ms: Mapping[Completeness, float] = field(default_factory=lambda: SILENCE_MS)

    def silence_needed(self, pause: Pause) -> float:
        """Silence in ms after which the turn is over."""
        base = self.silence_ms[pause.completeness]
        return base * max(1.0, pause.patience) if pause.completeness is Completeness.OPEN else base
