"""Plain audio in memory: WAV in, another sample rate out; everything is 16-bit mono little endian."""

from __future__ import annotations

import struct

import av
import numpy as np

SAMPLE_BYTES = 2
"""Bytes a sample."""
_WAV_HEADER = 44


class Resampler:
    """Changes the sample rate of one stream, with a low-pass filter; equal rates pass through."""

    def __init__(self, source_rate: int, target_rate: int) -> None:
        """Convert from one rate to another, both in Hz."""
        self._source_rate = source_rate
        self._inner = None
        if source_rate != target_rate:
            self._inner = av.AudioResampler(format="s16", layout="mono", rate=target_rate)

    def push(self, pcm: bytes) -> bytes:
        """Take whole samples and return what is ready; the filter holds back a few samples."""
        if self._inner is None or not pcm:
            return pcm
        samples = np.frombuffer(pcm, np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = self._source_rate
        return b"".join(_bytes_of(out) for out in self._inner.resample(frame))

    def flush(self) -> bytes:
        """End the stream and return what the filter held back."""
        if self._inner is None:
            return b""
        return b"".join(_bytes_of(out) for out in self._inner.resample(None))


def resample(pcm: bytes, source_rate: int, target_rate: int) -> bytes:
    """Change the sample rate of a whole piece of audio."""
    resampler = Resampler(source_rate, target_rate)
    return resampler.push(pcm) + resampler.flush()


def from_wav(data: bytes) -> tuple[bytes, int]:
    """Samples and rate of a 16-bit mono WAV file.

    Lengths in the header are not trusted: a program that writes to a pipe cannot know them.

    Raises:
        ValueError: It is no WAV file, or not 16-bit mono.
    """
    if len(data) < _WAV_HEADER or data[:4] != b"RIFF" or data[8:16] != b"WAVEfmt ":
        raise ValueError("not a WAV file")
    channels, rate = struct.unpack_from("<HI", data, 22)
    (bits,) = struct.unpack_from("<H", data, 34)
    if (channels, bits) != (1, 16):
        raise ValueError(f"a WAV file of {channels} channels and {bits} bits, not of one channel and 16 bits")
    start = data.find(b"data", 36)
    if start < 0:
        raise ValueError("a WAV file without audio")
    pcm = data[start + 8 :]
    return pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES], rate


def _bytes_of(frame: av.AudioFrame) -> bytes:
    return frame.to_ndarray().astype(np.int16, copy=False).tobytes()
