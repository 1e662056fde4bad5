"""A language model as judge: one request a talk to any OpenAI-compatible endpoint, replayable from a cassette."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from openai import AsyncOpenAI

from agent.brains.completion import (
    CompletionError,
    CompletionFailedError,
    Completions,
    CompletionTooLongError,
)
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
        self._completions = Completions(client, dialect, longest=LONGEST_REPLY)
        self._prompts = prompts
        self._reply_tokens = reply_tokens

    async def judge(self, talk: Sequence[Spoken], language: Language) -> Judgement:
        """Judge one talk.

        Raises:
            JudgeError: The endpoint erred, the model declined, or what it wrote is no judgement.
        """
        shown = [replace(turn, text=turn.text[:MAX_TEXT]) for turn in talk[:MAX_TURNS]]
        try:
            async with asyncio.timeout(LIMIT_S):
                text = await self._completions.ask(partial(self._request, shown, language))
        except TimeoutError as error:
            raise JudgeError(f"the judge took more than {LIMIT_S:.0f} s; use a faster model") from error
        except CompletionError as error:
            raise JudgeError(_told(error)) from error
        return read_answer(text, shown)

    async def aclose(self) -> None:
        """Close connections."""
        await self._completions.aclose()

    def _request(self, talk: Sequence[Spoken], language: Language, dialect: Dialect) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": messages(talk, language, self._prompts, dialect),
            **dialect.fields(self._reply_tokens, name="judgement", schema=json_schema()),
        }


def _told(error: CompletionError) -> str:
    """Why there is no judgement."""
    if isinstance(error, CompletionFailedError):
        return f"the judge's endpoint: {error}"
    wrote_on = isinstance(error, CompletionTooLongError)
    return "the judge wrote on past the longest reply" if wrote_on else "the judge declined"


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
