"""The engines of this process: chosen from the settings, warmed once, shared by all calls."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agent.brains.brain import Brain
from agent.call.turns.taking import TurnTaking, turn_taking
from agent.dialogue.lines import fixed_sentences
from agent.placements import SpokenEngines
from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.errors import EngineMissingError, SpeechError
from agent.speech.espeak import EspeakSynthesizer
from agent.speech.options import Endpoint, SpeechOptions
from agent.speech.selection import Choice, choose_recognizer, choose_synthesizer
from agent.speech.voice import Voice
from cases.domain.call import Engines as EngineNames
from cases.domain.vocabulary import Language
from prompts import load as load_prompts
from riskcall.brains import build_brain
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings

VAD = "silero (livekit-agents)"


def speech_options(settings: Settings) -> SpeechOptions:
    """What the settings say about speech."""
    endpoint = None
    if settings.openai_base_url or settings.openai_api_key:
        endpoint = Endpoint(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else "",
            asr_model=settings.openai_asr_model,
            tts_model=settings.openai_tts_model,
            tts_voice=settings.openai_tts_voice,
        )
    return SpeechOptions(
        models=settings.models_dir,
        whisper_model=settings.whisper_model,
        piper_voice_en=settings.piper_voice_en,
        piper_voice_zh=settings.piper_voice_zh,
        endpoint=endpoint,
        calls=settings.max_calls,
    )


def turns_of(settings: Settings) -> TurnTaking:
    """How the settings want turns taken."""
    return turn_taking(
        settings.turn_end, settings.barge_in, settings.bystanders, settings.prepare_replies, settings.echo
    )


@dataclass(frozen=True, slots=True)
class LanguageEngines:
    """What was chosen for one language."""

    hears: Choice[Recognizer]
    speaks: Choice[Synthesizer]


def choose(settings: Settings) -> dict[Language, LanguageEngines]:
    """What hears and speaks each language.

    Raises:
        SettingsInvalidError: A named engine or its model is not present; the message says how to get it.
    """
    options = speech_options(settings)
    try:
        return {
            language: LanguageEngines(
                choose_recognizer(settings.asr, language, options), choose_synthesizer(settings.tts, language, options)
            )
            for language in Language
        }
    except SpeechError as error:
        raise SettingsInvalidError(str(error)) from error


class Engines:
    """Recognizers, voices and the brain of this process."""

    def __init__(self, settings: Settings) -> None:
        """Choose; nothing is loaded before `warm`.

        Raises:
            SettingsInvalidError: A named engine is not present, or the brain asked for lacks its endpoint or model.
        """
        self.chosen = choose(settings)
        self.brain: Brain
        self.brain, self.brain_name = build_brain(settings)
        self._recognizers: dict[Language, Recognizer] = {}
        self._voices: dict[Language, Voice] = {}
        self._spares: dict[Language, Synthesizer] = {}
        # One engine serves every language it was chosen for, so that no model is loaded twice.
        recognizers: dict[str, Recognizer] = {}
        voices: dict[str, Voice] = {}
        for language, one in self.chosen.items():
            hears, speaks = one.hears.engine, one.speaks.engine
            if hears is None or speaks is None:
                continue
            self._recognizers[language] = recognizers.setdefault(hears.name, hears)
            voice = voices.setdefault(speaks.name, Voice(speaks, settings.cache_dir))
            voice.keep(fixed_sentences(load_prompts(), language), language)
            self._voices[language] = voice
            if speaks.name != EspeakSynthesizer.name and EspeakSynthesizer.available():
                self._spares[language] = EspeakSynthesizer()

    async def warm(self) -> None:
        """Load everything, so that the first call is as quick as the tenth.

        Raises:
            SettingsInvalidError: An engine does not start; the message says what to do.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for engine in self._all():
                    group.create_task(engine.warm())
        except* SpeechError as errors:
            raise SettingsInvalidError(str(errors.exceptions[0])) from errors

    def _all(self) -> list[Recognizer | Synthesizer]:
        """Every engine, each once."""
        spoken: list[Recognizer | Synthesizer] = [*self._recognizers.values(), *self._voices.values()]
        return list({id(one): one for one in [*spoken, *self._spares.values()]}.values())

    async def spoken(self, language: Language, *, speaks: Synthesizer | None = None) -> SpokenEngines:
        """The warm engines of a spoken call.

        Args:
            language: Language of the call.
            speaks: A voice to use in place of the chosen one and its spare, or None.

        Raises:
            EngineMissingError: Nothing here hears or speaks the language.
        """
        if reason := self.deaf(language):
            raise EngineMissingError(reason)
        recognizer, voice = self._recognizers[language], speaks or self._voices[language]
        names = EngineNames(
            asr=f"{recognizer.name} {recognizer.model}",
            tts=f"{voice.name} {voice.model}",
            llm=self.brain_name,
            vad=VAD,
        )
        spare = None if speaks else self._spares.get(language)
        return SpokenEngines(recognizer, voice, spare, names)

    def deaf(self, language: Language) -> str:
        """Why no spoken call in this language can be held here, or empty."""
        one = self.chosen[language]
        return "" if language in self._recognizers else (one.hears.why if one.hears.engine is None else one.speaks.why)

    def summary(self) -> str:
        """What hears, speaks and understands, in one line."""
        spoken = [
            f"{language.value}: {self._recognizers[language].name} hears, {self._voices[language].name} speaks"
            for language in self._recognizers
        ]
        silent = [f"{language.value}: text only" for language in Language if language not in self._recognizers]
        return "; ".join([*spoken, *silent, f"{self.brain_name} understands"])

    async def aclose(self) -> None:
        """Let every engine go."""
        for engine in self._all():
            await engine.aclose()
        await self.brain.aclose()
