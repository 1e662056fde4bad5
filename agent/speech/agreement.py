"""Which part of a growing transcript can be relied on, for engines that only transcribe whole audio.

The audio is transcribed again and again as it grows; words on which two transcriptions in a row agree are committed
and never taken back (LocalAgreement-2: Macháček, Dabre and Bojar 2023, "Turning Whisper into Real-Time Transcription
System").
"""

from __future__ import annotations

import re

_UNIT = re.compile(r"[一-鿿]|[^\W一-鿿]+(?:['’][^\W一-鿿]+)*")


class LocalAgreement:
    """The committed beginning of one utterance; a word is a unit, and so is a Chinese character."""

    def __init__(self) -> None:
        """Begin with nothing committed."""
        self._committed: list[str] = []
        self._last: list[str] = []

    def push(self, text: str) -> str:
        """Take the newest transcription and return the part of it that is committed.

        It is empty where the transcription contradicts what was committed, which stays committed all the same.
        """
        found = list(_UNIT.finditer(text))
        units = [match.group().casefold() for match in found]
        agreed = _shared(units, self._last)
        if agreed > len(self._committed) and units[: len(self._committed)] == self._committed:
            self._committed = units[:agreed]
        self._last = units
        if not self._committed or units[: len(self._committed)] != self._committed:
            return ""
        return text[: found[len(self._committed) - 1].end()].strip()


def _shared(a: list[str], b: list[str]) -> int:
    """How many units two transcriptions begin with in common."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count
