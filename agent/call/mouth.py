"""The agent's mouth: sentences to audio at the line's rate; a second synthesizer takes over where the first fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from agent.speech.engine import SpeechChunk, Synthesizer, WordMark
from agent.speech.errors import EngineFailedError, SpeechError
from cases.domain.vocabulary import Language
from telephony.leg import SPEAKER_RATE
from telephony.pcm import Resampler

STALL_S = 2.0
"""A synthesizer that gives nothing for so long has failed."""
_BYTES_PER_MS = SPEAKER_RATE * 2 // 1000
_log = logging.getLogger(__name__)


class Mouth:
    """Speaks for one call; once the first synthesizer failed, the spare speaks the rest of the call."""

    def __init__(self, synthesizer: Synthesizer, spare: Synthesizer | None, language: Language) -> None:
        """Take the engines.

        Args:
            synthesizer: Speaks as long as it can.
            spare: Takes over, or None.
            language: Language of the call.
        """
        self._engines = [synthesizer] + ([spare] if spare is not None else [])
        self._language = language

    async def speak(self, text: str) -> AsyncIterator[SpeechChunk]:
        """Audio at SPEAKER_RATE as early as it comes; each word is marked once its audio has begun.

        Raises:
            SpeechError: No engine is left that could speak.
        """
        said_ms = 0.0
        marked: list[WordMark] = []
        rest = text
        while True:
            engine = self._engines[0]
            base_ms, repeated = said_ms, _letters(marked[-1].text) if marked else 0
            coming: list[WordMark] = []
            try:
                async with aclosing(_spoken(engine, rest, self._language)) as chunks:
                    async for chunk in chunks:
                        coming += [WordMark(mark.text, int(mark.start_ms + base_ms)) for mark in chunk.marks]
                        coming, repeated = _without(coming, repeated)
                        said_ms += len(chunk.pcm) / _BYTES_PER_MS
                        begun = [mark for mark in coming if mark.start_ms < said_ms]
                        del coming[: len(begun)]
                        marked += begun
                        yield SpeechChunk(chunk.pcm, tuple(begun))
                if coming:
                    yield SpeechChunk(b"", tuple(coming))
                return
            except SpeechError as error:
                if len(self._engines) == 1:
                    raise
                _log.warning("%s failed with %s; %s speaks on", engine.name, error.code, self._engines[1].name)
                del self._engines[0]
                rest = remainder(text, marked)


async def _spoken(engine: Synthesizer, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
    """Chunks of one engine at the line's rate; every failure and every stall is a SpeechError."""
    resampler = Resampler(engine.sample_rate, SPEAKER_RATE)
    async with aclosing(engine.synthesize(text, language)) as chunks:
        while True:
            try:
                async with asyncio.timeout(STALL_S):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                break
            except TimeoutError as error:
                raise EngineFailedError(f"{engine.name} gave no audio for {STALL_S} seconds.") from error
            yield SpeechChunk(resampler.push(chunk.pcm), chunk.marks)
    if tail := resampler.flush():
        yield SpeechChunk(tail)


def remainder(text: str, marked: Sequence[WordMark]) -> str:
    """What is left to say of a text whose audio broke off; the word that was cut is said again.

    Args:
        text: The whole text.
        marked: Its words whose audio had begun.
    """
    letters = sum(_letters(mark.text) for mark in marked[:-1])
    seen = 0
    for index, character in enumerate(text):
        if seen >= letters and not character.isspace():
            return text[index:]
        seen += not character.isspace()
    return text


def _letters(text: str) -> int:
    """Characters that are no spaces."""
    return len("".join(text.split()))


def _without(marks: list[WordMark], letters: int) -> tuple[list[WordMark], int]:
    """Marks without those of words that were marked before, and how many letters of them are still to come."""
    kept = list(marks)
    while kept and letters >= _letters(kept[0].text) > 0:
        letters -= _letters(kept.pop(0).text)
    return kept, letters if not kept else 0
