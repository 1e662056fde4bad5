"""What packets suffer on the way, and what a receiver makes of it."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from telephony.leg import FRAME_MS, MIC_RATE
from telephony.line.channel import Channel
from telephony.line.filters import Samples

MEAN_BURST = 2.0
"""How many packets are lost in a row, on average."""
_JITTER_QUANTILE = 1.96
"""95 % of a half-normal distribution lies below this many of its scales."""
_PER_MS = MIC_RATE // 1000
_FADE_MS = 60
"""A gap so long ends in silence."""
_FULL_MS = 10
_CROSS = 5 * _PER_MS
_PITCH = (MIC_RATE // 400, MIC_RATE // 66)
"""Shortest and longest pitch period that is looked for, samples."""
_MATCH = 20 * _PER_MS


class Network:
    """Loses packets in bursts and delays the rest; a jitter buffer of fixed depth plays them out.

    Loss follows Gilbert's model of two states: in the bad one every packet is lost, bursts last MEAN_BURST packets on
    average, and the share of lost packets is the channel's. Delay beyond the quickest packet is half normal with
    `jitter_ms` at its 95th percentile; the buffer is that deep, and what comes later counts as lost.
    """

    def __init__(self, channel: Channel, random: np.random.Generator) -> None:
        """Begin in the good state.

        Args:
            channel: Gives loss and jitter.
            random: Draws both.
        """
        self._random = random
        self._jitter = channel.jitter_ms / _JITTER_QUANTILE
        self.depth = math.ceil(channel.jitter_ms / FRAME_MS)
        self._recovers = 1 / MEAN_BURST
        self._fails = min(1.0, self._recovers * channel.loss / max(1e-9, 1 - channel.loss))
        self._always = channel.loss >= 1
        self._bad = False
        self._buffer: deque[bytes | None] = deque([None] * self.depth)

    def carry(self, payload: bytes) -> bytes | None:
        """Send a packet; what is due for playing now, or None where that is lost, late or not there yet."""
        chance = self._recovers if self._bad else self._fails
        if self._random.random() < chance:
            self._bad = not self._bad
        late = abs(self._random.normal(0.0, self._jitter)) > self.depth * FRAME_MS if self._jitter else False
        self._buffer.append(None if self._bad or self._always or late else payload)
        return self._buffer.popleft()


class Concealer:
    """Fills gaps as a receiver does: the last pitch period again and again, fading out (after G.711 Appendix I)."""

    def __init__(self) -> None:
        """Begin in silence."""
        self._past = np.zeros(_PITCH[1] + _MATCH + _CROSS, np.float32)
        self._lost = 0
        self._period = _PITCH[0]

    def good(self, frame: Samples) -> Samples:
        """Take a frame that came; after a gap it is faded in over what filled the gap."""
        if self._lost:
            filled = self._filling(_CROSS)
            slope = np.linspace(0.0, 1.0, _CROSS, dtype=np.float32)
            frame = np.concatenate((filled * (1 - slope) + frame[:_CROSS] * slope, frame[_CROSS:]))
            self._lost = 0
        self._past = np.concatenate((self._past, frame))[-self._past.size :]
        return frame

    def gap(self, size: int) -> Samples:
        """What is played in place of a frame of so many samples."""
        filled = self._filling(size)
        self._lost += size
        return filled

    def _filling(self, size: int) -> Samples:
        if self._lost == 0:
            self._period = self._pitch_period()
        at = np.arange(self._lost, self._lost + size)
        gain = np.clip((_FADE_MS * _PER_MS - at) / ((_FADE_MS - _FULL_MS) * _PER_MS), 0.0, 1.0)
        return np.asarray(self._past[self._past.size - self._period + at % self._period] * gain, np.float32)

    def _pitch_period(self) -> int:
        """The pitch period at the end of what was played: where it matches itself best."""
        recent = self._past[-_MATCH:]
        windows = np.lib.stride_tricks.sliding_window_view(self._past[: -_PITCH[0]], _MATCH)
        energy = np.sqrt((windows * windows).sum(axis=1) * (recent * recent).sum()) + 1e-6
        match = windows @ recent / energy
        return int(self._past.size - _MATCH - int(np.argmax(match)))
