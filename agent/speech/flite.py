"""flite, the Debian program: English, intelligible and dated; BSD licence."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator

from agent.speech.engine import SpeechChunk
from agent.speech.errors import EngineFailedError, EngineMissingError, LanguageUnsupportedError
from agent.speech.sentences import estimate_marks, split_sentences
from cases.domain.vocabulary import Language
from telephony.pcm import from_wav

VOICE = "slt"
"""Voice where none is named: the clearest of those that the package holds."""
_RATE = 16_000


class FliteSynthesizer:
    """Speaks with flite, a program run a sentence; satisfies agent.speech.engine.Synthesizer."""

    name = "flite"
    sample_rate = _RATE

    def __init__(self, voice: str = VOICE) -> None:
        """Speak with one of the voices that `flite -lv` lists at 16 kHz (slt, rms, awb, kal16)."""
        self._voice = voice
        self._warm = False

    @staticmethod
    def available() -> bool:
        """Whether the program is installed."""
        return shutil.which("flite") is not None

    @property
    def model(self) -> str:
        """Its voice."""
        return self._voice

    def speaks(self, language: Language) -> bool:
        """Whether this is English."""
        return language is Language.EN

    async def warm(self) -> None:
        """Run the program once, so that its pages are in memory.

        Raises:
            EngineMissingError: The program is not installed.
            EngineFailedError: It does not know the voice.
        """
        if self._warm:
            return
        if not self.available():
            raise EngineMissingError("flite is not installed; get it with `apt-get install flite`.")
        await self._speak("Ready.")
        self._warm = True

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """Speak a text sentence by sentence; flite gives no word times, so the marks are estimates.

        Raises:
            LanguageUnsupportedError: The language is not English.
            EngineFailedError: The program broke.
        """
        if not self.speaks(language):
            raise LanguageUnsupportedError("flite speaks English only.")
        at_ms = 0.0
        for sentence in split_sentences(text):
            pcm = await self._speak(sentence)
            end_ms = at_ms + len(pcm) / 2 / _RATE * 1000
            yield SpeechChunk(pcm, estimate_marks(sentence, at_ms, end_ms))
            at_ms = end_ms

    async def aclose(self) -> None:
        """Nothing is kept between texts."""

    async def _speak(self, sentence: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            "flite", "-voice", self._voice, "-t", sentence, "-o", "/dev/stdout",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            data, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                # Its pipe stays open until somebody has read it to the end.
                await process.communicate()
        try:
            pcm, rate = from_wav(data)
        except ValueError as error:
            raise EngineFailedError(
                f"flite gave no audio (status {process.returncode}); try the text again."
            ) from error
        if rate != _RATE:
            raise EngineFailedError(
                f"voice {self._voice!r} of flite speaks at {rate} Hz; choose slt, rms, awb or kal16."
            )
        return pcm
