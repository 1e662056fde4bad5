"""What the legs through a LiveKit room have in common."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from cases.domain.vocabulary import Disposition
from telephony.leg import SPEAKER_FRAME_BYTES, Band, Caption, Control, Invitation, StillFrame
from telephony.livekit.call_room import CallRoom

NOBODY_JOINED = "nobody_joined"
"""Detail of a line whose customer did not come into the room."""


class LiveKitLeg(ABC):
    """A line whose customer is in a room; satisfies `telephony.leg.Leg`."""

    def __init__(self, call: CallRoom) -> None:
        """Take a room that nobody has joined for this call.

        Args:
            call: The room.
        """
        self._call = call
        self._rings = asyncio.Event()
        self._detail = ""
        self._answered = False

    @property
    @abstractmethod
    def kind(self) -> str:
        """Which kind of leg this is, as events name it."""

    @property
    @abstractmethod
    def band(self) -> Band:
        """How much of a voice it carries."""

    @property
    def call(self) -> CallRoom:
        """The room of the call, for whoever brings others in or leaves it to them."""
        return self._call

    @property
    def detail(self) -> str:
        """What the dial came to (telephony.disposition), else why the call ended (RoomEnd); empty where neither."""
        if self._detail:
            return self._detail
        return self._call.end.value if self._call.end is not None else ""

    async def ring(self, invitation: Invitation) -> Disposition:
        """Join the room with the agent's voice ready, then reach the customer.

        Raises:
            LegError: LiveKit is not there or refuses, or the line may not be used.
        """
        if self._call.end is not None:
            return Disposition.NO_ANSWER
        self._check()
        await self._call.join()
        disposition = await self._reach(invitation)
        if disposition is Disposition.ANSWERED:
            await self._call.up()
            self._answered = True
        return disposition

    async def ringing(self) -> None:
        """Return once it rings; a call that never rings is to be awaited with `ring`."""
        await self._rings.wait()

    def microphone(self) -> AsyncIterator[bytes]:
        """Frames of the customer's voice; ends when the customer leaves or the agent hangs up.

        Raises:
            LegLostError: From the iterator, when the customer's connection or the agent's broke.
        """
        return self._call.microphone.frames()

    def play(self, frame: bytes) -> None:
        """Send one frame; without a call that is up it goes nowhere.

        Raises:
            ValueError: The frame has not SPEAKER_FRAME_BYTES.
        """
        if len(frame) != SPEAKER_FRAME_BYTES:
            raise ValueError(f"a frame has {SPEAKER_FRAME_BYTES} bytes, not {len(frame)}")
        if self._answered and self._call.end is None:
            self._call.play(frame)

    async def controls(self) -> AsyncIterator[Control]:
        """What the customer presses; ends with the call."""
        while (control := await self._call.pressed()) is not None:
            yield control

    def show(self, caption: Caption) -> None:
        """Send a caption to the screens in the room, on CAPTIONS_TOPIC."""
        if self._answered and self._call.end is None:
            self._call.show(caption)

    def stills(self) -> tuple[StillFrame, ...]:
        """None: no picture is taken here."""
        return ()

    async def hang_up(self) -> None:
        """End the call for everybody in the room; a second call does nothing."""
        await self._call.leave()

    def _check(self) -> None:
        """Refuse a line that may not be used.

        Raises:
            LegError: It may not be used.
        """
        return

    async def _until(self, there: Coroutine[Any, Any, object], seconds: float) -> Disposition:
        """Wait for a customer who comes into the room by themselves.

        Args:
            there: Returns once the customer is there.
            seconds: How long to wait.
        """
        coming, ended = asyncio.create_task(there), asyncio.create_task(self._call.ended())
        try:
            await asyncio.wait({coming, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if coming.done() and not ended.done():
                return Disposition.ANSWERED
            if not ended.done():
                self._detail = NOBODY_JOINED
            return Disposition.NO_ANSWER
        finally:
            coming.cancel()
            ended.cancel()

    @abstractmethod
    async def _reach(self, invitation: Invitation) -> Disposition:
        """Reach the customer; `answered` once audio flows."""
