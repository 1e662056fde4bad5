"""Piper through its real loader on voices so small that a test makes them."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from agent.speech.engine import WordMark
from agent.speech.errors import EngineFailedError, EngineMissingError
from agent.speech.piper import PiperSynthesizer
from cases.domain.vocabulary import Language
from tests.support.needs import needs_package
from tests.support.tiny_models import PIPER_FRAMES, PIPER_HOP, PIPER_RATE, make_piper

PHONEME_MS = PIPER_FRAMES * PIPER_HOP / PIPER_RATE * 1000 * 2
"""A phoneme and the padding after it."""


@pytest.fixture(autouse=True)
def _packages() -> None:
    needs_package("piper", "one of the engines that speak")
    needs_package("onnx", "it makes a tiny voice")


async def spoken(engine: PiperSynthesizer, text: str, language: Language = Language.EN) -> tuple[float, list[WordMark]]:
    length, marks = 0.0, []
    async for chunk in engine.synthesize(text, language):
        length += len(chunk.pcm) / 2 / engine.sample_rate * 1000
        marks += chunk.marks
    await engine.aclose()
    return length, marks


def phonemes(text: str, voice: str = "en-us") -> list[str]:
    from piper.phonemize_espeak import EspeakPhonemizer

    (sentence,) = EspeakPhonemizer().phonemize(voice, text)
    return sentence


async def test_words_are_marked_where_their_phonemes_begin(tmp_path: Path) -> None:
    file = make_piper(tmp_path / "en.onnx")
    text = "Did you stop the payment?"
    length, marks = await spoken(PiperSynthesizer({Language.EN: str(file)}, tmp_path), text)
    sentence = phonemes(text)
    assert sentence.count(" ") == 4
    begins = [0] + [index + 1 for index, phoneme in enumerate(sentence) if phoneme == " "]
    assert [mark.text for mark in marks] == text.split()
    assert [mark.start_ms for mark in marks] == [round((1 + begin) * PHONEME_MS) for begin in begins]
    assert length == pytest.approx((len(sentence) + 1.5) * PHONEME_MS)


async def test_a_number_takes_the_time_of_all_its_phonemes(tmp_path: Path) -> None:
    file = make_piper(tmp_path / "en.onnx")
    _, marks = await spoken(PiperSynthesizer({Language.EN: str(file)}, tmp_path), "Pay £4,500 now.")
    assert [mark.text for mark in marks] == ["Pay", "£4,500", "now."]
    pay, number, now = (mark.start_ms for mark in marks)
    assert PHONEME_MS <= pay < number < now
    assert now - number > number - pay


async def test_estimates_where_the_voice_gives_no_lengths(tmp_path: Path) -> None:
    text = "Did you stop the payment?"
    exact = make_piper(tmp_path / "exact.onnx")
    blind = make_piper(tmp_path / "blind.onnx", aligned=False)
    _, known = await spoken(PiperSynthesizer({Language.EN: str(exact)}, tmp_path), text)
    length, guessed = await spoken(PiperSynthesizer({Language.EN: str(blind)}, tmp_path), text)
    assert guessed[0].start_ms == 0 < known[0].start_ms
    assert [mark.text for mark in guessed] == [mark.text for mark in known]
    assert max(abs(a.start_ms - b.start_ms) for a, b in zip(known, guessed, strict=True)) < length / 5


async def test_a_second_sentence_is_marked_after_the_first(tmp_path: Path) -> None:
    file = make_piper(tmp_path / "en.onnx")
    engine = PiperSynthesizer({Language.EN: str(file)}, tmp_path)
    chunks = [chunk async for chunk in engine.synthesize("Hello there. Good bye.", Language.EN)]
    first, second = chunks
    first_ms = len(first.pcm) / 2 / engine.sample_rate * 1000
    await engine.aclose()
    assert second.marks[0] == WordMark("Good", round(first_ms + PHONEME_MS))


async def test_voices_of_two_rates_come_out_at_one(tmp_path: Path) -> None:
    english = make_piper(tmp_path / "en.onnx")
    chinese = make_piper(tmp_path / "zh.onnx", voice="cmn", rate=22_050)
    engine = PiperSynthesizer({Language.EN: str(english), Language.ZH: str(chinese)}, tmp_path)
    text = "请问是您本人吗？"
    length, marks = await spoken(engine, text, Language.ZH)
    expected = (len(phonemes(text, "cmn")) + 1.5) * PHONEME_MS * PIPER_RATE / 22_050
    assert length == pytest.approx(expected, rel=0.01)
    assert "".join(mark.text for mark in marks) == text


async def test_finds_pulled_voices_by_name_and_speaks_what_is_there(tmp_path: Path) -> None:
    make_piper(tmp_path / "piper" / "zh_CN-tiny-low.onnx", voice="cmn")
    engine = PiperSynthesizer({Language.EN: "en_GB-none-low", Language.ZH: "zh_CN-tiny-low"}, tmp_path)
    assert not engine.speaks(Language.EN)
    assert engine.speaks(Language.ZH)
    assert engine.model == "zh_CN-tiny-low"
    length, _ = await spoken(engine, "好。", Language.ZH)
    assert length > 0


async def test_says_how_to_get_a_voice(tmp_path: Path) -> None:
    engine = PiperSynthesizer({Language.EN: "en_GB-none-low"}, tmp_path)
    with pytest.raises(EngineMissingError, match="`riskcall models pull en_GB-none-low`"):
        await engine.warm()


@pytest.mark.parametrize("damage", ["model", "config", "phonemes"])
async def test_a_damaged_voice_is_a_failure_that_names_it(tmp_path: Path, damage: str) -> None:
    file = make_piper(tmp_path / "en.onnx")
    config = file.with_name("en.onnx.json")
    if damage == "model":
        file.write_bytes(file.read_bytes()[:500])
    else:
        facts = json.loads(config.read_text())
        facts.pop("audio") if damage == "config" else facts["phoneme_id_map"].pop("^")
        config.write_text(json.dumps(facts))
    with pytest.raises(EngineFailedError, match="en.onnx does not load"):
        await PiperSynthesizer({Language.EN: str(file)}, tmp_path).warm()


async def test_a_package_that_a_voice_needs_is_named(tmp_path: Path) -> None:
    file = make_piper(tmp_path / "zh.onnx")
    config = file.with_name("zh.onnx.json")
    config.write_text(json.dumps(json.loads(config.read_text()) | {"phoneme_type": "pinyin"}))
    engine = PiperSynthesizer({Language.ZH: str(file)}, tmp_path)
    with pytest.raises(EngineMissingError, match=r"needs the package \w+"):
        await engine.warm()


async def test_no_text_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    file = make_piper(tmp_path / "en.onnx")
    await spoken(PiperSynthesizer({Language.EN: str(file)}, tmp_path), "Morgan owes nothing.")
    assert "Morgan" not in caplog.text
