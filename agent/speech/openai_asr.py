"""Transcription by any OpenAI-compatible endpoint (`POST /audio/transcriptions`); audio leaves this machine."""

from __future__ import annotations

import struct
from typing import Any

from agent.speech.engine import HEARING_RATE, NOTHING_HEARD, Hints, Transcript
from agent.speech.errors import EngineFailedError, EngineMissingError
from agent.speech.options import Endpoint
from agent.speech.redecoding import RedecodingUtterance
from cases.domain.vocabulary import Language

_TIMEOUT_S = 10.0
_CONFIDENCE = 0.8
"""The endpoints say nothing about their confidence; this stands for `probably right`."""
_NO_KEY = "none"
"""Sent to endpoints that want no key; the client insists on one."""
_SHORTEST = HEARING_RATE // 10 * 2


class OpenAiRecognizer:
    """Hears through an endpoint, an utterance at a time; satisfies agent.speech.engine.Recognizer."""

    name = "openai"

    def __init__(self, endpoint: Endpoint, *, every_s: float = 0.0) -> None:
        """Use an endpoint's transcription model.

        Args:
            endpoint: Where and with which key and model.
            every_s: New audio before an interim transcription, seconds; each is a request. 0 for none.
        """
        self._endpoint = endpoint
        self._every_s = every_s
        self._client: Any = None

    @property
    def model(self) -> str:
        """The endpoint's model."""
        return self._endpoint.asr_model

    def hears(self, language: Language) -> bool:
        """Every language; what the endpoint's model makes of it is the endpoint's."""
        return True

    async def warm(self) -> None:
        """Make the client; the endpoint itself is first asked at the first utterance.

        Raises:
            EngineMissingError: No transcription model is named.
        """
        if self._client is not None:
            return
        if not self._endpoint.asr_model:
            raise EngineMissingError("No transcription model of the endpoint is named; set RISKCALL_OPENAI_ASR_MODEL.")
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(
            base_url=self._endpoint.base_url or None,
            api_key=self._endpoint.api_key or _NO_KEY,
            timeout=_TIMEOUT_S,
            max_retries=1,
        )

    def begin(self, hints: Hints) -> RedecodingUtterance:
        """Open an utterance."""

        async def transcribe(audio: bytes, whole: bool) -> Transcript:
            return await self._transcribe(audio, hints.language)

        return RedecodingUtterance(transcribe, self._every_s)

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _transcribe(self, audio: bytes, language: Language) -> Transcript:
        if len(audio) < _SHORTEST:
            return NOTHING_HEARD
        await self.warm()
        from openai import OpenAIError

        try:
            answer = await self._client.audio.transcriptions.create(
                file=("utterance.wav", _wav(audio), "audio/wav"),
                model=self.model,
                language=language.value,
                response_format="json",
            )
        except OpenAIError as error:
            raise EngineFailedError(
                f"The transcription endpoint {self._endpoint.base_url or 'of OpenAI'} failed ({type(error).__name__}); "
                "check its address, key and model."
            ) from error
        text = str(answer.text or "").strip()
        return Transcript(text, _CONFIDENCE) if text else NOTHING_HEARD


def _wav(pcm: bytes) -> bytes:
    """16-bit mono audio at HEARING_RATE with a WAV header."""
    form = struct.pack("<HHIIHH", 1, 1, HEARING_RATE, HEARING_RATE * 2, 2, 16)
    return b"".join(
        (b"RIFF", struct.pack("<I", 36 + len(pcm)), b"WAVEfmt ", struct.pack("<I", 16), form, b"data",
         struct.pack("<I", len(pcm)), pcm)
    )  # fmt: skip
