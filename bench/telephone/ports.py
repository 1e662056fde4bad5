"""Blocks of free ports on the loopback address that no other run takes meanwhile."""

from __future__ import annotations

import os
import socket

BLOCK = 400
_FIRST, _LAST = 10_000, 32_000
"""Below the range from which Linux gives ports by itself."""


class PortBlock:
    """BLOCK consecutive ports; the lowest is kept bound, which tells other runs that the block is taken."""

    def __init__(self) -> None:
        """Take the first free block, from a place that differs between processes.

        Raises:
            OSError: No block is free.
        """
        count = (_LAST - _FIRST) // BLOCK
        for number in range(count):
            base = _FIRST + (os.getpid() + number) % count * BLOCK
            guard = _bind(base, socket.SOCK_STREAM)
            if guard is None:
                continue
            if all(_is_free(port) for port in range(base + 1, base + BLOCK)):
                self._guard = guard
                self._next = base + 1
                self._end = base + BLOCK
                return
            guard.close()
        raise OSError("no block of ports is free")

    def take(self, count: int = 1) -> int:
        """The first of `count` consecutive ports, for UDP and TCP, that this block gives to nobody else."""
        first = self._next
        if first + count > self._end:
            raise OSError("the block of ports is used up")
        self._next += count
        return first

    def close(self) -> None:
        """Let others have the block."""
        self._guard.close()


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
