"""Utterances of engines that only transcribe whole audio."""

from __future__ import annotations

import asyncio

import pytest

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Transcript
from agent.speech.errors import EngineFailedError
from agent.speech.redecoding import RedecodingUtterance

SECOND = HEARING_RATE * 2
SPEECH = b"\x00\x10\x00\xf0" * (HEARING_RATE // 2)
"""A second of something loud."""


class Engine:
    """Says how many tenths of a second it was given; transcribes when it is let."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, bool]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.fails = False

    async def transcribe(self, audio: bytes, whole: bool) -> Transcript:
        self.calls.append((len(audio) * 10 // SECOND, whole))
        await self.open.wait()
        if self.fails:
            raise EngineFailedError("broken")
        return Transcript(" ".join(f"w{n}" for n in range(len(audio) * 2 // SECOND)), 0.9)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_interim_transcriptions_run_beside_the_feeding_one_at_a_time() -> None:
    engine = Engine()
    engine.open.clear()
    utterance = RedecodingUtterance(engine.transcribe, 0.5)
    for _ in range(4):
        assert await utterance.feed(SPEECH) is None
        await settle()
    assert engine.calls == [(10, False)]
    engine.open.set()
    await settle()
    partial = await utterance.feed(SPEECH)
    assert partial is not None and partial.text == "w0 w1" and partial.stable == ""
    await settle()
    partial = await utterance.feed(SPEECH)
    assert partial is not None and partial.text.startswith("w0 w1 w2") and partial.stable == "w0 w1"
    await utterance.discard()


async def test_the_end_transcribes_all_of_it_anew() -> None:
    engine = Engine()
    utterance = RedecodingUtterance(engine.transcribe, 0.5)
    await utterance.feed(SPEECH)
    await settle()
    await utterance.feed(SPEECH[: SECOND * 4 // 10])
    await utterance.finish()
    assert engine.calls == [(10, False), (14, True)]


async def test_silence_at_the_end_repeats_nothing() -> None:
    engine = Engine()
    utterance = RedecodingUtterance(engine.transcribe, 0.5)
    await utterance.feed(SPEECH)
    await settle()
    await utterance.feed(bytes(SECOND // 4))
    assert (await utterance.finish()).text == "w0 w1"
    assert engine.calls == [(10, False)]


async def test_silence_at_the_end_waits_for_the_transcription_that_runs() -> None:
    engine = Engine()
    engine.open.clear()
    utterance = RedecodingUtterance(engine.transcribe, 0.5)
    await utterance.feed(SPEECH)
    await settle()
    await utterance.feed(bytes(SECOND // 4))
    finishing = asyncio.create_task(utterance.finish())
    await settle()
    assert not finishing.done()
    engine.open.set()
    assert (await finishing).text == "w0 w1"
    assert engine.calls == [(10, False)]


async def test_without_an_interval_there_is_one_transcription() -> None:
    engine = Engine()
    utterance = RedecodingUtterance(engine.transcribe, 0)
    for _ in range(3):
        assert await utterance.feed(SPEECH) is None
    assert (await utterance.finish()).text
    assert engine.calls == [(30, True)]


async def test_a_failure_in_the_background_ends_the_utterance_at_the_next_feed() -> None:
    engine = Engine()
    engine.fails = True
    utterance = RedecodingUtterance(engine.transcribe, 0.5)
    await utterance.feed(SPEECH)
    await settle()
    with pytest.raises(EngineFailedError):
        await utterance.feed(SPEECH)
    assert await utterance.feed(SPEECH) is None
    assert await utterance.finish() == NOTHING_HEARD


async def test_a_failure_at_the_end_ends_the_utterance() -> None:
    engine = Engine()
    engine.fails = True
    utterance = RedecodingUtterance(engine.transcribe, 0)
    await utterance.feed(SPEECH)
    with pytest.raises(EngineFailedError):
        await utterance.finish()
    assert await utterance.finish() == NOTHING_HEARD
