"""The analysis as a language model writes it; only what stands the check is used, and the template is behind it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, AsyncStream
from openai.types.chat import ChatCompletionChunk

from agent.analysis.check import Checker
from agent.analysis.merging import checked, merged
from agent.analysis.request import AnalysisSchemaError, json_schema, messages, parse
from agent.analysis.template import TemplateAnalyst, written
from agent.brains.dialect import Dialect
from cases.domain.analysis import Analysis, Dossier, Writer
from prompts.analysis import AnalysisPrompts
from prompts.analysis import load as load_prompts

LIMIT_S = 20.0
"""How long a model has for an analysis, seconds."""
REPLY_TOKENS = 3_000
"""Most tokens of an analysis."""
LONGEST_REPLY = 40_000
"""Longest reply that is read, characters."""


class ModelFailedError(Exception):
    """A model wrote no analysis.

    Attributes:
        code: Stable identifier for programs.
        reason: Words for the analysis's findings, as in `template: model stalled`.
    """

    code = "analysis_model"

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(reason)
        self.reason = reason


class LlmAnalyst:
    """Writes analyses by a language model behind an OpenAI-compatible endpoint."""

    def __init__(
        self,
        *,
        model: str,
        client: AsyncOpenAI,
        dialect: Dialect | None = None,
        prompts: AnalysisPrompts | None = None,
        limit_s: float = LIMIT_S,
    ) -> None:
        """Point at an endpoint.

        Args:
            model: Name of the model.
            client: The endpoint's client; `aclose` closes it.
            dialect: What is asked of the endpoint first, everything when None; what it refuses is left out.
            prompts: Wording and prompt; the files of the package when None.
            limit_s: How long the model has, seconds.
        """
        self._model = model
        self._client = client
        self._dialect = dialect or Dialect()
        self._prompts = prompts or load_prompts()
        self._template = TemplateAnalyst(self._prompts)
        self._limit_s = limit_s

    async def analyse(self, dossier: Dossier) -> Analysis:
        """Have the model write, keep what rests on the record, and let the template say the rest."""
        try:
            async with asyncio.timeout(self._limit_s):
                text = await self._reply(dossier)
            sentences = parse(text)
        except TimeoutError:
            return await self._instead(dossier, "model stalled")
        except ModelFailedError as error:
            return await self._instead(dossier, error.reason)
        except AnalysisSchemaError:
            return await self._instead(dossier, "model broke the schema")
        kept, findings = await asyncio.to_thread(checked, sentences, Checker(dossier, self._prompts))
        if not kept:
            instead = await self._instead(dossier, "model failed the check")
            return replace(instead, findings=(*instead.findings, *findings))
        statements = merged(kept, written(dossier, self._prompts))
        return Analysis(statements, dossier.proposal, Writer.LLM, self._model, self._prompts.version, findings)

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.close()

    async def _instead(self, dossier: Dossier, reason: str) -> Analysis:
        analysis = await self._template.analyse(dossier)
        return replace(analysis, findings=(f"template: {reason}",))

    async def _reply(self, dossier: Dossier) -> str:
        """What the model writes.

        Raises:
            ModelFailedError: The endpoint erred, or the model declined.
        """
        while True:
            try:
                return await self._streamed(dossier)
            except openai.APIStatusError as error:
                plainer = self._dialect.without(str(error))
                if plainer is None:
                    raise ModelFailedError("model erred") from error
                self._dialect = plainer
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                raise ModelFailedError("model erred") from error

    async def _streamed(self, dossier: Dossier) -> str:
        request: dict[str, Any] = {
            "model": self._model,
            "messages": messages(dossier, self._prompts, self._dialect),
            "stream": True,
            **self._dialect.fields(REPLY_TOKENS, name="analysis", schema=json_schema()),
        }
        stream: AsyncStream[ChatCompletionChunk] = await self._client.chat.completions.create(**request)
        text = ""
        async with stream:
            async for chunk in stream:
                for choice in chunk.choices[:1]:
                    if choice.delta.refusal or choice.finish_reason == "content_filter":
                        raise ModelFailedError("model refused")
                    text += choice.delta.content or ""
                if len(text) > LONGEST_REPLY:
                    raise ModelFailedError("model wrote too much")
        return text
