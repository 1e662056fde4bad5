"""Audio of one call: a frame to the wire and a frame from it, every 20 ms."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import numpy as np
from aiortc.rtp import RtpPacket, is_rtcp

from telephony.leg import FRAME_MS
from telephony.line.channel import Channel
from telephony.line.codecs import FRAME, LineCodec, codec_for
from telephony.line.packets import Concealer, Network
from telephony.sip_phone.buffer import Gap, ReceiveBuffer
from telephony.sip_phone.keys import KeyReceiver, KeySender
from telephony.sip_phone.messages import Address
from telephony.sip_phone.offers import PAYLOAD_TYPES, Agreed

RATE = 8_000
"""Clock of G.711 and of telephone-events, Hz."""
_STEP = RATE * FRAME_MS // 1000
_WRAP_TIME, _WRAP_NUMBER = 1 << 32, 1 << 16


class Media(asyncio.DatagramProtocol):
    """One RTP socket.

    Attributes:
        received: Packets of audio that came.
        sent: Packets that were sent.
    """

    def __init__(self, *, loss: float = 0.0, seed: int = 0) -> None:
        """Begin without a socket; use `open`.

        Args:
            loss: Share of packets lost in each direction, in bursts.
            seed: Draws which.
        """
        randoms = np.random.SeedSequence(seed).spawn(2)
        self._out, self._in = (Network(Channel(loss=loss), np.random.default_rng(random)) for random in randoms)
        self._loses = loss > 0
        self._transport: asyncio.DatagramTransport | None = None
        self._agreed: Agreed | None = None
        self._encoder: LineCodec | None = None
        self._decoder: LineCodec | None = None
        self._concealer = Concealer()
        self._buffer = ReceiveBuffer()
        self._keys_out, self._keys_in = KeySender(), KeyReceiver()
        self._key_came = asyncio.Event()
        self._source = secrets.randbits(32)
        self._number = secrets.randbits(16)
        self._time = secrets.randbits(32)
        self._peer_source: int | None = None
        self.received = 0
        self.sent = 0

    async def open(self, host: str) -> Address:
        """Bind a free port; its address."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        bound = self._transport.get_extra_info("sockname")
        return str(bound[0]), int(bound[1])

    def agree(self, agreed: Agreed) -> None:
        """Use what both sides agreed on, from the next frame."""
        if self._agreed is None or self._agreed.codec is not agreed.codec:
            self._encoder, self._decoder = codec_for(agreed.codec), codec_for(agreed.codec)
        self._agreed = agreed

    @property
    def agreed(self) -> Agreed | None:
        """What both sides agreed on, once they have."""
        return self._agreed

    @property
    def keys(self) -> str:
        """Keys that the other side has pressed."""
        return self._keys_in.keys

    @property
    def lost(self) -> int:
        """Packets of the other side that never came."""
        return self._buffer.lost

    async def pressed(self, count: int) -> str:
        """Keys of the other side, once there are so many."""
        while len(self.keys) < count:
            self._key_came.clear()
            await self._key_came.wait()
        return self.keys

    def press(self, key: str) -> None:
        """Press a key; heard by the other side where it takes telephone-events.

        Raises:
            ValueError: There is no such key.
        """
        self._keys_out.press(key)

    def exchange(self, frame: bytes) -> bytes:
        """Send one frame and return the one that is due for the ear; both 16-bit mono at MIC_RATE, 20 ms."""
        self._send(np.frombuffer(frame, np.int16).astype(np.float32))
        return self._hear()

    def close(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Take a packet; what is no RTP of this call is dropped."""
        agreed = self._agreed
        if agreed is None or len(data) < 12 or is_rtcp(data) or (self._loses and self._in.carry(data) is None):
            return
        try:
            packet = RtpPacket.parse(data)
        except ValueError:
            return
        if packet.ssrc != self._peer_source:
            self._peer_source, self._buffer = packet.ssrc, ReceiveBuffer()
        if packet.payload_type == PAYLOAD_TYPES[agreed.codec]:
            self.received += 1
            self._buffer.put(packet.sequence_number, packet.payload)
        elif packet.payload_type == agreed.event_type:
            if self._keys_in.take(packet.payload, packet.timestamp):
                self._key_came.set()
            self._buffer.put(packet.sequence_number, None)

    def error_received(self, exc: Exception) -> None:
        """The other side's port is closed: nobody listens, as at the end of a call."""

    def _send(self, samples: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        agreed, encoder = self._agreed, self._encoder
        if agreed is None or encoder is None:
            return
        payload = encoder.encode(samples)
        press = self._keys_out.next() if agreed.event_type is not None else None
        if press is not None and agreed.event_type is not None:
            packet = self._packet(agreed.event_type, press.payload, int(press.first), self._time - press.elapsed)
        else:
            packet = self._packet(PAYLOAD_TYPES[agreed.codec], payload, int(not self.sent), self._time)
        self._time += _STEP
        if self._transport is None or agreed.remote is None or not agreed.sends:
            return
        self._number += 1
        self.sent += 1
        if not self._loses or self._out.carry(packet) is not None:
            self._transport.sendto(packet, agreed.remote)

    def _packet(self, payload_type: int, payload: bytes, marker: int, timestamp: int) -> bytes:
        packet = RtpPacket(
            payload_type=payload_type,
            marker=marker,
            sequence_number=self._number % _WRAP_NUMBER,
            timestamp=timestamp % _WRAP_TIME,
            ssrc=self._source,
            payload=payload,
        )
        return packet.serialize()

    def _hear(self) -> bytes:
        due = self._buffer.take()
        if due is Gap.LOST:
            samples = self._concealer.gap(FRAME)
        elif isinstance(due, bytes) and self._decoder is not None and len(due) == _STEP:
            samples = self._concealer.good(self._decoder.decode(due))
        else:
            samples = self._concealer.good(np.zeros(FRAME, np.float32))
        return np.clip(np.rint(samples), -32768, 32767).astype(np.int16).tobytes()
