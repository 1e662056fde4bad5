"""Audio between a page and a call: an Opus track that the agent speaks into, and the customer's microphone.

Latency is what counts here. The speaker's queue holds a few frames and drops the oldest; the microphone's packets
leave the moment they arrive; nothing waits for a buffer to fill.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket

from telephony.leg import FRAME_MS, MIC_FRAME_BYTES, MIC_RATE, SPEAKER_FRAME_BYTES, SPEAKER_RATE, LegLostError
from telephony.pacing import PacedFrames
from telephony.pcm import Resampler

WIRE_RATE = 48_000
"""Clock rate of Opus in RTP, Hz (RFC 7587)."""
HEARD_FRAMES = 100
"""Microphone frames that may wait for a slow reader, 2 s; the oldest beyond them is dropped."""
STALL_SECONDS = 0.2
"""After so long without a packet the microphone yields silence at real-time pace."""

_FRAME_SECONDS = FRAME_MS / 1000
_SPEAKER_SAMPLES = SPEAKER_FRAME_BYTES // 2
_WIRE_SAMPLES = WIRE_RATE * FRAME_MS // 1000
_SPEAKER_BASE = Fraction(1, SPEAKER_RATE)
_LONGEST_GAP = 2 * WIRE_RATE
_BITS_PER_SECOND = 32_000


class SpeakerTrack(MediaStreamTrack):
    """What the page hears: frames as they are played, silence at a steady pace in between.

    Frames are encoded here, mono and with in-band error correction, so that no thread pool that other work may fill
    stands between the agent's voice and the wire.
    """

    kind = "audio"

    def __init__(self) -> None:
        """Start with silence."""
        super().__init__()
        self._frames = PacedFrames()
        self._encoder = _encoder()
        self._sent = 0

    @property
    def dropped(self) -> int:
        """Frames that were dropped because they came faster than they went."""
        return self._frames.dropped

    def play(self, frame: bytes) -> None:
        """Queue one frame of SPEAKER_FRAME_BYTES; beyond QUEUE_FRAMES the oldest is dropped."""
        self._frames.play(frame)

    async def drained(self, seconds: float) -> None:
        """Wait until every queued frame is sent, at most so long."""
        await self._frames.drained(seconds)

    async def recv(self) -> av.Packet[Any]:
        """The next Opus packet, when it is due."""
        frame = await self._frames.next_frame()
        if self.readyState != "live":
            raise MediaStreamError
        return self._encode(frame)

    def _encode(self, frame: bytes) -> av.Packet[Any]:
        audio = av.AudioFrame.from_ndarray(np.frombuffer(frame, np.int16).reshape(1, -1), "s16", "mono")
        audio.sample_rate, audio.time_base, audio.pts = SPEAKER_RATE, _SPEAKER_BASE, self._sent
        (packet,) = self._encoder.encode(audio)
        packet.pts, packet.time_base = self._sent, _SPEAKER_BASE
        self._sent += _SPEAKER_SAMPLES
        return packet


class Microphone:
    """The customer's voice as frames of MIC_FRAME_BYTES on an unbroken timeline.

    Lost packets become silence of their own length. After STALL_SECONDS without a packet silence goes on at
    real-time pace, and what then arrives too late for its place is dropped.
    """

    def __init__(self) -> None:
        """Open, and silent until the first audio."""
        self._resampler = Resampler(WIRE_RATE, MIC_RATE)
        self._rest = self._resampler.push(bytes(_WIRE_SAMPLES // 10 * 2))
        self._next: int | None = None
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue(HEARD_FRAMES)
        self._stall: asyncio.TimerHandle | None = None
        self._closed = False
        self._lost = False

    @property
    def started(self) -> bool:
        """Whether any audio came."""
        return self._next is not None

    def hear(self, frame: av.AudioFrame) -> None:
        """Take one decoded frame of the page."""
        if self._closed or frame.pts is None:
            return
        samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))
        mono = samples.astype(np.int32).mean(axis=1).astype(np.int16)
        gap = frame.pts - self._next if self._next is not None else 0
        if self._next is None or abs(gap) > _LONGEST_GAP:
            self._next, gap = frame.pts, 0
        if gap < 0:
            return
        self._push(bytes(gap * 2) + mono.tobytes(), gap + len(mono))
        self._watch(STALL_SECONDS)

    def close(self, *, lost: bool) -> None:
        """End the stream; a lost one ends with LegLostError."""
        if self._closed:
            return
        self._closed, self._lost = True, lost
        if self._stall is not None:
            self._stall.cancel()
        self._put(None)

    async def frames(self) -> AsyncIterator[bytes]:
        """Frames until the end.

        Raises:
            LegLostError: The connection broke.
        """
        while (frame := await self._frames.get()) is not None:
            yield frame
        self._put(None)
        if self._lost:
            raise LegLostError("the connection to the customer's page broke")

    def _push(self, pcm: bytes, samples: int) -> None:
        assert self._next is not None
        self._next += samples
        self._rest += self._resampler.push(pcm)
        while len(self._rest) >= MIC_FRAME_BYTES:
            self._put(self._rest[:MIC_FRAME_BYTES])
            self._rest = self._rest[MIC_FRAME_BYTES:]

    def _put(self, frame: bytes | None) -> None:
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)

    def _watch(self, seconds: float) -> None:
        if self._stall is not None:
            self._stall.cancel()
        self._stall = asyncio.get_running_loop().call_later(seconds, self._fill)

    def _fill(self) -> None:
        self._push(bytes(_WIRE_SAMPLES * 2), _WIRE_SAMPLES)
        self._watch(_FRAME_SECONDS)


class PromptBuffer(JitterBuffer):
    """Releases each packet as it arrives and drops what comes after its successor.

    The buffer of aiortc holds every audio packet back until four followed it (80 ms), and after one lost packet until
    sixteen did (320 ms), for the rest of the call.
    """

    def __init__(self) -> None:
        """Start before the first packet."""
        super().__init__(capacity=1)
        self._last: int | None = None

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Release a packet unless a later one was released; never asks for a key frame."""
        ahead = 1 if self._last is None else (packet.sequence_number - self._last) & 0xFFFF
        if not 0 < ahead < 0x8000:
            return False, None
        self._last = packet.sequence_number
        data: bytes = getattr(packet, "_data")  # noqa: B009  set by the receiver, not declared
        return False, JitterFrame(data=data, timestamp=packet.timestamp)


def _encoder() -> av.AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = SPEAKER_RATE, "mono", "s16"
    encoder.time_base, encoder.bit_rate = _SPEAKER_BASE, _BITS_PER_SECOND
    encoder.options = {
        "application": "voip",
        "frame_duration": str(FRAME_MS),
        "fec": "1",
        "packet_loss": "5",
        "compression_level": "5",
    }
    return encoder
