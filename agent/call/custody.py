"""Keeps the customer's audio off the disk until its words have been judged, and silences what holds a secret.

Where a secret begins in the audio is told by the interim transcripts: by the last one in which it had not begun. It
ends where the speech does. The rules err on the side of silence.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.record.recorder import Recorder

LEAD_MS = 500.0
"""Silence begins so long before the last interim transcript without the secret: engines show a word after it began."""
PAUSE_MS = 600.0
"""A secret that was cut in on goes on until a pause of so long."""
UNSURE_MS = 400.0
"""Audio so new may be the beginning of speech that nobody noticed yet."""


class Custody:
    """The customer's audio of one call; all places are milliseconds in the recording."""

    def __init__(self, recorder: Recorder, secret_at: Callable[[str], int | None]) -> None:
        """Guard what a recorder writes.

        Args:
            recorder: Withholds what is not released.
            secret_at: Index of a text at which a secret begins in it, or None.
        """
        self._recorder = recorder
        self._secret_at = secret_at
        self._from_ms: float | None = None
        self._said: list[tuple[float, int]] = []
        self._secret_from_ms: float | None = None
        self._voiced_ms = 0.0

    def begins(self, from_ms: float, *, goes_on: bool) -> None:
        """An utterance begins.

        Args:
            from_ms: Where it can begin at the earliest.
            goes_on: Whether it belongs to a turn whose words so far wait for an answer.
        """
        if goes_on and self._said:
            self._said.append((from_ms, self._said[-1][1]))
        else:
            self._said = [(from_ms, 0)]
        self._from_ms = from_ms

    def says(self, text: str, covered_ms: float) -> None:
        """The turn's words so far, and where the audio ends that they are taken from."""
        self._said.append((covered_ms, _letters(text)))

    def cuts_in(self, text: str, at_ms: float) -> None:
        """The agent cuts in on a secret in the turn's words: silence from its beginning until the customer pauses."""
        if self._secret_from_ms is None:
            self._secret_from_ms = self._beginning(text)
        self._recorder.mute(self._secret_from_ms, at_ms)
        self._from_ms = None
        self._voiced_ms = at_ms

    def ends(self, until_ms: float, silence_ms: float, *readings: str) -> None:
        """An utterance is over.

        Args:
            until_ms: Where its audio ends.
            silence_ms: How much silence it ends with.
            readings: The turn's words, as they were understood and might have been.
        """
        begun = [self._beginning(text) for text in readings if self._secret_at(text) is not None]
        if self._secret_from_ms is not None:
            begun.append(self._secret_from_ms)
            self._voiced_ms = until_ms - silence_ms
        if begun:
            self._recorder.mute(min(begun), until_ms)
        self._from_ms = None

    def quiet(self, at_ms: float, *, voiced: bool, waiting_from_ms: float | None) -> None:
        """Nobody has begun to speak as of now.

        Args:
            at_ms: Now.
            voiced: Whether the newest audio sounds like speech all the same.
            waiting_from_ms: Where words begin that no reply has begun to answer, or None: more may be added to them
                that shows them in another light.
        """
        if self._secret_from_ms is not None:
            self._recorder.mute(self._secret_from_ms, at_ms)
            if voiced:
                self._voiced_ms = at_ms
            elif at_ms - self._voiced_ms >= PAUSE_MS:
                self._secret_from_ms = None
        judged_ms = at_ms - UNSURE_MS
        self._recorder.release(judged_ms if waiting_from_ms is None else min(judged_ms, waiting_from_ms))

    def close(self, until_ms: float) -> None:
        """The call is over: an utterance that nobody judged stays withheld, the rest is released."""
        if self._secret_from_ms is not None:
            self._recorder.mute(self._secret_from_ms, until_ms)
        self._recorder.release(until_ms if self._from_ms is None else self._from_ms)

    def _beginning(self, text: str) -> float:
        """Where a secret in the turn's words begins at the earliest."""
        at = self._secret_at(text) or 0
        before = _letters(text[:at])
        clear = self._said[0][0]
        for covered_ms, letters in self._said:
            if letters > before:
                break
            clear = covered_ms
        return max(self._said[0][0], clear - LEAD_MS)


def _letters(text: str) -> int:
    """Characters that are no spaces: interim transcripts grow by them in any language."""
    return sum(not character.isspace() for character in text)
