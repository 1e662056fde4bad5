"""Telephone lines may have engines of their own; what serves every line is loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.speech.faster_whisper import FasterWhisperRecognizer
from cases.domain.vocabulary import Language
from riskcall.engines import Engines
from riskcall.settings import Settings
from telephony.leg import Band
from telephony.line import CLEAN, Channel, Codec


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    async def nothing(self: FasterWhisperRecognizer) -> None:
        """Loads no model."""

    monkeypatch.setattr(FasterWhisperRecognizer, "warm", nothing)


def _settings(tmp_path: Path, **changes: object) -> Settings:
    for name in ("everyday", "telephone"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file in ("model.bin", "config.json", "tokenizer.json"):
            (folder / file).write_text("{}")
    return Settings(
        cache_dir=tmp_path / "cache", asr="faster-whisper", tts="espeak-ng", whisper_model=str(tmp_path / "everyday"),
        **changes,
    )  # type: ignore[arg-type]  # fmt: skip


async def test_a_model_of_its_own_hears_telephone_lines(tmp_path: Path) -> None:
    engines = Engines(_settings(tmp_path, whisper_model_telephone=str(tmp_path / "telephone")))
    wide = await engines.spoken(Language.EN)
    narrow = await engines.spoken(Language.EN, Band.NARROW)
    assert wide.names.asr == "faster-whisper everyday"
    assert narrow.names.asr == "faster-whisper telephone"
    await engines.aclose()


async def test_one_model_serves_all_lines_where_no_other_is_named(tmp_path: Path) -> None:
    engines = Engines(_settings(tmp_path))
    wide = await engines.spoken(Language.ZH)
    narrow = await engines.spoken(Language.ZH, Band.NARROW)
    assert wide.recognizer is narrow.recognizer
    await engines.aclose()


def test_a_simulated_telephone_line_is_narrow() -> None:
    assert Channel(Codec.PCMU).band is Band.NARROW
    assert CLEAN.band is Channel(Codec.OPUS).band is Band.WIDE
