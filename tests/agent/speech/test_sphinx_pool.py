"""Decoders are lent and come back, whatever becomes of the utterances; the processes are real, their words are not."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from agent.speech import sphinx_pool
from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Hints
from agent.speech.errors import EngineBusyError, EngineFailedError
from agent.speech.sphinx import SphinxRecognizer
from agent.speech.sphinx_pool import Decoder
from cases.domain.vocabulary import Language

ENGLISH = Hints(Language.EN)
SILENCE = bytes(HEARING_RATE // 5)


@pytest.fixture
async def ears() -> AsyncIterator[SphinxRecognizer]:
    recognizer = SphinxRecognizer(most=3)
    await recognizer.warm()
    yield recognizer
    await recognizer.aclose()
    assert recognizer.decoders.running == 0


async def settled(ears: SphinxRecognizer) -> None:
    """Return once no utterance holds a decoder."""
    async with asyncio.timeout(60):
        while ears.decoders.lent:  # noqa: ASYNC110 - processes answer when they do
            await asyncio.sleep(0.01)


async def test_one_decoder_serves_utterance_after_utterance_however_each_ends(ears: SphinxRecognizer) -> None:
    for ending in ("finish", "discard", "neither"):
        utterance = ears.begin(ENGLISH)
        await utterance.feed(SILENCE)
        if ending != "discard":
            assert await utterance.finish() == NOTHING_HEARD
        await utterance.discard()
        assert (ears.decoders.running, ears.decoders.lent) == (1, 0)


@pytest.mark.parametrize("during", ["feed", "finish"])
async def test_an_utterance_given_up_in_the_middle_of_an_answer_leaves_its_decoder_sound(
    ears: SphinxRecognizer, during: str
) -> None:
    utterance = ears.begin(ENGLISH)
    await utterance.feed(SILENCE)
    asking = asyncio.create_task(utterance.feed(SILENCE * 20) if during == "feed" else utterance.finish())
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await utterance.finish() == NOTHING_HEARD
    await settled(ears)
    again = ears.begin(ENGLISH)
    await again.feed(SILENCE)
    assert await again.finish() == NOTHING_HEARD
    assert (ears.decoders.running, ears.decoders.lent) == (1, 0)


async def test_an_utterance_waits_for_a_decoder_that_is_about_to_be_free(ears: SphinxRecognizer) -> None:
    first = ears.begin(ENGLISH)
    asking = asyncio.create_task(first.feed(SILENCE * 20))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    assert await ears.begin(ENGLISH).feed(SILENCE) is None
    assert ears.decoders.running == 1


async def test_there_are_never_more_decoders_than_are_allowed(
    ears: SphinxRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sphinx_pool, "WAIT_S", 60.0)
    utterances = [ears.begin(ENGLISH) for _ in range(5)]

    async def whole(place: int) -> None:
        await utterances[place].feed(SILENCE)
        assert ears.decoders.running <= 3
        await utterances[place].finish()

    await asyncio.gather(*(whole(place) for place in range(5)))
    assert ears.decoders.running <= 3


async def test_where_all_are_at_work_the_error_says_so(ears: SphinxRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    utterances = [ears.begin(ENGLISH) for _ in range(3)]
    for utterance in utterances:
        await utterance.feed(SILENCE)
    monkeypatch.setattr(sphinx_pool, "WAIT_S", 0.01)
    late = ears.begin(ENGLISH)
    with pytest.raises(EngineBusyError, match="All 3 decoders"):
        await late.feed(SILENCE)
    await utterances[0].discard()
    assert await late.feed(SILENCE) is None
    assert ears.decoders.running == 3


async def test_where_utterances_come_at_once_the_next_decoder_is_started_before_it_is_needed(
    ears: SphinxRecognizer,
) -> None:
    first, second = ears.begin(ENGLISH), ears.begin(ENGLISH)
    await first.feed(SILENCE)
    assert ears.decoders.running == 1
    await second.feed(SILENCE)
    async with asyncio.timeout(60):
        while ears.decoders.running < 3:  # noqa: ASYNC110 - a process starts when it does
            await asyncio.sleep(0.01)
    assert ears.decoders.lent == 2


async def test_a_decoder_that_died_while_nobody_used_it_is_not_lent(ears: SphinxRecognizer) -> None:
    decoder = await ears.decoders.take()
    ears.decoders.give(decoder)
    os.kill(decoder.pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while decoder.sound:  # noqa: ASYNC110 - the system tells when it does
            await asyncio.sleep(0.01)
    assert await ears.begin(ENGLISH).feed(SILENCE) is None
    assert ears.decoders.running == 1


async def test_a_decoder_that_dies_at_work_is_replaced(ears: SphinxRecognizer) -> None:
    decoder = await ears.decoders.take()
    ears.decoders.give(decoder)
    utterance = ears.begin(ENGLISH)
    await utterance.feed(SILENCE)
    os.kill(decoder.pid, signal.SIGKILL)
    with pytest.raises(EngineFailedError):
        while True:
            await utterance.feed(SILENCE)
    assert await utterance.finish() == NOTHING_HEARD
    assert ears.decoders.lent == 0
    assert await ears.begin(ENGLISH).feed(SILENCE) is None
    assert ears.decoders.running == 1


async def test_a_decoder_that_does_not_answer_is_replaced(
    ears: SphinxRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sphinx_pool, "_SETTLE_SECONDS", 0.05)
    monkeypatch.setattr(sphinx_pool, "_END_SECONDS", 0.05)
    decoder: Decoder = await ears.decoders.take()
    ears.decoders.give(decoder)
    os.kill(decoder.pid, signal.SIGSTOP)
    utterance = ears.begin(ENGLISH)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await utterance.feed(SILENCE)
    await settled(ears)
    monkeypatch.undo()
    assert await ears.begin(ENGLISH).feed(SILENCE) is None
    assert ears.decoders.running == 1
