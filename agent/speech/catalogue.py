"""Every engine with what it needs and what it is worth, best first; looking costs no import of an engine."""

from __future__ import annotations

import shutil
from importlib.util import find_spec

from agent.speech.engine import Recognizer, Synthesizer
from agent.speech.options import SpeechOptions
from agent.speech.selection import Candidate
from cases.domain.vocabulary import Language

_BOTH = (Language.EN, Language.ZH)


def _package(name: str, how: str) -> str:
    return "" if find_spec(name) is not None else how


def _pocketsphinx(options: SpeechOptions) -> Recognizer:
    from agent.speech.sphinx import SphinxRecognizer

    return SphinxRecognizer()


def _flite(options: SpeechOptions) -> Synthesizer:
    from agent.speech.flite import FliteSynthesizer

    return FliteSynthesizer()


def _espeak(options: SpeechOptions) -> Synthesizer:
    from agent.speech.espeak import EspeakSynthesizer

    return EspeakSynthesizer()


RECOGNIZERS: tuple[Candidate[Recognizer], ...] = (
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
