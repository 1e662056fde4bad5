"""The recording of a call: left the customer, right the agent as really played, streamed to disk as Ogg Opus."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from agent.waveform import Envelope
from telephony.leg import FRAME_MS, MIC_RATE, SPEAKER_RATE
from telephony.pcm import Resampler

RATE = SPEAKER_RATE
"""Sample rate of both channels before encoding, Hz."""
BIT_RATE = 64_000
"""Bits a second of the two channels: enough that neither leaks into the other."""
MEDIA_TYPE = "audio/ogg"
SUFFIX = ".ogg"
_FRAME = RATE * FRAME_MS // 1000
_PER_MS = RATE // 1000
_HOLD_BACK_S = 0.7
"""How far writing stays behind, so that late audio still finds its place."""


class _Track:
    """One channel on its way to the file: audio in order, gaps filled with silence."""

    def __init__(self, tolerance_s: float) -> None:
        self._tolerance = int(tolerance_s * RATE)
        self._waiting: list[NDArray[np.int16]] = []
        self.end = 0
        self.envelope = Envelope(RATE)

    def push(self, samples: NDArray[np.int16], at: int) -> int:
        """Append audio; where it comes later than the tolerance after the last, silence goes before it."""
        if at - self.end > self._tolerance:
            self._append(np.zeros(at - self.end, np.int16))
        position = self.end
        self._append(samples)
        return position

    def take(self, count: int, written: int) -> NDArray[np.int16]:
        """Remove the next samples; silence where there are none yet."""
        if self.end < written + count:
            self._append(np.zeros(written + count - self.end, np.int16))
        joined = np.concatenate(self._waiting)
        self._waiting = [joined[count:]]
        return joined[:count]

    def _append(self, samples: NDArray[np.int16]) -> None:
        self._waiting.append(samples)
        self.end += samples.size
        self.envelope.push(samples)


class Recorder:
    """Puts both sides on one clock, which starts at the answer; holds less than a second in memory.

    Without a path nothing is written and the envelopes are kept all the same.
    """

    def __init__(self, path: Path | None) -> None:
        """Begin a recording.

        Raises:
            OSError: The file cannot be written.
        """
        self.path = path
        self._customer = _Track(tolerance_s=0.5)
        self._agent = _Track(tolerance_s=0.03)
        self._up = Resampler(MIC_RATE, RATE)
        self._written = 0
        self._closed = False
        self._container: Any = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._container = av.open(str(path), "w", format="ogg", options={"flush_packets": "1"})
            options = {"application": "voip", "frame_duration": str(FRAME_MS)}
            self._stream = self._container.add_stream(
                "libopus", rate=RATE, layout="stereo", bit_rate=BIT_RATE, options=options
            )

    @property
    def customer(self) -> Envelope:
        """The customer's channel so far."""
        return self._customer.envelope

    @property
    def agent(self) -> Envelope:
        """The agent's channel so far."""
        return self._agent.envelope

    @property
    def duration_ms(self) -> int:
        """Length of what came in so far."""
        return max(self._customer.end, self._agent.end) // _PER_MS

    @property
    def customer_ms(self) -> int:
        """Where the customer's channel ends."""
        return self._customer.end // _PER_MS

    def heard(self, pcm: bytes, at_s: float) -> float:
        """Take audio of the customer (16-bit mono at MIC_RATE).

        Args:
            pcm: The audio.
            at_s: When its first sample was captured, seconds from the answer.

        Returns:
            Where it lies in the recording, ms.
        """
        up = np.frombuffer(self._up.push(pcm), np.int16)
        position = self._customer.push(up, int(at_s * RATE))
        self._write_until(int((at_s - _HOLD_BACK_S) * RATE))
        return position / _PER_MS

    def played(self, pcm: bytes, at_s: float) -> float:
        """Take audio of the agent (16-bit mono at SPEAKER_RATE) as it goes out; returns its place in ms."""
        position = self._agent.push(np.frombuffer(pcm, np.int16), int(at_s * RATE))
        self._write_until(int((at_s - _HOLD_BACK_S) * RATE))
        return position / _PER_MS

    def close(self) -> int:
        """Write what waits and end the file; returns its length in ms. A second call only returns the length."""
        if not self._closed:
            self._closed = True
            end = max(self._customer.end, self._agent.end)
            self._write_until(-(-end // _FRAME) * _FRAME)
            if self._container is not None:
                self._container.mux(self._stream.encode(None))
                self._container.close()
                _sync(self.path)
        return self._written // _PER_MS

    def _write_until(self, end: int) -> None:
        while self._written + _FRAME <= end:
            left = self._customer.take(_FRAME, self._written)
            right = self._agent.take(_FRAME, self._written)
            if self._container is not None:
                frame = av.AudioFrame.from_ndarray(
                    np.stack((left, right), axis=1).reshape(1, -1), format="s16", layout="stereo"
                )
                frame.sample_rate = RATE
                frame.pts = self._written
                self._container.mux(self._stream.encode(frame))
            self._written += _FRAME


def _sync(path: Path | None) -> None:
    """Bring a file to the disk."""
    if path is not None:
        with path.open("rb") as file:
            os.fsync(file.fileno())
