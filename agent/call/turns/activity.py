"""Speech and silence out of speech probabilities: where somebody begins, how long they spoke, how long they pause."""

from __future__ import annotations

from dataclasses import dataclass

from agent.speech.vad import WINDOW_MS

BEGIN = 0.5
"""Probability from which a window counts as speech while nobody speaks."""
STAY = 0.35
"""Probability from which a window counts as speech while somebody speaks."""
BEGIN_WINDOWS = 2
"""Windows of speech in a row that make a beginning: a click is no speech."""


@dataclass(slots=True)
class Activity:
    """One side of a line, window by window.

    Attributes:
        active: Whether somebody has begun to speak and is not yet declared done.
        voiced_ms: Speech since the beginning, pauses left out.
        silence_ms: Silence since the last speech.
        length_ms: Time since the beginning.
    """

    active: bool = False
    voiced_ms: float = 0.0
    silence_ms: float = 0.0
    length_ms: float = 0.0
    _run: int = 0

    def hear(self, probability: float) -> bool:
        """Take one window; whether somebody begins with it."""
        if self.active:
            self.length_ms += WINDOW_MS
            if probability >= STAY:
                self.voiced_ms += WINDOW_MS
                self.silence_ms = 0.0
            else:
                self.silence_ms += WINDOW_MS
            return False
        self._run = self._run + 1 if probability >= BEGIN else 0
        if self._run < BEGIN_WINDOWS:
            return False
        self.active = True
        self.voiced_ms = self.length_ms = self._run * WINDOW_MS
        self.silence_ms = 0.0
        self._run = 0
        return True

    def done(self) -> None:
        """Declare the speech over."""
        self.active = False
        self.voiced_ms = self.silence_ms = self.length_ms = 0.0
        self._run = 0
