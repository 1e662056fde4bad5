"""The steady pace of a line: what the agent says leaves every 20 ms, with silence where it says nothing."""

from __future__ import annotations

import asyncio
from collections import deque

from telephony.leg import FRAME_MS, SPEAKER_FRAME_BYTES

QUEUE_FRAMES = 4
"""Frames that may wait to be sent; the oldest beyond them is dropped."""

_FRAME_SECONDS = FRAME_MS / 1000
_SILENT_FRAME = bytes(SPEAKER_FRAME_BYTES)
_GRACE_SECONDS = 0.03
_CATCH_UP_SECONDS = 0.06


class PacedFrames:
    """Frames as they are played, silence at a steady pace in between; for one sender.

    Attributes:
        speaking: Whether the last frame was one that was played.
        dropped: Frames that were dropped because they came faster than they went.
    """

    def __init__(self) -> None:
        """Start with silence."""
        self._frames: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._due: float | None = None
        self.speaking = False
        self.dropped = 0

    def __len__(self) -> int:
        """How many frames wait."""
        return len(self._frames)

    def play(self, frame: bytes) -> None:
        """Queue one frame of SPEAKER_FRAME_BYTES; beyond QUEUE_FRAMES the oldest is dropped."""
        if len(self._frames) >= QUEUE_FRAMES:
            self._frames.popleft()
            self.dropped += 1
        self._frames.append(frame)
        self._empty.clear()
        self._arrived.set()

    async def drained(self, seconds: float) -> None:
        """Wait until every queued frame is sent, at most so long."""
        await _wait(self._empty, seconds)

    async def next_frame(self) -> bytes:
        """The next frame, when it is due."""
        loop = asyncio.get_running_loop()
        due = loop.time() if self._due is None else self._due
        if self._frames:
            await asyncio.sleep(max(0.0, due - _FRAME_SECONDS - loop.time()))
        else:
            self._arrived.clear()
            patience = _GRACE_SECONDS if self.speaking else 0.0
            await _wait(self._arrived, due + patience - loop.time())
        self.speaking = bool(self._frames)
        behind = _CATCH_UP_SECONDS if self.speaking else 0.0
        self._due = max(due + _FRAME_SECONDS, loop.time() - behind)
        if not self._frames:
            self._empty.set()
            return _SILENT_FRAME
        return self._frames.popleft()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
