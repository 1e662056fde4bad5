"""The engines of this process: chosen from the settings, warmed once, shared by all calls."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

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
from telephony.leg import Band

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
        whisper_model_telephone=settings.whisper_model_telephone,
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


def bands_of(settings: Settings) -> tuple[Band, ...]:
    """What the lines carry on which calls may be held: telephones only where there is a trunk, or some ring in."""
    telephones = settings.sip_trunk_id or settings.sip_address or settings.reception_languages
    return (Band.WIDE, Band.NARROW) if telephones else (Band.WIDE,)


@dataclass(frozen=True, slots=True)
class LanguageEngines:
    """What was chosen for one language."""

    hears: Choice[Recognizer]
    speaks: Choice[Synthesizer]


def choose(settings: Settings, band: Band = Band.WIDE) -> dict[Language, LanguageEngines]:
    """What hears and speaks each language on lines of a band.

    Raises:
        SettingsInvalidError: A named engine or its model is not present; the message says how to get it.
    """
    options = replace(speech_options(settings), band=band)
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
        self.chosen = {band: choose(settings, band) for band in Band}
        self.brain: Brain
        self.brain, self.brain_name = build_brain(settings)
        self._recognizers: dict[tuple[Language, Band], Recognizer] = {}
        self._voices: dict[tuple[Language, Band], Voice] = {}
        self._spares: dict[Language, Synthesizer] = {}
        # One engine serves every language and band for which its model was chosen, so that none is loaded twice.
        recognizers: dict[tuple[str, str], Recognizer] = {}
        synthesizers: dict[tuple[str, str], Synthesizer] = {}
        voices: dict[tuple[str, str, Band], Voice] = {}
        for band, chosen in self.chosen.items():
            for language, one in chosen.items():
                hears, speaks = one.hears.engine, one.speaks.engine
                if hears is None or speaks is None:
                    continue
                self._recognizers[language, band] = recognizers.setdefault((hears.name, hears.model), hears)
                which = (speaks.name, speaks.model)
                speaks = synthesizers.setdefault(which, speaks)
                voice = voices.setdefault((*which, band), Voice(speaks, settings.cache_dir, band=band))
                voice.keep(fixed_sentences(load_prompts(), language), language)
                self._voices[language, band] = voice
                if speaks.name != EspeakSynthesizer.name and EspeakSynthesizer.available():
                    self._spares.setdefault(language, EspeakSynthesizer())

    async def warm(self, bands: Collection[Band] = (Band.WIDE,)) -> None:
        """Load what calls on lines of these bands need, so that the first call is as quick as the tenth.

        Raises:
            SettingsInvalidError: An engine does not start; the message says what to do.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for engine in self._all(bands):
                    group.create_task(engine.warm())
        except* SpeechError as errors:
            raise SettingsInvalidError(str(errors.exceptions[0])) from errors

    def _all(self, bands: Collection[Band]) -> list[Recognizer | Synthesizer]:
        """Every engine of these bands, each once."""
        spoken: list[Recognizer | Synthesizer] = [
            engine
            for engines in (self._recognizers, self._voices)
            for (_, band), engine in engines.items()
            if band in bands
        ]
        return list({id(one): one for one in [*spoken, *self._spares.values()]}.values())

    async def spoken(
        self, language: Language, band: Band = Band.WIDE, *, speaks: Synthesizer | None = None
    ) -> SpokenEngines:
        """The engines of a spoken call, warm; those of a band that `warm` left out are loaded now.

        Args:
            language: Language of the call.
            band: What the call's line carries.
            speaks: A voice to use in place of the chosen one and its spare, or None.

        Raises:
            EngineMissingError: Nothing here hears or speaks the language.
            EngineFailedError: An engine does not load.
        """
        if reason := self.deaf(language, band):
            raise EngineMissingError(reason)
        recognizer, voice = self._recognizers[language, band], speaks or self._voices[language, band]
        await asyncio.gather(recognizer.warm(), voice.warm())
        names = EngineNames(
            asr=f"{recognizer.name} {recognizer.model}",
            tts=f"{voice.name} {voice.model}",
            llm=self.brain_name,
            vad=VAD,
        )
        spare = None if speaks else self._spares.get(language)
        return SpokenEngines(recognizer, voice, spare, names)

    async def prepare(self, texts: Collection[str], language: Language, band: Band = Band.WIDE) -> None:
        """Speak fixed lines ahead of time, so that they start at once when they are needed.

        Args:
            texts: The lines.
            language: Their language.
            band: What the lines carry on which they are said.

        Raises:
            SettingsInvalidError: Nothing here hears or speaks the language, or an engine broke.
        """
        if reason := self.deaf(language, band):
            raise SettingsInvalidError(reason)
        try:
            await self._voices[language, band].prepare(texts, language)
        except SpeechError as error:
            raise SettingsInvalidError(str(error)) from error

    def deaf(self, language: Language, band: Band = Band.WIDE) -> str:
        """Why no spoken call in this language can be held here on lines of a band, or empty."""
        if (language, band) in self._recognizers:
            return ""
        one = self.chosen[band][language]
        return one.hears.why if one.hears.engine is None else one.speaks.why

    def summary(self) -> str:
        """What hears, speaks and understands, in one line."""
        spoken = [
            f"{language.value}: {recognizer.name} hears, {self._voices[language, band].name} speaks"
            for (language, band), recognizer in self._recognizers.items()
            if band is Band.WIDE
        ]
        silent = [f"{language.value}: text only" for language in Language if self.deaf(language)]
        return "; ".join([*spoken, *silent, f"{self.brain_name} understands"])

    async def aclose(self) -> None:
        """Let every engine go."""
        for engine in self._all(tuple(Band)):
            await engine.aclose()
        await self.brain.aclose()
