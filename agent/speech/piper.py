"""Piper: natural voices from local files, sentence by sentence.

piper-tts is GPL-3.0-or-later; it is loaded here and nowhere else.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agent.speech.engine import SpeechChunk, WordMark
from agent.speech.errors import EngineFailedError, EngineMissingError, LanguageUnsupportedError
from agent.speech.models import piper_file
from agent.speech.sentences import estimate_marks, split_sentences, split_words
from cases.domain.vocabulary import Language
from telephony.pcm import resample

_BEGIN, _END = "^", "$"
"""Phonemes that Piper puts around a sentence."""


class PiperSynthesizer:
    """Speaks with Piper; satisfies agent.speech.engine.Synthesizer."""

    name = "piper"

    def __init__(self, voices: Mapping[Language, str], models: Path) -> None:
        """Choose voices; they are loaded by `warm`.

        Args:
            voices: By language: an `.onnx` file with its `.onnx.json` beside it, or the name of a pulled voice. Voices
                that are not there are left out, except that one must be.
            models: Folder of pulled models.
        """
        self._named = dict(voices)
        self._files = {
            language: file for language, voice in voices.items() if (file := piper_file(voice, models)) is not None
        }
        self._voices: dict[Language, Any] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="piper")
        self._loading = asyncio.Lock()

    @property
    def model(self) -> str:
        """Its voices."""
        return "+".join(file.stem for file in self._files.values())

    @property
    def sample_rate(self) -> int:
        """Rate of the first voice, Hz; the others are brought to it. 0 before `warm`."""
        return next((int(voice.config.sample_rate) for voice in self._voices.values()), 0)

    def speaks(self, language: Language) -> bool:
        """Whether a voice for this language is there."""
        return language in self._files

    async def warm(self) -> None:
        """Load the voices.

        Raises:
            EngineMissingError: The package or every voice is missing.
            EngineFailedError: A voice does not load.
        """
        async with self._loading:
            if not self._voices:
                self._voices = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    async def synthesize(self, text: str, language: Language) -> AsyncIterator[SpeechChunk]:
        """Speak a text; words are marked where the voice tells its phonemes' lengths, else estimated.

        Raises:
            LanguageUnsupportedError: No voice for this language is there.
            EngineFailedError: The voice broke; chunks already given stay good.
        """
        if not self.speaks(language):
            raise LanguageUnsupportedError(
                f"Piper has no voice for {language.value!r}; get one with "
                f"`riskcall models pull {self._named.get(language, '')}`."
            )
        await self.warm()
        loop = asyncio.get_running_loop()
        stopped = threading.Event()
        at_ms = 0.0
        try:
            for sentence in split_sentences(text):
                chunk = await loop.run_in_executor(self._thread, self._speak, sentence, language, at_ms, stopped)
                at_ms += len(chunk.pcm) / 2 / self.sample_rate * 1000
                yield chunk
        finally:
            stopped.set()

    async def aclose(self) -> None:
        """Let voices and thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._voices = {}

    def _load(self) -> dict[Language, Any]:
        if find_spec("piper") is None:
            raise EngineMissingError("Piper is not installed; get it with `pip install 'riskcall[piper]'`.")
        if not self._files:
            pulls = " or ".join(f"`riskcall models pull {voice}`" for voice in self._named.values())
            raise EngineMissingError(f"No Piper voice is here; get one with {pulls}.")
        from piper import PiperVoice

        aligned = find_spec("onnx") is not None
        voices = {}
        for language, file in self._files.items():
            try:
                voices[language] = PiperVoice.load(file, include_alignments=aligned)
            except _breakages() as error:
                raise EngineFailedError(f"Piper voice {file} does not load ({error}); pull it again.") from error
        return voices

    def _speak(self, sentence: str, language: Language, at_ms: float, stopped: threading.Event) -> SpeechChunk:
        voice = self._voices[language]
        pieces: list[bytes] = []
        word_ms: list[float] = []
        end_ms, aligned = at_ms, True
        try:
            for piece in voice.synthesize(sentence, include_alignments=True):
                if stopped.is_set():
                    break
                aligned = aligned and piece.phoneme_alignments is not None
                if aligned:
                    word_ms += _word_starts(piece.phoneme_alignments, end_ms, piece.sample_rate)
                pieces.append(piece.audio_int16_bytes)
                end_ms += piece.audio_int16_array.size / piece.sample_rate * 1000
        except _breakages() as error:
            raise EngineFailedError(f"Piper broke at a sentence ({error}); try the text again.") from error
        words = split_words(sentence)
        if aligned and len(words) == len(word_ms):
            marks = tuple(WordMark(word, round(ms)) for word, ms in zip(words, word_ms, strict=True))
        else:
            marks = estimate_marks(sentence, at_ms, end_ms)
        return SpeechChunk(resample(b"".join(pieces), voice.config.sample_rate, self.sample_rate), marks)


def _breakages() -> tuple[type[Exception], ...]:
    """What a damaged voice raises; the classes of onnxruntime share no base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "RuntimeException")
    return (OSError, ValueError, KeyError, *(getattr(state, name) for name in names))


def _word_starts(alignments: list[Any], at_ms: float, rate: int) -> Iterator[float]:
    """Where each group of phonemes between spaces begins."""
    inside, samples = False, 0
    for phoneme in alignments:
        if phoneme.phoneme not in (_BEGIN, _END, " ") and not inside:
            yield at_ms + samples / rate * 1000
        if phoneme.phoneme not in (_BEGIN, _END):
            inside = phoneme.phoneme != " "
        samples += int(phoneme.num_samples)
