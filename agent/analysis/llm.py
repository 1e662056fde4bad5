"""The analysis as a language model writes it; only what stands the check is used, and the template is behind it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from openai import AsyncOpenAI

from agent.analysis.check import Checker
from agent.analysis.merging import checked, merged
from agent.analysis.request import AnalysisSchemaError, json_schema, messages, parse
from agent.analysis.template import TemplateAnalyst, written
from agent.brains.completion import (
    CompletionError,
    CompletionFailedError,
    Completions,
    CompletionTooLongError,
)
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
        self._completions = Completions(client, dialect, longest=LONGEST_REPLY)
        self._prompts = prompts or load_prompts()
        self._template = TemplateAnalyst(self._prompts)
        self._limit_s = limit_s

    async def analyse(self, dossier: Dossier) -> Analysis:
        """Have the model write, keep what rests on the record, and let the template say the rest."""
        try:
            async with asyncio.timeout(self._limit_s):
                text = await self._completions.ask(partial(self._request, dossier))
            sentences = parse(text)
        except TimeoutError:
            return await self._instead(dossier, "model stalled")
        except CompletionError as error:
            return await self._instead(dossier, _reason(error))
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
        await self._completions.aclose()

    async def _instead(self, dossier: Dossier, reason: str) -> Analysis:
        analysis = await self._template.analyse(dossier)
        return replace(analysis, findings=(f"template: {reason}",))

    def _request(self, dossier: Dossier, dialect: Dialect) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": messages(dossier, self._prompts, dialect),
            **dialect.fields(REPLY_TOKENS, name="analysis", schema=json_schema()),
        }


def _reason(error: CompletionError) -> str:
    """Why a model wrote no analysis, in the words of the analysis's findings."""
    if isinstance(error, CompletionFailedError):
        return "model erred"
    return "model wrote too much" if isinstance(error, CompletionTooLongError) else "model refused"
