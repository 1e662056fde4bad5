"""Blocks of free ports on the loopback address that no other run takes meanwhile."""

from __future__ import annotations

import os
import socket

BLOCK = 400
_FIRST, _LAST = 10_000, 32_000
"""Below the range from which Linux gives ports by itself."""
_BLOCKS = (_LAST - _FIRST) // BLOCK


class PortBlock:
    """Free ports, BLOCK at a time; the lowest of each block is kept bound, which tells other runs that it is taken."""

    def __init__(self) -> None:
        """Take the first free block, from a place that differs between processes.

        Raises:
            OSError: No block is free.
        """
        self._guards: list[socket.socket] = []
        self._next = self._end = 0
        self._another()

    def take(self, count: int = 1) -> int:
        """The first of `count` consecutive ports, for UDP and TCP, that nobody else is given.

        Raises:
            OSError: No block is free.
        """
        if self._next + count > self._end:
            self._another()
        first = self._next
        self._next += count
        return first

    def close(self) -> None:
        """Let others have the ports."""
        for guard in self._guards:
            guard.close()

    def _another(self) -> None:
        for number in range(_BLOCKS):
            base = _FIRST + (os.getpid() + number) % _BLOCKS * BLOCK
            guard = _bind(base, socket.SOCK_STREAM)
            if guard is None:
                continue
            if all(_is_free(port) for port in range(base + 1, base + BLOCK)):
                self._guards.append(guard)
                self._next, self._end = base + 1, base + BLOCK
                return
            guard.close()
        raise OSError("no block of ports is free")


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        held = _bind(port, kind)
        if held is None:
            return False
        held.close()
    return True


def _bind(port: int, kind: int) -> socket.socket | None:
    held = socket.socket(socket.AF_INET, kind)
    try:
        held.bind(("0.0.0.0", port))
    except OSError:
        held.close()
        return None
    return held
