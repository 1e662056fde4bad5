"""A language model as judge: one request a talk to any OpenAI-compatible endpoint, replayable from a cassette."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from agent.brains.cassette import UnrecordedError
from agent.brains.dialect import Dialect, Format
from agent.brains.request import delimited
from cases.domain.vocabulary import Language
from evals.errors import JudgeError
from evals.judging.answer import json_schema, read_answer
from evals.judging.model import Judgement, Spoken
from prompts import Prompts, fill

REPLY_TOKENS = 2_000
"""Most tokens of one judgement, unless it is told otherwise."""
LONGEST_REPLY = 20_000
"""Longest reply that is read, characters."""
LIMIT_S = 60.0
"""How long a judgement may take, seconds."""
AT_ONCE = 4
"""Talks that are judged at once."""
MAX_TURNS = 80
"""Most turns that a judge is shown: the first ones."""
MAX_TEXT = 1_200
"""Longest turn that a judge is shown, characters; quotes must lie in it."""


def messages(talk: Sequence[Spoken], language: Language, prompts: Prompts, dialect: Dialect) -> list[dict[str, str]]:
    """What a judge is sent: the rubric, which never changes, then the talk as data under marks."""
    system = prompts.judges[language]
    if dialect.format is not Format.JSON_SCHEMA:
        schema = json.dumps(json_schema(), ensure_ascii=False)
        system = f"{system.rstrip()}\n\n{fill(prompts.system['schema'], {'schema': schema})}"
    turns = [
        {"index": turn.index, "speaker": turn.speaker.value, "acts": list(turn.acts), "text": turn.text}
        for turn in talk
    ]
    data = fill(prompts.system["data"], {"data": delimited({"turns": turns})})
    return [{"role": "system", "content": system}, {"role": "user", "content": data}]


class Judge:
    """Judges how an agent spoke.

    Attributes:
        model: Name of the model.
    """

    def __init__(
        self,
        *,
        model: str,
        client: AsyncOpenAI,
        prompts: Prompts,
        dialect: Dialect | None = None,
        reply_tokens: int = REPLY_TOKENS,
    ) -> None:
        """Point at an endpoint.

        Args:
            model: Name of the model.
            client: The endpoint's client; `aclose` closes it.
            prompts: The rubrics.
            dialect: What is asked of the endpoint first, everything when None; what it refuses is left out.
            reply_tokens: Most tokens of one judgement; a model that thinks in tokens needs more.
        """
        self.model = model
        self._client = client
        self._prompts = prompts
        self._dialect = dialect or Dialect()
        self._reply_tokens = reply_tokens

    async def judge(self, talk: Sequence[Spoken], language: Language) -> Judgement:
        """Judge one talk.

        Raises:
            JudgeError: The endpoint erred, the model declined, or what it wrote is no judgement.
        """
        shown = [replace(turn, text=turn.text[:MAX_TEXT]) for turn in talk[:MAX_TURNS]]
        try:
            async with asyncio.timeout(LIMIT_S):
                text = await self._reply(shown, language)
        except TimeoutError as error:
            raise JudgeError(f"the judge took more than {LIMIT_S:.0f} s; use a faster model") from error
        return read_answer(text, shown)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.close()

    async def _reply(self, talk: Sequence[Spoken], language: Language) -> str:
        while True:
            dialect = self._dialect
            try:
                return await self._streamed(talk, language, dialect)
            except openai.APIStatusError as error:
                plainer = dialect.without(str(error))
                if plainer is None:
                    raise JudgeError(f"the judge's endpoint answered {error.status_code}; see its log") from error
                self._dialect = plainer
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                unrecorded = next((one for one in (error, error.__cause__) if isinstance(one, UnrecordedError)), None)
                told = str(unrecorded) if unrecorded else f"failed ({type(error).__name__})"
                raise JudgeError(f"the judge's endpoint: {told}") from error

    async def _streamed(self, talk: Sequence[Spoken], language: Language, dialect: Dialect) -> str:
        request: dict[str, Any] = {
            "model": self.model,
            **dialect.fields(self._reply_tokens, name="judgement", schema=json_schema()),
            "stream": True,
            "messages": messages(talk, language, self._prompts, dialect),
        }
        stream: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(**request)
        text = ""
        async with stream:
            async for chunk in stream:
                for choice in chunk.choices[:1]:
                    if choice.delta.refusal or choice.finish_reason == "content_filter":
                        raise JudgeError("the judge declined")
                    text += choice.delta.content or ""
                if len(text) > LONGEST_REPLY:
                    raise JudgeError("the judge wrote on past the longest reply")
        return text


async def judge_all(judge: Judge, talks: Sequence[tuple[Sequence[Spoken], Language]]) -> tuple[Judgement, ...]:
    """Judge talks, a few at once; what cannot be judged gets a judgement that says why.

    Args:
        judge: The judge.
        talks: Turns and language of each.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(talk: Sequence[Spoken], language: Language) -> Judgement:
        async with gate:
            try:
                return await judge.judge(talk, language)
            except JudgeError as error:
                return Judgement({}, error=str(error))

    return tuple(await asyncio.gather(*(one(talk, language) for talk, language in talks)))
