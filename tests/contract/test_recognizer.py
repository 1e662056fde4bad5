"""What every recognizer promises (agent.speech.engine.Recognizer): engines that are present, tiny models, the fake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Hints, Partial, Recognizer
from agent.speech.errors import LanguageUnsupportedError
from agent.speech.faster_whisper import FasterWhisperRecognizer
from agent.speech.openai_asr import OpenAiRecognizer
from agent.speech.options import Endpoint
from agent.speech.sphinx import SphinxRecognizer
from bench.cost.tiny_whisper import WHISPER_SAYS, make_whisper
from cases.domain.vocabulary import Language
from telephony.customer_speech import CustomerVoice
from tests.support.call_fakes import ToneEars, ToneVoice
from tests.support.needs import needs_program
from tests.support.speech_endpoint import speech_endpoint

ENGLISH = Hints(Language.EN, ("no it was not me",))
Ears = tuple[Recognizer, bytes]


@asynccontextmanager
async def sphinx(folder: Path) -> AsyncIterator[Ears]:
    needs_program("flite", "a customer's voice")
    yield SphinxRecognizer(), await CustomerVoice().speak("No, it was not me.", "flite:slt")


@asynccontextmanager
async def whisper(folder: Path) -> AsyncIterator[Ears]:
    model = make_whisper(folder / "whisper-tiny-enough")
    yield FasterWhisperRecognizer(str(model), folder, device="cpu", every_s=0.3), hum(2.0)


@asynccontextmanager
async def endpoint(folder: Path) -> AsyncIterator[Ears]:
    with speech_endpoint() as server:
        options = Endpoint(server.base_url, "key", asr_model="ears")
        yield OpenAiRecognizer(options, every_s=0.3), hum(2.0)


@asynccontextmanager
async def tones(folder: Path) -> AsyncIterator[Ears]:
    yield ToneEars([WHISPER_SAYS]), await ToneVoice([WHISPER_SAYS]).speak(WHISPER_SAYS)


def hum(seconds: float) -> bytes:
    count = int(seconds * HEARING_RATE)
    return (4000 * np.sin(2 * np.pi * 220 * np.arange(count) / HEARING_RATE)).astype(np.int16).tobytes()


@pytest.fixture(params=[sphinx, whisper, endpoint, tones])
async def ears(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ears]:
    opened: Callable[[Path], AbstractAsyncContextManager[Ears]] = request.param
    async with opened(tmp_path) as (recognizer, audio):
        await recognizer.warm()
        yield recognizer, audio
        await recognizer.aclose()
        await recognizer.aclose()


async def hear(recognizer: Recognizer, audio: bytes, *, piece: int = 1024) -> tuple[list[Partial], str]:
    """Feed audio, and silence after it until there is a partial, for engines that work in the background."""
    utterance = recognizer.begin(ENGLISH)
    partials = []
    for start in range(0, len(audio), piece):
        if partial := await utterance.feed(audio[start : start + piece]):
            partials.append(partial)
    async with asyncio.timeout(30):
        while not partials:
            await asyncio.sleep(0.01)
            if partial := await utterance.feed(bytes(320)):
                partials.append(partial)
    return partials, (await utterance.finish()).text


async def test_the_words_are_heard_and_come_as_partials_on_the_way(ears: Ears) -> None:
    recognizer, audio = ears
    partials, text = await hear(recognizer, audio + bytes(HEARING_RATE))
    assert text == "no it was not me"
    assert partials
    for partial in partials:
        assert partial.text
        assert partial.text.startswith(partial.stable)
        assert 0.5 <= partial.confidence <= 1
    assert partials[-1].text == text


async def test_pieces_of_any_length_make_no_difference(ears: Ears) -> None:
    recognizer, audio = ears
    for piece in (322, 640, 30_000):
        _, text = await hear(recognizer, audio, piece=piece)
        assert text == "no it was not me"


async def test_silence_is_nothing(ears: Ears) -> None:
    recognizer, _ = ears
    if isinstance(recognizer, FasterWhisperRecognizer):
        pytest.skip("the tiny model says its line to any sound")
    utterance = recognizer.begin(ENGLISH)
    assert await utterance.feed(bytes(HEARING_RATE)) is None
    assert await utterance.finish() == NOTHING_HEARD


async def test_nothing_fed_is_nothing_heard(ears: Ears) -> None:
    recognizer, _ = ears
    assert await recognizer.begin(ENGLISH).finish() == NOTHING_HEARD


async def test_finish_twice_is_the_same_and_ends_the_utterance(ears: Ears) -> None:
    recognizer, audio = ears
    utterance = recognizer.begin(ENGLISH)
    await utterance.feed(audio)
    first = await utterance.finish()
    assert first.text and 0 < first.confidence <= 1 and first.text not in first.alternatives
    assert await utterance.feed(audio) is None
    assert await utterance.finish() == first


async def test_a_discarded_utterance_is_over(ears: Ears) -> None:
    recognizer, audio = ears
    utterance = recognizer.begin(ENGLISH)
    await utterance.feed(audio)
    await utterance.discard()
    await utterance.discard()
    assert await utterance.feed(audio) is None
    assert await utterance.finish() == NOTHING_HEARD
    _, text = await hear(recognizer, audio)
    assert text == "no it was not me"


async def test_utterances_at_once_do_not_mix(ears: Ears) -> None:
    recognizer, audio = ears
    heard = await asyncio.gather(*(hear(recognizer, audio) for _ in range(3)))
    assert {text for _, text in heard} == {"no it was not me"}


async def test_a_language_it_does_not_hear_is_refused(ears: Ears) -> None:
    recognizer, _ = ears
    assert recognizer.hears(Language.EN)
    assert recognizer.name and recognizer.model
    if not recognizer.hears(Language.ZH):
        with pytest.raises(LanguageUnsupportedError):
            recognizer.begin(Hints(Language.ZH))
