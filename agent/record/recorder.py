"""The recording of a call: left the customer, right the agent as really played, streamed to disk as Ogg Opus.

The customer's audio may be withheld until its words have been judged: what holds a secret is silenced in memory and
never reaches the disk (docs/adr/0008-secrets-are-silenced-before-the-disk.md).
"""

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
MOST_WITHHELD = RATE * 45
"""The customer's audio waits so long for its judgement, in samples; what nobody judged by then is silenced."""
MOST_AT_ONCE = 8
"""Frames written at one call of the recorder: encoding half a minute at once would hold up the voice."""
_log = logging.getLogger(__name__)
_LAG_LASTS = RATE
"""Samples for which a lag must last before it counts as a loss: after a stall a burst of late audio makes up for it."""


class _Track:
    """One channel on its way to the file: audio in order, what was lost filled with silence."""

    def __init__(self, lag: int, lasts: int) -> None:
        self._most_lag = lag
        self._lasts = lasts
        self._lags: deque[tuple[int, int]] = deque()
        self._waiting: deque[NDArray[np.int16]] = deque()
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
        taken: list[NDArray[np.int16]] = []
        while count:
            block = self._waiting.popleft()
            taken.append(block[:count])
            if block.size > count:
                self._waiting.appendleft(block[count:])
            count -= taken[-1].size
        return np.concatenate(taken)

    def _append(self, samples: NDArray[np.int16]) -> None:
        self._waiting.append(samples)
        self.end += samples.size
        self.envelope.push(samples)


class _Silences:
    """Spans of the customer's channel that are silenced, in samples, in order and apart from each other."""

    def __init__(self) -> None:
        self.spans: list[tuple[int, int]] = []

    def add(self, start: int, end: int) -> None:
        """Silence one more span."""
        if start >= end:
            return
        apart = [span for span in self.spans if span[1] < start or end < span[0]]
        joined = [span for span in self.spans if span not in apart]
        span = (min([start, *(s for s, _ in joined)]), max([end, *(e for _, e in joined)]))
        self.spans = sorted([*apart, span])

    def applied(self, samples: NDArray[np.int16], at: int) -> NDArray[np.int16]:
        """Samples that begin at a place, with zeros where they are silenced."""
        inside = [span for span in self.spans if span[0] < at + samples.size and at < span[1]]
        if not inside:
            return samples
        quiet = samples.copy()
        for start, end in inside:
            quiet[max(0, start - at) : max(0, end - at)] = 0
        return quiet


class Recorder:
    """Puts both sides on one clock, which starts at the answer.

    It holds two seconds in memory, with `withhold` also what was not released yet, MOST_WITHHELD at most. Without a
    path nothing is written and the envelopes, which know nothing of what is silenced, are kept all the same. Where the
    file cannot be written any more, `path` becomes None and the call goes on.
    """

    def __init__(self, path: Path | None, *, withhold: bool = False) -> None:
        """Begin a recording in a file, whose folder is made where it is missing.

        Args:
            path: The file, or None.
            withhold: Whether the customer's audio waits for `release` before it is written; what is never released
                is silence in the file.
        """
        self.path = path
        self._withhold = withhold
        self._released = 0
        self._silences = _Silences()
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

    @property
    def muted(self) -> tuple[tuple[int, int], ...]:
        """Spans in which the customer's channel holds silence in place of what was said, (start, end) in ms."""
        return tuple((start // _PER_MS, -(-end // _PER_MS)) for start, end in self._silences.spans)

    def mute(self, from_ms: float, until_ms: float) -> None:
        """Silence the customer's channel in a span; what is in the file already stays as it is."""
        self._silences.add(max(int(from_ms * _PER_MS), self._written), int(until_ms * _PER_MS))

    def release(self, until_ms: float) -> None:
        """Let the customer's audio up to here be written: what it says is judged."""
        self._released = max(self._released, int(until_ms * _PER_MS))

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
            self._silence_unjudged(self._customer.end)
            self._write_until(-(-end // _FRAME) * _FRAME)
            if self._container is not None:
                with self._giving_up_on_failure():
                    self._container.mux(self._stream.encode(None))
                    self._container.close()
                    _sync(self.path)
        return self._written // _PER_MS

    def _write_behind(self, now: int) -> None:
        """Write what will not change any more."""
        end = max(min(now - _HOLD_BACK, self._customer.end), now - _LATE)
        if self._withhold:
            self._silence_unjudged(now - MOST_WITHHELD)
            end = min(end, self._released)
        self._write_until(min(end, self._written + MOST_AT_ONCE * _FRAME))

    def _silence_unjudged(self, until: int) -> None:
        """Give up waiting for a judgement on what lies before a sample."""
        if self._withhold and self._released < until:
            self._silences.add(max(self._released, self._written), until)
            self._released = until

    def _write_until(self, end: int) -> None:
        while self._written + _FRAME <= end:
            left = self._silences.applied(self._customer.take(_FRAME, self._written), self._written)
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
