"""Telephone lines may have engines of their own; what serves every line is loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.speech.engine import HEARING_RATE, Hints
from agent.speech.sphinx import SphinxRecognizer
from bench.cost.tiny_whisper import WHISPER_SAYS, make_whisper
from cases.domain.vocabulary import Language
from riskcall.engines import Engines, bands_of
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings
from telephony.leg import Band
from telephony.line import CLEAN, Channel, Codec

LOUD = b"\x00\x10\x00\xf0" * (HEARING_RATE // 2)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    everyday = make_whisper(tmp_path / "everyday")
    return Settings(cache_dir=tmp_path / "cache", asr="faster-whisper", tts="espeak-ng", whisper_model=str(everyday))


async def test_a_model_of_its_own_hears_telephone_lines(settings: Settings, tmp_path: Path) -> None:
    telephone = make_whisper(tmp_path / "telephone")
    engines = Engines(settings.model_copy(update={"whisper_model_telephone": str(telephone)}))
    wide, narrow = await engines.spoken(Language.EN), await engines.spoken(Language.EN, Band.NARROW)
    assert wide.names.asr == "faster-whisper everyday"
    assert narrow.names.asr == "faster-whisper telephone"
    assert narrow.names.tts.endswith(", telephone band") and not wide.names.tts.endswith(", telephone band")
    utterance = narrow.recognizer.begin(Hints(Language.EN))
    await utterance.feed(LOUD)
    assert (await utterance.finish()).text == WHISPER_SAYS
    await engines.aclose()


async def test_one_model_serves_all_lines_where_no_other_is_named(settings: Settings) -> None:
    engines = Engines(settings)
    wide, narrow = await engines.spoken(Language.EN), await engines.spoken(Language.EN, Band.NARROW)
    assert wide.recognizer is narrow.recognizer
    assert wide.synthesizer is not narrow.synthesizer
    await engines.aclose()


def test_a_model_for_telephone_lines_that_is_not_there_says_how_to_get_it(settings: Settings) -> None:
    with pytest.raises(SettingsInvalidError, match="riskcall models pull whisper-large-v3"):
        Engines(settings.model_copy(update={"whisper_model_telephone": "large-v3"}))


async def test_pocketsphinx_fills_in_what_a_telephone_left_out(settings: Settings) -> None:
    engines = Engines(settings.model_copy(update={"asr": "pocketsphinx"}))
    narrow = await engines.spoken(Language.EN, Band.NARROW)
    assert isinstance(narrow.recognizer, SphinxRecognizer) and narrow.recognizer.band is Band.NARROW
    assert narrow.names.asr == "pocketsphinx en-us with script phrases, telephone band filled in"
    await engines.aclose()


def test_telephone_engines_are_loaded_ahead_where_there_is_a_trunk(settings: Settings) -> None:
    assert bands_of(settings) == (Band.WIDE,)
    assert bands_of(settings.model_copy(update={"sip_address": "sip.example.com"})) == (Band.WIDE, Band.NARROW)


def test_a_simulated_telephone_line_is_narrow() -> None:
    assert Channel(Codec.PCMU).band is Band.NARROW
    assert CLEAN.band is Channel(Codec.OPUS).band is Band.WIDE
