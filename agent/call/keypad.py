"""Keys of the customer's telephone as they come in: one key, or a row that is let go unseen."""

from __future__ import annotations

from dataclasses import dataclass

from agent.record.turn_log import CustomerSpan

KEYS_S = 0.8
"""A key is one by itself where no other follows it so soon: people who type a number press faster."""
PRESS_MS = 100.0
"""How long a key is taken to be held, for its place in the recording."""
MORE = "more"
"""Stands for all but the first key of a row: which they were is never kept."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """Keys that were pressed one after the other.

    Attributes:
        keys: The key; of a row, something longer that tells no key of it.
        span: Where they lie in the recording.
    """

    keys: str
    span: CustomerSpan


class Keypad:
    """Collects the keys of one call."""

    def __init__(self) -> None:
        """Begin with none."""
        self._key = ""
        self._from_ms = 0.0
        self._until_ms = 0.0

    def press(self, key: str, at_ms: float) -> None:
        """A key was pressed at a place of the recording; `take` it once no other follows."""
        if not self._key:
            self._from_ms = at_ms
        self._key = key if not self._key else MORE
        self._until_ms = at_ms + PRESS_MS

    def take(self) -> Pressed | None:
        """What was pressed since the last time, or None."""
        key, self._key = self._key, ""
        return Pressed(key, CustomerSpan(self._from_ms, self._until_ms)) if key else None
