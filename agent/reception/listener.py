"""What a caller says to the reception, as words in each of its languages; nothing of it is kept."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping

from agent.call.ears import Ears
from agent.call.turns.echo import EchoGuard
from agent.reception.codes import expected
from agent.speech.engine import NOTHING_HEARD, Hints, Recognizer, Transcript
from agent.speech.errors import SpeechError
from agent.speech.vad import WINDOW_MS, WINDOW_SAMPLES, SpeechProbe
from cases.domain.vocabulary import Language
from telephony.leg import FRAME_MS

PAUSE_MS = 350.0
"""Silence after which an utterance is over: people read codes in groups, and each is heard by itself."""
LONGEST_MS = 15_000.0
"""An utterance is cut here."""
VOICE_MS = 250.0
"""So much speech stops the reception's words."""
PRE_ROLL_WINDOWS = 10
"""Windows before the beginning of speech that belong to it."""
_WINDOW_BYTES = WINDOW_SAMPLES * 2
_log = logging.getLogger(__name__)

Said = Mapping[Language, Transcript]
"""One utterance as each language's recognizer heard it."""


class Listener:
    """Hears one caller."""

    def __init__(
        self,
        recognizers: Mapping[Language, Recognizer],
        *,
        on_voice: Callable[[], None],
        on_said: Callable[[Said], None],
        new_probe: Callable[[], SpeechProbe] = SpeechProbe,
    ) -> None:
        """Hear with recognizers.

        Args:
            recognizers: Hear each language.
            on_voice: Called as long as the caller speaks.
            on_said: Is given each utterance.
            new_probe: Makes the detector of speech.
        """
        self._recognizers = recognizers
        self._on_voice = on_voice
        self._on_said = on_said
        self._new_probe = new_probe
        self._echo = EchoGuard()
        self._ears = Ears(self._echo)
        self._at_ms = 0.0
        self._pre_roll: deque[bytes] = deque(maxlen=PRE_ROLL_WINDOWS)
        self._utterance = bytearray()
        self._ended: asyncio.Queue[bytes] = asyncio.Queue()

    def played(self, frame: bytes) -> None:
        """The caller hears this frame now: what comes back of it is an echo."""
        self._echo.played(frame, self._at_ms)

    async def run(self, frames: AsyncIterator[bytes]) -> None:
        """Hear until the frames end.

        Raises:
            LegLostError: From the frames.
        """
        probe, rest = self._new_probe(), bytearray()
        decoding = asyncio.create_task(self._decode(), name="riskcall.reception.words")
        try:
            async for frame in frames:
                rest += frame
                for probability in probe.push(frame):
                    self._hear(bytes(rest[:_WINDOW_BYTES]), probability)
                    del rest[:_WINDOW_BYTES]
                self._at_ms += FRAME_MS
        finally:
            decoding.cancel()
            await asyncio.gather(decoding, return_exceptions=True)
            probe.close()

    def _hear(self, window: bytes, probability: float) -> None:
        activity = self._ears.activity
        if self._ears.hear(window, probability, self._at_ms - WINDOW_MS):
            self._utterance[:] = b"".join(self._pre_roll)
        self._pre_roll.append(window)
        if not activity.active:
            return
        self._utterance += window
        if activity.voiced_ms >= VOICE_MS and activity.silence_ms == 0 and not self._ears.only_echo:
            self._on_voice()
        if activity.silence_ms >= PAUSE_MS or activity.length_ms >= LONGEST_MS:
            if not self._ears.only_echo:
                self._ended.put_nowait(bytes(self._utterance))
            activity.done()
            self._utterance.clear()

    async def _decode(self) -> None:
        while True:
            pcm = await self._ended.get()
            languages = tuple(self._recognizers)
            heard = await asyncio.gather(*(self._words(pcm, language) for language in languages))
            self._on_said(dict(zip(languages, heard, strict=True)))

    async def _words(self, pcm: bytes, language: Language) -> Transcript:
        try:
            digits = await self._heard(pcm, Hints(language, expected(language), closed=True))
            # What is no digit is heard again, in all words.
            return digits if digits.text else await self._heard(pcm, Hints(language, expected(language)))
        except SpeechError as error:
            _log.warning("a caller is not heard in %s: %s", language.value, error.code)
            return NOTHING_HEARD

    async def _heard(self, pcm: bytes, hints: Hints) -> Transcript:
        utterance = self._recognizers[hints.language].begin(hints)
        try:
            await utterance.feed(pcm)
            return await utterance.finish()
        finally:
            await utterance.discard()
