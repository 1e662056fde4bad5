"""The engines that the calls of one measurement share, warm."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from agent.brains.rules import RulesBrain
from agent.dialogue.lines import fixed_sentences
from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.faster_whisper import FasterWhisperRecognizer
from agent.speech.flite import FliteSynthesizer
from agent.speech.sphinx import SphinxRecognizer
from agent.speech.vad import VAD_NAME
from agent.speech.voice import Voice
from bench.cost.stubs import RewordedEars, StubEars, StubMouth
from bench.cost.tiny_whisper import SIZES, make_whisper
from cases.domain.call import Engines
from cases.domain.vocabulary import Language
from evals.voice.engines import CountedRecognizer, CountedSynthesizer
from prompts import load as load_prompts
from telephony.simulated import SimulatedLeg


class EngineKind(StrEnum):
    """Which engines hear and speak."""

    STUB = "stub"
    OFFLINE = "offline"
    WHISPER = "whisper"


@dataclass(frozen=True, slots=True)
class KitOptions:
    """Which engines, and where they keep what they make.

    Attributes:
        kind: Which engines.
        folder: Where lines and models of this measurement lie.
        calls: Calls at once, which the decoders are as many as.
        whisper_size: The architecture of the Whisper model, a key of SIZES; its weights are random.
        work: Tells a clock that skips waiting what is work; None for calls at real pace.
    """

    kind: EngineKind
    folder: Path
    calls: int = 8
    whisper_size: str = "tiny"
    work: Callable[[], AbstractContextManager[None]] | None = None


class Kit:
    """Warm engines; an asynchronous context manager, which lets them go at its end.

    Attributes:
        brain: Understands; rules, in this process.
        names: What runs, for the record.
        voice: Speaks.
        spare: Speaks where the voice fails.
        decoders: The pool of decoders, where there is one.
    """

    def __init__(self, options: KitOptions) -> None:
        """Load nothing yet."""
        self.options = options
        self.brain = RulesBrain()
        self._mouth_breaks = False
        hears = self._recognizer()
        self.decoders = hears.decoders if isinstance(hears, SphinxRecognizer) else None
        voice = Voice(self._mouth(), options.folder / "lines")
        voice.keep(fixed_sentences(load_prompts(), Language.EN), Language.EN)
        # Stubs wait on the clock and do no work that it would have to stand still for.
        work = options.work if options.kind is not EngineKind.STUB else None
        self._shared = CountedRecognizer(hears, work) if hears is not None and work is not None else hears
        self.voice: Synthesizer = CountedSynthesizer(voice, work) if work is not None else voice
        self.spare: Synthesizer = EspeakSynthesizer()
        ears = hears.name if hears is not None else StubEars.name
        self.names = Engines(ears, voice.name, f"{self.brain.name} {self.brain.model}", VAD_NAME)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Kit:
        """Warm everything."""
        for engine in (self.voice, self.spare, self._shared):
            if engine is not None:
                self._stack.push_async_callback(engine.aclose)
                await engine.warm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let everything go."""
        await self._stack.aclose()

    def ears(self, leg: SimulatedLeg, *, fails_at: int | None = None) -> Recognizer:
        """What hears one call.

        Args:
            leg: The call's line.
            fails_at: Which utterance of a stub breaks, from 1; None for none.
        """
        if self._shared is None:
            return StubEars(leg, fails_at=fails_at)
        if self.options.kind is EngineKind.WHISPER:
            return RewordedEars(self._shared, leg)
        return self._shared

    def break_mouth(self) -> None:
        """Let the next new line of a stub voice break off."""
        self._mouth_breaks = True

    def _mouth_fails(self) -> bool:
        breaks, self._mouth_breaks = self._mouth_breaks, False
        return breaks

    def _recognizer(self) -> Recognizer | None:
        match self.options.kind:
            case EngineKind.STUB:
                return None
            case EngineKind.OFFLINE:
                return SphinxRecognizer(most=self.options.calls)
            case EngineKind.WHISPER:
                folder = make_whisper(self.options.folder / "whisper", SIZES[self.options.whisper_size])
                return FasterWhisperRecognizer(str(folder), folder, device="cpu")

    def _mouth(self) -> Synthesizer:
        if self.options.kind is EngineKind.STUB:
            return StubMouth(fails=self._mouth_fails)
        return FliteSynthesizer() if FliteSynthesizer.available() else EspeakSynthesizer()
