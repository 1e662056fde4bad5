"""Puts packets of audio in order and keeps a few in hand."""

from __future__ import annotations

from enum import Enum

DEPTH = 2
"""Packets in hand before the first is played: a packet up to 20 ms late is still in time."""
_LONGEST_UNDERRUN = 10
_WATCHED = 50
_FAR = 100
_WRAP = 1 << 16


class Gap(Enum):
    """What is there instead of audio."""

    NOTHING = "nothing"
    """Nothing is being sent."""
    LOST = "lost"
    """A packet that did not come, or not in time."""
    KEY = "key"
    """A packet that was no audio."""


class ReceiveBuffer:
    """Takes packets as they come and gives one whenever one is due.

    Attributes:
        lost: Packets that never came.
        late: Packets that came after their turn, or twice.
    """

    def __init__(self, depth: int = DEPTH) -> None:
        """Keep so many packets in hand."""
        self._depth = depth
        self._packets: dict[int, bytes | None] = {}
        self._next: int | None = None
        self._playing = False
        self._empty_for = 0
        self._least: list[int] = []
        self.lost = 0
        self.late = 0

    def put(self, number: int, payload: bytes | None) -> None:
        """Take a packet.

        Args:
            number: Its sequence number, 16 bits.
            payload: Its audio; None for a packet of telephone-events.
        """
        if self._next is not None:
            ahead = _ahead(number, self._next)
            if abs(ahead) > _FAR:
                self._restart()
            elif ahead < 0 and self._playing or number in self._packets:
                self.late += 1
                return
        self._packets[number] = payload
        if self._next is None or not self._playing and _ahead(number, self._next) < 0:
            self._next = number

    def take(self) -> bytes | Gap:
        """The audio that is due, or what is there instead."""
        if not self._playing:
            if len(self._packets) < self._depth:
                return Gap.NOTHING
            self._playing, self._empty_for, self._least = True, 0, []
        assert self._next is not None
        if not self._packets:
            return self._underrun()
        self._empty_for = 0
        self._trim()
        number = self._next
        self._next = (number + 1) % _WRAP
        if number not in self._packets:
            self.lost += 1
            return Gap.LOST
        payload = self._packets.pop(number)
        return Gap.KEY if payload is None else payload

    def _underrun(self) -> Gap:
        """Nothing is there: perhaps late, perhaps the other side has stopped sending."""
        self._empty_for += 1
        if self._empty_for > _LONGEST_UNDERRUN:
            self._restart()
            return Gap.NOTHING
        return Gap.LOST

    def _restart(self) -> None:
        self._packets.clear()
        self._next, self._playing = None, False

    def _trim(self) -> None:
        """Drop a packet where there have been more in hand than needed for a second: delay grows with each stall."""
        self._least.append(len(self._packets))
        if len(self._least) < _WATCHED:
            return
        if min(self._least) > self._depth and self._next is not None:
            self._packets.pop(self._next, None)
            self._next = (self._next + 1) % _WRAP
        self._least = []


def _ahead(number: int, other: int) -> int:
    """How far one sequence number is ahead of another."""
    return (number - other + _WRAP // 2) % _WRAP - _WRAP // 2
