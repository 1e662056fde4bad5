"""A customer who rings the bank: keys or says a code to the reception, then talks to the agent as a persona does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import numpy as np

from cases.domain.vocabulary import Disposition, Language
from telephony.leg import FRAME_MS, MIC_FRAME_BYTES, MIC_RATE, Caption, Control, Invitation
from telephony.persona import load_persona
from telephony.simulated import SimulatedLeg
from telephony.sip_phone import OutgoingCall, SipPhone, talk
from telephony.sip_phone.messages import Address

AUDIBLE = 0.02
"""Of full scale: words, and no noise."""
BANK_NUMBER = "+442079460000"
_FRAME_S = FRAME_MS / 1000
_INVITATION = Invitation("phone:1", "", "", Language.EN, "", 600.0)


class Caller:
    """Somebody on the telephone; a Party.

    Attributes:
        call: Their call.
    """

    call: OutgoingCall

    def __init__(self, phone: SipPhone, *, says: bytes = b"", persona: str = "") -> None:
        """Have a telephone in hand.

        Args:
            phone: The telephone.
            says: What is said to the reception from the answer on, 16-bit mono at MIC_RATE.
            persona: Who talks to the agent, from its first words on; empty says nothing.
        """
        self._phone = phone
        self._says = says
        self._leg = SimulatedLeg(load_persona(persona)) if persona else None
        self._met = asyncio.Event()
        self._over = asyncio.Event()
        self._talking: asyncio.Task[None] | None = None

    async def ring(self, bank: Address, number: str = BANK_NUMBER) -> None:
        """Ring the bank; returns once somebody answers.

        Raises:
            CallRefusedError: Nobody does.
        """
        if self._leg is not None:
            assert await self._leg.ring(_INVITATION) is Disposition.ANSWERED
        self.call = await self._phone.call(number, bank)
        await self.call.answered()
        self._talking = asyncio.create_task(talk(self.call, self))

    def press(self, keys: str) -> None:
        """Press keys."""
        assert self.call.media is not None
        for key in keys:
            self.call.media.press(key)

    @property
    def heard_s(self) -> float:
        """For how long they have listened."""
        return self.call.recording.frames * _FRAME_S

    async def listens(self, seconds: float) -> None:
        """Listen until so long after the answer, or to the end of the call."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds - self.heard_s):
                await self.call.over.wait()

    async def until_heard(self, after_s: float, within_s: float) -> None:
        """Return once something is heard so long after the answer."""
        async with asyncio.timeout(within_s):
            while not np.any(np.abs(self.call.recording.heard[int(after_s * MIC_RATE) :]) > AUDIBLE):
                await self.listens(self.heard_s + 0.2)

    def show(self, caption: Caption) -> None:
        """The agent says something: the persona knows it by what is shown."""
        self._met.set()
        if self._leg is not None:
            self._leg.show(caption)

    async def until_over(self) -> None:
        """Return once the call is over and what was heard is in the recording."""
        await self.call.over.wait()
        if self._talking is not None:
            await self._talking

    async def hangs_up(self) -> None:
        """Hang up."""
        await self.call.hang_up()
        await self.until_over()

    async def microphone(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        while not (self._over.is_set() or (self._met.is_set() and self._leg is not None)):
            at = count * MIC_FRAME_BYTES
            yield self._says[at : at + MIC_FRAME_BYTES].ljust(MIC_FRAME_BYTES, b"\0")
            count += 1
            await asyncio.sleep(max(0.0, began + count * _FRAME_S - loop.time()))
        if self._leg is not None and not self._over.is_set():
            async for frame in self._leg.microphone():
                yield frame

    def play(self, frame: bytes) -> None:
        if self._met.is_set() and self._leg is not None:
            self._leg.play(frame)

    async def controls(self) -> AsyncIterator[Control]:
        if self._leg is None:
            await self._over.wait()
            return
        async for control in self._leg.controls():
            yield control

    async def hang_up(self) -> None:
        self._over.set()
        if self._leg is not None:
            await self._leg.hang_up()
