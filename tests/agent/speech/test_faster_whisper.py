"""faster-whisper on a tiny model: loading, missing and damaged models, what counts as speech."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.speech import faster_whisper as module
from agent.speech.engine import HEARING_RATE, Hints
from agent.speech.errors import EngineFailedError, EngineMissingError, LanguageUnsupportedError
from agent.speech.faster_whisper import FasterWhisperRecognizer
from bench.cost.tiny_whisper import WHISPER_SAYS, make_whisper
from cases.domain.vocabulary import Language

LOUD = b"\x00\x10\x00\xf0" * (HEARING_RATE // 2)


async def test_a_pulled_model_is_found_by_its_name(tmp_path: Path) -> None:
    make_whisper(tmp_path / "whisper" / "owner--name")
    recognizer = FasterWhisperRecognizer("owner/name", tmp_path, device="cpu")
    utterance = recognizer.begin(Hints(Language.EN))
    await utterance.feed(LOUD)
    assert (await utterance.finish()).text == WHISPER_SAYS
    await recognizer.aclose()


async def test_a_missing_model_says_how_to_get_it(tmp_path: Path) -> None:
    recognizer = FasterWhisperRecognizer("small", tmp_path)
    with pytest.raises(EngineMissingError, match="riskcall models pull whisper-small"):
        await recognizer.warm()
    await recognizer.aclose()


async def test_a_missing_package_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    recognizer = FasterWhisperRecognizer("small", tmp_path)
    with pytest.raises(EngineMissingError, match="pip install"):
        await recognizer.warm()
    await recognizer.aclose()


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json"])
async def test_a_damaged_model_says_to_pull_it_again(tmp_path: Path, file: str) -> None:
    folder = make_whisper(tmp_path / "damaged")
    (folder / file).write_bytes(b"not a model")
    recognizer = FasterWhisperRecognizer(str(folder), tmp_path, device="cpu")
    with pytest.raises(EngineFailedError, match="pull it again"):
        await recognizer.warm()
    await recognizer.aclose()


async def test_a_model_without_its_tokenizer_fetches_none(tmp_path: Path) -> None:
    folder = make_whisper(tmp_path / "half")
    (folder / "tokenizer.json").unlink()
    recognizer = FasterWhisperRecognizer(str(folder), tmp_path, device="cpu")
    with pytest.raises(EngineFailedError, match="tokenizer.json"):
        await recognizer.warm()
    await recognizer.aclose()


async def test_an_english_model_refuses_chinese_by_its_name_and_by_what_it_is(tmp_path: Path) -> None:
    named = FasterWhisperRecognizer("small.en", tmp_path)
    assert not named.hears(Language.ZH)
    with pytest.raises(LanguageUnsupportedError):
        named.begin(Hints(Language.ZH))
    unnamed = FasterWhisperRecognizer(str(make_whisper(tmp_path / "english")), tmp_path, device="cpu", every_s=0)
    utterance = unnamed.begin(Hints(Language.ZH))
    await utterance.feed(LOUD)
    with pytest.raises(LanguageUnsupportedError):
        await utterance.finish()
    assert not unnamed.hears(Language.ZH)
    await named.aclose()
    await unnamed.aclose()


def segment(**facts: Any) -> Any:
    usual = {"text": " yes", "tokens": [1, 2], "avg_logprob": -0.2, "no_speech_prob": 0.1, "compression_ratio": 1.0}
    return SimpleNamespace(**{**usual, **facts})


@pytest.mark.parametrize(
    ("facts", "spoken"),
    [
        ({}, True),
        ({"no_speech_prob": 0.9, "avg_logprob": -0.9}, False),
        ({"no_speech_prob": 0.9}, True),
        ({"avg_logprob": -1.5}, False),
        ({"compression_ratio": 3.0}, False),
    ],
)
async def test_what_the_model_doubts_or_repeats_is_no_speech(
    tmp_path: Path, facts: dict[str, Any], spoken: bool
) -> None:
    recognizer = FasterWhisperRecognizer("any", tmp_path, every_s=0)
    recognizer._model = SimpleNamespace(transcribe=lambda *args, **kwargs: ([segment(**facts)], None))
    utterance = recognizer.begin(Hints(Language.EN))
    await utterance.feed(LOUD)
    heard = await utterance.finish()
    assert bool(heard.text) is spoken
    assert (heard.confidence > 0) is spoken
    await recognizer.aclose()


async def test_chinese_is_asked_for_in_simplified_characters(tmp_path: Path) -> None:
    asked: dict[str, Any] = {}

    def transcribe(audio: Any, **facts: Any) -> Any:
        asked.update(facts)
        return [segment(text="我没有做")], None

    recognizer = FasterWhisperRecognizer("any", tmp_path, every_s=0)
    recognizer._model = SimpleNamespace(transcribe=transcribe, model=SimpleNamespace(is_multilingual=True))
    utterance = recognizer.begin(Hints(Language.ZH, ("不是我",)))
    await utterance.feed(LOUD)
    assert (await utterance.finish()).text == "我没有做"
    assert asked["language"] == "zh" and "简体" in asked["initial_prompt"] and "不是我" not in str(asked)
    await recognizer.aclose()
