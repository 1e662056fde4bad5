"""Somebody at a telephone whom a test leads: speaks, whistles, presses keys, hears."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import numpy as np

from telephony.leg import FRAME_MS, MIC_FRAME_BYTES, SPEAKER_RATE, Control, ControlKind
from tests.support.sound import tone

_LOUD = 150.0
_SECOND = 1000 // FRAME_MS
_FAINT = 10.0**2 * SPEAKER_RATE
"""Energy of a second in which nothing is to be found."""


class Person:
    """A `telephony.sip_phone.Party`.

    Attributes:
        whistles: Whether a tone is whistled whenever nothing is said.
        heard: Frames heard so far, at SPEAKER_RATE.
        over: Set once the call is over.
    """

    def __init__(self, hertz: int) -> None:
        self.whistles = False
        self.heard: list[bytes] = []
        self.over = asyncio.Event()
        self._whistle = tone(hertz, 1.0)
        self._mouth = bytearray()
        self._hears = asyncio.Event()
        self._keys: asyncio.Queue[Control | None] = asyncio.Queue()

    def say(self, pcm: bytes) -> None:
        """Say a piece of audio, 16-bit mono at MIC_RATE."""
        self._mouth += pcm

    def press(self, key: str) -> None:
        """Press a key."""
        self._keys.put_nowait(Control(ControlKind.DTMF, key))

    async def microphone(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        began, count = loop.time(), 0
        while not self.over.is_set():
            yield self._frame(count)
            count += 1
            await asyncio.sleep(max(0.0, began + count * FRAME_MS / 1000 - loop.time()))

    def play(self, frame: bytes) -> None:
        self.heard.append(frame)
        self._hears.set()

    async def controls(self) -> AsyncIterator[Control]:
        while (control := await self._keys.get()) is not None:
            yield control

    async def hang_up(self) -> None:
        self.over.set()
        self._keys.put_nowait(None)

    def level(self, hertz: int, seconds: float) -> float:
        """Level of a tone in what was heard last."""
        samples = samples_of(self.heard[-round(seconds * 1000 / FRAME_MS) :])
        at = np.arange(samples.size) / SPEAKER_RATE
        return float(2 * abs(np.mean(samples * np.exp(-2j * np.pi * hertz * at)))) if samples.size else 0.0

    async def hears(self, what: Callable[[], object], seconds: float = 30.0) -> None:
        """Return once something holds of what is heard; looked at with every frame."""
        async with asyncio.timeout(seconds):
            while not what():
                self._hears.clear()
                await self._hears.wait()

    def loud_s(self, since: int = 0) -> float:
        """Seconds with sound in them among what was heard since a frame."""
        return sum(rms(frame) > _LOUD for frame in self.heard[since:]) * FRAME_MS / 1000

    def longest_silence_s(self, since: int, until: int) -> float:
        """The longest time without sound between two frames."""
        loud = [at for at, frame in enumerate(self.heard[since:until]) if rms(frame) > _LOUD]
        points = [0, *loud, until - since]
        return max(after - before for before, after in zip(points, points[1:], strict=False)) * FRAME_MS / 1000

    def _frame(self, count: int) -> bytes:
        if self._mouth:
            said = bytes(self._mouth[:MIC_FRAME_BYTES])
            del self._mouth[:MIC_FRAME_BYTES]
            return said.ljust(MIC_FRAME_BYTES, b"\0")
        if not self.whistles:
            return bytes(MIC_FRAME_BYTES)
        at = count * MIC_FRAME_BYTES % len(self._whistle)
        return self._whistle[at : at + MIC_FRAME_BYTES].ljust(MIC_FRAME_BYTES, b"\0")


def samples_of(frames: list[bytes]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The samples of some frames."""
    return np.frombuffer(b"".join(frames), np.int16).astype(np.float64)


def rms(frame: bytes) -> float:
    """Level of a frame."""
    samples = samples_of([frame])
    return float(np.sqrt(np.mean(samples * samples)))


def likeness(one: list[bytes], other: list[bytes]) -> float:
    """How well the second of a sound that is found best in another is found there, however loud: 0 to 1.

    Telephones shift what they play by some milliseconds now and then, so a longer piece is never found whole.
    """
    whole = samples_of(other)
    size = 1 << (whole.size + SPEAKER_RATE).bit_length()
    within = np.fft.rfft(whole, size)
    power = np.concatenate(([0.0], np.cumsum(whole * whole)))
    power = power[SPEAKER_RATE:] - power[:-SPEAKER_RATE]
    best = 0.0
    for at in range(0, len(one) - _SECOND + 1, _SECOND // 2):
        piece = samples_of(one[at : at + _SECOND])
        if not piece.any():
            continue
        found = np.fft.irfft(within * np.conj(np.fft.rfft(piece, size)), size)[: power.size]
        scale = np.sqrt(np.maximum(power, _FAINT) * np.sum(piece * piece))
        best = max(best, float(np.abs(found / scale).max()))
    return best
