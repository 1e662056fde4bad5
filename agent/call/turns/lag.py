"""How far a recognizer's words lag behind the audio, measured as it goes."""

from __future__ import annotations

from collections import deque

REMEMBERED = 5
"""Interim transcripts that the lag is taken from."""
LONGEST_MS = 250.0
"""A pause is not judged later than this for words that may still come: some recognizers give them by the second."""


class Lag:
    """The lag of one call's recognizer."""

    def __init__(self) -> None:
        """Begin with nothing measured."""
        self._measured: deque[float] = deque(maxlen=REMEMBERED)

    def note(self, given_ms: float, covered_ms: float) -> None:
        """Take an interim transcript with new words.

        Args:
            given_ms: How much audio the recognizer had been given.
            covered_ms: How much of it the words are taken from.
        """
        self._measured.append(max(0.0, given_ms - covered_ms))

    @property
    def ms(self) -> float:
        """Silence after which the words of the last speech are there, at most LONGEST_MS; 0 before any were."""
        return min(LONGEST_MS, max(self._measured, default=0.0))
