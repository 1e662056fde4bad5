"""A leg that only keeps what was played, and an output on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np

from cases.domain.vocabulary import Disposition
from telephony.leg import (
    MIC_FRAME_BYTES,
    SPEAKER_FRAME_BYTES,
    Band,
    Caption,
    Control,
    Invitation,
    LegLostError,
    StillFrame,
)


class QuietLine:
    """Brings silence until it is ended; keeps frames with the loop's time."""

    kind = "quiet"
    band = Band.WIDE

    def __init__(self, *, frames: int | None = None, dies: bool = False, breaks: bool = False) -> None:
        self.frames = frames
        self.dies = dies
        self.breaks = breaks
        self.played: list[tuple[float, bytes]] = []
        self.captions: list[Caption] = []
        self.pressed: asyncio.Queue[Control | None] = asyncio.Queue()
        self.over = False

    async def ring(self, invitation: Invitation) -> Disposition:
        return Disposition.ANSWERED

    async def ringing(self) -> None:
        return

    async def microphone(self) -> AsyncIterator[bytes]:
        count = 0
        while not self.over:
            if self.frames is not None and count >= self.frames:
                if self.dies:
                    await asyncio.Event().wait()
                if self.breaks:
                    raise LegLostError("gone")
                return
            yield bytes(MIC_FRAME_BYTES)
            count += 1
            await asyncio.sleep(0.02)

    def play(self, frame: bytes) -> None:
        assert len(frame) == SPEAKER_FRAME_BYTES
        self.played.append((asyncio.get_running_loop().time(), frame))

    async def controls(self) -> AsyncIterator[Control]:
        while (control := await self.pressed.get()) is not None:
            yield control

    def show(self, caption: Caption) -> None:
        self.captions.append(caption)

    def stills(self) -> tuple[StillFrame, ...]:
        return ()

    async def hang_up(self) -> None:
        self.over = True
        self.pressed.put_nowait(None)

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate([np.frombuffer(frame, np.int16) for _, frame in self.played])
