"""Stub engines: ears that know what a simulated customer says, a mouth that hums; what is left is riskcall's own cost.

Delays are those that riskcall is compared with other systems on: words 150 ms behind speech, a final transcript 50 ms
after it is asked for, speech 80 ms after its text.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

import numpy as np

from agent.speech.engine import (
    HEARING_RATE,
    NOTHING_HEARD,
    Hints,
    Partial,
    Recognizer,
    SpeechChunk,
    Transcript,
    WordMark,
)
from agent.speech.engine import Utterance as EngineUtterance
from agent.speech.errors import EngineFailedError
from cases.domain.vocabulary import Language
from telephony.simulated import SimulatedLeg

WORDS_BEHIND_S = 0.15
FINAL_S = 0.05
FIRST_AUDIO_S = 0.08
LETTER_MS = 65
"""Time that a letter takes, in both directions."""
STUB_RATE = 22_050
"""Sample rate of the stub voice: that of most Piper voices, so that resampling is part of the cost."""
_ONSET = 300
_WORDS_A_CHUNK = 4


class Truth:
    """What one simulated customer says, as a recogniser of one call would make it out."""

    def __init__(self, leg: SimulatedLeg) -> None:
        """Listen in on a line."""
        self._leg = leg
        self._told = 0

    def so_far(self, spoken_ms: float) -> str:
        """The words of the newest line that no transcript held yet, after so much of it was heard."""
        text = self._leg.spoken[-1].text if len(self._leg.spoken) > self._told else ""
        letters = max(0, int(spoken_ms / LETTER_MS))
        if letters >= len(text):
            return text
        return text[:letters].rpartition(" ")[0]

    def whole(self) -> str:
        """All lines that no transcript held yet; from now on one did."""
        lines = self._leg.spoken[self._told :]
        self._told = len(self._leg.spoken)
        return " ".join(line.text for line in lines)


class StubEars:
    """Hears one call without listening; satisfies agent.speech.engine.Recognizer."""

    name = "stub"
    model = "true words"

    def __init__(self, leg: SimulatedLeg, *, fails_at: int | None = None) -> None:
        """Know the words of a line.

        Args:
            leg: Whose customer is heard.
            fails_at: Which utterance breaks, from 1; None for none.
        """
        self._truth = Truth(leg)
        self._fails_at = fails_at
        self._begun = 0

    def hears(self, language: Language) -> bool:
        """Every language."""
        return True

    async def warm(self) -> None:
        """Nothing is loaded."""

    def begin(self, hints: Hints) -> StubUtterance:
        """Open an utterance."""
        self._begun += 1
        return StubUtterance(self._truth, fails=self._begun == self._fails_at)

    async def aclose(self) -> None:
        """Nothing is held."""


class StubUtterance:
    """Tells the true words, as late as a good recogniser would."""

    def __init__(self, truth: Truth, *, fails: bool) -> None:
        """Begin without words."""
        self._truth = truth
        self._fails = fails
        self._spoken_ms: float | None = None
        self._said = ""
        self._heard: Transcript | None = None

    async def feed(self, pcm: bytes) -> Partial | None:
        """Take audio.

        Raises:
            EngineFailedError: This utterance was chosen to break.
        """
        if self._fails:
            raise EngineFailedError("The stub recogniser was asked to break.")
        if self._heard is not None:
            return None
        text = self._truth.so_far(self._elapsed_ms(pcm) - WORDS_BEHIND_S * 1000)
        if text == self._said:
            return None
        self._said = text
        return Partial(text, text, 0.95)

    async def finish(self) -> Transcript:
        """What was really said."""
        if self._heard is None:
            self._heard = NOTHING_HEARD
            await asyncio.sleep(FINAL_S)
            text = self._truth.whole()
            self._heard = Transcript(text, 0.95) if text else NOTHING_HEARD
        return self._heard

    async def discard(self) -> None:
        """End without a result."""
        if self._heard is None:
            self._heard = NOTHING_HEARD
            self._truth.whole()

    def _elapsed_ms(self, pcm: bytes) -> float:
        """Time since the first loud sample of the utterance."""
        if self._spoken_ms is None:
            loud = np.flatnonzero(np.abs(np.frombuffer(pcm, np.int16).astype(np.int32)) > _ONSET)
            if not loud.size:
                return 0.0
            pcm = pcm[int(loud[0]) * 2 :]
            self._spoken_ms = 0.0
        self._spoken_ms += len(pcm) * 500 / HEARING_RATE
        return self._spoken_ms


class RewordedEars:
    """A recognizer that does its work and whose words are then replaced by the true ones.

    For models whose weights are random: their cost is real, their words are not. Satisfies
    agent.speech.engine.Recognizer; the engine is shared by calls and closed by whoever made it.
    """

    def __init__(self, inner: Recognizer, leg: SimulatedLeg) -> None:
        """Let an engine hear a line."""
        self._inner = inner
        self._truth = Truth(leg)
        self.name = inner.name
        self.model = f"{inner.model}, words replaced"

    def hears(self, language: Language) -> bool:
        """As the engine."""
        return self._inner.hears(language)

    async def warm(self) -> None:
        """As the engine."""
        await self._inner.warm()

    def begin(self, hints: Hints) -> RewordedUtterance:
        """Open an utterance."""
        return RewordedUtterance(self._inner.begin(hints), self._truth)

    async def aclose(self) -> None:
        """The engine is not this call's to close."""


class RewordedUtterance:
    """An utterance whose words are replaced."""

    def __init__(self, inner: EngineUtterance, truth: Truth) -> None:
        """Replace the words of an utterance."""
        self._inner = inner
        self._truth = truth
        self._fed = 0
        self._said = ""
        self._heard: Transcript | None = None

    async def feed(self, pcm: bytes) -> Partial | None:
        """As the engine; the true words of what its hypothesis covers."""
        self._fed += len(pcm)
        partial = await self._inner.feed(pcm)
        if partial is None:
            return None
        covered = self._fed * 500 / HEARING_RATE if partial.covered_ms is None else float(partial.covered_ms)
        text = self._truth.so_far(covered)
        if not text or text == self._said:
            return None
        self._said = text
        return Partial(text, text, 0.95, partial.covered_ms)

    async def finish(self) -> Transcript:
        """As the engine, with the true words."""
        await self._inner.finish()
        if self._heard is None:
            text = self._truth.whole()
            self._heard = Transcript(text, 0.95) if text else NOTHING_HEARD
        return self._heard

    async def discard(self) -> None:
        """As the engine."""
        await self._inner.discard()
        if self._heard is None:
            self._heard = NOTHING_HEARD
            self._truth.whole()


class StubMouth:
    """Hums every text, a letter every LETTER_MS; satisfies agent.speech.engine.Synthesizer."""

    name = "stub"
    model = "hum"
    sample_rate = STUB_RATE

    def __init__(self, *, fails: Callable[[], bool] = lambda: False) -> None:
        """Hum.

        Args:
            fails: Asked before each text; where true, the text breaks off after its first words.
        """
        self._fails = fails
        count = STUB_RATE * 10
        wave = np.sin(2 * np.pi * 180 * np.arange(count) / STUB_RATE)
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * 4 * np.arange(count) / STUB_RATE)
        self._hum = (6000 * wave * swell).astype(np.int16).tobytes()

    def speaks(self, language: Language) -> bool:
        """Every language."""
        return True

    async def warm(self) -> None:
        """Nothing is loaded."""

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """Hum a text, word by word.

        Raises:
            EngineFailedError: This text was chosen to break.
        """
        fails = self._fails()
        await asyncio.sleep(FIRST_AUDIO_S)
        words = text.split() or [text]
        at_ms = 0
        for place in range(0, len(words), _WORDS_A_CHUNK):
            marks = []
            began_ms = at_ms
            for word in words[place : place + _WORDS_A_CHUNK]:
                marks.append(WordMark(word, at_ms))
                at_ms += LETTER_MS * (len(word) + 1)
            yield SpeechChunk(self._audio(at_ms - began_ms), tuple(marks))
            if fails:
                raise EngineFailedError("The stub voice was asked to break.")

    async def aclose(self) -> None:
        """Nothing is held."""

    def _audio(self, length_ms: int) -> bytes:
        size = STUB_RATE * length_ms // 1000 * 2
        return (self._hum * (size // len(self._hum) + 1))[:size]
