"""From livekit's AgentSession to a leg: paced speech, accounted for by the recorder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import numpy as np
from livekit import rtc
from livekit.agents.voice import io

from agent.call.turns.resuming import LONGEST_WORD_MS, back_ms
from agent.record.playback import Playback
from agent.record.recorder import Recorder
from telephony.leg import (
    FRAME_MS,
    SPEAKER_FRAME_BYTES,
    SPEAKER_RATE,
    Leg,
)

DUCKED_GAIN = 0.25
"""Loudness of the agent while it is unsure whether the customer takes the floor: -12 dB."""
FADE_SAMPLES = SPEAKER_RATE * 5 // 1000
"""Length of the fade where speech is cut or taken up again: 5 ms, too short to hear, long enough not to click."""
LATE_S = 0.06
"""How far the pace may fall behind before it starts anew instead of catching up."""
_KEPT_BYTES = int(LONGEST_WORD_MS * SPEAKER_RATE / 1000 + FADE_SAMPLES) * 2
"""Audio that went out and is kept, in case it is said again."""
_FRAME_S = FRAME_MS / 1000
_FRAME = SPEAKER_RATE * FRAME_MS // 1000


class LineOutput(io.AudioOutput):
    """The agent's side: speech, and what sounds between its utterances; 20 ms frames to the leg and to the recorder.

    livekit's `pause`, `resume` and `clear_buffer` and the hearing's `duck`, `hold` and `release` act at the next
    frame. What fell silent in the middle of a word goes on at the beginning of that word.
    `playback_finished` is given exactly once for each utterance.
    """

    def __init__(
        self,
        leg: Leg,
        recorder: Recorder,
        answered_at: float,
        *,
        clear_to_start: Callable[[], bool],
        on_start: Callable[[Playback], None],
        on_progress: Callable[[Playback], None],
        on_sent: Callable[[bytes, float], None] | None = None,
    ) -> None:
        """Take the line's loudspeaker.

        Args:
            leg: The line.
            recorder: Records what goes out.
            answered_at: The event loop's time at which the recording begins.
            clear_to_start: Whether an utterance may begin now; asked before its first frame.
            on_start: Called as the first frame of an utterance is about to go out.
            on_progress: Called after every frame.
            on_sent: Called with every frame as it went out and its place in the recording, ms.
        """
        super().__init__(label="line", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=SPEAKER_RATE)
        self._leg = leg
        self._recorder = recorder
        self._answered_at = answered_at
        self._clear_to_start = clear_to_start
        self._on_start = on_start
        self._on_progress = on_progress
        self._on_sent = on_sent
        self._next: Playback | None = None
        self._playing: Playback | None = None
        self._waiting = bytearray()
        self._said = bytearray()
        self._faded = 0
        self._flushed = False
        self._paused = False
        self._held = False
        self._ended = False
        self._gain = 1.0
        self._target_gain = 1.0
        self._sounding = False
        self._wake = asyncio.Event()
        self._between: Callable[[], bytes] | None = None

    @property
    def playing(self) -> Playback | None:
        """The utterance whose audio is at hand, playing or held, or None."""
        return self._playing

    @property
    def audible(self) -> bool:
        """Whether an utterance has begun and is not over, even while it is held."""
        return self._playing is not None and self._playing.started

    @property
    def held(self) -> bool:
        """Whether speech is held."""
        return self._held

    @property
    def left_ms(self) -> float:
        """Audio of the utterance that has not gone out, ms; without end while more is being made."""
        if self._playing is not None and not self._flushed:
            return float("inf")
        return len(self._waiting) / 2 / SPEAKER_RATE * 1000

    def end(self) -> None:
        """The line is gone: nothing goes out any more."""
        self._ended = True

    def between(self, source: Callable[[], bytes] | None) -> None:
        """Have something sound whenever the agent does not speak: music, a person.

        Args:
            source: Gives the next frame of SPEAKER_FRAME_BYTES, every 20 ms; None for silence again.
        """
        self._between = source
        self._wake.set()

    def announce(self, playback: Playback) -> None:
        """Say whose audio the next captured frame begins."""
        self._next = playback

    def duck(self, on: bool) -> None:
        """Speak more softly, or at full loudness again."""
        self._target_gain = DUCKED_GAIN if on else 1.0

    def hold(self) -> None:
        """Fall silent and keep the place; nothing to do where nothing sounds."""
        self._held = self.audible

    def release(self) -> None:
        """Go on where `hold` stopped, or at the beginning of the word that it cut; at full loudness again."""
        self._held = False
        self._target_gain = 1.0
        self._wake.set()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take audio, faster than real time."""
        await super().capture_frame(frame)
        if self._playing is None:
            self._playing, self._next = self._next or Playback(), None
        self._flushed = False
        self._waiting += bytes(frame.data)
        self._wake.set()

    def flush(self) -> None:
        """Mark the end of the utterance."""
        super().flush()
        if self._playing is not None:
            self._flushed = True
            self._wake.set()

    def clear_buffer(self) -> None:
        """Cut the utterance off."""
        playing = self._playing
        if playing is None:
            return
        if self._sounding:
            self._send_tail()
        self._finish(playing, complete=False)

    def pause(self) -> None:
        """Fall silent until `resume`."""
        super().pause()
        self._paused = True

    def resume(self) -> None:
        """Go on."""
        super().resume()
        self._paused = False
        self._wake.set()

    async def run(self) -> None:
        """Send frames at their times until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if not self._ready():
                self._wake.clear()
                if self._over():
                    continue
                if self._between is None or self._ended:
                    await self._idle()
                    due = max(due, loop.time())
                    continue
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
                continue
            if -wait > LATE_S:
                due = loop.time()
            if self._ready():
                self._send(loop.time())
            elif self._sounding:
                self._send_tail()
            elif self._between is not None:
                self._fill(self._between(), loop.time())
            due += _FRAME_S

    def _fill(self, frame: bytes, now: float) -> None:
        """Send what sounds between utterances."""
        self._leg.play(frame)
        place = self._recorder.played(frame, now - self._answered_at)
        if self._on_sent is not None:
            self._on_sent(frame, place)

    async def _idle(self) -> None:
        """Wait for something to do; an utterance that waits for the customer to finish is looked at every frame."""
        if self._sounding and (self._held or self._paused):
            self._send_tail()
        self._sounding = False
        if self._playing is not None and not self._playing.started and self._waiting:
            await asyncio.sleep(_FRAME_S / 2)
        else:
            await self._wake.wait()

    def _ready(self) -> bool:
        playing = self._playing
        if playing is None or self._held or self._paused or self._ended or not self._waiting:
            return False
        if len(self._waiting) < SPEAKER_FRAME_BYTES and not self._flushed:
            return False
        return playing.started or self._clear_to_start()

    def _over(self) -> bool:
        """Finish an utterance of which everything has gone out."""
        playing = self._playing
        if playing is None or not self._flushed or self._waiting or self._held or self._paused or self._ended:
            return False
        self._finish(playing, complete=True)
        return True

    def _send(self, now: float) -> None:
        playing = self._playing
        assert playing is not None  # _ready said so
        if not playing.started:
            self._on_start(playing)
            self.on_playback_started(created_at=0.0)
        self._rewind(playing)
        taken = bytes(self._waiting[:SPEAKER_FRAME_BYTES])
        del self._waiting[:SPEAKER_FRAME_BYTES]
        samples = np.frombuffer(taken, np.int16)
        frame = self._shaped(samples)
        self._sounding = True
        self._out(frame, taken, playing, now)
        self._on_progress(playing)

    def _shaped(self, samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> bytes:
        """A full frame at the loudness wanted, faded in after a pause."""
        if self._gain == self._target_gain == 1.0 and self._sounding:
            return samples.tobytes().ljust(SPEAKER_FRAME_BYTES, b"\0")
        from_gain = self._gain if self._sounding else self._target_gain
        curve = np.linspace(from_gain, self._target_gain, samples.size, dtype=np.float32)
        if not self._sounding:
            fade = min(FADE_SAMPLES, samples.size)
            curve[:fade] *= np.linspace(0.0, 1.0, fade, dtype=np.float32)
        self._gain = self._target_gain
        return (samples * curve).astype(np.int16).tobytes().ljust(SPEAKER_FRAME_BYTES, b"\0")

    def _send_tail(self) -> None:
        """Fade the next few samples out, so that a cut does not click."""
        playing = self._playing
        self._sounding = False
        if self._ended:
            return
        taken = bytes(self._waiting[: FADE_SAMPLES * 2])
        if playing is None or not taken:
            return
        del self._waiting[: FADE_SAMPLES * 2]
        samples = np.frombuffer(taken, np.int16)
        faded = samples * np.linspace(self._gain, 0.0, samples.size, dtype=np.float32)
        frame = faded.astype(np.int16).tobytes().ljust(SPEAKER_FRAME_BYTES, b"\0")
        self._out(frame, taken, playing, asyncio.get_running_loop().time())
        self._faded = samples.size

    def _out(self, frame: bytes, taken: bytes, playing: Playback, now: float) -> None:
        """Send a frame, which holds these bytes of the utterance."""
        self._leg.play(frame)
        place = self._recorder.played(frame, now - self._answered_at)
        playing.note(place, len(taken) // 2)
        if self._on_sent is not None:
            self._on_sent(frame, place)
        self._said += taken
        del self._said[:-_KEPT_BYTES]

    def _rewind(self, playing: Playback) -> None:
        """After a cut, take back what was faded out, and with it the word in which the cut fell."""
        faded, self._faded = self._faded, 0
        if not faded:
            return
        said = np.frombuffer(bytes(self._said[: -faded * 2]), np.int16)
        cut = playing.position - faded
        starts = [mark.start_ms for mark in playing.marks]
        word = round(back_ms(starts, cut * 1000 / SPEAKER_RATE, said, SPEAKER_RATE) * SPEAKER_RATE / 1000)
        back = faded + min(word, said.size)
        self._waiting[:0] = self._said[-back * 2 :]
        del self._said[-back * 2 :]
        playing.rewind(back)

    def _finish(self, playing: Playback, *, complete: bool) -> None:
        playing.over = True
        playing.complete = complete
        self._playing = None
        self._waiting.clear()
        self._said.clear()
        self._faded = 0
        self._flushed = self._paused = self._held = False
        self._sounding = False
        self._gain = self._target_gain = 1.0
        self.on_playback_finished(playback_position=playing.played_ms / 1000, interrupted=not complete)
