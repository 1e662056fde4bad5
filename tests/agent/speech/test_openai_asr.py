"""Transcription by an endpoint: what it is sent, and what goes wrong."""

from __future__ import annotations

import pytest

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Hints
from agent.speech.errors import EngineFailedError, EngineMissingError
from agent.speech.openai_asr import OpenAiRecognizer
from agent.speech.options import Endpoint
from cases.domain.vocabulary import Language
from tests.support.speech_endpoint import speech_endpoint

LOUD = b"\x00\x10" * HEARING_RATE


async def hear(recognizer: OpenAiRecognizer, language: Language = Language.EN, audio: bytes = LOUD) -> str:
    utterance = recognizer.begin(Hints(language))
    await utterance.feed(audio)
    return (await utterance.finish()).text


async def test_the_whole_utterance_is_sent_once_with_key_and_language() -> None:
    with speech_endpoint() as server:
        server.hears = "  我没有做  "
        recognizer = OpenAiRecognizer(Endpoint(server.base_url, "secret", asr_model="ears"))
        assert await hear(recognizer, Language.ZH) == "我没有做"
        assert server.asked == [("zh", 1.0)]
        assert server.keys == ["Bearer secret"]
        await recognizer.aclose()


async def test_an_endpoint_may_want_no_key() -> None:
    with speech_endpoint() as server:
        recognizer = OpenAiRecognizer(Endpoint(server.base_url, "", asr_model="ears"))
        assert await hear(recognizer) == server.hears
        await recognizer.aclose()


async def test_too_little_audio_is_not_worth_a_request() -> None:
    with speech_endpoint() as server:
        recognizer = OpenAiRecognizer(Endpoint(server.base_url, "key", asr_model="ears"))
        assert await hear(recognizer, audio=LOUD[:1000]) == ""
        assert server.asked == []
        await recognizer.aclose()


@pytest.mark.parametrize("status", [401, 404, 500])
async def test_an_answer_that_is_none_ends_the_utterance(status: int) -> None:
    with speech_endpoint() as server:
        server.status = status
        recognizer = OpenAiRecognizer(Endpoint(server.base_url, "secret", asr_model="ears"))
        utterance = recognizer.begin(Hints(Language.EN))
        await utterance.feed(LOUD)
        with pytest.raises(EngineFailedError, match="check its address, key and model") as caught:
            await utterance.finish()
        assert "secret" not in str(caught.value)
        assert await utterance.finish() == NOTHING_HEARD
        await recognizer.aclose()


async def test_an_endpoint_that_is_not_there_has_failed() -> None:
    with speech_endpoint() as server:
        gone = server.base_url
    recognizer = OpenAiRecognizer(Endpoint(gone, "key", asr_model="ears"))
    with pytest.raises(EngineFailedError):
        await hear(recognizer)
    await recognizer.aclose()


async def test_without_a_model_it_says_which_setting_is_missing() -> None:
    with pytest.raises(EngineMissingError, match="RISKCALL_OPENAI_ASR_MODEL"):
        await OpenAiRecognizer(Endpoint("http://127.0.0.1:9/v1", "key")).warm()
