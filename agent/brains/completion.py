"""One whole reply of a language model behind an OpenAI-compatible endpoint, for those who need no part of it sooner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from agent.brains.cassette import UnrecordedError
from agent.brains.dialect import Dialect

Request = Callable[[Dialect], dict[str, Any]]
"""Makes the fields of a request that are spoken in a dialect: model, messages, what is asked of the reply."""


class CompletionError(Exception):
    """There is no reply; the message says why, in words for whoever runs the endpoint.

    Attributes:
        code: Stable identifier for programs.
    """

    code = "completion"


class CompletionFailedError(CompletionError):
    """The endpoint erred, or the connection to it."""

    code = "completion_failed"


class CompletionRefusedError(CompletionError):
    """The model declined."""

    code = "completion_refused"


class CompletionTooLongError(CompletionError):
    """The model wrote on past the longest reply."""

    code = "completion_too_long"


class Completions:
    """Asks an endpoint for whole replies; what it does not take is found out once and left out from then on."""

    def __init__(self, client: AsyncOpenAI, dialect: Dialect | None = None, *, longest: int) -> None:
        """Point at an endpoint.

        Args:
            client: The endpoint's client; `aclose` closes it.
            dialect: What is asked of the endpoint first, everything when None.
            longest: Longest reply that is read, characters.
        """
        self._client = client
        self._dialect = dialect or Dialect()
        self._longest = longest

    async def ask(self, request: Request) -> str:
        """The reply to a request, all of it.

        Args:
            request: Makes the request; asked again where the endpoint refuses a part of it.

        Raises:
            CompletionFailedError: The endpoint erred; the message holds its status, or what is not recorded.
            CompletionRefusedError: The model declined.
            CompletionTooLongError: The reply is longer than it may be.
        """
        while True:
            dialect = self._dialect
            try:
                return await self._streamed(request(dialect))
            except openai.APIStatusError as error:
                plainer = dialect.without(str(error))
                if plainer is None:
                    raise CompletionFailedError(f"answered {error.status_code}; see its log") from error
                self._dialect = plainer
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                raise CompletionFailedError(_told(error)) from error

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.close()

    async def _streamed(self, request: dict[str, Any]) -> str:
        stream: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(**request, stream=True)
        text = ""
        async with stream:
            async for chunk in stream:
                for choice in chunk.choices[:1]:
                    if choice.delta.refusal or choice.finish_reason == "content_filter":
                        raise CompletionRefusedError("the model declined")
                    text += choice.delta.content or ""
                if len(text) > self._longest:
                    raise CompletionTooLongError(f"the model wrote on past {self._longest} characters")
        return text


def _told(error: Exception) -> str:
    """What an error of the connection says; a cassette says which request it does not hold."""
    unrecorded = next((one for one in (error, error.__cause__) if isinstance(one, UnrecordedError)), None)
    return str(unrecorded) if unrecorded is not None else f"failed ({type(error).__name__})"
