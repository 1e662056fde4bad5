"""What every synthesizer promises (agent.speech.engine.Synthesizer): engines that are here, tiny voices, the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from agent.speech import espeak as espeak_module
from agent.speech.engine import SpeechChunk, Synthesizer, WordMark
from agent.speech.errors import LanguageUnsupportedError
from agent.speech.espeak import VOICES, EspeakSynthesizer
from agent.speech.flite import FliteSynthesizer
from agent.speech.openai_tts import OpenAiSynthesizer
from agent.speech.options import Endpoint
from agent.speech.piper import PiperSynthesizer
from agent.speech.voice import Voice
from cases.domain.vocabulary import Language
from tests.support.call_fakes import HumMouth
from tests.support.needs import needs_package, needs_program
from tests.support.speech_endpoint import speech_endpoint
from tests.support.tiny_models import make_piper

TEXTS = {
    Language.EN: (
        "Hello, this is your bank. We have stopped a payment of £4,500.00 to Sam's Cars & Co. for now! "
        "Did you make it yourself? Please say yes or no."
    ),
    Language.ZH: "您好，我是银行的语音助手。我们暂停了一笔4500元的付款！收款方是“宏达商贸”。请问是您本人操作的吗？",
}
AWKWARD = {
    Language.EN: "Pay <b>[[Sam]]</b> 50% – via https://sam.example/x?y=1 … now",
    Language.ZH: "给<b>[[张三]]</b>转50%——好吗……嗯",
}


@dataclass
class Bench:
    """An engine and how much it has worked: sentences, requests, words or buffers begun."""

    engine: Synthesizer
    language: Language
    work: Callable[[], int]
    much: int = 1
    """How often the text must be repeated until it is long for this engine."""

    @property
    def text(self) -> str:
        return TEXTS[self.language]

    @property
    def long_text(self) -> str:
        return " ".join([self.text] * self.much)


Opener = Callable[[Path, pytest.MonkeyPatch], AbstractAsyncContextManager[Bench]]


def espeak(language: Language) -> Opener:
    @asynccontextmanager
    async def opened(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
        buffers = []
        speak = espeak_module._Library.speak

        def counting(library: Any, text: str, voice: str, rate: int, sink: Any) -> None:
            speak(library, text, voice, rate, lambda pcm, words: buffers.append(1) or sink(pcm, words))

        patch.setattr(espeak_module._Library, "speak", counting)
        yield Bench(EspeakSynthesizer(), language, lambda: len(buffers), much=60)

    return opened


@asynccontextmanager
async def flite(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    needs_program("flite", "one of the engines that speak")
    runs = []
    start = asyncio.create_subprocess_exec

    async def counting(*command: Any, **options: Any) -> Any:
        runs.append(command)
        return await start(*command, **options)

    patch.setattr(asyncio, "create_subprocess_exec", counting)
    yield Bench(FliteSynthesizer(), Language.EN, lambda: len(runs))


def piper(language: Language, *, aligned: bool) -> Opener:
    @asynccontextmanager
    async def opened(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
        needs_package("piper", "one of the engines that speak")
        needs_package("onnx", "it makes a tiny voice")
        voices = {
            Language.EN: make_piper(folder / "en.onnx", aligned=aligned),
            Language.ZH: make_piper(folder / "zh.onnx", voice="cmn", rate=22_050, aligned=aligned),
        }
        runs = []
        engine = PiperSynthesizer({one: str(file) for one, file in voices.items()}, folder)
        speak = engine._speak
        patch.setattr(engine, "_speak", lambda *spoken: runs.append(1) or speak(*spoken))
        yield Bench(engine, language, lambda: len(runs))

    return opened


@asynccontextmanager
async def endpoint(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    with speech_endpoint() as server:
        engine = OpenAiSynthesizer(Endpoint(server.base_url, "key", tts_model="mouth"))
        yield Bench(engine, Language.EN, lambda: len(server.asked))


@asynccontextmanager
async def fake(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    engine = HumMouth()
    yield Bench(engine, Language.EN, lambda: engine.words)


@asynccontextmanager
async def voice(folder: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    engine = HumMouth()
    yield Bench(Voice(engine, folder), Language.EN, lambda: engine.words)


OPENERS = {
    "espeak-en": espeak(Language.EN),
    "espeak-zh": espeak(Language.ZH),
    "flite": flite,
    "piper-en": piper(Language.EN, aligned=True),
    "piper-zh": piper(Language.ZH, aligned=True),
    "piper-without-alignment": piper(Language.EN, aligned=False),
    "endpoint": endpoint,
    "fake": fake,
    "voice": voice,
}


@pytest.fixture(params=list(OPENERS))
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    async with OPENERS[request.param](tmp_path, monkeypatch) as one:
        await one.engine.warm()
        yield one
        await one.engine.aclose()
        await one.engine.aclose()


async def speak(bench: Bench, text: str) -> tuple[bytes, list[WordMark], list[SpeechChunk]]:
    async with asyncio.timeout(60):
        chunks = [chunk async for chunk in bench.engine.synthesize(text, bench.language)]
    return b"".join(chunk.pcm for chunk in chunks), [mark for chunk in chunks for mark in chunk.marks], chunks


def letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("texts", [TEXTS, AWKWARD], ids=["text", "awkward"])
async def test_marks_joined_give_the_text_in_order_and_within_the_audio(
    bench: Bench, texts: dict[Language, str]
) -> None:
    text = texts[bench.language]
    pcm, marks, _ = await speak(bench, text)
    assert "".join(letters(mark.text) for mark in marks) == letters(text)
    starts = [mark.start_ms for mark in marks]
    length_ms = len(pcm) / 2 / bench.engine.sample_rate * 1000
    assert starts == sorted(starts)
    assert 0 <= starts[0] < 500
    assert starts[-1] <= length_ms
    assert starts[-1] > length_ms / 2


async def test_the_audio_is_whole_samples_of_sound(bench: Bench) -> None:
    pcm, marks, chunks = await speak(bench, bench.text)
    assert all(len(chunk.pcm) % 2 == 0 for chunk in chunks)
    assert np.abs(np.frombuffer(pcm, np.int16).astype(int)).max() > 1000
    assert bench.engine.sample_rate in (16_000, 22_050, 24_000)
    assert 2 < len(pcm) / 2 / bench.engine.sample_rate < 60


async def test_the_first_audio_comes_before_the_rest_is_made(bench: Bench) -> None:
    before = bench.work()
    first = 0
    async for chunk in bench.engine.synthesize(bench.long_text, bench.language):
        if chunk.pcm and not first:
            first = bench.work() - before
    assert 0 < first <= (bench.work() - before) / 2


async def test_closing_stops_the_work_and_the_engine_speaks_on(bench: Bench) -> None:
    start = bench.work()
    await speak(bench, bench.long_text)
    whole = bench.work() - start
    if isinstance(bench.engine, Voice):
        bench.engine._lines.clear()
    before = bench.work()
    async with asyncio.timeout(30), aclosing(bench.engine.synthesize(bench.long_text, bench.language)) as chunks:
        async for chunk in chunks:
            if chunk.pcm:
                break
    pcm, _, _ = await speak(bench, "Yes." if bench.language is Language.EN else "好。")
    assert pcm
    assert bench.work() - before < whole / 2 + 2


async def test_two_texts_at_once_do_not_mix(bench: Bench) -> None:
    texts = ("We have stopped a payment.", "Good bye and take care.")
    if bench.language is Language.ZH:
        texts = ("我们暂停了一笔付款。", "再见，请保重。")
    both = await asyncio.gather(*(speak(bench, text) for text in texts))
    for text, (pcm, marks, _) in zip(texts, both, strict=True):
        assert pcm
        assert "".join(letters(mark.text) for mark in marks) == letters(text)


@pytest.mark.parametrize("text", ["", "  \n"])
async def test_nothing_is_said_of_an_empty_text(bench: Bench, text: str) -> None:
    pcm, marks, _ = await speak(bench, text)
    assert (pcm, marks) == (b"", [])


async def test_warm_twice_works_once(bench: Bench) -> None:
    before = bench.work(), bench.engine.model, bench.engine.sample_rate
    await bench.engine.warm()
    assert (bench.work(), bench.engine.model, bench.engine.sample_rate) == before
    assert bench.engine.name and bench.engine.model


async def test_speaks_the_languages_it_says(bench: Bench) -> None:
    assert bench.engine.speaks(bench.language)


@pytest.mark.parametrize("engine", ["flite", "espeak", "piper", "voice"])
async def test_refuses_a_language_it_has_no_voice_for(engine: str, tmp_path: Path) -> None:
    if engine in ("flite", "voice"):
        needs_program("flite", "one of the engines that speak")
    if engine == "piper":
        needs_package("piper", "one of the engines that speak")
        make_piper(tmp_path / "piper" / "en_GB-tiny-low.onnx")
    made: dict[str, Synthesizer] = {
        "flite": FliteSynthesizer(),
        "espeak": EspeakSynthesizer({Language.EN: VOICES[Language.EN]}),
        "piper": PiperSynthesizer({Language.EN: "en_GB-tiny-low", Language.ZH: "zh_CN-none-low"}, tmp_path),
        "voice": Voice(FliteSynthesizer(), tmp_path),
    }
    one = made[engine]
    assert one.speaks(Language.EN)
    assert not one.speaks(Language.ZH)
    with pytest.raises(LanguageUnsupportedError):
        await anext(aiter(one.synthesize("您好。", Language.ZH)))
    await one.aclose()
