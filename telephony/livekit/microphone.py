"""The customer's voice in a room, as frames on an unbroken timeline at real-time pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from livekit import rtc

from telephony.leg import FRAME_MS, MIC_FRAME_BYTES, MIC_RATE, LegLostError

HEARD_FRAMES = 100
"""Frames that may wait for a slow reader, 2 s; the oldest beyond them is dropped."""
STALL_SECONDS = 0.2
"""After so long without a frame the microphone yields silence at real-time pace."""
EARLY_FRAMES = 4
"""How many frames may come ahead of their time; more is dropped."""

_FRAME_SECONDS = FRAME_MS / 1000
_SILENCE = bytes(MIC_FRAME_BYTES)


class RoomMicrophone:
    """Frames of MIC_FRAME_BYTES from `open` on, with silence where the customer's track brings nothing.

    Attributes:
        sounded_at: The event loop's time at which the track last brought anything but digital silence.
    """

    def __init__(self) -> None:
        """Closed to sound until `open`."""
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(HEARD_FRAMES)
        self._reading: asyncio.Task[None] | None = None
        self._began: float | None = None
        self._heard_at = -STALL_SECONDS
        self._given = 0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._lost = False
        self.sounded_at = float("-inf")

    def attach(self, track: rtc.Track) -> None:
        """Hear a track of the customer, instead of the one before."""
        self.detach()
        if not self._closed:
            self._reading = asyncio.create_task(self._read(track), name="riskcall.room.microphone")

    def detach(self) -> None:
        """Hear no track; silence goes on."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def open(self) -> None:
        """The call is answered: its sound counts from now, and what came before was nobody's."""
        if self._began is None and not self._closed:
            self._began = asyncio.get_running_loop().time()
            self._look(self._began + _FRAME_SECONDS)

    async def aclose(self, *, lost: bool) -> None:
        """End the frames; those of a lost line end with LegLostError."""
        if not self._closed:
            self._closed, self._lost = True, lost
            if self._timer is not None:
                self._timer.cancel()
            self._put(None)
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.wait({reading})

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames from now until the end; what waited for a reader is gone, for its time is over.

        Raises:
            LegLostError: The line broke.
        """
        while self._frames.qsize() > 1:
            self._frames.get_nowait()
        while (frame := await self._frames.get()) is not None:
            yield frame
        self._put(None)
        if self._lost:
            raise LegLostError("the line to the customer broke")

    def hear(self, frame: bytes) -> None:
        """Take one frame of the customer's track."""
        self._heard_at = asyncio.get_running_loop().time()
        if frame.count(0) < len(frame):
            self.sounded_at = self._heard_at
        if self._began is not None and not self._closed and self._given < self._due() + EARLY_FRAMES:
            self._give(frame)

    async def _read(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=MIC_RATE, num_channels=1, frame_size_ms=FRAME_MS)
        try:
            async for event in stream:
                self.hear(bytes(event.frame.data))
        finally:
            await stream.aclose()

    def _look(self, at: float) -> None:
        self._timer = asyncio.get_running_loop().call_at(at, self._fill, at)

    def _fill(self, at: float) -> None:
        """Give silence for what is missing; a loop that was held up first takes what waits for it."""
        now = asyncio.get_running_loop().time()
        if now - at < _FRAME_SECONDS and now - self._heard_at >= STALL_SECONDS:
            while self._given < self._due():
                self._give(_SILENCE)
        self._look(max(at, now - _FRAME_SECONDS) + _FRAME_SECONDS)

    def _due(self) -> int:
        assert self._began is not None
        return int((asyncio.get_running_loop().time() - self._began) / _FRAME_SECONDS)

    def _give(self, frame: bytes) -> None:
        self._given += 1
        self._put(frame)

    def _put(self, frame: bytes | None) -> None:
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)
