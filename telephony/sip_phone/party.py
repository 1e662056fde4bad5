"""Whoever is at the phone, and how what is said and heard gets to the wire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from telephony.leg import (
    FRAME_MS,
    MIC_FRAME_BYTES,
    MIC_RATE,
    SPEAKER_FRAME_BYTES,
    SPEAKER_RATE,
    Control,
    ControlKind,
    LegLostError,
)
from telephony.pcm import Resampler
from telephony.sip_phone.calls import PhoneCall

HUMAN_KEY = "0"
"""A telephone has no button for a person: this key stands for it."""


class Party(Protocol):
    """The customer's side of a `telephony.leg.Leg`: what a `SimulatedLeg` is once it was rung."""

    def microphone(self) -> AsyncIterator[bytes]:
        """Frames of MIC_FRAME_BYTES at real-time pace; ends when this side hangs up."""
        ...

    def play(self, frame: bytes) -> None:
        """Hear a frame of SPEAKER_FRAME_BYTES."""
        ...

    def controls(self) -> AsyncIterator[Control]:
        """What is pressed; ends with the call."""
        ...

    async def hang_up(self) -> None:
        """The other side has hung up."""
        ...


class Playing:
    """Somebody who plays a piece of audio and says nothing more; a Party."""

    def __init__(
        self, pcm: bytes = b"", *, keys: str = "", keys_after_s: float = 0.0, hang_up_after_s: float | None = None
    ) -> None:
        """Play.

        Args:
            pcm: 16-bit mono at MIC_RATE.
            keys: Pressed one after the other.
            keys_after_s: When, from the start.
            hang_up_after_s: When to hang up, from the answer; None for never.
        """
        self._pcm = pcm
        self._frames = None if hang_up_after_s is None else round(hang_up_after_s * 1000 / FRAME_MS)
        self._over = asyncio.Event()
        self._keys = keys
        self._keys_after_s = keys_after_s

    async def microphone(self) -> AsyncIterator[bytes]:
        """The audio, then silence."""
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        while not self._over.is_set() and (self._frames is None or count < self._frames):
            at = count * MIC_FRAME_BYTES
            yield self._pcm[at : at + MIC_FRAME_BYTES].ljust(MIC_FRAME_BYTES, b"\0")
            count += 1
            await asyncio.sleep(max(0.0, began + count * FRAME_MS / 1000 - loop.time()))

    def play(self, frame: bytes) -> None:
        """Nobody listens; the recording has it."""

    async def controls(self) -> AsyncIterator[Control]:
        """The keys."""
        await asyncio.sleep(self._keys_after_s)
        for key in self._keys:
            yield Control(ControlKind.DTMF, key)
        await self._over.wait()

    async def hang_up(self) -> None:
        """Stop playing."""
        self._over.set()


class _Ear:
    """What comes from the wire, in the frames that a Party hears."""

    def __init__(self) -> None:
        self._resampler = Resampler(MIC_RATE, SPEAKER_RATE)
        self._waiting = bytearray()
        self._begun = False

    def frames(self, heard: bytes) -> list[bytes]:
        self._waiting += self._resampler.push(heard)
        if not self._begun:
            # What the filter holds back at first is made up for, so that each frame in gives a frame out.
            self._begun = True
            self._waiting[:0] = bytes(max(0, SPEAKER_FRAME_BYTES - len(self._waiting)))
        whole = len(self._waiting) // SPEAKER_FRAME_BYTES * SPEAKER_FRAME_BYTES
        ready = bytes(self._waiting[:whole])
        del self._waiting[:whole]
        return [ready[at : at + SPEAKER_FRAME_BYTES] for at in range(0, whole, SPEAKER_FRAME_BYTES)]


async def talk(call: PhoneCall, party: Party) -> None:
    """Talk on a call with open audio until one side hangs up; then it is over on both.

    The call's recording gets both directions: its first sample is the party's first.
    """
    ear, loop = _Ear(), asyncio.get_running_loop()
    helpers = [
        asyncio.create_task(_press(call, party), name="sip-phone.keys"),
        asyncio.create_task(_until_over(call, party), name="sip-phone.over"),
    ]
    recording = call.recording
    try:
        async for frame in party.microphone():
            if call.over.is_set() or call.media is None:
                break
            recording.began = loop.time() if recording.began is None else recording.began
            recording.lateness_ms.append((loop.time() - recording.began) * 1000 - recording.frames * FRAME_MS)
            heard = call.media.exchange(frame)
            recording.add(frame, heard)
            for one in ear.frames(heard):
                party.play(one)
    except LegLostError:
        call.vanish()
    finally:
        for helper in helpers:
            helper.cancel()
        await call.hang_up()
        await party.hang_up()


async def _press(call: PhoneCall, party: Party) -> None:
    async for control in party.controls():
        if call.media is None:
            continue
        if control.kind is ControlKind.DTMF:
            call.media.press(control.value)
        elif control.kind is ControlKind.ASK_HUMAN:
            call.media.press(HUMAN_KEY)


async def _until_over(call: PhoneCall, party: Party) -> None:
    await call.over.wait()
    await party.hang_up()
