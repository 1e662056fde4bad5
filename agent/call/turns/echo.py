"""Whether what the microphone brings is the agent's own voice coming back: over the line, or out of a loudspeaker.

Two questions, asked apart. Is there an echo, and how late: the waveform that came in is correlated with what was played
before it, which nobody else's speech resembles. What of a window is that echo: its power, band by band, against the
delayed reference times the gain of the path, which is learned where the echo was alone. Somebody who speaks over the
echo leaves power that it does not explain (double talk; ITU-T G.168 names both problems).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np

from agent.call.turns.activity import BEGIN_WINDOWS
from agent.call.turns.played import (
    BANDS_HZ,
    HOP,
    HUSH,
    PER_MS,
    RATE,
    WINDOW,
    Bands,
    Coming,
    Narrow,
    Played,
    Samples,
    powers,
)

LEAST_DELAY_MS, LONGEST_DELAY_MS = 5, 600
"""How late an echo comes back: never at once, at the latest through the network and both jitter buffers, twice."""
COMPARED_MS = 384
"""How much of the microphone's audio is compared with what was played."""
COMPARE_EVERY = 2
"""Windows between two comparisons while no echo is known: 64 ms."""
LOOK_EVERY = 6
"""The same while one is known: 192 ms."""
PEAK = 12.0
"""How far the correlation stands out at one delay, over its root mean square at all, where there may be an echo:
one comparison in a hundred of two voices that have nothing to do with each other does as much."""
SURE_PEAK = 22.0
"""What stands out so far is an echo, and its gains are measured."""
SAME_DELAY_MS = 2.0
"""Two comparisons agree on a delay within so much."""
NEAR_MS = 30.0
"""An echo that comes so little earlier or later goes the same way: both sides go by frames, and buffers adapt."""
REMEMBERED_DELAYS = 3
"""Delays of one way that an echo is expected after."""
APART_MS = COMPARED_MS
"""Two comparisons are each other's witnesses where they lie so far apart: they look at different sound."""
MEMORY_MS = 2_000
"""How long a comparison is remembered as a witness."""
LEAST_SOUND_MS = 112
"""Sound that both sides must hold to be compared: two onsets are alike whoever makes them."""
LIKE = 0.2
"""Least correlation of the two waveforms themselves: what stands out may be an onset that both have by chance."""
MOST_TRUST = 8
"""Comparisons in a row that must find nothing for a path that was found again and again to be forgotten: 1.5 s."""
HEADROOM = 4.0
"""Factor of power by which an echo may exceed what was learned of it: 6 dB."""
ONE_LEAST_DB, ONE_MOST_DB = 6.0, 12.0
"""The same for a band that is alone in exceeding it, after how far such bands did before: a room brings one harmonic
back far stronger than its neighbours, while whoever speaks shows in several bands."""
NOISE_HEADROOM = 8.0
"""The same for the noise of the line: 9 dB."""
NOISE_WINDOWS = 96
"""Windows of whose power, band by band, the quietest tenth is taken for noise: 3 s."""
SPREAD = 0.003
"""Part of the echo that a codec spreads as noise over every band: -25 dB."""
UNEXPLAINED = 0.3
"""Share of a window's power that may be left unexplained; more is somebody else's."""
UNEXPLAINED_BANDS = 2
"""The same for bands that hold some power: whoever speaks over an echo shows first where it is weak."""
ONLY_ECHO = 0.9
"""Share of an utterance's power that must be explained for it to be nothing but echo."""

MEASURED_WINDOWS = 8
"""Windows that the gains are measured on: 256 ms."""

_COMPARED = COMPARED_MS * PER_MS
_LEAST, _LONGEST = LEAST_DELAY_MS * PER_MS, LONGEST_DELAY_MS * PER_MS
_SAME = SAME_DELAY_MS * PER_MS
_FFT = 8_192
_BANDS = len(BANDS_HZ) - 1
_HZ = np.fft.rfftfreq(_FFT, 1 / RATE)
_TELEPHONE = ((_HZ > BANDS_HZ[0]) & (_HZ < BANDS_HZ[-1])).astype(np.float64)
_WHITENING = 0.8
"""Exponent of the phase transform (Knapp and Carter 1976): 1 lets every tone weigh the same, 0 the loudest most."""
_LEARN_DOWN, _LEARN_UP = 0.15, 0.05
_TAIL_DOWN, _TAIL_UP = 0.2, 0.3
"""Part of the way, in decibels, that a gain goes with each window."""
_LEAST_GAIN, _LEAST_TAIL = 1e-6, 0.1
_LEAST_FALL = 0.1
_SOME_POWER = 0.003
_ALONE = 0.1
_LOUD, _ONE_UP, _ONE_DOWN, _ONE_MARGIN_DB = 0.05, 0.5, 0.025, 3.0
_TAIL_QUANTILE, _TAIL_BANDS, _TAIL_ALONE = 0.85, 3, 4.0
_LONGEST_UTTERANCE = 128
_FAR_BELOW = 0.01


class EchoGuard:
    """Learns the echo of one call; all places are milliseconds in its recording."""

    def __init__(self) -> None:
        """Begin with nothing played and no echo known."""
        self._played = Played()
        self._narrow = Narrow.of_microphone()
        self._came = np.zeros(_COMPARED, np.float32)
        self._path: _Path | None = None
        self._seen: deque[tuple[int, int]] = deque()
        self._until_compared = COMPARE_EVERY
        self._quiet: deque[Bands] = deque(maxlen=NOISE_WINDOWS)
        self._noise: Bands = np.zeros(_BANDS)
        self._recent: deque[_Heard] = deque(maxlen=MEASURED_WINDOWS)
        self._unexplained: deque[_Heard] = deque(maxlen=_LONGEST_UTTERANCE)

    @property
    def delay_ms(self) -> float | None:
        """How late the echo comes back, or None where none is known."""
        return self._path.delay / PER_MS if self._path is not None else None

    def played(self, frame: bytes, at_ms: float) -> None:
        """Take what goes out (16-bit mono at SPEAKER_RATE), silence between utterances left out, and its place."""
        self._played.take(frame, at_ms)

    def speech_begins(self) -> None:
        """An utterance begins, with the windows that were heard last."""
        begin = self._recent[-1].end - BEGIN_WINDOWS * WINDOW if self._recent else 0
        while self._unexplained and self._unexplained[0].end <= begin:
            self._unexplained.popleft()

    @property
    def only_echo(self) -> bool:
        """Whether, by what is known of the echo now, all that was not explained of the utterance is echo too."""
        path = self._path
        if path is None:
            return False
        power = sum(float(heard.power.sum()) for heard in self._unexplained)
        rest = 0.0
        for heard in self._unexplained:
            echo = path.echo_of(self._coming(heard, path))
            rest += float(path.but_for_one(self._excess(heard, echo), echo).sum())
        return rest <= (1 - ONLY_ECHO) * power

    def explains(self, window: bytes, at_ms: float) -> bool:
        """Take one window (32 ms of 16-bit mono at MIC_RATE) and the place of its first sample.

        Returns:
            Whether the agent's own voice is all that is heard in it.
        """
        samples = self._narrow.push(window)
        self._came = np.concatenate((self._came[samples.size :], samples))
        heard = _Heard(powers(samples[None, -WINDOW:])[0], round(at_ms * PER_MS) + samples.size)
        self._recent.append(heard)
        self._quiet.append(heard.power)
        self._noise = np.partition(self._quiet, len(self._quiet) // 10, axis=0)[len(self._quiet) // 10]
        if self._played.sounded(heard.end, _LONGEST + WINDOW):
            self._until_compared -= 1
            if self._until_compared <= 0:
                self._compare(heard.end)
                self._until_compared = COMPARE_EVERY if self._path is None else LOOK_EVERY
            if self._path is not None and self._is_echo(heard, self._path):
                return True
        self._unexplained.append(heard)
        return False

    def _is_echo(self, heard: _Heard, path: _Path) -> bool:
        """Whether the echo, or nothing, is all that is heard; then the path is learned from it."""
        if float(heard.power.sum()) < WINDOW * HUSH**2:
            return True
        coming = self._coming(heard, path)
        echo = path.echo_of(coming)
        excess = self._excess(heard, echo)
        rest = path.but_for_one(excess, echo)
        bands = np.count_nonzero((rest > 0) & (heard.power > _SOME_POWER * heard.power.max()))
        if float(rest.sum()) > UNEXPLAINED * float(heard.power.sum()) or bands > UNEXPLAINED_BANDS:
            return False
        if float(excess.sum()) <= UNEXPLAINED * float(heard.power.sum()):
            path.learn(np.maximum(heard.power - self._noise, 0.0), coming, self._noise)
        return True

    def _coming(self, heard: _Heard, path: _Path) -> Coming:
        first, *others = (self._played.coming(heard.end - delay) for delay in path.delays)
        return first.or_else(others)

    def _compare(self, end: int) -> None:
        """Look for what came in last in what was played before it."""
        found = self._likest(end)
        if found is None:
            return
        peak, delay = found
        if peak < PEAK:
            if self._path is not None and self._path.missed():
                self._path = None
            return
        known = self._path is not None and abs(delay - self._path.delay) <= _SAME
        if not (known or peak >= SURE_PEAK or self._witnessed(delay, end)):
            return
        if self._path is None or not self._path.near(delay):
            self._path = _Path()
            self._path.found(delay, self._gains(delay))
        else:
            self._path.found(delay, self._gains(delay) if peak >= SURE_PEAK else None)

    def _witnessed(self, delay: int, end: int) -> bool:
        """Whether another comparison saw an echo at this delay; this one is remembered."""
        while self._seen and end - self._seen[0][0] > MEMORY_MS * PER_MS:
            self._seen.popleft()
        before = (seen for at, seen in self._seen if end - at >= APART_MS * PER_MS)
        witnessed = any(abs(delay - seen) <= _SAME for seen in before)
        self._seen.append((end, delay))
        return witnessed

    def _likest(self, end: int) -> tuple[float, int] | None:
        """Where in what was played before it what came in last stands out most.

        Returns:
            How far, 0 where it is not alike, and how long before, in samples; None where there is too little sound.
        """
        if _sound_ms(self._came) < LEAST_SOUND_MS:
            return None
        went = self._played.between(end - _COMPARED - _LONGEST, end - _LEAST)
        cross = np.fft.rfft(went, _FFT) * np.conj(np.fft.rfft(self._came, _FFT)) * _TELEPHONE
        whitened = cross / np.maximum(np.abs(cross), 1e-3) ** _WHITENING
        correlation = np.abs(np.fft.irfft(whitened, _FFT)[: _LONGEST - _LEAST + 1])
        best = int(correlation.argmax())
        match = went[best : best + _COMPARED]
        if _sound_ms(match) < LEAST_SOUND_MS:
            return None
        if _likeness(self._came, match) < LIKE:
            return 0.0, _LONGEST - best
        return float(correlation[best] / np.sqrt(np.mean(correlation * correlation))), _LONGEST - best

    def _gains(self, delay: int) -> Bands:
        """How much of each band came back in what was heard last; NaN where nothing tells."""
        went = np.array([self._played.coming(heard.end - delay).clear for heard in self._recent])
        came = np.array([np.maximum(heard.power - self._noise, 0.0) for heard in self._recent])
        ratios = np.where(went > 0, came / np.maximum(went, 1.0), np.nan)
        told = np.isfinite(ratios).any(axis=0)
        gains = np.full(_BANDS, np.nan)
        if told.any():
            gains[told] = np.nanmedian(ratios[:, told], axis=0)
        return gains

    def _excess(self, heard: _Heard, echo: Bands) -> Bands:
        """The power of a window, by band, that neither the echo nor the noise of the line explains."""
        explained = HEADROOM * echo + SPREAD * echo.sum() + NOISE_HEADROOM * self._noise
        return np.asarray(np.maximum(heard.power - explained, 0.0))


@dataclass(frozen=True, slots=True)
class _Heard:
    """One window of the microphone: its power by band, and where it ends, in samples."""

    power: Bands
    end: int


@dataclass(slots=True)
class _Path:
    """The way from the loudspeaker back.

    Attributes:
        delays: How much later the echo is, in samples: as it was found last, then before.
        gains: How much of the power of each band comes back; NaN where it is not known.
        tail: How strong the tail is, as a part of the most that a room makes of it.
        one_db: How far the band that exceeds what is expected most may do so.
        trust: How many comparisons may find nothing.
    """

    delays: tuple[int, ...] = ()
    gains: Bands = field(default_factory=lambda: np.full(_BANDS, np.nan))
    tail: float = 1.0
    one_db: float = ONE_MOST_DB
    trust: int = 1

    @property
    def delay(self) -> int:
        """How much later the echo was found last, in samples."""
        return self.delays[0]

    def near(self, delay: int) -> bool:
        """Whether an echo after this delay goes this way."""
        return abs(delay - self.delay) <= NEAR_MS * PER_MS

    @property
    def every_gain(self) -> Bands:
        """The gain of every band; that of the others where a band's own is not known."""
        known = np.isfinite(self.gains)
        return np.asarray(np.where(known, self.gains, np.median(self.gains[known]) if known.any() else 0.0))

    def echo_of(self, coming: Coming) -> Bands:
        """Power by band that comes back of what could."""
        return np.asarray(self.every_gain * np.maximum(coming.now, self.tail * coming.tail))

    def but_for_one(self, excess: Bands, echo: Bands) -> Bands:
        """What of an excess is left once a band that is all but alone in it has been granted more headroom."""
        rest = excess.copy()
        most = int(rest.argmax())
        if float(rest.sum() - rest[most]) > _ALONE * float(rest[most]):
            return rest
        rest[most] = max(0.0, rest[most] - (10 ** (self.one_db / 10) - HEADROOM) * echo[most])
        return rest

    def found(self, delay: int, gains: Bands | None) -> None:
        """The echo was found, with these gains where they were measured."""
        others = (one for one in self.delays if _SAME < abs(one - delay) <= NEAR_MS * PER_MS)
        self.delays = (delay, *others)[:REMEMBERED_DELAYS]
        self.trust = min(MOST_TRUST, self.trust + 2)
        if gains is None:
            return
        before = np.where(np.isfinite(self.gains), self.gains, gains)
        now = np.maximum(np.where(np.isfinite(gains), gains, before), _LEAST_FALL * before)
        self.gains = np.sqrt(np.maximum(before, _LEAST_GAIN) * np.maximum(now, _LEAST_GAIN))

    def missed(self) -> bool:
        """The echo was not found; whether it is not believed in any more."""
        self.trust -= 1
        return self.trust <= 0

    def learn(self, came: Bands, coming: Coming, noise: Bands) -> None:
        """Follow gains and tail where the echo was alone; gains faster down, for what is too high hides the customer.

        A single window tells no more than _LEAST_FALL: where noise is taken off, hardly anything may be left of it.

        Args:
            came: Power by band that came back, without the noise.
            coming: What could have come.
            noise: Noise of the line.
        """
        self._learn_one(came, self.echo_of(coming))
        every = self.every_gain
        gone = every * coming.tail
        alone = (gone > _TAIL_ALONE * every * coming.now) & (gone > _TAIL_ALONE * noise) & (coming.tail > 0)
        if np.count_nonzero(alone) >= _TAIL_BANDS:
            ratio = max(_LEAST_TAIL, float(np.quantile(came[alone] / gone[alone], _TAIL_QUANTILE)))
            step = _TAIL_DOWN if ratio < self.tail else _TAIL_UP
            self.tail = min(1.0, self.tail * (ratio / self.tail) ** step)
        told = (coming.clear > 0) & np.isfinite(self.gains)
        ratios = np.maximum(came / np.maximum(coming.clear, 1.0), np.maximum(_LEAST_FALL * self.gains, _LEAST_GAIN))
        steps = np.where(ratios < self.gains, _LEARN_DOWN, _LEARN_UP)
        self.gains = np.where(told, self.gains * (ratios / np.maximum(self.gains, _LEAST_GAIN)) ** steps, self.gains)

    def _learn_one(self, came: Bands, echo: Bands) -> None:
        """Follow how far single bands exceed the echo that is expected: most of them stay _ONE_MARGIN_DB below."""
        loud = (came > _LOUD * came.max()) & (echo > 0)
        if not loud.any():
            return
        over_db = 10 * float(np.log10(np.max(came[loud] / echo[loud]) + 1e-9))
        step = _ONE_UP if over_db > self.one_db - _ONE_MARGIN_DB else -_ONE_DOWN
        self.one_db = min(ONE_MOST_DB, max(ONE_LEAST_DB, self.one_db + step))


def _sound_ms(samples: Samples) -> float:
    """How much of some audio sounds: is no silence, and not far below the loudest of it."""
    blocks = (samples * samples).reshape(-1, HOP).mean(axis=1)
    return float(np.count_nonzero(blocks > max(HUSH**2, _FAR_BELOW * blocks.max()))) * HOP / PER_MS


def _likeness(one: Samples, other: Samples) -> float:
    """Correlation of two waveforms, 0 to 1; of their slopes, for low tones are much alike in all voices."""
    first, second = np.diff(one), np.diff(other)
    strength = float(np.dot(first, first)) * float(np.dot(second, second))
    return abs(float(np.dot(first, second))) / float(np.sqrt(max(strength, 1e-9)))
