"""Every engine with what it needs and what it is worth, best first; looking costs no import of an engine."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.models import piper_file, whisper_folder
from agent.speech.options import SpeechOptions
from agent.speech.selection import Candidate
from cases.domain.vocabulary import Language

_BOTH = (Language.EN, Language.ZH)


def _package(name: str, how: str) -> str:
    return "" if find_spec(name) is not None else how


def _whisper_lacks(options: SpeechOptions) -> str:
    if lacks := _package("faster_whisper", "get it with `pip install 'riskcall[whisper]'`"):
        return lacks
    if whisper_folder(options.whisper, options.models) is None:
        return f"no model {options.whisper!r}; get it with `riskcall models pull whisper-{options.whisper}`"
    return ""


def _whisper_languages(options: SpeechOptions) -> tuple[Language, ...]:
    return (Language.EN,) if options.whisper.rstrip("/").endswith(".en") else _BOTH


def _whisper(options: SpeechOptions) -> Recognizer:
    from agent.speech.faster_whisper import FasterWhisperRecognizer

    return FasterWhisperRecognizer(options.whisper, options.models)


def _endpoint_asr_lacks(options: SpeechOptions) -> str:
    if options.endpoint is None or not options.endpoint.asr_model:
        return "set RISKCALL_OPENAI_BASE_URL and RISKCALL_OPENAI_ASR_MODEL"
    return ""


def _endpoint_asr(options: SpeechOptions) -> Recognizer:
    from agent.speech.openai_asr import OpenAiRecognizer

    assert options.endpoint is not None
    return OpenAiRecognizer(options.endpoint)


def _pocketsphinx(options: SpeechOptions) -> Recognizer:
    from agent.speech.sphinx import SphinxRecognizer

    return SphinxRecognizer(most=options.calls, band=options.band)


def _piper_voices(options: SpeechOptions) -> dict[Language, str]:
    return {Language.EN: options.piper_voice_en, Language.ZH: options.piper_voice_zh}


def _piper_languages(options: SpeechOptions) -> tuple[Language, ...]:
    voices = _piper_voices(options)
    return tuple(language for language, voice in voices.items() if piper_file(voice, options.models) is not None)


def _piper_lacks(options: SpeechOptions) -> str:
    if lacks := _package("piper", "get it with `pip install 'riskcall[piper]'`"):
        return lacks
    if not _piper_languages(options):
        english, chinese = options.piper_voice_en, options.piper_voice_zh
        return f"no voice; get one with `riskcall models pull {english}`, for Chinese {chinese}"
    return ""


def _piper(options: SpeechOptions) -> Synthesizer:
    from agent.speech.piper import PiperSynthesizer

    return PiperSynthesizer(_piper_voices(options), options.models)


def _endpoint_tts_lacks(options: SpeechOptions) -> str:
    if options.endpoint is None or not options.endpoint.tts_model:
        return "set RISKCALL_OPENAI_BASE_URL and RISKCALL_OPENAI_TTS_MODEL"
    return ""


def _endpoint_tts(options: SpeechOptions) -> Synthesizer:
    from agent.speech.openai_tts import OpenAiSynthesizer

    assert options.endpoint is not None
    return OpenAiSynthesizer(options.endpoint)


def _flite(options: SpeechOptions) -> Synthesizer:
    from agent.speech.flite import FliteSynthesizer

    return FliteSynthesizer()


def _espeak(options: SpeechOptions) -> Synthesizer:
    from agent.speech.espeak import EspeakSynthesizer

    return EspeakSynthesizer()


RECOGNIZERS: tuple[Candidate[Recognizer], ...] = (
    Candidate(
        "faster-whisper",
        "any language; accurate, on this machine",
        _whisper_languages,
        _whisper_lacks,
        _whisper,
    ),
    Candidate(
        "openai",
        "any language; as good as the endpoint's model; the customer's voice leaves this machine",
        lambda options: _BOTH,
        _endpoint_asr_lacks,
        _endpoint_asr,
    ),
    Candidate(
        "pocketsphinx",
        "English; hears the answers that the script expects and rejects the rest",
        lambda options: (Language.EN,),
        lambda options: _package("pocketsphinx", "get it with `pip install pocketsphinx`"),
        _pocketsphinx,
    ),
)
"""Engines that hear."""

SYNTHESIZERS: tuple[Candidate[Synthesizer], ...] = (
    Candidate("piper", "natural voices, on this machine", _piper_languages, _piper_lacks, _piper),
    Candidate(
        "openai",
        "natural voices; what is said leaves this machine",
        lambda options: _BOTH,
        _endpoint_tts_lacks,
        _endpoint_tts,
    ),
    Candidate(
        "flite",
        "English; intelligible, dated",
        lambda options: (Language.EN,),
        lambda options: "" if shutil.which("flite") else "get it with `apt-get install flite`",
        _flite,
    ),
    Candidate(
        "espeak-ng",
        "English and Chinese; clear, robotic",
        lambda options: _BOTH,
        lambda options: _package("espeakng_loader", "get it with `pip install espeakng-loader`"),
        _espeak,
    ),
)
"""Engines that speak."""
