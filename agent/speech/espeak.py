"""espeak-ng from the wheel `espeakng-loader`, through ctypes: English and Chinese, clear and robotic.

espeak-ng is GPL-3.0-or-later; it is loaded here and nowhere else. API: espeak-ng/speak_lib.h 1.52.
"""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

from agent.speech.engine import SpeechChunk, WordMark
from agent.speech.errors import EngineFailedError, EngineMissingError, LanguageUnsupportedError
from cases.domain.vocabulary import Language

VOICES = {Language.EN: "gmw/en", Language.ZH: "sit/cmn"}
"""Voice of each language where none is named."""
WORDS_PER_MINUTE = 165

_SYNCHRONOUS, _UTF8, _RATE, _END_PAUSE = 2, 1, 1, 0x1000
_EVENT_END, _EVENT_WORD = 0, 1


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))
_Sink = Callable[[bytes, list[tuple[int, int]]], bool]
"""Takes audio and (character position, millisecond) of words; returns whether to go on."""


class _Library:
    """libespeak-ng: one a process, one text at a time."""

    _instance: _Library | None = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        import espeakng_loader

        self._lib: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self.sample_rate = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        if self.sample_rate <= 0:
            raise EngineFailedError("espeak-ng does not start; reinstall the wheel with `pip install espeakng-loader`.")
        self._sink: _Sink | None = None
        self._callback = _Callback(self._on_audio)
        self._lib.espeak_SetSynthCallback(self._callback)

    @classmethod
    def get(cls) -> _Library:
        with cls._lock:
            if cls._instance is None:
                cls._instance = cls()
            return cls._instance

    def _on_audio(self, samples: Any, count: int, events: Any) -> int:
        words = []
        index = 0
        while events[index].type != _EVENT_END:
            if events[index].type == _EVENT_WORD:
                words.append((events[index].text_position - 1, events[index].audio_position))
            index += 1
        pcm = ctypes.string_at(samples, count * 2) if samples and count > 0 else b""
        assert self._sink is not None
        return 0 if self._sink(pcm, words) else 1

    def speak(self, text: str, voice: str, words_per_minute: int, sink: _Sink) -> None:
        """Synthesise into the sink; blocks until done or the sink says stop."""
        with self._lock:
            self._sink = sink
            if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
                raise EngineFailedError(
                    f"espeak-ng has no voice {voice!r}; choose one that `espeak-ng --voices` lists."
                )
            self._lib.espeak_SetParameter(_RATE, words_per_minute, 0)
            data = text.encode() + b"\0"
            if self._lib.espeak_Synth(data, len(data), 0, 1, 0, _UTF8, None, None) != 0:
                raise EngineFailedError("espeak-ng refused the text; try it again.")


class EspeakSynthesizer:
    """Speaks with espeak-ng; satisfies agent.speech.engine.Synthesizer. First audio within a few milliseconds."""

    name = "espeak-ng"

    def __init__(
        self, voices: Mapping[Language, str] | None = None, *, words_per_minute: int = WORDS_PER_MINUTE
    ) -> None:
        """Choose voices; nothing is loaded before `warm`.

        Args:
            voices: Voice by language; None takes VOICES.
            words_per_minute: Rate of speech.
        """
        self._voices = dict(voices or VOICES)
        self._rate = words_per_minute
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="espeak-ng")

    @staticmethod
    def available() -> bool:
        """Whether the wheel is installed."""
        return find_spec("espeakng_loader") is not None

    @property
    def model(self) -> str:
        """Its voices."""
        return "+".join(self._voices.values())

    @property
    def sample_rate(self) -> int:
        """Sample rate of the library, Hz."""
        return int(_Library.get().sample_rate)

    def speaks(self, language: Language) -> bool:
        """Whether it has a voice for this language."""
        return language in self._voices

    async def warm(self) -> None:
        """Load the library.

        Raises:
            EngineMissingError: The wheel is not installed.
            EngineFailedError: The library does not start.
        """
        if not self.available():
            raise EngineMissingError("espeak-ng is not installed; get it with `pip install espeakng-loader`.")
        await asyncio.get_running_loop().run_in_executor(self._thread, _Library.get)

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """Speak a text; chunks come as the library makes them, with its own word events.

        Raises:
            LanguageUnsupportedError: There is no voice for the language.
            EngineFailedError: The library broke.
        """
        if language not in self._voices:
            raise LanguageUnsupportedError(f"espeak-ng was given no voice for {language.value!r}.")
        if not text.strip():
            return
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[SpeechChunk | None] = asyncio.Queue()
        stopped = threading.Event()
        marker = _Marker(text)

        def sink(pcm: bytes, words: list[tuple[int, int]]) -> bool:
            chunk = SpeechChunk(pcm, marker.marks(words))
            if not stopped.is_set() and (chunk.pcm or chunk.marks):
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
            return not stopped.is_set()

        def work() -> None:
            try:
                _Library.get().speak(text, self._voices[language], self._rate, sink)
            finally:
                loop.call_soon_threadsafe(chunks.put_nowait, None)

        job = loop.run_in_executor(self._thread, work)
        try:
            while (chunk := await chunks.get()) is not None:
                yield chunk
            yield SpeechChunk(b"", marker.rest())
        finally:
            stopped.set()
            await job

    async def aclose(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class _Marker:
    """Cuts the text at the word events, so that the marks joined give all of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pending: tuple[int, int] | None = None

    def marks(self, words: list[tuple[int, int]]) -> tuple[WordMark, ...]:
        """Marks of words whose end is known now: a word ends where the next begins."""
        done = []
        for position, at_ms in words:
            if self._pending is None:
                self._pending = (0, at_ms)
                continue
            start, began_ms = self._pending
            if position <= start:
                continue
            if word := self._text[start:position].strip():
                done.append(WordMark(word, began_ms))
            self._pending = (position, at_ms)
        return tuple(done)

    def rest(self) -> tuple[WordMark, ...]:
        """The last word."""
        start, began_ms = self._pending or (0, 0)
        word = self._text[start:].strip()
        return (WordMark(word, began_ms),) if word else ()
