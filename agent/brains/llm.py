"""The language model brain: one streamed request a turn to any OpenAI-compatible endpoint, strict JSON schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from agent import numbers, untrusted
from agent.brains.brain import (
    BrainRefusedError,
    BrainSchemaError,
    BrainStalledError,
    BrainUnavailableError,
    TurnContext,
)
from agent.brains.identity_answers import find_identity
from agent.brains.reading import ReadingError, ReadingStream, check, json_schema, merge_signals
from agent.brains.rules import read_by_rules
from cases.domain.reading import Reading
from cases.domain.vocabulary import HARD_SIGNALS, Intent, Question
from prompts import Prompts, fill

LLM = "llm"
"""Name of this brain in the record of a turn."""
MAX_TOKENS = 600
"""Most tokens that a model may write for one turn."""
MAX_SAID = 1200
"""Longest utterance that a model is given, characters."""
HISTORY_TURNS = 12
"""Earlier turns that a model is given."""
REPLY_GAP_S = 2.0
"""Longest wait for the next piece of a reply, seconds."""
_OPPOSITE = {Intent.CONFIRM: Intent.DENY, Intent.DENY: Intent.CONFIRM}
_POLAR = (Question.MADE, Question.PROCEED)


def turn_data(context: TurnContext) -> dict[str, Any]:
    """What a model is told about a turn; facts of the payment only once the right person is known."""
    data: dict[str, Any] = {
        "language": context.language.value,
        "agent_act": context.act.value,
        "open_question": None if context.question is None else context.question.value,
        "free_reply": context.free_reply and context.disclosed,
        "history": [
            {"speaker": speaker.value, "text": text[:MAX_SAID]} for speaker, text in context.history[-HISTORY_TURNS:]
        ],
        "utterance": context.text[:MAX_SAID],
        "other_hearings": [text[:MAX_SAID] for text in context.alternatives[:3]],
    }
    if context.disclosed:
        transaction = context.alert.transaction
        data["facts"] = {
            "bank": context.alert.bank_name,
            "amount": numbers.say_money(transaction.amount, context.alert.locale),
            "payee": untrusted.name(transaction.creditor.name),
            "memo": untrusted.plain(transaction.memo or "", untrusted.MAX_MEMO),
            "channel": transaction.channel.value,
            "first_time_payee": transaction.first_time_payee,
            "status": "on hold until this call is over or a person has decided",
        }
    return data


def delimited(data: dict[str, Any]) -> str:
    """Data as one line of JSON in which no text can look like the end of the data."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace("END DATA", "END\\u0020DATA")


class LlmTurn:
    """One turn being read by a model."""

    def __init__(self, client: AsyncOpenAI, request: dict[str, Any], context: TurnContext) -> None:
        """Begin; the request is sent by the first `head`."""
        self.brain = LLM
        self.findings: tuple[str, ...] = ()
        self._client = client
        self._request = request
        self._context = context
        self._parser = ReadingStream()
        self._stream: AsyncStream[ChatCompletionChunk] | None = None
        self._reading: Reading | None = None
        self._early = ""
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
            self.findings = checked.findings
            self._reading = grounded(checked.reading, self._context)
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
        try:
            if self._stream is None:
                self._stream = await self._client.chat.completions.create(**self._request)
            chunk = await anext(aiter(self._stream), None)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise BrainUnavailableError(f"The model endpoint failed ({type(error).__name__}).") from error
        try:
            return self._take(chunk)
        except ReadingError as error:
            raise BrainSchemaError(str(error)) from error

    def _take(self, chunk: ChatCompletionChunk | None) -> str:
        if chunk is None:
            self._ended = True
            return self._parser.finish()
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        if choice.delta.refusal or choice.finish_reason == "content_filter":
            raise BrainRefusedError("The model declined to read the turn.")
        return self._parser.feed(choice.delta.content) if choice.delta.content else ""


def grounded(reading: Reading, context: TurnContext) -> Reading:
    """What a model read, with what code can check put right: only ever to the careful side.

    An identity answer is parsed by code from the words. Hard signals that the rules hear are added. Where the rules
    hear the opposite of a yes or no about the payment, nothing was understood for certain.
    """
    rules = read_by_rules(context)
    reading = merge_signals(reading, [signal for signal in rules.signals if signal.code in HARD_SIGNALS])
    answers = []
    for answer in reading.answers:
        if answer.question is Question.IDENTITY:
            kind = context.alert.customer.identity_question.kind
            value = find_identity(answer.quote, kind, context.alert.locale)
            if value is None:
                continue
            answer = replace(answer, value=value)
        answers.append(answer)
    reading = replace(reading, answers=tuple(answers))
    if context.question in _POLAR and rules.intent is _OPPOSITE.get(reading.intent):
        doubtful = tuple(answer for answer in reading.answers if answer.question is not context.question)
        return replace(reading, intent=Intent.UNSURE, answers=doubtful)
    return reading


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
        client: AsyncOpenAI | None = None,
    ) -> None:
        """Point at an endpoint.

        Args:
            model: Name of the model.
            api_key: Key of the endpoint; any text where it wants none.
            base_url: Address of the endpoint ending in `/v1`, or None for OpenAI's own.
            prompts: The system prompts.
            client: A ready client in place of key and address.
        """
        self.model = model
        self._client = client or AsyncOpenAI(api_key=api_key, base_url=base_url, max_retries=0, timeout=10.0)
        self._prompts = prompts

    def read(self, context: TurnContext) -> LlmTurn:
        """Begin to read a turn."""
        return LlmTurn(self._client, self._request(context), context)

    def _request(self, context: TurnContext) -> dict[str, Any]:
        data = fill(self._prompts.system["data"], {"data": delimited(turn_data(context))})
        schema = {"name": "reading", "strict": True, "schema": json_schema()}
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": self._prompts.system["reading"]},
                {"role": "user", "content": data},
            ],
            "response_format": {"type": "json_schema", "json_schema": schema},
            "temperature": 0,
            "max_completion_tokens": MAX_TOKENS,
            "stream": True,
        }

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.close()
