"""One reviewer's line into a call: rings, is spoken to, hears the call, and says something or nothing into it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol, runtime_checkable

import numpy as np

from cases.domain.vocabulary import Disposition
from telephony.leg import FRAME_MS, MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE, ControlKind, Invitation, Leg, LegError
from telephony.pcm import Resampler
from telephony.people.handover import Order

SILENCE = bytes(SPEAKER_FRAME_BYTES)
TAKE_KEY = "1"
"""The key with which a reviewer on the telephone takes the customer."""
MOST_WAITING = 5
"""Frames of either side that wait for their turn at most; the oldest beyond them is dropped."""
_FRAME_S = FRAME_MS / 1000


@runtime_checkable
class Letting(Protocol):
    """A line whose far end sends nothing until it is let."""

    async def let_speak(self, yes: bool) -> None:
        """Let it send a voice, or take that back.

        Raises:
            LegError: That could not be done.
        """
        ...


class PersonLine:
    """A reviewer on a leg.

    Attributes:
        by: Account name.
        kind: How the reviewer is reached.
        in_call: Whether the reviewer hears the call.
    """

    def __init__(self, order: Order, leg: Leg, on_gone: Callable[[PersonLine, bool], None]) -> None:
        """Take a leg that has not rung.

        Args:
            order: The order that it is made for.
            leg: The line.
            on_gone: Called once where the line ends by itself; with whether it broke.
        """
        self.by = order.by
        self.kind = order.line
        self.in_call = False
        self._leg = leg
        self._on_gone = on_gone
        self._said: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._agent: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._up = Resampler(MIC_RATE, SPEAKER_RATE)
        self._rest = bytearray()
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._letting = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []

    async def ring(self, invitation: Invitation) -> bool:
        """Ring; whether the reviewer answered.

        Raises:
            LegError: The line could not be made.
        """
        if await self._leg.ring(invitation) is not Disposition.ANSWERED:
            return False
        self._tasks = [
            asyncio.create_task(self._listen(), name="riskcall.person.microphone"),
            asyncio.create_task(self._obey(), name="riskcall.person.keys"),
        ]
        return True

    async def let_speak(self, yes: bool) -> None:
        """Let the reviewer's line send a voice, or take that back, where the line can tell; one after the other.

        Raises:
            LegError: That could not be done.
        """
        if isinstance(self._leg, Letting):
            async with self._letting:
                await self._leg.let_speak(yes)

    async def consult(self, invite: AsyncIterator[bytes], brief: AsyncIterator[bytes], seconds: float) -> bool:
        """Ask whoever answered to take the customer, then brief them; nobody else hears it.

        Args:
            invite: Asks for TAKE_KEY; audio, 16-bit mono at SPEAKER_RATE.
            brief: What is said once the key was pressed; pressed again, the key cuts it short.
            seconds: How long after the end of the invitation the key may be pressed.

        Returns:
            Whether the reviewer takes the customer; an answering machine presses no key and hears no brief.
        """
        if not await self._until_key(invite, seconds):
            return False
        await self._until_key(brief, 0.0)
        return True

    async def _until_key(self, audio: AsyncIterator[bytes], seconds: float) -> bool:
        """Play audio; whether TAKE_KEY is pressed in it or so many seconds after it."""
        playing = asyncio.create_task(self._hear_out(audio), name="riskcall.person.brief")
        pressing = asyncio.create_task(self._take_key(), name="riskcall.person.key")
        try:
            await asyncio.wait({playing, pressing}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                playing.result()
            if not pressing.done() and seconds:
                await asyncio.wait({pressing}, timeout=seconds)
            return pressing.done()
        finally:
            playing.cancel()
            pressing.cancel()
            await asyncio.wait({playing, pressing})

    async def _take_key(self) -> None:
        while await self._keys.get() != TAKE_KEY:
            pass

    async def _hear_out(self, audio: AsyncIterator[bytes]) -> None:
        loop = asyncio.get_running_loop()
        due, pending = loop.time(), bytearray()
        async for piece in audio:
            pending += piece
            while len(pending) >= SPEAKER_FRAME_BYTES:
                await asyncio.sleep(max(0.0, due - loop.time()))
                self._leg.play(bytes(pending[:SPEAKER_FRAME_BYTES]))
                del pending[:SPEAKER_FRAME_BYTES]
                due = max(due, loop.time() - _FRAME_S) + _FRAME_S
        if pending:
            self._leg.play(bytes(pending).ljust(SPEAKER_FRAME_BYTES, b"\0"))

    def agent_said(self, frame: bytes) -> None:
        """A frame that went to the customer; it reaches the reviewer with the customer's next one."""
        if self.in_call:
            self._agent.append(frame)

    def customer_said(self, frame: bytes) -> None:
        """A frame of the customer at SPEAKER_RATE: it goes to the reviewer now, with what the agent said meanwhile."""
        if self.in_call:
            self._leg.play(_mixed(frame, self._agent.popleft()) if self._agent else frame)

    def next_frame(self) -> bytes:
        """What the reviewer says next; silence where nothing has come."""
        return self._said.popleft() if self._said else SILENCE

    async def hang_up(self) -> None:
        """End the line; a second call does nothing."""
        for task in self._tasks:
            task.cancel()
        await self._leg.hang_up()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _listen(self) -> None:
        lost = False
        try:
            async for frame in self._leg.microphone():
                self._rest += self._up.push(frame)
                while len(self._rest) >= SPEAKER_FRAME_BYTES:
                    self._said.append(bytes(self._rest[:SPEAKER_FRAME_BYTES]))
                    del self._rest[:SPEAKER_FRAME_BYTES]
        except LegError:
            lost = True
        self._on_gone(self, lost)

    async def _obey(self) -> None:
        async for control in self._leg.controls():
            if control.kind is ControlKind.DTMF:
                self._keys.put_nowait(control.value)


def _mixed(one: bytes, other: bytes) -> bytes:
    """Both at once."""
    both = np.frombuffer(one, np.int16).astype(np.int32) + np.frombuffer(other, np.int16)
    return np.clip(both, -32768, 32767).astype(np.int16).tobytes()
