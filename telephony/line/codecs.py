"""Codecs of telephone lines: 20 ms frames at MIC_RATE to payloads and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import av
import numpy as np
from numpy.typing import NDArray

from telephony.leg import FRAME_MS, MIC_RATE
from telephony.line.channel import Codec
from telephony.line.filters import Fir, Samples, band_pass, low_pass

FRAME = MIC_RATE * FRAME_MS // 1000
"""Samples of a frame."""
TELEPHONE_BAND_HZ = (300.0, 3_400.0)
"""What an analogue subscriber line lets through (ITU-T G.712)."""
OPUS_BIT_RATE = 16_000
"""Bits a second of Opus, as calls over the Internet have on a poor connection."""
_OPUS_RATE = 48_000
_OPUS_DELAY_MS = 6.5
"""Look-ahead of the encoder (RFC 6716, with the resampler of libopus)."""
_BAND_TAPS, _UP_TAPS, _DOWN_TAPS = 257, 65, 97
_BIAS, _CLIP = 132, 32_635
Compress = Callable[[NDArray[np.int16]], NDArray[np.uint8]]
Expand = Callable[[NDArray[np.uint8]], Samples]


class LineCodec(Protocol):
    """Codes one direction of one call."""

    @property
    def delay_ms(self) -> float:
        """How much later sound comes out than it went in."""
        ...

    def encode(self, samples: Samples) -> bytes:
        """The payload of a frame of FRAME samples."""
        ...

    def decode(self, payload: bytes) -> Samples:
        """The frame of a payload; FRAME samples."""
        ...


class Linear:
    """16-bit samples as they are."""

    delay_ms = 0.0

    def encode(self, samples: Samples) -> bytes:
        """Round to 16 bits."""
        return _rounded(samples).tobytes()

    def decode(self, payload: bytes) -> Samples:
        """Take 16 bits."""
        return np.frombuffer(payload, np.int16).astype(np.float32)


class G711:
    """G.711 at 8 kHz behind a telephone's band."""

    def __init__(self, compress: Compress, expand: Expand) -> None:
        """Begin in silence.

        Args:
            compress: Codes of 16-bit samples.
            expand: Samples of codes.
        """
        self._compress = compress
        self._expand = expand
        self._band = Fir(band_pass(*TELEPHONE_BAND_HZ, MIC_RATE, _BAND_TAPS))
        self._up = Fir(2 * low_pass(TELEPHONE_BAND_HZ[1] + 300, MIC_RATE, _UP_TAPS))

    @property
    def delay_ms(self) -> float:
        """Of both filters."""
        return (self._band.delay + self._up.delay) / MIC_RATE * 1000

    def encode(self, samples: Samples) -> bytes:
        """Limit the band, drop every second sample, compress."""
        return self._compress(_rounded(self._band.push(samples)[::2])).tobytes()

    def decode(self, payload: bytes) -> Samples:
        """Expand and bring to MIC_RATE."""
        wide = np.zeros(len(payload) * 2, np.float32)
        wide[::2] = self._expand(np.frombuffer(payload, np.uint8))
        return self._up.push(wide)


class Pcmu(G711):
    """G.711 µ-law."""

    def __init__(self) -> None:
        """Begin in silence."""
        super().__init__(to_mu_law, from_mu_law)


class Pcma(G711):
    """G.711 A-law."""

    def __init__(self) -> None:
        """Begin in silence."""
        super().__init__(to_a_law, from_a_law)


class Opus:
    """Opus for speech at a telephone's bit rate, by libopus."""

    def __init__(self, bit_rate: int = OPUS_BIT_RATE) -> None:
        """Open encoder and decoder.

        Args:
            bit_rate: Bits a second.
        """
        self._encoder = av.AudioCodecContext.create("libopus", "w")
        self._encoder.sample_rate = MIC_RATE
        self._encoder.layout = "mono"
        self._encoder.format = "s16"
        self._encoder.bit_rate = bit_rate
        self._encoder.options = {"application": "voip", "frame_duration": str(FRAME_MS)}
        self._decoder = av.AudioCodecContext.create("libopus", "r")
        self._decoder.sample_rate = _OPUS_RATE
        self._decoder.layout = "mono"
        self._down = Fir(low_pass(7_200.0, _OPUS_RATE, _DOWN_TAPS))
        self._sent = 0

    @property
    def delay_ms(self) -> float:
        """Of the encoder's look-ahead and of the filter."""
        return _OPUS_DELAY_MS + self._down.delay / _OPUS_RATE * 1000

    def encode(self, samples: Samples) -> bytes:
        """One packet."""
        frame = av.AudioFrame.from_ndarray(_rounded(samples).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = MIC_RATE
        frame.pts = self._sent
        self._sent += FRAME
        return b"".join(bytes(packet) for packet in self._encoder.encode(frame))

    def decode(self, payload: bytes) -> Samples:
        """Decode to 48 kHz and come down to MIC_RATE; the first call may give silence."""
        frames = self._decoder.decode(av.Packet(payload)) if payload else []
        wide = np.concatenate([_floats(frame) for frame in frames]) if frames else np.zeros(FRAME * 3, np.float32)
        return self._down.push(wide)[:: _OPUS_RATE // MIC_RATE]


def codec_for(codec: Codec) -> LineCodec:
    """A fresh codec."""
    makers: dict[Codec, type[Linear] | type[Pcmu] | type[Pcma] | type[Opus]] = {
        Codec.NONE: Linear,
        Codec.PCMU: Pcmu,
        Codec.PCMA: Pcma,
        Codec.OPUS: Opus,
    }
    return makers[codec]()


def to_mu_law(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """G.711 µ-law codes of 16-bit samples."""
    wide = samples.astype(np.int32)
    sign = np.where(wide < 0, 0x80, 0)
    size = np.minimum(np.abs(wide), _CLIP) + _BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    return np.asarray(~(sign | exponent << 4 | mantissa) & 0xFF, np.uint8)


def from_mu_law(codes: NDArray[np.uint8]) -> Samples:
    """Samples of G.711 µ-law codes."""
    plain = ~codes.astype(np.int32) & 0xFF
    size = (((plain & 0x0F) << 3) + _BIAS << ((plain >> 4) & 0x07)) - _BIAS
    return np.where(plain & 0x80, -size, size).astype(np.float32)


def to_a_law(samples: NDArray[np.int16]) -> NDArray[np.uint8]:
    """G.711 A-law codes of 16-bit samples."""
    wide = samples.astype(np.int32) >> 3
    sign = np.where(wide >= 0, 0x80, 0)
    size = np.where(wide >= 0, wide, ~wide)
    exponent = np.maximum(np.floor(np.log2(np.maximum(size, 1))).astype(np.int32) - 4, 0)
    mantissa = (size >> np.maximum(exponent, 1)) & 0x0F
    return np.asarray((sign | exponent << 4 | mantissa) ^ 0x55, np.uint8)


def from_a_law(codes: NDArray[np.uint8]) -> Samples:
    """Samples of G.711 A-law codes."""
    plain = codes.astype(np.int32) ^ 0x55
    exponent, mantissa = (plain >> 4) & 0x07, plain & 0x0F
    size = np.where(exponent, (2 * mantissa + 33) << np.maximum(exponent, 1) - 1, 2 * mantissa + 1) << 3
    return np.where(plain & 0x80, size, -size).astype(np.float32)


def _rounded(samples: Samples) -> NDArray[np.int16]:
    return np.clip(np.rint(samples), -32768, 32767).astype(np.int16)


def _floats(frame: av.AudioFrame) -> Samples:
    samples = frame.to_ndarray().reshape(-1)
    return (samples * 32768).astype(np.float32) if samples.dtype.kind == "f" else samples.astype(np.float32)
