"""Reading a recording back: decoded samples, hashes of spans, envelopes; for the record and for whoever checks it.

A turn's `audio_sha256` is defined so that anyone can compute it again from the file alone: decode the Ogg Opus file
with libopus (RFC 6716, pre-skip removed as RFC 7845 asks) to 48 kHz, two channels, 16-bit little endian, channels
interleaved; take the sample frames from `started_ms * 48` up to, not including, `ended_ms * 48`; hash them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from agent.record.waveform import Envelope, Stretch

DECODED_RATE = 48_000
"""Sample rate that Opus decodes to, Hz."""
_PER_MS = DECODED_RATE // 1000


def decoded(path: Path) -> Iterator[NDArray[np.int16]]:
    """The samples of a recording block by block, each of shape (sample frames, 2).

    Raises:
        OSError: The file is missing or no Ogg Opus file.
    """
    with av.open(str(path), "r") as container:
        stream = container.streams.audio[0]
        decoder = av.AudioCodecContext.create("libopus", "r")
        decoder.extradata = stream.codec_context.extradata
        decoder.sample_rate = DECODED_RATE
        decoder.layout = "stereo"
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=DECODED_RATE)
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            for frame in decoder.decode(packet):
                for out in resampler.resample(frame):
                    yield out.to_ndarray().reshape(-1, 2).astype(np.int16, copy=False)


def span_hashes(path: Path, spans: Sequence[Stretch]) -> tuple[str, ...]:
    """SHA-256 of each span of a recording, hexadecimal, in one pass over the file and in bounded memory.

    Raises:
        OSError: The file is missing or no Ogg Opus file.
    """
    hashes = [hashlib.sha256() for _ in spans]
    at = 0
    for block in decoded(path):
        for span, digest in zip(spans, hashes, strict=True):
            start = max(span.start_ms * _PER_MS - at, 0)
            end = min(span.end_ms * _PER_MS - at, len(block))
            if start < end:
                digest.update(np.ascontiguousarray(block[start:end], "<i2").tobytes())
        at += len(block)
    return tuple(digest.hexdigest() for digest in hashes)


def envelopes(path: Path) -> tuple[Envelope, Envelope]:
    """Envelopes of the customer's and the agent's channel.

    Raises:
        OSError: The file is missing or no Ogg Opus file.
    """
    customer, agent = Envelope(DECODED_RATE), Envelope(DECODED_RATE)
    for block in decoded(path):
        customer.push(block[:, 0])
        agent.push(block[:, 1])
    return customer, agent
