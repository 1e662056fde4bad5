"""Speech by any OpenAI-compatible endpoint (`POST /audio/speech`), streamed; the text leaves this machine."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2

from agent.speech.engine import SpeechChunk, WordMark
from agent.speech.errors import EngineFailedError, EngineMissingError
from agent.speech.options import Endpoint
from agent.speech.sentences import estimate_marks, split_sentences
from cases.domain.vocabulary import Language

_RATE = 24_000
"""Rate of the `pcm` format of the OpenAI API, Hz, 16-bit mono little endian."""
_TIMEOUT_S = 10.0
_NO_KEY = "none"
"""Given to endpoints that want no key; the client insists on one."""
_PACE_MS = {Language.EN: 65.0, Language.ZH: 220.0}
"""Time a letter takes, ms, before the endpoint's own pace is known."""


class OpenAiSynthesizer:
    """Speaks through an endpoint, a request a sentence; satisfies agent.speech.engine.Synthesizer.

    The endpoints give no word times. Words are marked while their sentence is still coming in, by the pace of the
    sentences before it; those that are left when it is complete share the rest of its audio.
    """

    name = "openai"
    sample_rate = _RATE

    def __init__(self, endpoint: Endpoint) -> None:
        """Use an endpoint's speech model."""
        self._endpoint = endpoint
        self._client: Any = None
        self._pace = dict(_PACE_MS)

    @property
    def model(self) -> str:
        """The endpoint's model and voice."""
        return f"{self._endpoint.tts_model} {self._endpoint.tts_voice}"

    def speaks(self, language: Language) -> bool:
        """Every language; what the endpoint's model makes of it is the endpoint's."""
        return True

    async def warm(self) -> None:
        """Make the client; the endpoint itself is first asked at the first sentence.

        Raises:
            EngineMissingError: No speech model is named.
        """
        if self._client is not None:
            return
        if not self._endpoint.tts_model:
            raise EngineMissingError("No speech model of the endpoint is named; set RISKCALL_OPENAI_TTS_MODEL.")
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(
            base_url=self._endpoint.base_url or None,
            api_key=self._endpoint.api_key or _NO_KEY,
            timeout=_TIMEOUT_S,
            max_retries=1,
        )

    async def synthesize(self, text: str, language: Language) -> AsyncGenerator[SpeechChunk, None]:
        """Speak a text sentence by sentence, as the audio comes in.

        Raises:
            EngineMissingError: No speech model is named.
            EngineFailedError: The endpoint failed; chunks already given stay good.
        """
        await self.warm()
        at_ms = 0.0
        for sentence in split_sentences(text):
            begun_ms, last = at_ms, WordMark("", round(at_ms))
            coming = list(estimate_marks(sentence, at_ms, at_ms + len(sentence) * self._pace[language]))
            async with aclosing(self._sentence(sentence)) as pieces:
                async for pcm in pieces:
                    at_ms += len(pcm) / 2 / _RATE * 1000
                    begun = [mark for mark in coming if mark.start_ms < at_ms]
                    del coming[: len(begun)]
                    last = begun[-1] if begun else last
                    yield SpeechChunk(pcm, tuple(begun))
            if at_ms == begun_ms:
                raise EngineFailedError(f"The speech endpoint {self._where} gave no audio; try again.")
            if coming:
                rest = "".join((last.text, " ", *(f"{mark.text} " for mark in coming)))
                yield SpeechChunk(b"", estimate_marks(rest, last.start_ms, at_ms)[-len(coming) :])
            self._pace[language] = (at_ms - begun_ms) / len(sentence)

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    @property
    def _where(self) -> str:
        return self._endpoint.base_url or "of OpenAI"

    async def _sentence(self, sentence: str) -> AsyncGenerator[bytes, None]:
        """Whole samples of one sentence, as they come."""
        from openai import OpenAIError

        rest = b""
        try:
            async with self._client.audio.speech.with_streaming_response.create(
                model=self._endpoint.tts_model,
                voice=self._endpoint.tts_voice,
                input=sentence,
                response_format="pcm",
            ) as answer:
                async for data in answer.iter_bytes():
                    data = rest + data
                    even = len(data) // 2 * 2
                    rest = data[even:]
                    if even:
                        yield data[:even]
        except (OpenAIError, httpx2.HTTPError) as error:
            raise EngineFailedError(
                f"The speech endpoint {self._where} failed ({type(error).__name__}); "
                "check its address, key, model and voice."
            ) from error
