"""How much silence ends a turn: little after an answer to what was asked, patience for what is unfinished."""

from __future__ import annotations

from agent.brains.completeness import Completeness

PREPARE_MS = 30.0
"""Silence after which the reply is prepared, in case the turn has ended."""
LONGEST_TURN_MS = 30_000.0
"""A turn is ended after so long even without a pause."""
LEAST_SPEECH_MS = 250.0
"""Speech shorter than this that gives no words is a noise; longer speech was said but not understood."""

SILENCE_MS: dict[Completeness, float] = {
    Completeness.COMPLETE: 120.0,
    Completeness.SHORT: 300.0,
    Completeness.BACKCHANNEL: 400.0,
    Completeness.WAIT: 500.0,
    Completeness.OPEN: 1_000.0,
    Completeness.NOTHING: 900.0,
}
"""Silence that ends a turn. VAD windows are 32 ms: 120 is four of them."""


def silence_needed(completeness: Completeness, patience: float = 1.0) -> float:
    """Silence in ms after which the turn is over.

    Args:
        completeness: What the words so far are worth.
        patience: Factor for unfinished words; above 1 after "hold on".
    """
    base = SILENCE_MS[completeness]
    return base * max(1.0, patience) if completeness is Completeness.OPEN else base
