"""What an engine that hears or speaks looks like from outside, and the values that pass between."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from cases.domain.vocabulary import Language
from telephony.leg import MIC_RATE

HEARING_RATE = MIC_RATE
"""Sample rate of audio given to a recognizer, Hz; 16-bit mono little endian."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What is likely to be heard now.

    Attributes:
        language: Language the call is held in.
        phrases: Expected answers to the question just asked, as plain words.
        closed: Whether nothing but the words of these phrases is expected, in any order; what else is said may then be
            heard as nothing.
    """

    language: Language
    phrases: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Partial:
    """An interim hypothesis while the customer is still speaking.

    Attributes:
        text: The best hypothesis so far.
        stable: The leading part of `text` that is not expected to change.
        confidence: 0 to 1; below one half the engine doubts that these words were spoken.
        covered_ms: How much of the utterance's audio the words are taken from, or None where it is all that was fed.
    """

    text: str
    stable: str
    confidence: float
    covered_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an utterance was understood as.

    Attributes:
        text: The words, empty where nothing in the engine's language was heard.
        confidence: 0 to 1; 0 for an empty text.
        alternatives: Other readings, best first, without `text`.
    """

    text: str
    confidence: float
    alternatives: tuple[str, ...] = ()


NOTHING_HEARD = Transcript("", 0.0)
"""The transcript of silence, noise or speech that the engine rejects."""


class Utterance(Protocol):
    """One stretch of customer audio on its way through a recognizer; used by one task at a time.

    After `finish` or `discard` the utterance is over: `feed` answers None and `finish` answers NOTHING_HEARD
    (or, after `finish`, the same transcript again).
    """

    async def feed(self, pcm: bytes) -> Partial | None:
        """Take 16-bit mono audio at HEARING_RATE, any whole number of samples; None where nothing new was heard.

        Raises:
            EngineFailedError: The engine broke; the utterance is over.
        """
        ...

    async def finish(self) -> Transcript:
        """End the utterance and return what was heard; the engine's share is given back.

        Raises:
            EngineFailedError: The engine broke; the utterance is over.
        """
        ...

    async def discard(self) -> None:
        """End the utterance without a result; a second call does nothing."""
        ...


class Recognizer(Protocol):
    """An engine that turns customer audio into words; shared by all calls."""

    @property
    def name(self) -> str:
        """The engine, for instance `pocketsphinx`."""
        ...

    @property
    def model(self) -> str:
        """The model it runs, as it stands in the call's record."""
        ...

    def hears(self, language: Language) -> bool:
        """Whether it transcribes this language."""
        ...

    async def warm(self) -> None:
        """Load what the first utterance needs; later calls return at once.

        Raises:
            EngineMissingError: Package or model is not there.
            EngineFailedError: The model does not load.
        """
        ...

    def begin(self, hints: Hints) -> Utterance:
        """Open an utterance; costs no waiting.

        Raises:
            LanguageUnsupportedError: The engine does not hear the language of the hints.
        """
        ...

    async def aclose(self) -> None:
        """Give back models and threads; a second call does nothing."""
        ...


@dataclass(frozen=True, slots=True)
class WordMark:
    """Where a word begins.

    Attributes:
        text: The word with the punctuation that follows it; all marks joined, spaces aside, give the spoken text.
        start_ms: Offset from the first sample of the utterance, ms.
    """

    text: str
    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """A piece of synthesised speech.

    Attributes:
        pcm: 16-bit mono little endian at the synthesizer's sample rate; may be empty where only marks come.
        marks: Words that begin within or after this piece and were not marked before, in order; offsets count
            from the start of the utterance.
    """

    pcm: bytes
    marks: tuple[WordMark, ...] = ()


class Synthesizer(Protocol):
    """An engine that turns words into audio; shared by all calls."""

    @property
    def name(self) -> str:
        """The engine, for instance `piper`."""
        ...

    @property
    def model(self) -> str:
        """The voices it speaks with, as they stand in the call's record and in the cache's keys."""
        ...

    @property
    def sample_rate(self) -> int:
        """Sample rate of every chunk, Hz; known once `warm` has returned."""
        ...

    def speaks(self, language: Language) -> bool:
        """Whether it has a voice for this language."""
        ...

    async def warm(self) -> None:
        """Load what the first utterance needs; later calls return at once.

        Raises:
            EngineMissingError: Package, program or voice is not there.
            EngineFailedError: The voice does not load.
        """
        ...

    def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """Speak a text; the first chunk comes as early as the engine can. Closing the generator stops the work.

        Raises:
            LanguageUnsupportedError: There is no voice for the language.
            EngineFailedError: The engine broke; chunks already given stay good.
        """
        ...

    async def aclose(self) -> None:
        """Give back models, processes and threads; a second call does nothing."""
        ...
