"""From a leg to livekit's AgentSession: the customer's microphone, accounted for by the recorder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from livekit import rtc
from livekit.agents import utils
from livekit.agents.voice import io

from agent.record.recorder import Recorder
from telephony.leg import FRAME_MS, MIC_FRAME_BYTES, MIC_RATE, Leg, LegLostError

DEAF_S = 5.0
"""A line that brings no frame for so long is lost."""
TAIL_S = 1.2
"""Silence that the session hears after the line has ended."""
_FRAME_S = FRAME_MS / 1000


class LineInput(io.AudioInput):
    """The customer's audio: from the leg to the recorder and to the session."""

    def __init__(
        self,
        leg: Leg,
        recorder: Recorder,
        answered_at: float,
        *,
        on_heard: Callable[[bytes], None] | None = None,
    ) -> None:
        """Take the line's microphone.

        Args:
            leg: The line.
            recorder: Records what comes in.
            answered_at: The event loop's time at which the recording begins.
            on_heard: Called with every frame that comes in.
        """
        super().__init__(label="line")
        self._on_heard = on_heard
        self._leg = leg
        self._recorder = recorder
        self._answered_at = answered_at
        self._frames: utils.aio.Chan[rtc.AudioFrame] = utils.aio.Chan()
        self._received = 0
        self._places: list[tuple[int, float]] = []

    async def __anext__(self) -> rtc.AudioFrame:
        """The next frame for the session."""
        return await self._frames.__anext__()

    def place_ms(self, sample: int) -> float:
        """Where a sample of the session's audio, counted from the first at MIC_RATE, lies in the recording, ms."""
        for first, place in reversed(self._places):
            if sample >= first:
                return place + (sample - first) * 1000 / MIC_RATE
        return sample * 1000 / MIC_RATE

    def unheard(self) -> None:
        """Give the session nothing more: it listens no longer, and what it does not take would pile up."""
        self._frames.close()

    @property
    def now_ms(self) -> float:
        """Where the newest audio lies in the recording, ms."""
        return self.place_ms(self._received)

    async def run(self) -> None:
        """Read the microphone until the line ends.

        Raises:
            LegLostError: The line broke, or brought nothing for DEAF_S.
        """
        loop = asyncio.get_running_loop()
        microphone = self._leg.microphone().__aiter__()
        try:
            while True:
                try:
                    async with asyncio.timeout(DEAF_S):
                        frame = await anext(microphone)
                except StopAsyncIteration:
                    return
                except TimeoutError as error:
                    raise LegLostError("No audio came over the line any more.") from error
                self._take(frame, loop.time() - self._answered_at)
        finally:
            # Silence has the hearing finish what was said last.
            for _ in range(int(TAIL_S / _FRAME_S)):
                self._give(bytes(MIC_FRAME_BYTES))
            self._frames.close()

    def _take(self, frame: bytes, now_s: float) -> None:
        place = self._recorder.heard(frame, max(0.0, now_s - len(frame) / MIC_FRAME_BYTES * _FRAME_S))
        if not self._places or abs(self.place_ms(self._received) - place) > 2:
            self._places.append((self._received, place))
        if self._on_heard is not None:
            self._on_heard(frame)
        self._received += len(frame) // 2
        self._give(frame)

    def _give(self, frame: bytes) -> None:
        if not self._frames.closed:
            self._frames.send_nowait(rtc.AudioFrame(frame, MIC_RATE, 1, len(frame) // 2))
