"""Speech by an endpoint: what it is asked, how its failures are told, and where words are marked on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agent.speech.engine import SpeechChunk, WordMark
from agent.speech.errors import EngineFailedError, EngineMissingError
from agent.speech.openai_tts import OpenAiSynthesizer
from agent.speech.options import Endpoint
from agent.speech.sentences import estimate_marks
from cases.domain.vocabulary import Language
from tests.support.speech_endpoint import LETTER_MS, SPEECH_RATE, speech_endpoint

TEXT = "We have stopped a payment. Did you make it?"


async def spoken(engine: OpenAiSynthesizer, text: str = TEXT, language: Language = Language.EN) -> list[SpeechChunk]:
    chunks = [chunk async for chunk in engine.synthesize(text, language)]
    await engine.aclose()
    return chunks


async def test_asks_a_sentence_at_a_time_with_the_key() -> None:
    with speech_endpoint() as server:
        chunks = await spoken(OpenAiSynthesizer(Endpoint(server.base_url, "secret", tts_model="mouth")))
    assert server.asked == ["We have stopped a payment.", "Did you make it?"]
    assert set(server.keys) == {"Bearer secret"}
    length_ms = sum(len(chunk.pcm) for chunk in chunks) / 2 / SPEECH_RATE * 1000
    assert length_ms == pytest.approx(LETTER_MS * len(TEXT.replace(". ", ".")))


async def test_an_endpoint_without_a_key_is_spoken_to() -> None:
    with speech_endpoint() as server:
        assert await spoken(OpenAiSynthesizer(Endpoint(server.base_url, "", tts_model="mouth")), "Yes.")


async def test_learns_the_pace_of_the_endpoint() -> None:
    with speech_endpoint() as server:
        engine = OpenAiSynthesizer(Endpoint(server.base_url, "key", tts_model="mouth"))
        first = [mark async for chunk in engine.synthesize(TEXT, Language.EN) for mark in chunk.marks]
        second = [mark async for chunk in engine.synthesize(TEXT, Language.EN) for mark in chunk.marks]
        await engine.aclose()
    sentence = "We have stopped a payment."
    ideal = estimate_marks(sentence, 0, LETTER_MS * len(sentence))
    assert tuple(second[: len(ideal)]) == ideal
    assert tuple(first[: len(ideal)]) != ideal


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_an_error_of_the_endpoint_says_what_to_check(status: int) -> None:
    with speech_endpoint() as server:
        server.status = status
        with pytest.raises(EngineFailedError, match="check its address, key, model and voice") as caught:
            await spoken(OpenAiSynthesizer(Endpoint(server.base_url, "secret", tts_model="mouth")))
    assert server.base_url in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.retryable


async def test_nobody_there_is_a_failure() -> None:
    with speech_endpoint() as server:
        gone = server.base_url
    with pytest.raises(EngineFailedError, match="APIConnectionError"):
        await spoken(OpenAiSynthesizer(Endpoint(gone, "key", tts_model="mouth")))


async def test_no_audio_is_a_failure() -> None:
    with speech_endpoint() as server:
        server.voiceless = True
        with pytest.raises(EngineFailedError, match="gave no audio"):
            await spoken(OpenAiSynthesizer(Endpoint(server.base_url, "key", tts_model="mouth")))


async def test_no_model_is_missing() -> None:
    with pytest.raises(EngineMissingError, match="RISKCALL_OPENAI_TTS_MODEL"):
        await OpenAiSynthesizer(Endpoint("http://127.0.0.1:9/v1", "key")).warm()


@asynccontextmanager
async def cut_off(sent: bytes, release: asyncio.Event) -> AsyncIterator[str]:
    """An endpoint that sends some audio, waits to be released, and drops the line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nContent-Length: 96000\r\n\r\n" + sent)
        await writer.drain()
        await release.wait()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        await server.wait_closed()


async def test_audio_is_given_as_it_comes_and_stays_good_when_the_line_drops() -> None:
    release = asyncio.Event()
    async with cut_off(b"\x01\x10" * 12_000 + b"\x01", release) as address:
        engine = OpenAiSynthesizer(Endpoint(address, "key", tts_model="mouth"))
        given = b""
        marks: list[WordMark] = []
        with pytest.raises(EngineFailedError):
            async for chunk in engine.synthesize(TEXT, Language.EN):
                given += chunk.pcm
                marks += chunk.marks
                if len(given) == 24_000:
                    assert 1 < len(marks) < 5
                    release.set()
        await engine.aclose()
    assert given == b"\x01\x10" * 12_000
