"""Still frames of a customer's video: few, small, spaced, and only while the customer allows them."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import av

from telephony.leg import StillFrame

MAX_STILLS = 6
"""Most still frames of one call."""
STILL_SPACING_SECONDS = 10.0
"""Least time between two still frames."""

_WIDTH = 640
_PIXELS = 1920 * 1080


class Stills:
    """The still frames of one call."""

    def __init__(self) -> None:
        """Keep none before they are wanted and the call is answered."""
        self._kept: list[StillFrame] = []
        self._wanted = False
        self._next = 0.0
        self._answered_at: float | None = None

    @property
    def kept(self) -> tuple[StillFrame, ...]:
        """Those kept so far."""
        return tuple(self._kept)

    @property
    def due(self) -> bool:
        """Whether the next frame is to be kept."""
        now = asyncio.get_running_loop().time()
        return self._wanted and self._answered_at is not None and len(self._kept) < MAX_STILLS and now >= self._next

    def want(self, wanted: bool) -> None:
        """Begin or stop keeping still frames; stopping throws away those kept."""
        self._wanted = wanted
        if not wanted:
            self._kept.clear()

    def answered(self) -> None:
        """The call is answered: times count from now."""
        self._answered_at = asyncio.get_running_loop().time()

    async def offer(self, frame: av.VideoFrame) -> None:
        """Keep a frame where one is due; one that is too large is passed over."""
        if not self.due or self._answered_at is None or frame.width * frame.height > _PIXELS:
            return
        now = asyncio.get_running_loop().time()
        self._next = now + STILL_SPACING_SECONDS
        picture = await asyncio.to_thread(_jpeg, frame)
        if self._wanted:
            self._kept.append(StillFrame(picture, round((now - self._answered_at) * 1000)))


def _jpeg(frame: av.VideoFrame) -> bytes:
    width = min(frame.width, _WIDTH) // 2 * 2
    height = round(frame.height * width / frame.width) // 2 * 2
    picture = frame.reformat(width=width, height=height, format="yuvj420p")
    picture.pts = 0
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj420p", Fraction(1, 1)
    return b"".join(bytes(packet) for packet in encoder.encode(picture) + encoder.encode(None))
