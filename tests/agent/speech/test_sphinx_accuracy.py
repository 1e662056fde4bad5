"""How well pocketsphinx hears customers that it was not tuned on, and what it makes of what is not for it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import psutil
import pytest

from agent.speech.engine import NOTHING_HEARD, Hints
from agent.speech.errors import EngineFailedError
from agent.speech.sphinx import SphinxRecognizer
from cases.domain.vocabulary import Language
from telephony.customer_speech import CustomerVoice
from tests.support.heard_lines import LINES, VOICES, errors, not_for_us
from tests.support.needs import needs_program

MOST_WORD_ERRORS = 0.15
MOST_FALSELY_HEARD = 0.1
PIECE = 1024


@pytest.fixture
async def recognizer() -> AsyncIterator[SphinxRecognizer]:
    needs_program("flite", "customers' voices")
    recognizer = SphinxRecognizer()
    await recognizer.warm()
    yield recognizer
    await recognizer.aclose()


async def hear(recognizer: SphinxRecognizer, audio: bytes) -> str:
    utterance = recognizer.begin(Hints(Language.EN))
    for start in range(0, len(audio), PIECE):
        await utterance.feed(audio[start : start + PIECE])
    return (await utterance.finish()).text


async def test_customers_are_understood(recognizer: SphinxRecognizer) -> None:
    voice = CustomerVoice()
    wrong = words = unheard = 0
    for name in VOICES:
        for line in LINES:
            heard = await hear(recognizer, await voice.speak(line, name))
            wrong += errors(line, heard)
            words += len(line.split())
            unheard += not heard
    print(f"word error rate {wrong / words:.3f}, {unheard} of {len(VOICES) * len(LINES)} lines rejected")
    assert wrong / words <= MOST_WORD_ERRORS


async def test_what_is_not_english_speech_is_rejected(recognizer: SphinxRecognizer) -> None:
    needs_program("espeak-ng", "other languages")
    heard, all_sounds = Counter[str](), Counter[str]()
    for kind, audio in await not_for_us(CustomerVoice()):
        all_sounds[kind] += 1
        heard[kind] += bool(await hear(recognizer, audio))
    print(f"heard words in {dict(heard)} of {dict(all_sounds)}")
    assert heard.total() <= MOST_FALSELY_HEARD * all_sounds.total()


async def test_a_worker_that_dies_ends_its_utterance_and_the_next_one_has_another(recognizer: SphinxRecognizer) -> None:
    audio = await CustomerVoice().speak("No, it was not me.")
    utterance = recognizer.begin(Hints(Language.EN))
    await utterance.feed(audio[:PIECE])
    worker = next(child for child in psutil.Process().children() if "agent.speech.sphinx_worker" in child.cmdline())
    worker.kill()
    with pytest.raises(EngineFailedError):
        async with asyncio.timeout(30):
            while True:
                await utterance.feed(audio[:PIECE])
    assert await utterance.finish() == NOTHING_HEARD
    assert await hear(recognizer, audio) == "no it was not me"
