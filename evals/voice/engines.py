"""The engines of one worker: chosen as a call's are, warmed once, and counted as work by the call's clock."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import replace
from pathlib import Path

from agent.brains.brain import Brain, BrainTurn, TurnContext
from agent.dialogue.lines import fixed_sentences
from agent.placements import SpokenEngines
from agent.speech.engine import Hints, Partial, Recognizer, SpeechChunk, Synthesizer, Transcript, Utterance
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.selection import choose_recognizer, choose_synthesizer
from agent.speech.sphinx import SphinxRecognizer
from agent.speech.vad import VAD_NAME
from agent.speech.voice import Voice
from cases.domain.call import Engines
from cases.domain.reading import Reading
from cases.domain.vocabulary import Language
from evals.voice.options import VoiceOptions
from prompts import load as load_prompts
from telephony.leg import Band

Work = Callable[[], AbstractContextManager[None]]
"""Opens a stretch in which the clock of the call treats what happens as work."""


class EngineStock:
    """Engines by language; each is warmed at its first use."""

    def __init__(self, options: VoiceOptions, cache: Path, brain: str, work: Work) -> None:
        """Load nothing yet.

        Args:
            options: Which engines.
            cache: Folder of fixed sentences as audio.
            brain: `name model` of the brain, for the record.
            work: Counts what engines do as work.
        """
        self._options = options
        self._cache = cache
        self._brain = brain
        self._work = work
        self._warm: dict[tuple[Language, Band], SpokenEngines | str] = {}
        self._decoders: dict[tuple[Language, Band], SphinxRecognizer] = {}

    async def get(self, language: Language, band: Band) -> SpokenEngines | str:
        """Warm engines, or why there are none for this language on lines of this band.

        pocketsphinx begins anew: a decoder hears a little differently after the words of other calls.

        Raises:
            UnknownEngineError: No engine has the name that the options give.
            EngineMissingError: The named engine is not present.
            EngineFailedError: An engine does not start.
        """
        wanted = (language, band)
        if wanted not in self._warm:
            with self._work():
                self._warm[wanted] = await self._make(language, band)
        elif (decoder := self._decoders.get(wanted)) is not None:
            with self._work():
                await decoder.aclose()
                await decoder.warm()
        return self._warm[wanted]

    async def aclose(self) -> None:
        """Let every engine go."""
        with self._work():
            for engines in self._warm.values():
                if isinstance(engines, SpokenEngines):
                    await engines.recognizer.aclose()
                    await engines.synthesizer.aclose()
                    if engines.spare is not None:
                        await engines.spare.aclose()

    async def _make(self, language: Language, band: Band) -> SpokenEngines | str:
        options = self._options
        speech = replace(options.speech, band=band)
        hears = choose_recognizer(options.asr, language, speech)
        speaks = choose_synthesizer(options.tts, language, speech)
        if hears.engine is None or speaks.engine is None:
            return hears.why if hears.engine is None else speaks.why
        voice = Voice(speaks.engine, self._cache, band=band)
        voice.keep(fixed_sentences(load_prompts(), language), language)
        spare: Synthesizer | None = None
        if voice.name != EspeakSynthesizer.name and EspeakSynthesizer.available():
            spare = EspeakSynthesizer()
            await spare.warm()
        if isinstance(hears.engine, SphinxRecognizer):
            self._decoders[language, band] = hears.engine
        await hears.engine.warm()
        await voice.warm()
        names = Engines(
            asr=f"{hears.engine.name} {hears.engine.model}",
            tts=f"{voice.name} {voice.model}",
            llm=self._brain,
            vad=VAD_NAME,
        )
        return SpokenEngines(
            CountedRecognizer(hears.engine, self._work),
            CountedSynthesizer(voice, self._work),
            CountedSynthesizer(spare, self._work) if spare is not None else None,
            names,
        )


class CountedRecognizer:
    """A recognizer whose work the clock knows of; satisfies agent.speech.engine.Recognizer."""

    def __init__(self, inner: Recognizer, work: Work) -> None:
        """Count another one's work."""
        self._inner = inner
        self._work = work
        self.name = inner.name
        self.model = inner.model

    def hears(self, language: Language) -> bool:
        """As the inner one."""
        return self._inner.hears(language)

    async def warm(self) -> None:
        """As the inner one."""
        with self._work():
            await self._inner.warm()

    def begin(self, hints: Hints) -> Utterance:
        """Open an utterance."""
        return CountedUtterance(self._inner.begin(hints), self._work)

    async def aclose(self) -> None:
        """As the inner one."""
        with self._work():
            await self._inner.aclose()


class CountedUtterance:
    """An utterance whose work the clock knows of."""

    def __init__(self, inner: Utterance, work: Work) -> None:
        """Count another one's work."""
        self._inner = inner
        self._work = work

    async def feed(self, pcm: bytes) -> Partial | None:
        """As the inner one."""
        with self._work():
            return await self._inner.feed(pcm)

    async def finish(self) -> Transcript:
        """As the inner one."""
        with self._work():
            return await self._inner.finish()

    async def discard(self) -> None:
        """As the inner one."""
        with self._work():
            await self._inner.discard()


class CountedSynthesizer:
    """A synthesizer whose work the clock knows of; satisfies agent.speech.engine.Synthesizer."""

    def __init__(self, inner: Synthesizer, work: Work) -> None:
        """Count another one's work."""
        self._inner = inner
        self._work = work
        self.name = inner.name
        self.model = inner.model

    @property
    def sample_rate(self) -> int:
        """As the inner one."""
        return self._inner.sample_rate

    def speaks(self, language: Language) -> bool:
        """As the inner one."""
        return self._inner.speaks(language)

    async def warm(self) -> None:
        """As the inner one."""
        with self._work():
            await self._inner.warm()

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """As the inner one."""
        async with aclosing(self._inner.synthesize(text, language)) as chunks:
            while True:
                with self._work():
                    chunk = await anext(chunks, None)
                if chunk is None:
                    return
                yield chunk

    async def aclose(self) -> None:
        """As the inner one."""
        with self._work():
            await self._inner.aclose()


class RemoteBrain:
    """A brain on another machine, which is waited for at real pace; satisfies agent.brains.brain.Brain."""

    def __init__(self, inner: Brain, waiting: Work) -> None:
        """Wait for another one."""
        self._inner = inner
        self._waiting = waiting
        self.name = inner.name
        self.model = inner.model

    def read(self, context: TurnContext) -> BrainTurn:
        """Begin to read a turn."""
        return RemoteTurn(self._inner.read(context), self._waiting)

    async def aclose(self) -> None:
        """As the inner one."""
        with self._waiting():
            await self._inner.aclose()


class RemoteTurn:
    """A turn that is read on another machine."""

    def __init__(self, inner: BrainTurn, waiting: Work) -> None:
        """Wait for another one."""
        self._inner = inner
        self._waiting = waiting

    @property
    def brain(self) -> str:
        """As the inner one."""
        return self._inner.brain

    @property
    def findings(self) -> tuple[str, ...]:
        """As the inner one."""
        return self._inner.findings

    @property
    def tokens(self) -> int:
        """As the inner one."""
        return self._inner.tokens

    async def head(self) -> Reading:
        """As the inner one."""
        with self._waiting():
            return await self._inner.head()

    async def reply(self) -> AsyncIterator[str]:
        """As the inner one."""
        pieces = self._inner.reply().__aiter__()
        while True:
            with self._waiting():
                piece = await anext(pieces, None)
            if piece is None:
                return
            yield piece

    async def aclose(self) -> None:
        """As the inner one."""
        with self._waiting():
            await self._inner.aclose()
