"""Piper: natural voices from local files, sentence by sentence.

piper-tts is GPL-3.0-or-later; it is loaded here and nowhere else.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Mapping
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
_FIRST_WORDS = {Language.EN: "Ready.", Language.ZH: "好。"}
"""Spoken once while a voice loads, so that the first sentence of a call is as quick as the next."""


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

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
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

        logging.getLogger("piper.voice").setLevel(logging.INFO)  # its DEBUG lines hold every text that is spoken
        voices = {}
        for language, file in self._files.items():
            try:
                voice = PiperVoice.load(file, include_alignments=find_spec("onnx") is not None)
                _say(voice, _FIRST_WORDS[language], 0.0, threading.Event())
            except ImportError as error:
                raise EngineMissingError(
                    f"Piper voice {file.stem} needs the package {error.name}; get it with "
                    "`pip install 'piper-tts[zh]'`, or choose another voice."
                ) from error
            except _breakages() as error:
                raise EngineFailedError(f"Piper voice {file} does not load ({error}); pull it again.") from error
            voices[language] = voice
        return voices

    def _speak(self, sentence: str, language: Language, at_ms: float, stopped: threading.Event) -> SpeechChunk:
        voice = self._voices[language]
        try:
            chunk = _say(voice, sentence, at_ms, stopped)
        except _breakages() as error:
            raise EngineFailedError(f"Piper broke at a sentence ({error}); try the text again.") from error
        return SpeechChunk(resample(chunk.pcm, voice.config.sample_rate, self.sample_rate), chunk.marks)


def _say(voice: Any, sentence: str, at_ms: float, stopped: threading.Event) -> SpeechChunk:
    """A sentence at the voice's own rate and level; brought to full scale by Piper, short ones would be too loud."""
    from piper import SynthesisConfig

    settings = SynthesisConfig(normalize_audio=False)
    pieces: list[bytes] = []
    phonemes: list[tuple[str, float]] = []
    end_ms, aligned = at_ms, True
    for piece in voice.synthesize(sentence, settings, include_alignments=True):
        if stopped.is_set():
            break
        aligned = aligned and piece.phoneme_alignments is not None
        if aligned:
            phonemes += _timed(piece.phoneme_alignments, end_ms, piece.sample_rate)
        pieces.append(piece.audio_int16_bytes)
        end_ms += piece.audio_int16_array.size / piece.sample_rate * 1000
    marks = _marks(sentence, phonemes) if aligned and phonemes else estimate_marks(sentence, at_ms, end_ms)
    return SpeechChunk(b"".join(pieces), marks)


def _breakages() -> tuple[type[Exception], ...]:
    """What a damaged voice raises; the classes of onnxruntime share no base of their own."""
    from google.protobuf.message import DecodeError
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    classes = [kind for kind in vars(state).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    return (OSError, ValueError, KeyError, TypeError, DecodeError, *classes)


def _timed(alignments: list[Any], at_ms: float, rate: int) -> list[tuple[str, float]]:
    """Each phoneme and where it begins; the end of the piece stands as a space."""
    timed, samples = [], 0
    for phoneme in alignments:
        if phoneme.phoneme != _BEGIN:
            symbol = " " if phoneme.phoneme == _END else phoneme.phoneme
            timed.append((symbol, at_ms + samples / rate * 1000))
        samples += int(phoneme.num_samples)
    return timed


def _marks(sentence: str, phonemes: list[tuple[str, float]]) -> tuple[WordMark, ...]:
    """Where each word begins: with its group of phonemes where there are as many groups as words.

    Numbers make several groups of a word, and Piper's phonemizer joins small words into one group. Words then take
    phonemes by their letters.
    """
    words = split_words(sentence)
    begins = [
        ms
        for index, (symbol, ms) in enumerate(phonemes)
        if symbol != " " and (index == 0 or phonemes[index - 1][0] == " ")
    ]
    if len(begins) == len(words):
        return tuple(WordMark(word, round(ms)) for word, ms in zip(words, begins, strict=True))
    guesses = estimate_marks(sentence, 0, len(phonemes) - 1)
    return tuple(WordMark(guess.text, round(phonemes[guess.start_ms][1])) for guess in guesses)
