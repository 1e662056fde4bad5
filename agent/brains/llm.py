"""The language model brain: one streamed request a turn to any OpenAI-compatible endpoint, strict JSON schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from agent.brains.agreement import agree
from agent.brains.brain import (
    HEAD_LIMIT_S,
    BrainRefusedError,
    BrainSchemaError,
    BrainStalledError,
    BrainUnavailableError,
    BrainUnrecordedError,
    TurnContext,
)
from agent.brains.cassette import UnrecordedError
from agent.brains.dialect import Dialect
from agent.brains.reading import ReadingError, ReadingStream, check
from agent.brains.request import estimated_tokens, messages
from agent.brains.rules import read_by_rules
from cases.domain.reading import Reading
from prompts import Prompts

LLM = "llm"
"""Name of this brain in the record of a turn."""
REPLY_TOKENS = 600
"""Most tokens that a model may write for one turn, unless it is told otherwise."""
REPLY_GAP_S = 2.0
"""Longest wait for the next piece of a reply, seconds."""
RETRY_WITHIN_S = HEAD_LIMIT_S / 2
"""How soon an attempt must have failed to be made once more, seconds: a slow server is not asked twice."""
RETRY_AFTER_S = 0.05
"""Pause before an attempt is made once more, seconds."""
_REQUEST_LIMIT_S = 10.0
_CHARACTERS_PER_TOKEN = 8


class Endpoint:
    """An endpoint with what is known of it: which requests it takes is found out once, then remembered."""

    def __init__(
        self, client: AsyncOpenAI, model: str, prompts: Prompts, dialect: Dialect, *, reply_tokens: int = REPLY_TOKENS
    ) -> None:
        """Point at an endpoint.

        Args:
            client: The client.
            model: Name of the model.
            prompts: The system prompts.
            dialect: What it is believed to accept.
            reply_tokens: Most tokens of one reply.
        """
        self.client = client
        self.model = model
        self.dialect = dialect
        self.reply_tokens = reply_tokens
        self._prompts = prompts

    def request(self, context: TurnContext) -> dict[str, Any]:
        """The request for a turn, in the order in which it is stable: see agent.brains.request."""
        return {
            "model": self.model,
            **self.dialect.fields(self.reply_tokens),
            "stream": True,
            "messages": messages(context, self._prompts, self.dialect),
        }


class LlmTurn:
    """One turn being read by a model."""

    def __init__(self, endpoint: Endpoint, context: TurnContext) -> None:
        """Begin; the request is sent by the first `head`."""
        self.brain = LLM
        self.findings: tuple[str, ...] = ()
        self.tokens = 0
        self._endpoint = endpoint
        self._context = context
        self._parser = ReadingStream()
        self._stream: AsyncStream[ChatCompletionChunk] | None = None
        self._reading: Reading | None = None
        self._early = ""
        self._written = 0
        self._ended = False

    async def head(self) -> Reading:
        """Everything but the reply, as soon as it has arrived.

        Raises:
            BrainUnavailableError: The endpoint erred.
            BrainRefusedError: The model declined.
            BrainSchemaError: It wrote something else than a Reading.
        """
        if self._reading is None:
            while self._parser.head is None:
                self._early += await self._next()
            checked = check(self._parser.head, self._context.text)
            agreed = agree(checked.reading, read_by_rules(self._context), self._context)
            self.findings = (*checked.findings, *agreed.findings)
            self._reading = agreed.reading
        return self._reading

    async def reply(self) -> AsyncIterator[str]:
        """Free wording as it arrives; ends early where the model stalls or errs."""
        if self._early:
            yield self._early
        while not self._ended:
            try:
                async with asyncio.timeout(REPLY_GAP_S):
                    piece = await self._next()
            except TimeoutError as error:
                raise BrainStalledError("The model stopped in the middle of its reply.") from error
            if piece:
                yield piece

    async def aclose(self) -> None:
        """Close the stream."""
        self._ended = True
        if self._stream is not None:
            await self._stream.close()

    async def _next(self) -> str:
        """The next piece of the reply, maybe empty; sends the request the first time."""
        if self._stream is None:
            self._stream = await self._open()
        try:
            chunk = await anext(aiter(self._stream), None)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise _unavailable(error) from error
        try:
            return self._take(chunk)
        except ReadingError as error:
            raise BrainSchemaError(str(error)) from error

    async def _open(self) -> AsyncStream[ChatCompletionChunk]:
        """Send the request: again at once without what the server does not take, once more after a passing error."""
        began, retried = asyncio.get_running_loop().time(), False
        while True:
            dialect, request = self._endpoint.dialect, self._endpoint.request(self._context)
            # A request that is never answered may have cost as much as any other.
            self.tokens = estimated_tokens(json.dumps(request, ensure_ascii=False))
            try:
                stream: AsyncStream[ChatCompletionChunk] = await self._endpoint.client.chat.completions.create(
                    **request
                )
            except UnrecordedError as error:
                raise BrainUnrecordedError(str(error)) from error
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                self.tokens = 0
                plainer = dialect.without(str(error)) if isinstance(error, openai.APIStatusError) else None
                if plainer is not None:
                    self._endpoint.dialect = plainer
                    continue
                quick = asyncio.get_running_loop().time() - began < RETRY_WITHIN_S
                if retried or not quick or not _passing(error):
                    raise _unavailable(error) from error
                retried = True
                await asyncio.sleep(RETRY_AFTER_S)
                continue
            return stream

    def _take(self, chunk: ChatCompletionChunk | None) -> str:
        if chunk is None:
            self._ended = True
            return self._parser.finish()
        if chunk.usage is not None:
            # Counted by the server, where it does so unasked, in place of what is estimated.
            self.tokens = chunk.usage.total_tokens
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.delta.refusal or choice.finish_reason == "content_filter":
            raise BrainRefusedError("The model declined to read the turn.")
        return self._text(choice.delta.content) if choice.delta.content else ""

    def _text(self, piece: str) -> str:
        self.tokens += estimated_tokens(piece)
        self._written += len(piece)
        if self._written > self._endpoint.reply_tokens * _CHARACTERS_PER_TOKEN:
            raise BrainSchemaError("The model wrote on past the cap on a reply.")
        return self._parser.feed(piece)


def _passing(error: Exception) -> bool:
    """Whether an attempt may do better at once: no connection, too many requests, or the server's own fault."""
    if isinstance(error, openai.APITimeoutError):
        return False
    if isinstance(error, openai.RateLimitError):
        return "retry-after" not in error.response.headers
    return isinstance(error, openai.APIConnectionError | openai.InternalServerError)


def _unavailable(error: Exception) -> BrainUnavailableError:
    return BrainUnavailableError(f"The model endpoint failed ({type(error).__name__}).")


class LlmBrain:
    """Understands by a language model behind an OpenAI-compatible endpoint."""

    name = LLM

    def __init__(
        self,
        *,
        model: str,
        api_key: str,
        base_url: str | None = None,
        prompts: Prompts,
        dialect: Dialect | None = None,
        reply_tokens: int = REPLY_TOKENS,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Point at an endpoint.

        Args:
            model: Name of the model.
            api_key: Key of the endpoint; any text where it wants none.
            base_url: Address of the endpoint ending in `/v1`, or None for OpenAI's own.
            prompts: The system prompts.
            dialect: What is asked of the endpoint first, everything when None; what it refuses is left out.
            reply_tokens: Most tokens of one reply; a model that thinks in tokens needs more.
            transport: Carries requests in place of the network: a cassette.
        """
        self.model = model
        http = httpx2.AsyncClient(transport=transport, timeout=_REQUEST_LIMIT_S) if transport is not None else None
        client = AsyncOpenAI(
            api_key=api_key, base_url=base_url, max_retries=0, timeout=_REQUEST_LIMIT_S, http_client=http
        )
        self._endpoint = Endpoint(client, model, prompts, dialect or Dialect(), reply_tokens=reply_tokens)

    def read(self, context: TurnContext) -> LlmTurn:
        """Begin to read a turn."""
        return LlmTurn(self._endpoint, context)

    async def aclose(self) -> None:
        """Close connections."""
        await self._endpoint.client.close()
