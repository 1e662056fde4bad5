"""The recording of a call: left the customer, right the agent as really played, streamed to disk as Ogg Opus."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from agent.record.waveform import Envelope
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
_HOLD_BACK = RATE
"""Samples by which writing stays behind, so that late audio still finds its place."""
_LATE = RATE * 2
"""The customer's audio may come so late, in samples, before silence is written in its place."""
_LAG = RATE * 60 // 1000
"""A lag of the customer's audio that is no jitter."""
_log = logging.getLogger(__name__)
_LAG_LASTS = RATE
"""Samples for which a lag must last before it counts as a loss: after a stall a burst of late audio makes up for it."""


class _Track:
    """One channel on its way to the file: audio in order, what was lost filled with silence."""

    def __init__(self, lag: int, lasts: int) -> None:
        self._most_lag = lag
        self._lasts = lasts
        self._lags: deque[tuple[int, int]] = deque()
        self._waiting: list[NDArray[np.int16]] = []
        self.end = 0
        self.envelope = Envelope(RATE)

    def push(self, samples: NDArray[np.int16], at: int) -> int:
        """Append audio; silence goes before it where it has lagged behind the clock for a while."""
        self._lags.append((at, at - self.end))
        while self._lags[0][0] < at - self._lasts:
            self._lags.popleft()
        lag = min(lag for _, lag in self._lags)
        if lag > self._most_lag and at - self._lags[0][0] >= self._lasts * 9 // 10:
            self._append(np.zeros(lag, np.int16))
            self._lags.clear()
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
    """Puts both sides on one clock, which starts at the answer; holds two seconds in memory at most.

    Without a path nothing is written and the envelopes are kept all the same. Where the file cannot be written any
    more, `path` becomes None and the call goes on.
    """

    def __init__(self, path: Path | None) -> None:
        """Begin a recording in a file, whose folder is made where it is missing."""
        self.path = path
        self._customer = _Track(_LAG, _LAG_LASTS)
        self._agent = _Track(_PER_MS * 30, 0)
        self._up = Resampler(MIC_RATE, RATE)
        self._written = 0
        self._closed = False
        self._container: Any = None
        if path is not None:
            with self._giving_up_on_failure():
                self._open(path)

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
        self._write_behind(int(at_s * RATE))
        return position / _PER_MS

    def played(self, pcm: bytes, at_s: float) -> float:
        """Take audio of the agent (16-bit mono at SPEAKER_RATE) as it goes out; returns its place in ms."""
        position = self._agent.push(np.frombuffer(pcm, np.int16), int(at_s * RATE))
        self._write_behind(int(at_s * RATE))
        return position / _PER_MS

    def close(self) -> int:
        """Write what waits and end the file; returns its length in ms. A second call only returns the length."""
        if not self._closed:
            self._closed = True
            end = max(self._customer.end, self._agent.end)
            self._write_until(-(-end // _FRAME) * _FRAME)
            if self._container is not None:
                with self._giving_up_on_failure():
                    self._container.mux(self._stream.encode(None))
                    self._container.close()
                    _sync(self.path)
        return self._written // _PER_MS

    def _write_behind(self, now: int) -> None:
        """Write what will not change any more."""
        self._write_until(max(min(now - _HOLD_BACK, self._customer.end), now - _LATE))

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
                with self._giving_up_on_failure():
                    self._container.mux(self._stream.encode(frame))
            self._written += _FRAME

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(str(path), "w", format="ogg", options={"flush_packets": "1"})
        options = {"application": "voip", "frame_duration": str(FRAME_MS)}
        self._stream = self._container.add_stream(
            "libopus", rate=RATE, layout="stereo", bit_rate=BIT_RATE, options=options
        )

    @contextmanager
    def _giving_up_on_failure(self) -> Iterator[None]:
        """Go on without a file where it cannot be written; what it holds by then stays there."""
        try:
            yield
        except (OSError, av.FFmpegError) as error:
            _log.error("the recording cannot be written any more: %s", type(error).__name__)
            self.path = self._container = None


def _sync(path: Path | None) -> None:
    """Bring a file to the disk."""
    if path is not None:
        with path.open("rb") as file:
            os.fsync(file.fileno())
