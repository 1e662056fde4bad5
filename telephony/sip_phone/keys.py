"""Telephone-events (RFC 4733): keys of a telephone in RTP."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass

KEYS = "0123456789*#ABCD"
"""Keys in the order of their event codes."""
PRESS_MS = 160
"""How long a key is held."""
BETWEEN_MS = 80
"""Silence between two keys."""
_STEP = 160
_FRAME_MS = 20
_ENDS = 3
_VOLUME = 10
_END = 0x80


@dataclass(frozen=True, slots=True)
class Press:
    """One packet of a key.

    Attributes:
        payload: The event.
        first: Whether the key goes down with this packet.
        elapsed: Samples at 8 kHz since then, to before this packet.
    """

    payload: bytes
    first: bool
    elapsed: int


class KeySender:
    """Presses keys one after the other, a packet every 20 ms."""

    def __init__(self) -> None:
        """Begin with nothing pressed."""
        self._packets: deque[Press | None] = deque()

    def press(self, key: str) -> None:
        """Press a key.

        Raises:
            ValueError: There is no such key.
        """
        code = KEYS.index(key.upper())
        steps = PRESS_MS // _FRAME_MS
        for step in range(steps):
            self._packets.append(Press(_event(code, (step + 1) * _STEP), step == 0, step * _STEP))
        for end in range(_ENDS):
            payload = _event(code, steps * _STEP, end=True)
            self._packets.append(Press(payload, first=False, elapsed=(steps + end) * _STEP))
        self._packets.extend([None] * (BETWEEN_MS // _FRAME_MS))

    def next(self) -> Press | None:
        """The packet to send now in place of audio, or None."""
        return self._packets.popleft() if self._packets else None


class KeyReceiver:
    """Tells keys from the packets of the other side.

    Attributes:
        keys: Keys so far.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.keys = ""
        self._pressed_at: int | None = None

    def take(self, payload: bytes, timestamp: int) -> str:
        """Take a packet; the key that it is the first of, else nothing.

        Args:
            payload: The event.
            timestamp: RTP timestamp, the same in all packets of one press.
        """
        if len(payload) < 4 or payload[0] >= len(KEYS) or timestamp == self._pressed_at:
            return ""
        self._pressed_at = timestamp
        key = KEYS[payload[0]]
        self.keys += key
        return key


def _event(code: int, duration: int, *, end: bool = False) -> bytes:
    return struct.pack("!BBH", code, _VOLUME | (_END if end else 0), duration)
